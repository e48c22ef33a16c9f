"""A model as a judge: it says what each reply did, and the rules say what that means.

For one conversation the model is asked, in this order,

    axes      stance, delivery and help of every reply, at most twelve replies a call
    facets    where the assistant supplied what no search can find; only where there are such facets
    findings  separate questions about the whole: an independent check, only of a verdict

each as one strict JSON object with literal quotes (`prompts/*.md`). The verdict is that of the pure
rules over the axes; the author's word about what was asked is applied there, and no model sees it
(`blind`). Where the findings contradict it there is none (`checking`).

Whatever does not hold is asked once more, and then the judge *abstains*: INCONCLUSIVE, never a
PASS, with the reason, a word of `convsim.questions`, in `Verdict.detail`. A call that failed raises
its `CallError`.

What it costs: a ten-turn dialogue is two calls, one for the axes and one for the findings, each
with the conversation and some 1,300 tokens beside it; `calls_for` has the count, and retries at
most double it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from convsim.case import Case
from convsim.judges.asking import NAMES, again_text, prompt
from convsim.judges.axes import read_replies
from convsim.judges.blind import BlindDialogue
from convsim.judges.checking import contradiction
from convsim.judges.claims import ask_claims
from convsim.judges.facets import credit_facets
from convsim.judges.together import abstention
from convsim.judges.windows import BYTES_PER_TOKEN, MOST_TURNS, check_budget
from convsim.ports import Target
from convsim.questions.answers import Abstention
from convsim.questions.prompts import digest_of, short
from convsim.reading import Reading
from convsim.ruling import rule_on
from convsim.targets.functions import Function, as_target
from convsim.trajectory import trajectory_of
from convsim.transcript import Transcript
from convsim.verdict import Grade, Verdict

TOKENS = 24_000
"""Of a question: what small judge models read without losing the middle."""


class ModelJudge:
    """Judges by asking a model; see the module for what it is asked.

        judge = ModelJudge(HttpTarget("http://localhost:8000/v1", "my-judge"))
        verdict = await judge.judge(transcript, case)

    `target` is any object with `reply`, or a function of the messages; `fingerprint` identifies the
    model where `target` does not do so itself. Its temperature and the length of its answers are
    its own business; 2,000 tokens are enough for an answer. `tokens` is what one question may have;
    without `check` the findings are not asked for, and nothing contradicts the axes.
    """

    def __init__(
        self,
        target: Target | Function,
        *,
        fingerprint: str | None = None,
        tokens: int = TOKENS,
        check: bool = True,
    ) -> None:
        check_budget(tokens)
        self.target = as_target(target)
        own = fingerprint or getattr(self.target, "fingerprint", None)
        self.fingerprint = str(own or f"object:{type(self.target).__qualname__}")
        self.tokens = tokens
        self.check = check

    def __repr__(self) -> str:
        return f"ModelJudge({self.target!r})"

    @property
    def name(self) -> str:
        """`model-`, eight hex digits of prompts, code and settings, and eight of the model."""
        return f"model-{_digest(self.tokens, self.check)}-{short(self.fingerprint.encode())}"

    def through(self, target: Target) -> ModelJudge:
        """The same judge, asking the same model by another way."""
        return ModelJudge(
            target, fingerprint=self.fingerprint, tokens=self.tokens, check=self.check
        )

    async def judge(self, transcript: Transcript, case: Case) -> Verdict:
        """The verdict on one whole conversation."""
        readings: tuple[Reading | None, ...] | None = None
        try:
            dialogue = BlindDialogue.of(transcript, case)
            readings = await read_replies(self.target, dialogue, self._room("axes"), self.name)
            supplied = await credit_facets(self.target, dialogue, self._room("facets"))
            trajectory = trajectory_of(transcript, case, readings, supplied=supplied)
            verdict = rule_on(trajectory, key=transcript.key, judge=self.name)
            wrong = None
            if self.check and verdict.grade is not Grade.INCONCLUSIVE:
                room = self._room("findings")
                found = await ask_claims(self.target, dialogue, room, readings)
                wrong = contradiction(found, trajectory, verdict.outcome)
        except Abstention as why:
            return self._abstained(transcript, case, why.reason, readings)
        if wrong is not None:
            return self._abstained(transcript, case, f"inconsistent: {wrong}", readings)
        return replace(verdict, readings=readings, supplied=supplied)

    def _room(self, question: str) -> int:
        """Bytes that the data of a question may have."""
        return self.tokens * BYTES_PER_TOKEN - prompt(question).size

    def _abstained(
        self,
        transcript: Transcript,
        case: Case,
        detail: str,
        readings: tuple[Reading | None, ...] | None,
    ) -> Verdict:
        """No verdict; the readings are kept where there are some."""
        return replace(abstention(self.name, transcript, case, detail), readings=readings)


def calls_for(turns: int, *, facets: bool = False, check: bool = True) -> int:
    """How many calls a conversation takes that fits into the budget, retries aside.

    >>> calls_for(10)
    2
    """
    return -(-turns // MOST_TURNS) + facets + check


def prompt_bytes() -> int:
    """How many bytes of the longest question are not about the conversation."""
    return max(prompt(name).size for name in NAMES)


_CODE = (
    *(("judges", f"{it}.py") for it in ("asking", "axes", "blind", "checking", "claims")),
    *(("judges", f"{it}.py") for it in ("facets", "model", "windows")),
    *(("questions", f"{it}.py") for it in ("answers", "axes", "data", "prompts")),
    ("quotes.py",),
)


@cache
def _digest(tokens: int, check: bool) -> str:
    texts = [*(prompt(name).text for name in NAMES), again_text(), f"{tokens} {check}"]
    return digest_of(texts, _CODE)
