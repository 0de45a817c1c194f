"""The protocol's spelling, fields, signatures and chain, and that its worked examples are those of the code."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.interbank.identity import domain as identity
from xinshi.interbank.protocol import vectors
from xinshi.interbank.protocol.bodies import Message, UnsupportedVersion, read, read_as
from xinshi.interbank.protocol.canonical import Malformed, canonical, digest, parsed
from xinshi.interbank.protocol.chain import WINDOW, Head, Place, place
from xinshi.interbank.protocol.signing import (
    SMALL_ORDER,
    BadSignature,
    envelope,
    opened,
    public_key_from,
    require_signed,
)
from xinshi.interbank.protocol.states import (
    AskerState,
    Circumstances,
    Effect,
    Event,
    PayerState,
    Refusal,
    asker_step,
    pause_seconds,
    payer_step,
    refusal,
)
from xinshi.interbank.statements import figures

pytestmark = pytest.mark.any_database
VECTORS = Path(__file__).parents[4] / "docs" / "protocol" / "vectors.json"
BODIES = vectors.bodies()
TRANSFER = BODIES["transfer"]
GRANTED = BODIES["granted transfer"]
NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def test_the_worked_examples_are_what_the_code_makes() -> None:
    assert VECTORS.read_text() == vectors.as_text(), "renew: python -m xinshi.interbank.protocol.vectors"


@given(st.dictionaries(NAMES, VALUES, max_size=4).filter(lambda one: _depth(one) <= 6))
def test_canonical_bytes_mean_the_same_and_are_a_fixed_point(value: dict[str, Any]) -> None:
    spelled = canonical(value)
    assert parsed(spelled) == value
    assert canonical(parsed(spelled)) == spelled
    assert canonical(parsed(json.dumps(value, indent=3).encode())) == spelled


def test_documents_shared_key_and_statement_are_as_the_protocol_shows_them() -> None:
    shown = json.loads(VECTORS.read_text())
    key = shown["shared_key"]
    assert identity.typed_secret(key["written"]) == key["written"]
    assert identity.check_code(key["written"]) == key["check_code"]
    for one in shown["documents"]:
        assert identity.document_text(one["document_type"], one["document_number"]) == one["hashed"]
        assert identity.token(key["written"], one["hashed"]) == one["token"]
    statement = figures.opened(json.dumps(shown["statement"]["file"]).encode())
    assert statement.is_signed_by(vectors.private_key_of("bank-a").public_key().public_bytes_raw())
    assert statement.adds_up


@pytest.mark.parametrize("text", vectors.MALFORMED)
def test_refuses_what_has_no_canonical_form(text: str) -> None:
    with pytest.raises(Malformed):
        canonical(parsed(text.encode()))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_survives_its_envelope_and_every_bit_of_it_is_signed(name: str) -> None:
    body = BODIES[name]
    private = vectors.private_key_of(body.sender)
    sent = json.dumps(envelope(body, key_id="2026-11", private_key=private)).encode()
    raw, key_id, signature = opened(parsed(sent))
    public = private.public_key().public_bytes_raw()
    assert (read(raw), key_id) == (body, "2026-11")
    require_signed(read(raw), signature, public)
    with pytest.raises(BadSignature):
        require_signed(replace(body, receiver="bank-c"), signature, public)
    with pytest.raises(BadSignature):
        require_signed(body, signature, vectors.private_key_of("bank-c").public_key().public_bytes_raw())


@pytest.mark.parametrize(
    "change",
    [
        {"minutes": 0},
        {"minutes": 525_601},
        {"minutes": True},
        {"minutes": "150"},
        {"key": "T00112233445566778899aabbccddeeff"},
        {"key": "short"},
        {"person": "a" * 63},
        {"kind": "paid"},
        {"category": "４００４"},
        {"activity": ""},
        {"activity": "a\x00"},
        {"sequence": 0},
        {"sent_at": "2026-11-24T01:02:03+08:00"},
        {"sent_at": "2026-02-30T01:02:03Z"},
        {"expires_at": "2026-11-24T01:02:03Z"},
        {"expires_at": "2027-11-24T01:02:03Z"},
        {"worked_on": "2026-1-1"},
        {"to": "bank-a"},
        {"from": "Bank-A"},
        {"extra": ""},
        {"type": "state"},
        {"version": True},
    ],
)
def test_refuses_a_field_that_is_not_of_its_form(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(TRANSFER.body() | change)


def test_refuses_missing_fields_other_versions_and_bodies_out_of_place() -> None:
    for name in TRANSFER.body():
        with pytest.raises(Malformed):
            read({key: value for key, value in TRANSFER.body().items() if key != name})
    with pytest.raises(UnsupportedVersion):
        read(TRANSFER.body() | {"version": 2})
    with pytest.raises(Malformed):
        read_as(Message, BODIES["query state"].body())
    with pytest.raises(Malformed):
        read(BODIES["request"].body() | {"worked_on": "2026-11-23"})


def test_refuses_keys_by_which_a_signature_fits_many_bodies() -> None:
    for raw in [*SMALL_ORDER, b"", b"\x01" * 31]:
        with pytest.raises(Malformed):
            public_key_from(raw)
    for broken in ("*" * 88, base64.b64encode(b"x" * 10).decode()):
        with pytest.raises(Malformed):
            opened({"body": {}, "signature": {"algorithm": "ed25519", "key_id": "1", "value": broken}})


def test_the_chain_takes_repeats_waits_and_breaks() -> None:
    start = Head()
    assert place(start, TRANSFER, recorded_hash="") is Place.TAKE
    after = start.after(TRANSFER.hash)
    assert place(after, TRANSFER, recorded_hash=TRANSFER.hash) is Place.REPEAT
    assert place(after, replace(TRANSFER, minutes=9), recorded_hash=TRANSFER.hash) is Place.BROKEN
    assert place(start, GRANTED, recorded_hash="") is Place.WAIT
    assert place(start, replace(GRANTED, minutes=9), recorded_hash=GRANTED.hash) is Place.BROKEN
    assert place(after, GRANTED, recorded_hash="") is Place.TAKE
    assert place(after, replace(GRANTED, previous="1" * 64), recorded_hash="") is Place.BROKEN
    assert place(start, replace(TRANSFER, sequence=WINDOW), recorded_hash="") is Place.WAIT
    assert place(start, replace(TRANSFER, sequence=WINDOW + 1), recorded_hash="") is Place.TOO_FAR


def test_nothing_but_a_final_answer_or_people_gives_minutes_back() -> None:
    giving_back = {
        (state, event)
        for state in PayerState
        for event in Event
        if not _is_impossible(state, event) and payer_step(state, event)[1] is Effect.RELEASE
    }
    assert giving_back == {
        (PayerState.HELD, Event.REFUSED),
        (PayerState.SENT, Event.REFUSED),
        (PayerState.UNKNOWN, Event.REFUSED),
        (PayerState.UNKNOWN, Event.DECIDED_REFUSED),
    }


def _is_impossible(state: PayerState, event: Event) -> bool:
    unasked = {Event.UNANSWERED, Event.WAITING, Event.ABSENT}
    by_people = {Event.DECIDED_APPLIED, Event.DECIDED_REFUSED}
    return (state is PayerState.HELD and event in unasked) or (
        event in by_people and state in (PayerState.HELD, PayerState.SENT)
    )


def test_a_final_answer_is_kept_and_its_opposite_is_an_alarm() -> None:
    assert payer_step(PayerState.CONFIRMED, Event.APPLIED) == (PayerState.CONFIRMED, Effect.NONE)
    assert payer_step(PayerState.CONFIRMED, Event.REFUSED) == (PayerState.CONFIRMED, Effect.ALARM)
    assert payer_step(PayerState.REJECTED, Event.APPLIED) == (PayerState.REJECTED, Effect.ALARM)
    assert asker_step(AskerState.APPLIED, Event.APPLIED) == (AskerState.APPLIED, Effect.NONE)
    assert asker_step(AskerState.GRANTED, Event.REFUSED) == (AskerState.GRANTED, Effect.ALARM)
    assert asker_step(AskerState.DECLINED, Event.APPLIED) == (AskerState.DECLINED, Effect.ALARM)


def test_the_first_reason_against_a_message_is_given() -> None:
    fine = Circumstances(
        is_key_used=False,
        people=1,
        has_passbook=True,
        is_agreed=True,
        is_kind_agreed=True,
        is_within_limits=True,
        available_minutes=None,
        matches_request=True,
    )
    early, late = TRANSFER.sent_at, TRANSFER.expires_at
    assert refusal(TRANSFER, fine, now=early) is None
    assert refusal(TRANSFER, replace(fine, people=0), now=late) is Refusal.EXPIRED
    assert refusal(TRANSFER, replace(fine, people=0, is_agreed=False), now=early) is Refusal.NO_CONSENT
    assert refusal(TRANSFER, replace(fine, available_minutes=149), now=early) is Refusal.INSUFFICIENT_MINUTES
    assert refusal(TRANSFER, replace(fine, available_minutes=150), now=early) is None
    assert refusal(replace(TRANSFER, worked_on="2026-11-26"), fine, now=early) is Refusal.IMPLAUSIBLE


def test_pauses_grow_to_a_bound() -> None:
    assert [pause_seconds(tries, chance=0) for tries in (1, 2, 3, 11, 10_000)] == [1, 2, 4, 900, 900]
    assert pause_seconds(1, chance=1) == 1.5


def test_hashes_are_over_the_whole_body() -> None:
    assert digest(TRANSFER.body()) == TRANSFER.hash != replace(TRANSFER, minutes=151).hash
