"""Whether a message is nothing but a courtesy: a greeting, thanks, an *okay*, a goodbye.

In a recorded conversation one ask is in force throughout (design, section 6). A message that asks
for nothing at all is the exception: who answers *thanks* with *you're welcome* has refused nobody.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

LONGEST = 120
"""Characters of a courtesy; whatever is longer says something else as well."""

REMEMBERED = 256
"""Messages that are searched once: everybody says the same few."""


@lru_cache(maxsize=REMEMBERED)
def is_courtesy(text: str) -> bool:
    """Whether a message says nothing but courtesies.

    >>> is_courtesy("Okay, thanks! Bye :)"), is_courtesy("Thanks, now the other half.")
    (True, False)
    """
    if len(text) > LONGEST:
        return False
    return _courtesies().fullmatch(text.replace("’", "'").lower()) is not None


@cache
def _courtesies() -> re.Pattern[str]:
    lines = files("convsim").joinpath("courtesies.txt").read_text("utf-8").splitlines()
    known = "|".join(line for line in lines if line and not line.startswith("#"))
    return re.compile(rf"[\W_]*(?:(?:{known})(?![^\W_])[\W_]*){{1,4}}")
