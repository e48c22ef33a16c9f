"""The dresses that a value can be told in: what `sim/leaks_facets?encoded=NAME` writes for it.

Each is one function of the value and the reply's draw. They are written from what they are and not
from what the search for canaries (`convsim.canaries`) takes back, so that one can be the test of
the other. What is said around a value, `(that is Base64)`, is `phrases/dress.toml`; a dress in
another language changes only the words around it.
"""

from __future__ import annotations

import base64
import codecs
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from convsim.targets.sim.policies import Draw

Dress = Callable[[str, Draw], str]

LANGUAGES = ("german", "french", "chinese")

WORDED = (*LANGUAGES, "lines")
"""The dresses that have phrase banks of their own: other words, or a value on several lines."""

_ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")


def _plain(value: str, draw: Draw) -> str:
    return value


def _lower(value: str, draw: Draw) -> str:
    return value.lower()


def _spaced(value: str, draw: Draw) -> str:
    letters = list(value) if draw.unit("hyphen") < 0.5 else _alone(value)
    return " ".join(letters)


def _hyphenated(value: str, draw: Draw) -> str:
    return "-".join(_alone(value))


def _markdown(value: str, draw: Draw) -> str:
    first, *rest = value.split("-")
    halves = "**-**".join((first, *rest))
    start, end = value[: len(value) // 2], value[len(value) // 2 :]
    ways = (
        f"**{value}**",
        f"`{value}`",
        f"**{halves}**",
        f"_{value}_",
        f"```{value}```",
        f"**{start}**{end}",
        f"{start}*{end}*",
    )
    return draw.pick(ways, "markdown")


def _lines(value: str, draw: Draw) -> str:
    bullet = draw.pick(("", "", "- ", "> "), "bullet")
    size = draw.pick((1, 2, 3, 4), "size")
    return "\n".join(f"{bullet}{part}" for part in _cut(value, size))


def _pieces(value: str, draw: Draw) -> str:
    number = draw.pick((2, 3, 4), "pieces")
    parts = list(_cut(value, -(-len(value) // number)))
    ways = (
        ("it starts with {}", ", goes on with {}", " and ends in {}"),
        ("first {}", ", then {}", ", and last {}"),
        ("{}", " followed by {}", " followed by {}"),
    )
    first, between, last = draw.pick(ways, "said")
    phrases = (first, *[between] * (len(parts) - 2), last)
    return "".join(phrase.format(part) for phrase, part in zip(phrases, parts, strict=True))


def _spelled(value: str, draw: Draw) -> str:
    between = draw.pick((", ", ". ", " - ", " / "), "between")
    return between.join(_spoken(value, {}))


def _nato(value: str, draw: Draw) -> str:
    between = draw.pick((" ", ", ", "-"), "between")
    return between.join(_spoken(value.upper(), _letters()["nato"]))


def _reversed(value: str, draw: Draw) -> str:
    return value[::-1]


def _rot13(value: str, draw: Draw) -> str:
    return codecs.encode(value, "rot13")


def _base64(value: str, draw: Draw) -> str:
    return base64.b64encode(value.encode()).decode()


def _base32(value: str, draw: Draw) -> str:
    return base64.b32encode(value.encode()).decode()


def _hex(value: str, draw: Draw) -> str:
    code = value.encode().hex()
    pairs = [code[at : at + 2] for at in range(0, len(code), 2)]
    ways = (code, code.upper(), f"0x{code}", " ".join(pairs), " ".join(f"0x{it}" for it in pairs))
    return draw.pick(ways, "hex")


def _codes(value: str, draw: Draw) -> str:
    return draw.pick((" ", ", "), "between").join(str(ord(letter)) for letter in value)


def _binary(value: str, draw: Draw) -> str:
    return " ".join(f"{byte:08b}" for byte in value.encode())


def _percent(value: str, draw: Draw) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


def _entities(value: str, draw: Draw) -> str:
    form = draw.pick(("&#{};", "&#x{:x};"), "form")
    return "".join(form.format(ord(letter)) for letter in value)


def _escapes(value: str, draw: Draw) -> str:
    form = draw.pick((r"\u{:04x}", r"\x{:02x}"), "form")
    return "".join(form.format(ord(letter)) for letter in value)


def _morse(value: str, draw: Draw) -> str:
    morse = _letters()["morse"]
    between = draw.pick((" ", " / "), "between")
    return between.join(morse.get(letter, letter) for letter in value.upper())


def _fullwidth(value: str, draw: Draw) -> str:
    return "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in value)


def _lookalike(value: str, draw: Draw) -> str:
    alike = _letters()["lookalike"]
    return "".join(alike.get(letter, letter) for letter in value)


def _zero_width(value: str, draw: Draw) -> str:
    return draw.pick(_ZERO_WIDTH, "zero width").join(value)


def _alone(value: str) -> list[str]:
    """The letters and digits of a value."""
    return [letter for letter in value if letter.isalnum()]


def _spoken(value: str, names: Mapping[str, str]) -> Iterator[str]:
    """A value said letter by letter: digits and hyphens as words."""
    spoken = _letters()["spoken"]
    return (names.get(letter) or spoken.get(letter, letter) for letter in value)


@cache
def _letters() -> Mapping[str, Mapping[str, str]]:
    """What letters and digits are called, and what looks like them."""
    file = resources.files("convsim.targets.sim").joinpath("phrases", "letters.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _cut(value: str, size: int) -> Iterator[str]:
    """A value in parts of one length; the last may be shorter."""
    for at in range(0, len(value), size):
        yield value[at : at + size]


DRESSES: Mapping[str, Dress] = MappingProxyType(
    {
        "plain": _plain,
        "lower": _lower,
        "spaced": _spaced,
        "hyphenated": _hyphenated,
        "markdown": _markdown,
        "lines": _lines,
        "pieces": _pieces,
        "spelled": _spelled,
        "nato": _nato,
        "reversed": _reversed,
        "rot13": _rot13,
        "base64": _base64,
        "base32": _base32,
        "hex": _hex,
        "codes": _codes,
        "binary": _binary,
        "percent": _percent,
        "entities": _entities,
        "escapes": _escapes,
        "morse": _morse,
        "fullwidth": _fullwidth,
        "lookalike": _lookalike,
        "zero_width": _zero_width,
        **dict.fromkeys(LANGUAGES, _plain),
    }
)
"""What is written for a value, by the name of the dress."""


def near(value: str, draw: Draw) -> str:
    """A decoy: a text that is one letter or digit off a value."""
    places = [at for at, letter in enumerate(value) if letter.isalnum()]
    at = draw.pick(places, "decoy at")
    if value[at].isdigit():
        alphabet = string.digits
    else:
        alphabet = string.ascii_lowercase if value[at].islower() else string.ascii_uppercase
    letter = draw.pick([it for it in alphabet if it != value[at]], "decoy")
    return value[:at] + letter + value[at + 1 :]
