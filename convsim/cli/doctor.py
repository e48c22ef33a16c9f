"""`convsim doctor`: what is installed, which keys are set, and what would fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from convsim.cli.console import Exit, command, print_json

PACKAGES = (
    "pydantic",
    "networkx",
    "orjson",
    "asyncio-throttle",
    "litellm",
    "aiohttp",
    "PyYAML",
    "jinja2",
    "typer",
    "rich",
    "numpy",
    "scipy",
)
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "AZURE_API_KEY",
    "MISTRAL_API_KEY",
    "OPENROUTER_API_KEY",
    "GROQ_API_KEY",
    "TOGETHERAI_API_KEY",
)
MALICIOUS_LITELLM = frozenset({"1.82.7", "1.82.8"})
"""Uploads of March 2026 that stole credentials; 1.82.8 left a file that runs at every start."""


@command
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is installed, which keys are set, what would fail.

    The values of keys are never shown.
    """
    packages = {name: _version(name) for name in PACKAGES}
    keys = {name: bool(os.environ.get(name)) for name in KEYS}
    problems = problems_with(packages)
    if json:
        print_json(
            {"python": _python(), "packages": packages, "keys_set": keys, "problems": problems}
        )
    else:
        typer.echo(f"python {_python()}")
        for name, found in packages.items():
            typer.echo(f"  {name:<18} {found or 'missing'}")
        typer.echo("keys")
        for name, is_set in keys.items():
            typer.echo(f"  {name:<18} {'set' if is_set else '-'}")
        typer.echo("\n".join(problems) if problems else "nothing would fail")
    raise typer.Exit(Exit.WRONG_INPUT if problems else Exit.DONE)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def problems_with(packages: Mapping[str, str | None]) -> list[str]:
    """What would fail or is dangerous, with these versions installed (None: missing)."""
    problems = [
        f"{name} is not installed: `pip install {name}`"
        for name, found in packages.items()
        if found is None
    ]
    if packages["litellm"] in MALICIOUS_LITELLM:
        problems.append(
            f"litellm {packages['litellm']} is a malicious upload: remove it, change every "
            "credential this machine could read, and install another version"
        )
    problems += [
        f"{left} runs at every start of Python and is left by a malicious litellm: "
        "delete it and change every credential this machine could read"
        for folder in map(Path, sys.path)
        if (left := folder / "litellm_init.pth").is_file()
    ]
    if os.name != "posix":
        problems.append("run directories are locked with flock, which this system does not have")
    if not os.access(Path.cwd(), os.W_OK):
        problems.append(f"{Path.cwd()} cannot be written to; pass --out another directory")
    return problems
