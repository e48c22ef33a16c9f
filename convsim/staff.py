"""Who reads, renders and judges; and the models behind the classifier, opened and named.

    staff = workers("openai/gpt-5-mini?max_tokens=300", "openai/gpt-5?max_tokens=2000")

A classifier is the rules, any object with `read`, or a string: `GUARD=TARGET` names a guard model
(`classifiers.naming`), and a target string by itself a model that is asked in words. How a judge is
named is in `seating`.
`Reader` is for conversations that exist already; in a run the session does the same with a ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from convsim.assess import examination, void_told
from convsim.budget import Budget, Till
from convsim.calling import Calls, instead_of, spent
from convsim.classifiers.asking import AskingClassifier, prompt_bytes
from convsim.classifiers.cascade import Cascade, check_bar
from convsim.classifiers.guards.guard import Exchange
from convsim.classifiers.naming import NamedGuard, parse_guard
from convsim.errors import CallError, Halted, InputError, Permanent, Voided, at_place
from convsim.forecast import Asked
from convsim.judges.sentinels import Examined
from convsim.judges.together import name_of
from convsim.limits import Halt, Limits
from convsim.ports import Classifier, Judge, Renderer, Target
from convsim.price import Price
from convsim.prices import max_tokens_of, price_of, tokens_beside
from convsim.renderers import Templates
from convsim.seating import AnyJudge as AnyJudge
from convsim.seating import judge_through, seated
from convsim.targets.file import one_wanted
from convsim.targets.opening import Named, alone, endpoint_of, open_models
from convsim.targets.wanted import Wanted
from convsim.through import asked_by, through
from convsim.traffic import Traffic
from convsim.transcript import Message, Transcript

RULES = "rules"
"""What names the rules where a target string would name a model."""

CLASSIFIER = "classifier"
"""The alias of the model behind it; `classifier.1` and so on where there are several."""

AnyClassifier = Classifier | str | Wanted | NamedGuard
"""A classifier, or what names one: `rules`, `GUARD=TARGET`, the target string of a model to ask, or
a targets file (`.yaml`) with one target in it, which has room for a price and for limits."""


@dataclass(frozen=True, slots=True)
class Workers:
    """What reads, renders and judges in a run.

    `asked` are the models behind the classifier, `consulted` those behind the judge. `reader` and
    `bench` are what `workers` makes this classifier and this judge from again, as plain data; None
    where only Python can pass them again, or where they are the rules.
    """

    classifier: Classifier
    judge: Judge
    renderer: Renderer
    asked: tuple[Named, ...] = ()
    reader: Mapping[str, Any] | None = None
    consulted: tuple[Named, ...] = ()
    bench: Mapping[str, Any] | None = None

    @property
    def models(self) -> tuple[Named, ...]:
        """All models that somebody asks."""
        return (*self.asked, *self.consulted)

    async def aclose(self) -> None:
        """Close the connections of the models."""
        for item in self.models:
            await item.aclose()


def workers(
    classifier: AnyClassifier | None = None,
    judge: AnyJudge | None = None,
    *,
    ask_below: float | None = None,
    limits: Limits | None = None,
) -> Workers:
    """The given ones, or the rules, which cost nothing. Nothing is called yet.

    With `ask_below` the rules read first, and the classifier reads what they are less certain of.
    """
    _check(classifier, ask_below)
    limits = limits or Limits()
    bench = seated(judge, limits)
    if classifier is None or classifier == RULES:
        chosen = _Chosen(_rules(), (), None)
    else:
        chosen = _chosen(classifier, limits)
    reads, plain = chosen.classifier, chosen.plain
    if ask_below is not None:
        reads = Cascade(_rules(), reads, ask_below)
    reader = None if plain is None else {**plain, "ask_below": ask_below}
    return Workers(reads, bench.judge, Templates(), chosen.asked, reader, bench.models, bench.plain)


def foreseen(classifier: AnyClassifier | None, ask_below: float | None = None) -> list[Asked]:
    """The models that a classifier would ask, for a forecast. Nothing is opened, no key needed."""
    _check(classifier, ask_below)
    if classifier is None or classifier == RULES:
        return []
    always = ask_below is None and not isinstance(classifier, Cascade)
    wanted = wanted_of(classifier) if isinstance(classifier, str) else classifier
    if isinstance(wanted, NamedGuard):
        return [_foreseen(wanted, always=always)]
    if not isinstance(wanted, Wanted):
        return [Asked(item.alias, always=always) for item in workers(wanted).asked]
    spec = wanted.spec
    beside = prompt_bytes() + tokens_beside(spec, wanted.prompt)
    return [Asked(CLASSIFIER, wanted.price or price_of(spec), max_tokens_of(spec), beside, always)]


def _foreseen(guard: NamedGuard, *, always: bool) -> Asked:
    spec = guard.spec
    empty = guard.form.ask(Exchange((Message("user", ""), Message("assistant", ""))))
    wording = sum(len(message.content.encode()) for call in empty for message in call)
    beside = wording // len(empty) + tokens_beside(spec)
    return Asked(CLASSIFIER, price_of(spec), max_tokens_of(spec), beside, always, len(empty))


def _check(classifier: AnyClassifier | None, ask_below: float | None) -> None:
    if ask_below is None:
        return
    if classifier is None or classifier == RULES:
        raise InputError(
            "--ask-below says when another classifier is asked, and there is none but the rules; "
            "name a model with --classifier, such as openai/gpt-5-mini?max_tokens=300"
        )
    check_bar(ask_below)


class _Chosen(NamedTuple):
    """A classifier, the models it asks, and what it is made from again."""

    classifier: Classifier
    asked: tuple[Named, ...]
    plain: Mapping[str, Any] | None


def _chosen(thing: AnyClassifier, limits: Limits) -> _Chosen:
    wanted = wanted_of(thing) if isinstance(thing, str) else thing
    if isinstance(wanted, NamedGuard):
        return _guard(wanted, limits)
    if isinstance(wanted, Wanted):
        (item,) = _opened([wanted], limits)
        asking = AskingClassifier(item.target, fingerprint=item.fingerprint)
        return _Chosen(asking, (item,), {"wanted": wanted.to_plain()})
    return _Chosen(wanted, _opened(asked_by(wanted), limits), None)


def _opened(things: Sequence[object], limits: Limits) -> tuple[Named, ...]:
    return open_models(things, CLASSIFIER, connections=limits.concurrency, timeout=limits.timeout)


def wanted_of(text: str) -> NamedGuard | Wanted:
    """The guard that a string names, or the model: by itself, or alone in a targets file."""
    guard = parse_guard(text)
    return one_wanted(text, "a classifier") if guard is None else guard


def _guard(found: NamedGuard, limits: Limits) -> _Chosen:
    guard = found.open(connections=limits.concurrency, timeout=limits.timeout)
    spec = found.spec
    own = {} if spec.timeout is None else {"timeout": spec.timeout}
    endpoint = endpoint_of(spec) or alone(CLASSIFIER)
    item = Named(CLASSIFIER, guard.target, spec.fingerprint, endpoint, None, spec, own)
    return _Chosen(guard, (item,), {"guard": found.text, "words": found.words})


def reader_of(plain: Mapping[str, Any]) -> tuple[NamedGuard | Wanted, float | None]:
    """The classifier and `ask_below` that `Workers.reader` describes."""
    if "wanted" in plain:
        return Wanted.from_plain(plain["wanted"]), plain["ask_below"]
    guard = parse_guard(plain["guard"], plain["words"])
    if guard is None:
        raise InputError(f"run.json names the guard {plain['guard']!r}, which is none")
    return guard, plain["ask_below"]


def model_of_reader(plain: Mapping[str, Any]) -> str:
    """The target string of the model that `Workers.reader` describes."""
    return reader_of(plain)[0].text


def price_of_reader(plain: Mapping[str, Any]) -> Price | None:
    """What the model costs that `Workers.reader` describes; None where that is unknown."""
    found, _ = reader_of(plain)
    own = found.price if isinstance(found, Wanted) else None
    return own or price_of(found.spec)


def _rules() -> Classifier:
    from convsim.classifiers.rules import RulesClassifier

    return RulesClassifier()


def led_through(classifier: Classifier, targets: Iterable[Target]) -> Classifier:
    """The classifier, asking `targets` in place of what it asks itself, one for one."""
    return through(classifier, instead_of(asked_by(classifier), targets))


class Reader:
    """Classifier and judge for conversations that exist already: within limits, and counted.

    `sources` counts the readings by who gave them; `traffic` is what the classifier's models were
    asked, and `traffic.judge` what the judge's were. `width` is how many conversations are worth
    being worked on at a time. `examined` is what the judge said of its sentinels.
    """

    def __init__(
        self, staff: Workers, limits: Limits | None = None, budget: Budget | None = None
    ) -> None:
        self.staff = staff
        self.halt = Halt()
        judged = Traffic() if staff.consulted else None
        self.traffic = Traffic(judge=judged)
        self.sources: Counter[str] = Counter()
        calls = Calls(staff.models, limits or Limits(), Till(budget, self.halt, self.traffic))
        readers = (calls.limited(item, self.traffic) for item in staff.asked)
        judges = (calls.limited(item, judged or self.traffic) for item in staff.consulted)
        self.classifier = led_through(staff.classifier, readers)
        self.judge = judge_through(staff.judge, judges)
        self.width = max(1, calls.width(staff.models))
        self.examined: tuple[Examined, ...] = ()

    async def examine(self) -> None:
        """See what the judge is worth, once, where it asks a model. Where that is nothing it raises
        `Voided`, before anything else is paid for; a failed call raises, too.
        """
        if not self.staff.consulted:
            return
        if not self.examined:
            try:
                self.examined = await examination(self.judge)
            except Halted as error:
                raise self.halt.cause or error from error
            except CallError as error:
                if isinstance(error, Permanent):
                    raise
                raise at_place(error, "the judge could not be examined on its sentinels") from error
        void = void_told(name_of(self.staff.judge), [self.examined])
        if void is not None:
            raise Voided(f"VOID: {void}. Nothing was judged; see that the model is the right one")

    def count(self, transcript: Transcript) -> None:
        """Count who read the replies of a transcript."""
        for turn in transcript.turns:
            if turn.reading is not None:
                self.sources[turn.reading.source] += 1

    def told(self) -> str | None:
        """Who read how much, and what it took; None where there is nobody to ask, or not yet."""
        said = []
        if self.staff.asked and (self.sources or self.traffic.calls):
            said.append(f"read by {who_read(self.sources)}; classifier: {spent(self.traffic)}")
        if self.traffic.judge is not None and self.traffic.judge.calls:
            said.append(f"judge: {spent(self.traffic.judge)}")
        if self.examined:
            passed = sum(item.passed for item in self.examined)
            said.append(f"sentinels: {passed} of {len(self.examined)} passed")
        return "; ".join(said) or None

    async def aclose(self) -> None:
        """Close the connections of the models that are asked."""
        await self.staff.aclose()


def who_read(sources: Mapping[str, int]) -> str:
    """How many readings each source gave, in words; most first.

    >>> who_read({"asked-1-2:abstain-refused": 1, "rules": 28})
    'rules 28, asked-1-2:abstain-refused 1'
    """
    by_count = sorted(sources.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{source} {count:,}" for source, count in by_count) or "nobody"
