"""An OpenAI-compatible server that answers at once, or after a fixed time; for benchmarks only.

    python benchmarks/server.py [--latency SECONDS] [--core N]

It prints its port and serves until its standard input is closed, so that it cannot outlive whoever
started it. Requests are parsed by hand and replies built by hand, because the server must never be
what a benchmark waits for. Every reply is another text.

`GET /stats` says what has happened since the last `GET /reset`; times are those of
`time.monotonic`, which processes on one machine share.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from dataclasses import asdict, dataclass

import orjson
from workload import MODEL, reply

BACKLOG = 4096
"""Connections that may wait to be accepted: thousands of clients connect in the same moment."""

HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


@dataclass(slots=True)
class Stats:
    """What happened since the last reset. `first` is when the first request came in."""

    requests: int = 0
    connections: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    first: float | None = None


class Served:
    """What all connections of the server share."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.stats = Stats()
        self._number = 0

    def reset(self) -> None:
        """Count from zero, but for what is in flight right now."""
        waiting = self.stats.in_flight
        self.stats = Stats(in_flight=waiting, max_in_flight=waiting)

    def asked(self) -> None:
        """Count a request that came in."""
        stats = self.stats
        stats.requests += 1
        stats.in_flight += 1
        stats.max_in_flight = max(stats.max_in_flight, stats.in_flight)
        if stats.first is None:
            stats.first = time.monotonic()

    def completion(self, body: bytes) -> bytes:
        """The answer to a chat request: the next reply to as many user turns as `body` holds."""
        self._number += 1
        turn = body.count(b'"user"')
        return orjson.dumps(
            {
                "id": f"chatcmpl-{self._number}",
                "object": "chat.completion",
                "created": 1_700_000_000,
                "model": MODEL,
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": reply(self._number, turn)},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 120, "completion_tokens": 130, "total_tokens": 250},
            }
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection: requests are answered in order, one at a time."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._buffer = b""
        self._waits = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._served.stats.connections += 1

    def data_received(self, data: bytes) -> None:
        """Add to what has come in, and answer what is complete."""
        self._buffer = self._buffer + data if self._buffer else data
        self._answer_next()

    def _answer_next(self) -> None:
        while self._buffer and not self._waits:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end]
            length = _content_length(head)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            if head.startswith(b"POST"):
                self._complete(body)
            else:
                self._tell(head)

    def _complete(self, body: bytes) -> None:
        served = self._served
        served.asked()
        if not served.latency:
            self._send(body)
            return
        self._waits = True
        asyncio.get_running_loop().call_later(served.latency, self._send_late, body)

    def _send_late(self, body: bytes) -> None:
        self._waits = False
        self._send(body)
        self._answer_next()

    def _send(self, body: bytes) -> None:
        self._served.stats.in_flight -= 1
        self._write(b"200 OK", self._served.completion(body))

    def _tell(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path == b"/reset":
            self._served.reset()
        if path in (b"/reset", b"/stats"):
            self._write(b"200 OK", orjson.dumps(asdict(self._served.stats)))
        else:
            self._write(b"404 Not Found", b'{"error": {"message": "no such page"}}')

    def _write(self, status: bytes, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(HEAD % (status, len(body), body))


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve(latency: float) -> None:
    """Serve on a free port until standard input ends."""
    served = Served(latency)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(served), "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--core", type=int, help="the only core to run on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    asyncio.run(serve(options.latency))


if __name__ == "__main__":
    main()
