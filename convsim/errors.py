"""Everything that can go wrong, drawn once.

    ConvsimError
    ├── InputError              the input is wrong; nothing was called, nothing was paid for
    │   ├── ScenarioError       problems in scenario or policy files, each with its place
    │   └── RunMismatch         a run directory does not fit what is asked of it
    ├── CallError               one call to a model failed; never a reply, never a refusal
    │   ├── Throttled           the provider asked to wait (429, 529)
    │   ├── Transient           may work later: timeouts, resets, 5xx, malformed answers
    │   │   └── Unreachable     no connection at all
    │   ├── NotRecorded         a replayed run holds no reply to this conversation
    │   ├── RefusedRequest      this request is not accepted (400, 413, 422); not retried
    │   ├── NoRuling            a guard model was asked and did not say whether to block
    │   └── Permanent           key, model or host is wrong; the run stops at once
    ├── Voided                  a judge failed its sentinels: what it says would count for nothing
    ├── Halted                  the run was asked to stop before this call
    └── Suspended               the run stopped for a reason that passes; resume goes on
        ├── OutOfSpace          the disk takes no more
        ├── Outage              nothing but failures from an endpoint, for too long
        └── BudgetSpent         the next call could exceed the budget

A provider's own block is not here: it is data (`transcript.Status.PROVIDER_BLOCK`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Self


class ConvsimError(Exception):
    """The root of every error that convsim raises on purpose."""


class InputError(ConvsimError):
    """What the user gave cannot be used. The message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, with its place.

    `line` and `column` count from 1; both are 0 where the object was built in Python. `code` is
    what lint calls this kind of problem, such as CS101.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    warning: bool = False
    code: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else ""
        if not place and self.file:
            place = f"{self.file}: "
        return f"{place}{'warning: ' if self.warning else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A problem inside one object, before anybody knows which file it came from.

    `loc` is the path of keys and list indices to it, as in pydantic's errors; `code` is one of
    `lints.codes`, which also says whether it is a warning.
    """

    loc: tuple[str | int, ...]
    message: str
    warning: bool = False
    code: str = field(kw_only=True)


def choices(word: str, allowed: Iterable[str]) -> str:
    """What else a word could have been, as the end of a message.

    >>> choices("wieght", ["if", "weight"])
    "; did you mean 'weight'? Allowed: if, weight"
    """
    words = list(allowed)
    close = get_close_matches(word, words, n=1)
    did_you_mean = f"; did you mean '{close[0]}'? Allowed: " if close else "; allowed: "
    return did_you_mean + ", ".join(words)


class ScenarioError(InputError):
    """One or more problems in scenario or policy files; `problems` holds all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunMismatch(InputError):
    """A run directory was made with another configuration, or belongs to another process."""


class CallError(ConvsimError):
    """One call failed. `kind` is what the error row says; `detail` is the provider's own word."""

    kind = "error"

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Throttled(CallError):
    """The provider asked to slow down. `retry_after` is in seconds, None when it did not say."""

    kind = "throttled"

    def __init__(self, message: str, *, retry_after: float | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class Transient(CallError):
    """The same call may succeed later: a timeout, a reset, a 5xx, an answer cut short."""

    kind = "transient"


class Unreachable(Transient):
    """No connection: the name does not resolve, or nothing listens there."""


class RefusedRequest(CallError):
    """The provider does not accept this very request (too long, malformed). Not retried."""

    kind = "refused_request"


class NoRuling(CallError):
    """A guard model answered, and its answer says neither block nor pass: nothing passes."""

    kind = "no_ruling"


class NotRecorded(CallError):
    """A replayed run holds no reply to this conversation."""

    kind = "not_recorded"


class Permanent(CallError):
    """The key, the model or the host is wrong: every further call would fail the same way."""

    kind = "permanent"


def call_error(kind: str, message: str, *, detail: str = "") -> CallError:
    """The error of an error row, to raise it again."""
    for type_ in (Throttled, Transient, NotRecorded, NoRuling, RefusedRequest, Permanent):
        if type_.kind == kind:
            return type_(message, detail=detail)
    return CallError(message, detail=detail)


def at_place(error: CallError, place: str) -> CallError:
    """The same failure, with the place where it happened.

    >>> at_place(Transient("no answer within 5 s"), "turn 3")
    Transient('turn 3: no answer within 5 s')
    """
    return call_error(error.kind, f"{place}: {error}", detail=error.detail)


class Voided(ConvsimError):
    """A judge failed its sentinels, or nothing that it says can be used: it is asked no more."""


class Halted(ConvsimError):
    """The run was asked to stop; the call was not made."""


class Suspended(ConvsimError):
    """The run stopped for a reason that passes. All that was paid for is kept; resume goes on."""

    def by(self, command: str | None) -> Self:
        """The same, naming the command that goes on, which whoever raised it could not know.

        None where nothing was paid for and nothing is stored that could go on.
        """
        said = str(self)
        if command is None:
            said = said.partition("; `convsim resume DIR")[0]
            return type(self)(f"{said}; nothing was paid for, nothing is stored")
        if "convsim resume DIR" not in said:
            return self
        return type(self)(said.replace("convsim resume DIR", command))


class OutOfSpace(Suspended):
    """The disk, or a limit on the size of a file, takes no more."""


class Outage(Suspended):
    """Nothing but failures from an endpoint, for longer than the run's patience."""


class BudgetSpent(Suspended):
    """The next call could cost more than is left of the budget."""
