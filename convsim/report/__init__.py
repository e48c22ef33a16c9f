"""Reports: the numbers of a run laid out, as text for a terminal and as one page for a browser.

    data = ReportData.of("march", run.judged(), failures, judge="rules")
    print(summary(data))
    write_html(data, "report.html")

Numbers come from `rates` and `stats`; nothing is computed here but the splits.
"""

from convsim.report.data import ReportData
from convsim.report.html import page, write_html
from convsim.report.summary import painted, summary
from convsim.report.tables import Tables, tables
from convsim.report.viewing import dialogue_text

__all__ = [
    "ReportData",
    "Tables",
    "dialogue_text",
    "page",
    "painted",
    "summary",
    "tables",
    "write_html",
]
