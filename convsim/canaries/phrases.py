"""Phrases around what is spelled: `K as in kilo`, `Part 2:`, the number of a list item.

They are blanked out, letter by letter, which moves no place; words by themselves are `spoken`'s.
Each is looked for only where the words of a text make it possible, because most texts have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import compress

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
_CLOSED = rf"['\"”’*`)\]{FILLER}]*"
_AS = (
    r"(?:as[ -]in|is for|stands for|like in|like|for|wie|comme|como|come|as|of)[\s-]+"
    r"(?:(?:the\s+)?(?:word|letter|number|digit|name)\s+)?"
)
_EQUALS = r"(?:[ \t]+[-–—=→][ \t]+|\s*[:=(\[/|]\s*)"
_AS_IN = re.compile(
    rf"{_ALONE}{_CLOSED}(?:"
    rf"(?:,?\s+|-|\s*[(\[]\s*){_AS}{_OPENED}(?i:\1(?:[a-z]{{2,}}|[- ]ray))"
    rf"|{_EQUALS}{_OPENED}{_NO_DIGIT}(?i:\1)(?:[a-z]{{2,}}|[- ]?(?i:ray))(?![A-Z0-9])"
    rf"){_CLOSED}"
)
_DIGIT_AS_IN = re.compile(
    rf"(?<![A-Za-z0-9])([0-9])(?![A-Za-z0-9]){_CLOSED}"
    rf"(?:(?:,?\s+|-|\s*[(\[]\s*){_AS}|{_EQUALS}){_OPENED}([A-Za-zäöüéèçãíó]{{2,7}}+)(?![A-Za-z0-9]){_CLOSED}"
)
_NAME_OF = re.compile(
    rf"(?<![A-Za-z0-9])([A-Za-z](?:[a-z]{{2,}}))\x1f?(\s*[(\[]|{_EQUALS})(\w)(?![A-Za-z0-9])"
)
_DIGIT_NAMES = frozenset(
    cased for name, meant in KNOWN.items() if meant.isdigit() for cased in (name, name.upper())
)
_ARTICLES = frozenset(("a", "an"))
_LIKE = frozenset(("as", "is", "stands", "like", "for", "wie", "comme", "como", "come", "of"))
_X_RAY = re.compile(r"(?<![A-Za-z0-9])(x)[- ‐–](ray)(?![A-Za-z0-9])", re.IGNORECASE)
_ONE = r"['\"“‘*`]*[A-Za-z0-9](?![A-Za-z0-9])"
_CASE = r"(?:capital|upper[- ]?case|lower[- ]?case|small|big|cap)"
_SORT = r"(?:letter|character|digit|number|numeral|figure|no\.|\#)"
# In `capital a, capital b` the first `a` is no article.
_ARTICLE = r"(?:the\s+|(?<=[,;:] )an?[ ]+|(?<=then )an?[ ]+)?"
_KIND = re.compile(
    rf"(?<![A-Za-z0-9]){_ARTICLE}(?:{_CASE}\s+(?:{_SORT}\s*)?|{_SORT}\s*)(?={_ONE})", re.IGNORECASE
)
_KIND_BEHIND = re.compile(
    rf"(?<=[A-Za-z0-9])[*_`'\"”’]*[ \t]*[(\[](?:{_CASE}(?:\s+{_SORT})?|{_SORT})[)\]]", re.IGNORECASE
)
_KIND_NAMES = """
capital uppercase upper lowercase lower case small big cap letter character digit number numeral
figure no
"""
_KINDS = frozenset(
    word for name in _KIND_NAMES.split() for word in (name, name.capitalize(), name.upper())
)
_AN = re.compile(r"(?<![A-Za-z0-9])an? (?=['\"“‘*`]*[A-Z0-9](?![A-Za-z0-9]))")
_FEWEST_ARTICLES = 4
_UP_TO_SIXTEENTH = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth
"""
_ORDINALS = _UP_TO_SIXTEENTH.split()
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
    r"(?<![A-Za-z0-9_])(?:(?:const|let|var)\s+)?"
    r"(?:(['\"])\w{1,30}+\1\s{0,4}+:\s{0,4}+\d{1,2},\s{0,9}+)?"
    r"(['\"]?)\w{1,30}+(?:\[\d{1,2}\])?\2\s{0,4}+\+?[:=]\s{0,4}+"
    r"(?=['\"])"
)
_QUOTED = re.compile(r"[:=]\s{0,4}['\"]")
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
    if not _LABELLING.isdisjoint(met) and _are_labelled(words):
        text = _LABEL.sub(_blank, text)
    if ("=" in text or '":' in text or "':" in text) and _QUOTED.search(text):
        text = _ASSIGNED.sub(_blank, text)
    if len(met & _SINGLE) >= _SPELT:
        text = _unexplained(text, words)
    if met.issuperset(_FIRST_NUMBERS):
        text = _unnumbered(text)
    if "1" in met and "2" in met:
        text = _unlisted(text)
    return text if text.isascii() else _HAN_LABEL.sub(_blank, text)


def _are_labelled(words: Sequence[str]) -> bool:
    """Whether a number follows a word like `part`, or `part no.`."""
    labels = compress(range(len(words)), map(_LABELLING.__contains__, words))
    return any(
        not _COUNTING.isdisjoint(words[place + 1 : place + (3 if _is_no(words, place + 1) else 2)])
        for place in labels
    )


def _is_no(words: Sequence[str], place: int) -> bool:
    return place < len(words) and words[place].lower() in ("no", "number")


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _first_letter(found: re.Match[str]) -> str:
    return found[1] + " " * (len(found[0]) - 1)


def _unexplained(text: str, words: Sequence[str]) -> str:
    """Without what is said of single letters and digits: what they are, and are the first of."""
    alone = list(compress(range(len(words)), map((1).__eq__, map(len, words))))
    named = [(words[place - 1], words[place]) for place in alone if place]
    called = [(words[place], words[place + 1]) for place in alone if place + 1 < len(words)]
    before = {word for word, _ in named}
    after = {word for _, word in called}
    if not _KINDS.isdisjoint(after):
        text = _KIND_BEHIND.sub(_blank, text)
    if "#" in text or not _KINDS.isdisjoint(before):
        text = _KIND.sub(_blank, text)
    is_like = not _LIKE.isdisjoint(after)
    if is_like or any(
        one in (word[0].upper(), word[0].lower()) for one, word in called if len(word) > 2
    ):
        text = _AS_IN.sub(_first_letter, text)
    if not _DIGIT_NAMES.isdisjoint(words if is_like else after):
        text = _DIGIT_AS_IN.sub(_digit, text)
    if len({one for name, one in named if len(name) > 2 and _may_name(name, one)}) >= _SPELT:
        text = _NAME_OF.sub(_named, text)
    return text if _ARTICLES.isdisjoint(before) else _without_articles(text)


def _without_articles(text: str) -> str:
    """Without those of letters, where several have one: `a K, then an X`."""
    articles = [found.span() for found in _AN.finditer(text)]
    return _without(articles, text) if len(articles) >= _FEWEST_ARTICLES else text


def _digit(found: re.Match[str]) -> str:
    """A digit without its name: `7 as in seven`."""
    return _first_letter(found) if KNOWN.get(found[2].lower()) == found[1] else found[0]


def _named(found: re.Match[str]) -> str:
    """A letter or digit without its name before it: `Kilo (K)`."""
    name, between, one = found.groups()
    meant = KNOWN.get(name) or (name[0].lower() if between[-1] in "([" else "")
    return found[0] if one.lower() != meant else " " * (len(found[0]) - 1) + one


def _may_name(word: str, one: str) -> bool:
    """Whether a word may be the name of a letter or digit behind it."""
    return one.lower() in (word[0].lower(), KNOWN.get(word)) or word in _RAY


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
    """Without the numbers of letters that are numbered in one way from 1 or 0 on: `1: K, 2: X`."""
    numbers = max((_numbers(text, first) for first in (1, 0)), key=len)
    if len(numbers) < _SHORTEST_LIST:
        return text
    return _without([number.span(1) for number in numbers], text)


def _numbers(text: str, first: int) -> list[re.Match[str]]:
    """Numbers before letters, in one way from the first on."""
    numbers: list[re.Match[str]] = []
    free = 0
    for found in _NUMBER_OF.finditer(text):
        if int(found[1]) == first and len(numbers) < _SHORTEST_LIST:
            numbers.clear()  # what came before was another list
        follows = int(found[1]) == len(numbers) + first and found.start() >= free
        if follows and (not numbers or found[2] == numbers[0][2]):
            numbers.append(found)
            value = _VALUE.match(text, found.end())
            free = value.end() if value else found.end()
    return numbers


def _without(places: Iterable[tuple[int, int]], text: str) -> str:
    """A text with some passages blanked out."""
    pieces, last = [], 0
    for start, end in places:
        pieces += [text[last:start], " " * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])
