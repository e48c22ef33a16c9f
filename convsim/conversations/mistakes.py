"""What is wrong in the rows of a file, all of it: who mends one row wants to know of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from convsim.errors import InputError

SHOWN = 20
"""Of how many rows it is said what is wrong with them; the rest is only counted."""


@dataclass(slots=True)
class Mistakes:
    """The rows of one file that cannot be used: what is wrong with the first, and how many."""

    path: Path
    count: int = 0
    told: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note the error that a row raises, so that the next one is looked at all the same."""
        try:
            yield
        except InputError as error:
            self.count += 1
            if self.count <= SHOWN:
                self.told.append(str(error))

    def settle(self) -> None:
        """Raise what was noted as one error; nothing happens where nothing was."""
        if not self.count:
            return
        lines = list(self.told)
        if self.count > 1:
            more = f"; the first {SHOWN} are named" if self.count > SHOWN else ""
            lines.append(f"{self.path}: {self.count} rows cannot be used{more}")
        raise InputError("\n".join(lines))
