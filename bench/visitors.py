"""Visitors of a measured site: requests as a browser sends them, over sockets that stay open where the server lets them.

Standard library only. A request is made of bytes beforehand, so that the visitors take little of the machine.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ANSWER_SECONDS_MAX: Final = 60
HEAD_BYTES_MAX: Final = 64 * 1024
LAST_CHUNK: Final = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """`began` and `ended` in seconds of one clock; status 0 where the server hung up."""

    status: int
    began: float
    ended: float
    body: bytes

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def request_bytes(wanted: dict[str, Any], port: int) -> bytes:
    """A request described as {path, cookie, form (urlencoded; a POST where it is not empty), headers}."""
    form = str(wanted.get("form", "")).encode()
    lines = [
        f"{'POST' if form else 'GET'} {wanted['path']} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Cookie: {wanted.get('cookie', '')}",
        "Accept: text/html",
        "Accept-Language: zh-CN",
    ]
    if form:
        scheme = wanted.get("headers", {}).get("X-Forwarded-Proto", "http")
        # As a browser says it; Django refuses a form over HTTPS that comes from another host or port.
        lines += [f"Referer: {scheme}://127.0.0.1:{port}/"]
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    lines += [f"{name}: {value}" for name, value in wanted.get("headers", {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + form


class Visitor:
    """One browser's connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        began = time.perf_counter()
        was_open = self.socket is not None
        try:
            status, body = self._exchange(request)
        except OSError:
            self.close()
            status, body = 0, b""
        if not status and was_open and not body:  # The server had closed an idle connection: a browser asks once more.
            try:
                status, body = self._exchange(request)
            except OSError:
                self.close()
        return Answer(status, began, time.perf_counter(), body)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS_MAX)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received and len(received) < HEAD_BYTES_MAX:
            part = self.socket.recv(65_536)
            if not part:
                self.close()
                return 0, b""
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        lowered = head.lower()
        is_chunked = b"transfer-encoding: chunked" in lowered
        while is_chunked and not body.endswith(LAST_CHUNK):
            body += self.socket.recv(262_144)
        length = len(body) if is_chunked else _content_length(lowered)
        parts, have = [body], len(body)
        while length is None or have < length:
            part = self.socket.recv(262_144)
            if not part:
                break
            parts.append(part)
            have += len(part)
        if length is None or b"\r\nconnection: close" in lowered:
            self.close()
        whole = b"".join(parts)
        return int(head[9:12]), _without_chunks(whole) if is_chunked else whole


def _content_length(head: bytes) -> int | None:
    """None where the answer ends with the connection."""
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else None


def _without_chunks(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        parts.append(rest[:length])
        body = rest[length + 2 :] if length else b""
    return b"".join(parts)


def at_once(port: int, requests: Sequence[bytes], *, visitors: int) -> list[Answer]:
    """All requests, in turn, by so many visitors at a time."""
    answers: list[list[Answer]] = [[] for _ in range(visitors)]
    gate = threading.Barrier(visitors)

    def visit(number: int) -> None:
        visitor = Visitor(port)
        gate.wait()
        answers[number] = [visitor.ask(request) for request in requests[number::visitors]]
        visitor.close()

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for part in answers for answer in part]


def p99(answers: Sequence[Answer]) -> float:
    """Seconds."""
    ordered = sorted(answer.seconds for answer in answers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0


def span(answers: Sequence[Answer]) -> float:
    """Seconds from the first request to the last answer."""
    return max(a.ended for a in answers) - min(a.began for a in answers)


def tree_cpu_seconds(root: int) -> float:
    """What a process and all below it have used so far, with their threads and the children they buried."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        process = int(folder.name)
        parents[process] = int(fields[1])
        used[process] = sum(int(ticks) for ticks in fields[11:15]) / 100
    below = {root}
    while True:
        more = {process for process, parent in parents.items() if parent in below} - below
        if not more:
            return sum(used.get(process, 0.0) for process in below)
        below |= more


def read_description(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
