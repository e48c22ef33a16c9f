"""What a user says of a guard: which side it is on, and who rules.

    output_guard: regex:SEC-\\d{5}                    # Python's `re`
    input_guard: python:my_package.filters:check      # your own function, async or not
    output_guard: llama-guard=http://host:8000/v1#m   # a model that was trained for it
    output_guard: {guard: openai/gpt-5-nano, rule: No prices., price: {input: 0.05, output: 0.4}}

Anything else is the target string of a model to ask. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from convsim.price import Price
from convsim.targets.functions import path_of
from convsim.targets.guarded import Check, Side

REGEX = "regex:"
OBJECT = "object:"
"""What stands in a run directory for a function that only Python can pass again."""


@dataclass(frozen=True, slots=True)
class WantedGuard:
    """One guard of a target as the user named it.

    `rule` are the words that a model rules by, `price` and `limits` are those of what is asked.
    `function` is the function itself, where Python passed it.
    """

    side: Side
    guard: str
    rule: str | None = None
    price: Price | None = None
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)
    function: Check | None = field(default=None, compare=False)

    @classmethod
    def of(cls, side: Side, function: Check) -> WantedGuard:
        """A function as a guard; by its module and name where `resume` can import it again."""
        path = path_of(function)
        module, _, name = path.partition(":")
        known = name.isidentifier() and module != "__main__" and hasattr(function, "__name__")
        return cls(side, f"python:{path}" if known else f"{OBJECT}{path}", function=function)

    @property
    def is_regex(self) -> bool:
        """Whether nobody is called."""
        return self.guard.startswith(REGEX)

    def to_plain(self) -> dict[str, Any]:
        """The guard as it would stand in a targets file."""
        plain = {
            "guard": self.guard,
            "rule": self.rule,
            "price": self.price and {"input": self.price.input, "output": self.price.output},
            "limits": dict(self.limits),
        }
        return {key: value for key, value in plain.items() if value not in (None, {})}
