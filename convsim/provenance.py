"""How a run came about, in words and as data: what played, who read and judged, what it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from convsim.answered import Answers, Asked, answers_of, is_classifier
from convsim.archive import Archive
from convsim.plan import Without, without_told
from convsim.price import Price
from convsim.seating import models_of_bench, prices_of_bench
from convsim.staff import model_of_reader, price_of_reader, who_read
from convsim.targets.spec import parse_target

MODELS_NAMED = 5
"""How many served models a warning names."""


class Provenance:
    """How a run came about, and what a reader of its numbers should know first."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def facts(
        self, turns: int, *, does: Mapping[str, Sequence[str]], stop_when: str | None
    ) -> dict[str, str]:
        """How it was made: targets and what their variants do, seed, who read and judged.

        `turns` is how many there are in all dialogues, `stop_when` where and why repeats stopped.
        """
        made = self._archive.manifest
        targets = {
            f"target {alias}": "; ".join([text, *does.get(alias, ())])
            for alias, text in made["targets"].items()
        }
        return {
            **targets,
            "repeats": str(made["repeats"]),
            "seed": str(made["seed"]),
            **{name: made[name] for name in ("shard", "until") if made.get(name)},
            **({} if stop_when is None else {"stop when": stop_when}),
            "replies": self._replies(turns),
            "classifier": made["classifier"],
            **{f"{guard} gave": str(asked) for guard, asked in self.answers.ruled.items()},
            **self._reading_facts(),
            **self._without(),
            "convsim": made["convsim"],
            **self._judging_facts(),
        }

    def _without(self) -> dict[str, str]:
        """Which controls not every scenario has; run directories of old do not say."""
        told = without_told(list(map(Without.from_dict, self._archive.manifest.get("without", []))))
        return {"without": told} if told else {}

    def _reading_facts(self) -> dict[str, str]:
        """Who read the replies and what that took, where a model was asked."""
        reader, found = self._archive.manifest.get("reader"), self.answers.read
        if reader is None and not found:
            return {}
        gave = {f"{alias} gave": str(asked) for alias, asked in found.items()}
        return {
            "readings": who_read(self._readings),
            **({} if reader is None else {"asked": model_of_reader(reader)}),
            **(gave or {"classifier gave": "no answers"}),
        }

    def reading_data(self) -> dict[str, Any]:
        """Who read the replies and what that took, as data, where a model was asked."""
        asked = {alias: asdict(found) for alias, found in self.answers.read.items()}
        return {"readings": dict(self._readings), "asked": asked} if asked else {}

    @property
    def _judge_asked(self) -> dict[str, Asked]:
        """What this judge's models answered, by `judge`, or `judge.1`, `judge.2` and so on."""
        return self._of_judge(self.answers.judged)

    def _of_judge(self, asked_by: Mapping[str, Asked]) -> dict[str, Asked]:
        found = {}
        for alias, asked in asked_by.items():
            name, _, number = alias.partition("#")
            if name == self._archive.judge:
                found[f"judge.{number}" if number else "judge"] = asked
        return found

    def _judging_facts(self) -> dict[str, str]:
        """Whom the judge asks, what that took, and whether it passed its sentinels."""
        told, bench = {}, self._archive.judging.get("bench")
        if bench is not None:
            told["judge asks"] = ", ".join(models_of_bench(bench))
        if (reader := self._archive.judging.get("reader")) is not None:
            told["judge asks"] = model_of_reader(reader)
        for alias, asked in self._judge_asked.items():
            of = (
                f"; {asked.each_of(len(self._archive.judged_keys))}"
                if self._archive.judged_keys
                else ""
            )
            told[f"{alias} gave"] = f"{asked}{of}"
        took = self._of_judge(self.answers.examined)
        for examined in self._archive.examinations:
            passed = sum(item.passed for item in examined)
            who = (
                f"{alias} {asked}" if len(took) > 1 else str(asked) for alias, asked in took.items()
            )
            told["sentinels"] = "; ".join([f"{passed} of {len(examined)} passed", *who])
        if self._archive.trial is not None:
            told["on canaries"] = self._archive.trial.told
        if self._archive.policy is not None:
            told["judged by"] = f"policy '{self._archive.policy.id}', not the run's own"
        return told

    def judging_data(self) -> dict[str, Any]:
        """What the judge was asked and how it did in its sentinels, as data."""
        return {
            "asked": {alias: asdict(asked) for alias, asked in self._judge_asked.items()},
            "sentinels": [
                {"passed": sum(item.passed for item in examined), "of": len(examined)}
                for examined in self._archive.examinations
            ],
            "examined": {
                alias: asdict(asked)
                for alias, asked in self._of_judge(self.answers.examined).items()
            },
        }

    def _judge_price(self, alias: str) -> Price | None:
        """What a model behind a judge costs, by its alias in the ledger."""
        name, _, number = alias.partition("#")
        judging = Archive(self._archive.path, judge=name).judging
        if (reader := judging.get("reader")) is not None:
            return price_of_reader(reader)
        if (bench := judging.get("bench")) is None:
            return None
        return prices_of_bench(bench).get(f"judge.{number}" if number else "judge")

    @cached_property
    def _readings(self) -> Counter[str]:
        """How many replies each source read; what dialogues share counts in each of them."""
        found: Counter[str] = Counter()
        for transcript in self._archive.transcripts():
            found.update(turn.reading.source for turn in transcript.turns if turn.reading)
        return found

    @cached_property
    def _classifier_price(self) -> Price | None:
        """What the model behind the classifier costs, as far as the run says which one it is."""
        reader = self._archive.manifest.get("reader")
        return None if reader is None else price_of_reader(reader)

    def _replies(self, turns: int) -> str:
        """How many replies were paid for, and how many turns share one of them."""
        paid, replayed = self.answers.paid, self.answers.replayed
        shared = turns - paid - replayed
        counts = (
            (paid, "from calls"),
            (replayed, "replayed from another run"),
            (shared, "shared by dialogues that begin alike"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in counts if count > 0) or "none"

    def temperatures(self) -> dict[str, float | None]:
        """The temperature each target was set to; None where its server's default holds."""
        found: dict[str, float | None] = {}
        for alias, entry in self._archive.directory.load("targets").items():
            text = entry["target"]
            given = parse_target(text).parameters.get("temperature") if text else None
            found[alias] = float(given) if isinstance(given, int | float) else None
        return found

    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know first."""
        found = []
        for alias, count in self._archive.manifest.get("unrecognised", {}).items():
            found.append(
                f"target {alias}: {count} user texts were not found in its suite and were answered "
                "as small talk"
            )
        answered = {f"target {alias}": models for alias, models in self.answers.served.items()}
        answered |= {alias: asked.served for alias, asked in self.answers.read.items()}
        answered |= {alias: asked.served for alias, asked in self._judge_asked.items()}
        for who, models in answered.items():
            if len(models) > 1:
                named = ", ".join(models[:MODELS_NAMED])
                more = len(models) - MODELS_NAMED
                others = f" and {more} more" if more > 0 else ""
                found.append(f"{who}: several models answered: {named}{others}")
        return (*found, *self._incomplete())

    def _incomplete(self) -> Iterator[str]:
        """What is missing, and what plays or judges it."""
        made = self._archive
        if made.missing:
            yield (
                f"{made.missing} of {made.planned} dialogues are missing; "
                f"`convsim resume {made.path}` plays them"
            )
        if made.unjudged and made.judge == made.manifest["judge"]:
            yield (
                f"{made.unjudged} of {len(made.keys)} dialogues have no verdict; "
                f"`convsim resume {made.path}` judges them"
            )
        elif made.unjudged:
            yield (
                f"{made.unjudged} of {len(made.keys)} dialogues have no verdict of "
                f"{made.judge}, and are in no number here"
            )

    @cached_property
    def answers(self) -> Answers:
        """What the ledger tells."""
        return answers_of(self._archive.directory, self._price_of)

    def _price_of(self, alias: str) -> Price | None:
        """What the model behind the classifier or a judge costs, by its alias in the ledger."""
        return self._classifier_price if is_classifier(alias) else self._judge_price(alias)
