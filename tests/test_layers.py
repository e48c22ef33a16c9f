"""Who may import whom: the rows of design section 3, as the files now stand.

A file imports only from the rows above its own and, in its own row, only from files to its left;
inside a folder the files are free. Imports inside functions and under TYPE_CHECKING count like any
other. Against the drawing in the design: `suite` and `fragment` are nouns, `lints` and `plan`
think, `loading` has become all that stands from `yaml12` to `loading`, and the shell's `simulate`
is called `dialogue`, because the face has a function of that name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "convsim"

ROWS = (
    "errors version inert",
    "moves hazards policy facets reading scenario fragment transcript case verdict suite price",
    "columns chance digests quotes templates graph walk paths controls regexes lints "
    "plan coverage forecast readings affirming authority "
    "courtesies canaries tally trajectory contributions detectors ruling recast matching stats "
    "metamorphosis agreement correction sampling estimates tabular rows detection rates boundary "
    "multiplicity cells calibration comparisons contrasts figures gap pressure survival power "
    "sequential differences drift gates mitigations ladder stitches trials",
    "ports",
    "through schema stores recorded yaml12 noqa explain files trees including selecting rulebooks "
    "loading linting scaffold "
    "renderers targets prices questions classifiers guardrails judges conversations labels",
    "traffic limits budget ledger calling assess seating staff dialogue rehearsal batch manifest "
    "bench earlier enough session starting merging",
    "drawing charts report progress answered archive provenance changes runs comparing rejudging "
    "gapping serving testing waiting api picturing planning stitching calibrating trying "
    "selftesting raters auditing rated cli __main__",
    "convsim",
)
PLACE = {
    name: (row, column)
    for row, names in enumerate(ROWS)
    for column, name in enumerate(names.split())
}
PURE_ROWS = range(3)

WORLDLY = {
    *("datetime", "time"),
    *("asyncio", "multiprocessing", "signal", "subprocess", "threading"),
    *("socket", "ssl", "urllib"),
    *("io", "logging", "os", "pathlib", "shutil", "tempfile"),
    *("random", "secrets"),
}
"""What thinking does without: a clock, company, a network, a disk, chance of its own."""

_ARITHMETIC = {"survival", "detection", "cells", "differences", "drift", "power", "sequential"}

OWNERS = {
    "litellm": {"targets.via_litellm"},
    "networkx": {"paths.covering"},
    "asyncio_throttle": {"limits"},
    "jinja2": {"templates", "report.html"},
    "yaml": {"yaml12"},
    "aiohttp": {"targets.http", "serving"},
    "numpy": {"stats", "agreement", *_ARITHMETIC},
    "scipy": {"stats", *_ARITHMETIC},
    "pandas": {"tabular"},
    "polars": {"tabular"},
    "altair": {"charts"},
    "vl_convert": {"charts"},
    "typer": {"cli"},
    "zstandard": {"conversations"},
    "rich": {"progress", "report.summary"},
}
"""Slow packages: who may import them. Only the command line does so outside a function."""

EAGER = frozenset({"typer"})


class Import(NamedTuple):
    """One import: of what, and whether merely importing the file runs it."""

    name: str
    line: int
    eager: bool


def imports_of(source: str) -> Iterator[Import]:
    """Every import in a source text, `import_module("literal")` included."""
    tree = ast.parse(source)
    delayed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        for name in _imported(node):
            yield Import(name, getattr(node, "lineno", 0), id(node) not in delayed)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(level=level) if level:
            yield "." * level + (node.module or "")
        case ast.ImportFrom(module="convsim", names=names):
            yield from (f"convsim.{alias.name}" for alias in names)
        case ast.ImportFrom(module=str(module)):
            yield module
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if ast.unparse(
            function
        ).endswith(("import_module", "__import__")):
            yield name


def violations(sources: Mapping[str, str]) -> list[str]:
    """What is wrong with the imports of these files, by module name without `convsim.`."""
    return [
        f"{module}:{found.line}: {wrong}"
        for module, source in sorted(sources.items())
        for found in imports_of(source)
        if (wrong := _wrong(module, found))
    ]


def _wrong(module: str, found: Import) -> str | None:
    top, package = module.partition(".")[0], found.name.partition(".")[0]
    row, column = PLACE[top]
    if found.name.startswith("."):
        return f"imports {found.name} relatively; write the whole name"
    if package == "convsim":
        other = found.name.removeprefix("convsim").removeprefix(".").partition(".")[0] or "convsim"
        if other not in PLACE:
            return f"imports {found.name}, which is in no row"
        if other != top and PLACE[other] > (row, column):
            return f"imports {found.name}, which is below it or to its right"
        return None
    if row in PURE_ROWS and package in WORLDLY:
        return f"thinks, and imports {package}"
    owners = OWNERS.get(package)
    if owners is None:
        return None
    if module not in owners and top not in owners:
        return f"imports {package}; only {', '.join(sorted(owners))} may"
    if found.eager and package not in EAGER:
        return f"imports {package} outside a function"
    return None


def sources() -> dict[str, str]:
    """The text of every module, by its name without `convsim.`; the face is `convsim`."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__") or "convsim"
        found[name] = path.read_text(encoding="utf-8")
    return found


def test_every_module_has_its_place() -> None:
    """A new file is put into a row, and a row names only files that exist."""
    assert {name.partition(".")[0] for name in sources()} == set(PLACE)


def test_imports_point_upward() -> None:
    """No file of the package breaks the rows."""
    assert violations(sources()) == []


def test_thinking_never_waits() -> None:
    """Nouns and pure thinking have no `async def` and no `await`."""
    waiting = [
        module
        for module, source in sources().items()
        if PLACE[module.partition(".")[0]][0] in PURE_ROWS
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]
    assert waiting == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("walk", "import asyncio", "walk:1: thinks, and imports asyncio"),
        ("detectors.erosion", "def f():\n    import time", "detectors.erosion:2: thinks"),
        ("scenario", "from convsim.session import Session", "scenario:1: imports convsim.session"),
        ("moves", "from convsim.scenario import State", "to its right"),
        (
            "case",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import convsim.batch",
            "case:3: imports convsim.batch, which is below it",
        ),
        ("walk", "from convsim import api", "imports convsim.api, which is below it"),
        ("api", "import convsim", "imports convsim, which is below it"),
        ("api", "from convsim.helpers import x", "which is in no row"),
        ("api", "from . import runs", "imports . relatively"),
        ("session", "def f():\n    import litellm", "only targets.via_litellm may"),
        ("api", "import importlib\nimportlib.import_module('litellm')", "api:2: imports litellm"),
        ("paths.covering", "import networkx as nx", "imports networkx outside a function"),
        ("stats", "from scipy.special import betainc", "imports scipy outside a function"),
        ("report.html", "import typer", "only cli may"),
    ],
)
def test_a_new_violation_is_found(module: str, source: str, wrong: str) -> None:
    """Each kind of wrong import is named with its file and line."""
    assert [wrong in found for found in violations({module: source})] == [True]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("walk", "from convsim.graph import Graph"),
        ("detectors.erosion", "from convsim.detectors.evidence import crossing"),
        ("readings.cues", "from importlib import resources"),
        ("paths.covering", "def f():\n    import networkx"),
        ("paths.covering", "if TYPE_CHECKING:\n    import networkx"),
        ("cli.running", "import typer"),
        ("limits", "import asyncio, random, time"),
    ],
)
def test_what_is_allowed_stays_allowed(module: str, source: str) -> None:
    """The check finds violations, not imports."""
    assert violations({module: source}) == []
