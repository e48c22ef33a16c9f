"""The replies that a run directory holds already, by (scenario, repeat); only offsets in memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from convsim.digests import group_of_sample
from convsim.errors import InputError
from convsim.reading import Status
from convsim.stores import RunDirectory
from convsim.transcript import Reply, Usage


class Recorded:
    """The ledger of a run, read group by group.

    Of each reply only where it stands is kept; `wanted` says which groups are worth that much.
    """

    def __init__(
        self, directory: RunDirectory, wanted: Callable[[str], bool] = lambda group: True
    ) -> None:
        self._directory = directory
        self._offsets: dict[str, array[int]] = {}
        group, at = None, array("Q")
        for sample, offset in directory.keys("ledger"):
            if (here := group_of_sample(sample)) != group:
                # Neighbouring rows are mostly of one group: it is looked up once for all of them.
                group = here
                at = self._offsets.setdefault(here, array("Q")) if wanted(here) else array("Q")
            at.append(offset)

    def replies(self, group: str) -> dict[str, Reply]:
        """Every reply of a (scenario, repeat) by its ledger key; none where nothing was recorded.

        The last row of a key wins.
        """
        return dict(self._read(at) for at in self._offsets.get(group, ()))

    def _read(self, offset: int) -> tuple[str, Reply]:
        row = self._directory.row_at("ledger", offset)
        try:
            return row["key"], _reply(row["reply"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self._directory.path}: the row of ledger.jsonl at byte {offset} is not one "
                f"({error!r}); remove that line to go on without it"
            ) from error


def _reply(row: dict[str, Any]) -> Reply:
    usage = row["usage"]
    fields = {**row, "status": Status(row["status"]), "usage": Usage(**usage) if usage else None}
    return Reply(**fields)
