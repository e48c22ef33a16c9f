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
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convsim.errors import Flaw, InputError, ScenarioError
from convsim.explain import flaws_in, problems_in
from convsim.price import Price
from convsim.targets.spec import TargetSpec, parse_target
from convsim.yaml12 import kind, scan

Loc = tuple[str | int, ...]

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


class _Target(_Noun):
    target: str
    system: str | None = Field(None, min_length=1)
    parameters: dict[str, Any] = {}
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
    be looked up.
    """

    target: str
    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    price: Price | None = None
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)

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
        return cls(wanted.target, wanted.system, wanted.parameters, wanted.price, wanted.limits)


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
        if not is_alias(alias):
            flaws.append(
                Flaw(
                    ("targets", alias),
                    f"'{alias}' is no alias; use letters, digits, '_', '-' and '.', beginning "
                    "with a letter",
                    code="CS010",
                )
            )
        if (wanted := _wanted(body, ("targets", alias), flaws)) is not None:
            found[alias] = wanted
    return found


def is_alias(text: str) -> bool:
    """Whether rows and `--target ALIAS=...` can call a target so."""
    return text.replace("-", "_").replace(".", "_").isidentifier()


def _wanted(body: object, loc: Loc, flaws: list[Flaw]) -> Wanted | None:
    """One target, with what is wrong with it added to `flaws`; None where it cannot be one."""
    where = f"target '{loc[-1]}'" if loc else "the target"
    place = (*loc, "target")
    if isinstance(body, str):
        body, place = {"target": body}, loc
    if not isinstance(body, Mapping):
        allowed = "a target string, or keys such as {target: ..., system: ...}"
        flaws.append(Flaw(loc, f"{where}: expected {allowed}, found {kind(body)}", code="CS008"))
        return None
    parts: dict[str, _Price | _Limits | None] = {
        key: _read(noun, body[key], (*loc, key), f"{where}, {key}", flaws)
        for key, noun in _PARTS.items()
        if isinstance(body.get(key), Mapping)
    }
    flaws.extend(_wrong_parameters(body, loc, place, where))
    row = _read(_Target, body, loc, where, flaws)
    if row is None:
        return None
    price, limits = parts.get("price"), parts.get("limits")
    return Wanted(
        row.target,
        row.system,
        row.parameters,
        None if price is None else Price(**price.model_dump()),
        {} if limits is None else limits.model_dump(exclude_none=True),
    )


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
