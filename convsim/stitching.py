"""Which dialogues are one user's, in a run and in a file of conversations; what they came to.

In a run a user is one repeat of a scenario: all its dialogues draw the same secrets, and the
control `fresh` asks for each part in a conversation of its own. Where users go from one assistant
to another (`across="targets"`), the dialogues with all targets are one user's. In a file the rows
say whose they are.
"""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

from convsim.api import read_file
from convsim.conversations import Conversation, Mistakes, read_conversations
from convsim.conversations.users import USER_KEYS
from convsim.errors import InputError, choices
from convsim.loading import load_policy
from convsim.matching import FRESH
from convsim.policy import Policy
from convsim.runs import Run
from convsim.scenario import CONTROLS
from convsim.stitches import Dialogue, Judged, Stitching, User, stitched
from convsim.transcript import Key

TARGETS = "targets"
"""What users may go across."""


async def stitch(
    source: str | os.PathLike[str],
    *,
    arms: str | Sequence[str] | None = None,
    across: str | None = None,
    judge: str | None = None,
    policy: str | Path | Policy | None = None,
    format: str | None = None,
) -> Stitching:
    """What users got from all their dialogues together; `source` is a run, or a file.

        found = await convsim.stitch("runs/march")
        print(len(found.of("across")), "of", len(found.users))

    Of a run the dialogues of `arms` count, those of the control `fresh` by default; with
    `across="targets"` a user's are those with every target. What no search can tell is the word of
    the run's judge, or of another `judge` that has verdicts on it. Of a file the rows with one
    `user` are a user's; `policy` and `format` are as in `judge`. No model is called.
    """
    if across not in (None, TARGETS):
        raise InputError(f"across is {across!r}{choices(str(across), [TARGETS])}")
    if _is_run(source):
        if policy is not None or format is not None:
            raise InputError(f"{source} is a run, which knows both; leave policy and format out")
        names = arms.split(",") if isinstance(arms, str) else arms or [FRESH]
        run = _judged_run(source, judge)
        found = _of_run(run, [name.strip() for name in names], across=across is not None)
        more = "name more arms with --arms, or let users go on: --across targets"
    else:
        if not (arms is None and across is None and judge is None):
            raise InputError(
                f"{source} is no run directory: arms, judges and targets to go across are a run's; "
                "leave them out, or name the run"
            )
        rules = load_policy(policy) if isinstance(policy, str | Path) else policy
        found = await _of_file(Path(source), rules, format)
        more = f"rows of one user share a `{USER_KEYS[0]}` (or {', '.join(USER_KEYS[1:])})"
    if all(len(user.stitched.parts) + len(user.stitched.allowed) < 2 for user in found.users):
        raise InputError(f"{source}: no user has two dialogues; {more}")
    return found


def _judged_run(source: str | os.PathLike[str], judge: str | None) -> Run:
    run = Run(source, judge=judge)
    if judge is not None and judge not in run.judges:
        raise InputError(f"{source} has no verdicts of '{judge}'{choices(judge, run.judges)}")
    return run


def _is_run(source: str | os.PathLike[str]) -> bool:
    """Whether it is a run, and not a file; raises `InputError` where it is neither."""
    if not Path(source).exists():
        raise InputError(
            f"{source} does not exist; give a run directory or a JSONL file with one conversation "
            "a line"
        )
    return Path(source).is_dir()


# --- a run


def _of_run(run: Run, arms: Sequence[str], *, across: bool) -> Stitching:
    played = _Played(run, across)
    known = sorted({key.arm for key in played.keys})
    if missing := [arm for arm in arms if arm not in known]:
        raise InputError(
            f"{run.path} has no dialogues of '{missing[0]}'"
            + (
                f"; a control is played where it is named: `convsim run ... --arms {missing[0]}`"
                if missing[0] in CONTROLS
                else choices(missing[0], known)
            )
        )
    return Stitching(
        source=str(run.path),
        grouping=f"one repeat of a scenario with {'every' if across else 'one'} target, "
        f"{' and '.join(arms)}",
        users=tuple(played.users(arms)),
    )


class _Played:
    """The dialogues of a run by user; those that an error cut short are among them."""

    def __init__(self, run: Run, across: bool) -> None:
        self.run = run
        self.across = across
        self.failed = {failure.key: failure.transcript for failure in run.counted_errors}
        self.keys = [Key.parse(key) for key in (*run.counted_keys, *self.failed)]

    def users(self, arms: Sequence[str]) -> Iterator[User]:
        """The users, each with the dialogues of these arms."""
        groups: dict[tuple[str, str, int], list[Key]] = defaultdict(list)
        slots: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
        for key in self.keys:
            if key.arm in arms:
                target = "" if self.across else key.target
                groups[key.scenario, target, key.repeat].append(key)
                slots[key.scenario, target].add(self._slot(key))
        for scenario, target, repeat in sorted(groups):
            keys = groups[scenario, target, repeat]
            keys.sort(key=lambda key: (*_draw(key), arms.index(key.arm), key))
            whole = {self._slot(key) for key in keys if str(key) not in self.failed}
            yield self._user(keys, missing=len(slots[scenario, target] - whole))

    def _slot(self, key: Key) -> tuple[str, ...]:
        """What every user of a scenario has one dialogue of."""
        return (key.arm, key.draw, key.target if self.across else "")

    def _user(self, keys: Sequence[Key], missing: int) -> User:
        dialogues = [self._dialogue(str(key)) for key in keys]
        judged = self._judged(dialogues)
        targets = sorted({key.target for key in keys})
        return User(
            name=f"{keys[0].scenario} repeat {keys[0].repeat}",
            cluster=keys[0].scenario,
            target="+".join(targets),
            stitched=stitched(dialogues, judged),
            missing=missing,
            alone=tuple(_alone(dialogues, targets, judged)) if len(targets) > 1 else (),
        )

    def _dialogue(self, key: str) -> Dialogue:
        said = self.failed.get(key) or self.run.transcript(key)
        return said, self.run.case_of(said)

    def _judged(self, dialogues: Sequence[Dialogue]) -> Judged | None:
        """What the judge credits, of dialogues with facets that only a judge can tell."""
        if all(facet.literal for _, case in dialogues for facet in case.facets):
            return None
        keys = (said.key for said, _ in dialogues if said.key in self.run.judged_keys)
        found = {key: self.run.verdict(key).supplied for key in keys}
        return {key: supplied for key, supplied in found.items() if supplied is not None}


def _draw(key: Key) -> tuple[int, str]:
    """The place of a draw among others: `fresh.10` comes after `fresh.9`."""
    _, _, number = key.draw.rpartition(".")
    return (int(number) if number.isdecimal() else 0, key.draw)


def _alone(
    dialogues: Sequence[Dialogue], targets: Sequence[str], judged: Judged | None
) -> Iterator[str]:
    """The targets of which one would have been enough."""
    for target in targets:
        own = stitched([one for one in dialogues if one[0].target == target], judged)
        if own.closed_at is not None:
            yield target


# --- a file


async def _of_file(path: Path, policy: Policy | None, format: str | None) -> Stitching:
    """Replies are read, because a user's guess is confirmed only by one that does not decline."""
    whose = _whose(path, policy, format)
    found: dict[str, list[tuple[float | None, Dialogue]]] = defaultdict(list)
    async with aclosing(read_file(path, policy, format=format)) as cases:
        n = 0
        async for said, case in cases:
            user, time = whose[n]
            n += 1
            if user is not None:
                found[user].append((time, (said, case)))
    users = (User(user, user, "recorded", stitched(_in_time(rows))) for user, rows in found.items())
    return Stitching(
        source=str(path),
        grouping="rows that name the same user",
        users=tuple(users),
        lone=sum(user is None for user, _ in whose),
    )


def _whose(
    path: Path, policy: Policy | None, format: str | None
) -> list[tuple[str | None, float | None]]:
    """The user and the time of every row. What is odd about one is told when it is read."""
    whose: list[tuple[str | None, float | None]] = []
    mistakes = Mistakes(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for conversation in read_conversations(path, policy=policy, format=format):
            with mistakes.noted():
                whose.append((conversation.user, _time(conversation)))
    mistakes.settle()
    return whose


def _time(conversation: Conversation) -> float | None:
    """When it began. A time that nobody can read would put a user's conversations out of order."""
    if conversation.user is not None and conversation.odd_time is not None:
        raise InputError(
            f"{conversation.place}: {conversation.odd_time}, which is no time; write a number of "
            "seconds, or a date such as '2026-11-21T09:30:00Z', or leave it out"
        )
    return conversation.time


def _in_time(rows: Sequence[tuple[float | None, Dialogue]]) -> list[Dialogue]:
    """The dialogues of a user by their time; as they stand, where one has none."""
    timed = [(time, one) for time, one in rows if time is not None]
    if len(timed) == len(rows):
        return [one for _, one in sorted(timed, key=lambda row: row[0])]
    return [one for _, one in rows]
