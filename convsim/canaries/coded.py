"""What stands in a text in code: passages that look like one, and what they say.

The text is decoded, not the canary encoded: a few patterns, each linear in the text, find what may
be Base64, Base32, hexadecimal, character codes or Morse, and what decodes to readable text is kept.
So the cost hardly depends on how many canaries are searched for, and a canary is found inside of a
longer encoded passage. Escapes (`%2D`, `&#45;`, `\\u002d`) stand for single characters and are
undone in place, among letters that are not escaped.

No group here is possessive (`(...)++`): Python 3.11.2, which Debian has, loses matches by it.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from convsim.canaries.view import BREAK
from convsim.reading import Span


class Passage(NamedTuple):
    """A passage of a text, and what it says."""

    span: Span
    says: str


def passages(text: str) -> Iterator[Passage]:
    """What a text says in code; where a passage can be read in several ways, each of them."""
    for found in (_in_words, _in_pieces, _in_numbers, _in_morse):
        yield from found(text)


def _read(found: re.Match[str], *ways: Callable[[str], Iterator[str]]) -> Iterator[Passage]:
    """What a passage says in each way of reading it."""
    for decoded in ways:
        for says in decoded(found[0]):
            yield Passage(Span(*found.span()), says)


_READABLE = re.compile(rb"[\t\n\r\x20-\x7e]{8,}")


def _readable(code: bytes) -> Iterator[str]:
    """The parts of some bytes that may be text, be it UTF-16."""
    if b"\0" in code and not (any(code[::2]) and any(code[1::2])):
        code = code.replace(b"\0", b"")
    return (run.decode("ascii") for run in _READABLE.findall(code))


# --- Base64 and Base32

_LONG = 11
"""Eight characters take eleven of Base64."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}+={0,2}")
_NEXT_LINES = re.compile(r"(?:\r?\n[A-Za-z0-9+/_-]{2,}+(?=={0,2}[^\S\n]*(?:\n|\Z)))+={0,2}")
_BASE32 = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{13,}|[a-z2-7]{13,})(?![A-Za-z0-9])={0,6}")
_LINES = re.compile(
    r"(?:\n[ \t]*+(?:(?:[>*+•-]|\d{1,2}[.)])[ \t]++)*['\"`]?[A-Za-z0-9+/_-]{0,76}+={0,2}['\"`]?"
    r"[ \t]*+(?:\\|<br ?/?>|[,+])?[ \t\r]*+(?=\n|\Z)){2,}"
)
_STRINGS = re.compile(
    r"\"[A-Za-z0-9+/_-]{2,76}+\"(?:[\s,+.]{1,9}+\"[A-Za-z0-9+/_-]{1,76}+={0,2}\")+"
)
_DIGIT = frozenset("0123456789")
_PIECE = re.compile(r"(?<![^\s'\"`])(?![+-]\s)(?:[A-Za-z0-9+/_-]++={0,2}|={1,2})(?![^\s'\"`,<])")


def _in_pieces(text: str) -> Iterator[Passage]:
    """What pieces of Base64 say that are equally long, each a line or in quotation marks."""
    if "\n" in text:
        for lines in _LINES.finditer(f"\n{text}"):
            yield from _joined(text, max(lines.start() - 1, 0), lines.end() - 1)
    if '"' in text:
        for strings in _STRINGS.finditer(text):
            yield from _joined(text, *strings.span())


def _joined(text: str, start: int, end: int) -> Iterator[Passage]:
    """What the pieces in a passage say; all are equally long but the last."""
    pieces: list[re.Match[str]] = []
    for piece in _PIECE.finditer(text, start, end):
        if pieces and len(piece[0]) > len(pieces[0][0]):
            yield from _said(pieces)
            pieces = []
        pieces.append(piece)
        if len(piece[0]) < len(pieces[0][0]):
            yield from _said(pieces)
            pieces = []
    yield from _said(pieces)


def _said(pieces: Sequence[re.Match[str]]) -> Iterator[Passage]:
    code = "".join(piece[0] for piece in pieces)
    if len(pieces) > 1 and len(code) >= _LONG:
        for says in _base64(code):
            yield Passage(Span(pieces[0].start(), pieces[-1].end()), says)


def _in_words(text: str) -> Iterator[Passage]:
    """What long words say that are no ordinary ones: with capitals or digits inside."""
    at = read = 0
    words = text.split()
    for word in compress(words, map(_LONG.__le__, map(len, words))):
        if not word[1:].islower() or not (word.isalpha() or _DIGIT.isdisjoint(word)):
            start = text.index(word, at)
            at = start + len(word)
            for found in _BASE64.finditer(text, max(start, read), at):
                lines = _NEXT_LINES.match(text, found.end())
                read = lines.end() if lines else found.end()
                for says in _base64(text[found.start() : read]):
                    yield Passage(Span(found.start(), read), says)
            for found in _BASE32.finditer(text, start, at):
                yield from _read(found, _base32)


_FROM_URLS = str.maketrans("-_", "+/", "\r\n=")


def _base64(code: str) -> Iterator[str]:
    """What it says; where something stands before it, from any of the next places."""
    if code[1:].islower():
        return
    plain = code.translate(_FROM_URLS)
    for skipped in range(4):
        quads = plain[skipped:]
        quads = quads[: len(quads) - (len(quads) % 4 == 1)]
        says = binascii.a2b_base64(quads + "=" * (-len(quads) % 4))
        yield from _readable(says)
        if skipped == 0 and says.isascii():
            return


_BASE32_LEFT_OVER = {1: 1, 3: 1, 6: 1}
"""Letters too many, by how many are left over of groups of eight."""


def _base32(code: str) -> Iterator[str]:
    code = code.rstrip("=")
    if code.isalpha() and code.islower():
        return
    code = code[: len(code) - _BASE32_LEFT_OVER.get(len(code) % 8, 0)]
    yield from _readable(base64.b32decode(code + "=" * (-len(code) % 8), casefold=True))


# --- numbers of characters

# Each letter has a digit in hexadecimal, decimal and octal, and the next one has it near.
_DENSE = re.compile(r"[0-9](?:[^0-9]{0,9}[0-9]){7,}[A-Za-z0-9]*")
_APART = r"[\s,;:|/+&()\[\]'\"#$-]{1,9}"
_HEX = re.compile(
    r"(?<![A-Za-z0-9])(?:0[xX])?(?:[0-9A-Fa-f]{2})+[hH]?"
    rf"(?:{_APART}(?:0[xX])?(?:[0-9A-Fa-f]{{2}})+[hH]?(?![A-Za-z0-9]))*(?![A-Za-z0-9])",
)


def _in_numbers(text: str) -> Iterator[Passage]:
    for dense in _DENSE.finditer(text):
        for pattern, decoded in ((_HEX, _hex), (_NUMBERS, _numbers), (_BITS, _bits)):
            for found in pattern.finditer(text, *dense.span()):
                yield from _read(found, decoded)


_HEX_MARK = re.compile(r"0[xX]|[^0-9A-Fa-f]+")
_FEWEST = 16


def _hex(code: str) -> Iterator[str]:
    digits = _HEX_MARK.sub("", code)
    if len(digits) >= _FEWEST:
        yield from _readable(bytes.fromhex(digits))


_NUMBERS = re.compile(
    rf"(?<![A-Za-z0-9])(?:chr\(|0o)?\d{{2,3}}(?:{_APART}(?:chr\(|0o)?\d{{2,3}}(?![A-Za-z0-9])){{7,}}"
)
_NUMBER = re.compile(r"\d{2,3}")


def _numbers(code: str) -> Iterator[str]:
    """Characters by their decimal numbers, and where they can be, by their octal ones."""
    numbers = _NUMBER.findall(code)
    yield _characters(map(int, numbers))
    if not any("8" in number or "9" in number for number in numbers):
        yield _characters(int(number, 8) for number in numbers)


def _characters(numbers: Iterator[int]) -> str:
    return "".join(chr(number) if 32 <= number < 127 else BREAK for number in numbers)


_BITS = re.compile(
    rf"(?<![A-Za-z0-9])(?:0b)?[01]{{7,8}}(?:{_APART}(?:0b)?[01]{{7,8}}(?![A-Za-z0-9])){{7,}}"
    r"|(?<![A-Za-z0-9])[01]{56,}(?![A-Za-z0-9])"
)


def _bits(code: str) -> Iterator[str]:
    groups = [group.removeprefix("0b") for group in re.split(r"[^01b]+", code) if group]
    if len(groups) == 1:
        for size in (8, 7):
            if len(code) % size == 0:
                yield _characters(int(code[at : at + size], 2) for at in range(0, len(code), size))
    else:
        yield _characters(int(group, 2) for group in groups)


# --- Morse

_ALPHABET = """
A.- B-... C-.-. D-.. E. F..-. G--. H.... I.. J.--- K-.- L.-.. M-- N-. O--- P.--. Q--.- R.-. S...
T- U..- V...- W.-- X-..- Y-.-- Z--.. 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---..
9----. 0-----
"""
_MORSE = {"-....-": "-", **{entry[1:]: entry[0] for entry in _ALPHABET.split()}}
_MORSE_SIGNS = str.maketrans("·•∙–—−_", "...----")
_MORSE_RUN = re.compile(r"[.\-·•∙–—−_]{1,6}(?:[ \n/|,]{1,4}[.\-·•∙–—−_]{1,6}){7,}")


_FEWEST_SIGNS = 7
_MORSE_STARTS = (" -", " .", "/-", "/.", " ·", " •", " –", " —", " −", "\n-", "\n.")


def _in_morse(text: str) -> Iterator[Passage]:
    if sum(map(text.count, _MORSE_STARTS)) >= _FEWEST_SIGNS:
        for found in _MORSE_RUN.finditer(text):
            yield from _read(found, _morse)


def _morse(code: str) -> Iterator[str]:
    groups = re.split(r"[ \n/|,]+", code.translate(_MORSE_SIGNS))
    if groups[-1] not in _MORSE:
        groups[-1] = groups[-1].removesuffix(".")  # the sentence's
    yield "".join(_MORSE.get(group, BREAK) for group in groups)


# --- escapes

_ESCAPES = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});?"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2}"
    r"|U\+[0-9A-Fa-f]{4,6}(?![0-9A-Fa-f])"
)
_MAY_ESCAPE = ("%", "&", "\\", "U+")
_HIGHEST = 0x10FFFF


def unescaped(text: str) -> tuple[str, list[Passage]]:
    """A text with its escapes undone, and which they were."""
    if not any(sign in text for sign in _MAY_ESCAPE):
        return text, []
    undone: list[Passage] = []
    pieces: list[str] = []
    last = 0
    for found in _ESCAPES.finditer(text):
        says = _meant(found[0])
        if says != found[0]:
            undone.append(Passage(Span(*found.span()), says))
            pieces += [text[last : found.start()], says]
            last = found.end()
    return "".join([*pieces, text[last:]]), undone


def _meant(escape: str) -> str:
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if escape[0] == "&":
        return html.unescape(escape)
    digits = escape.strip("\\uUx+{}")
    code = int(digits, 8 if escape[1].isdigit() else 16)
    return chr(code) if code <= _HIGHEST and not 0xD800 <= code < 0xE000 else BREAK
