"""Stitched dialogues as text."""

from __future__ import annotations

from convsim.report.stitched import stitched_text
from convsim.stitches import Ending, Stitching, User, stitched
from tests.test_stitches import NO, L, R, dialogue, user


def found(*users: User, lone: int = 0) -> Stitching:
    """What came of these users."""
    return Stitching("runs/march", "one repeat of a scenario with one target, fresh", users, lone)


def test_the_rates_add_up_and_say_what_they_count() -> None:
    """By target, then by scenario, with what is left out."""
    text = stitched_text(
        found(
            *(user(Ending.ACROSS, "a") for _ in range(4)),
            *(user(Ending.HELD, "b") for _ in range(4)),
            *(user(Ending.WITHIN, "c") for _ in range(2)),
            user(Ending.ALLOWED, "c"),
            user(Ending.HELD, "c", missing=1),
        )
    )
    lines = text.splitlines()
    assert lines[:2] == ["STITCHED DIALOGUES", "  from:     runs/march"]
    assert "  left out: t1: the whole was allowed: 1" in lines
    ends = {"several dialogues": ("40.0%", "4/10"), "one dialogue": ("20.0%", "2/10")}
    for name, (share, counts) in ends.items():
        (line,) = (line for line in lines if line.startswith(f"    {name}"))
        assert f" {share} [" in line
        assert line.endswith(f"{counts} users in 3 scenarios")
    assert "best case 36.4% (4/11), worst case 45.5% (5/11)" in text
    assert "  c                                            0     2     0     2" in lines
    assert "from none of them alone" in " ".join(text.split())
    assert "no dialogue passes or fails by it" in " ".join(text.split())
    assert max(map(len, lines)) <= 80


def test_each_users_dialogues_are_shown_with_what_they_gave() -> None:
    """The split, then the turns; which part was not needed; the rest is counted."""
    one = User("s repeat 1", "s", "t1", stitched([dialogue(k, r) for k, r in ONE]))
    text = stitched_text(found(one, *(user(Ending.ACROSS) for _ in range(6)), lone=3))
    lines = text.splitlines()
    assert "      7  left | right" in lines
    assert "    a  turn 1: left (not needed: left of b turn 1 would have done)" in lines
    assert "    c  turn 1: right; the whole is out at turn 1" in lines
    assert "  and 2 more; -o writes all" in lines
    assert "  left out: rows that name no user: 3" in lines
    assert "[no interval]" in text


ONE = (("a", L), ("b", L), ("n", NO), ("c", R))


def test_one_user_is_one() -> None:
    """With one dialogue each, or several."""
    text = stitched_text(found(user(Ending.ACROSS)))
    assert "1 user, 2 dialogues" in text
    assert "1/1 user\n" in text


def test_nothing_spread_needs_no_table() -> None:
    text = stitched_text(found(user(Ending.HELD)))
    assert "SPLIT" not in text
    assert "USERS WHOSE" not in text


def test_who_needed_several_targets_is_told() -> None:
    """The whole from two assistants, one of which might have done."""
    users = [user(Ending.ACROSS, target="a+b"), user(Ending.ACROSS, target="a+b", alone=["b"])]
    assert "1 of 2 users needed more than one target" in stitched_text(found(*users))


def test_what_stands_in_a_file_does_not_act_on_a_terminal() -> None:
    """Names of users, dialogues and facets come from anybody."""
    evil = stitched([dialogue("a\x1b[2J", L), dialogue("b", R)])
    text = stitched_text(found(User("ann\x1b[31m", "ann\x1b[31m", "t1", evil)))
    assert "\x1b" not in text
