"""`python -m xinshi.interbank.protocol.vectors > docs/protocol/vectors.json`: worked examples of the protocol.

The keys in it are made from the words beside them; nobody uses them.
"""

from __future__ import annotations

import base64
import hashlib
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


def as_text() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text())
