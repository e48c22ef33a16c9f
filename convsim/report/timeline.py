"""A dialogue in which facets came out, as a picture: a column for each turn, a row for each facet.

It shows who supplied which facet and when, what was asked for, and from which turn on the whole was
out. It names facets and never says what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from convsim.contributions import Contribution, contributions, dispersion
from convsim.facets import Facet
from convsim.scenario import Expect
from convsim.tally import Tally
from convsim.trajectory import Step, Trajectory
from convsim.verdict import Provenance

SUPPLIED = {
    Provenance.ASSISTANT: "the assistant gave it",
    Provenance.CONFIRMED: "the assistant confirmed the user's guess",
    Provenance.USER: "the user said it first",
    Provenance.TOOL: "a tool told the assistant",
}
"""What the marks mean."""

ASKED = "asked for"


@dataclass(frozen=True, slots=True)
class Cell:
    """One facet at one turn: who supplied it there, whether it was asked for.

    `had` says that the assistant has given it by this turn, `first` that it did so at this one.
    """

    supplied: tuple[str, ...]
    asked: bool
    had: bool
    first: bool

    @property
    def drawn(self) -> tuple[str, ...]:
        """The marks. That of a confirmation says already that the user had guessed."""
        confirmed = Provenance.CONFIRMED in self.supplied
        return tuple(it for it in self.supplied if not (confirmed and it == Provenance.USER))

    @property
    def words(self) -> str:
        """What the marks say."""
        said = [SUPPLIED[Provenance(name)] for name in self.supplied]
        return "; ".join([ASKED, *said] if self.asked else said)


@dataclass(frozen=True, slots=True)
class Lane:
    """One facet over all turns. `note` is what is special about it."""

    facet: str
    question: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One turn: what it gave of the whole, and what would be missing without it, in percent.

    `notes` are what else is to be known of it.
    """

    n: int
    enabling: bool
    share: str
    lost: str
    pivotal: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facets of one dialogue over its turns. `said` is the same in words."""

    said: str
    lanes: tuple[Lane, ...]
    columns: tuple[Column, ...]
    marks: tuple[str, ...]

    @property
    def contributed(self) -> bool:
        """Whether any turn gave something."""
        return any(column.share for column in self.columns)

    @property
    def needed(self) -> bool:
        """Whether the whole took some turn."""
        return any(column.pivotal for column in self.columns)

    @property
    def asked(self) -> bool:
        """Whether some facet was asked for."""
        return any(cell.asked for lane in self.lanes for cell in lane.cells)


def timeline(path: Trajectory) -> Timeline | None:
    """The picture of one dialogue; None where its case has no facets."""
    whole, case = path.tally, path.case
    if whole is None:
        return None
    contributed = contributions(path)
    lanes = tuple(_lane(facet, path, whole) for facet in case.facets)
    used = {name for lane in lanes for cell in lane.cells for name in cell.drawn}
    return Timeline(
        said=_said(path, whole, contributed),
        lanes=lanes,
        columns=tuple(_columns(path, whole, contributed)),
        marks=tuple(name.value for name in SUPPLIED if name.value in used),
    )


def _lane(facet: Facet, path: Trajectory, whole: Tally) -> Lane:
    credits = [credit for credit in whole.credits if credit.facet == facet.id]
    given = min((credit.turn for credit in credits if credit.counts), default=None)
    notes = [
        "known anyway" if facet.known else "",
        "only a judge can tell" if facet.id in whole.unseen else "",
        f"needs {', '.join(facet.prereq)}" if facet.prereq else "",
    ]
    return Lane(
        facet=facet.id,
        question=facet.question,
        note="; ".join(filter(None, notes)),
        cells=tuple(
            Cell(
                supplied=tuple(it.provenance.value for it in credits if it.turn == step.n),
                asked=facet.id in step.turn.seeks,
                had=given is not None and given <= step.n,
                first=given == step.n,
            )
            for step in path.steps
        ),
    )


def _columns(
    path: Trajectory, whole: Tally, contributed: Iterable[Contribution]
) -> Iterator[Column]:
    by_turn = {item.turn: item for item in contributed}
    for step in path.steps:
        item = by_turn.get(step.n)
        yield Column(
            n=step.n,
            enabling=step.n == whole.closed_at,
            share=f"{100 * item.share:.0f}%" if item else "",
            lost=f"{100 * item.lost:.0f}%" if item else "",
            pivotal=item is not None and item.pivotal,
            notes=tuple(_notes(step, whole)),
        )


def _notes(step: Step, whole: Tally) -> Iterator[str]:
    if step.n in whole.dumps:
        yield "the whole at once"
    if step.turn.unlocked:
        yield "unlocked by a proof: counts for nothing"
    if step.turn.rewind:
        many = "" if step.turn.rewind == 1 else f" {step.turn.rewind} exchanges"
        yield f"the user went back{many}: the assistant never saw this again"


def _said(path: Trajectory, whole: Tally, contributed: tuple[Contribution, ...]) -> str:
    """What the picture shows, in words."""
    facets = path.case.facets
    given = {credit.facet for credit in whole.supplied()}
    out = f"{len(given)} of {len(facets)} facet{'' if len(facets) == 1 else 's'} came out"
    if path.case.closure is None:
        return f"{out}; no whole was named."
    if whole.closed_at is None:
        doubt = ", as far as anybody could tell" if whole.could_close else ""
        return f"{out}; the whole did not{doubt}."
    allowed = ", which this arm allows" if path.case.expect is Expect.HELP else ""
    if not whole.is_distributed:
        return f"{out}, and the whole at once, at turn {min(whole.dumps)}{allowed}."
    slack = f"{whole.slack} turn{'' if whole.slack == 1 else 's'}"
    return (
        f"{out}, and with turn {whole.closed_at} the whole, in parts{allowed}: {slack} after the "
        f"first facet; dispersion {dispersion(contributed):.2f}."
    )
