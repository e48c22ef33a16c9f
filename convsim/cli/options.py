"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Concurrency = Annotated[int, typer.Option(min=1, help="Calls in flight at most.")]
AnyConcurrency = Annotated[
    int | None, typer.Option("--concurrency", min=1, help="Calls in flight at most.")
]
"""Of a stored run, which has limits of its own."""
ClassifierOption = Annotated[
    str | None,
    typer.Option(
        "--classifier",
        help="Who reads the replies: rules, a model to ask (a TARGET, or a targets file with "
        "one), or GUARD=TARGET.",
    ),
]
AskBelow = Annotated[
    float | None,
    typer.Option(
        "--ask-below",
        min=0.0,
        max=1.0,
        help="With --classifier: rules first, ask only below this confidence.",
    ),
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--judge",
        help="Who concludes: rules, or a model to ask (a TARGET, or a targets file with one). "
        "Repeat for a panel.",
    ),
]
PanelOption = Annotated[
    str | None,
    typer.Option("--panel", help="How several judges conclude: majority or unanimous-to-fail."),
]
JudgeWhen = Annotated[
    str | None,
    typer.Option("--judge-when", help="unsure: rules first, --judge where these are unsure."),
]
BudgetOption = Annotated[
    str | None, typer.Option("--budget", help="What this command may spend: 5usd, 2000calls.")
]
TagsOption = Annotated[
    str | None,
    typer.Option(
        "--tags",
        help="Only scenarios with such tags: A,B any of them, +C this one too, -D not that one.",
    ),
]
