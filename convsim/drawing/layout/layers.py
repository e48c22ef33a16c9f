"""Which layer each box is in: as deep as the longest way to it, without the ways that lead back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from convsim.drawing.layout.geometry import Line


def leading_back(boxes: Iterable[str], lines: Sequence[Line], start: str) -> frozenset[int]:
    """The lines that lead back to where a walk from the start still is."""
    leaving: dict[str, list[int]] = {name: [] for name in boxes}
    for number, line in enumerate(lines):
        leaving[line.source].append(number)
    found: set[int] = set()
    done: set[str] = set()
    on_way: set[str] = set()
    for root in (start, *leaving):
        if root in done:
            continue
        on_way.add(root)
        walk = [(root, iter(leaving[root]))]
        while walk:
            name, rest = walk[-1]
            onward = next(rest, None)
            if onward is None:
                walk.pop()
                on_way.discard(name)
                done.add(name)
                continue
            to = lines[onward].to
            if to in on_way:
                found.add(onward)
            elif to not in done:
                on_way.add(to)
                walk.append((to, iter(leaving[to])))
    return frozenset(found)


def layers_of(
    boxes: Iterable[str], lines: Sequence[Line], backward: frozenset[int]
) -> dict[str, int]:
    """The layer of each box: how long the longest way to it is."""
    below: dict[str, list[str]] = {name: [] for name in boxes}
    waiting = dict.fromkeys(below, 0)
    for upper, lower in _downward(lines, backward):
        below[upper].append(lower)
        waiting[lower] += 1
    layer_of = dict.fromkeys(below, 0)
    ready = [name for name, number in waiting.items() if not number]
    for name in ready:  # it grows
        for lower in below[name]:
            layer_of[lower] = max(layer_of[lower], layer_of[name] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    return layer_of


def _downward(lines: Sequence[Line], backward: frozenset[int]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        if line.source != line.to:
            yield (line.to, line.source) if number in backward else (line.source, line.to)
