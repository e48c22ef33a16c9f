"""Phrases around what is spelled: `K as in kilo`, `Part 2:`, the number of a list item.

They are blanked out, letter by letter, which moves no place; words by themselves are `spoken`'s.
Each is looked for only where the words of a text make it possible, because most texts have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from convsim.canaries.markup import FILLER, with_initials
from convsim.canaries.spoken import DIGITS, KNOWN, LABELS

_SINGLE = frozenset("BCDEFGHJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz0123456789")
"""Letters and digits that are no words by themselves."""

_RAY = frozenset(("ray", "Ray", "RAY"))
_SPELT = 3
"""So many different letters and digits alone make it worth looking for phrases around them."""

_LABELLING = frozenset(
    word
    for name in ("first", "last", *LABELS.split())
    for word in (name, name.capitalize(), name.upper())
)
_COUNTS = "one two three four five six seven eight nine ten"
_COUNTING = frozenset(
    word
    for name in ("i ii iii iv a b c d 1 2 3 4 5 6 7 8 9 " + _COUNTS).split()
    for word in (name, name.capitalize(), name.upper())
)
_NUMBER = _COUNTS.replace(" ", "|")
_NO_DIGIT = rf"(?!(?i:{'|'.join(' '.join(DIGITS).split())})\b)"
_ALONE = r"(?<![A-Za-z0-9])([A-Za-z0-9])(?![A-Za-z0-9])"
_OPENED = r"['\"“‘(\[*`]*"
_CLOSED = r"['\"”’*`)\]]*"
_AS = (
    r"(?:as in|is for|stands for|like|for|wie|comme|como|come|as)\s+"
    r"(?:(?:the\s+)?(?:word|letter|number|digit|name)\s+)?"
)
_EQUALS = r"(?:[ \t]+[-–—=→][ \t]+|\s*[:=(\[/|]\s*)"
_AS_IN = re.compile(
    rf"{_ALONE}{_CLOSED}(?:"
    rf"(?:,?\s+|\s*[(\[]\s*){_AS}{_OPENED}(?i:\1(?:[a-z]{{2,}}|[- ]ray))"
    rf"|{_EQUALS}{_OPENED}{_NO_DIGIT}(?i:\1)(?:[a-z]{{2,}}|[- ]?(?i:ray))(?![A-Z0-9])"
    r")"
)
_DIGIT_AS_IN = re.compile(
    rf"(?<![A-Za-z0-9])([0-9])(?![A-Za-z0-9]){_CLOSED}"
    rf"(?:(?:,?\s+|\s*[(\[]\s*){_AS}|{_EQUALS}){_OPENED}([A-Za-zäöüéèçãíó]{{2,7}})(?![A-Za-z0-9])"
)
_NAME_OF = re.compile(r"(?<![A-Za-z0-9])([A-Za-z](?:[a-z]{2,}|-[Rr]ay))(\s*[(\[])(\w)(?=[)\]])")
_X_RAY = re.compile(r"(?<![A-Za-z0-9])(x)[- ‐–](ray)(?![A-Za-z0-9])", re.IGNORECASE)
_ONE = r"['\"“‘*`]*[A-Za-z0-9](?![A-Za-z0-9])"
_CASE = r"(?:capital|upper[- ]?case|lower[- ]?case|small|big|cap)"
_SORT = r"(?:letter|character|digit|number|numeral|figure|no\.|\#)"
# In `capital a, capital b` the first `a` is no article.
_ARTICLE = r"(?:the\s+|(?<=[,;:] )an?[ ]+|(?<=then )an?[ ]+)?"
_KIND = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_ARTICLE}(?:{_CASE}\s+(?:{_SORT}\s*)?|{_SORT}\s*)(?={_ONE})"
    rf"|(?-i:an?)[ ]+(?=(?-i:['\"“‘*`]*[A-Z0-9])(?![A-Za-z0-9])))",
    re.IGNORECASE,
)
_KIND_BEHIND = re.compile(
    rf"(?<=[A-Za-z0-9])[ \t]*[(\[](?:{_CASE}(?:\s+{_SORT})?|{_SORT})[)\]]", re.IGNORECASE
)
_FEWEST_KINDS = 4
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth"
).split()
_ORDINAL = re.compile(
    rf"(?<![A-Za-z0-9])(?:and\s+)?(?:the\s+)?(?:{'|'.join(_ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"
    r"(?:\s+(?:letter|character|digit|symbol|one|position|place))?[*_]*"
    r"(?:\s*[:=)→|]|\s[-–—]\s|\s(?:is|are)\s|,)[*_]*",
    re.IGNORECASE,
)
_FIRST_ORDINALS = (
    frozenset(_ORDINALS[:4]),
    frozenset(map(str.capitalize, _ORDINALS[:4])),
    frozenset(("1st", "2nd", "3rd", "4th")),
)
_ASSIGNED = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:const|let|var)\s+)?(['\"]?)\w{1,30}(?:\[\d{1,2}\])?\1\s{0,4}[:=]\s{0,4}"
    r"(?=['\"])"
)
_ASSIGNING = ('": "', '":"', '= "', '="', "= '", "='", "': '")
_LABEL = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:part|piece|half|segment|section|chunk|block|group|line|portion|position|item|teil|stuck|"
    r"abschnitt|partie|morceau|parte|trozo|pezzo)\s*(?:no\.?\s*|number\s+|#\s*)?"
    rf"(?:\d{{1,2}}|[a-d]|i{{1,3}}|iv|vi?|{_NUMBER})(?:\s*(?:of|/)\s*\d+)?[*_`]*"
    r"\s*(?:[:=)→]|\s[-–—]\s|\s(?:is|are|ist|est|es)\s)"
    r"|(?:char(?:acter)?|symbol|letter|digit|zeichen)\s*(?:no\.?\s*|number\s+|#\s*)?\d{1,2}\s*[:=]"
    r"|(?:first|last|next|other|remaining|final)\s+"
    rf"(?:{_NUMBER}|\d{{1,2}}(?=\s+(?:letter|char|digit|symbol)))(?![A-Za-z0-9]))",
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


_NUMBER_OF = re.compile(r"(?<![A-Za-z0-9])(\d{1,2})(\s*(?:[.:)=→|]|\s[-–—]\s))")
_VALUE = re.compile(r"[\W_]{0,12}[^\W_]+")


def blanked(text: str, words: Sequence[str]) -> str:
    """A text without the phrases around what is spelled; every place stays."""
    met = frozenset(words)
    text = with_initials(text)
    if not _RAY.isdisjoint(met):
        text = _X_RAY.sub(rf"\1ray{FILLER}", text)
    if any(map(met.issuperset, _FIRST_ORDINALS)):
        text = _ORDINAL.sub(_blank, text)
    if _are_labelled(words):
        text = _LABEL.sub(_blank, text)
    if any(sign in text for sign in _ASSIGNING):
        text = _ASSIGNED.sub(_blank, text)
    if len(met & _SINGLE) >= _SPELT:
        text = _unexplained(text)
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


def _unexplained(text: str) -> str:
    """Without what is said of single letters and digits: what they are, and are the first of."""
    text = _AS_IN.sub(_first_letter, text)
    text = _DIGIT_AS_IN.sub(_digit, text)
    text = _NAME_OF.sub(_named, text)
    text = _KIND_BEHIND.sub(_blank, text)
    kinds = [found.span() for found in _KIND.finditer(text)]
    return _without(kinds, text) if len(kinds) >= _FEWEST_KINDS else text


def _digit(found: re.Match[str]) -> str:
    """A digit without its name: `7 as in seven`."""
    return _first_letter(found) if KNOWN.get(found[2]) == found[1] else found[0]


def _named(found: re.Match[str]) -> str:
    """A letter or digit without its name before it: `Kilo (K)`."""
    if found[3] not in (found[1][0].upper(), found[1][0].lower(), KNOWN.get(found[1])):
        return found[0]
    return " " * (len(found[0]) - 1) + found[3]


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
