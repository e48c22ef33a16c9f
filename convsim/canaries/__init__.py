"""Canaries: literal texts that are found in a message however they are dressed.

Theory. Whoever hands over a secret can write it in endless ways, and nobody can list them for each
secret. So not the canary is dressed but the message undressed: it is read in a few *views*, each
made once for all canaries, in which a dress is taken off, and each view is searched plainly.

* The plain view has the letters and digits alone, without case, styles, blanks and marks.
* The wide one besides takes look-alikes for what they show; the spoken one takes words for what
  they spell. Both are also searched for the canary backwards and in ROT13.
* What stands in code is decoded, and is a message of its own.

A canary is found only *whole*: one character more, less or other is another code. Short canaries
(under eight letters and digits) are searched for in the plain view alone, because by chance they
stand in the others; words are never pieced together from words that stand apart.

`text` composes it; `folding`, `phrases`, `spoken` and `coded` make the views; `whole` says what is
one thing, and `prose` what is a word beside it.
"""

from convsim.canaries.text import Text

__all__ = ["Text"]
