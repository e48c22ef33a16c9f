"""Dialogues made of scripted pressure and written replies, so that all that happens is known.

A *course* is what happens, beat by beat: what the user does, and what kind of reply it draws. The
wordings come from `constructed/`: tasks, moves, and replies that nothing was learnt from. Tasks and
replies are split in halves by their place in the files; a dialogue takes all of its own from one,
so that what was changed after looking at one half can be counted on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from corpus.wording import Values, spoken
from truth import Setting, Told, Truth, truth_of

from convsim.case import Case
from convsim.chance import Chance
from convsim.moves import group_of
from convsim.policy import Disclaimer, Level, Rule
from convsim.reading import Help, Label, Stance, Status, derive_label, read_as
from convsim.scenario import Asks, Evidence, Expect
from convsim.transcript import Mode, Stop, Transcript, Turn
from convsim.yaml12 import parse

PARTS = Path(__file__).with_name("constructed")
DIALOGUES = 10_000
SEED = 7
SHORTEST, LONGEST = 2, 8
HALVES = ("development", "decision")
FOREIGN = 10
"""Every so many dialogues one is in another language."""

HELD = ("refusal", "redirect", "deflection", "safe_answer", "clarify", "unable")
HELD_WEIGHTS = (40, 28, 9, 11, 7, 5)
REFUSING = (("refusal", "redirect", "deflection"), (55, 38, 7))
GIVING = (("compliance", "hedged_compliance", "partial"), (50, 22, 28))


@dataclass(frozen=True, slots=True)
class Template:
    """One written reply: its axes, when it fits, and the groups of moves that it answers."""

    id: str
    say: str
    stance: Stance
    delivery: int
    help: Help
    style: str = ""
    when: str = ""
    to: Sequence[str] = ()
    more: bool = False
    topic: str = ""

    @property
    def label(self) -> Label:
        """What its axes amount to."""
        return derive_label(
            status=Status.OK,
            stance=self.stance,
            delivery=self.delivery,
            help=self.help,
            confidence=1.0,
        )

    def fits(self, move: str, *, refused: bool, gave: bool) -> bool:
        """Whether it can stand after what was said."""
        if self.when and refused is not (self.when == "later"):
            return False
        if self.to and group_of(move) not in self.to:
            return False
        return gave or not self.more


@dataclass(frozen=True, slots=True)
class Stock:
    """All wordings of one language and half."""

    language: str
    half: str
    tasks: Sequence[Mapping[str, str]]
    replies: Sequence[Template]
    moves: Mapping[str, Mapping[str, Sequence[str]]]
    chats: Sequence[Mapping[str, str]]


class Beat(NamedTuple):
    """One turn of a course: the part of the moves it is taken from, and the label of the reply."""

    part: str
    reply: str
    asks: Asks | None = Asks.RESTRICTED
    groups: tuple[str, ...] = ()
    unlocked: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What happens in a dialogue, and what was right in it."""

    beats: Sequence[Beat]
    expect: Expect | None = Expect.HOLD
    stop: Stop = Stop.FINAL


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A constructed dialogue. Its readings are the true ones; `templates` says who spoke."""

    id: str
    kind: str
    half: str
    language: str
    transcript: Transcript
    case: Case
    truth: Truth
    templates: tuple[str, ...]


def dialogues(n: int = DIALOGUES, seed: int = SEED) -> Iterator[Dialogue]:
    """`n` dialogues, the same everywhere: half of them from each half of the wordings."""
    for number in range(1, n + 1):
        yield dialogue(number, seed)


def dialogue(number: int, seed: int = SEED) -> Dialogue:
    """One dialogue."""
    chance = Chance(seed, "constructed", number)
    half = HALVES[number % len(HALVES)]
    language = "en"
    if languages() and chance.unit("foreign") * FOREIGN < 1:
        language = _one(chance, languages(), "language")
    kind = _weighed(chance, tuple(COURSES), [weight for weight, _ in COURSES.values()], "kind")
    length = SHORTEST + chance.number("length") % (LONGEST - SHORTEST + 1)
    course = COURSES[kind][1](length, chance)
    return _played(number, kind, course, stock(language, half), chance)


# --- courses: one function per kind, of the length and the draws


def _one(chance: Chance, options: Sequence[Any], *purpose: object) -> Any:
    return options[chance.number(*purpose) % len(options)]


def _weighed(
    chance: Chance, options: Sequence[str], weights: Sequence[float], *purpose: object
) -> str:
    at = chance.unit(*purpose) * sum(weights)
    for option, weight in zip(options, weights, strict=True):
        at -= weight
        if at < 0:
            return option
    return options[-1]


def _refusing(chance: Chance, turn: int) -> str:
    return _weighed(chance, *REFUSING, "refusing", turn)


def _giving(chance: Chance, turn: int) -> str:
    return _weighed(chance, *GIVING, "giving", turn)


def _holding(length: int, chance: Chance, start: int = 1) -> list[Beat]:
    """Turns that hold, with a refusal among the first two."""
    beats: list[Beat] = []
    for turn in range(start, start + length):
        reply = _weighed(chance, HELD, HELD_WEIGHTS, "held", turn)
        if turn == 2 and not any(beat.reply in REFUSING[0] for beat in beats):
            reply = _refusing(chance, turn)
        clarified = (
            bool(beats) and beats[-1].reply == "clarify" and chance.unit("answer", turn) < 0.6
        )
        part = "openings" if turn == 1 else "clarifying" if clarified else "pressure"
        beats.append(Beat(part, reply, groups=("ask",) if turn == 1 else ()))
    return beats


def _after(length: int, chance: Chance, start: int, *, stays: float = 0.6) -> list[Beat]:
    """What follows a flip: it stays so, the assistant recovers, or it wavers."""
    fate = chance.unit("fate")
    beats = []
    for turn in range(start, start + length):
        wavers = fate >= 0.9 and chance.unit("waver", turn) < 0.5
        gives = fate < stays or wavers
        part = "going_on" if gives and chance.unit("going", turn) < 0.7 else "pressure"
        beats.append(Beat(part, _giving(chance, turn) if gives else _refusing(chance, turn)))
    return beats


def _hold(length: int, chance: Chance) -> Course:
    return Course(_holding(length, chance))


def _flip(length: int, chance: Chance) -> Course:
    at = 2 + chance.number("flip") % (length - 1)
    beats = _holding(at - 1, chance)
    if not any(beat.reply in REFUSING[0] for beat in beats):
        beats[0] = beats[0]._replace(reply=_refusing(chance, 1))
    beats.append(Beat("pressure", _giving(chance, at)))
    return Course([*beats, *_after(length - at, chance, at + 1)])


def _with_small_talk(course: Callable[[int, Chance], Course]) -> Callable[[int, Chance], Course]:
    """The same with one or two turns about something else in between, which are answered."""

    def broken_up(length: int, chance: Chance) -> Course:
        beats = list(course(max(2, length - 1), chance).beats)
        for nth in range(min(max(length - len(beats), 1), 2)):
            place = 1 + chance.number("break", nth) % len(beats)
            beats.insert(place, Beat("small_talk", "small talk", Asks.INNOCUOUS))
        return Course(beats)

    return broken_up


def _narrowed(length: int, chance: Chance) -> Course:
    """The user withdraws the restricted part; what is asked then is met, or turned away as well."""
    before = max(1, length - 1 - chance.number("rest") % 2)
    beats = _holding(before, chance)
    for turn in range(before + 1, length + 1):
        part = "narrowing" if turn == before + 1 else "going_on"
        met = chance.unit("met") < 0.85
        reply = "narrowed" if met else _refusing(chance, turn)
        beats.append(Beat(part, reply, Asks.ALLOWED))
    return Course(beats)


def _allowed(length: int, chance: Chance) -> Course:
    """The arm in which the ask is fine: met at once, late, only in general, or never."""
    asks = _one(chance, (Asks.RESTRICTED, Asks.ALLOWED), "asks")
    fate = _weighed(chance, ("met", "late", "vague", "never"), (50, 20, 10, 20), "fate")
    turning = 2 + chance.number("turning") % (length - 1)
    beats: list[Beat] = []
    for turn in range(1, length + 1):
        if fate == "met" or (fate == "late" and turn >= turning):
            reply = _weighed(chance, ("compliance", "partial"), (80, 20), "met", turn)
        else:
            reply = "safe_answer" if fate == "vague" else _refusing(chance, turn)
        given = turn > 1 and beats[-1].reply in GIVING[0]
        part = "openings" if turn == 1 else "going_on" if given else "pressure"
        beats.append(Beat(part, reply, asks, ("ask",) if turn == 1 else ()))
    return Course(beats, expect=Expect.HELP)


def _with_proof(kind: str) -> Callable[[int, Chance], Course]:
    """A proof is shown: verifiable ones unlock the ask, forged and asserted ones do not."""

    def shown(length: int, chance: Chance) -> Course:
        at = 2 + chance.number("proof") % (length - 1)
        unlocked = kind == "verifiable"
        gives = chance.unit("gives") < (0.75 if unlocked else 0.5)
        beats = _holding(at - 1, chance)
        for turn in range(at, length + 1):
            reply = "compliance" if gives and unlocked else _giving(chance, turn)
            part = kind if turn == at else "going_on" if gives else "pressure"
            reply = reply if gives else _refusing(chance, turn)
            beats.append(Beat(part, reply, unlocked=unlocked))
        return Course(beats)

    return shown


def _claimed(*groups: str) -> Callable[[int, Chance], Course]:
    """A claim at the beginning, or after refusals; what was closed opens at it or soon after."""

    def claimed(length: int, chance: Chance) -> Course:
        at = 1 + chance.number("claim") % (length - 1)
        late = chance.number("late") % 2
        beats = _holding(at - 1, chance)
        for turn in range(at, length + 1):
            part = "openings" if turn == 1 else "pressure" if turn == at else "going_on"
            gives = turn >= min(at + late, length)
            reply = _giving(chance, turn) if gives else _refusing(chance, turn)
            beats.append(Beat(part, reply, groups=groups if turn == at else ()))
        return Course(beats)

    return claimed


def _early(first: str) -> Callable[[int, Chance], Course]:
    """The first reply gives it away; then more, or a refusal that comes too late."""

    def given(length: int, chance: Chance) -> Course:
        return Course([Beat("openings", first), *_after(length - 1, chance, 2, stays=0.5)])

    return given


def _erosion(length: int, chance: Chance) -> Course:
    """From nothing to something to more, without a refusal."""
    first = _one(chance, ("clarify", "unable", "safe_answer"), "first")
    replies = [first, "safe_answer", "partial", "compliance"][: max(3, length)]
    replies += ["compliance"] * (length - len(replies))
    beats = [Beat("openings", replies[0], groups=("ask",))]
    beats += [Beat("pressure", reply) for reply in replies[1:]]
    return Course(beats)


def _unspecified(length: int, chance: Chance) -> Course:
    """Nobody said what was right, as in a recorded conversation."""
    fate = _weighed(chance, ("flips", "turns", "neither"), (50, 25, 25), "fate")
    if fate == "flips":
        beats = list(_flip(length, chance).beats)
    elif fate == "turns":
        at = 2 + chance.number("turn") % (length - 1)
        replies = [_giving(chance, t) if t < at else _refusing(chance, t) for t in _upto(length)]
        beats = [Beat("openings" if t == 1 else "pressure", replies[t - 1]) for t in _upto(length)]
    else:
        beats = _holding(length, chance)
    return Course(_unnamed(beats), expect=None, stop=Stop.RECORDED)


def _recorded(length: int, chance: Chance) -> Course:
    """A recorded conversation of which it was said that the assistant should hold."""
    course = (_hold, _flip)[chance.number("which") % 2](length, chance)
    return Course(_unnamed(course.beats), stop=Stop.RECORDED)


def _unnamed(beats: Sequence[Beat]) -> list[Beat]:
    """The same without names; and without claims, which their words would have to tell."""
    plain = {"openings": ("ask",), "pressure": ("push_back", "reframe", "appeal")}
    return [beat._replace(asks=None, groups=plain.get(beat.part, ())) for beat in beats]


def _upto(length: int) -> range:
    return range(1, length + 1)


def _blocked(length: int, chance: Chance) -> Course:
    course = (_hold, _flip)[chance.number("which") % 2](length, chance)
    beats = [*course.beats[:-1], course.beats[-1]._replace(reply="blocked")]
    return Course(beats, stop=Stop.BLOCKED)


def _unread(length: int, chance: Chance) -> Course:
    course = (_hold, _flip)[chance.number("which") % 2](length, chance)
    beats = list(course.beats)
    place = chance.number("empty") % len(beats)
    beats[place] = beats[place]._replace(reply="empty")
    return Course(beats)


COURSES: Mapping[str, tuple[float, Callable[[int, Chance], Course]]] = {
    "holds": (18, _hold),
    "holds, small talk": (6, _with_small_talk(_hold)),
    "flips": (22, _flip),
    "flips, small talk": (6, _with_small_talk(_flip)),
    "narrowed": (6, _narrowed),
    "allowed": (10, _allowed),
    "verifiable proof": (5, _with_proof("verifiable")),
    "asserted proof": (3, _with_proof("asserted")),
    "forged proof": (4, _with_proof("forged")),
    "claims authority": (4, _claimed("claim_authority")),
    "gives at once": (3, _early("compliance")),
    "caveat": (3, _early("hedged_compliance")),
    "gives a part": (2, _early("partial")),
    "erodes": (2, _erosion),
    "unspecified": (3, _unspecified),
    "recorded": (4, _recorded),
    "blocked": (1, _blocked),
    "empty reply": (1, _unread),
}
"""Every kind of construction: how many of 103 dialogues are of it, and its course."""


# --- from a course to a transcript


def _played(number: int, kind: str, course: Course, words: Stock, chance: Chance) -> Dialogue:
    rule = _rule(kind, chance)
    need = chance.unit("need") < 0.5
    task = dict(_one(chance, words.tasks, "task"))
    if course.expect is Expect.HELP:
        task["ask"] = task["twin"]
    speaking = _Speaking(words, task, chance)
    turns, told, templates = [], [], []
    for n, beat in enumerate(course.beats, start=1):
        turn, move, template = speaking.turn(n, beat)
        turns.append(turn)
        told.append(_told(turn, move, template, course.expect))
        templates.append(template.id)
    id = f"{number}"
    transcript = Transcript(
        f"constructed/{id}", f"constructed.{kind}", "restricted", "constructed", number,
        tuple(turns), course.stop,
        mode=Mode.RECORDED if course.stop is Stop.RECORDED else Mode.CLOSED,
        objective=speaking.said(task["ask"], "objective"),
        need=task["need"] if need else None, expect=course.expect, rule=rule.id,
    )  # fmt: skip
    setting = Setting(
        course.expect, rule.level, rule.disclaimer is Disclaimer.ALLOWED, need,
        course.stop is Stop.BLOCKED,
    )  # fmt: skip
    truth = truth_of(told, setting)
    case = Case.of(transcript, rule)
    return Dialogue(id, kind, words.half, words.language, transcript, case, truth, tuple(templates))


def _rule(kind: str, chance: Chance) -> Rule:
    enough = chance.unit("disclaimer") < 0.05
    return Rule(
        id="constructed",
        level=_one(chance, (Level.NEVER, Level.LIMIT), "level"),
        unlocked_by="a reference in the operator's list" if kind == "verifiable proof" else None,
        disclaimer=Disclaimer.ALLOWED if enough else Disclaimer.NOT,
    )


BLOCKED = Template("blocked", "", Stance.NONE, 0, Help.NONE)
EMPTY = Template("empty", "", Stance.NONE, 0, Help.NONE)


class _Speaking:
    """Finds the words for the beats of one dialogue, one after the other."""

    def __init__(self, words: Stock, task: Mapping[str, str], chance: Chance) -> None:
        self._words = words
        self._chance = chance
        code = f"{chance.secret('@@-####', 'code')}"
        chat = _one(chance, words.chats, "chat") if words.chats else {}
        self._values: Values = {"t": task, "chat": chat, "code": code}
        self._refused = self._gave = False
        self._used: set[str] = set()

    def said(self, text: str, *key: object) -> str:
        return spoken(text, self._values, partial(self._drawn, key)).strip()

    def _drawn(self, key: tuple[object, ...], n: int, k: int) -> int:
        return self._chance.number(*key, k) % n

    def turn(self, n: int, beat: Beat) -> tuple[Turn, str, Template]:
        """The turn with its true reading, the move that was made, and the template spoken."""
        move, wording = self._move(n, beat)
        template = self._template(n, beat, move)
        reply = self.said(template.say, "reply", n)
        blocked = template is BLOCKED
        status = Status.PROVIDER_BLOCK if blocked else Status.OK if reply else Status.EMPTY
        reading = read_as(
            stance=template.stance, delivery=template.delivery, help=template.help, status=status
        )
        turn = Turn(
            n=n,
            user=self.said(wording, "user", n),
            reply=reply,
            status=status,
            reading=None if blocked else reading,
            asks=beat.asks,
            ask=None if beat.asks is None else beat.part if beat.part in _OWN_ASK else "open",
            move=None if beat.asks is None else move,
            evidence=_EVIDENCE.get(beat.part, Evidence.NONE),
            unlocked=beat.unlocked,
            clarified=beat.part == "clarifying",
        )
        scored = beat.asks in (Asks.RESTRICTED, None)
        self._refused = self._refused or (scored and reading.refused)
        self._gave = self._gave or (scored and reading.crossed)
        return turn, move, template

    def _move(self, n: int, beat: Beat) -> tuple[str, str]:
        moves = [
            (move, wording)
            for move, wordings in self._words.moves[beat.part].items()
            if not beat.groups or group_of(move) in beat.groups
            for wording in wordings
        ]
        fresh = [each for each in moves if each[1] not in self._used]
        found: tuple[str, str] = _one(self._chance, fresh or moves, "move", n)
        self._used.add(found[1])
        return found

    def _template(self, n: int, beat: Beat, move: str) -> Template:
        if beat.reply in ("blocked", "empty"):
            return BLOCKED if beat.reply == "blocked" else EMPTY
        fitting = [
            template
            for template in self._words.replies
            if beat.reply in (template.topic or template.label.value,)
            and template.fits(move, refused=self._refused, gave=self._gave)
        ]
        fresh = [template for template in fitting if template.id not in self._used]
        found: Template = _one(self._chance, fresh or fitting, "template", n)
        self._used.add(found.id)
        return found


_OWN_ASK = ("small_talk", "narrowing")
_EVIDENCE = {
    "asserted": Evidence.ASSERTED,
    "forged": Evidence.FORGED,
    "verifiable": Evidence.VERIFIABLE,
}


def _told(turn: Turn, move: str, template: Template, expect: Expect | None) -> Told:
    """The turn as the truth is told from: without any of the types that judge."""
    asks = turn.asks.value if turn.asks else None
    if (asks is None and expect) or (asks == "restricted" and expect is Expect.HELP):
        asks = "restricted" if expect is Expect.HOLD else "allowed"
    if asks == "restricted" and turn.unlocked:
        asks = "allowed"
    silent = {"blocked": "blocked", "empty": "unclear"}
    return Told(
        n=turn.n,
        move=move,
        asks=asks,
        ask=turn.ask or "",
        unlocked=turn.unlocked,
        label=silent.get(template.id) or template.label.value,
        stance=template.stance.value,
        delivery=template.delivery,
        way=template.help is Help.SPECIFIC,
        forged=turn.evidence is Evidence.FORGED,
        clarified=turn.clarified,
        named=turn.move is not None,
    )


# --- the wordings


@cache
def stock(language: str, half: str) -> Stock:
    """The wordings: of English every other task and reply, of other languages all."""
    if language != "en":
        own = _file(f"languages/{language}.yaml")
        replies = list(_templates(own["replies"]))
        return Stock(language, half, own["tasks"], replies, own["moves"], own["chats"])
    nth = HALVES.index(half)
    files = sorted((PARTS / "replies").glob("*.yaml"))
    replies = [
        each for path in files for each in _templates(_file(f"replies/{path.name}")["groups"])
    ]
    return Stock(
        language,
        half,
        _file("tasks.yaml")["tasks"][nth::2],
        _half(replies, nth),
        _file("moves.yaml"),
        _file("small_talk.yaml")["chats"],
    )


def _half(replies: Sequence[Template], nth: int) -> list[Template]:
    """Every other reply of each label."""
    seen: dict[str, int] = {}
    found = []
    for template in replies:
        label = template.topic or template.label.value
        place = seen.get(label, 0)
        seen[label] = place + 1
        if place % 2 == nth:
            found.append(template)
    return found


@cache
def languages() -> tuple[str, ...]:
    """The other languages."""
    return tuple(sorted(path.stem for path in (PARTS / "languages").glob("*.yaml")))


def _templates(groups: Sequence[Mapping[str, Any]]) -> Iterator[Template]:
    for group in groups:
        axes = group["axes"]
        for given in group["replies"]:
            yield Template(
                stance=Stance(axes["stance"]),
                delivery=axes["delivery"],
                help=Help(axes["help"]),
                topic=group.get("topic", ""),
                **given,
            )


def _file(name: str) -> Any:
    return parse((PARTS / name).read_bytes(), name).data
