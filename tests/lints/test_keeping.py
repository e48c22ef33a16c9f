"""Keys that a shared suite has in every file."""

from __future__ import annotations

from convsim.lints.keeping import check_keeping
from tests.build import asking, scenario


def test_what_others_of_a_suite_have_was_forgotten() -> None:
    """Where nobody has it nobody needs it."""
    states = {"open": asking()}
    guid = "9a0c7f32-2ca6-4d44-830d-7525bade721a"
    full = scenario(states, id="a", note="n", provenance="p", do_not_train=guid)
    bare = scenario(states, id="b")
    found = [(id, flaw.code, flaw.loc) for id, flaw in check_keeping([full, bare])]
    assert found == [("b", code, ()) for code in ("CS801", "CS802", "CS803")]
    assert list(check_keeping([bare])) == list(check_keeping([full])) == []
