"""Targets files: what they say, and what is wrong with them, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from convsim.errors import InputError, ScenarioError
from convsim.price import Price
from convsim.targets.file import Wanted, is_alias, load_targets
from convsim.targets.spec import parse_target

FILE = """\
convsim: 1
targets:
  bare: openai/gpt-5-mini?temperature=1
  guarded:
    target: openai/gpt-5-mini
    system: |
      You are the assistant of a bank.
    parameters: {temperature: 1, max_tokens: 600, reasoning_effort: low}
    price: {input: 0.25, output: 2}
    limits: {concurrency: 8, rpm: 300, tpm: 100000, attempts: 3, timeout: 60}
  mine: {target: "http://localhost:8000/v1#llama", parameters: {key_env: MY_KEY, timeout: 5}}
"""


def load(tmp_path: Path, text: str) -> dict[str, Wanted]:
    """The targets of a file with this text."""
    path = tmp_path / "targets.yaml"
    path.write_text(text)
    return load_targets(path)


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a file of this text, with line and column."""
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, text)
    return [str(problem).rpartition("targets.yaml:")[2] for problem in caught.value.problems]


def test_a_file_names_targets_by_alias(tmp_path: Path) -> None:
    """In its order; a target string alone will do."""
    targets = load(tmp_path, FILE)
    assert list(targets) == ["bare", "guarded", "mine"]
    assert targets["bare"] == Wanted("openai/gpt-5-mini?temperature=1")
    assert targets["guarded"] == Wanted(
        "openai/gpt-5-mini",
        "You are the assistant of a bank.\n",
        {"temperature": 1, "max_tokens": 600, "reasoning_effort": "low"},
        Price(0.25, 2.0),
        {"concurrency": 8, "rpm": 300.0, "tpm": 100000.0, "attempts": 3, "timeout": 60.0},
    )


def test_a_parameter_means_what_it_means_in_a_target_string(tmp_path: Path) -> None:
    """Fingerprints are those of the target string with the parameters in it."""
    targets = load(tmp_path, FILE)
    guarded, mine = targets["guarded"].spec, targets["mine"].spec
    same = "openai/gpt-5-mini?temperature=1&max_tokens=600&reasoning_effort=low"
    assert guarded == parse_target(same)
    assert guarded.fingerprint == parse_target(same).fingerprint
    assert mine == parse_target("http://localhost:8000/v1?key_env=MY_KEY&timeout=5#llama")


@pytest.mark.parametrize(
    "target",
    ["sim/steadfast", "sim/steadfast?x=1", "http://h:1/v1#m", "http://h:1/v1?x=1#m?y=2"],
)
@pytest.mark.parametrize(
    "value",
    [1, -1, 0.5, 1e-7, True, False, None, "low", "1", "true", "a b&c=d#e%", "", [1, "x"], {"a": 1}],
)
def test_any_value_comes_through(target: str, value: object) -> None:
    """Numbers stay numbers, and texts that look like numbers stay texts."""
    wanted = Wanted.from_plain({"target": target, "parameters": {"v": value}})
    found = wanted.spec.parameters
    assert found["v"] == value
    assert type(found["v"]) is type(value)
    assert found == {**parse_target(target).parameters, "v": value}


@pytest.mark.parametrize("alias", ["bare", "guarded", "mine"])
def test_targets_survive_a_run_directory(tmp_path: Path, alias: str) -> None:
    """As JSON, without what was not given."""
    wanted = load(tmp_path, FILE)[alias]
    plain = orjson.loads(orjson.dumps(wanted.to_plain()))
    assert Wanted.from_plain(plain) == wanted
    assert None not in plain.values()


def test_a_target_string_is_a_target() -> None:
    """As in the file, also from a run directory."""
    assert Wanted.from_plain("sim/steadfast") == Wanted("sim/steadfast")
    assert Wanted("sim/steadfast").to_plain() == {"target": "sim/steadfast"}


@pytest.mark.parametrize(
    ("plain", "wrong"),
    [
        ({}, "key 'target' is missing"),
        ({"target": "sim/steadfast", "sytem": "x"}, "did you mean 'system'"),
        ([], "expected a target string"),
    ],
)
def test_what_is_wrong_outside_of_a_file_is_said_too(plain: Any, wrong: str) -> None:
    """Without a place."""
    with pytest.raises(InputError, match=wrong):
        Wanted.from_plain(plain)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("targets: {}", "1:1: `targets`: must not be empty"),
        ("convsim: 1", "1:1: key 'targets' is missing"),
        ("targets: [sim/x]", "1:1: `targets`: expected keys and values, found a list"),
        (
            "convsim: 2\ntargets: {a: sim/x}",
            "1:10: `convsim`: expected a number of at most 1, found the number 2",
        ),
        ("target: {a: sim/x}\ntargets: {a: sim/x}", "1:1: unknown key 'target'; did you mean"),
        ("targets: {a: sim/x, a: sim/y}", "1:21: key 'a' is written twice in `targets`"),
        ("targets: {1b: sim/x}", "1:11: '1b' is no alias; use letters"),
        ("targets: {a/b: sim/x}", "1:11: 'a/b' is no alias"),
        ("targets: {a: 5}", "1:11: target 'a': expected a target string, or keys such as"),
        ("targets: {a: }", "1:11: target 'a': expected a target string"),
        ("targets: {a: {system: x}}", "1:11: target 'a': key 'target' is missing"),
        ("targets: {a: {target: 7}}", "1:23: target 'a': `target`: expected text, found the"),
        ("targets: {a: a b}", "1:11: target 'a': 'a b' is no target; allowed: sim/NAME"),
        ("targets: {a: {target: sim/1}}", "1:23: target 'a': target 'sim/1'"),
        ("targets: {a: {target: sim/x, sytem: x}}", "did you mean 'system'? Allowed: target,"),
        ("targets: {a: {target: sim/x, system: ''}}", "1:38: target 'a': `system`: must not be"),
        (
            "targets: {a: {target: sim/x, system: u, system: v}}",
            "1:41: key 'system' is written twice in `targets.a`",
        ),
        (
            "targets: {a: {target: sim/x, parameters: {system: v}}}",
            "1:51: target 'a': a system prompt is no parameter; give it once, as `system`",
        ),
        ("targets: {a: 'm/x?system=v'}", "target 'a': a system prompt is no parameter"),
        (
            "targets: {a: {target: 'm/x?t=1', parameters: {t: 1}}}",
            "1:47: target 'a': m/x: parameter 't' is given twice; give it once",
        ),
        ("targets: {a: {target: m/x, parameters: {model: y}}}", "'model' is not yours to set"),
        ("targets: {a: {target: m/x, parameters: [t]}}", "`parameters`: expected keys and values"),
        (
            "targets: {a: {target: m/x, parameters: {t: .inf}}}",
            "1:41: target 'a': parameter 't' cannot be the number inf",
        ),
        (
            "targets: {a: {target: m/x, parameters: {t: 99999999999999999999}}}",
            "parameter 't' cannot be written as JSON",
        ),
        (
            "targets: {a: {target: m/x, parameters: {t: 1000000000000000000}}}",
            "parameter 't' cannot be the number 1000000000000000000",
        ),
        (
            "targets: {a: {target: 'm/x?timeout=5', limits: {timeout: 6}}}",
            "1:23: target 'a': the timeout is also given in `limits`; give it once",
        ),
        (
            "targets: {a: {target: m/x, parameters: {timeout: 5}, limits: {timeout: 6}}}",
            "1:50: target 'a': the timeout is also given in `limits`; give it once",
        ),
        ("targets: {a: {target: m/x, limits: {rmp: 5}}}", "did you mean 'rpm'?"),
        ("targets: {a: {target: m/x, limits: {rpm: 0}}}", "`rpm`: expected a number above 0"),
        ("targets: {a: {target: m/x, limits: {rpm: .inf}}}", "expected a finite number"),
        ("targets: {a: {target: m/x, limits: {concurrency: 1.5}}}", "expected a whole number"),
        ("targets: {a: {target: m/x, limits: {concurrency: '8'}}}", "found text '8'"),
        ("targets: {a: {target: m/x, limits: 8}}", "`limits`: expected keys and values"),
        ("targets: {a: {target: m/x, price: {input: 1}}}", "price: key 'output' is missing"),
        ("targets: {a: {target: m/x, price: {input: -1, output: 1}}}", "a number of at least 0"),
        ("targets: {a: {target: m/x, price: free}}", "`price`: expected keys and values"),
    ],
)
def test_every_mistake_has_its_place(tmp_path: Path, text: str, found: str) -> None:
    """Line and column, what was found, what is allowed."""
    said = problems(tmp_path, text)
    assert len(said) == 1
    assert found in said[0]


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """In the order of the file, one target's not hiding another's."""
    text = """\
targets:
  a: {target: m/x, sytem: u, price: {input: x}, limits: {rpm: 0}, parameters: {model: y}}
  b: 5
"""
    places = [said.split(":")[:2] for said in problems(tmp_path, text)]
    assert places == [["2", column] for column in ("20", "30", "45", "63", "80")] + [["3", "3"]]


@pytest.mark.parametrize(
    "body",
    [
        "'m/x?api_key=hush'",
        "{target: 'm/x?api_key=hush'}",
        "{target: m/x, parameters: {api_key: hush}}",
        "{target: m/x, parameters: {extra_headers: {Authorization: hush}}}",
        "{target: m/x, api_key: hush}",
        "{target: 'https://me:hush@host/v1#m'}",
    ],
)
def test_secrets_must_not_stand_in_a_file(tmp_path: Path, body: str) -> None:
    """The message says what to do, and does not repeat them."""
    (said,) = problems(tmp_path, f"targets: {{a: {body}}}")
    assert "hush" not in said
    assert "key_env" in said or "unknown key 'api_key'" in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Is an error of its own."""
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_targets(tmp_path / "targets.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_targets(tmp_path)


@pytest.mark.parametrize(
    ("text", "alias"),
    [("t1", True), ("my-model.2", True), ("1a", False), ("a/b", False), ("a b", False)],
)
def test_aliases(text: str, alias: bool) -> None:
    """They are parts of keys, and stand before `=` on the command line."""
    assert is_alias(text) is alias
