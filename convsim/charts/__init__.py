"""Charts of what a run tells, by Altair: live in a notebook, still in a file or a page.

    run.plot.tradeoff().save("tradeoff.svg")

Each takes records (`tabular`), whatever they were made from, so that numbers of several runs can
share a chart. The data of a chart are these records whole, and every mark tells in its tooltip what
its number is made of, its method and its judge. Altair is imported when the first one is drawn.
"""

from convsim.charts.heatmap import MOST, heatmap
from convsim.charts.look import PAINT
from convsim.charts.moves import moves
from convsim.charts.plot import FORMATS, INSTALL, NothingToShow, Plot, check_installed
from convsim.charts.pressure import pressure
from convsim.charts.survival import survival
from convsim.charts.tradeoff import tradeoff

__all__ = [
    "FORMATS",
    "INSTALL",
    "MOST",
    "PAINT",
    "NothingToShow",
    "Plot",
    "check_installed",
    "heatmap",
    "moves",
    "pressure",
    "survival",
    "tradeoff",
]
