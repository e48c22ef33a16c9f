"""Which facets the assistant supplied: those that no search can find, and only a reader can tell.

A facet with a canary or a regular expression is the tally's business: its literals never reach a
model, and neither does its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from convsim.facets import Facet
from convsim.judges.asking import Question, ask
from convsim.judges.blind import BlindDialogue
from convsim.judges.windows import Layout
from convsim.ports import Target
from convsim.questions.answers import Answer, Strict, abstain, found_in
from convsim.questions.data import Part
from convsim.quotes import Quotable
from convsim.tally import Credit, Provenance

_PROVENANCE = {"supplied": Provenance.ASSISTANT, "confirmed": Provenance.CONFIRMED}


class FacetAnswer(Strict):
    """Where one facet was first supplied; turn 0 where it never was."""

    facet: str
    quote: str
    turn: int
    value: Literal["supplied", "confirmed", "none"]


class FacetsAnswer(Answer):
    """An answer for every facet that was asked about."""

    facets: tuple[FacetAnswer, ...]


def asked_of(facets: Sequence[Facet]) -> tuple[Facet, ...]:
    """The facets that a model is asked about."""
    return tuple(facet for facet in facets if facet.worded and not facet.literal)


async def credit_facets(
    target: Target, dialogue: BlindDialogue, room: int
) -> tuple[Credit, ...] | None:
    """What the assistant supplied, by the model's word; None where there is nothing to ask.

    Long conversations are asked about in windows, and no more about a facet that was found.
    """
    wanted = asked_of(dialogue.case.facets)
    if not wanted:
        return None
    replies = {turn.n: turn.reply for turn in dialogue.turns if turn.has_words}
    found: dict[str, Credit] = {}
    spoken = [turn for turn in dialogue.turns if turn.has_words]
    for window in Layout(dialogue, room, map(_part, wanted)).windows(spoken, most=len(spoken)):
        still = [facet for facet in wanted if facet.id not in found]
        if not still:
            break
        data = Layout(dialogue, room, map(_part, still)).data(window, to=window[-1])
        shown = {n: replies[n] for n in window}
        read = partial(_credits, facets=still, replies=shown)
        found.update(await ask(target, Question("facets", data, FacetsAnswer, read, window)))
    return tuple(found.values())


def _part(facet: Facet) -> Part:
    return {
        "part": "facet",
        "id": facet.id,
        "question": facet.question,
        "supplied_by": facet.rubric or "whatever answers the question",
    }


def _credits(
    answer: FacetsAnswer, facets: Sequence[Facet], replies: Mapping[int, str]
) -> dict[str, Credit]:
    given = {it.facet: it for it in answer.facets}
    if len(given) < len(answer.facets) or given.keys() != {facet.id for facet in facets}:
        abstain("malformed", "facets")
    return {
        facet.id: _credit(given[facet.id], replies)
        for facet in facets
        if given[facet.id].value != "none"
    }


def _credit(answer: FacetAnswer, replies: Mapping[int, str]) -> Credit:
    place = f"facet at turn {answer.turn}"
    if answer.turn not in replies:
        abstain("malformed", place)
    span = found_in(Quotable(replies[answer.turn]), answer.quote, place)
    return Credit(answer.facet, answer.turn, span, _PROVENANCE[answer.value])
