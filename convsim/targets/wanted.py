"""One target as the user named it: the model, and how it is deployed.

`Wanted` is what stands in a targets file, and in a run directory; `Altered` is the same of a Python
object. `read_target` reads the first from plain data, and lists all that is wrong with these.
Nothing is opened here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convsim.errors import Flaw, InputError
from convsim.explain import flaws_in
from convsim.price import Price
from convsim.targets.guarded import RegexGuard, Side
from convsim.targets.instructions import instructions
from convsim.targets.spec import TargetSpec, parse_target
from convsim.targets.wanted_guard import REGEX, WantedGuard
from convsim.yaml12 import kind

Loc = tuple[str | int, ...]
"""Where in a file something stands."""

_TRAINED = re.compile(r"[A-Za-z][\w.-]*(?::(?!//)[^=]+)?=")
"""How `KIND=TARGET` begins, a guard model in its own format; whoever opens it knows the kinds."""

_WORDS = frozenset({"true", "false", "null"})
_OWN_PLACE = frozenset({"key_env", "timeout", "api_base", "system"})
"""Parameters that do not stay among the parameters of a target."""


class Keys(BaseModel):
    """The keys that some place of a targets file may have."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
AboveZero = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _PriceKeys(Keys):
    input: Amount
    output: Amount


class _LimitsKeys(Keys):
    concurrency: int | None = Field(None, ge=1)
    rpm: AboveZero | None = None
    tpm: AboveZero | None = None
    attempts: int | None = Field(None, ge=1)
    timeout: AboveZero | None = None


class VariantKeys(Keys):
    """What a variant may change."""

    system: str | None = Field(None, min_length=1)
    instruction: str | None = Field(None, min_length=1)
    input_guard: Any = None
    output_guard: Any = None
    parameters: dict[str, Any] = {}


class TargetKeys(Keys):
    """What stands beside a target string."""

    target: str
    system: str | None = Field(None, min_length=1)
    instruction: str | None = Field(None, min_length=1)
    input_guard: Any = None
    output_guard: Any = None
    parameters: dict[str, Any] = {}
    price: dict[str, Any] | None = None
    limits: dict[str, Any] = {}
    variant_of: str | None = None


class _GuardKeys(Keys):
    guard: str = Field(min_length=1)
    rule: str | None = Field(None, min_length=1)
    price: dict[str, Any] | None = None
    limits: dict[str, Any] = {}


AnyKeys = TypeVar("AnyKeys", bound=Keys)

_PARTS: Mapping[str, type[_PriceKeys | _LimitsKeys]] = {"price": _PriceKeys, "limits": _LimitsKeys}


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
        return {key: plain[key] for key in VariantKeys.model_fields if key in plain}

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
        wanted = read_target(plain, (), flaws)
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


# --- one target


def read_target(
    body: object,
    loc: Loc,
    flaws: list[Flaw],
    keys: type[TargetKeys] = TargetKeys,
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
    row = read_keys(keys, body, loc, where, flaws)
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
    parts: dict[str, _PriceKeys | _LimitsKeys | None] = {
        key: read_keys(keys, body[key], (*loc, key), f"{where}, {key}", flaws)
        for key, keys in _PARTS.items()
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
    row = read_keys(_GuardKeys, item, loc, where, flaws)
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


def read_keys(
    keys: type[AnyKeys], data: Mapping[str, Any], loc: Loc, where: str, flaws: list[Flaw]
) -> AnyKeys | None:
    """`data` as these keys, or None with what is wrong added to `flaws`."""
    try:
        return keys.model_validate(data)
    except ValidationError as error:
        prefix = f"{where}: " if where else ""
        found = flaws_in(error, keys, data)
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
