"""The error tree, and how problems print."""

from __future__ import annotations

import pytest

from convsim.errors import (
    CallError,
    ConvsimError,
    Halted,
    InputError,
    Permanent,
    Problem,
    RefusedRequest,
    RunMismatch,
    ScenarioError,
    Throttled,
    Transient,
    Unreachable,
    choices,
)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("no state"), "no state"),
        (Problem("no state", "a.yaml"), "a.yaml: no state"),
        (Problem("no state", "a.yaml", 3, 5), "a.yaml:3:5: no state"),
        (Problem("odd", "a.yaml", 3, 5, warning=True), "a.yaml:3:5: warning: odd"),
    ],
)
def test_a_problem_prints_its_place_before_its_message(problem: Problem, text: str) -> None:
    """A place that is not known is left out, so that an editor never jumps to line 0."""
    assert str(problem) == text


def test_a_scenario_error_prints_every_problem() -> None:
    """All problems of all files are reported at once, one a line, in order."""
    error = ScenarioError([Problem("first", "a.yaml", 1, 1), Problem("second", "b.yaml", 2, 2)])
    assert str(error) == "a.yaml:1:1: first\nb.yaml:2:2: second"
    assert [problem.message for problem in error.problems] == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (ScenarioError([]), (InputError, ConvsimError)),
        (RunMismatch(), (InputError, ConvsimError)),
        (Throttled(""), (CallError, ConvsimError)),
        (Unreachable(""), (Transient, CallError)),
        (RefusedRequest(""), (CallError,)),
        (Permanent(""), (CallError,)),
        (Halted(), (ConvsimError,)),
    ],
)
def test_the_tree_is_as_drawn(error: Exception, parents: tuple[type[Exception], ...]) -> None:
    """What can be caught together hangs together, as the picture in the file shows."""
    assert all(isinstance(error, parent) for parent in parents)


@pytest.mark.parametrize("unrelated", [Halted(), InputError()])
def test_neither_a_halt_nor_a_wrong_input_is_a_failed_call(unrelated: Exception) -> None:
    """A dialogue that was stopped, or could not start, must not become an error row."""
    assert not isinstance(unrelated, CallError)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CallError("x"), "error"),
        (Throttled("x"), "throttled"),
        (Transient("x"), "transient"),
        (Unreachable("x"), "transient"),
        (RefusedRequest("x"), "refused_request"),
        (Permanent("x"), "permanent"),
    ],
)
def test_every_failed_call_has_a_kind(error: CallError, kind: str) -> None:
    """The error row says which kind of failure it was."""
    assert error.kind == kind
    assert error.detail == ""


def test_a_throttled_call_knows_how_long_to_wait() -> None:
    """`retry_after` is the provider's word in seconds, and None when it said nothing."""
    assert Throttled("slow down", retry_after=2.5, detail="429").retry_after == 2.5
    assert Throttled("slow down").retry_after is None
    assert Throttled("slow down", detail="429").detail == "429"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("wieght", "; did you mean 'weight'? Allowed: if, weight"),
        ("zzz", "; allowed: if, weight"),
    ],
)
def test_choices_are_the_nearest_spelling_and_all_that_is_allowed(word: str, hint: str) -> None:
    """Where nothing is near, only what is allowed."""
    assert choices(word, ["if", "weight"]) == hint
