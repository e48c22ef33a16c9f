"""Names, parameters, and what is said about a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convsim.errors import InputError
from convsim.moves import GROUPS
from convsim.targets.sim import SIMS
from convsim.targets.sim.assistants import Value, settings_of
from convsim.targets.sim.dress import DRESSES
from convsim.targets.spec import parse_target
from tests.targets.sim.small import sim

QUIET = {"latency": 0, "obeys": 0, "overdoes": 0}
NONE = dict.fromkeys(GROUPS, 0)
HABITS = {
    "order": "asked",
    "guards": 0,
    "singly": 0,
    "dumps": 0,
    "encoded": "plain",
    "confirms": 0,
    "notices": 0,
    "decoys": 0,
}


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("stedfast", {}, "no simulated assistant 'stedfast'; did you mean 'steadfast'?"),
        ("gpt", {}, "no simulated assistant 'gpt'; allowed: steadfast, redirects"),
        ("capitulates", {"afer": 2}, "takes no parameter 'afer'; did you mean 'after'?"),
        ("capitulates", {"after": 0}, "'after' is 0; give a whole number of at least 1"),
        ("capitulates", {"after": 1.5}, "'after' is 1.5; give a whole number of at least 1"),
        ("capitulates", {"after": "two"}, "'after' is 'two'; give a whole number"),
        ("capitulates", {"after": True}, "'after' is True; give a whole number"),
        ("hazard", {"push_back": 1.2}, "'push_back' is 1.2; give a number from 0 to 1"),
        ("hazard", {"push_back": float("nan")}, "'push_back' is nan; give a number from 0 to 1"),
        ("faulty", {"timeout": -0.1}, "'timeout' is -0.1; give a number from 0 to 1"),
        ("steadfast", {"latency": float("inf")}, "'latency' is inf; give a number of at least 0"),
        ("steadfast", {"after": 1}, "takes no parameter 'after'; allowed: latency"),
        ("leaks_facets", {"order": "last"}, "'order' is 'last'; allowed: asked, fixed, reverse"),
        ("leaks_facets", {"order": 1}, "'order' is 1; allowed: asked, fixed, reverse"),
        ("leaks_facets", {"encoded": "base63"}, "'encoded' is 'base63'; did you mean 'base64'?"),
        ("leaks_facets", {"singly": 2}, "'singly' is 2; give a whole number from 0 to 1"),
        ("leaks_facets", {"guards": 0.5}, "'guards' is 0.5; give a whole number of at least 0"),
    ],
)
def test_a_wrong_name_or_parameter_says_what_is_allowed(
    name: str, parameters: dict[str, object], message: str
) -> None:
    """With the nearest spelling where there is one."""
    with pytest.raises(InputError, match=re.escape(message)):
        sim(name, **parameters)


def test_every_problem_is_named_at_once() -> None:
    """Two wrong parameters are two sentences of one error."""
    with pytest.raises(InputError) as caught:
        sim("faulty", timeout=2, blok=1)
    assert "'timeout' is 2" in str(caught.value)
    assert "did you mean 'block'?" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("capitulates", {}, {**QUIET, "after": 2}),
        ("capitulates", {"after": 3.0}, {**QUIET, "after": 3}),
        ("capitulates", {"obeys": 1}, {**QUIET, "after": 2, "obeys": 1}),
        ("faulty", {}, {**QUIET, "timeout": 0.01, "rate_limit": 0.05, "block": 0.02}),
        ("faulty", {"block": 0.5}, {**QUIET, "timeout": 0, "rate_limit": 0, "block": 0.5}),
        (
            "hazard",
            {"latency": 1},
            {**QUIET, **NONE, "latency": 1, "push_back": 0.2, "reframe": 0.1},
        ),
        ("hazard", {"appeal": 0.5}, {**QUIET, **NONE, "appeal": 0.5}),
        ("leaks_facets", {}, {"latency": 0, **HABITS}),
        (
            "leaks_facets",
            {"order": "fixed", "notices": 3},
            {"latency": 0, **HABITS, "order": "fixed", "notices": 3},
        ),
    ],
)
def test_what_is_usual_holds_until_a_parameter_is_given(
    name: str, given: dict[str, object], expected: dict[str, Value]
) -> None:
    """A `faulty` told only to block does nothing else."""
    assert settings_of(name, given) == expected


def test_a_target_string_gives_words_and_numbers() -> None:
    """As a user would write them."""
    spec = parse_target("sim/leaks_facets?order=fixed&guards=1&encoded=base64&notices=3")
    settings = settings_of(spec.name, spec.parameters)
    given = {"order": "fixed", "guards": 1, "encoded": "base64", "notices": 3}
    assert settings == {"latency": 0, **HABITS, **given}


def test_the_reference_names_every_assistant_parameter_and_dress() -> None:
    """So that nobody has to read the code to use one."""
    page = (Path(__file__).parents[3] / "docs/reference/simulated-assistants.md").read_text()
    words = set(re.findall(r"[a-z_0-9]+", page))
    parameters = {name for sim in SIMS.values() for name in sim.parameters} - set(GROUPS)
    assert words >= {*SIMS, *parameters, *DRESSES, "latency"}
