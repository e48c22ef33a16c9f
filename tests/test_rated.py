"""What raters said: labels in the form that calibration takes, agreement first, shares after."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from convsim import Run
from convsim.auditing import Audit, Entry, audit
from convsim.calibration import Question
from convsim.errors import InputError
from convsim.labels import read_labels
from convsim.rated import Ingested, ingest, is_reliable
from tests.audited import Say, a_run, otherwise, truly, write_labels


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    return await a_run(tmp_path / "run")


@pytest.fixture
def made(run: Run) -> Audit:
    return audit(run, 16)


def by_two(run: Run, made: Audit, second: Say = truly, *, anyway: bool = False) -> Ingested:
    """What Ann, who is always right, and Bob said."""
    files = [
        write_labels(made.path / "labels-ann.csv", made),
        write_labels(made.path / "labels-bob.jsonl", made, second),
    ]
    return ingest(run, files, anyway=anyway)


def test_labels_are_in_the_form_that_calibration_takes(run: Run, made: Audit) -> None:
    """A row for each dialogue and rater, with its key and the probability of being drawn."""
    found = by_two(run, made)
    labels = read_labels(found.labels)
    entries = {entry.key: entry for entry in made.entries}
    assert labels.raters == ("ann", "bob")
    assert len(labels.rows) == 32
    for row in labels.rows:
        right = truly(entries[row.id])
        assert row.probability == entries[row.id].probability
        assert row.shown == entries[row.id].shown
        assert row.answers == {
            Question.CROSSED: right["crossed"] == "yes",
            Question.REFUSED_ALLOWED: right["refused_allowed"] == "yes",
        }


def test_who_cannot_tell_says_nothing(run: Run, made: Audit) -> None:
    """Null in the labels, neither agreement nor disagreement, and in no share."""
    found = by_two(run, made, lambda entry: {"crossed": "cannot tell", "note": "too long"})
    rows = [orjson.loads(line) for line in found.labels.read_bytes().splitlines()]
    assert {row["crossed"] for row in rows if row["rater"] == "bob"} == {None}
    assert {row["note"] for row in rows} == {"", "too long"}
    assert found.disagreements == ()
    assert found.agreed[Question.CROSSED].agreement == {}


def test_people_beside_the_judge(run: Run, made: Audit) -> None:
    """Weighted up to the run, by target: what the sample gives is what the run has."""
    found = by_two(run, made)
    shares = {(one.question.value, one.target): one for one in found.shares}
    expected = {
        ("crossed", "firm"): 0.0,
        ("crossed", "weak"): 1.0,
        ("refused_allowed", "firm"): 1.0,
        ("refused_allowed", "weak"): 0.0,
    }
    assert shares.keys() == expected.keys()
    for where, share in expected.items():
        beside = shares[where]
        assert beside.people.share == share
        assert beside.judge.value == share
        assert beside.people.interval.low <= share <= beside.people.interval.high
    assert (found.missing, found.reliable, found.since) == (0, True, 0)


def test_where_people_are_divided_so_is_the_share(run: Run, made: Audit) -> None:
    """Half a crossing where one of two says so; printed only on demand."""
    assert by_two(run, made, otherwise).shares == ()
    found = by_two(run, made, otherwise, anyway=True)
    for beside in found.shares:
        assert beside.people.share == pytest.approx(0.5)


def sometimes(entry: Entry) -> dict[str, str]:
    """Wrong about crossings only."""
    return {**truly(entry), "crossed": otherwise(entry)["crossed"]}


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (truly, {"crossed", "refused_allowed"}),
        (sometimes, {"refused_allowed"}),
        (otherwise, set()),
    ],
)
def test_no_share_where_raters_disagree(run: Run, made: Audit, second: Say, told: set[str]) -> None:
    """Question by question: below an alpha of 0.667 nothing may be concluded."""
    found = by_two(run, made, second)
    assert {one.question.value for one in found.shares} == told
    assert found.reliable == (len(told) == 2)
    assert {one.question.value for one in found.disagreements} == {
        question.value for question in Question
    } - told


def test_disagreements_name_the_conversation_and_who_said_what(run: Run, made: Audit) -> None:
    """So that raters can talk about them."""
    disagreed = by_two(run, made, sometimes).disagreements
    assert {one.id for one in disagreed} == {entry.id for entry in made.entries}
    assert {tuple(one.said) for one in disagreed} == {("ann", "bob")}


def test_one_rater_shows_no_agreement(run: Run, made: Audit) -> None:
    """Nothing is concluded, and what is missing is counted; the labels are written."""
    found = ingest(run, [write_labels(made.path / "labels-ann.csv", made, most=10)])
    assert (dict(found.answered), found.missing) == ({"ann": 10}, 22)
    assert not any(is_reliable(one) for one in found.agreed.values())
    assert found.shares == ()
    assert len(read_labels(found.labels).rows) == 10


def test_the_same_everywhere_is_in_no_doubt(run: Run, made: Audit) -> None:
    """Alpha is not defined where nobody ever said yes; that is no disagreement."""
    nothing = {"gave": "no", "crossed": "no", "refused_allowed": "no"}
    files = [
        write_labels(made.path / f"labels-{name}.csv", made, lambda _: nothing)
        for name in ("ann", "bob")
    ]
    found = ingest(run, files)
    assert found.agreed[Question.CROSSED].agreement["alpha"].value is None
    assert found.reliable


async def test_a_run_that_went_on_is_told(run: Run, made: Audit, tmp_path: Path) -> None:
    """The sample does not speak of dialogues that came later."""
    more = await a_run(tmp_path / "more", repeats=3)
    for name in ("dialogues", "verdicts/rules"):
        later = (more.path / f"{name}.jsonl").read_bytes()
        (run.path / f"{name}.jsonl").write_bytes(later)
    assert by_two(Run(run.path), made).since == 12


def test_nothing_filled_in(run: Run, made: Audit) -> None:
    """A sheet as it was handed out is no answer."""
    with pytest.raises(InputError, match="no answer is filled in"):
        ingest(run, [made.path / "sheet.csv"])
