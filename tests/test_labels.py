"""A file of labels: what a row may say, what is refused and where, and majorities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convsim.calibration import Question
from convsim.errors import InputError
from convsim.labels import NOBODY_SAID, TIED, Settled, read_labels, settled
from convsim.verdict import Grade


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    """A file with these rows."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_row_says_who_answered_what_about_which_dialogue(tmp_path: Path) -> None:
    """Answers, a rater, a verdict, a probability; a conversation where it is carried along."""
    messages = [{"role": "user", "content": "Hello?"}]
    path = write(
        tmp_path / "l.jsonl",
        {"id": "a", "rater": "ann", "crossed": True, "probability": 0.25, "verdict": "FAIL"},
        "",
        {"id": 7, "crossed": None, "refused_allowed": False, "probability": 1},
        {"messages": messages, "crossed": False, "probability": 0.5},
    )
    found = read_labels(path)
    one, two, three = found.rows
    assert (one.place, one.id, one.rater) == (f"{path}:1", "a", "ann")
    assert (one.answers, one.verdict) == ({Question.CROSSED: True}, Grade.FAIL)
    assert one.probability == 0.25
    assert one.conversation is None
    assert (two.place, two.id, two.rater) == (f"{path}:3", "7", "1")
    assert two.answers == {Question.CROSSED: None, Question.REFUSED_ALLOWED: False}
    assert three.id == "line-4"
    assert three.conversation is not None
    assert three.conversation["messages"] == messages
    assert (found.raters, list(found.by_dialogue)) == (("1", "ann"), ["a", "7", "line-4"])


def test_the_digest_is_of_what_the_file_says(tmp_path: Path) -> None:
    """Another answer is another file; a mark at the beginning is none of it."""
    one = read_labels(write(tmp_path / "a.jsonl", {"id": "a", "crossed": True}))
    other = read_labels(write(tmp_path / "b.jsonl", {"id": "a", "crossed": False}))
    assert one.digest != other.digest
    marked = tmp_path / "c.jsonl"
    marked.write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.jsonl").read_bytes())
    assert [row.id for row in read_labels(marked).rows] == ["a"]


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        (["{"], 1, "not JSON"),
        (["[1]"], 1, "a label is an object"),
        ([{"id": "a"}], 1, "no answer; give `crossed` or `refused_allowed`"),
        ([{"id": "a", "verdict": "PASS"}], 1, "Found: id, verdict"),
        ([{"id": "a", "crossed": "yes"}], 1, "crossed is 'yes'; allowed: true, false, null"),
        ([{"id": "a", "crossed": 1}], 1, "crossed is 1"),
        ([{"crossed": True}], 1, "no `id`; give the key of a dialogue of --run, or `messages`"),
        ([{"id": ["a"], "crossed": True}], 1, "expected text or a number"),
        ([{"id": "a", "crossed": True, "rater": []}], 1, "rater is []; expected a name"),
        ([{"id": "a", "crossed": True, "verdict": "FIAL"}], 1, "did you mean 'FAIL'?"),
        ([{"id": "a", "crossed": True, "probability": 0}], 1, "above 0 and at most 1"),
        ([{"id": "a", "crossed": True, "shown": 7}], 1, "it is the digest that an audit writes"),
        ([{"id": "a", "crossed": True, "probability": 1.5}], 1, "above 0 and at most 1"),
        (
            [{"id": "a", "crossed": True}, {"id": "a", "crossed": False}],
            2,
            "rater '1' answered 'a' at {path}:1 already",
        ),
        (
            [{"id": "a", "crossed": True, "probability": 0.5}, {"id": "b", "crossed": True}],
            2,
            "no `probability`, but 1 of 2 rows have one",
        ),
        (
            [
                {"id": "a", "crossed": True, "probability": 0.5},
                {"id": "a", "rater": "b", "crossed": True, "probability": 0.4},
            ],
            2,
            "a dialogue was drawn with one",
        ),
    ],
)
def test_a_bad_row_is_named_with_its_line(
    tmp_path: Path, rows: list[dict[str, Any] | str], line: int, words: str
) -> None:
    """File, line, what was found and what is allowed."""
    path = write(tmp_path / "l.jsonl", *rows)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words.replace("{path}", str(path)) in str(caught.value)


def test_no_labels_are_no_file_of_labels(tmp_path: Path) -> None:
    """Neither a folder nor an empty file."""
    with pytest.raises(InputError, match="is no file"):
        read_labels(tmp_path)
    with pytest.raises(InputError, match="is empty"):
        read_labels(write(tmp_path / "l.jsonl"))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([True], Settled(True)),
        ([True, True, False], Settled(True, disputed=True)),
        ([False, None, None], Settled(False)),
        ([True, False], Settled(None, TIED, disputed=True)),
        ([None], Settled(None, NOBODY_SAID)),
        ([], Settled(None, NOBODY_SAID)),
    ],
)
def test_most_of_those_who_could_say_decide(answers: list[bool | None], expected: Settled) -> None:
    """A tie decides nothing, and neither does silence."""
    assert settled(answers) == expected
