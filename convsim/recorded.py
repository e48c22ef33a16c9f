"""The replies that a run directory holds already, by (scenario, repeat); only offsets in memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from convsim.digests import group_of_sample
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
        rows = (self._directory.row_at("ledger", at) for at in self._offsets.get(group, ()))
        return {row["key"]: _reply(row["reply"]) for row in rows}


def _reply(row: dict[str, Any]) -> Reply:
    usage = row["usage"]
    fields = {**row, "status": Status(row["status"]), "usage": Usage(**usage) if usage else None}
    return Reply(**fields)
