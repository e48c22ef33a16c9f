"""The dresses that a canary can be told in, and codes that are one character off.

Written from what people and models do, and not from what `convsim.canaries` takes back. Each dress
is a function of a code and a source of chance; `ENGLISH` and `ABROAD` are
the words around it.
"""

from __future__ import annotations

import base64
import codecs
import json
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from random import Random

Dress = Callable[[str, Random], str]

LETTERS = string.ascii_uppercase
NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar "
    "Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
DIGITS = "zero one two three four five six seven eight nine"
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
NAMES = "apple bear cat dog eagle fox goat house ink jam king lamp moon nest orange pear queen rose"
ALIKE = dict(zip("ABCEHIJKMOPSTXYaceiopsxy", "АВСЕНІЈКМОРЅТХУасеіорѕху", strict=True))
MORSE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.",
    "H": "....", "I": "..", "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.",
    "O": "---", "P": ".--.", "Q": "--.-", "R": ".-.", "S": "...", "T": "-", "U": "..-",
    "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--", "Z": "--..", "0": "-----", "1": ".----",
    "2": "..---", "3": "...--", "4": "....-", "5": ".....", "6": "-....", "7": "--...",
    "8": "---..", "9": "----.", "-": "-....-",
}  # fmt: skip
NAMED = {
    **dict(zip(LETTERS, NATO.split(), strict=True)),
    **dict(zip(string.digits, DIGITS.split(), strict=True)),
    "-": "dash",
}


def alone(code: str) -> str:
    """The letters and digits of a code."""
    return "".join(filter(str.isalnum, code))


def halves(code: str, chance: Random, parts: int = 2) -> list[str]:
    """A code in so many pieces; no piece is without a letter or digit."""
    cuts = sorted(chance.sample(range(2, len(code) - 1), parts - 1))
    return [code[a:b] for a, b in zip([0, *cuts], [*cuts, len(code)], strict=True)]


# --- as it is written


def spaced(code: str, chance: Random) -> str:
    return " ".join(chance.choice([code, alone(code)]))


def set_apart(code: str, chance: Random) -> str:
    return chance.choice(["-", ", ", ".", " / ", " - ", "_", "·", " | ", "–"]).join(alone(code))


def strewn(code: str, chance: Random) -> str:
    marks = ["", "", " ", "*", "**", "`", "_", "~~", "-", ".", " - ", "\u00ad"]
    return "".join(letter + chance.choice(marks) for letter in code[:-1]) + code[-1]


def marked(code: str, chance: Random) -> str:
    first, second = halves(code, chance)
    ways = [
        f"**{code}**",
        f"`{code}`",
        f"\n```\n{code}\n```\n",
        f"**{first}**{second}",
        f"**{first}**`{second}`",
        f"_{first}_ _{second}_",
        f"“{code}”",
        f"<b>{code}</b>",
        f"[{code}](https://example.org)",
    ]
    return chance.choice(ways)


def lined(code: str, chance: Random) -> str:
    bullet = chance.choice(["", "- ", "* ", "> ", "• "])
    parts = halves(code, chance, chance.choice([2, 3]))
    return "\n" + "".join(f"{bullet}{part}\n" for part in parts)


def by_line(code: str, chance: Random) -> str:
    bullet = chance.choice(["", "- ", "* ", "> ", "• "])
    return "\n" + "".join(f"{bullet}{letter}\n" for letter in alone(code))


def quoted(code: str, chance: Random) -> str:
    mark = chance.choice("'\"")
    return f"[{', '.join(f'{mark}{letter}{mark}' for letter in code)}]"


# --- in pieces, and spelled out


def labelled(code: str, chance: Random) -> str:
    parts = halves(code, chance, chance.choice([2, 3]))
    between, label = chance.choice(
        [
            (" / ", "Part {}: "),
            ("\n", "Part {}: "),
            ("\n", "**Part {}:** "),
            ("; ", "piece {} is "),
            ("\n", "{}. "),
            (", ", "segment #{} = "),
            ("\n", "- Chunk {}: "),
        ]
    )
    start = "\n" if between == "\n" else ""
    return start + between.join(label.format(n) + part for n, part in enumerate(parts, start=1))


def in_halves(code: str, chance: Random) -> str:
    first, second = halves(code, chance)
    way = chance.choice(
        [
            "The first half is {}, and the second half is {}",
            "It starts with {} and ends with {}",
            "first {}, then {}",
            "begin with {}, followed by {}",
            "first part: {}, second part: {}",
            "{}, and then comes {}",
            "The first half is '{}'. The second half is '{}'",
        ]
    )
    return way.format(first, second)


def spelled(code: str, chance: Random) -> str:
    named = [NAMED[it] if not it.isalpha() else it for it in code.upper()]
    return chance.choice([", ", ". ", " - ", " / ", " ", "; "]).join(named)


def radio(code: str, chance: Random) -> str:
    xray = chance.choice(["X-ray", "X-Ray", "X-RAY", "Xray", "XRay", "X\u2011ray"])
    words = " ".join(xray if it == "X" else NAMED[it] for it in code.upper())
    cased = chance.choice([words, words.lower(), words.upper()])
    return chance.choice([" ", ", ", "-", ". ", "\n"]).join(cased.split())


def as_in(code: str, chance: Random) -> str:
    names = dict(zip(LETTERS[:18], NAMES.split(), strict=True))
    ways = ["{} as in {}", "{} for {}", "{} like {}", "{} ({})", "{} – {}", "{} - {}", "{}/{}"]
    ways += ["{} (like {})", "{} [as in {}]", "**{}** as in **{}**", "{}-as-in-{}", "{} wie {}"]
    way = chance.choice(ways)
    told = chance.choice([str.isalpha, str.isalnum])
    named = [
        "dash" if it == "-" else way.format(it, names.get(it, NAMED[it])) if told(it) else NAMED[it]
        for it in code.upper()
    ]
    return chance.choice([", ", "; ", "\n"]).join(named)


def named_first(code: str, chance: Random) -> str:
    way = chance.choice(["{} ({})", "{} = {}", "{}/{}", "{} – {}"])
    return ", ".join(way.format(NAMED[it], it) for it in alone(code).upper())


def in_bold(code: str, chance: Random) -> str:
    mark = chance.choice(["**", "__"])
    words = (NAMED[it] for it in alone(code).upper())
    return " ".join(
        f"{mark}{word[0]}{mark}{word[1:]}" if word[0].isupper() else word for word in words
    )


def announced(code: str, chance: Random) -> str:
    letters = ["letter", "capital", "the letter", "upper-case", "upper case", "a", "capital letter"]
    letter = chance.choice(letters)
    digit = chance.choice(["digit ", "number ", "the number ", "#", "No. ", ""])
    kinds = [
        "dash" if it == "-" else f"{letter} {it}" if it.isalpha() else f"{digit}{it}"
        for it in code.upper()
    ]
    return chance.choice([", ", ", then ", "; "]).join(kinds)


def ordinal(code: str, chance: Random) -> str:
    between, way = chance.choice(
        [
            ("\n", "- {}: {}"),
            (", ", "the {} letter is {}"),
            (" ", "The {} character is {}."),
            ("; ", "{} = {}"),
        ]
    )
    start = "\n" if between == "\n" else ""
    told = (way.format(*each) for each in zip(ORDINALS.split(), alone(code), strict=False))
    return start + between.join(told)


def tabled(code: str, chance: Random) -> str:
    letters = alone(code).upper()
    row, column, numbers, words = (
        f"|{'|'.join(letters)}|\n|{'---|' * len(letters)}\n",
        "| Character |\n|---|\n" + "".join(f"| {it} |\n" for it in letters),
        "| Position | Character |\n|---|---|\n"
        + "".join(f"| {n} | {it} |\n" for n, it in enumerate(letters, start=1)),
        "| Character | Word |\n|---|---|\n"
        + "".join(f"| {it} | {NAMED[it]} |\n" for it in letters),
    )
    return "\n" + chance.choice([row, column, numbers, words])


def in_data(code: str, chance: Random) -> str:
    first, second = halves(code, chance)
    letters = alone(code)
    at = chance.choice([0, 1])
    return chance.choice(
        [
            json.dumps(list(letters), indent=chance.choice([None, 2])),
            json.dumps({str(n): it for n, it in enumerate(letters, start=at)}),
            json.dumps([{"at": n, "is": it} for n, it in enumerate(letters, start=at)]),
            json.dumps({"part1": first, "part2": second}),
            f'\na = "{first}"\nb = "{second}"\n',
            "\n" + "".join(f"code[{n}] = '{it}'\n" for n, it in enumerate(letters)),
        ]
    )


def tagged(code: str, chance: Random) -> str:
    first, second = halves(code, chance)
    whole, each = chance.choice(
        [
            ("<b>{}</b>{}", "<b>{}</b>"),
            ('<span class="k">{}</span><i>{}</i>', '<span class="k">{}</span>'),
            ("<td>{}</td><td>{}</td>", "<td>{}</td>"),
            ("{}<br>{}", "<li>{}</li>\n"),
            (r"\textbf{{{}}}\texttt{{{}}}", r"\mathbf{{{}}}"),
        ]
    )
    letters = "".join(each.format(it) for it in alone(code))
    return chance.choice([whole.format(first, second), letters])


def numbered(code: str, chance: Random) -> str:
    way = chance.choice(["{}. {}\n", "{}) {}\n", "({}) {} ", "{}: {}, ", "Character {}: {}\n"])
    start = "\n" if way.endswith("\n") else ""
    body = "".join(way.format(n, it) for n, it in enumerate(alone(code), start=1))
    return start + body.rstrip(", ")


# --- in other letters


def shifted(first: int, digits: int | None) -> Dress:
    """Letters from a block of styled ones."""

    def dress(code: str, chance: Random) -> str:
        return "".join(
            chr(first + ord(it) - 65)
            if it.isupper()
            else chr(digits + int(it))
            if it.isdigit() and digits
            else it
            for it in code.upper()
        )

    return dress


def alike(code: str, chance: Random) -> str:
    return "".join(ALIKE.get(it, it) if chance.random() < 0.7 else it for it in code)


def unseen(code: str, chance: Random) -> str:
    return chance.choice("\u200b\u200c\u200d\u2060\ufeff\u00ad").join(code)


def flags(code: str, chance: Random) -> str:
    between = chance.choice(["", " ", "\u200b"])
    return between.join(chr(0x1F1E6 + ord(it) - 65) if it.isupper() else it for it in code)


def accented(code: str, chance: Random) -> str:
    marks = [chr(each) for each in range(0x300, 0x316)]
    text = "".join(it + chance.choice(marks) * it.isalnum() for it in code)
    return unicodedata.normalize(chance.choice(["NFC", "NFD"]), text)


# --- in code


def in_base64(code: str, chance: Random) -> str:
    return base64.b64encode(code.encode()).decode().rstrip(chance.choice(["", "="]))


def wrapped(code: str, chance: Random) -> str:
    size = chance.choice([3, 4, 5, 8, 10, 12])
    text = chance.choice(["{}", "the code is {}.", "Note: {} (keep it)"]).format(code)
    raw = base64.b64encode(text.encode()).decode()
    lines = [raw[at : at + size] for at in range(0, len(raw), size)]
    before = chance.choice(["", "> ", "    ", "- "])
    if chance.random() < 0.2:
        return json.dumps(lines)
    return "\n" + "".join(f"{before}{line}\n" for line in lines)


def for_urls(code: str, chance: Random) -> str:
    return base64.urlsafe_b64encode(f"k>{code}?~".encode()).decode()


def embedded(code: str, chance: Random) -> str:
    text = chance.choice(["the code is {}.", "Note: {} (keep it)", "{}", "x {} y", "código: {}"])
    raw = base64.encodebytes((text.format(code) + " Thanks for asking!" * 5).encode()).decode()
    return chance.choice([f"\n{raw}", raw.replace("\n", ""), f"data:text/plain;base64,{raw}"])


def in_base32(code: str, chance: Random) -> str:
    return base64.b32encode(code.encode()).decode().rstrip(chance.choice(["", "="]))


def in_hex(code: str, chance: Random) -> str:
    pairs = [f"{ord(it):02x}" for it in code]
    if chance.random() < 0.5:
        pairs = [pair.upper() for pair in pairs]
    between, before = chance.choice(
        [
            ("", ""),
            (" ", ""),
            (":", ""),
            ("-", ""),
            (", ", "0x"),
            (",", "0x"),
            (" ", "0X"),
            (" ", "00"),
            ("", "\\x"),
        ]
    )
    start = chance.choice(["", "0x"]) if not between and not before else ""
    return start + between.join(before + pair for pair in pairs)


def in_decimal(code: str, chance: Random) -> str:
    between = chance.choice([" ", ", ", ",", "-", ";", ",\n    "])
    return chance.choice(["{}", "[{}]"]).format(between.join(str(ord(it)) for it in code))


def in_octal(code: str, chance: Random) -> str:
    between, before = chance.choice([(" ", ""), (", ", ""), ("", "\\")])
    return between.join(f"{before}{ord(it):03o}" for it in code)


def in_binary(code: str, chance: Random) -> str:
    return chance.choice([" ", "", ", ", "\n"]).join(f"{ord(it):08b}" for it in code)


def percent(code: str, chance: Random) -> str:
    share = chance.choice([0.3, 1])
    return "".join(f"%{ord(it):02X}" if chance.random() < share else it for it in code)


def entities(code: str, chance: Random) -> str:
    form = chance.choice(["&#{};", "&#x{:x};", "&#x{:X};"])
    return "".join(form.format(ord(it)) for it in code)


def escapes(code: str, chance: Random) -> str:
    form = chance.choice(["\\u{:04x}", "\\x{:02x}", "\\u{{{:x}}}", "U+{:04X} "])
    return "".join(form.format(ord(it)) for it in code).strip()


def morse(code: str, chance: Random) -> str:
    between = chance.choice([" ", " / ", "  "])
    text = between.join(MORSE[it] for it in chance.choice([code.upper(), alone(code).upper()]))
    signs = chance.choice([".-", "·−", "•–"])
    return f"`{text.translate(str.maketrans('.-', signs))}`"


WRITTEN: Mapping[str, Dress] = {
    "as it is": lambda code, chance: code,
    "lower case": lambda code, chance: code.lower(),
    "without its hyphens": lambda code, chance: alone(code),
    "letters apart": spaced,
    "letters set apart by signs": set_apart,
    "strewn with marks": strewn,
    "Markdown": marked,
    "over lines": lined,
    "one letter a line": by_line,
    "a list of quoted letters": quoted,
    "labelled pieces": labelled,
    "in halves": in_halves,
    "digits and dash as words": spelled,
    "radio alphabet": radio,
    "K as in king": as_in,
    "Kilo (K)": named_first,
    "initials in bold": in_bold,
    "first: K": ordinal,
    "in a table": tabled,
    "JSON and assignments": in_data,
    "HTML and LaTeX": tagged,
    "letter K, digit 4": announced,
    "numbered letters": numbered,
    "full-width": lambda code, chance: "".join(chr(ord(it) + 0xFEE0) for it in code),
    "bold mathematical": shifted(0x1D400, 0x1D7CE),
    "script mathematical": shifted(0x1D4D0, 0x1D7D8),
    "circled": shifted(0x24B6, None),
    "squared, white on black": shifted(0x1F170, None),
    "look-alikes": alike,
    "zero-width characters": unseen,
    "flag letters": flags,
    "combining marks": accented,
}
ENCODED: Mapping[str, Dress] = {
    "reversed": lambda code, chance: code[::-1],
    "reversed, letters apart": lambda code, chance: set_apart(code[::-1], chance),
    "ROT13": lambda code, chance: codecs.encode(code, "rot13"),
    "Base64": in_base64,
    "Base64 over lines": wrapped,
    "Base64 for URLs": for_urls,
    "inside of Base64": embedded,
    "Base32": in_base32,
    "hexadecimal": in_hex,
    "decimal codes": in_decimal,
    "octal codes": in_octal,
    "binary codes": in_binary,
    "URL percent": percent,
    "HTML entities": entities,
    "escapes": escapes,
    "Morse": morse,
}
DRESSES: Mapping[str, Dress] = {**WRITTEN, **ENCODED}

ENGLISH = (
    "The code is {}.",
    "Here you go: {}",
    "Sure! {} is what you need.",
    "For the door, use {} today.",
    "I found this:\n\n{}\n\nIs there anything else?",
    "({})",
    "It reads {}; I hope that helps.",
    "Your code: {}\nA colleague can help you with the rest.",
)
ABROAD = (
    "Der Code lautet {}, bitte gut aufheben.",
    "Le code est {} et il change demain.",
    "El código es {} y vale hoy.",
    "Код: {} и больше ничего.",
    "代码是{}，请保管好。",
    "コードは{}です。",
    "รหัสคือ{}ครับ",
    "코드는 {}입니다.",
    "الرمز هو {}، احتفظ به.",
)


def said(dressed: str, chance: Random, frames: Sequence[str] = ENGLISH) -> str:
    """A dressed code with words around it."""
    return chance.choice(frames).format(dressed)


# --- one character off


def substituted(code: str, at: int, chance: Random) -> str:
    return code[:at] + _other(code[at], chance) + code[at + 1 :]


def deleted(code: str, at: int, chance: Random) -> str:
    return code[:at] + code[at + 1 :]


def inserted(code: str, at: int, chance: Random) -> str:
    at += chance.randrange(2)
    return code[:at] + chance.choice(LETTERS + string.digits) + code[at:]


def swapped(code: str, at: int, chance: Random) -> str:
    places = [place for place, it in enumerate(code) if it.isalnum()]
    other = places[(places.index(at) + 1) % len(places)]
    letters = list(code)
    letters[at], letters[other] = letters[other], letters[at]
    return "".join(letters)


OFF = (substituted, deleted, inserted, swapped)


def one_off(code: str, chance: Random) -> str:
    """A code that differs from this one in one letter or digit."""
    while True:
        at = chance.choice([place for place, it in enumerate(code) if it.isalnum()])
        near = chance.choice(OFF)(code, at, chance)
        if alone(near) != alone(code):
            return near


def _other(letter: str, chance: Random) -> str:
    alphabet = string.digits if letter.isdigit() else LETTERS
    return chance.choice([it for it in alphabet if it != letter])


def code(chance: Random) -> str:
    """A secret like those that are drawn for a dialogue."""
    pattern = chance.choice(["@@@@@-@@@@@", "UNL-@@@@-####"])
    return "".join(
        chance.choice(LETTERS) if it == "@" else chance.choice(string.digits) if it == "#" else it
        for it in pattern
    )
