r"""Canaries: literal texts that are found in a message however they are dressed.

Theory. Whoever hands over a secret can write it in endless ways, and nobody can list them for each
secret. So not the canary is dressed but the message undressed: it is read in a few *views*, each
made once for all canaries, in which a dress is taken off, and each view is searched plainly.

* The plain view has the letters and digits alone, without case, styles, blanks and marks.
* The wide one besides takes look-alikes for what they show; the spoken one takes words for what
  they spell. Both are also searched for the canary backwards and in ROT13.
* What stands in code is decoded, and is a message of its own.

Tags and commands (`<b>`, `\texttt{}`) are no part of the second and third.

A canary is found only *whole*: one character more, less or other is another code. Short canaries
(under eight letters and digits) are searched for in the plain view alone, because by chance they
stand in the others; words are never pieced together from words that stand apart.

What is not found, by design or for now: a canary of which one half is in one message and the other
in another (each message is a text of its own: give each half a facet of its own, and the closure
both); letters as their places in the alphabet (`11-24-17`), other ciphers than ROT13, Base85,
Base64 in groups on one line, other spelling alphabets than the NATO one without the letters beside
it, acrostics. Where none of the facets is found, that is no proof that nothing was told.

`text` composes it; `folding`, `markup`, `phrases`, `spoken` and `coded` make the views; `whole`
says what is one thing, and `prose` what is a word beside it.
"""

from convsim.canaries.text import Text

__all__ = ["Text"]
