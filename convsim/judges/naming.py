"""Judges by strings: the rules, one model, several models as a panel, models after the rules.

    rules                                          the rules
    openai/gpt-5?max_tokens=2000                   one model
    openai/gpt-5, anthropic/claude-opus-4-5        a panel; `panel` says how it concludes
    openai/gpt-5 with when="unsure"                the rules, and the model where these are unsure

A targets file that holds one target may stand for a model. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Self

from convsim.classifiers.naming import parse_guard
from convsim.errors import InputError, choices
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.panel import RULES as PANEL_RULES
from convsim.judges.panel import Panel, PanelRule
from convsim.judges.rules import NAME as RULES
from convsim.judges.rules import RulesJudge
from convsim.ports import Judge
from convsim.targets.file import is_targets_file, one_wanted
from convsim.targets.opening import Named
from convsim.targets.wanted import Wanted

UNSURE = "unsure"
WHENS = (UNSURE,)
"""When the named judges are asked, if not always: where the rules are unsure."""


@dataclass(frozen=True, slots=True)
class NamedJudge:
    """A judge by strings, read. A member is None where the rules are meant."""

    members: tuple[Wanted | None, ...]
    panel: PanelRule | None = None
    when: str | None = None

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The models that it asks, in order."""
        return tuple(member for member in self.members if member is not None)

    @property
    def always(self) -> bool:
        """Whether the models are asked about every dialogue."""
        return self.when is None

    def made_of(self, models: Sequence[Named]) -> Judge:
        """The judge itself; `models` are those that it asks, opened."""
        seats = [RulesJudge() if member is None else None for member in self.members]
        asking = iter(ModelJudge(item.target, fingerprint=item.fingerprint) for item in models)
        judges = [seat or next(asking) for seat in seats]
        judge = judges[0] if len(judges) == 1 else Panel(judges, self.panel or PANEL_RULES[0])
        return judge if self.when is None else CascadeJudge(RulesJudge(), judge)

    def to_plain(self) -> dict[str, Any]:
        """What a run stores of it; `from_plain` takes it back."""
        members = [None if member is None else member.to_plain() for member in self.members]
        return {"judges": members, "panel": self.panel, "when": self.when}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The judge that `to_plain` described."""
        members = (None if it is None else Wanted.from_plain(it) for it in plain["judges"])
        return cls(tuple(members), plain["panel"], plain["when"])

    def moved(self, texts: Sequence[str]) -> Self:
        """The same judges by other strings, because a host or a key changed.

        System prompts and prices stay; what a targets file says replaces all of a model.
        """
        if len(texts) != len(self.members):
            raise InputError(
                f"{len(texts)} judges are given, and the run has {len(self.members)}; give all of "
                "them, in the same order"
            )
        pairs = zip(self.members, texts, strict=True)
        return replace(self, members=tuple(_moved(member, text) for member, text in pairs))


def parse_judge(
    texts: Sequence[str | Wanted], panel: str | None = None, when: str | None = None
) -> NamedJudge:
    """The judge that strings name; raises `InputError` where they name none."""
    members = tuple(_members(texts))
    _check_when(when, members)
    return NamedJudge(members, _panel_rule(panel, members), when)


def _members(texts: Sequence[str | Wanted]) -> Iterator[Wanted | None]:
    if not texts:
        raise InputError("no judge is named; give `rules`, or a model such as openai/gpt-5")
    for text in texts:
        yield text if isinstance(text, Wanted) else _member(text)


def _member(text: str) -> Wanted | None:
    if parse_guard(text) is not None:
        raise InputError(f"{text}: a guard reads replies and judges nothing; give it as classifier")
    if text != RULES and get_close_matches(text.lower(), [RULES], cutoff=0.8):
        raise InputError(f"'{text}' is no judge; did you mean '{RULES}'?")
    return None if text == RULES else one_wanted(text, "a judge")


def _panel_rule(panel: str | None, members: Sequence[Wanted | None]) -> PanelRule | None:
    if panel is None:
        return None
    if len(members) < 2:
        raise InputError("a panel has at least two judges; give --judge several times")
    for rule in PANEL_RULES:
        if rule == panel:
            return rule
    raise InputError(f"'{panel}' is no rule of a panel" + choices(panel, PANEL_RULES))


def _check_when(when: str | None, members: Sequence[Wanted | None]) -> None:
    if when is None:
        return
    if when not in WHENS:
        raise InputError(f"'{when}' is no time to ask a judge" + choices(when, WHENS))
    if all(member is None for member in members):
        raise InputError(
            "--judge-when says when a model is asked, and no --judge names one; "
            "add one, such as --judge 'openai/gpt-5?max_tokens=2000'"
        )


def _moved(member: Wanted | None, text: str) -> Wanted | None:
    found = _member(text)
    if member is None or found is None or is_targets_file(text):
        return found
    return replace(member, target=text, parameters={})
