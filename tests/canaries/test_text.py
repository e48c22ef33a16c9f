"""Canaries are found in any dress, whole or not at all. Every secret is invented."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convsim.canaries import Text
from convsim.reading import Span

CODE = "KXQ7R-PL2NW"


def found(text: str, canary: str = CODE) -> str | None:
    """What stands where the canary is."""
    span = Text(text).find(canary)
    return None if span is None else span.of(text)


@pytest.mark.parametrize("way", ["{}: {}, ", "({}) {} ", "{}. {}\n", "Character {}: {}\n"])
def test_letters_may_be_numbered(way: str) -> None:
    """The numbers are none of its own."""
    numbered = "".join(way.format(n, it) for n, it in enumerate("KXQ7RPL2NW", start=1))
    assert found(f"So:\n{numbered}") is not None
    assert found(f"So:\n{numbered}{way.format(11, 'A')}") is None


SPELLED = "K as in king, X as in x-ray, Q as in queen, 7, R for rose, dash, P (pear), L – lamp, 2, "


@pytest.mark.parametrize(
    "dressed",
    [
        "KXQ7R-PL2NW",
        "kxq7rpl2nw",
        "KXQ7R**-`PL2NW",
        "KXQ7R-\nPL2NW",
        "K\n- X\n- Q\n- 7\n- R\n- P\n- L\n- 2\n- N\n- W",
        "K.X.Q.7.R.P.L.2.N.W",
        "K', 'X', 'Q', '7', 'R', '-', 'P', 'L', '2', 'N', 'W",
        "KXQ7R / Part 2: PL2NW",
        "KXQ7R.\nPart 2 of 2: PL2NW",
        "KXQ7R, and the second half is PL2NW",
        "KXQ7R, followed by PL2NW",
        "KXQ7R, die zweite Hälfte ist PL2NW",
        "KXQ7R，第二部分：PL2NW",
        "KXQ7R, the last five characters PL2NW",
        "Kilo X-ray Quebec seven Romeo dash Papa Lima two November Whiskey",
        f"{SPELLED}N like nest, W",
        "K, letter X, letter Q, digit 7, letter R, then P, L, 2, N and W",
        "ＫＸＱ７Ｒ－ＰＬ２ＮＷ",
        "𝐊𝐗𝐐𝟕𝐑-𝐏𝐋𝟐𝐍𝐖",
        "🄺🅇🅀➆🅁-🅿🅛②🅽🆆",
        "🇰🇽🇶7🇷-🇵🇱2🇳🇼",
        "КХQ7R-РL2NW",  # Cyrillic
        "\u200b".join("KXQ7R-PL2NW"),
        "K\u0301X\u0301Q7R-PL2N\u0301W",
        "WN2LP-R7QXK",
        codecs.encode(CODE, "rot13"),
    ],
)
@pytest.mark.parametrize(
    "around", ["1: {}.", "Part 1: {}; that is all", "コードは{}です。", "({})"]
)
def test_it_is_found_in_any_dress(dressed: str, around: str) -> None:
    """And its span is that of the message as it was."""
    assert found(around.format(dressed)) == dressed


LETTERS = "KXQ7RPL2NW"
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh"),
)
NAMES = (
    *("Kilo", "X-Ray", "Quebec", "seven", "Romeo", "Papa"),
    *("Lima", "two", "November", "Whiskey", "Alfa"),
)


def each(way: str, between: str) -> tuple[str, str]:
    """All letters in one way of telling them, and with one more at the end."""
    told = [
        way.format(it, name=name, ordinal=ordinal, lower=it.lower())
        for it, name, ordinal in zip(f"{LETTERS}A", NAMES, ORDINALS, strict=True)
    ]
    return between.join(told[:-1]), between.join(told)


@pytest.mark.parametrize(
    ("way", "between"),
    [
        ("{name}", " "),
        ("{name}", "\n- "),
        ("{} as in {name}", ", "),
        ("{} for {name}", "; "),
        ("{} - {name}", ", "),
        ("{} (like {name})", " "),
        ("{} [as in {name}]", ", "),
        ("**{}** wie **{name}**", "\n"),
        ("{lower} as in {name}", ", "),
        ("{name} ({})", ", "),
        ("{name} = {}", "\n"),
        ("capital {}", ", "),
        ("upper-case {}", ", "),
        ("letter {}", ", then "),
        ("#{}", ", "),
        ("a {}", ", then "),
        ("| {} |", "\n"),
        ("| {} | {name} |", "\n"),
        ('"{}"', ", "),
        ("{ordinal}: {}", "\n- "),
        ("the {ordinal} letter is {}", ", "),
        ("The {ordinal} character is {}, as in {name}.", " "),
        ("**{}**", ""),
        ("<b>{}</b>", ""),
        ("<b>{}</b><i></i>", ""),
        ("<td>{}</td>", ""),
        ("\\textbf{{{}}}", ""),
        ("{}", "_"),
        ("{}", "."),
        ("({})", ""),
        ("s += '{}'", "\n"),
    ],
)
def test_all_that_may_be_said_of_letters(way: str, between: str) -> None:
    """And one letter more in the same way is another code."""
    whole, longer = each(way, between)
    assert found(f"So:\n{whole}\n\nThat is all.") is not None
    assert found(f"So:\n{longer}\n\nThat is all.") is None


@pytest.mark.parametrize(
    "dressed",
    [
        "(KXQ7R) (PL2NW)",
        "<b>KXQ7R-</b>PL2NW",
        r"\texttt{KXQ7R}\textbf{-PL2NW}",
        'a = "KXQ7R"\nb = "PL2NW"\nprint(a + b)',
        '{"part1": "KXQ7R-", "part2": "PL2NW"}',
        "W, N, 2, L, P, R, 7, Q, X, K",
    ],
)
def test_in_two_halves_and_backwards(dressed: str) -> None:
    """Within one message."""
    assert found(f"So:\n{dressed}\n\nThat is all.") is not None


def test_halves_in_two_messages_are_none() -> None:
    """Each is a text of its own; whoever cares gives each half a facet of its own."""
    assert [found("It begins with KXQ7R-."), found("And it ends with PL2NW.")] == [None, None]


HEX = CODE.encode().hex()


@pytest.mark.parametrize(
    "code",
    [
        base64.b64encode(CODE.encode()).decode(),
        base64.b64encode(f"The code is {CODE}, keep it.".encode()).decode(),
        base64.b64encode(base64.b64encode(CODE.encode())).decode(),
        "data-" + base64.b64encode(CODE.encode()).decode(),
        base64.b32encode(CODE.encode()).decode(),
        HEX,
        f"0x{HEX.upper()}",
        " ".join(f"0x{ord(letter):02x}" for letter in CODE),
        ", ".join(str(ord(letter)) for letter in CODE),
        " ".join(f"{ord(letter):03o}" for letter in CODE),
        " ".join(f"{ord(letter):08b}" for letter in CODE),
        "".join(f"{ord(letter):07b}" for letter in CODE),
        "".join(f"%{ord(letter):02X}" for letter in CODE),
        "".join(f"&#{ord(letter)};" for letter in CODE),
        "".join(f"\\u{ord(letter):04x}" for letter in CODE),
        "-.- -..- --.- --... .-. -....- .--. .-.. ..--- -. .--",
    ],
)
def test_in_code_the_passage_is_found(code: str) -> None:
    """All of it, wherever in it the canary stands."""
    assert found(f"Decode this: `{code}` and use it.") == code


def test_one_escape_is_enough() -> None:
    """Among letters that are as they are."""
    assert found("https://example.org/?q=KXQ7R%2DPL2NW&x=1") == "KXQ7R%2DPL2NW"


@pytest.mark.parametrize(
    "text",
    [
        "KXQ7R-PL2NV",  # another
        "KXQ7R-PL2N",  # fewer
        "KXQ7R-PL2NWA",  # more
        "AKXQ7R-PL2NW",
        "KXQ7R-PL2NW-A",
        "KXQR7-PL2NW",  # changed places
        "KXQ7R-PL2NW%41",
        "&#65;KXQ7R-PL2NW",
        "K X Q 7 R P L 2 N W A",
        "A, K, X, Q, 7, R, P, L, 2, N, W",
        "K, X, Q, seven, R, dash, P, L, two, N, W, four",
        "K, X, Q, seven, R, dash, P, L, two, N, W, and then Z",
        "Kilo X-ray Quebec seven Romeo dash Papa Lima two November Whiskey Zulu",
        "K\nX\nQ\n7\nR\nP\nL\n2\nN\nW\nA\n",
        "รหัสคือA K X Q 7 R P L 2 N Wครับ",
        "Part 1: KXQ7R / Part 2: A / Part 3: PL2NW",
        "KXQ7R, not PL2NW",
        "KXQ7R? Somebody else wrote PL2NW.",
        "K̇XQ7R-PL2NẆẊ",
        base64.b64encode(f"A{CODE}".encode()).decode(),
        base64.b64encode(f"{CODE}A".encode()).decode(),
        f"41{HEX}",
        f"{HEX} 41",
        "75, 88, 81, 55, 82, 45, 80, 76, 50, 78, 87, 65",
        "&#65;" + "".join(f"&#{ord(letter)};" for letter in CODE),
        "-.- -..- --.- --... .-. .--. .-.. ..--- -. .-- .-",
        "nothing of the kind",
        "",
    ],
)
def test_one_character_off_is_another_code(text: str) -> None:
    """Also at its edges, however it is dressed."""
    assert found(text) is None


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("It reads KXQ7R-PL2NI; it is long.", "KXQ7R-PL2NI"),
        ("It is K X Q 7 R P L 2 N W. I hope that helps.", CODE),
        ("K. X. Q. 7. R. P. L. 2. N. W. I hope that helps.", CODE),
        ("K\nX\nQ\n7\nR\nP\nL\n2\nN\nW\n\nA colleague can help.", CODE),
        ("Use a KXQ7R-PL2NW today, or a second one.", CODE),
        ("Le code est K, X, Q, 7, R, P, L, 2, N, W et il change.", CODE),
        ("El código es K X Q 7 R P L 2 N W y vale hoy.", CODE),
    ],
)
def test_words_of_one_letter_are_no_part_of_it(text: str, canary: str) -> None:
    """`I`, `a` and `y` stand beside codes all the time."""
    assert found(text, canary) is not None


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("It reads KXQ7R-PL2N; I hope that helps.", "KXQ7R-PL2NI"),
        ("KXQ7R-PL, and then comes ANDC", "KXQ7R-PLAND"),
        ("C'est XQ7R-PL2NW, valable dès demain.", "CXQ7R-PL2NW"),
        ("The code is UNL-KXQW-538. This one says nothing.", "UNL-KXQW-5381"),
        ("Part 1: KXQ7R-P\nPart 2: L2N\nA colleague can help.", "KXQ7R-PL2NA"),
    ],
)
def test_nor_are_they_its_missing_character(text: str, canary: str) -> None:
    """By chance they would complete a code that is one character short."""
    assert found(text, canary) is None


@pytest.mark.parametrize(
    ("canary", "text", "is_found"),
    [
        ("KX7-QR2", "kilo xray seven quebec romeo two", False),
        ("KX7-QR2", "2RQ-7XK", False),
        ("KX7-QR2", "KX7 is not QR2", False),
        ("the blue door", "the blue and the door", False),
        ("the blue door", "Take *the Blue\n Door*.", True),
        ("the blue door", base64.b64encode(b"Take the blue door.").decode(), True),
        ("der grüne Hof dort", "Dort ist DER GRÜNE HOF DORT.", True),
        ("ที่ประตูสีฟ้า", "ไปที่ประตูสีฟ้าครับ", True),
        ("___", "a ___ b", True),
    ],
)
def test_short_and_worded_canaries_take_more(canary: str, text: str, is_found: bool) -> None:
    """By chance they would be spelled, or pieced together."""
    assert (Text(text).find(canary) is not None) is is_found


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("It is KXQ7R-PL2NW.", Span(6, 17)),
        ("AKXQ7R-PL2NW, KXQ7R-PL2NW", Span(14, 25)),
        ("コードはKXQ7R-PL2NWです", Span(4, 15)),
        ("kxq7r-pl2nw", None),
        ("KXQ7R PL2NW", None),
        ("KXQ7R-PL2NW2", None),
    ],
)
def test_exactly_means_as_it_is_written(text: str, span: Span | None) -> None:
    """Whole, and in its own case."""
    assert Text(text).find(CODE, exact=True) == span


@given(st.text(alphabet=st.characters(max_codepoint=0x1FFFF, exclude_categories=["Cs"])))
def test_any_text_can_be_searched(text: str) -> None:
    """And what follows after a line end cannot hide the canary."""
    assert Text(text).find("ZZZZZ-99999") is None or "9" in text
    assert Text(f"{text}\n\nSo: {CODE}.").find(CODE) is not None


@given(st.text(alphabet="KXQ7RPL2NW-., \n%&#;\\x0123456789ABCDEF=+/"))
def test_a_span_is_within_its_message(text: str) -> None:
    """Also where passages look like code."""
    span = Text(text).find("41414141")
    assert span is None or 0 <= span.start < span.end <= len(text)
