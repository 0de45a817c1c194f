"""A proxy between two banks that drops, delays, repeats, overtakes and cuts what they say to each other."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.trust.scratch import free_port

ANSWER_SECONDS_MAX = 30
HEADERS_END = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class FaultyProxy:
    """Takes calls on `port` and passes them to `target`, one thread per call; `is_faulty` is switched off to heal."""

    target: int
    seed: int
    is_faulty: bool = True
    port: int = field(default_factory=free_port)
    faults: Counter[str] = field(default_factory=Counter)
    _listener: socket.socket | None = None

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._listen, name="faulty proxy", daemon=True).start()

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _listen(self) -> None:
        dice = random.Random(self.seed)
        assert self._listener is not None, "it was started"
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client, random.Random(dice.random())), daemon=True).start()

    def _pass_on(self, client: socket.socket, dice: random.Random) -> None:
        with client, contextlib.suppress(OSError):
            request = _whole(client)
            fault = self._fault(dice)
            self.faults[fault] += 1
            if fault == "drop":
                return
            if fault == "delay":
                time.sleep(dice.random() * 2)
            if fault == "later":  # The caller gives up first; then it arrives all the same.
                threading.Timer(dice.random() * 4, self._call, args=(request,)).start()
                return
            if fault == "repeat":
                self._call(request)
            answer = self._call(request)
            if fault == "lose the answer":
                return
            client.sendall(answer[: dice.randrange(len(answer) + 1)] if fault == "cut" else answer)

    def _fault(self, dice: random.Random) -> str:
        if not self.is_faulty or dice.random() < 0.35:
            return "none"
        return dice.choice(("drop", "delay", "later", "repeat", "lose the answer", "cut"))

    def _call(self, request: bytes) -> bytes:
        """The target's answer; empty where it is down."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.target), timeout=5) as server:
            server.settimeout(ANSWER_SECONDS_MAX)
            server.sendall(request)
            return _whole(server)
        return b""


def _whole(source: socket.socket) -> bytes:
    """A request or a response, headers and body."""
    source.settimeout(ANSWER_SECONDS_MAX)
    found = b""
    while HEADERS_END not in found and (part := source.recv(65_536)):
        found += part
    head, _, body = found.partition(HEADERS_END)
    length = LENGTH.search(head)
    while length and len(body) < int(length[1]) and (part := source.recv(65_536)):
        body += part
        found += part
    return found
