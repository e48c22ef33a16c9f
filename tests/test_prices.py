"""What targets cost: looked up as litellm would, from the table that comes with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim import prices
from convsim.price import FREE, Price, Tier
from convsim.prices import TABLE, max_tokens_of, price_of, tokens_beside
from convsim.targets.spec import parse_target


def row(input: object = 1e-6, output: object = 2e-6, **more: Any) -> dict[str, Any]:
    """A row as the table has them; prices are per token there."""
    rates = {"input_cost_per_token": input, "output_cost_per_token": output}
    return {"mode": "chat", "litellm_provider": "openai", **rates, **more}


ROWS = {
    "sample_spec": row(mode="one of: chat, embedding"),
    "small": row(max_output_tokens=8_000, max_tokens=9_000),
    "old-limit": row(max_tokens=4_000),
    "Capital": row(3e-6),
    "dated-2026-01-02": row(5e-6),
    "dated": row(4e-6),
    "ft:small": row(6e-6),
    "azure/small": row(7e-6, litellm_provider="azure"),
    "gemini/quick": row(8e-6, litellm_provider="gemini"),
    "claude": row(9e-6, litellm_provider="anthropic"),
    "maas": row(10e-6, litellm_provider="vertex_ai-language-models"),
    "twice/twice/small": row(11e-6, litellm_provider="twice"),
    "embedding": row(mode="embedding"),
    "no-output": row(output=None),
    "no-prices": {"mode": "chat", "litellm_provider": "openai"},
    "nothing": row(0.0, 0.0),
    "half-free": row(0.0, 2e-6),
    "long": row(
        input_cost_per_token_above_200k_tokens=2e-6,
        output_cost_per_token_above_200k_tokens=3e-6,
        output_cost_per_token_above_272k_tokens=4e-6,
    ),
    "served": row(
        input_cost_per_token_priority=3e-6,
        output_cost_per_token_priority=4e-6,
        input_cost_per_token_above_200k_tokens=9e-6,
    ),
    "thinks": row(output_cost_per_reasoning_token=5e-6),
    "small-search-preview": row(),
    "vercel/perplexity/sonar": row(litellm_provider="vercel"),
    "per-request": row(input_cost_per_request=0.005),
    "nousresearch": row(),
}


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A litellm whose table has `ROWS`."""
    path = tmp_path / TABLE
    path.write_bytes(orjson.dumps(ROWS))
    found = ModuleSpec("litellm", None, is_package=True)
    found.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(prices, "find_spec", lambda name: found)
    prices._table.cache_clear()
    yield path
    prices._table.cache_clear()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("target", "price"),
    [
        ("sim/steadfast", FREE),
        ("replay:runs/march", FREE),
        ("http://localhost:8000/v1#small", None),
        ("python:package.module:small", None),
        # names
        ("small", Price(1, 2)),
        ("openai/small", Price(1, 2)),
        ("anthropic/small", None),
        ("anthropic/claude", Price(9, 2)),
        ("azure/small", Price(7, 2)),
        ("gemini/quick", Price(8, 2)),
        ("gemini/quick-001", Price(8, 2)),
        ("openai/capital", Price(3, 2)),
        ("openai/dated-2026-01-02", Price(5, 2)),
        ("openai/dated-2025-01-02", Price(4, 2)),
        ("openai/ft:small:my-org:name:id", Price(6, 2)),
        ("vertex_ai/maas", Price(10, 2)),
        ("azure_ai/claude", None),
        ("azure_ai/small", Price(1, 2)),
        ("twice/small", Price(11, 2)),
        ("openai/no-such-model", None),
        # somebody else's server
        ("openai/small?api_base=http://localhost:1/v1", None),
        ("azure/small?api_base=https://mine.example", Price(7, 2)),
        # rows that say nothing
        ("openai/embedding", None),
        ("openai/no-output", None),
        ("openai/no-prices", None),
        ("openai/nothing", None),
        ("openai/half-free", Price(0, 2)),
        # more than tokens
        ("openai/small-search-preview", None),
        ("vercel/perplexity/sonar", None),
        ("openai/per-request", None),
        ("openai/nousresearch", Price(1, 2)),
        ("openai/small?web_search_options={}", None),
        ('openai/small?tools=[{"type":"function"}]', Price(1, 2)),
        ('openai/small?tools=[{"type":"web_search"}]', None),
        # rates
        ("openai/long", Price(1, 2, (Tier(200_000, 2, 3), Tier(272_000, 2, 4)))),
        ("openai/thinks", Price(1, 5)),
        ("openai/served", Price(1, 2, (Tier(200_000, 9, 2),))),
        ("openai/served?service_tier=auto", Price(1, 2, (Tier(200_000, 9, 2),))),
        ("openai/served?service_tier=priority", Price(3, 4, (Tier(200_000, 9, 4),))),
        ("openai/small?service_tier=priority", None),
    ],
)
def test_a_price_is_known_or_unknown_and_never_zero_for_unknown(
    target: str, price: Price | None
) -> None:
    """Simulated assistants are free, models are looked up, everything else is unknown."""
    assert price_of(parse_target(target)) == price


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("target", "tokens"),
    [
        ("openai/small", 8_000),
        ("openai/old-limit", 4_000),
        ("openai/dated", None),
        ("openai/no-such-model", None),
        ("openai/small?max_tokens=600", 600),
        ("openai/small?max_tokens=null", 8_000),
        ("openai/small?max_tokens=many", 8_000),
        ("openai/small?max_completion_tokens=700&max_tokens=600", 700),
        ("http://localhost:8000/v1#m", None),
        ("http://localhost:8000/v1?max_tokens=500#m", 500),
    ],
)
def test_a_reply_is_as_long_as_its_parameters_or_the_model_allow(
    target: str, tokens: int | None
) -> None:
    """Of two limits the larger one: which of them a server heeds is not known."""
    assert max_tokens_of(parse_target(target)) == tokens


@pytest.mark.parametrize(
    ("target", "system", "tokens"),
    [
        ("openai/small?temperature=1&reasoning_effort=low", None, 0),
        ("openai/small", "Be brief.", 9),
        ("openai/small", "Grüße", 7),
        ('openai/small?tools=[{"type":"function"}]', None, 21),
        ('openai/small?tools=[{"type":"function"}]', "Be brief.", 30),
    ],
)
def test_prompts_hold_more_than_messages(target: str, system: str | None, tokens: int) -> None:
    """A system prompt of the target's own, and parameters that are spelled out to the model."""
    assert tokens_beside(parse_target(target), system) == tokens


def test_without_a_table_prices_are_unknown(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether litellm is missing or only its table."""
    table.unlink()
    assert price_of(parse_target("openai/small")) is None
    prices._table.cache_clear()
    monkeypatch.setattr(prices, "find_spec", lambda name: None)
    assert price_of(parse_target("openai/small")) is None


def test_the_installed_table_is_read_without_importing_litellm() -> None:
    """The file is where it is expected, in the form that is expected."""
    code = (
        "import sys; from convsim.prices import price_of; "
        "from convsim.targets.spec import parse_target; "
        "price = price_of(parse_target('openai/gpt-4o-mini')); "
        "print(0 < price.input < price.output, 'litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
