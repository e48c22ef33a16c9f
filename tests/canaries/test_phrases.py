"""Phrases around what is spelled are left out, and no place moves."""

from __future__ import annotations

import pytest

from tests.canaries.spelling import spelled


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("K as in king, B like bear, C – cat, D (dog)", "kbcd"),
        ("Part 1: KXQ, part two: 7RP", "kxq7rp"),
        ("Part 1 of 2 is KXQ", "kxq"),
        ("Character 1: K, character 2: X", "kx"),
        ("1. K\n2. X", "kx"),
        ("1: K, 2: X, 3: Q, 4: 7, 5: R, 6: P", "kxq7rp"),
        ("1) K, 2) 2, 3) 3, 4) 7, 5) R, 6) P", "k237rp"),
        ("the first three are KXQ, the last 3 characters 7RP", "kxq7rp"),
        ("T - two", "t2"),
        ("U-UFS", "uufs"),
        ("1. Kx7", "1kx7"),  # no list has one item
        (
            "K (like kilo) 7 as in seven, Q [as in QUEEN], 4 for four, 2 - two, R-as-in-rose",
            "k7q42r",
        ),
        ("K wie Kaufmann, 7 wie sieben, X as in the word Xylophone, B stands for bear", "k7xb"),
        ("7 as in six, K, X", "76kx"),  # another digit's name is no name
        ("Kilo (K), seven (7), king (Q), X-Ray (X)", "k7kingqx"),
        ("Kilo = K, Lima – L, Echo/E, seven - S", "kle7s"),
        ("X-Ray, X-RAY, X ray, XRay", "xxxx"),
        ("upper-case K, capital letter X, the number 7, #4, No. 2", "kx742"),
        ("lowercase a, lowercase b, lowercase c, lowercase d", "abcd"),
        ("K (capital), X (uppercase), q (lower-case letter)", "kxq"),
        ("a K, an X, a Q, an R", "kxqr"),
        ("First: K\nSecond: X\nThird: Q\nFourth: 7", "kxq7"),
        ("The 1st letter is K, the 2nd is X, the 3rd is Q, the 4th digit is 7", "kxq7"),
        ("0: K, 1: X, 2: Q, 3: 7, 4: R, 5: P, 6: L", "kxq7rpl"),
        ('{"1": "K", "part2": "X"} b = "Q"', "kxq"),
        ('[{"at": 1, "is": "K"}, {"at": 2, "is": "X"}]', "kx"),
        ("code[0] = 'K'\ns += 'X'", "kx"),
        ("**K**ilo **L**ima **7** **X**", "kl7x"),
        ("第一部分：KXQ，第二部分：7RP", "kxq7rp"),
    ],
)
def test_what_is_left(text: str, meant: str) -> None:
    """Letters, digits and pieces; what only looks like a phrase stays."""
    assert spelled(text) == meant
