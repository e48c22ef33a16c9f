"""The registry of codes: each has one id, one name, one line; people find it by any spelling."""

from __future__ import annotations

import re

import pytest

from convsim.errors import InputError
from convsim.lints.codes import CODES, code_of, page_of


def test_codes_stand_in_their_order() -> None:
    assert list(CODES) == sorted(CODES)
    assert all(id == code.id for id, code in CODES.items())


def test_names_are_unique() -> None:
    assert len({code.name for code in CODES.values()}) == len(CODES)


@pytest.mark.parametrize("id", CODES)
def test_a_summary_is_one_sentence(id: str) -> None:
    """It stands in a table."""
    assert re.fullmatch(r"[A-Z`].{,90}\.", CODES[id].summary)


@pytest.mark.parametrize(
    ("id", "name", "severity"),
    [
        ("CS006", "unknown-key", "error"),
        ("CS105", "open-label", "error"),
        ("CS209", "near-duplicate", "warning"),
        ("CS092", "noqa-of-error", "warning"),
    ],
)
def test_an_error_keeps_a_file_from_being_played(id: str, name: str, severity: str) -> None:
    """What is published under an id never becomes something else."""
    code = CODES[id]
    assert (code.name, code.severity, code.error) == (name, severity, severity == "error")


@pytest.mark.parametrize(
    "text", ["CS209", "cs209", " CS209 ", "near-duplicate", "Near-Duplicate", "near-duplicate\n"]
)
def test_a_code_is_found_by_id_and_by_name(text: str) -> None:
    assert code_of(text) == CODES["CS209"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CS20", "there is no lint code 'CS20'"),
        (
            "near-duplicates",
            "there is no lint code 'near-duplicates'; did you mean 'near-duplicate'",
        ),
        ("", "there is no lint code ''; see `convsim lint --rules`"),
    ],
)
def test_no_code_is_told_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        code_of(text)
    assert str(raised.value).endswith("; see `convsim lint --rules`")


def test_a_page_begins_with_what_the_registry_says() -> None:
    head, kind, *_ = page_of(CODES["CS209"]).split("\n\n")
    assert head == "# CS209: near-duplicate"
    assert kind == f"*warning.* {CODES['CS209'].summary}"
