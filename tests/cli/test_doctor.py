"""`convsim doctor`: what is there, and never the value of a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.cli.doctor import KEYS, PACKAGES, problems_with
from tests.cli.shell import convsim

SECRET = "sk-very-secret-value"


@pytest.mark.parametrize("form", [[], ["--json"]])
async def test_keys_are_named_and_never_shown(form: list[str]) -> None:
    done = await convsim("doctor", *form, OPENAI_API_KEY=SECRET)
    assert (done.code, done.err) == (0, "")
    assert "OPENAI_API_KEY" in done.out
    assert "very-secret" not in done.out


async def test_it_says_which_keys_are_set() -> None:
    done = await convsim("doctor", "--json", OPENAI_API_KEY=SECRET, GROQ_API_KEY="")
    assert done.json["keys_set"] == {name: name == "OPENAI_API_KEY" for name in KEYS}
    assert set(done.json["packages"]) == set(PACKAGES)
    assert done.json["problems"] == []
    assert done.json["python"].startswith("3.")


async def test_it_says_so_when_nothing_would_fail() -> None:
    done = await convsim("doctor")
    assert done.out.splitlines()[-1] == "nothing would fail"


INSTALLED = dict.fromkeys(PACKAGES, "1.0")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"scipy": None}, "scipy is not installed: `pip install scipy`"),
        ({"litellm": "1.82.7"}, "litellm 1.82.7 is a malicious upload"),
        ({"litellm": "1.82.8"}, "litellm 1.82.8 is a malicious upload"),
    ],
)
def test_what_would_fail_is_named(changed: dict[str, str | None], problem: str) -> None:
    assert problems_with(INSTALLED) == []
    (found,) = problems_with({**INSTALLED, **changed})
    assert found.startswith(problem)


def test_what_a_malicious_package_left_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removing the package does not remove the file that runs at every start."""
    (tmp_path / "litellm_init.pth").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = problems_with(INSTALLED)
    assert found.startswith(f"{tmp_path}/litellm_init.pth runs at every start of Python")
