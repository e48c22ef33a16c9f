"""What servers answer, and what each answer means: one table for every adapter."""

from __future__ import annotations

from convsim.errors import CallError, Permanent, RefusedRequest, Throttled, Transient
from convsim.reading import Status
from tests.servers import Answer, fault, said

AZURE = {
    "code": "ResponsibleAIPolicyViolation",
    "content_filter_result": {
        "hate": {"filtered": False, "severity": "safe"},
        "violence": {"filtered": True, "severity": "high"},
        "jailbreak": {"filtered": True, "detected": True},
    },
}
PARTS = [{"type": "text", "text": "One, "}, {"type": "text", "text": "two."}]
FULL = "maximum context length is 10 tokens"

# name: (answer, text, status, raw stop reason, block)
REPLIES: dict[str, tuple[Answer, str, Status, str | None, str | None]] = {
    "text": (said("Hello."), "Hello.", Status.OK, "stop", None),
    "parts": (said(PARTS), "One, two.", Status.OK, "stop", None),
    "refusal field": (said(None, refusal="I won't."), "I won't.", Status.OK, "stop", None),
    "unknown stop": (said("Hello.", finish="eos"), "Hello.", Status.OK, "eos", None),
    "length": (said("Hello, I", finish="length"), "Hello, I", Status.TRUNCATED, "length", None),
    "empty": (said(""), "", Status.EMPTY, "stop", None),
    "null": (said(None), "", Status.EMPTY, "stop", None),
    "white space": (said(" \n"), "", Status.EMPTY, "stop", None),
    "empty at length": (said("", finish="length"), "", Status.EMPTY, "length", None),
    "half an emoji": (
        Answer(said("Hi @").raw().replace(b"@", rb"\ud83d")),
        "Hi �",
        Status.OK,
        "stop",
        None,
    ),
    "filtered": (
        said("Partly", finish="content_filter"),
        "Partly",
        Status.PROVIDER_BLOCK,
        "content_filter",
        "content_filter",
    ),
    "filtered, nothing left": (
        said(None, finish="content_filter"),
        "",
        Status.PROVIDER_BLOCK,
        "content_filter",
        "content_filter",
    ),
    "Gemini's safety": (
        said("Partly", finish="SAFETY"),
        "Partly",
        Status.PROVIDER_BLOCK,
        "SAFETY",
        "SAFETY",
    ),
    "Anthropic's refusal": (
        said(None, finish="refusal"),
        "",
        Status.PROVIDER_BLOCK,
        "refusal",
        "refusal",
    ),
    "Azure's filter": (
        fault(400, "filtered", code="content_filter", innererror=AZURE),
        "",
        Status.PROVIDER_BLOCK,
        None,
        "content_filter: jailbreak, violence",
    ),
    "OpenAI's policy": (
        fault(400, "rejected", code="content_policy_violation", type="invalid_request_error"),
        "",
        Status.PROVIDER_BLOCK,
        None,
        "content_policy_violation",
    ),
    "OpenAI's policy, in words": (
        fault(400, "flagged as potentially violating our usage policy", code="invalid_prompt"),
        "",
        Status.PROVIDER_BLOCK,
        None,
        "invalid_prompt",
    ),
    "OpenRouter's moderation": (
        fault(403, "flagged", code=403, metadata={"reasons": ["violence"]}),
        "",
        Status.PROVIDER_BLOCK,
        None,
        "moderation: violence",
    ),
}

# name: (answer, error)
FAILURES: dict[str, tuple[Answer, type[CallError]]] = {
    "400": (fault(400), RefusedRequest),
    "too long": (fault(400, FULL, code="context_length_exceeded"), RefusedRequest),
    "413": (fault(413), RefusedRequest),
    "422": (fault(422), RefusedRequest),
    "401": (fault(401), Permanent),
    "403": (fault(403), Permanent),
    "402": (fault(402), Permanent),
    "no model": (fault(404, "no such model", code="model_not_found"), Permanent),
    "404": (Answer(b"not here", status=404, content_type="text/plain"), Permanent),
    "quota": (fault(429, "spent", code="insufficient_quota"), Permanent),
    "408": (fault(408), Transient),
    "409": (fault(409), Transient),
    "425": (fault(425), Transient),
    "429": (fault(429, headers={"Retry-After": "3"}), Throttled),
    "500": (fault(500), Transient),
    "502": (Answer(b"<html>bad gateway", status=502, content_type="text/html"), Transient),
    "503": (fault(503), Transient),
    "503, for a while": (fault(503, headers={"Retry-After": "3"}), Throttled),
    "504": (fault(504), Transient),
    "529": (fault(529), Throttled),
    "no choices": (Answer({"id": "x"}), Transient),
    "empty choices": (Answer({"id": "x", "choices": []}), Transient),
    "error inside 200": (Answer({"error": {"message": "down", "code": 502}}), Transient),
    "malformed": (Answer(b'{"choices": [{'), Transient),
    "web page": (Answer(b"<html>hello", content_type="text/html"), Transient),
    "reset": (said("Hello.", cut=-1), Transient),
    "reset in the body": (said("Hello.", cut=40), Transient),
}
