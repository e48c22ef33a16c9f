"""promptfoo: the results of an eval or a red-team scan, exported as JSON or JSONL.

Read: 0.121 (`results.version` 2 and 3). In JSON the results stand in `results.results`; in JSONL
each line is one. Of a result, in this order:

- `response.metadata.messages`: what a multi-turn strategy or a simulated user said to the target;
- `response.metadata.redteamHistory`, or `redteamTreeHistory`, without messages: the attempts of an
  iterative strategy. Each began anew, so each is a conversation of its own;
- else the prompt, which may be a list of messages, and the output.

promptfoo's strategies take back what the target refused. Such refusals are not in the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from convsim.conversations.messages import json_of
from convsim.conversations.record import Record, case_in, keys_of, kind_of, object_of
from convsim.conversations.source import Item, Source
from convsim.errors import InputError

NAME = "promptfoo"
ATTEMPTS = ("redteamHistory", "redteamTreeHistory")
SIMULATED_USERS = ("simulated-user", "mischievous-user")

Row = Mapping[str, Any]


def knows(row: object) -> bool:
    """Whether a row is an export, or one result of it."""
    if not isinstance(row, dict):
        return False
    inner = row.get("results")
    if isinstance(inner, dict):
        return isinstance(inner.get("results"), list)
    return "prompt" in row and ("promptIdx" in row or "testIdx" in row)


def records(source: Source) -> Iterator[Record]:
    """A record for each result; for each attempt, where a result is made of attempts."""
    for item in source.items():
        with source.mistakes.noted():
            for place, name, result in _results(item):
                yield from _of_result(result, place, name)


def _results(item: Item) -> Iterator[tuple[str, str, Row]]:
    row = item.value
    if not isinstance(row, dict) or not knows(row):
        found = keys_of(row) if isinstance(row, dict) else kind_of(row)
        raise InputError(f"{item.place}: expected `results.results` or one result, found {found}")
    if not isinstance(row.get("results"), dict):
        yield item.place, item.name, row
        return
    for n, result in enumerate(row["results"]["results"], start=1):
        if not isinstance(result, dict):
            raise InputError(f"{item.place}: result {n} is {kind_of(result)}; expected an object")
        yield f"{item.place}: result {n}", f"result-{n}", result


def _of_result(result: Row, place: str, name: str) -> Iterator[Record]:
    response, test = object_of(result.get("response")), object_of(result.get("testCase"))
    # A result repeats the metadata of its response and of its test in its own.
    metadata = {**object_of(result.get("metadata")), **object_of(response.get("metadata"))}
    tested = object_of(test.get("metadata"))
    case, loose = case_in(tested)
    if loose and isinstance(tested.get("goal"), str):
        case = {"objective": tested["goal"], **case}
    id = result.get("id") or _indices(result) or name
    attempts = next((metadata[key] for key in ATTEMPTS if metadata.get(key)), None)
    if isinstance(metadata.get("messages"), list) and metadata["messages"]:
        messages = [*_operator(result, test), *metadata["messages"]]
        yield Record(place, name, messages, id=id, case=case, loose=loose)
    elif isinstance(attempts, list):
        for n, attempt in enumerate(map(object_of, attempts), start=1):
            messages = [*_prompt(attempt.get("prompt")), *_answer(attempt)]
            where = f"{place}: attempt {n}"
            yield Record(where, name, messages, id=f"{id}/{n}", case=case, loose=loose)
    else:
        prompt = response.get("prompt") or object_of(result.get("prompt")).get("raw")
        messages = [*_prompt(prompt), *_answer(response)]
        yield Record(place, name, messages, id=id, case=case, loose=loose)


def _indices(result: Row) -> str | None:
    """What tells results apart where they have no id: the test and the prompt."""
    numbers = [result.get(key) for key in ("testIdx", "promptIdx")]
    return "-".join(map(str, numbers)) if None not in numbers else None


def _operator(result: Row, test: Row) -> list[Row]:
    """The system prompt of a target that talked to a simulated user: there the prompt is one."""
    provider = test.get("provider")
    id = provider.get("id") if isinstance(provider, dict) else provider
    if not isinstance(id, str) or not id.endswith(SIMULATED_USERS):
        return []
    raw = object_of(result.get("prompt")).get("raw")
    return [{"role": "system", "content": raw}] if isinstance(raw, str) and raw else []


def _prompt(prompt: object) -> list[Row]:
    """The messages of a prompt: a list of them, the JSON of one, or what the user says."""
    found = prompt
    if isinstance(prompt, str) and prompt.lstrip().startswith("["):
        try:
            found = orjson.loads(prompt)
        except orjson.JSONDecodeError:
            found = prompt
    if isinstance(found, list) and all(isinstance(it, dict) and "role" in it for it in found):
        return found
    return [{"role": "user", "content": _said(prompt)}]


def _answer(response: Row) -> list[Row]:
    """What was answered. A call that failed is no answer."""
    output = response.get("output")
    stop = response.get("finishReason")
    if response.get("error") and not output:
        return []
    if output is None and not stop:
        return []
    return [{"role": "assistant", "content": _said(output), "finish_reason": stop}]


def _said(value: object) -> str:
    """What was said, as text: an output may be any JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json_of(value)
