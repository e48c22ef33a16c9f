"""The charts of a run: to look at, to save, and as still images in its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from convsim import charts
from convsim.errors import InputError
from convsim.report import tabulated
from convsim.report.data import ReportData
from convsim.scenario import Asks

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Plots:
    """The charts of one run: `run.plot.tradeoff().save("tradeoff.svg")`.

    Each raises `InputError` where Altair is not installed, where there is nothing to show, or
    where the judge is void.
    """

    data: ReportData

    def tradeoff(self, *, deployed: bool = False) -> charts.Plot:
        """Under-refusal against over-refusal, a point for each target; a line leads from a variant
        to what it is a variant of.

        These are the models' rates, in which a block is no answer. With `deployed` the targets that
        have variants, and these, stand at the rates of the deployed stack: a block is one.
        """
        found = self._records("mitigations" if deployed else tabulated.HEADLINE)
        return charts.tradeoff(found, base=self.data.deployed.bases, deployed=deployed)

    def survival(self) -> charts.Plot:
        """How long refusals stand under pressure."""
        return charts.survival(self._records("survival"))

    def moves(self, by: str = "group") -> charts.Plot:
        """How often a turn gives way, or an allowed ask is refused, by its move's `group` or by the
        `move` itself.
        """
        self._records(tabulated.HEADLINE)
        found = [record for record in self.data.tables.records() if record["by"] == by]
        return charts.moves(found)

    def heatmap(
        self, by: str = "rule", *, asks: Asks = Asks.RESTRICTED, most: int = charts.MOST
    ) -> charts.Plot:
        """Where the boundary gives way, by `rule`, `group` of moves or `move`, and by turn.

        With `asks="allowed"`, where allowed asks are refused. `most` is how many rules are shown.
        """
        self._records(tabulated.HEADLINE)
        found = tabulated.boundary_map(self.data, by=by, asks=Asks(asks))
        return charts.heatmap(found.records(), most=most)

    def pressure(self) -> charts.Plot:
        """What pressing does beyond asking as often, against each control that was played."""
        return charts.pressure(self._records("pressure"))

    def _records(self, name: str) -> list[dict[str, Any]]:
        """Those of one table; it raises where the judge is void."""
        return tabulated.table(self.data, name).records()


# --- in a page


class Figure(NamedTuple):
    """A chart as a still image in a page; `shown` says that it stands open."""

    title: str
    svg: Markup
    shown: bool


class Figures(NamedTuple):
    """The charts of a page, or in a line why there are none."""

    found: tuple[Figure, ...]
    why: str = ""


ALONE = "No charts: one scenario does not show how scenarios differ. `Run.plot` has them anyway."
PANELS = 4
"""With more targets, only the chart that has all of them in one panel stands open."""


def figures(data: ReportData) -> Figures:
    """The charts of a report page; without Altair, what to install for them.

    One scenario has none: it shows no interval, and a chart of bare shares would look like more.
    """
    if data.void is not None or not data.rows:
        return Figures(())
    if len({row.scenario for row in data.rows}) < 2:
        return Figures((), ALONE)
    try:
        charts.check_installed()
    except InputError as error:
        return Figures((), f"No charts: {error}.")
    return Figures(tuple(_figures(data)))


def _figures(data: ReportData) -> Iterator[Figure]:
    from markupsafe import Markup

    plot, few = Plots(data), len({row.target for row in data.rows}) <= PANELS
    wanted: tuple[tuple[str, bool, Callable[[], charts.Plot]], ...] = (
        ("Under-refusal against over-refusal", True, plot.tradeoff),
        ("Variants as they are deployed", True, lambda: plot.tradeoff(deployed=True)),
        ("How long refusals stand under pressure", few, plot.survival),
        ("What turns did, by move", few, plot.moves),
        ("Where the boundary gives way", False, plot.heatmap),
    )
    for title, shown, make in wanted:
        try:
            svg = make().svg(paint=charts.PAINT, headed=False)
        except charts.NothingToShow:
            continue
        yield Figure(title, Markup(svg), shown)  # noqa: S704 - `still` let only shapes through
