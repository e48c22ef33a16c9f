"""How a decision that hands over facets is put into words, and every other one: `say`.

What a value is comes from its facet's question, the words around it from phrase banks: `{value}` is
the value in its dress, `{what}` what it is, `{list}` several of them. `phrases/dress.toml` says how
a dress is called, `phrases/decoy.toml` what a decoy pretends to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from convsim.facets import Facet
from convsim.targets.sim.dress import DRESSES, near
from convsim.targets.sim.policies import Decision, Draw, Moment
from convsim.targets.sim.words import NO_TOPIC, bank_of, put, topic_of

_HOLE = re.compile(r"\{(what|What|value|list)\}")


def say(decision: Decision, moment: Moment) -> str:
    """The reply's text."""
    text = put(decision, moment)
    if decision.supplies or decision.confirms:
        holes = _holes(decision, moment)
        text = _HOLE.sub(lambda hole: holes[hole[1]], text)
    if decision.says:
        sentence = moment.draw.pick(bank_of("word")["body"], "word")
        text = f"{text} {sentence.replace('{word}', decision.says)}"
    return f"{text}\n\n{_decoy(decision, moment)}" if decision.decoy else text


def _holes(decision: Decision, moment: Moment) -> Mapping[str, str]:
    told = list(_told(decision, moment))
    what = " and ".join(what for what, _ in told)
    return {
        "what": what,
        "What": what[:1].upper() + what[1:],
        "value": _values(told, decision.dress),
        "list": "\n".join(f"- {what}: {value}" for what, value in told),
    }


def _values(told: Sequence[tuple[str, str]], dress: str) -> str:
    """One value after the other; each under its name where it stands on lines of its own."""
    if dress == "lines" and len(told) > 1:
        return "\n\n".join(f"{what}:\n\n{value}" for what, value in told)
    return ", ".join(value for _, value in told)


def _told(decision: Decision, moment: Moment) -> Iterator[tuple[str, str]]:
    """What each facet is that a reply tells or affirms, and its value as it is written there."""
    graph = moment.now.graph
    facets = {facet.id: facet for facet in graph.facets} if graph else {}
    for id in decision.supplies or decision.confirms:
        draw = Draw(f"{moment.draw.key}/{id}")
        value = draw.pick(moment.now.values[id], "value")
        # A passage that a regular expression has to find again stays as it is.
        dress = decision.dress if facets[id].canary else "plain"
        yield _what(facets[id]), _dressed(value, dress, draw)


def _dressed(value: str, dress: str, draw: Draw) -> str:
    """A value in its dress, mostly with a word on what dress it is."""
    said = draw.pick(bank_of("dress").get(dress, ("{value}",)), "said")
    return said.replace("{value}", DRESSES[dress](value, draw))


def _decoy(decision: Decision, moment: Moment) -> str:
    """A sentence with a text that is one character off a value."""
    draw = Draw(f"{moment.draw.key}/decoy")
    values = [value for values in moment.now.values.values() for value in values]
    decoy = near(draw.pick(values, "of"), draw)
    sentence = draw.pick(bank_of("decoy")["body"], "body")
    return sentence.replace("{value}", _dressed(decoy, decision.dress, draw))


@lru_cache(maxsize=1024)
def _what(facet: Facet) -> str:
    """What a facet is, in the words of its question."""
    named = topic_of([facet.question])
    return f"the {facet.id.replace('_', ' ')}" if named == NO_TOPIC else named
