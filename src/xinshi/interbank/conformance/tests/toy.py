"""A bank of a few lines that speaks the protocol, and can be told to speak it wrongly in one way."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xinshi.interbank.protocol.bodies import (
    EntriesQuery,
    Message,
    MessageType,
    MissingQuery,
    StateQuery,
    UnsupportedVersion,
    moment_of,
    moment_text,
    read,
)
from xinshi.interbank.protocol.canonical import Malformed, canonical, digest, parsed
from xinshi.interbank.protocol.signing import BadSignature, opened, require_signed
from xinshi.interbank.protocol.signing import envelope as sealed

KNOWN, KIND_REFUSED, LIMIT = "known", "honorary", 10_000


class Refused(Exception):
    """An error of the protocol: its code and status."""

    STATUS: ClassVar = {
        **dict.fromkeys(("malformed", "unsupported_version", "stale"), 400),
        **dict.fromkeys(("unknown_key", "bad_signature"), 401),
        **dict.fromkeys(("chain_broken", "too_far_ahead"), 409),
        "unknown_partner": 403,
        "disputed": 503,
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code, self.status = code, self.STATUS[code]


@dataclass
class Toy:
    """One bank and its one partner, in memory. `wrong` names the planted mistake."""

    partner: str
    partner_key: bytes
    person: str
    without_consent: str = ""
    wrong: str = ""
    code: str = "toy-bank"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    next_sequence: int = 1
    last_hash: str = "0" * 64
    taken: dict[int, Message] = field(default_factory=dict)
    waiting: dict[int, Message] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    is_disputed: bool = False
    partner_address: str = ""
    sent: dict[int, tuple[Message, str]] = field(default_factory=dict)
    """What it sends by itself, with its state in the list."""

    def answer_all(self, path: str, data: bytes) -> tuple[int, dict[str, Any]]:
        if len(data) > 262_144 and self.wrong != "no_size_limit":
            return 413, _error("too_large")
        try:
            whole = json.loads(data) if self.wrong == "lenient_json" else parsed(data)
            envelopes = whole["envelopes"]
            limit = (49 if self.wrong == "forty_nine" else 50) if path in ("messages", "state") else 1
            if not isinstance(envelopes, list) or not 1 <= len(envelopes) <= limit:
                raise Malformed("how many")
        except (Malformed, ValueError, KeyError, TypeError):
            return 400, _error("malformed")
        items, senders = [], set()
        for envelope in envelopes:
            try:
                if isinstance(envelope, dict) and isinstance(envelope.get("body"), dict):
                    senders.add(str(envelope["body"].get("from")))
                if len(senders) > 1:
                    raise Refused("malformed")
                items += self._one(path, envelope)
            except Refused as refused:
                items.append(_error(refused.code))
                if self.wrong == "one_bad_stops_all":
                    break
        if self.wrong == "unordered_answers" and len(items) > 3:
            items.reverse()
        return 200, {"envelopes": items}

    def _one(self, path: str, envelope: Any) -> list[Any]:
        if self.wrong == "any_algorithm" and isinstance(envelope, dict) and isinstance(envelope.get("signature"), dict):
            envelope = {**envelope, "signature": {**envelope["signature"], "algorithm": "ed25519"}}
        if self.wrong == "breaks_on_names" and "\\ud800" in json.dumps(envelope):
            return [{}]
        body = self._read(path, envelope)
        if isinstance(body, Message):
            return [self._signed(self._message(body))]
        if abs((moment_of(body.asked_at) - datetime.now(UTC)).total_seconds()) > 300 and self.wrong != "no_stale":
            raise Refused("stale")
        if isinstance(body, StateQuery):
            return [self._signed(self._state(body))]
        if isinstance(body, EntriesQuery):
            if body.after and self.wrong != "any_cursor":
                raise Refused("malformed")
            return [self._signed(self._listing(body))]
        return []

    def _read(self, path: str, envelope: Any) -> Any:
        kinds = {"messages": Message, "state": StateQuery, "missing": MissingQuery, "entries": EntriesQuery}
        try:
            found, key_id, signature = opened(envelope)
            if self.wrong == "extra_fields" and isinstance(found, dict):
                found = {name: value for name, value in found.items() if name != "more"}
            canonical(found)
            body = read(found)
            if not isinstance(body, kinds[path]):
                raise Malformed("not here")
        except UnsupportedVersion:
            raise Refused("unsupported_version") from None
        except (Malformed, TypeError):
            raise Refused("malformed") from None
        if body.sender != self.partner or body.receiver != self.code:
            raise Refused("unknown_partner")
        if key_id != "kit-1":
            raise Refused("unknown_key")
        try:
            require_signed(body, signature, self.partner_key)
        except BadSignature:
            if self.wrong != "any_signature":
                raise Refused("bad_signature") from None
        return body

    def _message(self, message: Message) -> dict[str, Any]:
        if self.is_disputed:
            raise Refused("disputed")
        known = self.taken.get(message.sequence) or self.waiting.get(message.sequence)
        if known and known.hash != message.hash:
            return self._broken()
        if message.sequence < self.next_sequence:
            if self.wrong == "repeat_is_reused":
                return self._answer(message, message.hash, state="refused", code="key_reused", at=_now())
            return self._told(message)
        if message.sequence >= self.next_sequence + 1_000 and self.wrong != "window":
            raise Refused("too_far_ahead")
        if message.sequence > self.next_sequence and self.wrong != "no_gap":
            self.waiting[message.sequence] = message
            return self._told(message)
        if message.previous != self.last_hash and self.wrong not in ("no_chain", "no_gap"):
            return self._broken()
        self._take(message)
        while self.next_sequence in self.waiting and self.wrong != "forgets_waiting":
            self._take(self.waiting.pop(self.next_sequence))
        return self._told(message)

    def _broken(self) -> dict[str, Any]:
        self.is_disputed = self.wrong != "no_dispute"
        raise Refused("chain_broken")

    def _take(self, message: Message) -> None:
        self.taken[message.sequence] = message
        code = self._refusal(message)
        self.outcomes.setdefault(
            (message.type.value, message.key, message.hash),
            {"state": "refused" if code else "applied", "code": code, "minutes": message.minutes, "decided_at": _now()},
        )
        if message.type is MessageType.REQUEST and not code:
            threading.Thread(target=self._grant, args=(message,), daemon=True).start()
        if self.wrong != "refused_takes_no_place" or not code:
            self.next_sequence, self.last_hash = message.sequence + 1, message.hash

    def _grant(self, request: Message) -> None:
        """Send what was granted until it is answered."""
        number = len(self.sent) + 1
        transfer = replace(
            request,
            type=MessageType.TRANSFER,
            sender=self.code,
            receiver=self.partner,
            sequence=number,
            previous=self.sent[number - 1][0].hash if number > 1 else "0" * 64,
            minutes=request.minutes - (self.wrong == "grants_less"),
            worked_on=f"{datetime.now(UTC):%Y-%m-%d}",
            category="0099",
            activity="门诊导医",
            evidence="e" * 64,
        )
        self.sent[number] = transfer, "open"
        for number_of_tries in range(100):
            if self._is_answered(transfer):
                self.sent[number] = transfer, "open" if self.wrong == "never_confirms" else "applied"
                return
            if self.wrong == "gives_up":
                return
            if self.wrong == "new_key":
                transfer = replace(transfer, key=f"t{number_of_tries:020d}")
            time.sleep(0.03)

    def _is_answered(self, transfer: Message) -> bool:
        private = Ed25519PrivateKey.generate() if self.wrong == "other_signature" else self.private
        data = json.dumps({"envelopes": [sealed(transfer, key_id="toy-1", private_key=private)]}).encode()
        try:
            with urllib.request.urlopen(f"{self.partner_address}/interbank/v1/messages", data, timeout=5) as answer:
                return "answer" in str(json.loads(answer.read()))
        except OSError:
            return False

    def _refusal(self, message: Message) -> str:
        others = [
            key for key in self.outcomes if key[:2] == (message.type.value, message.key) and key[2] != message.hash
        ]
        if message.type is MessageType.REQUEST and self.wrong != "requests_any_key":
            others += [key for key in self.outcomes if key[1] == message.key and key[0] == "transfer"]
        now = datetime.now(UTC)
        tomorrow, people = f"{now + timedelta(days=1):%Y-%m-%d}", {self.person}
        if self.wrong == "knows_everybody":
            people.add(self.without_consent)
        if self.wrong == "breaks_at_the_end" and message.sent_at.startswith("9999"):
            raise Refused("malformed")
        is_ahead = moment_of(message.sent_at) > now + timedelta(days=1)
        for code, holds in (
            ("expired", moment_of(message.expires_at) <= datetime.now(UTC)),
            ("key_reused", bool(others)),
            ("no_consent", message.person not in people),
            ("kind_not_agreed", message.kind == KIND_REFUSED),
            ("limit_exceeded", message.minutes > LIMIT),
            ("implausible", is_ahead or (message.type.value == "transfer" and message.worked_on > tomorrow)),
        ):
            if holds and self.wrong != f"no_{code}":
                return code
        return ""

    def _told(self, message: Message) -> dict[str, Any]:
        return self._answer(message, message.hash, **self._stored(message.type.value, message.key, message.hash))

    def _stored(self, kind: str, key: str, message_hash: str) -> dict[str, Any]:
        found = self.outcomes.get((kind, key, message_hash))
        if found:
            return {
                "state": found["state"],
                "code": found["code"],
                "minutes": found["minutes"],
                "at": found["decided_at"],
            }
        waiting = next((one for one in self.waiting.values() if one.hash == message_hash), None)
        if waiting:
            return {"state": "waiting", "minutes": waiting.minutes}
        return {"state": "absent", "minutes": 0}

    def _state(self, query: StateQuery) -> dict[str, Any]:
        place = query.message_type.value, query.key, query.message
        found = self._stored(*place)
        if query.close and found["state"] in ("absent", "waiting"):
            is_used = any(key[:2] == place[:2] for key in self.outcomes) and self.wrong != "closes_used_keys"
            code = "key_reused" if is_used else "closed"
            closed = {"state": "refused", "code": code, "minutes": found["minutes"], "decided_at": _now()}
            if self.wrong != "forgets_close":
                self.outcomes[place] = closed
            found = {"state": "refused", "code": code, "minutes": found["minutes"], "at": closed["decided_at"]}
        return self._answer(query, query.message, **found)

    def _answer(
        self, about: Any, message_hash: str, *, state: str, minutes: int = 0, code: str = "", at: str = ""
    ) -> dict[str, Any]:
        kind = about.type.value if isinstance(about, Message) else about.message_type.value
        return {
            "version": 1, "type": "answer", "from": self.code, "to": self.partner, "about": digest(about.body()),
            "message_type": kind, "key": about.key, "message": message_hash, "state": state, "code": code,
            "minutes": minutes, "decided_at": at, "next_sequence": self.next_sequence,
        }  # fmt: skip

    def _listing(self, query: EntriesQuery) -> dict[str, Any]:
        entries = []
        for number, message in sorted(self.taken.items()):
            stored = self._stored(message.type.value, message.key, message.hash)
            if query.from_day <= message.sent_at[:10] <= query.to_day:
                entries.append({
                    "direction": "received", "sequence": number, "type": message.type.value, "key": message.key,
                    "message": message.hash, "minutes": message.minutes, "kind": message.kind,
                    "sent_at": message.sent_at, "state": "refused" if self.wrong == "wrong_list" else stored["state"],
                })  # fmt: skip
        entries += [
            {
                "direction": "sent", "sequence": number, "type": "transfer", "key": message.key, "message": message.hash,
                "minutes": message.minutes, "kind": message.kind, "sent_at": message.sent_at, "state": state,
            }
            for number, (message, state) in sorted(self.sent.items())
        ]  # fmt: skip
        return {
            "version": 1, "type": "listing", "from": self.code, "to": self.partner, "about": digest(query.body()),
            "from_day": query.from_day, "to_day": query.to_day, "drawn_at": _now(),
            "entries": entries[::-1] if self.wrong == "unordered_list" else entries, "next": "",
        }  # fmt: skip

    def _signed(self, body: dict[str, Any]) -> dict[str, Any]:
        purpose = b"message" if self.wrong == "answer_context" else b"answer"
        value = self.private.sign(b"xinshi-interbank/1/" + purpose + b"\n" + canonical(body))
        if self.wrong == "unsigned":
            value = bytes(64)
        if self.wrong == "about_nothing":
            body = {**body, "about": "0" * 64}
        signature = {"algorithm": "ed25519", "key_id": "toy-1", "value": base64.b64encode(value).decode()}
        return {"body": body, "signature": signature}


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "detail": ""}}


def _now() -> str:
    return moment_text(datetime.now(UTC))


@contextmanager
def serving(toy: Toy) -> Iterator[str]:
    """The toy at an address on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                if toy.wrong == "minds_charset" and "charset" in self.headers["Content-Type"]:
                    raise RecursionError
                status, answer = toy.answer_all(self.path.removeprefix("/interbank/v1/"), data)
            except RecursionError:
                status, answer = 400, _error("malformed")
            written = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def public_of(private: Ed25519PrivateKey) -> str:
    key: Ed25519PublicKey = private.public_key()
    return base64.b64encode(key.public_bytes_raw()).decode()
