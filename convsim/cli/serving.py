"""`convsim serve`: a simulated assistant behind a real OpenAI-compatible server."""

from __future__ import annotations

from typing import Annotated

import typer

from convsim.cli.console import command
from convsim.errors import InputError


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
    from convsim.targets.sim import sim_target
    from convsim.targets.spec import parse_target

    spec = parse_target(sim)
    if spec.kind != "sim":
        raise InputError(
            f"{spec} is no simulated assistant; name one as sim/steadfast. Nothing else is served: "
            "whoever can reach the port would use that target with your key"
        )
    target = sim_target(spec.name, spec.parameters, load(scenarios, policy=policy))
    serve_forever(target, host=host, port=port)
    if target.unrecognised:
        typer.echo(
            f"texts not recognised: {target.unrecognised}; they were answered as small talk "
            "(are these the scenarios that were played?)"
        )
