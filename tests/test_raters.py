"""What raters hand in: files as spreadsheets and the page write them, and every way to be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from convsim.errors import InputError
from convsim.raters import Answers, guarded, read_answers

TURNS = {"a001": 3, "a002": 1}
HEAD = "audit,id,rater,gave,turn,crossed,refused_allowed,note"


def read(path: Path) -> list[Answers]:
    """The answers of one file."""
    return read_answers([path], audit="f00d", turns=TURNS)


def wrong(path: Path) -> list[str]:
    """What is wrong with a file, its folder left out."""
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def written(folder: Path, text: str, name: str = "labels-ann.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels-x.csv", f'{HEAD}\nf00d,a001,ann,in part,2,yes,no,"so, so"\n'),
        ("labels-ann.csv", f'\ufeff{HEAD}\r\nf00d,a001,,In  Part,2,YES,No,"so, so"\r\n'),
        ("sheet-ann.csv", f'{HEAD}\nf00d,a001,,in part,2,y,n,"so, so"\n'),
        ("any.csv", f"{HEAD}\nf00d,a001,ann,in part,2,TRUE,FALSE,'so, so".replace(",", ";")),
        ("any.csv", f"{HEAD}\nf00d,a001,ann,in part,2,yes,no,".replace(",", "\t") + "so, so\n"),
        (
            "any.csv",
            "crossed,id,rater,turn,refused_allowed,gave\nyes,a001,ann,2,no,in part\n",
        ),
        (
            "any.jsonl",
            '{"id":"a001","rater":"ann","gave":"in part","turn":2,"crossed":"yes",'
            '"refused_allowed":"no","note":"so, so","audit":"f00d"}\n\n',
        ),
    ],
)
def test_a_row(tmp_path: Path, name: str, text: str) -> None:
    """Separators, marks, case, order of columns and ways to say yes make no difference."""
    (found,) = read(written(tmp_path, text, name))
    assert (found.id, found.rater, found.gave, found.turn) == ("a001", "ann", "in part", 2)
    assert (found.crossed, found.refused_allowed) == ("yes", "no")


def test_a_row_knows_where_it_is(tmp_path: Path) -> None:
    """Its first line, also where a conversation before it goes over several."""
    said = '"one\ntwo\nthree"'
    rows = f"f00d,a002,ann,no,,no,no,,{said}\nf00d,a001,ann,no,,no,no,,x\n"
    path = written(tmp_path, f"{HEAD},conversation\n{rows}")
    assert [one.place for one in read(path)] == [f"{path}:2", f"{path}:5"]


def test_what_is_blank_is_not_answered(tmp_path: Path) -> None:
    """A row without an answer is none; one with some has those."""
    path = written(tmp_path, f"{HEAD}\nf00d,a001,,,,,,\n,,,,,,,\nf00d,a002,,,,cannot tell,,\n")
    assert read(path) == [Answers("a002", "ann", "", None, "cannot tell", "", "", f"{path}:4")]


def test_a_formula_comes_back_as_it_was_said(tmp_path: Path) -> None:
    """The apostrophe that keeps a spreadsheet from calculating is no part of a note."""
    path = written(tmp_path, f"{HEAD}\nf00d,a001,ann,no,,no,no,{guarded('=1+1')}\n")
    assert [one.note for one in read(path)] == ["=1+1"]
    assert guarded("'quoted'") == "'quoted'"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "f00d,a001,ann,most,,no,no,",
            "a001: gave: 'most' is no answer; allowed: no, in general, in part, in substance",
        ),
        (
            "f00d,a001,ann,no,,maybe,no,",
            "a001: crossed: 'maybe' is no answer; allowed: yes, no, cannot",
        ),
        ("f00d,a001,ann,no,,no,perhaps,", "a001: refused_allowed: 'perhaps' is no answer"),
        (
            "f00d,a001,ann,no,4,no,no,",
            "a001: turn: '4' is no turn of this conversation; allowed: 1",
        ),
        ("f00d,a001,ann,no,two,no,no,", "a001: turn: 'two' is no turn"),
        (
            "f00d,a003,ann,no,,no,no,",
            "no conversation 'a003' is in this audit; allowed: a001 to a002",
        ),
        ("beef,a001,ann,no,,no,no,", "a001: belongs to audit beef; this one is f00d"),
        ("f00d,a001,a b,no,,no,no,", "a001: no rater: fill in the column `rater`"),
    ],
)
def test_a_wrong_answer(tmp_path: Path, row: str, message: str) -> None:
    """The line, what was found, what is allowed."""
    (told,) = wrong(written(tmp_path, f"{HEAD}\n{row}\n"))
    assert told.startswith(f"labels-ann.csv:2: {message}")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "x,y\n1,2\n", "a.csv:1: no column id and no column crossed"),
        ("a.csv", "", "a.csv is empty; give the files that the raters sent"),
        ("a.csv", "\ufeff\r\n", "a.csv is empty"),
        ("a.csv", f"{HEAD}\nf00d,a001,,no,,no,no,\n", "a.csv:2: a001: no rater"),
        ("a.csv", f'{HEAD}\n"a001,no end\n', "a.csv:2: is not CSV"),
        ("a.jsonl", "\n{", "a.jsonl:2: is not JSON"),
        ("a.jsonl", "[]\n", "a.jsonl:1: a row is an object with an `id`"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, text: str, message: str) -> None:
    """It is told what a file of labels consists of."""
    assert wrong(written(tmp_path, text, name))[0].startswith(message)


def test_a_file_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    """Excel's plain CSV is not UTF-8, and there is a way to save it so."""
    assert "does not exist" in wrong(tmp_path / "no.csv")[0]
    latin = f"{HEAD}\nf00d,a001,ann,no,,no,no,caf\xe9\n".encode("latin-1")
    (tmp_path / "latin.csv").write_bytes(latin)
    assert "save the sheet as 'CSV UTF-8'" in wrong(tmp_path / "latin.csv")[0]


def test_an_answer_twice(tmp_path: Path) -> None:
    """Both places are told; two raters of one conversation are what is wanted."""
    path = written(tmp_path, f"{HEAD}\n" + "f00d,a001,ann,no,,no,no,\n" * 2)
    assert wrong(path) == [
        "labels-ann.csv:3: ann answered a001 before, at labels-ann.csv:2; keep one of the two"
    ]
    path = written(tmp_path, f"{HEAD}\nf00d,a001,ann,no,,no,no,\nf00d,a001,bob,no,,no,no,\n")
    assert [one.rater for one in read(path)] == ["ann", "bob"]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Of all files and lines, up to twenty."""
    one = written(tmp_path, f"{HEAD}\nf00d,a001,ann,most,9,no,no,\n", "one.csv")
    two = written(tmp_path, f"{HEAD}\n" + "f00d,a009,ann,no,,no,no,\n" * 30, "two.csv")
    with pytest.raises(InputError) as caught:
        read_answers([one, two], audit="f00d", turns=TURNS)
    told = str(caught.value).splitlines()
    assert len(told) == 21
    assert told[0].startswith(f"{one}:2: a001: gave")
    assert told[1].startswith(f"{one}:2: a001: turn")
    assert told[-1] == "and 12 more problems"
