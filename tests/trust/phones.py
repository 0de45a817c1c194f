"""Thousands of phones at once, each with a connection of its own, by one thread: they share their two cores with the server,
and what they cost is taken from it.
"""

from __future__ import annotations

import heapq
import json
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ANSWER_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.5
"""So often it is looked for what waits too long."""
READ_BYTES = 65_536

Answered = Callable[[int, Any], None]
"""Told the status and the body; 0 and nothing where the connection broke or nothing came."""


@dataclass(slots=True, eq=False)
class Request:
    """Asked once at a time: `text` is made when it is sent."""

    text: Callable[[], bytes]
    answered: Answered
    line: socket.socket | None = None
    since: float = 0.0
    parts: list[bytes] = field(default_factory=list)


class Phones:
    """Sends requests to one port of this machine; nothing happens but in `run`."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._poll = select.epoll()
        self._open: dict[int, Request] = {}
        self._later: list[tuple[float, int, Request]] = []
        self._count = 0

    def send(self, request: Request, *, after_seconds: float = 0.0) -> None:
        """Send it once so much time has gone by."""
        self._count += 1
        heapq.heappush(self._later, (time.monotonic() + after_seconds, self._count, request))

    def run(self, until: Callable[[], bool]) -> None:
        """Send and read until `until` says so."""
        looked = time.monotonic()
        while not until():
            at = time.monotonic()
            while self._later and self._later[0][0] <= at:
                self._begin(heapq.heappop(self._later)[2])
            pause = min(LOOK_SECONDS, max(0.0, self._later[0][0] - at)) if self._later else LOOK_SECONDS
            for line, events in self._poll.poll(pause):
                if (request := self._open.get(line)) is not None:
                    self._go_on(request, events)
            if at - looked > LOOK_SECONDS:
                looked = at
                for request in [one for one in self._open.values() if at - one.since > ANSWER_SECONDS_MAX]:
                    self._end(request, broken=True)

    def close(self) -> None:
        for request in self._open.values():
            assert request.line is not None
            request.line.close()
        self._poll.close()

    def _begin(self, request: Request) -> None:
        line = request.line = socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        line.connect_ex(self._address)
        request.since, request.parts = time.monotonic(), []
        self._open[line.fileno()] = request
        try:
            # A phone sends as soon as it is through to the server, not when the last of all the others is.
            line.sendall(request.text())
            self._poll.register(line.fileno(), select.EPOLLIN)
        except OSError:  # Not through yet.
            self._poll.register(line.fileno(), select.EPOLLOUT)

    def _go_on(self, request: Request, events: int) -> None:
        assert request.line is not None
        try:
            if events & select.EPOLLOUT:
                request.line.sendall(request.text())
                self._poll.modify(request.line.fileno(), select.EPOLLIN)
                return
            piece = request.line.recv(READ_BYTES)
        except OSError:
            self._end(request, broken=True)
            return
        if piece:
            request.parts.append(piece)
        else:
            self._end(request, broken=False)

    def _end(self, request: Request, *, broken: bool) -> None:
        assert request.line is not None
        del self._open[request.line.fileno()]
        request.line.close()
        status, body = (0, None) if broken else read(b"".join(request.parts))
        request.answered(status, body)


def read(answer: bytes) -> tuple[int, Any]:
    """Status and body of a whole answer; 0 and nothing of one that was cut."""
    head, _, content = answer.partition(b"\r\n\r\n")
    try:
        return int(head.split(b" ", 2)[1]), json.loads(content)
    except (IndexError, ValueError):
        return 0, None


def request_text(method: str, path: str, token: str, payload: dict[str, Any] | None) -> bytes:
    """A request on a connection of its own, as a phone makes it."""
    body = json.dumps(payload).encode() if payload is not None else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
