"""The completions route of an OpenAI-compatible server: the prompt as it stands, no chat template.

Guard models that were trained on one exact prompt (WildGuard, ShieldGemma) are asked this way: a
chat route would wrap the prompt a second time, and such a model answers a prompt that it was not
trained on without saying so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from convsim.errors import RefusedRequest
from convsim.targets import wire
from convsim.targets.http import HttpTarget
from convsim.transcript import Reply, Request

ALTERNATIVES = 5
"""How many first tokens a `FirstTokenTarget` asks for: the most that OpenAI's format allows."""


class CompletionsTarget(HttpTarget):
    """A model behind `url` + `/completions`; the request's one message is the whole prompt.

    async with CompletionsTarget("http://localhost:8000/v1", "allenai/wildguard") as target:
        reply = await target.reply(Request((Message("user", prompt),)))
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}, {self.model!r})"

    async def reply(self, request: Request) -> Reply:
        """Answer one request with one POST."""
        try:
            raw = orjson.dumps(self._body(request))
        except TypeError as error:
            raise RefusedRequest(f"the request to {self.url} is no JSON: {error}") from error
        answer = await self._send("POST", "/completions", raw, within=self.timeout)
        return wire.read_answer(
            answer.status,
            answer.headers,
            self._as_chat(answer.raw),
            at=self._at,
            offered=await self._offered() if answer.status == 404 else (),
        )

    def _body(self, request: Request) -> dict[str, Any]:
        if len(request.messages) != 1:
            raise RefusedRequest(
                f"{self.url} was to complete {len(request.messages)} messages; the completions "
                "route takes one, the whole prompt"
            )
        prompt = request.messages[0].content
        own = wire.sent(self.parameters)
        body = {"model": self.model, "seed": request.seed, **own, "prompt": prompt}
        return {name: value for name, value in body.items() if value is not None}

    def _as_chat(self, raw: bytes) -> bytes:
        """A completion as the chat completion that says the same; anything else as it is.

        So one reader decides what is a reply, a block and an error on both routes.
        """
        try:
            body = wire.decode(raw)
            choice = body["choices"][0]
            choice["message"] = {"role": "assistant", "content": self._said(choice)}
            return orjson.dumps(body)
        except (ValueError, LookupError, TypeError, RecursionError):
            return raw

    def _said(self, choice: dict[str, Any]) -> str:
        text = choice["text"]
        if not isinstance(text, str):
            raise TypeError("a completion whose text is none")
        return text


class FirstTokenTarget(CompletionsTarget):
    """A completions route of which only the first token counts: it replies with that token's odds.

    The reply is a JSON object of the likeliest first tokens and their probabilities, such as
    `{"Yes":0.83,"No":0.16}`, so that the ledger keeps what a score was made of. From a server that
    gives no log probabilities it is the token itself. The server calls it truncated.
    """

    def _body(self, request: Request) -> dict[str, Any]:
        return {"logprobs": ALTERNATIVES, **super()._body(request), "max_tokens": 1}

    def _said(self, choice: dict[str, Any]) -> str:
        text = super()._said(choice)
        odds = _odds(choice.get("logprobs"))
        return orjson.dumps(odds).decode() if odds else text


def _odds(logprobs: Any) -> Mapping[str, float]:
    """Probabilities of the first token's alternatives; empty where the server gives none."""
    try:
        first = logprobs["top_logprobs"][0]
        return {str(token): round(math.exp(float(log)), 6) for token, log in first.items()}
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return {}
