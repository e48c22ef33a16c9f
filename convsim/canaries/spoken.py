"""What the words of a text spell when somebody spells: letters, digits, or nothing.

`Kilo` is K, `four` is 4, `dash` and `the second half is` are nothing, and what is in no list stays
as it is. Ordinary words stay too, so that nothing is pieced together across them. Words in capitals
are looked up only where there are several: `IN` alone may be a piece of a code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convsim.canaries.folding import WIDE

_ALPHABET = """
alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november
oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu
"""
DIGITS = (
    "zero null cero nul",
    "one eins uno un um",
    "two zwei dos deux due dois",
    "three drei tres trois tre",
    "four vier cuatro quatre quattro quatro",
    "five fünf fuenf cinco cinq cinque",
    "six sechs seis sei",
    "seven sieben siete sept sette sete",
    "eight acht ocho huit otto oito",
    "nine niner neun nueve neuf nove",
)
_SIGNS = """
dash hyphen minus space blank strich bindestrich tiret guion guión trattino hífen traço
"""
LABELS = """
part parts piece pieces half halves segment segments section chunk block group line portion letter
letters digit digits character characters char number symbol position item
teil teile stück hälfte abschnitt buchstabe ziffer zeichen
partie parties moitié morceau lettre chiffre
parte partes mitad trozo letra cifra metà lettera pezzo metade caractere
"""
_ORDER = """
first second third fourth fifth sixth seventh eighth ninth tenth next last final finally lastly then
1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th initial opening closing beginning middle ending remaining
other another rest remainder
erste erster ersten erstes zweite zweiter zweiten zweites dritte dritten letzte letzten dann zuerst
zuletzt schließlich
premier première deuxième seconde troisième dernier dernière puis ensuite enfin
primera primero segunda segundo tercera tercero última último luego después
prima seconda terza ultima poi infine primeira segunda terceira depois
"""
_JOINTS = """
and plus is are was it its the of to in on as with by that this which comes come goes go going
follows followed following after before start starts starting begin begins beginning end ends finish
finishes continue continues code consists made capital uppercase lowercase upper lower case
capitals cap
lautet ist sind und mit von der die das gefolgt beginnt endet
est sont et avec de la le les suivi commence finit termine
son con el los empieza seguido termina
sono del della seguito inizia finisce são e começa seguida
"""


def _known() -> dict[str, str]:
    """What each word is spelling for, in the two cases in which it is surely a word."""
    spelt = {word: "" for words in (_SIGNS, LABELS, _ORDER, _JOINTS) for word in words.split()}
    spelt |= {name: str(digit) for digit, names in enumerate(DIGITS) for name in names.split()}
    spelt |= {name: name[0] for name in _ALPHABET.split()}
    bare = {WIDE.of(word): meant for word, meant in spelt.items() if len(word) > 1}
    return bare | {word.capitalize(): meant for word, meant in bare.items()} | {"XRay": "x"}


KNOWN = _known()
_KNOWN_OR_SHOUTED = KNOWN | {word.upper(): meant for word, meant in KNOWN.items()}
_SHOUTED = frozenset(word.upper() for word in KNOWN if len(word) > 2)
_SHOUTING = 3
"""So many known words in capitals are words; fewer may be pieces of a code, like `IN` and `SIX`."""


def known_among(words: Sequence[str]) -> Mapping[str, str]:
    """What the words of a text spell."""
    if _SHOUTED.isdisjoint(words):
        return KNOWN
    shouted = sum(map(_SHOUTED.__contains__, words))
    return KNOWN if shouted < _SHOUTING else _KNOWN_OR_SHOUTED
