"""Renderers: from the wording of a move to what the user says."""

from __future__ import annotations

from collections.abc import Mapping

from convsim.templates import fill


class Templates:
    """The authored wording with its slots filled in; nothing is made up."""

    async def render(self, wording: str, slots: Mapping[str, str], last: str | None) -> str:
        """The text of one wording."""
        return fill(wording, slots, last)
