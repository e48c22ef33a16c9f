"""Targets files: what they say, and what is wrong with them, with its place."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from convsim.errors import InputError, ScenarioError
from convsim.price import Price
from convsim.targets.file import is_alias, load_targets
from convsim.targets.guarded import Side
from convsim.targets.instructions import instructions
from convsim.targets.spec import parse_target
from convsim.targets.wanted import Wanted
from convsim.targets.wanted_guard import WantedGuard

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


@pytest.mark.parametrize("alias", ["bare", "guarded", "mine"])
def test_targets_survive_a_run_directory(tmp_path: Path, alias: str) -> None:
    """As JSON, without what was not given."""
    wanted = load(tmp_path, FILE)[alias]
    plain = orjson.loads(orjson.dumps(wanted.to_plain()))
    assert Wanted.from_plain(plain) == wanted
    assert None not in plain.values()


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


# -- guards and variants


VARIANTS = """\
targets:
  bare:
    target: openai/gpt-5-mini
    system: You are the assistant of a bank.
    parameters: {temperature: 1, max_tokens: 600}
    price: {input: 0.25, output: 2}
    variants:
      standing: standing-rule
      brief: {instruction: Be brief.}
      strict: {system: Refuse.}
      cold: {parameters: {temperature: 0}}
      filtered:
        input_guard: python:my.filters:check
        output_guard:
          - regex:SEC-\\d{5}
          - guard: openai/gpt-5-nano
            rule: No prices.
            price: {input: 0, output: 1}
            limits: {rpm: 9}
  other: {target: "http://h:1/v1#m", variant_of: bare}
"""


def test_a_target_has_variants(tmp_path: Path) -> None:
    """Each is the same target but for what it changes; aliases say whose variants they are."""
    targets = load(tmp_path, VARIANTS)
    assert list(targets) == [
        "bare",
        *(f"bare+{name}" for name in ("standing", "brief", "strict", "cold", "filtered")),
        "other",
    ]
    assert {it.variant_of for alias, it in targets.items() if alias != "bare"} == {"bare"}
    same = {(it.target, it.price) for alias, it in targets.items() if "+" in alias}
    assert same == {("openai/gpt-5-mini", Price(0.25, 2.0))}


def test_what_variants_change(tmp_path: Path) -> None:
    """An instruction is added to the system prompt; a system prompt and a parameter replace."""
    targets = load(tmp_path, VARIANTS)
    bank = "You are the assistant of a bank."
    prompts = {alias: it.prompt for alias, it in targets.items()}
    assert prompts["bare"] == prompts["bare+cold"] == prompts["bare+filtered"] == bank
    assert prompts["bare+brief"] == f"{bank}\n\nBe brief."
    assert prompts["bare+standing"] == f"{bank}\n\n{instructions()['standing-rule']}"
    assert prompts["bare+strict"] == "Refuse."
    assert targets["bare+cold"].parameters == {"temperature": 0, "max_tokens": 600}


def test_what_stands_there_as_guards(tmp_path: Path) -> None:
    """One or several to a side; a guard has a rule, a price and limits of its own."""
    guards = load(tmp_path, VARIANTS)["bare+filtered"].guards
    assert guards == (
        WantedGuard(Side.INPUT, "python:my.filters:check"),
        WantedGuard(Side.OUTPUT, "regex:SEC-\\d{5}"),
        WantedGuard(Side.OUTPUT, "openai/gpt-5-nano", "No prices.", Price(0.0, 1.0), {"rpm": 9.0}),
    )


@pytest.mark.parametrize("name", ["standing", "brief", "strict", "cold", "filtered"])
def test_variants_survive_a_run_directory(tmp_path: Path, name: str) -> None:
    """A run goes on with what it has, also where an instruction ships with other words by then."""
    wanted = load(tmp_path, VARIANTS)[f"bare+{name}"]
    plain = orjson.loads(orjson.dumps(wanted.to_plain()))
    again = Wanted.from_plain(plain)
    assert (again, again.guards, again.prompt) == (wanted, wanted.guards, wanted.prompt)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{target: m/x, variants: [a]}", "`variants`: expected keys and values"),
        ("{target: m/x, variants: {v: 5}}", "1:39: variant 'v' of target 'a': expected 'stand"),
        ("{target: m/x, variants: {v: standing}}", "there is no mitigation 'standing'; did you"),
        ("{target: m/x, variants: {v: {}}}", "1:39: variant 'v' of target 'a': it changes nothing"),
        ("{target: m/x, variants: {v: {sytem: x}}}", "unknown key 'sytem'; did you mean 'system'"),
        ("{target: m/x, variants: {v: {target: m/y}}}", "unknown key 'target'"),
        ("{target: m/x, variants: {1v: standing-rule}}", "1:39: '1v' is no alias"),
        ("{target: m/x, variants: {v+w: standing-rule}}", "'v+w' is no alias"),
        (
            "{target: 'm/x?temperature=1', variants: {v: {parameters: {temperature: 0}}}}",
            "1:72: variant 'v' of target 'a': parameter 'temperature' stands in the target string "
            "of 'a'; write it under `parameters` there",
        ),
        ("{target: m/x, variant_of: b}", "target 'a': 'b' is no target to compare with"),
        ("{target: m/x, variant_of: a}", "target 'a': 'a' is no target to compare with"),
        ("{target: m/x, output_guard: 5}", "target 'a', output_guard: expected regex:..."),
        ("{target: m/x, output_guard: 'regex:('}", "1:42: target 'a', output_guard: regex:( is no"),
        ("{target: m/x, output_guard: [regex:x, 'a b']}", "output_guard: 'a b' is no target"),
        ("{target: m/x, output_guard: {rule: x}}", "output_guard: key 'guard' is missing"),
        ("{target: m/x, input_guard: {guard: m/y, price: {input: 1}}}", "key 'output' is missing"),
        ("{target: m/x, variants: {v: {output_guard: 'm/y?api_key=hush'}}}", "key_env"),
    ],
)
def test_every_mistake_in_a_variant_has_its_place(tmp_path: Path, body: str, found: str) -> None:
    """Line and column, what was found, what is allowed; keys of providers are not repeated."""
    (said,) = problems(tmp_path, f"targets: {{a: {body}}}")
    assert found in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("text", "alias"),
    [("base+standing", True), ("base+", False), ("+a", False), ("a+b+c", False), ("a+1", False)],
)
def test_aliases_of_variants(text: str, alias: bool) -> None:
    """A base and a name."""
    assert is_alias(text) is alias


def test_what_ships_with_convsim() -> None:
    """The standing rule: what was declined stays declined, and what is allowed stays allowed."""
    assert list(instructions()) == ["standing-rule"]
    words = instructions()["standing-rule"]
    assert "stays declined" in words
    assert "stays allowed" in words
