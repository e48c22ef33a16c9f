"""What a line of progress says: how far, how fast, how dear, and how it ended so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from convsim.traffic import Traffic
from convsim.verdict import Grade

GRADES = (Grade.PASS, Grade.WARN, Grade.FAIL, Grade.INCONCLUSIVE)
ERRORS, UNJUDGED = "errors", "unjudged"


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at one moment. `ended` counts dialogues by grade, errors, and those left unjudged."""

    total: int
    ended: Mapping[str, int]
    elapsed: float = 0.0
    rate: float = 0.0
    traffic: Traffic | None = None
    status: str = ""
    over: bool = False

    @property
    def done(self) -> int:
        """Dialogues that have ended, those of earlier sessions included."""
        return sum(self.ended.values())

    @property
    def eta(self) -> float | None:
        """Seconds to go at this rate; None where nobody can know."""
        left = max(0, self.total - self.done)
        if not left:
            return 0.0
        seconds = left / self.rate if self.rate > 0 else _NEVER
        return seconds if seconds < _NEVER else None


_NEVER = 1000 * 86400.0


def log_line(now: Standing) -> str:
    """`key value` pairs on one line, always in this order; `status`, if any, takes the rest.

    What a run need not have (shared, saved and replayed replies, failed attempts, a cost) is left
    out where it has none of it.
    """
    pairs: list[tuple[str, object]] = [
        ("dialogues", f"{now.done}/{now.total}"),
        ("elapsed", _span(now.elapsed)),
        ("rate", f"{now.rate:.3f}/s"),
        ("eta", "unknown" if now.eta is None else _span(now.eta)),
    ]
    if (traffic := now.traffic) is not None:
        pairs.append(("calls", traffic.calls))
        pairs += _reuse(traffic)
        pairs.append(("tokens", traffic.prompt_tokens + traffic.completion_tokens))
        if cost := cost_of(traffic):
            pairs.append(("cost", cost))
        pairs.append(("throttled", traffic.throttled))
        if traffic.failed:
            pairs.append(("failed", traffic.failed))
        for who, asked in _workers(traffic):
            pairs += _asked(who, asked)
    pairs.append((ERRORS, now.ended.get(ERRORS, 0)))
    if unjudged := now.ended.get(UNJUDGED, 0):
        pairs.append((UNJUDGED, unjudged))
    pairs += ((grade.value, now.ended.get(grade, 0)) for grade in GRADES)
    if now.status:
        pairs.append(("status", now.status))
    return " ".join(f"{key} {value}" for key, value in pairs)


def _reuse(traffic: Traffic) -> list[tuple[str, int]]:
    """What did not have to be called, by where it came from."""
    kinds = ("shared", traffic.shared), ("saved", traffic.saved), ("replayed", traffic.replayed)
    return [(name, count) for name, count in kinds if count]


def _workers(traffic: Traffic) -> Iterator[tuple[str, Traffic]]:
    """What the models behind guards, classifier and judge were asked, where there are some."""
    workers = {"guard": traffic.guard, "classifier": traffic.classifier, "judge": traffic.judge}
    for who, asked in workers.items():
        if asked is not None:
            yield who, asked


def _asked(who: str, traffic: Traffic) -> list[tuple[str, object]]:
    tokens = traffic.prompt_tokens + traffic.completion_tokens
    pairs: list[tuple[str, object]] = [
        (f"{who}_calls", traffic.calls),
        *((f"{who}_{name}", count) for name, count in _reuse(traffic)),
        (f"{who}_tokens", tokens),
    ]
    if cost := cost_of(traffic):
        pairs.append((f"{who}_cost", cost))
    return pairs


def cost_of(traffic: Traffic) -> str:
    """US dollars; `+` where some calls have no known price; nothing where all were free."""
    if not traffic.cost:
        return "unknown" if traffic.unpriced else ""
    digits = 2 if traffic.cost >= 0.1 else 4  # tens of cheap calls are not "$0.00"
    return f"${traffic.cost:,.{digits}f}{'+' if traffic.unpriced else ''}"


class Part(NamedTuple):
    """A piece of a line: in full, in short, and how soon it is left out (0: never)."""

    rank: int
    full: str
    short: str


def fit(parts: Iterable[Part], width: int) -> str:
    """A line of at most `width`: everything in full, else in short, else without the last ranks."""
    kept = list(parts)
    while kept:
        for texts in ([part.full for part in kept], [part.short for part in kept]):
            line = "  ".join(texts)
            if len(line) <= width:
                return line
        kept.remove(max(kept))
    return ""


def lines(now: Standing, width: int, *, ascii_only: bool = False) -> tuple[str, str]:
    """The two lines for people: how far, how fast, how dear; and how it ended so far, or a status.

    The status is cut at the width.
    """
    return (
        fit(_course(now, ascii_only=ascii_only), width) or f"{_share(now):.0%}",
        now.status[:width] if now.status else fit(_endings(now), width),
    )


def _course(now: Standing, *, ascii_only: bool) -> list[Part]:
    eta = "?" if now.eta is None else _span(now.eta)
    when = f"in {_span(now.elapsed)}" if now.over else f"ETA {eta}"
    parts = [
        Part(5, _bar(now, 20, ascii_only), _bar(now, 8, ascii_only)),
        Part(0, f"{now.done:,}/{now.total:,}", f"{_short(now.done)}/{_short(now.total)}"),
        Part(7, *[f"{_share(now):.0%}"] * 2),
        Part(2, *[_rate(now.rate)] * 2),
        Part(1, *[when] * 2),
    ]
    if (traffic := now.traffic) is not None:
        parts.append(_counted(4, "calls", traffic.calls))
        if tokens := traffic.prompt_tokens + traffic.completion_tokens:
            parts.append(_counted(6, "tokens", tokens))
        if cost := cost_of(traffic):
            parts.append(Part(3, *["cost unknown" if cost == "unknown" else cost] * 2))
        for who, asked in _workers(traffic):
            cost = f" ({cost})" if (cost := cost_of(asked)) else ""
            counts = (f"{asked.calls:,}", _short(asked.calls))
            parts.append(Part(8, *[f"{who} {count}{cost}" for count in counts]))
    return parts


def _endings(now: Standing) -> list[Part]:
    ranks = {Grade.FAIL: 0, Grade.PASS: 1, Grade.WARN: 2, Grade.INCONCLUSIVE: 5}
    parts = [
        _counted(ranks[grade], grade.value, now.ended.get(grade, 0))
        for grade in GRADES
        if now.ended.get(grade, 0) or grade is not Grade.INCONCLUSIVE
    ]
    if errors := now.ended.get(ERRORS, 0):
        parts.append(_counted(3, ERRORS, errors))
    if unjudged := now.ended.get(UNJUDGED, 0):
        parts.append(_counted(3, UNJUDGED, unjudged))
    if (traffic := now.traffic) is not None:
        if traffic.throttled:
            parts.append(_counted(4, "throttled", traffic.throttled))
        if traffic.failed:
            parts.append(_counted(6, "failed", traffic.failed))
        parts += (_counted(7, name, count) for name, count in _reuse(traffic))
    return parts


def _counted(rank: int, name: str, count: int) -> Part:
    return Part(rank, f"{name} {count:,}", f"{name} {_short(count)}")


def _share(now: Standing) -> float:
    return min(1.0, now.done / now.total) if now.total > 0 else 1.0


def _bar(now: Standing, width: int, ascii_only: bool) -> str:
    filled = int(width * _share(now))
    full, rest = "#-" if ascii_only else "━─"
    return full * filled + rest * (width - filled)


def _short(count: int) -> str:
    """Three digits and a unit from ten thousand on."""
    if count < 10_000:
        return f"{count:,}"
    unit = next((unit for unit in _UNITS if count >= 0.9995 * unit), 1000)
    return f"{count / unit:.3g}{_UNITS[unit]}"


_UNITS = {10**9: "G", 10**6: "M", 10**3: "k"}


def _rate(rate: float) -> str:
    """In the unit that shows a number near one or above it."""
    if rate >= 100 or not rate:
        return f"{rate:,.0f}/s"
    if rate >= 1:
        return f"{rate:.1f}/s"
    return f"{rate * 60:.1f}/min" if rate * 60 >= 1 else f"{rate * 3600:.1f}/h"


def _span(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    if hours >= 100:
        return f"{hours // 24}d{hours % 24:02}h"
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def one_line(text: str) -> str:
    """What somebody else may have worded: one line, and nothing in it acts on a terminal."""
    from convsim.report.excerpts import inert

    return inert(" ".join(text.split()))
