"""A guard model that was trained to call replies harmful, as a guard: what is harmful is blocked.

Any form of `classifiers.guards` will do (Llama Guard, WildGuard, Qwen3Guard, ...): each is asked in
its own published format. They read a reply, so they guard outputs. An answer of another form, or
one that takes no side (`Controversial`), is no ruling.
"""

from __future__ import annotations

import hashlib

import orjson

from convsim.classifiers.guards.guard import Abstention, Form, Opinion, exchange_of
from convsim.guardrails.asking import no_ruling
from convsim.ports import Target
from convsim.reading import Status
from convsim.targets.guarded import AskingGuard, Ruling, Side
from convsim.transcript import Reply, Request


class TrainedGuard(AskingGuard):
    """Blocks a reply that the model calls harmful; the reason is its categories.

    `model` is the model's fingerprint, which with the form makes the guard's.
    """

    side = Side.OUTPUT

    def __init__(self, form: Form, target: Target, *, model: str, name: str | None = None) -> None:
        self.form = form
        self.target = target
        self.name = name or Side.OUTPUT.value
        asked = hashlib.sha256(orjson.dumps([form.kind, form.unit, form.route, form.wording]))
        self.fingerprint = f"{form.kind}:{asked.hexdigest()[:8]}-{model}"

    def __repr__(self) -> str:
        return f"TrainedGuard({self.form.kind!r}, {self.target!r})"

    async def rule(self, request: Request, reply: Reply | None) -> Ruling:
        """What the first of its answers that says "harmful" says; else that the reply may pass."""
        text = "" if reply is None else reply.text
        exchange = exchange_of(request.messages, text, self.form.unit)
        if exchange is None:
            raise no_ruling(Abstention.NO_USER, Reply(""))
        unsure = None
        for messages in self.form.ask(exchange):
            answer = await self.target.reply(Request(messages, request.sample, request.seed))
            heard = self._heard(answer)
            if isinstance(heard, Opinion) and heard.harmful:
                return Ruling(True, ",".join(heard.categories))
            if isinstance(heard, Abstention):
                unsure = unsure or no_ruling(heard, answer)
        if unsure is not None:
            raise unsure
        return Ruling(False)

    def _heard(self, answer: Reply) -> Opinion | Abstention:
        if answer.status is Status.PROVIDER_BLOCK:
            return Abstention.BLOCKED
        if not answer.text.strip():
            return Abstention.EMPTY
        heard = self.form.parse(answer.text)
        undecided = isinstance(heard, Opinion) and heard.harmful is None
        return Abstention.UNDECIDED if undecided else heard
