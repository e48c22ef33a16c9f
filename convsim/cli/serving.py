"""`convsim serve`: a simulated assistant behind a real OpenAI-compatible server."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command


@command
def serve(
    sim: Annotated[str, typer.Argument(help="sim/NAME?key=value")],
    scenarios: Annotated[
        list[str],
        typer.Option("--scenarios", help="The scenarios that it recognises dialogues by."),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    policy: Annotated[str | None, typer.Option(help="A policy file for all scenarios.")] = None,
) -> None:
    """Serve a simulated assistant over HTTP until Ctrl-C."""
    from convsim.api import load
    from convsim.serving import serve as serve_forever
    from convsim.targets.opening import open_target

    suite = load(scenarios, policy=policy)
    named = open_target("sim", sim, suite, connections=1)
    serve_forever(named.target, host=host, port=port)
