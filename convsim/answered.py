"""What the ledger of a run tells: which models answered whom, how often, and what it took.

In one pass, and without parsing what need not be: a ledger holds every reply of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from convsim.bench import SENTINELS
from convsim.digests import Role, group_of_sample
from convsim.guardrails.opening import listed_price, named_guards
from convsim.mitigations import Spending, Spent
from convsim.price import Price
from convsim.prices import price_of
from convsim.staff import CLASSIFIER
from convsim.stores import RunDirectory
from convsim.targets.wanted import Wanted


class Answers(NamedTuple):
    """The ledger of a run in short: which models answered whom, and how many replies there are.

    `read` is what the classifier's models answered, `judged` and `examined` what the judge's did
    about dialogues and about sentinels, by alias, and `ruled` what the guards of targets were told,
    by `ALIAS/GUARD`; they are in no other number.
    """

    served: dict[str, list[str]]
    paid: int
    replayed: int
    read: dict[str, Asked]
    judged: dict[str, Asked]
    examined: dict[str, Asked]
    ruled: dict[str, Asked]


@dataclass(slots=True)
class Asked:
    """How often a model answered, and in how many tokens; `cost` as far as known."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    served: list[str] = field(default_factory=list)

    def add(self, reply: Mapping[str, Any], price: Price | None) -> None:
        """One more answer, as the ledger has it."""
        self.answers += 1
        usage = reply["usage"]
        prompt, completion = (usage["prompt"], usage["completion"]) if usage else (0, 0)
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        if price is None or self.cost is None or not (usage or price.is_free):
            self.cost = None
        else:
            self.cost += price.of(prompt, completion)
        if (served := reply["served"]) is not None and served not in self.served:
            self.served.append(served)

    def __str__(self) -> str:
        return f"{self.answers:,} answers, {self.tokens:,} tokens, {_dollars(self.cost)}"

    @property
    def tokens(self) -> int:
        """Those of questions and answers."""
        return self.prompt_tokens + self.completion_tokens

    def each_of(self, dialogues: int) -> str:
        """The same for one of so many dialogues."""
        cost = None if self.cost is None else self.cost / dialogues
        return (
            f"{self.answers / dialogues:.1f} answers, {self.tokens / dialogues:,.0f} tokens, "
            f"{_dollars(cost)} a dialogue"
        )


def _dollars(amount: float | None) -> str:
    return "unknown cost" if amount is None else f"${amount:,.4f}"


def is_classifier(alias: str) -> bool:
    """Whether an alias in the ledger is that of the classifier's model, or of one of several."""
    return alias.partition(".")[0] == CLASSIFIER


def answers_of(directory: RunDirectory, price_of: Callable[[str], Price | None]) -> Answers:
    """The answers in the ledger of a run; `price_of` says what a model costs, by its alias."""
    found: dict[tuple[str, str | None], None] = {}
    paid = replayed = 0
    read: dict[str, Asked] = {}
    judged: dict[str, Asked] = {}
    examined: dict[str, Asked] = {}
    ruled: dict[str, Asked] = {}
    prices: dict[str, Price | None] = {}
    for offset, line in directory.lines("ledger"):
        if _GUARDED in line:
            row = directory.row_at("ledger", offset)
            alias = row["target"]
            if alias not in ruled:
                ruled[alias], prices[alias] = Asked(), _prices_in(directory).get(alias)
            ruled[alias].add(row["reply"], prices[alias])
            continue
        if _READ in line or _JUDGED in line:
            row = directory.row_at("ledger", offset)
            alias = row["target"]
            if alias not in prices:
                prices[alias] = price_of(alias)
            apart = examined if group_of_sample(row["sample"]) == SENTINELS else judged
            asked = (read if is_classifier(alias) else apart).setdefault(alias, Asked())
            asked.add(row["reply"], prices[alias])
            continue
        who = _who_answered(line)
        if who is None:
            row = directory.row_at("ledger", offset)
            who = row["target"], row["reply"]["served"]
        found[who] = None
        if _REPLAYED in line:
            replayed += 1
        else:
            paid += 1
    served: dict[str, list[str]] = {}
    for target, model in found:
        if model is not None:
            served.setdefault(target, []).append(model)
    return Answers(served, paid, replayed, read, judged, examined, ruled)


def _who_answered(line: bytes) -> tuple[str, str | None] | None:
    """Target and model, cut out of a ledger row without parsing it; None where that is unsafe.

    Inside of a text quotes are escaped, so what looks like a field is one. The model stands near
    the end of a row.
    """
    target, model = line.find(_TARGET), line.rfind(_SERVED)
    if target < 0 or model < 0 or b"\\" in line[model:]:
        return None
    named, answered = line[target + len(_TARGET) :], line[model + len(_SERVED) :]
    alias = named[: named.find(b'"')].decode(errors="replace")
    if answered.startswith(b'"'):
        return alias, answered[1 : answered.find(b'"', 1)].decode(errors="replace")
    return (alias, None) if answered.startswith(b"null") else None


_TARGET, _SERVED = b'"target":"', b'"served":'
_REPLAYED = b'"source":"replay"'
_READ, _JUDGED = b'"role":"classifier"', b'"role":"judge"'
_GUARDED = b'"role":"guard"'


# --- what the targets took


def spending_of(directory: RunDirectory) -> dict[str, Spending]:
    """What every target of a run took, by alias, from its ledger: its own calls and its guards'.

    Every row of these is parsed: a run with variants is worth the time.
    """
    prices = _prices_in(directory)
    found = {alias: Spending() for alias in directory.load("targets")}
    for row in directory.read("ledger"):
        if row["role"] not in (Role.TARGET, Role.GUARD):
            continue
        alias, slash, _ = row["target"].partition("/")
        if alias not in found:
            continue
        side = found[alias].guards if slash else found[alias].model
        usage = row["reply"]["usage"]
        prompt, completion = (usage["prompt"], usage["completion"]) if usage else (0, 0)
        price = prices.get(row["target"])
        known = price is not None and (usage or price.is_free)
        side.setdefault(group_of_sample(row["sample"]), Spent()).add(
            seconds=row["seconds"],
            tokens=prompt + completion,
            dollars=price.of(prompt, completion) if price is not None and known else None,
        )
    return found


def _prices_in(directory: RunDirectory) -> dict[str, Price | None]:
    """What every target of a run and its guards cost, by what the ledger calls them."""
    targets = directory.load("targets").items()
    return {name: price for alias, it in targets for name, price in _prices(alias, it).items()}


def _prices(alias: str, entry: Mapping[str, Any]) -> dict[str, Price | None]:
    """What a target and its guards cost, by what the ledger calls them; as far as is known."""
    if entry["wanted"] is None:
        return {}
    wanted = Wanted.from_plain(entry["wanted"])
    found = {alias: wanted.price or price_of(wanted.spec)}
    for name, guard in named_guards(wanted):
        found[f"{alias}/{name}"] = guard.price or listed_price(guard)
    return found
