"""Whatever JSON a file holds: conversations, or an error that names the file. Nothing else."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convsim.conversations import FORMATS, read_conversations
from convsim.errors import InputError

KEYS = {
    "openai": "messages conversation system id rule level text objective expect evidence kind turn "
    "proof facets canary regex closure sets weight moves asks role content tool_calls "
    "function_call tool_call_id name type reasoning_content thinking summary refusal",
    "sharegpt": "conversations from value system id tools",
    "inspect": "eval samples id epoch messages role content metadata convsim output choices "
    "stop_reason attachments tool_calls function arguments error message type text reasoning",
    "pyrit": "conversation_id role sequence converted_value original_value labels response_error "
    "converted_value_data_type prompt_metadata structured_refusal truncated",
    "promptfoo": "results version promptIdx testIdx prompt raw response output error metadata "
    "messages redteamHistory testCase provider id goal finishReason role content",
}
WORDS = (
    "user assistant system tool human gpt function_call hold help verifiable forged none 1 2 "
    "restricted ask.direct text reasoning tool_use tool_result blocked content_filter [] [{}] {}"
)


def anything(format: str) -> st.SearchStrategy[object]:
    """JSON with the keys of a format, and with values that may fit them."""
    words = st.sampled_from(WORDS.split())
    leaves = st.none() | st.booleans() | st.integers(-2, 5) | st.floats(0, 2) | words | st.just("")
    keys = st.sampled_from(KEYS[format].split())
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=25,
    )


def opened(format: str, inner: object) -> object:
    """A row that gets past the door of its format, around something that may be anything."""
    return {
        "openai": {"messages": [{"role": "user", "content": "x"}, inner], "evidence": inner},
        "sharegpt": {"conversations": [{"from": "human", "value": inner}], "facets": inner},
        "inspect": {"eval": {}, "samples": [{"messages": [inner], "metadata": inner}]},
        "pyrit": {"conversation_id": "c", "role": "user", "converted_value": "x", "labels": inner},
        "promptfoo": {"testIdx": 0, "prompt": inner, "response": inner, "testCase": inner},
    }[format]


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_anything(
    tmp_path_factory: pytest.TempPathFactory, format: str, data: st.DataObject
) -> None:
    """No shape of a row is a crash, and what is read becomes a transcript."""
    path = tmp_path_factory.mktemp("anything") / "logs.jsonl"
    inner = data.draw(anything(format))
    for row in (inner, opened(format, inner), {**opened(format, None), **_object(inner)}):  # type: ignore[dict-item]
        _read(row, format, path)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _read(row: object, format: str, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_bytes(orjson.dumps(row))
        with suppress(InputError):
            for conversation in read_conversations(path, format=format):
                orjson.dumps(conversation.transcript())
