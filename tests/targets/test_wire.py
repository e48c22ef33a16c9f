"""The wire format where no server is needed: both directions, and odd shapes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from convsim.errors import CallError, InputError, Permanent, RefusedRequest, Throttled, Transient
from convsim.reading import Status
from convsim.targets import signals, wire
from convsim.transcript import Message, Reply, Request, Schema, Usage

AT = wire.Endpoint("http://h/v1", "m", "pass ?key_env=NAME", secret="sk-secret")
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


@pytest.mark.parametrize(
    "request_",
    [
        Request((Message("user", "Hello?"),)),
        Request((Message("system", "Be kind."), Message("user", "Hello?")), seed=7),
        Request(
            (
                Message("assistant", "", tool_calls=(CALL,)),
                Message("tool", "found", name="look", tool_call_id="c1"),
            )
        ),
    ],
)
def test_a_request_survives_the_wire(request_: Request) -> None:
    """What a server reads is what a client wrote; the sample is nobody's business."""
    sent = orjson.dumps(wire.request_body(request_, "m", {"temperature": 1}))
    assert wire.read_request(orjson.loads(sent)) == request_


SCHEMA = Schema("axes", {"type": "object"})


@pytest.mark.parametrize(
    ("schema", "parameters", "with_schema", "sent"),
    [
        (SCHEMA, {}, True, "axes"),
        (SCHEMA, {"structured": True}, True, "axes"),
        (SCHEMA, {}, False, None),
        (None, {"structured": True}, True, None),
        (SCHEMA, {"response_format": None}, True, None),
    ],
)
def test_a_schema_is_sent_where_one_is_taken(
    schema: Schema | None, parameters: dict[str, Any], with_schema: bool, sent: str | None
) -> None:
    """In OpenAI's form; the parameter that says so is none of the server's."""
    request = Request((Message("user", "Hello?"),), schema=schema)
    body = wire.request_body(request, "m", parameters, with_schema=with_schema)
    wanted = {"name": sent, "schema": {"type": "object"}, "strict": True}
    found = body.pop("response_format", None)
    assert found == (None if sent is None else {"type": "json_schema", "json_schema": wanted})
    assert body == {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}


@pytest.mark.parametrize("given", [1, "yes", 0.0])
def test_structured_is_true_or_false(given: object) -> None:
    with pytest.raises(InputError, match=r"http://h: structured is .*; give structured=true"):
        wire.structured({"structured": given}, "http://h")
    assert wire.structured({}, "http://h") is None


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Hello.", stop="stop", served="m"),
        Reply("Hello, I", Status.TRUNCATED, stop="length", served="m"),
        Reply("", Status.EMPTY, stop="stop", served="m"),
        Reply("", Status.PROVIDER_BLOCK, stop="content_filter", served="m", block="content_filter"),
        Reply("Hi.", stop="eos", served="m", reasoning="They greet.", usage=Usage(5, 2)),
    ],
)
def test_a_reply_survives_the_wire(reply: Reply) -> None:
    """What a client reads is what a server wrote."""
    assert wire.read_completion(wire.completion(reply, model="m"), at=AT) == reply


@pytest.mark.parametrize(
    ("status", "finish"),
    [
        (Status.OK, "stop"),
        (Status.TRUNCATED, "length"),
        (Status.PROVIDER_BLOCK, "content_filter"),
        (Status.EMPTY, "stop"),
    ],
)
def test_a_reply_without_a_stop_reason_is_given_one(status: Status, finish: str) -> None:
    body = wire.completion(Reply("Hi.", status), model="m")
    assert body["choices"][0]["finish_reason"] == finish


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "no `messages`"),
        ({}, "no `messages`"),
        ({"messages": []}, "no `messages`"),
        ({"messages": "Hello?"}, "no `messages`"),
        ({"messages": [{"role": "user", "content": "a"}, "b"]}, r"messages\[1\] is no message"),
        ({"messages": [{"content": "a"}]}, r"messages\[0\] is no message"),
    ],
)
def test_a_body_that_is_no_request(body: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        wire.read_request(body)


def test_a_server_reads_content_in_parts() -> None:
    parts = [{"type": "text", "text": "One, "}, {"type": "text", "text": "two."}]
    body = {"messages": [{"role": "user", "content": parts}]}
    assert wire.read_request(body).messages[0].content == "One, two."


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (None, None),
        ([], ""),
        ([{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}], "ab"),
        ([{"type": "image_url", "image_url": {}}, "b", {"text": 5}, {"text": "c"}], "c"),
        (5, None),
        ({}, None),
    ],
)
def test_joined(content: Any, text: str | None) -> None:
    """Of a list of parts the texts count; of anything else, nothing."""
    assert wire.joined(content) == text


@pytest.mark.parametrize(
    ("stop", "status", "block"),
    [
        (None, Status.OK, None),
        ("stop", Status.OK, None),
        ("MAX_TOKENS", Status.TRUNCATED, None),
        (
            "content_filter: PROHIBITED_CONTENT",
            Status.PROVIDER_BLOCK,
            "content_filter: PROHIBITED_CONTENT",
        ),
    ],
)
def test_stop_reasons(stop: str | None, status: Status, block: str | None) -> None:
    """The raw reason is kept; a block is named by it, and what was said before it stays."""
    reply = wire.settle("Hi.", signals.signal(stop))
    assert (reply.text, reply.stop, reply.status, reply.block) == ("Hi.", stop, status, block)


def test_a_stop_reason_that_nobody_knows() -> None:
    """It is kept, its text is a reply, and a warning names target, model and reason."""
    body = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "tired"}]}
    with pytest.warns(
        UserWarning, match="http://h/v1 ended a reply of m with the stop reason 'tired'"
    ):
        reply = wire.read_completion(body, at=AT)
    assert (reply.text, reply.stop, reply.status) == ("Hi.", "tired", Status.OK)


@pytest.mark.parametrize("ending", ["error", "abort", "MALFORMED_FUNCTION_CALL"])
def test_a_turn_that_broke_off_is_no_reply(ending: str) -> None:
    """Whatever text there is, the call is made again."""
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": ending}]}
    with pytest.raises(Transient, match=f"broke off its reply \\(finish reason '{ending}'\\)"):
        wire.read_completion(body, at=AT)


def test_azure_names_the_categories_that_filtered_an_answer() -> None:
    """A filtered completion says which category it was, where the server does."""
    choice = {
        "message": {"content": "Partly"},
        "finish_reason": "content_filter",
        "content_filter_results": {"hate": {"filtered": True}, "violence": {"filtered": False}},
    }
    reply = wire.read_completion({"choices": [choice]}, at=AT)
    assert (reply.text, reply.block) == ("Partly", "content_filter: hate")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": ["text"]},
        {"choices": [{"text": "a legacy completion"}]},
        {"choices": [{"message": "text"}]},
        {"error": "text"},
        {"error": {"message": "no code"}},
        {"error": {"code": "text"}},
        {"error": {"code": 200}},
    ],
)
def test_a_body_without_a_reply_is_transient(body: Any) -> None:
    with pytest.raises(Transient, match="answered 200 without a reply"):
        wire.read_completion(body, at=AT)


@pytest.mark.parametrize(
    ("code", "kind"), [(400, RefusedRequest), (401, Permanent), (429, Throttled), (502, Transient)]
)
def test_a_status_inside_a_200_counts(code: int, kind: type[CallError]) -> None:
    """Gateways that answer 200 first put the status of the model behind them into the body."""
    with pytest.raises(CallError) as caught:
        wire.read_completion({"error": {"code": code, "message": "x"}}, at=AT)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b'{"error": {"message": "a"}}', {"message": "a"}),
        (b'{"error": "a"}', {"message": "a"}),
        (b'"a"', {"message": "a"}),
        (b'[{"error": {"message": "a"}}]', {"message": "a"}),
        (b'{"object": "error", "message": "a"}', {"object": "error", "message": "a"}),
        (b'{"error": null}', {}),
        (b"[]", {}),
        (b"<html>", {}),
        (b"", {}),
        (b"[" * 100_000, {}),
    ],
)
def test_error_of(raw: bytes, error: dict[str, Any]) -> None:
    """The error object in the shapes that servers use; nothing where there is none."""
    assert wire.error_of(raw) == error


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'"a"', "a"),
        (b'\xef\xbb\xbf"a"', "a"),
        (b'"caf\xc3"', "caf�"),
        (b"[NaN]", None),
    ],
)
def test_decode_is_lenient_with_bytes(raw: bytes, value: Any) -> None:
    """A byte-order mark, half a code point and NaN do not lose a reply."""
    decoded = wire.decode(raw)
    assert value is None or decoded == value


@pytest.mark.parametrize(
    ("text", "valid"),
    [("a😀", "a😀"), ("a\ud83d", "a�"), ("\ude00a", "�a"), ("\ud83d\ude00", "😀")],
)
def test_valid_text(text: str, valid: str) -> None:
    """Halves of an emoji are joined where they meet and replaced where they are alone."""
    assert wire.valid_text(text) == valid


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        (Reply("Hi."), Reply("Hi.")),
        (Reply("Hi.", Status.EMPTY), Reply("Hi.")),
        (Reply("\t"), Reply("", Status.EMPTY)),
        (Reply("", Status.TRUNCATED), Reply("", Status.EMPTY)),
        (Reply("Hi,", Status.TRUNCATED), Reply("Hi,", Status.TRUNCATED)),
        (Reply(" ", Status.PROVIDER_BLOCK, block="b"), Reply("", Status.PROVIDER_BLOCK, block="b")),
        (
            Reply("\ud83d", stop="\ud83d", served="\ud83d", block="\ud83d", reasoning="\ud83d"),
            Reply("�", stop="�", served="�", block="�", reasoning="�"),
        ),
        (Reply("Hi.", usage=Usage(5, 2), attempts=3), Reply("Hi.", usage=Usage(5, 2), attempts=3)),
        (Reply("Hi.", usage=Usage(2**63, 2)), Reply("Hi.")),
        (Reply("Hi.", usage=Usage(-1, 2)), Reply("Hi.")),
    ],
)
def test_a_settled_reply_is_sound(given: Reply, settled: Reply) -> None:
    """Its texts are text, its status fits what is there, its counts are counts; once is enough."""
    assert wire.settled(given) == settled == wire.settled(settled)
    assert orjson.dumps(settled)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("Hi.", "str; it has to return a Reply"),
        (Reply(None), "a Reply whose text is NoneType; it has to be a str"),  # type: ignore[arg-type]
        (Reply("Hi.", stop=5), "a Reply whose stop is int; it has to be a str or None"),  # type: ignore[arg-type]
        (Reply("Hi.", Status.ERROR), "status 'error'; raise a CallError for a failed call"),
        (Reply("Hi.", "fine"), "a Reply with status 'fine'; it has to be a Status"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_reply_is_said(given: object, says: str) -> None:
    with pytest.raises(TypeError) as caught:
        wire.settled(given)
    assert says in str(caught.value)


ESCAPE = "\x1b[2J\u202eowned"


@pytest.mark.parametrize(
    ("status", "headers", "offered"),
    [
        (404, {}, [ESCAPE]),
        (307, {"Location": ESCAPE}, []),
        (200, {"Content-Type": ESCAPE}, []),
    ],
)
def test_what_a_server_says_does_not_act_on_a_terminal(
    status: int, headers: dict[str, str], offered: list[str]
) -> None:
    """Escapes and turned-round text become visible, in the message and in its detail."""
    with pytest.raises(CallError, match="�\\[2J�owned") as caught:
        wire.read_answer(status, headers, ESCAPE.encode(), at=AT, offered=offered)
    assert caught.value.detail == "�[2J�owned"


def test_excerpts_are_short_and_without_the_key() -> None:
    excerpt = AT.excerpt(b"wrong\n\n key: sk-secret " + b"x" * 9000)
    assert excerpt.startswith("wrong key: *** xxx")
    assert len(excerpt) == wire.EXCERPT
    assert "sk-secret" not in repr(AT)
