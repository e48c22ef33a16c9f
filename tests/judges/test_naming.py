"""Judges by strings: which are named, what a run stores of them, and what each mistake says."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from convsim.errors import InputError
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.naming import NamedJudge, parse_judge
from convsim.judges.panel import Panel
from convsim.judges.rules import RulesJudge
from convsim.price import Price
from convsim.seating import named_judge
from convsim.staff import workers
from convsim.targets.wanted import Wanted

ONE, TWO = "http://127.0.0.1:9/v1?temperature=0#one", "http://127.0.0.1:9/v1#two"


@pytest.mark.parametrize(
    ("texts", "options", "kind", "asked"),
    [
        (["rules"], {}, RulesJudge, []),
        ([ONE], {}, ModelJudge, ["judge"]),
        ([ONE], {"when": "unsure"}, CascadeJudge, ["judge"]),
        ([ONE, TWO], {}, Panel, ["judge.1", "judge.2"]),
        (["rules", ONE, TWO], {"panel": "unanimous-to-fail"}, Panel, ["judge.1", "judge.2"]),
        ([ONE, TWO], {"when": "unsure"}, CascadeJudge, ["judge.1", "judge.2"]),
    ],
)
def test_what_strings_name(
    texts: list[str], options: dict[str, str], kind: type, asked: list[str]
) -> None:
    """And the same again from what a run stores of it, which is nothing where nobody is asked."""
    staff = workers(judge=named_judge(texts, **options))
    assert type(staff.judge) is kind
    assert [item.alias for item in staff.consulted] == asked
    assert (staff.bench is None) == (not asked)
    if staff.bench is not None:
        again = NamedJudge.from_plain(orjson.loads(orjson.dumps(staff.bench)))
        assert workers(judge=again).judge.name == staff.judge.name  # type: ignore[attr-defined]


def test_a_panel_concludes_by_the_rule_that_is_given() -> None:
    rules = (None, "unanimous-to-fail")
    panels = [workers(judge=named_judge([ONE, TWO], panel=rule)).judge for rule in rules]
    assert [panel.rule for panel in panels] == [  # type: ignore[attr-defined]
        "majority",
        "unanimous-to-fail",
    ]


def test_a_targets_file_has_room_for_a_price(tmp_path: Path) -> None:
    path = tmp_path / "judge.yaml"
    path.write_text(f"targets: {{judge: {{target: '{ONE}', price: {{input: 1.0, output: 2.0}}}}}}")
    assert [item.price for item in parse_judge([str(path)]).wanted] == [Price(1.0, 2.0)]
    path.write_text(f"targets: {{a: '{ONE}', b: '{TWO}'}}")
    with pytest.raises(InputError, match="a judge asks one model"):
        parse_judge([str(path)])


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ([], {}, "no judge is named"),
        ([f"wildguard={TWO}"], {}, "a guard reads replies"),
        ([ONE], {"panel": "majority"}, "at least two"),
        ([ONE, TWO], {"panel": "majorities"}, "did you mean 'majority'"),
        ([ONE], {"when": "sometimes"}, "unsure"),
        (["rule"], {}, "did you mean 'rules'"),
        (["rules"], {"when": "unsure"}, "no --judge names one"),
    ],
)
def test_what_names_no_judge(texts: list[str], options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_judge(texts, **options)


def test_a_judge_that_moved_keeps_its_price_and_prompt() -> None:
    """All of a panel are given again, in order."""
    wanted = Wanted(ONE, system="Be brief.", price=Price(1.0, 2.0))
    stored = parse_judge([wanted, "rules"])
    elsewhere = ONE.replace("127.0.0.1", "elsewhere")
    moved = stored.moved([elsewhere, "rules"])
    assert moved.members[0] == Wanted(elsewhere, system="Be brief.", price=Price(1.0, 2.0))
    assert moved.members[1] is None
    with pytest.raises(InputError, match="1 judges are given, and the run has 2"):
        stored.moved([elsewhere])


def test_an_object_is_no_panel_of_strings() -> None:
    with pytest.raises(InputError, match="Panel yourself"):
        named_judge(RulesJudge(), panel="majority")
    with pytest.raises(InputError, match="Panel yourself"):
        named_judge(parse_judge([ONE, TWO]), panel="majority")
