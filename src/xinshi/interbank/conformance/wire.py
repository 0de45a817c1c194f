"""What the conformance kit says and understands: bodies, signatures, one partner's stream. No import of this program."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import unicodedata
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CONTEXT: Final = "xinshi-interbank/1/"
GENESIS: Final = "0" * 64
BODY_MAX: Final = 262_144
RESPONSE_MAX: Final = 1_048_576
TIMEOUT_SECONDS: Final = 10
WAITS_MAX: Final = 5
WAIT_SECONDS: Final = 0.2
PURPOSES: Final = {"transfer": "message", "request": "message", "answer": "answer", "listing": "answer"}
ANSWER_FIELDS: Final = {
    "version", "type", "from", "to", "about", "message_type", "key", "message", "state", "code", "minutes", "decided_at",
    "next_sequence",
}  # fmt: skip
Body = dict[str, Any]


class Wrong(Exception):
    """The bank does what the protocol does not allow; the sentence says what."""


class NotTried(Exception):
    """The check needs something that the configuration does not give."""


class NoBank(Exception):
    """Nothing that speaks the protocol answers."""


def canonical(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(body: Body) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def signed_bytes(body: Body, purpose: str = "") -> bytes:
    return f"{CONTEXT}{purpose or PURPOSES.get(body['type'], 'query')}\n".encode() + canonical(body)


def token(pair_key: bytes, kind: str, number: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum())
    return hmac.new(pair_key, f"xinshi-person-token-1\n{kind}:{plain}".encode(), hashlib.sha256).hexdigest()


def moment(seconds: float = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def day(days: int = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


@dataclass
class Reply:
    """An HTTP answer: `items` where it has envelopes, `code` where the whole request was refused."""

    status: int
    data: Any
    size: int

    @property
    def items(self) -> list[Any]:
        found = self.data.get("envelopes") if isinstance(self.data, dict) else None
        return found if isinstance(found, list) else []

    def code(self, place: int = 0) -> str:
        """The code of refusal of one item, or of the whole; empty where it is none."""
        holder = self.items[place] if place < len(self.items) else self.data
        error = holder.get("error") if isinstance(holder, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Kit:
    """A partner of tests: its keys, its stream, and what it knows of the bank."""

    address: str
    config: dict[str, Any]
    sequence: int = 1
    previous: str = GENESIS
    applied: Body = field(default_factory=dict)
    """The transfer that was applied first."""
    ears: Any = None
    """Where the kit listens for what the bank sends by itself; None where it does not."""

    def __post_init__(self) -> None:
        self.me, self.bank = str(self.config["from"]), str(self.config["to"])
        self.key_id = str(self.config["key_id"])
        self.private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.config["private_key_hex"]))
        raw = base64.b64decode(self.config["bank_public_key"])
        self.public, self.opener = Ed25519PublicKey.from_public_bytes(raw), urllib.request.build_opener(NoRedirect)

    @property
    def person(self) -> str:
        """The token of somebody who has consented and has an account at the bank."""
        return self.token_of("person")

    def token_of(self, name: str) -> str:
        """The token of somebody of the configuration."""
        if not self.config.get(name) or not self.config.get("pair_key_hex"):
            raise NotTried(f"the configuration names no “{name}” or no pair key")
        kind, _, number = str(self.config[name]).partition(":")
        return token(bytes.fromhex(self.config["pair_key_hex"]), kind, number)

    # What travels.

    def raw(self, path: str, data: bytes, method: str = "POST", *, content_type: str = "application/json") -> Reply:
        request = urllib.request.Request(  # noqa: S310  # the address is the one that was asked about
            self.address.rstrip("/") + path, data=data, method=method, headers={"Content-Type": content_type}
        )
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return self._reply(answer.status, answer.read(RESPONSE_MAX + 1))
        except urllib.error.HTTPError as refused:
            return self._reply(refused.code, refused.read(RESPONSE_MAX + 1))
        except (urllib.error.URLError, TimeoutError, ConnectionError) as trouble:
            raise NoBank(f"{self.address}{path} does not answer: {trouble}") from None

    @staticmethod
    def _reply(status: int, data: bytes) -> Reply:
        try:
            return Reply(status, json.loads(data), len(data))
        except ValueError:
            return Reply(status, None, len(data))

    def post(self, path: str, *envelopes: Any) -> Reply:
        return self.raw(f"/interbank/v1/{path}", json.dumps({"envelopes": list(envelopes)}).encode())

    def envelope(self, body: Body, *, key_id: str = "", purpose: str = "", private: Any = None) -> Body:
        value = base64.b64encode((private or self.private).sign(signed_bytes(body, purpose))).decode()
        return {
            "body": body,
            "signature": {"algorithm": "ed25519", "key_id": key_id or self.key_id, "value": value},
        }

    # What is said.

    def message(self, **more: Any) -> Body:
        """The next transfer of the stream; `commit` makes it so."""
        body: Body = {
            "version": 1,
            "type": "transfer",
            "from": self.me,
            "to": self.bank,
            "sequence": self.sequence,
            "previous": self.previous,
            "sent_at": moment(),
            "expires_at": moment(3_600),
            "key": "t" + secrets.token_hex(15),
            "person": self.person,
            "minutes": 5,
            "kind": self.config.get("kind", "verified"),
            "worked_on": day(-1),
            "category": "0099",
            "activity": 'Conformance 一致性测试 "quoted" \\ / \u2028 😀',
            "evidence": secrets.token_hex(32),
        }
        return {**body, **more}

    def request(self, **more: Any) -> Body:
        drop = ("worked_on", "category", "activity", "evidence")
        body = {name: value for name, value in self.message(type="request").items() if name not in drop}
        return {**body, **more}

    def commit(self, body: Body) -> Body:
        self.sequence, self.previous = body["sequence"] + 1, digest(body)
        return body

    def query(self, kind: str = "state", **more: Any) -> Body:
        body: Body = {"version": 1, "type": kind, "from": self.me, "to": self.bank, "asked_at": moment()}
        own: dict[str, Body] = {
            "state": {"message_type": "transfer", "key": "t" + secrets.token_hex(15), "message": secrets.token_hex(32),
                      "close": False},
            "missing": {"from_sequence": 1, "to_sequence": 100},
            "entries": {"from_day": day(-1), "to_day": day(1), "after": ""},
        }  # fmt: skip
        return {**body, **own[kind], **more}

    def about(self, message: Body, **more: Any) -> Body:
        return self.query(message_type=message["type"], key=message["key"], message=digest(message), **more)

    # What is understood.

    def verify(self, envelope: Body) -> None:
        """InvalidSignature where the bank's signature does not fit what stands in the envelope."""
        self.public.verify(base64.b64decode(envelope["signature"]["value"]), signed_bytes(envelope["body"]))

    def answer(self, item: Any, about: Body, kind: str = "answer") -> Body:
        """The signed body of one item, checked as any sender has to check it."""
        if not isinstance(item, dict) or set(item) != {"body", "signature"}:
            raise Wrong(f"an answer in an envelope is missing: {json.dumps(item, ensure_ascii=False)[:200]}")
        body, signature = item["body"], item["signature"]
        try:
            self.public.verify(base64.b64decode(signature["value"], validate=True), signed_bytes(body, "answer"))
        except (InvalidSignature, KeyError, ValueError, TypeError):
            raise Wrong("the answer is not signed by the bank's key, or not for the context “answer”") from None
        expected = {"version": 1, "type": kind, "from": self.bank, "to": self.me, "about": digest(about)}
        for name, value in expected.items():
            if body.get(name) != value:
                raise Wrong(f"the answer's “{name}” is {body.get(name)!r} and has to be {value!r}")
        return dict(body)

    def told(self, path: str, body: Body, reply: Reply | None = None, place: int = 0) -> Body:
        """The answer to one message or query `state`, its fields checked against each other."""
        reply = reply or self.post(path, self.envelope(body))
        if place >= len(reply.items):
            raise Wrong(f"status {reply.status}, code “{reply.code()}” in the place of an answer")
        found = self.answer(reply.items[place], body)
        if set(found) != ANSWER_FIELDS:
            raise Wrong(f"the answer has other fields: {sorted(set(found) ^ ANSWER_FIELDS)}")
        of = (body["message_type"], body["message"]) if body["type"] == "state" else (body["type"], digest(body))
        if (found["message_type"], found["message"], found["key"]) != (*of, body["key"]):
            raise Wrong("the answer is about another message")
        if (found["state"] == "refused") != bool(found["code"]):
            raise Wrong("a refusal has a code, and nothing else has one")
        if (found["state"] in ("applied", "refused")) != bool(found["decided_at"]):
            raise Wrong("what is final says since when, and nothing else does")
        return found

    def expect(self, found: Body, **wanted: Any) -> Body:
        for name, value in wanted.items():
            if found[name] != value:
                raise Wrong(f"“{name}” is {found[name]!r} and has to be {value!r}")
        return found

    def take(self, body: Body, **wanted: Any) -> Body:
        """Send the next message of the stream, which has to be taken."""
        found = self.told("messages", body)
        self.commit(body)
        return self.expect(found, next_sequence=self.sequence, **wanted)

    def fill_gap(self, early: Body, late: Body) -> None:
        """Send what was missing before `late`; the bank goes on with what waits, before it answers or right after."""
        found = self.told("messages", early)
        self.commit(late)
        self.expect(found, state="applied")
        if found["next_sequence"] not in (late["sequence"], late["sequence"] + 1):
            raise Wrong(f"“next_sequence” is {found['next_sequence']} after message {early['sequence']} was taken")
        for _ in range(WAITS_MAX):
            if self.told("state", self.about(late))["state"] in ("applied", "refused"):
                return
            time.sleep(WAIT_SECONDS)
        raise Wrong("what waited behind the gap is not taken when the gap is filled")

    def refused(self, reply: Reply, *codes: str, place: int = 0) -> None:
        if reply.code(place) not in codes:
            raise Wrong(f"status {reply.status}, code “{reply.code(place)}”, expected: {' or '.join(codes)}")
        if reply.status >= 500 and codes[0] not in ("paused", "disputed"):
            raise Wrong(f"status {reply.status}: the bank broke")
