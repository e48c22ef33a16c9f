"""Dresses: each can be undone by somebody who knows what it is."""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from convsim.targets.sim.dress import DRESSES, near
from convsim.targets.sim.policies import Draw

VALUES = ("KXQPT-BAHJW", "B7ZZAQ-MNOE09", "SEC-90210")
DRAWS = [Draw(str(n)) for n in range(30)]

MORSE = {"-..-": "X", "-...": "B", "-....-": "-", "-----": "0", ".": "E"}


def _kept(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(letter for letter in text if letter.isalnum() and letter.isascii())


def _bytes(text: str, base: int) -> str:
    return bytes(int(code, base) for code in re.findall(r"[0-9a-fA-Fx]+", text)).decode()


def _hex(text: str) -> str:
    return bytes.fromhex(text.replace("0x", "")).decode()


UNDONE: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lower": str.upper,
    "spaced": _kept,
    "hyphenated": _kept,
    "markdown": _kept,
    "lines": _kept,
    "reversed": lambda text: text[::-1],
    "rot13": lambda text: codecs.decode(text, "rot13"),
    "base64": lambda text: base64.b64decode(text).decode(),
    "base32": lambda text: base64.b32decode(text).decode(),
    "hex": _hex,
    "codes": lambda text: _bytes(text, 10),
    "binary": lambda text: _bytes(text, 2),
    "percent": unquote,
    "entities": html.unescape,
    "escapes": lambda text: text.encode().decode("unicode_escape"),
    "fullwidth": lambda text: unicodedata.normalize("NFKC", text),
    "zero_width": _kept,
    "german": str,
    "french": str,
    "chinese": str,
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("dress", UNDONE)
def test_who_knows_the_dress_has_the_value_back(dress: str, value: str) -> None:
    """Whatever form of it is drawn; hyphens may be lost on the way."""
    for draw in DRAWS:
        assert _kept(UNDONE[dress](DRESSES[dress](value, draw))) == _kept(value)


@pytest.mark.parametrize(
    ("dress", "expected"),
    [
        ("pieces", "first KX, then 7-, and last B0"),
        ("spelled", "K, X, seven, dash, B, zero"),
        ("nato", "Kilo X-ray seven dash Bravo zero"),
        ("morse", "-.- -..- --... -....- -... -----"),
        ("lookalike", "КХ7-В0"),
    ],
)
def test_some_are_for_people_to_read(dress: str, expected: str) -> None:
    """Among the forms that are drawn."""
    assert expected in {DRESSES[dress]("KX7-B0", draw) for draw in DRAWS}


@pytest.mark.parametrize("dress", ["lower", "base64", "lookalike", "morse", "nato"])
def test_other_signs_of_a_pattern_pass(dress: str) -> None:
    """A secret may have letters and marks of its own around what is drawn."""
    for value in ("no. 7/ä", "§ 12", "中文 AB"):
        assert DRESSES[dress](value, DRAWS[0])


@pytest.mark.parametrize("value", [*VALUES, "abc-12"])
def test_a_decoy_is_one_character_off(value: str) -> None:
    """A letter for a letter, a digit for a digit, in the same case."""
    for draw in DRAWS:
        decoy = near(value, draw)
        ((old, new),) = [pair for pair in zip(value, decoy, strict=True) if pair[0] != pair[1]]
        assert unicodedata.category(old) == unicodedata.category(new)
