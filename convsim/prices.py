"""What a target costs, as far as that is known without asking anybody.

Simulated assistants and replayed runs are free. Models that litellm calls are looked up in the
table that comes with the installed litellm, which is a JSON file: litellm itself is not imported.
A model is found under the names that litellm would try. Everything else is unknown, which is not
the same as free: a price of 0 in the table is a price that nobody has entered, unless a targets
file says that it is 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from convsim.price import FREE, MILLION, Price, Tier
from convsim.targets.spec import TargetSpec

TABLE = "model_prices_and_context_window_backup.json"

MOST_TOKENS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
"""The parameters that limit a reply."""

_MODES = frozenset({None, "chat", "completion", "responses"})
_RATE = re.compile(
    r"(?P<side>input|output)_cost_per_token(_above_(?P<above>\d+)k_tokens)?(_(?P<service>[a-z]+))?"
)
_REASONING = "output_cost_per_reasoning_token"
_OUTPUT = "output_cost_per_token"
_STANDARD = frozenset({None, "auto", "default", "standard_only"})

# How litellm finds a model that is not listed by its full name (utils._strip_model_name).
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_VERSION = re.compile(r"-\d+$")
_FINE_TUNED = re.compile(r"(:[^:]*){3}$")
_NUMBERED = frozenset({"vertex_ai", "gemini", "databricks"})

# Providers whose models stand in the table under other names as well (_check_provider_match).
_FAMILIES = frozenset({"vertex_ai", "bedrock", "fireworks_ai"})
_HOSTS = {"azure_ai": frozenset({"azure", "openai"})}

_SEARCHES = re.compile(r"(^|[-/])(sonar|search|deep-research)")
"""Models that search the web for a reply and are paid for that as well."""

_OWN_HOST = frozenset({"azure", "azure_text", "azure_ai"})
"""Providers that have no other host than the one `api_base` names."""


class _Entry(NamedTuple):
    """What the table says of one model, in US dollars per token: by side, tier and service."""

    provider: str | None
    rates: Mapping[tuple[str, int, str], float]
    most_tokens: int | None
    more_than_tokens: bool


def price_of(spec: TargetSpec) -> Price | None:
    """What a target costs per million tokens; None where that is unknown."""
    if spec.kind in ("sim", "replay"):
        return FREE
    entry = _listed(spec)
    if entry is None or entry.more_than_tokens or _pays_apart(spec.parameters):
        return None
    service = spec.parameters.get("service_tier")
    return _price(entry.rates, "" if service in _STANDARD else str(service))


def max_tokens_of(spec: TargetSpec) -> int | None:
    """How many tokens a reply may have: by the target's parameters, else by the table."""
    given = [spec.parameters.get(name) for name in MOST_TOKENS]
    limits = [value for value in given if isinstance(value, int) and not isinstance(value, bool)]
    if limits:
        return max(limits)
    entry = _listed(spec)
    return None if entry is None else entry.most_tokens


def tokens_beside(spec: TargetSpec, system: str | None = None) -> int:
    """At most so many tokens are in every prompt beside the request's own messages.

    They are those of the target's own system prompt, and of what parameters such as `tools` or
    `response_format` put there. No token has less than a byte.
    """
    own = 0 if system is None else len(system.encode())
    spelled = [value for value in spec.parameters.values() if isinstance(value, dict | list)]
    return own + sum(len(orjson.dumps(value)) for value in spelled)


def _price(rates: Mapping[tuple[str, int, str], float], service: str) -> Price | None:
    """The price of one service tier, if both sides are listed and not both of them as 0."""
    found = (rates.get(("input", 0, service)), rates.get(("output", 0, service)))
    if found[0] is None or found[1] is None or not any(found):
        return None
    tiers, (paid, earned) = [], (found[0], found[1])
    for above in sorted({above for _, above, _ in rates if above}):
        # Where only one side, or only the standard service, costs more, that is still more.
        paid = max(paid, _rate(rates, "input", above, service))
        earned = max(earned, _rate(rates, "output", above, service))
        tiers.append(Tier(above, _dollars(paid), _dollars(earned)))
    return Price(_dollars(found[0]), _dollars(found[1]), tuple(tiers))


def _rate(
    rates: Mapping[tuple[str, int, str], float], side: str, above: int, service: str
) -> float:
    return rates.get((side, above, service), rates.get((side, above, ""), 0.0))


def _dollars(per_token: float) -> float:
    """Per million tokens, without the noise of binary fractions: 2.5e-07 is 0.25."""
    return round(per_token * MILLION, 9)


def _pays_apart(parameters: Mapping[str, Any]) -> bool:
    """Whether a parameter orders what is not billed by token, such as searches of the web."""
    tools = parameters.get("tools")
    kinds = [tool.get("type") if isinstance(tool, dict) else None for tool in tools or ()]
    return "web_search_options" in parameters or any(kind != "function" for kind in kinds)


# -- the table ----------------------------------------------------------------------------------


def _listed(spec: TargetSpec) -> _Entry | None:
    """What the table says of a target, if it is a model of a provider that the table knows."""
    if spec.kind != "litellm":
        return None
    provider, slash, model = spec.name.partition("/")
    provider = provider if slash else ""
    if spec.url is not None and provider not in _OWN_HOST:
        return None  # Somebody else's server, whatever the model is called there.
    table = _table()
    for name in _names(provider, model if slash else spec.name):
        entry = table.get(name.lower())
        if entry is not None and _is_of(entry, provider):
            return entry
    return None


def _names(provider: str, model: str) -> Iterator[str]:
    """The names that a model may stand under, in litellm's order."""
    prefix = f"{provider}/" if provider else ""
    stripped = _stripped(provider, model)
    yield from (prefix + model, model, prefix + stripped, stripped, prefix + prefix + model)


def _stripped(provider: str, model: str) -> str:
    """A model's name without its version, date or fine-tuning."""
    if provider in _NUMBERED:
        return _VERSION.sub("", model)
    return (_FINE_TUNED if "ft:" in model else _DATE).sub("", model)


def _is_of(entry: _Entry, provider: str) -> bool:
    """Whether an entry is about a model as this provider offers it."""
    if not provider or entry.provider is None or entry.provider == provider:
        return True
    if provider in _FAMILIES:
        return entry.provider.startswith(provider)
    return entry.provider in _HOSTS.get(provider, ())


@cache
def _table() -> dict[str, _Entry]:
    """Every language model that the installed litellm has rates for, by lower-case name."""
    found = find_spec("litellm")
    folders = (found.submodule_search_locations if found else None) or []
    for folder in map(Path, folders):
        if (folder / TABLE).is_file():
            rows = orjson.loads((folder / TABLE).read_bytes())
            listed = {name: row for name, row in rows.items() if row.get("mode") in _MODES}
            return {name.lower(): _entry(name, row) for name, row in listed.items()}
    return {}


def _entry(name: str, row: Mapping[str, Any]) -> _Entry:
    most = row.get("max_output_tokens", row.get("max_tokens"))
    return _Entry(
        row.get("litellm_provider"),
        dict(_rates(row)),
        most if isinstance(most, int) else None,
        "input_cost_per_request" in row or _SEARCHES.search(name) is not None,
    )


def _rates(row: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int, str], float]]:
    for key, value in row.items():
        match = _RATE.fullmatch(key)
        if match is None or not isinstance(value, int | float):
            continue
        if key == _OUTPUT:
            # Replies are counted with their reasoning, so the dearer of both is what counts.
            value = max(value, row.get(_REASONING) or 0.0)
        above = 1000 * int(match["above"] or 0)
        yield (match["side"], above, match["service"] or ""), float(value)
