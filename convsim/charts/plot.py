"""A chart with the records behind it: it shows in a notebook, and is saved without a network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convsim.charts.look import BENEATH, CONFIG
from convsim.charts.still import still
from convsim.errors import InputError, choices
from convsim.tabular import Tabular

if TYPE_CHECKING:
    import altair

FORMATS = ("svg", "png", "pdf", "html", "json")

INSTALL = "charts need Altair and vl-convert: `pip install 'convsim[charts]'`"


class NothingToShow(InputError):
    """There are no numbers for this chart; the message says which are missing."""


def check_installed() -> None:
    """Raise `InputError` where the packages that draw are missing."""
    from importlib.util import find_spec

    if missing := [name for name in ("altair", "vl_convert") if find_spec(name) is None]:
        raise InputError(f"{' and '.join(missing)} not installed; {INSTALL}")


class Plot(Tabular):
    """A chart, and as a table the records that it shows.

        plot = run.plot.tradeoff()
        plot.save("tradeoff.svg")
        plot.chart.properties(width=600)     # Altair from here on

    In a notebook it is live where the notebook knows its version of Vega-Lite, else a still image.
    """

    def __init__(
        self, chart: altair.TopLevelMixin, records: Sequence[dict[str, Any]], about: str
    ) -> None:
        self.chart = chart
        self.about = about
        self._records = list(records)

    def __repr__(self) -> str:
        return f"<{self.about}: {len(self._records)} numbers>"

    def records(self) -> list[dict[str, Any]]:
        """What the marks stand for, a row for each number."""
        return [
            {name: it for name, it in record.items() if name not in ("said", "told")}
            for record in self._records
        ]

    def to_dict(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification, with its data in it."""
        made: dict[str, Any] = self.chart.to_dict()
        return {**made, "config": CONFIG}

    def svg(self, *, paint: Mapping[str, str] | None = None, headed: bool = True) -> str:
        """The chart as a still image; what a mark stands for shows where the mouse rests on it.

        `paint` are CSS colours to take in the place of its own (`charts.PAINT` in a report page).
        Without its head it begins with how to read it.
        """
        made = self.to_dict()
        if not headed:
            made["title"] = {"text": made["title"]["subtitle"], **BENEATH}
        return still(_converted(made, "svg"), self.about, paint=paint)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2) -> Path:
        """Write it as what the name ends in: .svg, .png, .pdf, .html (works offline) or .json.

        `scale` is how many pixels of a PNG an inch of the others' 72 points has, over 72.
        """
        path = Path(path)
        kind = path.suffix.removeprefix(".").lower()
        if kind not in FORMATS:
            raise InputError(
                f"{path}: a chart is no {path.suffix or 'file without an ending'}"
                + choices(kind, [f".{it}" for it in FORMATS])
            )
        if not path.absolute().parent.is_dir():
            raise InputError(f"{path.parent} is no directory; make it, or choose another file")
        made = self.svg() if kind == "svg" else _converted(self.to_dict(), kind, scale=scale)
        path.write_bytes(made if isinstance(made, bytes) else made.encode())
        return path

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """What a notebook shows: the richest of these that it knows."""
        import altair

        version = altair.SCHEMA_VERSION.removeprefix("v").partition(".")[0]
        return {
            f"application/vnd.vegalite.v{version}+json": self.to_dict(),
            "image/svg+xml": self.svg(),
            "text/plain": repr(self),
        }


def _converted(made: dict[str, Any], kind: str, *, scale: float = 1) -> Any:
    """What vl-convert makes of a specification. It fetches nothing: the data are inside."""
    check_installed()
    import vl_convert

    match kind:
        case "svg":
            return vl_convert.vegalite_to_svg(made, allowed_base_urls=[])
        case "png":
            white = {**made, "background": "white"}
            return vl_convert.vegalite_to_png(white, scale=scale, allowed_base_urls=[])
        case "pdf":
            return vl_convert.vegalite_to_pdf(made, allowed_base_urls=[])
        case "html":
            return vl_convert.vegalite_to_html(made, bundle=True)
        case _:
            import orjson

            return orjson.dumps(made, option=orjson.OPT_INDENT_2)
