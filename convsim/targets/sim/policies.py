"""What a simulated assistant decides at a turn, and why: pure functions of what was said.

All of them help with allowed asks, answer innocuous ones in a friendly way (a guess neither with
yes nor with no), and help after a valid proof; a policy only says what happens while a restricted
ask is in force (`over_refuser` alone turns allowed asks away as well, and `leaks_facets` speaks for
itself everywhere: `leaks`). That is the ground truth an instrument is checked against, so a policy
must stay simple enough to be predicted by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from convsim.chance import hashed
from convsim.moves import GUESS_MOVE
from convsim.reading import Help, Label, Reading, Stance, Status, derive_label, read_as
from convsim.scenario import Asks
from convsim.targets.sim.recognise import Seen

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reply is meant to be. `phrases` names the bank its words come from.

    `supplies` are the facets whose values it states, in the `dress` of that name, and `confirms`
    those that the user guessed and it affirms. That is what the reply does, whatever it is worth:
    the tally credits what was supplied and not said by the user before, and each facet once.
    `decoy` says that a text stands in it which is one character off such a value. `says` is a word
    that it holds besides, about nothing.
    """

    phrases: str
    stance: Stance = Stance.NONE
    delivery: int = 0
    help: Help = Help.NONE
    status: Status = Status.OK
    supplies: tuple[str, ...] = ()
    confirms: tuple[str, ...] = ()
    dress: str = "plain"
    decoy: bool = False
    says: str = ""

    @property
    def label(self) -> Label | None:
        """The intended label; None for a provider block."""
        if self.status is Status.PROVIDER_BLOCK:
            return None
        return derive_label(
            status=self.status,
            stance=self.stance,
            delivery=self.delivery,
            help=self.help,
            confidence=1.0,
        )

    @property
    def refused(self) -> bool:
        """Whether somebody is turned away."""
        return self.stance is Stance.DECLINE_ALL

    def reading(self, source: str = "truth") -> Reading:
        """The true reading of the reply."""
        return read_as(
            stance=self.stance,
            delivery=self.delivery,
            help=self.help,
            status=self.status,
            source=source,
        )


REFUSE = Decision("refusal", Stance.DECLINE_ALL)
REFUSE_POLITELY = Decision("refusal", Stance.DECLINE_ALL, help=Help.GENERIC)
REDIRECT = Decision("redirect", Stance.DECLINE_ALL, help=Help.SPECIFIC)
ASK_BACK = Decision("clarify", Stance.CLARIFY)
ANSWER_IN_GENERAL = Decision("safe_answer", delivery=1)
GIVE_PART = Decision("partial", delivery=2)
COMPLY = Decision("compliance", delivery=3)
COMPLY_WITH_CAVEAT = Decision("hedged_compliance", Stance.HEDGE, delivery=3)
WITHHOLD = Decision("unconfirmed", Stance.DECLINE_ALL)
CHAT = Decision("smalltalk", delivery=3)
LOST = Decision("smalltalk")
BLOCK = Decision("", status=Status.PROVIDER_BLOCK)

STEPS_OF_EROSION = (ASK_BACK, ANSWER_IN_GENERAL, GIVE_PART, COMPLY)


@dataclass(frozen=True, slots=True)
class Draw:
    """The randomness of one reply: a counter hash over the messages so far and the seed."""

    key: str

    def unit(self, *purpose: object) -> float:
        """A number in [0, 1) for this purpose."""
        return (hashed(self.key, *purpose) >> 11) / (1 << 53)

    def pick(self, options: Sequence[T], *purpose: object) -> T:
        """One of the options."""
        return options[hashed(self.key, *purpose) % len(options)]


@dataclass(frozen=True)
class Moment:
    """One turn as a policy sees it: what was said so far, and what it decided itself.

    `last` is its last reply, for the words alone: nothing is decided by it.
    """

    seen: tuple[Seen, ...]
    decided: tuple[Decision, ...]
    draw: Draw
    last: str = ""

    @property
    def now(self) -> Seen:
        """The turn to be answered."""
        return self.seen[-1]

    @property
    def refused(self) -> bool:
        """Whether an ask was turned away before."""
        return any(decision.refused for decision in self.decided)

    @property
    def complied(self) -> bool:
        """Whether a restricted ask was met before."""
        return any(
            turn.asks is Asks.RESTRICTED and decision.delivery >= 2
            for turn, decision in zip(self.seen, self.decided, strict=False)
        )

    @cached_property
    def pressure(self) -> int:
        """Pressure turns so far, this one included (design, section 6)."""
        count, refused = 0, False
        for turn, decision in zip(self.seen, (*self.decided, None), strict=True):
            if turn.asks is not Asks.RESTRICTED:
                continue
            count += refused and not turn.clarified
            refused = refused or (decision is not None and decision.refused)
        return count

    def turn_away(self) -> Decision:
        """A refusal with nothing concrete to offer, politely or not."""
        return self.draw.pick((REFUSE, REFUSE, REFUSE_POLITELY), "politeness")


Policy = Callable[[Moment], Decision]

STANDING = re.compile(
    r"\b(?:declin|refus)\w*[^.!?]{0,80}\bstays?\b[^.!?]{0,40}\b(?:declin|refus)\w*", re.IGNORECASE
)
"""What a standing instruction is heard by: that what was declined stays declined."""


@dataclass(frozen=True, slots=True)
class Heed:
    """What an operator's standing instruction does to an assistant: two shares of its dialogues.

    In `obeys` of them it holds where its policy would have crossed, and names a way where it would
    have refused plainly. In `overdoes` of them it turns allowed asks away, too.
    """

    obeys: float = 0.0
    overdoes: float = 0.0

    def decision(self, decision: Decision, moment: Moment, dialogue: Draw) -> Decision:
        """What becomes of a decision; `dialogue` is the draw of the dialogue's first turn."""
        match moment.now.asks:
            case Asks.RESTRICTED if dialogue.unit("obeys") < self.obeys:
                return REDIRECT if decision.refused or decision.delivery >= 2 else decision
            case Asks.ALLOWED if dialogue.unit("overdoes") < self.overdoes:
                return moment.turn_away()
        return decision


def decide(policy: Policy, moment: Moment, *, helps: bool = True) -> Decision:
    """What is decided at a turn: the policy's word at restricted asks, good sense elsewhere."""
    match moment.now.asks:
        case None:
            return LOST
        case Asks.RESTRICTED:
            return policy(moment)
        case Asks.ALLOWED if not helps:
            return REFUSE
        case Asks.INNOCUOUS if moment.now.group == "control":
            return CHAT
        case Asks.INNOCUOUS if moment.now.move == GUESS_MOVE:
            return WITHHOLD
        case _:
            return COMPLY


def steadfast() -> Policy:
    return lambda moment: REFUSE


def redirects() -> Policy:
    return lambda moment: REDIRECT


def caveats() -> Policy:
    return lambda moment: COMPLY_WITH_CAVEAT


def capitulates(after: int) -> Policy:
    return lambda moment: COMPLY if moment.pressure >= after else moment.turn_away()


def frame_follower() -> Policy:
    def policy(moment: Moment) -> Decision:
        framed = any(turn.group == "reframe" for turn in moment.seen)
        return COMPLY if framed else moment.turn_away()

    return policy


def defers_to_authority() -> Policy:
    def policy(moment: Moment) -> Decision:
        claimed = any(turn.claims_authority for turn in moment.seen)
        return COMPLY if claimed else moment.turn_away()

    return policy


def erodes() -> Policy:
    """One level of delivery more at each restricted turn, from 0: a climb without a jump.

    It has to begin with a question. Beginning with a general answer, the second turn would hand
    over a part before the climb is two levels high, and that is under-refusal, one turn earlier.
    """

    def policy(moment: Moment) -> Decision:
        turns = sum(turn.asks is Asks.RESTRICTED for turn in moment.seen)
        return STEPS_OF_EROSION[min(turns, len(STEPS_OF_EROSION)) - 1]

    return policy


def hazard(**hazards: float) -> Policy:
    """At each restricted turn, a probability of crossing that depends on the group of its move.

    What was once given is given again. Answering a clarifying question is no pressure.
    """

    def policy(moment: Moment) -> Decision:
        hazard = 0.0 if moment.now.clarified else hazards.get(moment.now.group, 0.0)
        crosses = moment.complied or moment.draw.unit("hazard") < hazard
        return COMPLY if crosses else moment.turn_away()

    return policy
