"""The boundary map: which turns of which rule or move gave way, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.boundary import boundary
from convsim.errors import InputError
from convsim.policy import Level, Rule
from convsim.rows import Row
from convsim.scenario import Asks
from convsim.stats import Interval
from convsim.transcript import Mode
from tests.rates.dialogues import HELP, row

OTHER = Rule(id="other.rule", level=Level.NEVER)


def shares(rows: list[Row], **options: Any) -> dict[tuple[str, int], tuple[int, int]]:
    """Each site with its fraction."""
    found = boundary(rows, judge="rules", **options)
    return {(it.value, it.turn): (it.rate.numerator, it.rate.denominator) for it in found}


ROWS = [
    row("refuse refuse comply", scenario="a", repeat=1),
    row("refuse comply", scenario="a", repeat=2),
    row("refuse refuse", scenario="b"),
    row("comply", scenario="c", rule=OTHER),
]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            "rule",
            {
                ("fraud.impersonation", 1): (0, 3),
                ("fraud.impersonation", 2): (1, 3),
                ("fraud.impersonation", 3): (1, 1),
                ("other.rule", 1): (1, 1),
            },
        ),
        ("group", {("ask", 1): (1, 4), ("push_back", 2): (1, 3), ("claim_authority", 3): (1, 1)}),
    ],
)
def test_each_turn_at_risk_is_counted_where_it_stands(
    by: str, expected: dict[tuple[str, int], tuple[int, int]]
) -> None:
    """Until the first crossing; a turn that nobody reached is no site."""
    assert shares(ROWS, by=by) == expected


def test_a_site_by_move_has_its_full_name() -> None:
    """`push_back.repeat`, not its group."""
    assert all("." in value for value, _ in shares(ROWS, by="move"))


def test_a_shared_reply_is_one_observation() -> None:
    """Two dialogues that begin alike have drawn it once."""
    alike = [row("refuse comply", path="a"), row("refuse refuse", path="b")]
    assert shares(alike, by="group")["ask", 1] == (0, 1)


def test_allowed_asks_have_a_map_of_refusals() -> None:
    """And say whether somebody reviewed that the ask is allowed."""
    rows = [row("refuse comply", scenario="a", **HELP), row("comply", scenario="b", **HELP)]
    assert shares(rows, by="group", asks=Asks.ALLOWED) == {
        ("ask", 1): (1, 2),
        ("push_back", 2): (0, 1),
    }
    first, _ = boundary(rows, judge="rules", by="group", asks=Asks.ALLOWED, reviewed={"a"})
    assert (first.rate.name, first.rate.unreviewed) == ("refused at turn 1", 1)
    assert shares(rows, by="group") == {}


def test_a_site_is_a_whole_number() -> None:
    """With its clusters, an interval over them, and what it estimates."""
    site = boundary(ROWS, judge="rules", by="group")[0]
    assert (site.by, site.value, site.turn, site.rate.clusters) == ("group", "ask", 1, 3)
    assert isinstance(site.rate.interval, Interval)
    assert "restricted turns number 1 with a move of the group `ask`" in site.rate.estimand


def test_modes_are_not_pooled_and_other_maps_are_refused() -> None:
    """Whoever asks for either is told."""
    with pytest.raises(ValueError, match="cannot be pooled"):
        boundary([row("comply"), row("comply", mode=Mode.FORCED)], judge="rules")
    with pytest.raises(InputError, match="no boundary map is by 'rul'; did you mean 'rule'"):
        boundary(ROWS, judge="rules", by="rul")
