"""The conformance kit's own ears: what a bank sends by itself, and whether it stays the same until it is answered.

The first time that a message comes it gets no answer, as if the line had been cut; asked about it, the kit has never heard
of it; the second time it is applied. No import of this program.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

if __package__:
    from xinshi.interbank.conformance.wire import BODY_MAX, GENESIS, Body, Kit, NotTried, Wrong, digest, moment
else:  # Copied away and run alone.
    from wire import (  # type: ignore[import-not-found,no-redef,unused-ignore]
        BODY_MAX,
        GENESIS,
        Body,
        Kit,
        NotTried,
        Wrong,
        digest,
        moment,
    )

POLL_SECONDS: Final = 0.1
FOREIGN: Final = "a message that is not addressed to this kit, or whose signature does not fit, was sent here"


@dataclass
class Ears:
    """What was heard, in its order; `faults` are what no bank may do whatever it sends."""

    kit: Kit
    heard: list[Body] = field(default_factory=list)
    asked: list[Body] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    by_place: dict[int, Body] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    address: str = ""

    def answer(self, path: str, data: bytes) -> list[Body] | None:
        """The items of the answer; None where the line is cut."""
        with self.lock:
            found = json.loads(data)["envelopes"]
            if path == "messages":
                return self._messages([self._body(one) for one in found])
            if path == "state":
                return [self._told(self._body(one)) for one in found]
            return [] if path == "missing" else [{"error": {"code": "try_later", "detail": ""}}]

    def _body(self, envelope: Any) -> Body:
        body: Body = envelope["body"]
        try:
            self.kit.verify(envelope)
        except (InvalidSignature, KeyError, ValueError, TypeError):
            self.faults.append(FOREIGN)
        if (body.get("from"), body.get("to")) != (self.kit.bank, self.kit.me):
            self.faults.append(FOREIGN)
        return body

    def _messages(self, bodies: list[Body]) -> list[Body] | None:
        is_new = False
        for body in bodies:
            place, known = int(body["sequence"]), self.by_place.get(int(body["sequence"]))
            if known is not None and digest(known) != digest(body):
                self.faults.append(f"message {place} came again and was another one")
            before = self.by_place.get(place - 1)
            previous = digest(before) if before else GENESIS if place == 1 else body["previous"]
            if body["previous"] != previous:
                self.faults.append(f"message {place} does not follow the one before it")
            is_new = is_new or known is None
            self.by_place[place] = body
            self.heard.append(body)
        return None if is_new else [self._answer(body, body["type"], body["key"], digest(body)) for body in bodies]

    def _told(self, query: Body) -> Body:
        self.asked.append(query)
        times = sum(digest(body) == query["message"] for body in self.heard)
        found = (query, query["message_type"], query["key"], query["message"])
        return self._answer(*found) if times > 1 else self._answer(*found, state="absent", at="")

    def _answer(
        self, about: Body, kind: str, key: str, message: str, *, state: str = "applied", at: str | None = None
    ) -> Body:
        minutes = next((one["minutes"] for one in self.heard if digest(one) == message), 0) if state == "applied" else 0
        return self.kit.envelope(
            {
                "version": 1, "type": "answer", "from": self.kit.me, "to": self.kit.bank, "about": digest(about),
                "message_type": kind, "key": key, "message": message, "state": state, "code": "", "minutes": minutes,
                "decided_at": moment() if at is None else at, "next_sequence": max(self.by_place, default=0) + 1,
            },
        )  # fmt: skip

    def wait(self, is_there: Callable[[], bool], seconds: float, missing: str) -> None:
        until = time.monotonic() + seconds
        while not is_there():
            if time.monotonic() > until:
                raise Wrong(missing)
            time.sleep(POLL_SECONDS)


def granted(kit: Kit) -> None:
    """What was granted is sent by itself, once, and stays the same message until it is answered."""
    minutes, ears, seconds = kit.config.get("request_minutes"), kit.ears, float(kit.config.get("listen_seconds") or 60)
    if not minutes or not isinstance(ears, Ears):
        raise NotTried("needs --listen, the kit's address at the bank, and “request_minutes” in the configuration")
    request = kit.request(minutes=int(minutes))
    last = len(ears.heard)
    kit.take(request, state="applied", minutes=int(minutes))

    def sent() -> list[Body]:
        return [one for one in ears.heard[last:] if one["key"] == request["key"]]

    ears.wait(lambda: bool(sent()), seconds, f"no transfer followed within {seconds:.0f} s")
    missing = f"the transfer got no answer and did not come again within {seconds:.0f} s"
    ears.wait(lambda: len(sent()) > 1, seconds, missing)
    found = sent()[0]
    for name in ("key", "person", "minutes", "kind"):
        if found[name] != request[name]:
            raise Wrong(f"the transfer's “{name}” is {found[name]!r}, granted was {request[name]!r}")
    if found["type"] != "transfer" or len({digest(one) for one in sent()}) > 1:
        raise Wrong("what came again under the key was another message")
    if any(one["person"] == request["person"] and one["key"] != request["key"] for one in ears.heard[last:]):
        raise Wrong("the hours were sent under another key, too")
    ears.wait(
        lambda: _is_listed(kit, found), seconds, "the transfer that was answered is not applied in the bank's list"
    )
    if ears.faults:
        raise Wrong("; ".join(sorted(set(ears.faults))))


def _is_listed(kit: Kit, message: Body) -> bool:
    day = message["sent_at"][:10]
    query = kit.query("entries", from_day=day, to_day=day)
    while True:
        reply = kit.post("entries", kit.envelope(query))
        body = kit.answer(reply.items[0] if reply.items else None, query, "listing")
        rows = [row for row in body["entries"] if row["message"] == digest(message)]
        if rows or not body["next"]:
            return [(row["direction"], row["state"]) for row in rows] == [("sent", "applied")]
        query = kit.query("entries", from_day=day, to_day=day, after=body["next"])


@contextmanager
def listening(kit: Kit, host: str, port: int) -> Iterator[Ears]:
    """The kit at an address of its own, which the bank has as the partner's."""
    ears = Ears(kit)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), BODY_MAX))
            try:
                items = ears.answer(self.path.removeprefix("/interbank/v1/"), data)
            except (ValueError, KeyError, TypeError):
                ears.faults.append("what is no request of the protocol was sent here")
                items = None
            if items is None:
                self.close_connection = True
                return
            written = json.dumps({"envelopes": items}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    kit.ears, ears.address = ears, f"http://{host}:{server.server_address[1]}"
    try:
        yield ears
    finally:
        kit.ears = None
        server.shutdown()
        server.server_close()
