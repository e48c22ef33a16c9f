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

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convsim.errors import Flaw, InputError, ScenarioError, choices
from convsim.explain import flaws_in, problems_in
from convsim.price import Price
from convsim.targets.guarded import RegexGuard, Side
from convsim.targets.guarding import REGEX, WantedGuard
from convsim.targets.instructions import instructions
from convsim.targets.spec import TargetSpec, parse_target
from convsim.yaml12 import kind, scan

Loc = tuple[str | int, ...]

_TRAINED = re.compile(r"[A-Za-z][\w.-]*(?::(?!//)[^=]+)?=")
"""How `KIND=TARGET` begins, a guard model in its own format; whoever opens it knows the kinds."""

_WORDS = frozenset({"true", "false", "null"})
_OWN_PLACE = frozenset({"key_env", "timeout", "api_base", "system"})
"""Parameters that do not stay among the parameters of a target."""


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
AboveZero = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Price(_Noun):
    input: Amount
    output: Amount


class _Limits(_Noun):
    concurrency: int | None = Field(None, ge=1)
    rpm: AboveZero | None = None
    tpm: AboveZero | None = None
    attempts: int | None = Field(None, ge=1)
    timeout: AboveZero | None = None


class _Variant(_Noun):
    system: str | None = Field(None, min_length=1)
    instruction: str | None = Field(None, min_length=1)
    input_guard: Any = None
    output_guard: Any = None
    parameters: dict[str, Any] = {}


class _Target(_Noun):
    target: str
    system: str | None = Field(None, min_length=1)
    instruction: str | None = Field(None, min_length=1)
    input_guard: Any = None
    output_guard: Any = None
    parameters: dict[str, Any] = {}
    price: dict[str, Any] | None = None
    limits: dict[str, Any] = {}
    variant_of: str | None = None


class _Listed(_Target):
    variants: dict[str, Any] = {}


class _Guard(_Noun):
    guard: str = Field(min_length=1)
    rule: str | None = Field(None, min_length=1)
    price: dict[str, Any] | None = None
    limits: dict[str, Any] = {}


class _File(_Noun):
    convsim: int = Field(default=1, ge=1, le=1)
    targets: dict[str, Any] = Field(min_length=1)


Noun = TypeVar("Noun", bound=_Noun)

_PARTS: Mapping[str, type[_Price | _Limits]] = {"price": _Price, "limits": _Limits}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a targets file says of one target. Nothing has been opened or called.

    `target` is the target string; `parameters` are those that stand beside it, and `spec` has both.
    `limits` are the fields of `limits.Limits` that are set for this target. A price of None is to
    be looked up. `instruction` is a standing instruction, which follows the system prompt;
    `variant_of` is the alias of the target that it is compared with.
    """

    target: str
    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    price: Price | None = None
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)
    instruction: str | None = None
    guards: tuple[WantedGuard, ...] = ()
    variant_of: str | None = None

    @property
    def prompt(self) -> str | None:
        """All that the operator says: the system prompt, and the standing instruction after it."""
        return joined(self.system, self.instruction)

    @property
    def mitigation(self) -> dict[str, Any]:
        """How the model is deployed, as plain data: what a variant may change."""
        plain = self.to_plain()
        return {key: plain[key] for key in _Variant.model_fields if key in plain}

    @property
    def text(self) -> str:
        """The target string with the parameters in it."""
        text = self.target
        for name, value in self.parameters.items():
            text = _with_parameter(text, name, value)
        return text

    @property
    def spec(self) -> TargetSpec:
        """The target string and the parameters, read as one."""
        return parse_target(self.text)

    def to_plain(self) -> dict[str, Any]:
        """The target as it would stand in a targets file; `from_plain` takes it back."""
        price = self.price and {"input": self.price.input, "output": self.price.output}
        plain = {
            "target": self.target,
            "system": self.system,
            "parameters": dict(self.parameters),
            "price": price,
            "limits": dict(self.limits),
            "instruction": self.instruction,
            **_plain_guards(self.guards),
            "variant_of": self.variant_of,
        }
        return {key: value for key, value in plain.items() if value not in (None, {})}

    @classmethod
    def from_plain(cls, plain: str | Mapping[str, Any]) -> Self:
        """The target that `to_plain`, or a target string alone, describes.

        Raises `InputError` with everything that is wrong.

        >>> Wanted.from_plain({"target": "sim/steadfast", "parameters": {"latency": 0.1}}).text
        'sim/steadfast?latency=0.1'
        """
        flaws: list[Flaw] = []
        wanted = _wanted(plain, (), flaws)
        if wanted is None or flaws:
            raise InputError("; ".join(flaw.message for flaw in flaws))
        return cls(**{name: getattr(wanted, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Altered:
    """A target that is a Python object, under a mitigation: what `Wanted` is for target strings."""

    thing: object
    system: str | None = None
    instruction: str | None = None
    guards: tuple[WantedGuard, ...] = ()
    variant_of: str | None = None

    @property
    def prompt(self) -> str | None:
        """All that the operator says."""
        return joined(self.system, self.instruction)

    @property
    def mitigation(self) -> dict[str, Any]:
        """How the object is deployed, as plain data."""
        plain = {
            "system": self.system,
            "instruction": self.instruction,
            **_plain_guards(self.guards),
        }
        return {key: value for key, value in plain.items() if value}


def joined(system: str | None, instruction: str | None) -> str | None:
    """A system prompt with a standing instruction after a blank line; either may be missing."""
    if system is None or instruction is None:
        return system or instruction
    # The line end of a YAML block is no second blank line.
    return system.rstrip("\n") + "\n\n" + instruction


def _plain_guards(guards: Sequence[WantedGuard]) -> dict[str, Any]:
    plain = {f"{it}_guard": [one.to_plain() for one in guards if one.side is it] for it in Side}
    return {key: value for key, value in plain.items() if value}


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
    file = _read(_File, data, (), "", flaws)
    if file is None:
        # What is wrong inside the targets is said all the same.
        bodies = data.get("targets")
        bodies = bodies if isinstance(bodies, dict) else {}
    else:
        bodies = file.targets
    found = {}
    for alias, body in bodies.items():
        flaws.extend(_wrong_alias(alias, ("targets", alias)))
        if (wanted := _wanted(body, ("targets", alias), flaws, _Listed)) is not None:
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
    if _read(_Variant, changes, loc, where, flaws) is None:
        return None
    parameters = {**base.parameters, **changes.get("parameters", {})}
    merged = {**base.to_plain(), **changes, "parameters": parameters, "variant_of": alias}
    found = _wanted(merged, loc, flaws, where=where)
    if found is not None and replace(found, variant_of=base.variant_of) == base:
        flaws.append(Flaw(loc, f"{where}: it changes nothing", code="CS012"))
    return found


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


# --- one target


def _wanted(
    body: object,
    loc: Loc,
    flaws: list[Flaw],
    noun: type[_Target] = _Target,
    *,
    where: str = "",
) -> Wanted | None:
    """One target, with what is wrong with it added to `flaws`; None where it cannot be one."""
    where = where or (f"target '{loc[-1]}'" if loc else "the target")
    place = (*loc, "target")
    if isinstance(body, str):
        body, place = {"target": body}, loc
    if not isinstance(body, Mapping):
        allowed = "a target string, or keys such as {target: ..., system: ...}"
        flaws.append(Flaw(loc, f"{where}: expected {allowed}, found {kind(body)}", code="CS008"))
        return None
    price, limits = _price_and_limits(body, loc, where, flaws)
    guards = tuple(_guards(body, loc, where, flaws))
    flaws.extend(_wrong_parameters(body, loc, place, where))
    row = _read(noun, body, loc, where, flaws)
    if row is None:
        return None
    said = row.instruction
    return Wanted(
        row.target,
        row.system,
        row.parameters,
        price,
        limits,
        None if said is None else instructions().get(said, said),
        guards,
        row.variant_of,
    )


def _price_and_limits(
    body: Mapping[str, Any], loc: Loc, where: str, flaws: list[Flaw]
) -> tuple[Price | None, dict[str, float]]:
    """What calls cost, and how many there may be."""
    parts: dict[str, _Price | _Limits | None] = {
        key: _read(noun, body[key], (*loc, key), f"{where}, {key}", flaws)
        for key, noun in _PARTS.items()
        if isinstance(body.get(key), Mapping)
    }
    price, limits = parts.get("price"), parts.get("limits")
    return (
        None if price is None else Price(**price.model_dump()),
        {} if limits is None else limits.model_dump(exclude_none=True),
    )


# --- guards


def _guards(
    body: Mapping[str, Any], loc: Loc, where: str, flaws: list[Flaw]
) -> Iterator[WantedGuard]:
    """The guards of both sides, in their order; a side has one, or a list of them."""
    for side in Side:
        key = f"{side}_guard"
        given = body.get(key)
        if given is None:
            continue
        several = isinstance(given, list | tuple)
        for number, item in enumerate(given if several else [given]):
            at = (*loc, key, number) if several else (*loc, key)
            guard = _guard(item, side, at, f"{where}, {key}", flaws)
            if guard is not None:
                yield guard


def _guard(item: object, side: Side, loc: Loc, where: str, flaws: list[Flaw]) -> WantedGuard | None:
    """One guard: a string, keys, or (in Python) a function."""
    if callable(item) and not isinstance(item, type):
        return WantedGuard.of(side, item)
    place = loc
    if isinstance(item, str):
        item = {"guard": item}
    elif isinstance(item, Mapping):
        place = (*loc, "guard")
    else:
        allowed = "regex:..., python:module:function, a model's target string, or {guard: ...}"
        flaws.append(Flaw(loc, f"{where}: expected {allowed}; found {kind(item)}", code="CS008"))
        return None
    price, limits = _price_and_limits(item, loc, where, flaws)
    row = _read(_Guard, item, loc, where, flaws)
    if row is None:
        return None
    try:
        if row.guard.startswith(REGEX):
            RegexGuard(side, row.guard.removeprefix(REGEX))
        elif not _TRAINED.match(row.guard):
            parse_target(row.guard)
    except InputError as error:
        flaws.append(Flaw(place, f"{where}: {error}", code="CS012"))
    return WantedGuard(side, row.guard, row.rule, price, limits)


def _read(
    noun: type[Noun], data: Mapping[str, Any], loc: Loc, where: str, flaws: list[Flaw]
) -> Noun | None:
    """The noun that `data` is, or None with what is wrong added to `flaws`."""
    try:
        return noun.model_validate(data)
    except ValidationError as error:
        prefix = f"{where}: " if where else ""
        found = flaws_in(error, noun, data)
        flaws.extend(
            replace(flaw, loc=(*loc, *flaw.loc), message=prefix + flaw.message) for flaw in found
        )
        return None


def _wrong_parameters(body: Mapping[str, Any], loc: Loc, place: Loc, where: str) -> Iterator[Flaw]:
    """What is wrong with the target string, and with each parameter beside it."""
    target, parameters = body.get("target"), body.get("parameters")
    if not isinstance(target, str):
        return
    try:
        yield from _said_twice(parse_target(target), body, place, where)
    except InputError as error:
        yield Flaw(place, f"{where}: {error}", code="CS012")
        return
    for name, value in parameters.items() if isinstance(parameters, Mapping) else ():
        at = (*loc, "parameters", name)
        try:
            both = parse_target(_with_parameter(target, name, value))
        except InputError as error:
            yield Flaw(at, f"{where}: {error}", code="CS012")
            continue
        if name in _OWN_PLACE:
            yield from _said_twice(both, body, at, where)
        elif not _same(both.parameters.get(name), value):
            yield Flaw(at, f"{where}: parameter '{name}' cannot be {kind(value)}", code="CS012")


def _same(found: object, value: object) -> bool:
    """Whether a value came through, as what it was: 19 digits would become a float."""
    return found == value and type(found) is type(value)


def _said_twice(spec: TargetSpec, body: Mapping[str, Any], loc: Loc, where: str) -> Iterator[Flaw]:
    """Parameters for which the file has a key of its own."""
    limits = body.get("limits")
    if spec.timeout is not None and isinstance(limits, Mapping) and "timeout" in limits:
        yield Flaw(
            loc, f"{where}: the timeout is also given in `limits`; give it once", code="CS012"
        )
    if "system" in spec.parameters:
        yield Flaw(
            loc,
            f"{where}: a system prompt is no parameter; give it once, as `system`",
            code="CS012",
        )


def _with_parameter(target: str, name: str, value: object) -> str:
    """The target string with one more parameter; parameters follow the model of a URL."""
    is_plain = isinstance(value, str) and value[:1].isalpha() and value not in _WORDS
    try:
        text = str(value) if is_plain else orjson.dumps(value).decode()
    except TypeError as error:
        raise InputError(f"parameter '{name}' cannot be written as JSON: {error}") from None
    is_url = re.match(r"https?://", target, re.IGNORECASE)
    tail = target.partition("#")[2] if is_url else target
    return f"{target}{'&' if '?' in tail else '?'}{quote(name, safe='')}={quote(text, safe='')}"
