"""A message that is searched for canaries: its views are made at need, and each of them once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from convsim.canaries.coded import Passage, passages, unescaped
from convsim.canaries.folding import PLAIN, WIDE, Fold
from convsim.canaries.markup import unmarked
from convsim.canaries.needle import Needle, needle_of
from convsim.canaries.phrases import blanked
from convsim.canaries.spoken import known_among
from convsim.canaries.view import BREAK, View, words_of
from convsim.canaries.whole import Hit, stands_apart
from convsim.reading import Span

DEEPEST = 2
"""Code inside of code: Base64 of hexadecimal is read, and no further."""

Back = Callable[[Span], Span]
"""From a passage of a view to the passage of the message."""


class Text:
    """A message, for finding canaries in it. One object serves all of them.

    >>> Text("The code is K X Q 7 R - P L 2 N W.").find("KXQ7R-PL2NW")
    Span(start=12, end=33)
    """

    __slots__ = ("_depth", "_dressed", "_plain", "text")

    def __init__(self, text: str, *, depth: int = 0) -> None:
        self.text = text
        self._depth = depth
        self._plain: View | None = None
        self._dressed: _Dressed | None = None

    def find(self, canary: str, *, exact: bool = False) -> Span | None:
        """Where a canary stands, however it is dressed; where `exact`, only as it is written.

        Of a canary in code it is the whole passage.
        """
        if exact:
            return _literal(self.text, canary)
        needle = needle_of(canary)
        return self.found(needle) if needle.squeezed else _literal(self.text, canary)

    def found(self, needle: Needle) -> Span | None:
        """Where it stands: a short one as it is, a long one in any dress."""
        if needle.forms:
            dressed = self.dressed
            return dressed.found(needle) if dressed.may_hold(needle) else None
        span = _in_view(self.plain, needle.squeezed, needle)
        return None if span is None else _unfolded(self.text, PLAIN)(span)

    @property
    def plain(self) -> View:
        """The message as it is."""
        if self._plain is None:
            text = PLAIN.of(self.text)
            self._plain = View(text, words_of(text))
        return self._plain

    @property
    def dressed(self) -> _Dressed:
        """The message taken as something else."""
        if self._dressed is None:
            self._dressed = _Dressed(self.text, self._depth)
        return self._dressed


class _Dressed:
    """All that a message can be taken as; `all` of it at once, to look whether it is worth it.

    With escapes in it, it is nothing but what it is without them: `KX%37` is no `KX`.
    """

    __slots__ = ("_back", "_inner", "_views", "all")

    def __init__(self, text: str, depth: int) -> None:
        self._inner: list[tuple[Text, Back]] = []
        self._views: list[View] = []
        undone, escapes = unescaped(text) if depth < DEEPEST else (text, [])
        if escapes:
            self._inner.append((Text(undone, depth=depth + 1), _escaped(escapes)))
        else:
            self._views += _views(unmarked(WIDE.of(text)))
            if depth < DEEPEST and (said := list(passages(text))):
                decoded = BREAK.join(each.says for each in said)
                self._inner.append((Text(decoded, depth=depth + 1), _encoded(said)))
        self._back = _unfolded(text, WIDE)
        inside = (inner.dressed.all for inner, _ in self._inner)
        self.all: str = BREAK.join([*(view.squeezed for view in self._views), *inside])

    def may_hold(self, needle: Needle) -> bool:
        """Whether its letters and digits stand anywhere."""
        return any(map(self.all.__contains__, needle.forms))

    def found(self, needle: Needle) -> Span | None:
        """Where a canary stands in the message."""
        for view in self._views if needle.code else self._views[:1]:
            # What follows letters that are spelled may be a word: `K, X, four`.
            spelled = view is not self._views[0] or not needle.code
            for form in needle.forms:
                if (span := _in_view(view, form, needle, spelled=spelled)) is not None:
                    return self._back(span)
        for inner, back in self._inner:
            if (span := inner.found(needle)) is not None:
                return back(span)
        return None


def _views(text: str) -> Iterator[View]:
    """A folded text as it is written, and as it is spoken."""
    words = words_of(text)
    yield View(text, words)
    said = blanked(text, words)
    yield View(said, words if said is text else words_of(said), known_among(words))


def _in_view(view: View, squeezed: str, needle: Needle, *, spelled: bool = True) -> Span | None:
    for at in view.occurrences(squeezed):
        hit = Hit(view, at, len(squeezed))
        if (spelled or not hit.is_spelled) and hit.is_whole(needle):
            return Span(hit.start, hit.end)
    return None


def _literal(text: str, canary: str) -> Span | None:
    at = text.find(canary)
    while at >= 0:
        end = at + len(canary)
        if stands_apart(text, at, end):
            return Span(at, end)
        at = text.find(canary, at + 1)
    return None


def _unfolded(text: str, fold: Fold) -> Back:
    def back(span: Span) -> Span:
        if text.isascii():
            return span
        origins = fold.origins(text)
        return Span(origins[span.start], origins[span.end - 1] + 1)

    return back


def _encoded(said: Sequence[Passage]) -> Back:
    starts = list(accumulate((len(each.says) + len(BREAK) for each in said), initial=0))
    return lambda span: said[bisect_right(starts, span.start) - 1].span


def _escaped(escapes: Sequence[Passage]) -> Back:
    """Back through escapes: a place inside of what one stands for is the whole of it."""

    def back(span: Span) -> Span:
        return Span(_before(escapes, span.start).start, _before(escapes, span.end - 1).end)

    return back


def _before(escapes: Sequence[Passage], place: int) -> Span:
    """Where the character at a place of the text without escapes stands."""
    shorter = 0
    for span, says in escapes:
        start = span.start - shorter
        if place < start:
            break
        if place < start + len(says):
            return span
        shorter += span.end - span.start - len(says)
    return Span(place + shorter, place + shorter + 1)
