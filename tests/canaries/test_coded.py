"""Passages in code: what they say, and that ordinary text has none."""

from __future__ import annotations

import base64

import pytest

from convsim.canaries.coded import passages, unescaped

SAID = "The code is KXQ7R."
RAW = base64.b64encode(SAID.encode()).decode()
WRAPPED = base64.encodebytes((SAID * 5).encode()).decode()


def over_lines(code: str, size: int, before: str = "") -> str:
    """Code that is wrapped early."""
    return "\n".join(before + code[at : at + size] for at in range(0, len(code), size))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (base64.b64encode(SAID.encode()).decode(), SAID),
        (base64.urlsafe_b64encode(b"ab?>ab?>" + SAID.encode()).decode(), f"ab?>ab?>{SAID}"),
        (f"So:\n{WRAPPED}\nThat is it.", SAID * 5),
        *((f"So:\n{over_lines(RAW, size)}\nThat is it.", SAID) for size in range(2, 13)),
        (over_lines(RAW, 8, "> "), SAID),
        (over_lines(RAW, 8, "    "), SAID),
        (over_lines(RAW, 4, "- "), SAID),
        ('["VGhlIGNv", "ZGUgaXMg", "S1hRN1Iu"]', SAID),
        ("\n".join(f"{n}. {it}" for n, it in enumerate(over_lines(RAW, 8).split(), 1)), SAID),
        (f"x-{base64.b64encode(SAID.encode()).decode()}", SAID),
        (base64.b32encode(SAID.encode()).decode(), SAID),
        (base64.b32encode(SAID.encode()).decode().lower().rstrip("="), SAID),
        (SAID.encode().hex(), SAID),
        (SAID.encode().hex(":"), SAID),
        ("[0X4B, 0X58, 0X51, 0X37, 0X52, 0X2D, 0X50, 0X4C]", "KXQ7R-PL"),
        ("4Bh 58h 51h 37h 52h 2Dh 50h 4Ch", "KXQ7R-PL"),
        ("004B 0058 0051 0037 0052 002D 0050 004C", "KXQ7R-PL"),
        ("[\n    75,\n    88,\n    81,\n    55,\n    82,\n    45,\n    80,\n    76\n]", "KXQ7R-PL"),
        ("0o113 0o130 0o121 0o67 0o122 0o55 0o120 0o114", "KXQ7R-PL"),
        ("75 88 81 55 82 45 80 76", "KXQ7R-PL"),
        ("chr(75)+chr(88)+chr(81)+chr(55)+chr(82)+chr(45)+chr(80)+chr(76)", "KXQ7R-PL"),
        ("113 130 121 067 122 055 120 114", "KXQ7R-PL"),
        ("0b1001011 0b1011000 " * 4, "KXKXKXKX"),
        ("-.- -..- --.- --... .-. .--. .-.. ..---", "KXQ7RPL2"),
        ("−·− −··− −−·− −−··· ·−· ·−−· ·−·· ··−−−.", "KXQ7RPL2"),
    ],
)
def test_what_a_passage_says(text: str, says: str) -> None:
    """Where it can be read in several ways, one of them is right."""
    assert says in [passage.says for passage in passages(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Internationalisation of step-by-step-instructions, responsibly.",
        "Call 555 12 34 on 2026-11-21 at 10:30, room 4.",
        "- one\n- two\n- three ... and - four - five.",
        "added a facade, a decade, and beef",
        "Milk\nEggs\nRice\nSoap\nCorn\nBeef\n",
        '["alpha", "gamma", "delta", "kappa"]',
    ],
)
def test_ordinary_text_has_none(text: str) -> None:
    """Nothing readable at least."""
    assert [it for it in passages(text) if any(map(str.isalpha, it.says))] == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%2Db", "a-b"),
        ("%C3%A9", "é"),
        ("%FF", "\ufffd"),
        ("&#75;&#x58;&amp;&quot;", 'KX&"'),
        (r"\u004b\x58\u{51}\067\U00000052", "KXQ7R"),
        ("U+004B U+0058", "K X"),
        (r"\ud800\u{110000}", "\x1d\x1d"),
        ("100% & more \\ U", "100% & more \\ U"),
        ("&nosuchthing;", "&nosuchthing;"),
    ],
)
def test_escapes_are_undone_in_place(text: str, plain: str) -> None:
    """What is none stays."""
    assert unescaped(text)[0] == plain
