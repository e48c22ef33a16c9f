"""Your own function as a target: `(messages) -> text`, async or not, given or named by a string.

    async def answer(messages: list[dict], seed: int | None = None) -> str: ...

    as_target(answer)
    parse_target("python:my_package.my_module:answer")

A function that asks for `seed` gets the request's. An exception it raises is a bug in that function
or in what is behind it, which nobody here can classify: it becomes a `CallError` of kind `error`,
an error row that is not retried inside the run, and that `resume` takes up again after the fix. A
function that knows better raises a `CallError` itself (`Throttled`, `Transient`, ...), or returns a
`Reply` to report a block. Sync functions run in threads, as many at a time as the loop's default
executor has; they are not interrupted.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from operator import attrgetter
from typing import Any, cast

from convsim.errors import CallError, InputError
from convsim.ports import Target
from convsim.targets import wire
from convsim.targets.spec import TargetSpec, fingerprint_of
from convsim.transcript import Reply, Request

Answer = str | Reply
Function = Callable[..., Answer | Awaitable[Answer]]


class FunctionTarget:
    """A function that takes chat messages as dicts and returns text or a `Reply`.

    `parameters` are passed as keyword arguments with every call.
    """

    def __init__(
        self,
        function: Function,
        *,
        parameters: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.function = function
        self.parameters = dict(parameters or {})
        self.name = name or getattr(function, "__qualname__", type(function).__name__)
        self._path = name or path_of(function)
        self._seeded = _takes_seed(function) and "seed" not in self.parameters
        self._async = _is_async(function)
        self._check_signature()

    def __repr__(self) -> str:
        return f"FunctionTarget({self.name})"

    @property
    def fingerprint(self) -> str:
        """That of the target string which names the same function and parameters."""
        return fingerprint_of("python", self._path, self.parameters)

    async def reply(self, request: Request) -> Reply:
        """Answer one request with one call of the function."""
        if self._async:
            result = self._call(request)
        else:
            result = await asyncio.to_thread(self._call, request)
        if inspect.isawaitable(result):
            try:
                result = await result
            except CallError:
                raise
            except (Exception, SystemExit) as error:
                raise self._raised(error) from error
        return self._read(result)

    def _call(self, request: Request) -> Any:
        arguments = {"seed": request.seed, **self.parameters} if self._seeded else self.parameters
        try:
            return self.function([message.wire() for message in request.messages], **arguments)
        except CallError:
            raise
        except (Exception, SystemExit) as error:
            # Also inside the thread: a StopIteration that left it would never reach the waiter.
            raise self._raised(error) from error

    def _raised(self, error: BaseException) -> CallError:
        return CallError(
            wire.valid_text(f"{self.name} raised {type(error).__name__}: {error}"),
            detail=repr(error)[: wire.EXCERPT],
        )

    def _read(self, result: object) -> Reply:
        if isinstance(result, Reply):
            return result
        if isinstance(result, str):
            return wire.settle(result)
        raise CallError(
            f"{self.name} returned {type(result).__name__}; a target function returns str or Reply",
            detail=repr(result)[: wire.EXCERPT],
        )

    def _check_signature(self) -> None:
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):
            return  # a builtin that does not say what it takes
        try:
            signature.bind([], **self.parameters)
        except TypeError as error:
            raise InputError(
                f"{self.name}{signature} cannot be called as a target ({error}); "
                "it takes the messages, and each parameter after ? as a keyword"
            ) from error


def as_target(thing: object) -> Target:
    """`thing` as a target: as it is where it has `reply`, wrapped where it is a function."""
    if not isinstance(thing, type):
        if callable(getattr(thing, "reply", None)):
            return cast(Target, thing)
        if callable(thing):
            return FunctionTarget(thing)
    what = f"the class {thing.__name__}" if isinstance(thing, type) else repr(thing)
    raise InputError(
        f"{what} is no target; pass an object with an async `reply(request)` method, "
        "a function of the messages, or a target string"
    )


def path_of(function: object) -> str:
    """`module:qualname`, as a target string names it; of an object that has neither, its type's."""
    named = function if inspect.isroutine(function) else type(function)
    return f"{named.__module__}:{named.__qualname__}"


def load_function(spec: TargetSpec) -> FunctionTarget:
    """The target that a `python:package.module:function` spec names."""
    module_name, _, path = spec.name.partition(":")
    module = _import(module_name, spec)
    try:
        function = attrgetter(path)(module)
    except AttributeError as error:
        public = ", ".join(name for name in vars(module) if not name.startswith("_"))
        raise InputError(
            f"{spec}: module {module_name} has no {path!r}; it has {public or 'nothing public'}"
        ) from error
    if not callable(function) or isinstance(function, type):
        raise InputError(
            f"{spec}: {path!r} is {type(function).__name__}, not a function of the messages"
        )
    return FunctionTarget(function, parameters=spec.parameters, name=spec.name)


def _import(name: str, spec: TargetSpec) -> object:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise InputError(
                f"{spec}: there is no module {error.name!r}; is its folder on PYTHONPATH?"
            ) from error
        raise InputError(
            f"{spec}: importing {name} needs {error.name!r}, which is missing"
        ) from error
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{spec}: importing {name} raised {type(error).__name__}: {error}"
        ) from error


def _is_async(function: object) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - not whether, but which kind
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _takes_seed(function: Function) -> bool:
    try:
        return "seed" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
