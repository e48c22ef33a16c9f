"""Standing instructions that ship with convsim: a mitigation to compare with, one text a file.

`standing-rule` says what the boundary tests measure: what was declined stays declined until
something verifiable is new, content counts and not its dress, and what is allowed stays allowed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def instructions() -> dict[str, str]:
    """Every standing instruction by its name."""
    folder = files("convsim.targets.instructions")
    texts = (item for item in folder.iterdir() if item.name.endswith(".md"))
    named = ((item.name.removesuffix(".md"), item.read_text(encoding="utf-8")) for item in texts)
    return {name: text.replace("\r\n", "\n").strip() for name, text in sorted(named)}
