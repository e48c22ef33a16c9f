"""A new scenario plays at once, against an assistant that passes and one that does not."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from convsim.api import run
from convsim.errors import InputError
from convsim.linting import lint
from convsim.loading import load_suite
from convsim.scaffold import Begun, Wish, begin, begin_fragment, begin_suite, write_schemas
from convsim.schema import SCHEMAS
from convsim.yaml12 import parse

jsonschema = pytest.importorskip("jsonschema")

SHAPES = {
    "plain": Wish(id="library.borrower"),
    "evidence": Wish(id="library.note", evidence=True),
    "facets": Wish(id="library.locker", facets=True),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_begun_is_clean_but_for_the_review(shape: str) -> None:
    """That somebody read the twin is for the author to say, and lint says so."""
    begun = begin(SHAPES[shape])
    assert [problem.code for problem in lint(begun.file).problems] == ["CS502"]
    assert {problem.code for problem in lint("scenarios").problems} == {"CS502"}


@pytest.mark.parametrize(
    ("shape", "arms"),
    [
        ("plain", ("restricted", "benign")),
        ("evidence", ("restricted", "benign", "verified", "forged")),
        ("facets", ("restricted", "benign")),
    ],
)
def test_the_shape_that_was_wished_for(shape: str, arms: tuple[str, ...]) -> None:
    (scenario,) = load_suite(begin(SHAPES[shape]).file).scenarios
    assert scenario.id == SHAPES[shape].id
    assert scenario.arm_names == arms
    assert bool(scenario.facets) == (shape == "facets")
    assert scenario.tags[0] == "library"


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_is_begun_plays_at_once(shape: str) -> None:
    """`redirects` passes every arm; `over_refuser` fails the benign one, and no restricted one."""
    begun = begin(SHAPES[shape])
    played = await run(
        begun.file,
        {"good": "sim/redirects", "afraid": "sim/over_refuser"},
        repeats=4,
        seed=3,
        out="run",
    )
    grades = Counter(
        (target, arm, verdict.grade.value)
        for verdict in played.verdicts
        for _, arm, target, *_ in [verdict.key.split("/")]
    )
    arms = load_suite(begun.file).scenarios[0].arm_names
    assert {(arm, grade) for target, arm, grade in grades if target == "good"} == {
        (arm, "PASS") for arm in arms
    }
    assert grades["afraid", "benign", "FAIL"] == 4
    assert not {("afraid", arm, "FAIL") for arm in ("restricted", "forged")} & {*grades}


async def test_the_weakness_that_each_shape_is_for_is_found() -> None:
    """Insisting, a proof that is none, parts that make a whole."""
    found = {}
    for shape, sim in (
        ("plain", "sim/capitulates?after=2"),
        ("evidence", "sim/defers_to_authority"),
        ("facets", "sim/leaks_facets"),
    ):
        played = await run(
            begin(SHAPES[shape]).file, {"t": sim}, repeats=2, seed=3, out=f"run-{shape}"
        )
        found[shape] = {it.key.split("/")[1] for it in played.verdicts if it.grade.value == "FAIL"}
    assert found == {
        "plain": {"restricted"},
        "evidence": {"restricted", "forged"},
        "facets": {"restricted"},
    }


def test_the_file_stands_where_its_id_says() -> None:
    """Under `scenarios/`, or in a folder that is one already."""
    assert begin(Wish(id="library.borrower")).file == Path("scenarios/library/borrower.yaml")
    assert begin(Wish(id="plain")).file == Path("scenarios/plain.yaml")
    assert begin(Wish(id="a.b.c")).file == Path("scenarios/a/b.c.yaml")
    assert begin(Wish(id="a.b"), into=Path("mine")).file == Path("mine/a/b.yaml")


def test_inside_the_folder_of_scenarios_it_is_written_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the policy lies."""
    begin(Wish(id="a.b"))
    monkeypatch.chdir(tmp_path / "scenarios")
    assert begin(Wish(id="a.c")).file == Path("a/c.yaml")
    assert not Path("scenarios").exists()


def test_nothing_is_overwritten() -> None:
    """Neither the scenario nor the policy nor a schema."""
    begun = begin(Wish(id="a.b"))
    schema = Path("scenarios/.convsim/scenario.schema.json")
    schema.write_text("mine")
    before = Path("scenarios/policy.yaml").read_text()
    with pytest.raises(InputError, match="is there already, and nothing is overwritten"):
        begin(Wish(id="a.b", evidence=True))
    second = begin(Wish(id="a.c"))
    assert second.files == (Path("scenarios/a/c.yaml"),)
    assert (second.schemas, schema.read_text()) == (None, "mine")
    assert Path("scenarios/policy.yaml").read_text() == before
    assert begun.files == (Path("scenarios/policy.yaml"), Path("scenarios/a/b.yaml"))


def test_without_a_policy_one_is_written() -> None:
    """With the rule that the scenario cites."""
    begin(SHAPES["evidence"])
    suite = load_suite("scenarios")
    (rule,) = suite.policy.rules
    assert (rule.id, suite.scenarios[0].rule) == ("library.note", "library.note")
    assert rule.unlocked_by


def test_beside_a_policy_the_rule_is_written_out() -> None:
    """In the scenario, because a policy is somebody's text; or a rule of it is cited."""
    begin(Wish(id="a.b"))
    begin(Wish(id="a.c"))
    begin(Wish(id="a.d", rule="a.b"))
    suite = load_suite("scenarios")
    rules = {scenario.id: scenario.rule for scenario in suite.scenarios}
    assert (rules["a.b"], rules["a.d"]) == ("a.b", "a.b")
    assert suite.rules["a.c"].id == "a.c"
    assert "or cite one of: a.b" in Path("scenarios/a/c.yaml").read_text()


def test_another_policy_is_named_in_what_follows() -> None:
    """The commands that come next need it as well."""
    Path("house.yaml").write_text("rules: [{id: house.rule, text: Not that.}]\n")
    begun = begin(Wish(id="a.b", rule="house.rule"), policy=Path("house.yaml"))
    assert begun.options == " --policy house.yaml"
    assert not Path("scenarios/policy.yaml").exists()
    assert load_suite(begun.file, policy="house.yaml").rules["a.b"].id == "house.rule"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"id": "../a"}, r"'../a' is no id; use letters"),
        ({"id": "a..b"}, "is no id"),
        ({"id": ".a"}, "is no id"),
        ({"id": "a.b", "language": "German"}, "'German' is no language tag; write one such as en"),
        ({"id": "a.b", "evidence": True, "facets": True}, "begin with one of them"),
        ({"id": "a.b", "rule": "x.y"}, "there is no policy.yaml in 'scenarios' or above it"),
    ],
)
def test_a_wish_that_cannot_be_met(wish: dict[str, str], message: str) -> None:
    """Nothing is written."""
    with pytest.raises(InputError, match=message):
        begin(Wish(**wish))  # type: ignore[arg-type]
    assert os.listdir() == []


def test_a_rule_that_is_not_there_has_a_nearest_one() -> None:
    begin(Wish(id="library.borrower"))
    with pytest.raises(InputError, match=r"did you mean 'library\.borrower'"):
        begin(Wish(id="a.b", rule="library.borower"))


def test_another_language_is_left_to_its_author() -> None:
    """The key is written; the texts are to be said anew, as a comment and lint say."""
    begun = begin(Wish(id="a.b", language="de"))
    assert load_suite(begun.file).scenarios[0].language == "de"
    assert "say each\n# of them anew in this language" in begun.file.read_text()
    assert "CS215" in {problem.code for problem in lint(begun.file).problems}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_editor_finds_the_schema(shape: str) -> None:
    """By a path from the file; and the schema takes what was written."""
    begun = begin(SHAPES[shape])
    for file in begun.files:
        (named,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", file.read_text(), re.M)
        schema = parse((file.parent / named).read_bytes(), "schema.json").data
        assert schema is not None
        jsonschema.validate(parse(file.read_bytes()).data, schema)


def test_schemas_are_written_anew() -> None:
    """By `convsim schema --out`, after an update of convsim say."""
    files = write_schemas(Path("somewhere"), SCHEMAS)
    assert [file.name for file in files] == [f"{kind}.schema.json" for kind in SCHEMAS]
    files[0].write_text("old")
    assert write_schemas(Path("somewhere"), ["scenario"], anew=False) == []
    assert write_schemas(Path("somewhere"), ["scenario"]) == files[:1]
    assert files[0].read_text() != "old"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_comments_teach(shape: str) -> None:
    """Every hole is filled, and the lines stay short enough to read in a terminal."""
    text = begin(SHAPES[shape]).file.read_text()
    assert not re.search(r"<[a-z-]+>", text)
    assert text.count("#") >= 10
    assert [line for line in text.splitlines() if line.startswith("#") and len(line) > 100] == []


def test_a_fragment_is_clean_and_can_be_included_at_once() -> None:
    """As its first lines say, in the scenario that stands beside it."""
    begun = begin_fragment("hurry")
    assert (begun.file, begun.files) == (Path("scenarios/fragments/hurry.yaml"), (begun.file,))
    assert lint(begun.file).problems == ()
    scenario = begin(Wish(id="library.borrower")).file
    head = begun.file.read_text().splitlines()
    including = "\n".join(line[4:] for line in head[3:8])
    text = scenario.read_text().replace("start: open", f"{including}\nstart: open")
    text = text.replace("otherwise: thanks}\n  closer", "otherwise: hurry}\n  closer")
    scenario.write_text(text)
    assert [problem.code for problem in lint("scenarios").problems] == ["CS502"]
    assert "hurry.last_call" in load_suite(scenario).scenarios[0].states


def test_a_suite_picks_what_is_there() -> None:
    """Of an empty folder nothing, which lint says."""
    begun = begin_suite("mine")
    assert begun.file == Path("scenarios/suites/mine.yaml")
    assert [problem.code for problem in lint(begun.file).problems] == ["CS751"]
    begin(Wish(id="library.borrower"))
    begin(Wish(id="gym"))
    assert {it.id for it in load_suite(begun.file).scenarios} == {"library.borrower", "gym"}


@pytest.mark.parametrize("start", [begin_fragment, begin_suite])
def test_other_files_are_begun_by_the_same_rules(start: Callable[..., Begun]) -> None:
    """A dot names the folder, an editor finds the schema, nothing is overwritten."""
    begun = start("parts.one", into=Path("mine"))
    assert begun.file == Path("mine/parts/one.yaml")
    text = begun.file.read_text()
    assert not re.search(r"<[a-z-]+>", text)
    (named,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", text, re.M)
    schema = parse((begun.file.parent / named).read_bytes(), "schema.json").data
    assert schema is not None
    jsonschema.validate(parse(text).data, schema)
    with pytest.raises(InputError, match="nothing is overwritten"):
        start("parts.one", into=Path("mine"))
    with pytest.raises(InputError, match="is no id"):
        start("../x")
