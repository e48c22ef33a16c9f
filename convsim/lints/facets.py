"""Linting: facets and closure, the guards that wait for them, and canaries that prove something.

A canary is exact truth only as long as nobody but the assistant can bring it up: it has to stand in
the operator's system prompt, the user must not say it, and it must be too long to be guessed.
Which facets one way through the graph can ask for is the business of `lints.ways`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from math import log2

from convsim.chance import variety
from convsim.errors import Flaw, choices
from convsim.facets import Closure, Facet
from convsim.lints.said import Said, said_in
from convsim.lints.texts import Loc, filled, names_of, shows
from convsim.moves import GUESS_MOVE
from convsim.regexes import endless
from convsim.scenario import RESTRICTED_ARM, Guard, Scenario, Secret, compares

CANARY_BITS = 40
"""How hard a canary is to guess: one in a million million (design, section 4)."""


def counting_in(facets: Mapping[str, Facet]) -> list[Facet]:
    """The facets that can be credited at all."""
    return [facet for facet in facets.values() if not facet.known]


# -- what is defined --------------------------------------------------------------------------


def check_facets(scenario: Scenario) -> Iterator[Flaw]:
    """The flaws of the facets and of the closure, whatever the arm."""
    for id, facet in scenario.facets.items():
        yield from check_told(facet, ("facets", id))
    yield from check_defined(scenario.facets, scenario.closure)
    if scenario.closure is None and scenario.facets and scenario.whole is None:
        yield Flaw(
            ("facets",),
            "one facet makes no whole; give at least two that somebody can supply, because what "
            "harms by itself is a matter of `asks: restricted`",
            code="CS402",
        )


def check_told(facet: Facet, loc: Loc) -> Iterator[Flaw]:
    """Whether anybody can tell a facet."""
    if not (facet.literal or facet.worded or facet.known):
        yield Flaw(
            loc,
            f"facet '{facet.id}' has nothing to know it by; give `canary` or `regex`, or in words "
            "for a judge `rubric` or `question`",
            code="CS401",
        )


def check_defined(facets: Mapping[str, Facet], closure: Closure | None) -> Iterator[Flaw]:
    """The flaws of facets and closure as such, in a scenario and in a recorded row alike."""
    for id, facet in facets.items():
        yield from _check_facet(facet, ("facets", id), facets)
    if closure is not None:
        yield from _check_closure(closure, facets)


def _check_facet(facet: Facet, loc: Loc, facets: Mapping[str, Facet]) -> Iterator[Flaw]:
    who = f"facet '{facet.id}'"
    if facet.exact and not facet.canary:
        yield Flaw(
            (*loc, "exact"),
            f"{who}: `exact` is about canaries, and there is none; delete it",
            warning=True,
            code="CS403",
        )
    if facet.regex is not None and re.search(facet.regex, ""):
        yield Flaw(
            (*loc, "regex"),
            f"{who}: `regex` is found in the empty text, and so in every reply; make it stricter",
            code="CS404",
        )
    if facet.regex is not None:
        yield from _check_ends((*loc, "regex"), f"{who}: `regex`", facet.regex)
    for index, needed in enumerate(facet.prereq):
        if needed not in facets:
            yield _unknown((*loc, "prereq", index), f"{who} presupposes", needed, facets)
    if circle := _circle(facet.id, facets):
        yield Flaw(
            (*loc, "prereq"),
            f"{who}: `prereq` runs in a circle, so that none of them is ever of use: "
            f"{' -> '.join(circle)}; take one out",
            code="CS407",
        )


def _check_ends(loc: Loc, who: str, pattern: str) -> Iterator[Flaw]:
    """A search has to come to an end, whatever the reply."""
    if (part := endless(pattern)) is not None:
        yield Flaw(
            loc,
            f"{who} can take forever: `{part}` goes round the same text in several ways, and a "
            "reply that does not fit has all of them tried; repeat once, such as `a+` for `(a+)+`, "
            "or let each round begin or end with something of its own, such as `(a+,)+`",
            code="CS405",
        )


def _unknown(loc: Loc, who: str, id: str, facets: Iterable[str]) -> Flaw:
    known = list(facets)
    allowed = choices(id, known) if known else "; no facets are defined"
    return Flaw(loc, f"{who} facet '{id}', which does not exist{allowed}", code="CS406")


def _circle(id: str, facets: Mapping[str, Facet]) -> list[str] | None:
    """The shortest way from a facet back to itself, over what each presupposes."""
    ways = deque([[id]])
    seen: set[str] = set()
    while ways:
        way = ways.popleft()
        for needed in facets[way[-1]].prereq:
            if needed == id:
                return [*way, id]
            if needed in facets and needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return None


def _check_closure(closure: Closure, facets: Mapping[str, Facet]) -> Iterator[Flaw]:
    if not facets:
        yield Flaw(
            ("closure",),
            "`closure` says which facets make the whole, and no `facets` are defined; define them "
            "or delete it",
            code="CS408",
        )
        return
    for number, minimal in enumerate(closure.sets, start=1):
        yield from _check_set(number, closure.sets, facets)
        for id in sorted(minimal - facets.keys()):
            loc: Loc = ("closure", "sets", number - 1, id)
            yield _unknown(loc, f"set {number} of `closure` names", id, facets)
    if closure.weight is not None:
        yield from _check_weight(closure.weight, counting_in(facets))


def _check_set(
    number: int, sets: tuple[frozenset[str], ...], facets: Mapping[str, Facet]
) -> Iterator[Flaw]:
    minimal = sets[number - 1]
    loc: Loc = ("closure", "sets", number - 1)
    who = f"set {number} of `closure`"
    if len(minimal) == 1:
        (alone,) = minimal
        yield Flaw(
            loc,
            f"{who} is facet '{alone}' alone, and a whole is made of at least two; name the "
            "others or delete the set (what harms by itself is a matter of `asks: restricted`)",
            code="CS409",
        )
    for id in sorted(id for id in minimal if id in facets and facets[id].known):
        yield Flaw(
            (*loc, id),
            f"{who} names facet '{id}', which is `known`, so that nobody ever supplies it; take "
            "it out of the set",
            code="CS410",
        )
    for other, smaller in enumerate(sets, start=1):
        contained = smaller < minimal or (smaller == minimal and other < number)
        if contained and len(smaller) > 1:
            yield Flaw(
                loc,
                f"{who} adds nothing: set {other} ({', '.join(sorted(smaller))}) is in it and is "
                "enough; delete it",
                warning=True,
                code="CS411",
            )
            return


def _check_weight(weight: float, counting: list[Facet]) -> Iterator[Flaw]:
    loc: Loc = ("closure", "weight")
    total = sum(facet.weight for facet in counting)
    if total < weight:
        yield Flaw(
            loc,
            f"`closure.weight` is {weight:g}, and all facets that can be supplied weigh {total:g} "
            "together, so that it is never reached; lower it",
            code="CS412",
        )
    for facet in counting:
        if facet.weight >= weight:
            yield Flaw(
                loc,
                f"`closure.weight` is {weight:g}, and facet '{facet.id}' alone weighs "
                f"{facet.weight:g}; a whole is made of at least two: raise it, or lower the "
                "weight of the facet",
                code="CS413",
            )


# -- where facets are named -------------------------------------------------------------------


def check_uses(scenario: Scenario, names: Iterable[str]) -> Iterator[Flaw]:
    """The flaws in what the named states seek and wait for."""
    for state in map(scenario.states.__getitem__, names):
        who = f"state '{state.id}'"
        loc: Loc = ("states", state.id)
        for index, id in enumerate(state.seeks):
            if id not in scenario.facets:
                yield _unknown((*loc, "seeks", index), f"{who} seeks", id, scenario.facets)
        for label, transitions in state.next.items():
            for index, transition in enumerate(transitions):
                if transition.when is not None:
                    place = (*loc, "next", label, index, "if")
                    yield from _check_guard(transition.when, place, who, scenario.facets)


def _check_guard(guard: Guard, loc: Loc, who: str, facets: Mapping[str, Facet]) -> Iterator[Flaw]:
    """Guards see what is credited while the dialogue is played, and search each reply."""
    if guard.matches is not None:
        yield from _check_ends((*loc, "matches"), f"{who}: `matches`", guard.matches)
    for key, ids in (("has", guard.has), ("lacks", guard.lacks)):
        for index, id in enumerate(ids):
            facet, place = facets.get(id), (*loc, key, index)
            if facet is None:
                yield _unknown(place, f"{who}: the guard names", id, facets)
            elif facet.known:
                yield Flaw(
                    place,
                    f"{who}: the guard names facet '{id}', which is `known` and never credited; "
                    "delete the condition",
                    code="CS414",
                )
            elif not facet.literal:
                yield Flaw(
                    place,
                    f"{who}: the guard names facet '{id}', which only a judge can tell, when the "
                    "dialogue is over; give it a `canary` or a `regex`, or route by something else",
                    code="CS414",
                )
    if both := sorted({*guard.has} & {*guard.lacks}):
        yield Flaw(
            (*loc, "lacks"),
            f"{who}: the guard can never hold: facet '{both[0]}' stands in `has` and in `lacks`; "
            "delete one of them",
            code="CS415",
        )
    if guard.facets is not None:
        yield from _check_count(guard, guard.facets, (*loc, "facets"), who, facets)


def _check_count(
    guard: Guard, wanted: str, loc: Loc, who: str, facets: Mapping[str, Facet]
) -> Iterator[Flaw]:
    counting = counting_in(facets)
    judged = [facet.id for facet in counting if not facet.literal]
    if judged:
        yield Flaw(
            loc,
            f"{who}: the guard counts facets, and only a judge can tell '{judged[0]}', when the "
            "dialogue is over; give it a `canary` or a `regex`, or name the others with `has`",
            code="CS414",
        )
        return
    least, most = len({*guard.has}), len(counting) - len({*guard.lacks})
    if not any(compares(number, wanted) for number in range(least, most + 1)):
        if not counting:
            yield Flaw(
                loc,
                f"{who}: the guard `facets: {wanted}` can never hold: the scenario has no facets "
                "that an assistant can supply; define some in `facets`, or leave the guard out",
                code="CS415",
            )
            return
        named = " with its `has` and `lacks`" if guard.has or guard.lacks else ""
        yield Flaw(
            loc,
            f"{who}: the guard `facets: {wanted}` can never hold{named}: of {len(counting)} "
            f"facets between {least} and {max(least, most)} can be credited; change the number",
            code="CS415",
        )


# -- how facets are recognised, in one arm ----------------------------------------------------


def check_matchers(scenario: Scenario) -> Iterator[Flaw]:
    """The flaws of canaries and regular expressions, given the slots and texts of one arm."""
    taken: dict[str, str] = {}
    for id, facet in scenario.facets.items():
        for index, slot in enumerate(facet.canary):
            yield from _check_canary(id, slot, ("facets", id, "canary", index), scenario)
            first = taken.setdefault(slot, id)
            if first != id:
                yield Flaw(
                    ("facets", id, "canary", index),
                    f"facet '{id}': slot '{slot}' is the canary of facet '{first}' already; every "
                    "facet needs a secret of its own",
                    code="CS419",
                )
    if taken:
        yield from _check_user(taken, scenario)
        yield from _check_operator(scenario)
    yield from _check_regexes(scenario)


def _check_canary(id: str, slot: str, loc: Loc, scenario: Scenario) -> Iterator[Flaw]:
    """It names a secret that nobody can guess."""
    secrets = [name for name, value in scenario.slots.items() if isinstance(value, Secret)]
    value = scenario.slots.get(slot)
    if value is None:
        allowed = choices(slot, secrets) if secrets else "; no slot is a secret"
        yield Flaw(loc, f"facet '{id}': canary '{slot}' is no slot{allowed}", code="CS416")
    elif isinstance(value, str):
        yield Flaw(
            loc,
            f"facet '{id}': slot '{slot}' is the same text in every dialogue, which an assistant "
            "may know; make it a secret that is drawn, such as {secret: '@@@@@-@@@@@'}",
            code="CS417",
        )
    elif (different := variety(value.secret)) < 2**CANARY_BITS:
        letters, digits = _missing(different, 26), _missing(different, 10)
        yield Flaw(
            ("slots", slot, "secret"),
            f"slot '{slot}' is the canary of facet '{id}', and '{value.secret}' has only "
            f"{int(log2(different))} bits; {CANARY_BITS} are needed, so that nobody guesses it: "
            f"add {letters} more '@' or {digits} more '#' (9 '@' or 13 '#' are enough by "
            "themselves)",
            code="CS418",
        )


def _missing(different: int, alphabet: int) -> int:
    """How many more characters of an alphabet make a secret long enough."""
    more = 1
    while different * alphabet**more < 2**CANARY_BITS:
        more += 1
    return more


def _check_operator(scenario: Scenario) -> Iterator[Flaw]:
    """What is sought stands where the assistant can see it."""
    sought = {id for state in scenario.states.values() for id in state.seeks}
    given = "system" in scenario.model_fields_set
    for id, facet in scenario.facets.items():
        for index, slot in enumerate(facet.canary if id in sought else ()):
            if slot in scenario.slots and not shows(scenario.system or "", slot, scenario):
                yield Flaw(
                    ("system",) if given else ("facets", id, "canary", index),
                    f"facet '{id}': the system prompt does not hold its canary '{slot}', so the "
                    f"assistant cannot know it; put {{{{ {slot} }}}} into `system`",
                    code="CS420",
                )


def _volunteered(scenario: Scenario) -> list[Said]:
    """What the user says of their own accord: everything but guesses."""
    guessing = {id for id, state in scenario.states.items() if state.move == GUESS_MOVE}
    return [it for it in said_in(scenario, RESTRICTED_ARM) if it.state not in guessing]


def _check_user(canaries: Mapping[str, str], scenario: Scenario) -> Iterator[Flaw]:
    """A canary that the user brings up proves nothing."""
    for said in _volunteered(scenario):
        for slot in sorted(names_of(said.text) & canaries.keys()):
            yield Flaw(
                said.loc,
                f"{said.who} says '{slot}', the canary of facet '{canaries[slot]}', so that the "
                f"user would supply it; take {{{{ {slot} }}}} out, or let a state with the move "
                f"`{GUESS_MOVE}` ask whether it is right",
                code="CS421",
            )


def _check_regexes(scenario: Scenario) -> Iterator[Flaw]:
    """What the user says anyway is no news in a reply."""
    if all(facet.regex is None for facet in scenario.facets.values()):
        return
    said = [(filled(it.text, scenario), it.who) for it in _volunteered(scenario)]
    for id, facet in scenario.facets.items():
        if facet.regex is None or endless(facet.regex) or re.search(facet.regex, ""):
            continue
        found = next((who for text, who in said if re.search(facet.regex, text)), None)
        if found is not None:
            yield Flaw(
                ("facets", id, "regex"),
                f"facet '{id}': `regex` is found in what the user says ({found}), and what the "
                "user said first is not credited; make it stricter, or word that differently",
                warning=True,
                code="CS422",
            )
