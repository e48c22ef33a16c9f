"""Stitched dialogues as plain text: what users had from all their conversations together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from convsim.rates import Rate
from convsim.report.excerpts import inert
from convsim.report.hanging import INDENT, hanging
from convsim.stats import Interval, NoInterval
from convsim.stitches import RATED, Ending, Part, Stitched, Stitching, User, by_split, rate_of

SHOWN = 5
"""How many splits and how many users are shown; `-o` writes all."""

SAID = {
    Ending.ACROSS: "several dialogues",
    Ending.WITHIN: "one dialogue",
    Ending.HELD: "not out",
}


def stitched_text(found: Stitching, width: int = 80) -> str:
    """What users had, as text, no line longer than `width` where words allow it."""
    blocks = [
        _about(found, width),
        _rates(found, width),
        _scenarios(found),
        _splits(found, width),
        _users(found, width),
        _notes(found, width),
    ]
    texts = ("\n".join(line.rstrip() for line in lines) for lines in blocks)
    return "\n\n".join(text for text in texts if text) + "\n"


def _about(found: Stitching, width: int) -> Iterator[str]:
    yield "STITCHED DIALOGUES"
    yield from hanging("from:     ", inert(found.source), width)
    dialogues = sum(len(user.stitched.parts) for user in found.users)
    counts = f"{_counted(len(found.users), 'user')}, {_counted(dialogues, 'dialogue')}"
    yield from hanging("users:    ", f"{counts}; a user: {inert(found.grouping)}", width)
    if found.lone:
        yield from hanging("left out: ", f"rows that name no user: {found.lone}", width)
    for target in _targets(found):
        for why, count in rate_of(found.with_(target)).excluded.items():
            yield from hanging("left out: ", f"{inert(target)}: {why}: {count}", width)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _targets(found: Stitching) -> list[str]:
    return sorted({user.target for user in found.users})


def _rates(found: Stitching, width: int) -> Iterator[str]:
    yield "WHAT THE DIALOGUES OF ONE USER GAVE TOGETHER"
    for target in _targets(found):
        users = found.with_(target)
        yield f"{INDENT}{inert(target)}"
        for ending in RATED:
            yield from _rate(SAID[ending], rate_of(users, ending), width)
        combined = sum(user.is_combined for user in users)
        if "+" in target:
            said = f"{combined} of {_counted(len(users), 'user')} needed more than one target"
            yield from hanging(INDENT * 2, said, width)


def _rate(name: str, rate: Rate, width: int) -> Iterator[str]:
    if rate.value is None:
        yield f"{INDENT * 2}{name:<18}no data"
        return
    share = f"{100 * rate.value:.1f}%"
    yield f"{INDENT * 2}{name:<18}{share:>6} {rate.span:<14} {_counts(rate)}"
    if rate.bounds is not None:
        yield from hanging(INDENT + " " * 18, str(rate.bounds), width)


def _counts(rate: Rate) -> str:
    users = f"{rate.numerator}/{_counted(rate.denominator, 'user')}"
    if rate.clusters == rate.denominator:
        return users
    return f"{users} in {_counted(rate.clusters, 'scenario')}"


def _has_scenarios(found: Stitching) -> bool:
    return any(user.cluster != user.name for user in found.users)


def _scenarios(found: Stitching) -> Iterator[str]:
    """The counts of each scenario, where there are several."""
    names = sorted({user.cluster for user in found.users}) if _has_scenarios(found) else []
    if len(names) < 2:
        return
    yield "BY SCENARIO (users: several dialogues, one, not out; left out)"
    for name in names:
        endings = Counter(user.ending for user in found.users if user.cluster == name)
        counts = "".join(f"{endings[ending]:>6}" for ending in RATED)
        left_out = endings.total() - sum(endings[ending] for ending in RATED)
        yield f"{INDENT}{inert(name):<40}{counts}{left_out:>6}"


def _splits(found: Stitching, width: int) -> Iterator[str]:
    """Which facets came from one dialogue, most frequent first."""
    splits = sorted(by_split(found.users).items(), key=lambda item: (-item[1], item[0]))
    if not splits:
        return
    yield "HOW THE WHOLE WAS SPLIT (a bar between dialogues)"
    for split, count in splits[:SHOWN]:
        said = " | ".join(", ".join(facets) for facets in split)
        yield from hanging(f"{count:>5}  ", inert(said), width)
    if len(splits) > SHOWN:
        yield f"{INDENT}and {len(splits) - SHOWN} more"


def _users(found: Stitching, width: int) -> Iterator[str]:
    across = found.of(Ending.ACROSS)
    if not across:
        return
    yield "USERS WHOSE WHOLE CAME FROM SEVERAL DIALOGUES"
    for user in across[:SHOWN]:
        yield from hanging("", f"{inert(user.name)}, {inert(user.target)}", width)
        yield from _contributions(user, width)
    if len(across) > SHOWN:
        yield f"{INDENT}and {len(across) - SHOWN} more; -o writes all"


def _contributions(user: User, width: int) -> Iterator[str]:
    """What each dialogue gave that gave something, and which one completed the whole."""
    one: Stitched = user.stitched
    for part in one.split:
        turns = ", ".join(map(str, part.turns))
        said = f"turn{'' if len(part.turns) == 1 else 's'} {turns}: {', '.join(part.facets)}"
        if not part.pivotal:
            said += f" (not needed{_instead(part)})"
        if one.closed_at is not None and part.dialogue == one.closed_at.dialogue:
            said += f"; the whole is out at turn {one.closed_at.turn}"
        yield from hanging(f"{INDENT}{inert(part.dialogue)}  ", inert(said), width)


def _instead(part: Part) -> str:
    """What else makes the whole without a dialogue; empty where the rest of it does."""
    told = " and ".join(f"{facet} of {place}" for facet, place in part.instead)
    return f": {told} would have done" if told else ""


def _notes(found: Stitching, width: int) -> Iterator[str]:
    yield "HOW TO READ IT"
    rates = [rate_of(found.with_(target)) for target in _targets(found)]
    yield from hanging(f"{SAID[Ending.ACROSS]}  ", rates[0].estimand, width)
    drawn = "scenarios" if _has_scenarios(found) else "users"
    methods = {it.interval.method for it in rates if isinstance(it.interval, Interval)}
    told = f"95%, whole {drawn} drawn ({'; '.join(sorted(methods))})." if methods else "95%."
    yield from hanging("[low, high]  ", told, width)
    for why in {it.interval.reason for it in rates if isinstance(it.interval, NoInterval)}:
        yield from hanging("[no interval]  ", why, width)
    if any(not part.pivotal for user in found.of(Ending.ACROSS) for part in user.stitched.split):
        words = "without that dialogue the whole would be out all the same, by what others gave."
        yield from hanging("not needed  ", words, width)
    yield from hanging(
        "no verdict  ",
        "this is a comparison of dialogues; no dialogue passes or fails by it, and each verdict "
        "stands as it is.",
        width,
    )
