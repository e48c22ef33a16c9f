"""The face: one explicit list, and an import that does nothing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

import convsim

SLOW = (
    *("litellm", "networkx", "aiohttp", "numpy", "scipy", "jinja2", "yaml", "typer"),
    *("pandas", "polars", "altair", "vl_convert"),
)


def loaded_by(code: str) -> set[str]:
    """Which of the slow packages a fresh interpreter has loaded after running `code`."""
    listing = f"import sys; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=True
    )
    return set(ast.literal_eval(done.stdout.splitlines()[-1]))


def test_the_stub_lists_the_same_names() -> None:
    """What type checkers see is what `import convsim` offers."""
    tree = ast.parse(Path(convsim.__file__).with_suffix(".pyi").read_text())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    (listed,) = (node.value for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(listed) == convsim.__all__ == sorted(imported)


@pytest.mark.parametrize("name", convsim.__all__)
def test_every_name_loads(name: str) -> None:
    """Each public name is there, and comes from the module that the stub imports it from."""
    assert getattr(convsim, name) is not None
    assert name in dir(convsim)


def test_the_stub_imports_each_name_from_where_it_is() -> None:
    """A type checker and the interpreter find the same object."""
    tree = ast.parse(Path(convsim.__file__).with_suffix(".pyi").read_text())
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            module = __import__(str(node.module), fromlist=["_"])
            for alias in node.names:
                assert getattr(convsim, alias.name) is getattr(module, alias.name)


def test_no_module_hides_behind_a_function() -> None:
    """`convsim.run` stays the function after any import: no module has the name of one."""
    modules = {module.name for module in iter_modules(convsim.__path__)}
    assert modules & set(convsim.__all__) == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'convsim' has no attribute 'nothing'"):
        _ = convsim.nothing  # type: ignore[attr-defined]


def test_importing_loads_nothing_slow() -> None:
    """`import convsim` loads none of the slow packages, and neither do its nouns."""
    assert loaded_by("import convsim") == set()
    assert loaded_by("import convsim; [getattr(convsim, name) for name in convsim.__all__]") == (
        set()
    )


@pytest.mark.parametrize("module", ["tabular", "charts", "runs", "report", "estimates"])
def test_tables_and_charts_load_nothing_slow_until_one_is_made(module: str) -> None:
    """Whoever reads a run's numbers pays for no package that draws."""
    assert loaded_by(f"import convsim.{module}") == set()


def test_importing_does_nothing(tmp_path: Path) -> None:
    """No file appears and nothing is printed."""
    done = subprocess.run(
        [sys.executable, "-B", "-X", "importtime", "-c", "import convsim"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(convsim.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
    assert "convsim.session" not in done.stderr


def test_help_loads_only_typer() -> None:
    """`convsim --help` answers without loading what a run needs."""
    code = "\n".join(
        (
            "import sys; sys.argv = ['convsim', '--help']",
            "from convsim.cli import main",
            "try: main()",
            "except SystemExit as end: assert end.code == 0",
        )
    )
    assert loaded_by(code) == {"typer"}
