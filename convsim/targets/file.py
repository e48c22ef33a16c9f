"""Targets files: targets by alias, with what a target string has no room for.

    convsim: 1
    targets:
      bare: openai/gpt-5-mini
      guarded:
        target: openai/gpt-5-mini
        system: You are the assistant of a bank. Do not draft messages in somebody else's name.
        parameters: {temperature: 1, max_tokens: 600}
        price: {input: 0.25, output: 2.0}          # US dollars per million tokens
        limits: {concurrency: 8, rpm: 300, tpm: 100000, timeout: 60}

A parameter means what it would mean after the `?` of the target string. Keys of providers never
stand here; `key_env` names the environment variable that holds one.

A target can have variants: the same model under a mitigation, played beside it in the same run.

      bare:
        target: openai/gpt-5-mini
        variants:
          standing: standing-rule                     # an instruction that ships with convsim
          filtered: {output_guard: "regex:SEC-\\d{5}"}

They are targets of their own, called `bare+standing` and `bare+filtered`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from convsim.errors import Flaw, InputError, ScenarioError, choices
from convsim.explain import problems_in
from convsim.targets.instructions import instructions
from convsim.targets.spec import parse_target
from convsim.targets.wanted import (
    Altered,
    Keys,
    Loc,
    TargetKeys,
    VariantKeys,
    Wanted,
    read_keys,
    read_target,
)
from convsim.yaml12 import kind, scan


class _ListedKeys(TargetKeys):
    """A target of a file, which may have variants there."""

    variants: dict[str, Any] = Field(default_factory=dict)


class _FileKeys(Keys):
    convsim: int = Field(default=1, ge=1, le=1)
    targets: dict[str, Any] = Field(min_length=1)


def load_targets(path: str | Path) -> dict[str, Wanted]:
    """The targets in a targets file, by alias, in its order.

    Raises `ScenarioError` with every problem of the file, and `InputError` when it cannot be read.

        targets = load_targets("targets.yaml")
    """
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"targets file '{path}' cannot be read: {error.strerror or error}"
        ) from None
    document = scan(source, str(path))
    flaws: list[Flaw] = []
    targets = {} if document.data is None else _targets(document.data, flaws)
    if problems := problems_in(flaws, document):
        by_place = sorted(problems, key=lambda it: (it.line, it.column, it.message))
        raise ScenarioError(by_place)
    return targets


def one_wanted(text: str, who: str) -> Wanted:
    """The model that a target string names, or a targets file that holds it alone.

    `who` asks it, for the message: raises `InputError` where the file has several.
    """
    if not is_targets_file(text):
        return Wanted(text)
    targets = load_targets(text)
    if len(targets) != 1:
        raise InputError(
            f"{text} has {len(targets)} targets ({', '.join(targets)}); "
            f"{who} asks one model: name a file that holds it alone"
        )
    return next(iter(targets.values()))


def is_targets_file(text: str) -> bool:
    """Whether what names a model is a file."""
    return text.endswith((".yaml", ".yml"))


def _targets(data: Mapping[str, Any], flaws: list[Flaw]) -> dict[str, Wanted]:
    file = read_keys(_FileKeys, data, (), "", flaws)
    if file is None:
        # What is wrong inside the targets is said all the same.
        bodies = data.get("targets")
        bodies = bodies if isinstance(bodies, dict) else {}
    else:
        bodies = file.targets
    found = {}
    for alias, body in bodies.items():
        flaws.extend(_wrong_alias(alias, ("targets", alias)))
        if (wanted := read_target(body, ("targets", alias), flaws, _ListedKeys)) is not None:
            found[alias] = wanted
            found.update(_variants(alias, wanted, body, flaws))
    flaws.extend(_wrong_bases(found))
    return found


def is_alias(text: str) -> bool:
    """Whether rows and `--target ALIAS=...` can call a target so; `base+name` is a variant."""
    base, _, name = text.partition("+")
    names = (base, name) if "+" in text else (base,)
    return all(it.replace("-", "_").replace(".", "_").isidentifier() for it in names)


def _wrong_alias(alias: str, loc: Loc) -> Iterator[Flaw]:
    if not is_alias(alias) or "+" in alias:
        yield Flaw(
            loc,
            f"'{alias}' is no alias; use letters, digits, '_', '-' and '.', beginning with a "
            "letter",
            code="CS010",
        )


def _wrong_bases(found: Mapping[str, Wanted]) -> Iterator[Flaw]:
    """Targets that say they are variants of one that is not there, or itself a variant."""
    bases = [alias for alias, wanted in found.items() if wanted.variant_of is None]
    for alias, wanted in found.items():
        if wanted.variant_of is not None and wanted.variant_of not in bases:
            yield Flaw(
                ("targets", alias, "variant_of"),
                f"target '{alias}': '{wanted.variant_of}' is no target to compare with"
                + choices(wanted.variant_of, bases),
                code="CS012",
            )


# --- variants


def variant_of(alias: str, base: Wanted, name: str, changes: object) -> Wanted:
    """The target under a mitigation, which `changes` says as in a targets file.

    Raises `InputError` with everything that is wrong.
    """
    flaws: list[Flaw] = []
    found = _varied(alias, base, name, changes, (), flaws)
    if found is None or flaws:
        raise InputError("; ".join(flaw.message for flaw in flaws))
    return found


def altered_by(alias: str, thing: object, name: str, changes: object) -> Altered:
    """The Python object under a mitigation, which `changes` says as in a targets file.

    Raises `InputError` with everything that is wrong.
    """
    parameters = changes.get("parameters") if isinstance(changes, Mapping) else None
    if parameters:
        raise InputError(
            f"variant '{name}' of target '{alias}': parameters are those of a target string, and "
            "this target is a Python object; pass the object with them as a target of its own"
        )
    found = variant_of(alias, Wanted(_STANDS_IN), name, changes)
    return Altered(thing, found.system, found.instruction, found.guards, alias)


_STANDS_IN = "sim/steadfast"
"""A target string, where what surrounds a target is read and the target itself is none."""


def _variants(
    alias: str, base: Wanted, body: object, flaws: list[Flaw]
) -> Iterator[tuple[str, Wanted]]:
    given = body.get("variants", {}) if isinstance(body, Mapping) else {}
    for name, changes in given.items():
        loc: Loc = ("targets", alias, "variants", name)
        flaws.extend(_wrong_alias(name, loc))
        found = _varied(alias, base, name, changes, loc, flaws)
        if found is not None:
            yield f"{alias}+{name}", found


def _varied(
    alias: str, base: Wanted, name: str, changes: object, loc: Loc, flaws: list[Flaw]
) -> Wanted | None:
    """One variant: what it changes goes before what its base says."""
    where = f"variant '{name}' of target '{alias}'"
    if isinstance(changes, str):
        changes = {"instruction": _shipped(changes, loc, where, flaws)}
    if not isinstance(changes, Mapping):
        allowed = f"{_or(instructions())}, or keys such as {{instruction: ..., output_guard: ...}}"
        flaws.append(Flaw(loc, f"{where}: expected {allowed}; found {kind(changes)}", code="CS008"))
        return None
    if read_keys(VariantKeys, changes, loc, where, flaws) is None:
        return None
    changed = changes.get("parameters", {})
    if fixed := [name for name in changed if name in _in_the_string(base.target)]:
        flaws.extend(
            Flaw(
                (*loc, "parameters", name),
                f"{where}: parameter '{name}' stands in the target string of '{alias}'; write it "
                "under `parameters` there, so that a variant can change it",
                code="CS012",
            )
            for name in fixed
        )
        return None
    parameters = {**base.parameters, **changed}
    merged = {**base.to_plain(), **changes, "parameters": parameters, "variant_of": alias}
    found = read_target(merged, loc, flaws, where=where)
    if found is not None and replace(found, variant_of=base.variant_of) == base:
        flaws.append(Flaw(loc, f"{where}: it changes nothing", code="CS012"))
    return found


def _in_the_string(target: str) -> Mapping[str, Any]:
    """The parameters of a target string; of one that is wrong, and is told so elsewhere, none."""
    try:
        return parse_target(target).parameters
    except InputError:
        return {}


def _shipped(name: str, loc: Loc, where: str, flaws: list[Flaw]) -> str:
    """An instruction that ships with convsim, by its name."""
    if name not in instructions():
        known = choices(name, instructions())
        flaws.append(
            Flaw(
                loc,
                f"{where}: there is no mitigation '{name}'{known}; for words of your own write "
                "{instruction: ...}",
                code="CS012",
            )
        )
    return name


def _or(names: Iterable[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
