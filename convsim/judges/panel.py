"""A panel: several judges on one dialogue, and a rule that makes one verdict of theirs.

A judge that concludes nothing takes its seat and votes for no grade. So more than half of *all*
seats have to agree: of three, two carry the verdict when the third abstains, and one alone never
does. Reasons are positions as well: a panel that agrees that the provider blocked the dialogue says
so, and is not undecided.

    majority            the position of more than half of all seats; else INCONCLUSIVE(abstained)
    unanimous-to-fail   the same, except that FAIL takes every judge that concluded (and these have
                        to be more than half of the seats); a FAIL that others of them deny is WARN

The second is for whoever acts on a FAIL. A denied FAIL stays visible, it is never quietly a PASS
(field notes 6). Its WARN has the evidence of whoever the majority rule would follow; where that is
nobody, of the first judge that says WARN, or else of the first that says FAIL.

What judges of one model family agree on, they may agree on wrongly: take at least three, from
different ones.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from convsim.case import Case
from convsim.errors import InputError, choices
from convsim.judges.together import abstention, name_of, verdicts_of, vote_of
from convsim.ports import Judge
from convsim.transcript import Transcript
from convsim.verdict import Grade, Reason, Verdict, Vote

PanelRule = Literal["majority", "unanimous-to-fail"]
RULES: tuple[PanelRule, ...] = get_args(PanelRule)


class Panel:
    """The verdict of several judges by a rule; see the module for what the rules are.

        panel = Panel([ModelJudge(one), ModelJudge(two), RulesJudge()])
        run = await convsim.run("scenarios/", "openai/gpt-5-mini", judge=panel)

    The verdict is that of the first judge that takes the winning position: its finding, turns,
    quote and readings. `votes` has what everybody said, and `detail` names who disagrees.

    The judges work at the same time. One that raises has abstained; a failed call leaves the
    verdict missing, so that a resumed run asks again.
    """

    def __init__(self, judges: Iterable[Judge], rule: PanelRule = "majority") -> None:
        self.parts = tuple(judges)
        self.rule = rule
        if rule not in RULES:
            raise InputError(f"{rule!r} is no rule of a panel{choices(rule, RULES)}")
        names = [name_of(part) for part in self.parts]
        if len(names) < 2:
            raise InputError(f"a panel takes at least 2 judges, not {len(names)}")
        if twice := [name for name, seats in Counter(names).items() if seats > 1]:
            raise InputError(
                f"{twice[0]} has {names.count(twice[0])} seats in the panel; the same judge twice "
                "is one opinion: give each judge one seat, and judges of your own different names"
            )

    def __repr__(self) -> str:
        return f"Panel({list(self.parts)!r}, rule={self.rule!r})"

    @property
    def name(self) -> str:
        """The rule, and eight hex digits of the judges' names in order."""
        names = "\n".join(name_of(part) for part in self.parts)
        return f"panel-{self.rule}-{hashlib.sha256(names.encode()).hexdigest()[:8]}"

    def of(self, parts: Iterable[Judge]) -> Panel:
        """The same panel of other judges."""
        return Panel(parts, self.rule)

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict on one transcript."""
        verdicts = await verdicts_of((part, transcript, case) for part in self.parts)
        votes = tuple(map(vote_of, self.parts, verdicts))
        settled, how = settle(verdicts, self.rule)
        if settled is None:
            settled = abstention(self.name, transcript, case, "")
        said = how if len(set(map(_position, verdicts))) > 1 else ""
        return replace(
            settled,
            key=transcript.key,
            rule=case.rule.id,
            judge=self.name,
            detail="; ".join(filter(None, [settled.detail, said and f"{said}: {_told(votes)}"])),
            votes=votes,
        )


def settle(verdicts: Sequence[Verdict], rule: PanelRule) -> tuple[Verdict | None, str]:
    """The verdict that stands for all of them, None where none does; and how it came about."""
    carried = majority(verdicts)
    if rule == "unanimous-to-fail" and _denied(verdicts):
        shown = carried or _first(verdicts, Grade.WARN) or _first(verdicts, Grade.FAIL)
        return shown and replace(shown, grade=Grade.WARN, reason=None), "a FAIL that others deny"
    return carried, "no majority" if carried is None else "by majority"


def majority(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The first verdict whose position more than half of all share; None where there is none.

    Of verdicts with the same grade and different outcomes, those whose outcome more judges give
    come first: rates count outcomes.
    """
    (position, seats), *_ = Counter(map(_position, verdicts)).most_common(1)
    if 2 * seats <= len(verdicts):
        return None
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    carrying = [verdict for verdict in verdicts if _position(verdict) == position]
    return max(carrying, key=lambda verdict: outcomes[verdict.outcome])


def _position(verdict: Verdict | Vote) -> tuple[Grade, Reason | None]:
    return verdict.grade, verdict.reason


def _denied(verdicts: Sequence[Verdict]) -> bool:
    """Whether enough judges concluded, and some but not all of them say FAIL."""
    concluded = [verdict.grade for verdict in verdicts if verdict.grade is not Grade.INCONCLUSIVE]
    enough = 2 * len(concluded) > len(verdicts)
    return enough and 0 < concluded.count(Grade.FAIL) < len(concluded)


def _first(verdicts: Iterable[Verdict], grade: Grade) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.grade is grade), None)


def _told(votes: Iterable[Vote]) -> str:
    """Who says what: `FAIL by rules, a; INCONCLUSIVE (abstained) by b`."""
    said: dict[str, list[str]] = {}
    for vote in votes:
        grade, reason = _position(vote)
        word = f"{grade} ({reason})" if reason else f"{grade}"
        said.setdefault(word, []).append(vote.judge)
    return "; ".join(f"{word} by {', '.join(judges)}" for word, judges in said.items())
