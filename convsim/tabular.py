"""What can be laid out as a table: records, and from them data frames, Markdown, LaTeX and CSV."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Tabular(ABC):
    """Something that is a list of flat records with the same columns."""

    __slots__ = ()

    @abstractmethod
    def records(self) -> list[dict[str, Any]]:
        """One flat row per number, every row with the same columns."""
