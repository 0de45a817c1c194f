"""`python -m xinshi.interbank.protocol.vectors > docs/protocol/vectors.json`: worked examples of the protocol.

The keys in it are made from the words beside them; nobody uses them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinshi.interbank.protocol.bodies import (
    FIRST_PREVIOUS,
    Answer,
    AnswerState,
    Body,
    EntriesQuery,
    Entry,
    Listing,
    Message,
    MessageType,
    MissingQuery,
    StateQuery,
)
from xinshi.interbank.protocol.canonical import canonical, digest
from xinshi.interbank.protocol.people import person_token
from xinshi.interbank.protocol.signing import envelope, signed_bytes

BANKS: Final = ("bank-a", "bank-b")
KEY_ID: Final = "2026-11"
TRANSFER_KEY: Final = "t00112233445566778899aabbccddeeff"
REQUEST_KEY: Final = "tffeeddccbbaa99887766554433221100"
PAIR_KEY: Final = hashlib.sha256(b"pair key of bank-a and bank-b").digest()
CANONICAL: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"b": 1, "a": [True, False, "", {}], "a_1": -5},
    {"text": '引导 "患者" \\ / \x7f \u2028 😀', "control": "\b\t\n\f\r\x01\x1f"},
    {"largest": 2**53 - 1, "smallest": -(2**53) + 1, "zero": 0},
)
DOCUMENTS: Final = (
    ("01", "11010519491231002x", "01:11010519491231002X"),
    ("99", " 110105 19491231-002Ｘ", "01:11010519491231002X"),
    ("01", "110105194912310021", "01:110105194912310021"),
    ("05", "e 9900-0001", "05:E99000001"),
    ("06", "南字第①23号", "06:南字第123号"),
    ("", "ß-7", "99:SS7"),
)
"""Type as recorded, number as recorded, and what is hashed."""
STATEMENT: Final[dict[str, Any]] = {
    "format": "xinshi-interbank-statement/1",
    "from": "bank-a",
    "to": "bank-b",
    "month": "2026-10",
    "opening_minutes": -60,
    "in_minutes": 300,
    "in_count": 2,
    "out_minutes": 90,
    "out_count": 1,
    "correction_minutes": -30,
    "correction_count": 1,
    "closing_minutes": 120,
    "kinds": [
        {"kind": "honorary", "in_minutes": 120, "in_count": 1, "out_minutes": 0, "out_count": 0},
        {"kind": "verified", "in_minutes": 180, "in_count": 1, "out_minutes": 90, "out_count": 1},
    ],
    "seal_n": 31,
    "seal_hash": hashlib.sha256(b"newest seal of the book").hexdigest(),
    "issued_at": "2026-11-01T02:00:00Z",
}
MALFORMED: Final = (
    '{"a":1,"a":1}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a":-0}',
    '{"a":null}',
    '{"A":1}',
    '{"a":"\\ud800"}',
    '{"a":9007199254740992}',
    '{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}',
    "[]",
    "{",
)


def private_key_of(bank: str) -> Ed25519PrivateKey:
    """A key for examples and tests: everybody can make it."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"example key of {bank}".encode()).digest())


def bodies() -> dict[str, Body]:
    """One of each kind, the messages of a chain among them."""
    person = person_token(PAIR_KEY, document_type="01", document_number="11010519491231002X")
    transfer = Message(
        type=MessageType.TRANSFER,
        sender="bank-a",
        receiver="bank-b",
        sequence=1,
        previous=FIRST_PREVIOUS,
        sent_at="2026-11-24T01:02:03Z",
        expires_at="2026-11-25T01:02:03Z",
        key=TRANSFER_KEY,
        person=person,
        minutes=150,
        kind="verified",
        worked_on="2026-11-23",
        category="0004",
        activity="门诊导医",
        evidence=hashlib.sha256(b"lines of the book").hexdigest(),
    )
    granted = replace(transfer, sequence=2, previous=transfer.hash, key=REQUEST_KEY, minutes=45, activity="Guiding")
    request = Message(
        type=MessageType.REQUEST,
        sender="bank-b",
        receiver="bank-a",
        sequence=1,
        previous=FIRST_PREVIOUS,
        sent_at="2026-11-24T02:00:00Z",
        expires_at="2026-11-24T03:00:00Z",
        key=REQUEST_KEY,
        person=person,
        minutes=45,
        kind="verified",
    )
    query = StateQuery(
        sender="bank-a",
        receiver="bank-b",
        asked_at="2026-11-25T02:00:00Z",
        message_type=MessageType.TRANSFER,
        key=granted.key,
        message=granted.hash,
        close=True,
    )
    entries = EntriesQuery(
        sender="bank-a", receiver="bank-b", asked_at="2026-11-25T02:00:00Z", from_day="2026-11-24", to_day="2026-11-24"
    )
    return {
        "transfer": transfer,
        "granted transfer": granted,
        "request": request,
        "query state": query,
        "query missing": MissingQuery(
            sender="bank-b", receiver="bank-a", asked_at="2026-11-24T04:00:00Z", from_sequence=1, to_sequence=2
        ),
        "query entries": entries,
        **_answers(transfer, query, entries),
    }


def _answers(transfer: Message, query: StateQuery, entries: EntriesQuery) -> dict[str, Body]:
    applied = Answer(
        sender="bank-b",
        receiver="bank-a",
        about=transfer.hash,
        message_type=MessageType.TRANSFER,
        key=transfer.key,
        message=transfer.hash,
        state=AnswerState.APPLIED,
        code="",
        minutes=transfer.minutes,
        decided_at="2026-11-24T01:02:05Z",
        next_sequence=2,
    )
    closed = replace(
        applied,
        about=digest(query.body()),
        key=query.key,
        message=query.message,
        state=AnswerState.REFUSED,
        code="closed",
        minutes=0,
        decided_at="2026-11-25T02:00:01Z",
    )
    line = Entry(
        direction="received",
        sequence=1,
        type=MessageType.TRANSFER,
        key=transfer.key,
        message=transfer.hash,
        minutes=transfer.minutes,
        kind=transfer.kind,
        sent_at=transfer.sent_at,
        state="applied",
    )
    listing = Listing(
        sender="bank-b",
        receiver="bank-a",
        about=digest(entries.body()),
        from_day=entries.from_day,
        to_day=entries.to_day,
        drawn_at="2026-11-25T02:00:01Z",
        entries=(line,),
        next="",
    )
    return {"answer applied": applied, "answer closed": closed, "listing": listing}


def vectors() -> dict[str, Any]:
    """Everything, as it stands in docs/protocol/vectors.json."""
    return {
        "protocol": "xinshi-interbank/1",
        "canonical": [
            {"value": value, "bytes_hex": canonical(value).hex(), "sha256": digest(value)} for value in CANONICAL
        ],
        "malformed": list(MALFORMED),
        "keys": {
            bank: {
                "key_id": KEY_ID,
                "private_key_hex": private_key_of(bank).private_bytes_raw().hex(),
                "public_key": base64.b64encode(private_key_of(bank).public_key().public_bytes_raw()).decode(),
            }
            for bank in BANKS
        },
        "person": {
            "pair_key_hex": PAIR_KEY.hex(),
            "document_type": "01",
            "document_number": "11010519491231002x",
            "token": person_token(PAIR_KEY, document_type="01", document_number="11010519491231002x"),
        },
        "shared_key": {
            "pair_key_hex": PAIR_KEY.hex(),
            "written": base64.b32encode(PAIR_KEY).decode().rstrip("="),
            "check_code": base64.b32encode(hmac.digest(PAIR_KEY, b"xinshi-shared-key-check-1", "sha256")).decode()[:6],
        },
        "documents": [
            {
                "document_type": recorded_type,
                "document_number": recorded_number,
                "hashed": hashed,
                "token": person_token(PAIR_KEY, document_type=hashed[:2], document_number=hashed[3:]),
            }
            for recorded_type, recorded_number, hashed in DOCUMENTS
        ],
        "statement": _statement(),
        "bodies": [
            {
                "name": name,
                "signed_bytes_hex": signed_bytes(body).hex(),
                "hash": digest(body.body()),
                "envelope": envelope(body, key_id=KEY_ID, private_key=private_key_of(body.sender)),
            }
            for name, body in bodies().items()
        ],
    }


def _statement() -> dict[str, Any]:
    private = private_key_of(STATEMENT["from"])
    signed = b"xinshi-interbank/1/statement\n" + canonical(STATEMENT)
    return {
        "signed_bytes_hex": signed.hex(),
        "file": {
            "statement": STATEMENT,
            "signature": {
                "algorithm": "ed25519",
                "key_id": KEY_ID,
                "public_key": base64.b64encode(private.public_key().public_bytes_raw()).decode(),
                "value": base64.b64encode(private.sign(signed)).decode(),
            },
        },
    }


def as_text() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text())
