"""A stand-in for 志愿汇's partner interface: signed questions, pages by `maxid`, and failing in every way it is told to."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl

from xinshi.exchange.pulling.domain import signed

KEY_ID: Final = "hospital"
SECRET: Final = "a secret of the contract"
PORTS: Final = range(20_000, 32_000)
"""Below the ephemeral ports: a client that tries again cannot connect to itself."""


class StandIn:
    """`rows` by resource: (id, day as yyyyMMdd, row). `faults` are used up one by one, one per question."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, str, dict[str, Any]]]] = {}
        self.faults: deque[str] = deque()
        self.asked: list[tuple[str, str, int]] = []
        self.nonces: set[str] = set()
        self.page_rows = 80
        self.server = self._listen()
        self.server.stand_in = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @staticmethod
    def _listen() -> ThreadingHTTPServer:
        for port in random.sample(PORTS, 50):
            try:
                return ThreadingHTTPServer(("127.0.0.1", port), Handler)
            except OSError:
                continue
        raise AssertionError("no port is free")

    def add(self, resource: str, day: str, *rows: dict[str, Any]) -> None:
        known = self.rows.setdefault(resource, [])
        for row in rows:
            known.append((len(known) + 101, day, row))

    def page(self, resource: str, day: str, max_id: int, count: int) -> tuple[int, list[dict[str, Any]]]:
        found = [(pk, row) for pk, of_day, row in self.rows.get(resource, []) if of_day == day and pk > max_id]
        found = found[: min(count, self.page_rows)]
        return (found[-1][0] if found else max_id), [row for _, row in found]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        stand_in: StandIn = self.server.stand_in  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = dict(parse_qsl(body.decode(), keep_blank_values=True))
        resource = self.path.removeprefix("/api/syn/").removesuffix(".do")
        fault = stand_in.faults.popleft() if stand_in.faults else ""
        day, max_id = asked["time"], int(asked["maxid"])
        stand_in.asked.append((resource, day, max_id))
        if not self._is_signed(stand_in, asked, "another secret" if fault == "wrong_signature" else SECRET):
            self._say({"errCode": "401", "errMsg": "signature"})
            return
        following, rows = stand_in.page(resource, day, max_id, int(asked["rows"]))
        answer: dict[str, Any] = {"errCode": "000", "maxid": following, "data": rows}
        getattr(self, f"_{fault or 'answer'}")(answer, max_id)

    def _is_signed(self, stand_in: StandIn, asked: dict[str, str], secret: str) -> bool:
        said = {name: value for name, value in asked.items() if name != "Signature"}
        is_new = asked["SignatureNonce"] not in stand_in.nonces
        stand_in.nonces.add(asked["SignatureNonce"])
        fixed = (asked["AccessKeyId"], asked["Format"], asked["SignatureMethod"], asked["SignatureVersion"])
        is_known = fixed == (KEY_ID, "JSON", "HMAC-SHA1", "1.0")
        return is_new and is_known and signed(said, secret=secret)["Signature"] == asked["Signature"]

    def _say(self, answer: object, status: int = 200) -> None:
        self._send(json.dumps(answer, ensure_ascii=False).encode(), status=status)

    def _send(self, body: bytes, *, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _answer(self, answer: dict[str, Any], _: int) -> None:
        self._say(answer)

    def _broken(self, *_: object) -> None:
        self._say({"message": "Internal Server Error"}, 500)

    def _forbidden(self, *_: object) -> None:
        self._say({}, 403)

    def _time_out(self, *_: object) -> None:
        time.sleep(0.6)
        self.close_connection = True

    def _cut_body(self, answer: dict[str, Any], _: int) -> None:
        whole = json.dumps(answer).encode()
        self._send(whole[:-5], length=len(whole))

    def _wrong_err_code(self, *_: object) -> None:
        self._say({"errCode": "999", "errMsg": "系统繁忙"})

    def _repeated_page(self, answer: dict[str, Any], max_id: int) -> None:
        """The same rows again, the cursor where it was asked."""
        self._say({**answer, "maxid": str(max_id)})

    def _cursor_back(self, answer: dict[str, Any], max_id: int) -> None:
        self._say({**answer, "maxid": max(0, max_id - 100), "data": answer["data"] or [{"name": "x"}]})

    def _duplicate_rows(self, answer: dict[str, Any], _: int) -> None:
        self._say({**answer, "data": [*answer["data"], *answer["data"]]})

    def _garbage(self, *_: object) -> None:
        self._send(b'{"errCode": "000", "data": [{"name": ' + b"[" * 5_000)

    def _slow_drip(self, answer: dict[str, Any], _: int) -> None:
        body = json.dumps(answer).encode().ljust(2_000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.005)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True


@contextmanager
def running() -> Iterator[StandIn]:
    stand_in = StandIn()
    thread = threading.Thread(target=stand_in.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.server.shutdown()
        stand_in.server.server_close()
        thread.join()
