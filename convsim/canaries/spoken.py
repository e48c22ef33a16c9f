"""What remains of a text when its words are taken as somebody spells: letters, digits and pieces.

`Kilo` is K, `four` is 4, `dash` and `the second half is` are nothing, and what is in no list stays
as it is. Ordinary words stay in between too, so that nothing is pieced together across them. Whole
phrases (`K as in kilo`, `Part 2:`, the number of a list item) are blanked out beforehand, letter by
letter, which moves no place.

Words in capitals are looked up only where there are several: `IN` alone may be a piece of a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from convsim.canaries.folding import WIDE

_ALPHABET = """
alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november
oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu
"""
_DIGITS = (
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
_LABELS = """
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
finishes continue continues code consists made capital uppercase lowercase upper lower case capitals
lautet ist sind und mit von der die das gefolgt beginnt endet
est sont et avec de la le les suivi commence finit termine
son con el los empieza seguido termina
sono del della seguito inizia finisce são e começa seguida
"""


def _known() -> dict[str, str]:
    """What each word is spelling for, in the two cases in which it is surely a word."""
    spelt = {word: "" for words in (_SIGNS, _LABELS, _ORDER, _JOINTS) for word in words.split()}
    spelt |= {name: str(digit) for digit, names in enumerate(_DIGITS) for name in names.split()}
    spelt |= {name: name[0] for name in _ALPHABET.split()}
    bare = {WIDE.of(word): meant for word, meant in spelt.items() if len(word) > 1}
    return bare | {word.capitalize(): meant for word, meant in bare.items()}


KNOWN = _known()
_KNOWN_OR_SHOUTED = KNOWN | {word.upper(): meant for word, meant in KNOWN.items()}
_SHOUTED = frozenset(word.upper() for word in KNOWN if len(word) > 2)
_SHOUTING = 3
"""So many known words in capitals are words; fewer may be pieces of a code, like `IN` and `SIX`."""


def known_among(words: Sequence[str]) -> Mapping[str, str]:
    """What the words of a text spell."""
    shouted = sum(map(_SHOUTED.__contains__, words))
    return KNOWN if shouted < _SHOUTING else _KNOWN_OR_SHOUTED


_SINGLE = frozenset("BCDEFGHJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz0123456789")
"""Letters and digits that are no words by themselves."""

_RAY = frozenset(("ray", "Ray", "RAY"))
_SPELT = 3
"""So many different letters and digits alone make it worth looking for phrases around them."""

_LABELLING = frozenset(
    word
    for name in ("first", "last", *_LABELS.split())
    for word in (name, name.capitalize(), name.upper())
)
_COUNTS = "one two three four five six seven eight nine ten"
_COUNTING = frozenset(
    word
    for name in ("i ii iii iv a b c d 1 2 3 4 5 6 7 8 9 " + _COUNTS).split()
    for word in (name, name.capitalize(), name.upper())
)
_NUMBER = _COUNTS.replace(" ", "|")
_NO_DIGIT = rf"(?!(?i:{'|'.join(' '.join(_DIGITS).split())})\b)"
_AS_IN = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z0-9])(?![A-Za-z0-9])['\"”’*`)\]]*"
    r"(?:,?\s+(?:as in|is for|like|for|wie|comme|como|come|as)\s+|[ \t]+[-–—=→][ \t]+|\s*[:=(]\s*)"
    rf"['\"“‘(*`]*{_NO_DIGIT}(?i:\1)(?:[a-z]{{2,}}|-?ray)"
)
_X_RAY = re.compile(r"(?<![A-Za-z0-9])(x)[- ](ray)(?![A-Za-z0-9])", re.IGNORECASE)
_LABEL = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:part|piece|half|segment|section|chunk|block|group|line|portion|position|item|teil|stuck|"
    r"abschnitt|partie|morceau|parte|trozo|pezzo)\s*(?:no\.?\s*|number\s+|#\s*)?"
    rf"(?:\d{{1,2}}|[a-d]|i{{1,3}}|iv|vi?|{_NUMBER})(?:\s*(?:of|/)\s*\d+)?[*_`]*"
    r"\s*(?:[:=)→]|\s[-–—]\s|\s(?:is|are|ist|est|es)\s)"
    r"|(?:char(?:acter)?|symbol|letter|digit|zeichen)\s*(?:no\.?\s*|number\s+|#\s*)?\d{1,2}\s*[:=]"
    rf"|(?:first|last|next|other|remaining|final)\s+(?:{_NUMBER}|\d{{1,2}}(?=\s+(?:letter|char|digit|symbol)))"
    r"(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^[ \t>*+-]*\(?(\d{1,2})[.):][*_]*[ \t]+(?=\S)", re.MULTILINE)
_HAN_LABEL = re.compile(
    r"第[一二三四五六七八九十]|(?:部分|前半|后半|後半|最初|最後|最后|接着|然后|其次|连字符|横杠|ハイフン)"
    r"|[段是为為和半のはとで次]"
)
_SHORTEST_LIST = 6
"""Letters that are numbered one by one, at least."""

_FIRST_NUMBERS = frozenset(map(str, range(1, _SHORTEST_LIST + 1)))


def blanked(text: str, words: Sequence[str]) -> str:
    """A text without the phrases around what is spelled; every place stays."""
    met = frozenset(words)
    if not _RAY.isdisjoint(met):
        text = _X_RAY.sub(r"\1\2 ", text)
    if _are_labelled(words):
        text = _LABEL.sub(_blank, text)
    if len(met & _SINGLE) >= _SPELT:
        text = _AS_IN.sub(_first_letter, text)
    if met.issuperset(_FIRST_NUMBERS):
        text = _unnumbered(text)
    if "1" in met and "2" in met:
        text = _unlisted(text)
    return text if text.isascii() else _HAN_LABEL.sub(_blank, text)


def _are_labelled(words: Sequence[str]) -> bool:
    """Whether a number follows a word like `part` soon."""
    labels = [place for place, word in enumerate(words) if word in _LABELLING]
    return any(not _COUNTING.isdisjoint(words[place + 1 : place + 3]) for place in labels)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _first_letter(found: re.Match[str]) -> str:
    return found[1] + " " * (len(found[0]) - 1)


def _unlisted(text: str) -> str:
    """Without the numbers of list items, where a list has several."""
    items: list[tuple[int, int]] = []
    last = 0
    for found in _MARKER.finditer(text):
        number = int(found[1])
        if number == 1 or (number == last + 1 and last):
            items.append(found.span())
            last = number
    return _without(items, text) if len(items) > 1 else text


def _unnumbered(text: str) -> str:
    """Without the numbers of letters that are numbered in one way from 1 on: `1: K, 2: X, ...`."""
    numbers: list[re.Match[str]] = []
    free = 0
    for found in _NUMBER_OF.finditer(text):
        if found[1] == "1" and len(numbers) < _SHORTEST_LIST:
            numbers.clear()  # what came before was another list
        follows = int(found[1]) == len(numbers) + 1 and found.start() >= free
        if follows and (not numbers or found[2] == numbers[0][2]):
            numbers.append(found)
            value = _VALUE.match(text, found.end())
            free = value.end() if value else found.end()
    if len(numbers) < _SHORTEST_LIST:
        return text
    return _without([number.span(1) for number in numbers], text)


def _without(places: Iterable[tuple[int, int]], text: str) -> str:
    """A text with some passages blanked out."""
    pieces, last = [], 0
    for start, end in places:
        pieces += [text[last:start], " " * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])


_NUMBER_OF = re.compile(r"(?<![A-Za-z0-9])(\d{1,2})(\s*(?:[.:)=→|]|\s[-–—]\s))")
_VALUE = re.compile(r"[\W_]{0,12}[^\W_]+")
