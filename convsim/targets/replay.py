"""The replies of an earlier run, given again: nothing is called, nothing is paid for.

A replay answers by what was said, in the sample in which it was said: the same suite, seed and
repeats lead to the same conversations, which can then be read or judged by other means. Where the
conversation was never had, there is no reply, and the dialogue ends in a `NotRecorded` error row.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Self

from convsim.digests import Role, distinct, group_of_sample, ledger_key
from convsim.errors import InputError, NotRecorded, choices
from convsim.recorded import Recorded
from convsim.stores import RunDirectory
from convsim.targets.spec import TargetSpec
from convsim.transcript import Reply, Request

GROUPS = 64
"""How many (scenario, repeat) groups are kept at hand."""


class ReplayTarget:
    """One target of a stored run, answering from the run's ledger.

    Its fingerprint is that of the recorded target, so that a run begun as a replay can be resumed
    with the live target where the recording ends.
    """

    def __init__(self, path: str | Path, alias: str) -> None:
        directory = RunDirectory.open(path)
        recorded = directory.load("targets")
        if alias not in recorded:
            raise InputError(f"{path} has no target '{alias}'" + choices(alias, recorded))
        self.path = directory.path
        fingerprints = {name: str(entry["fingerprint"]) for name, entry in recorded.items()}
        self.fingerprint = fingerprints[alias]
        self._own = distinct(fingerprints)[alias]
        replies = Recorded(directory).replies
        self._replies = lru_cache(maxsize=GROUPS)(replies)

    @classmethod
    def of(cls, spec: TargetSpec, alias: str) -> Self:
        """The target that a `replay:DIR?target=ALIAS` spec names.

        Without `target` it is the only one of the run, or the one that was called as here.
        """
        parameters = dict(spec.parameters)
        wanted = parameters.pop("target", None)
        if parameters:
            raise InputError(f"{spec} takes no parameter '{next(iter(parameters))}'; only target=")
        if wanted is None:
            recorded = RunDirectory.open(spec.name).load("targets")
            if len(recorded) == 1:
                (alias,) = recorded
            elif alias not in recorded or re.fullmatch(r"t\d+", alias):
                # `t1` is what a target is called that nobody gave a name: it names none there.
                raise InputError(
                    f"{spec} holds several targets: {', '.join(recorded)}; say which one, as in "
                    f"{alias}={spec}?target={next(iter(recorded))}"
                )
            wanted = alias
        return cls(spec.name, str(wanted))

    async def reply(self, request: Request) -> Reply:
        """What was answered to these messages in this sample."""
        key = ledger_key(Role.TARGET, self._own, request.sample, request.messages)
        found = self._replies(group_of_sample(request.sample)).get(key)
        if found is None:
            raise NotRecorded(
                f"{self.path} holds no reply to this conversation: another suite, seed or number "
                "of repeats, or it ended there; resume with the live target to go on"
            )
        return found
