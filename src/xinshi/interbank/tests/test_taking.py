"""What this house does with messages and queries of another bank, through the interface that banks call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from xinshi.bank.models import Deposit
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.moving.models import IncomingMessage, Outcome, OutgoingMessage, Stream, Transfer
from xinshi.interbank.moving.sending import attempt, send_due
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, MessageType, moment_text
from xinshi.interbank.protocol.signing import envelope
from xinshi.interbank.protocol.vectors import private_key_of
from xinshi.interbank.tests.conftest import Cast, certified, earn, standing
from xinshi.interbank.tests.stranger import Stranger
from xinshi.kernel import clock
from xinshi.ledger.queries import system_totals
from xinshi.messages.models import Message


def clearing() -> int:
    """Minutes on the stranger's clearing account."""
    return sum(row.minutes for row in system_totals() if row.owner_ref == "partner:east")


def test_hours_arrive_once_however_often_they_are_sent(cast: Cast, stranger: Stranger) -> None:
    message = stranger.message(stranger.token(cast.li.person_id), 90)
    first = stranger.say(message)
    assert (first.state, first.code, first.minutes, first.next_sequence) == (AnswerState.APPLIED, "", 90, 2)
    with time_machine.travel(NOW + timedelta(days=3)):
        again = stranger.say(message)
    assert replace(again, about=first.about) == first
    deposit = Deposit.objects.get()
    assert (deposit.source_ref, deposit.partner, deposit.raw_minutes, deposit.credited_minutes) == (
        f"interbank:{message.key}",
        "east",
        90,
        90,
    )
    assert (deposit.organizer, deposit.title) == ("城东时间银行", "门诊导医")
    assert (standing(cast.li.person_id).posted, certified(cast.li.person_id), clearing()) == (90, 90, -90)
    found = Transfer.objects.get()
    assert (found.state, found.is_asked_here, found.person_id) == ("applied", False, cast.li.person_id)


def test_the_contracts_coefficient_changes_what_can_be_spent_and_nothing_else(cast: Cast, stranger: Stranger) -> None:
    PartnerContract.objects.update(coefficient_percent=50)
    assert stranger.say(stranger.message(stranger.token(cast.li.person_id), 61)).state is AnswerState.APPLIED
    assert (standing(cast.li.person_id).posted, certified(cast.li.person_id), clearing()) == (30, 61, -30)
    assert Deposit.objects.get().why == "coefficient=50"


def test_messages_out_of_their_turn_wait_and_the_gap_is_asked_for(cast: Cast, stranger: Stranger) -> None:
    one, two, three = (stranger.message(stranger.token(cast.li.person_id), 10 * n) for n in (1, 2, 3))
    assert [stranger.say(three).state, stranger.say(two).state] == [AnswerState.WAITING] * 2
    assert (stranger.say(two).next_sequence, standing(cast.li.person_id).posted) == (1, 0)
    answer = stranger.say(one)
    assert (answer.state, answer.next_sequence) == (AnswerState.APPLIED, 4)
    assert stranger.ask(stranger.query(three)).state is AnswerState.APPLIED
    assert (standing(cast.li.person_id).posted, Stream.objects.get().in_next) == (60, 4)


def test_this_house_asks_for_the_messages_that_it_misses(
    cast: Cast, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xinshi.doors.outgoing import Answer
    from xinshi.interbank.moving import sending

    one, two = (stranger.message(stranger.token(cast.li.person_id), 10 * n) for n in (1, 2))
    stranger.say(two)
    asked: list[dict[str, Any]] = []

    def serve(url: str, *, body: bytes, **_: Any) -> Answer:
        import json

        asked.append({"url": url, "body": json.loads(body)["envelopes"][0]["body"]})
        return Answer(200, {}, json.dumps({"envelopes": [stranger.seal(one)]}).encode())

    monkeypatch.setattr(sending, "send", serve)
    assert send_due() == 1
    assert asked[0]["url"] == "https://east.example/interbank/v1/missing"
    assert (asked[0]["body"]["from_sequence"], asked[0]["body"]["to_sequence"]) == (1, 1)
    assert (standing(cast.li.person_id).posted, Stream.objects.get().in_next) == (30, 3)


@pytest.mark.parametrize("how", ["rewritten", "other previous", "rewritten while waiting"])
def test_a_broken_chain_stops_the_partner_loudly(cast: Cast, stranger: Stranger, how: str) -> None:
    token = stranger.token(cast.li.person_id)
    one, two = stranger.message(token, 10), stranger.message(token, 20)
    if how == "rewritten":
        stranger.say(one)
        broken = replace(one, minutes=11)
    elif how == "other previous":
        stranger.say(one)
        broken = replace(two, previous="1" * 64)
    else:
        stranger.say(two)
        broken = replace(two, minutes=21)
    before = (standing(cast.li.person_id).posted, IncomingMessage.objects.count())
    status, content = stranger.post("messages", broken)
    assert (status, content["error"]["code"]) == (409, "chain_broken")
    assert Partner.objects.get(code="east").state == Partner.State.DISPUTED
    assert Message.objects.filter(recipient_ref=f"person:{cast.administrator.person_id}").count() == 1
    assert (standing(cast.li.person_id).posted, IncomingMessage.objects.count()) == before
    status, content = stranger.post("messages", stranger.message(token, 30))
    assert (status, content["error"]["code"]) == (503, "disputed")
    assert stranger.ask(stranger.query(one)).state is (AnswerState.ABSENT if "waiting" in how else AnswerState.APPLIED)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("expired", {"expires_at": moment_text(NOW), "sent_at": moment_text(NOW - timedelta(minutes=5))}),
        ("no_consent", {"person": "f" * 64}),
        ("kind_not_agreed", {"kind": "honorary"}),
        ("limit_exceeded", {"minutes": 601}),
        ("implausible", {"worked_on": "2026-11-22"}),
    ],
)
def test_says_why_it_refuses_and_books_nothing(
    cast: Cast, stranger: Stranger, code: str, change: dict[str, Any]
) -> None:
    Partner.objects.filter(code="east").update(in_minutes_max=600)
    message = stranger.message(**({"person": stranger.token(cast.li.person_id)} | change))
    answer = stranger.say(message)
    assert (answer.state, answer.code) == (AnswerState.REFUSED, code)
    assert (Deposit.objects.count(), Transfer.objects.count(), Stream.objects.get().in_next) == (0, 0, 2)
    assert stranger.say(stranger.message(stranger.token(cast.li.person_id), 600)).state is AnswerState.APPLIED


def test_refuses_a_used_key_who_has_not_agreed_and_what_no_contract_allows(cast: Cast, stranger: Stranger) -> None:
    token = stranger.token(cast.li.person_id)
    one = stranger.message(token, 10)
    stranger.say(one)
    assert stranger.say(stranger.message(token, 11, key=one.key)).code == "key_reused"
    assert stranger.say(stranger.message(stranger.token(cast.wang.person_id), 12)).code == "no_consent"
    PartnerContract.objects.update(may_come_in=False)
    assert stranger.say(stranger.message(token, 13)).code == "not_agreed"
    PartnerContract.objects.update(may_come_in=True, person_month_minutes_max=15)
    assert stranger.say(stranger.message(token, 6)).code == "limit_exceeded"
    assert stranger.say(stranger.message(token, 5)).state is AnswerState.APPLIED
    assert standing(cast.li.person_id).posted == 15


def test_what_was_closed_is_never_applied(cast: Cast, stranger: Stranger) -> None:
    token = stranger.token(cast.li.person_id)
    lost, waiting = stranger.message(token, 10), stranger.message(token, 20)
    assert stranger.ask(stranger.query(lost)).state is AnswerState.ABSENT
    assert stranger.say(waiting).state is AnswerState.WAITING
    closed = stranger.ask(stranger.query(lost, close=True))
    assert (closed.state, closed.code, closed.minutes) == (AnswerState.REFUSED, "closed", 0)
    assert stranger.ask(stranger.query(waiting, close=True)).minutes == 20
    late = stranger.say(lost)
    assert (late.state, late.code, late.decided_at) == (AnswerState.REFUSED, "closed", closed.decided_at)
    assert (standing(cast.li.person_id).posted, Stream.objects.get().in_next) == (0, 3)
    done = stranger.message(token, 30)
    stranger.say(done)
    assert stranger.ask(stranger.query(done, close=True)).state is AnswerState.APPLIED


def test_grants_a_request_by_holding_and_sending(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    request = stranger.message(stranger.token(cast.li.person_id), 60, type=MessageType.REQUEST)
    assert stranger.say(request).state is AnswerState.APPLIED
    assert (standing(cast.li.person_id).posted, standing(cast.li.person_id).held) == (100, 60)
    sent = OutgoingMessage.objects.get()
    assert (sent.key, sent.type, sent.minutes) == (request.key, "transfer", 60)
    stranger.always(AnswerState.APPLIED)
    send_due()
    told = stranger.heard[-1]
    assert isinstance(told, bodies.Message)
    assert (told.person, told.worked_on, told.category, told.activity) == (
        request.person,
        "2026-11-10",
        "0004",
        "门诊导医",
    )
    assert (standing(cast.li.person_id).posted, standing(cast.li.person_id).held, clearing()) == (40, 0, 60)
    short = stranger.message(stranger.token(cast.li.person_id), 41, type=MessageType.REQUEST)
    assert stranger.say(short).code == "insufficient_minutes"


def test_hours_of_partners_are_never_sent_on(cast: Cast, stranger: Stranger) -> None:
    """However they are mixed with own hours: no more can leave than was earned here."""
    token = stranger.token(cast.li.person_id)
    earn(cast.li.person_id, 60, source="line:1", partner="zhiyuanhui")
    earn(cast.li.person_id, 60, source="first:1")
    stranger.say(stranger.message(token, 100))
    stranger.always(AnswerState.APPLIED)
    assert stranger.say(stranger.message(token, 60, type=MessageType.REQUEST)).state is AnswerState.APPLIED
    send_due()
    assert standing(cast.li.person_id).posted == 160
    assert stranger.say(stranger.message(token, 1, type=MessageType.REQUEST)).code == "insufficient_minutes"


def test_errors_are_those_of_the_protocol(cast: Cast, stranger: Stranger) -> None:
    message = stranger.message(stranger.token(cast.li.person_id))
    foreign = envelope(message, key_id="2026-11", private_key=private_key_of("bank-a"))
    changed = stranger.seal(message)
    changed["body"] = changed["body"] | {"minutes": 61}
    unknown = stranger.seal(message)
    unknown["signature"] = unknown["signature"] | {"key_id": "other"}
    newer = stranger.seal(message)
    newer["body"] = newer["body"] | {"version": 2}
    expected = [
        (foreign, 401, "bad_signature"),
        (changed, 401, "bad_signature"),
        (unknown, 401, "unknown_key"),
        (newer, 400, "unsupported_version"),
        (stranger.seal(replace(message, receiver="elsewhere")), 403, "unknown_partner"),
        (stranger.seal(replace(message, sender="nobody")), 403, "unknown_partner"),
        (stranger.seal(replace(message, sequence=1_001)), 409, "too_far_ahead"),
        ({"body": {}}, 400, "malformed"),
    ]
    for found, status, code in expected:
        got = stranger.post("messages", found)
        assert (got[0], got[1]["error"]["code"]) == (status, code)
    stale = stranger.query(message, close=True, asked_at=moment_text(NOW - timedelta(seconds=301)))
    assert stranger.post("state", stale)[1]["error"]["code"] == "stale"
    assert stranger.post("state", message)[1]["error"]["code"] == "malformed"
    Partner.objects.filter(code="east").update(state="paused", state_reason="x")
    assert stranger.post("messages", message)[1]["error"]["code"] == "paused"
    assert (IncomingMessage.objects.count(), Outcome.objects.count(), Deposit.objects.count()) == (0, 0, 0)
    client = Client()
    assert client.get("/interbank/v1/messages").status_code == 405
    for sent, status in (("{", 400), ("[]", 400), ('{"envelopes":[]}', 400), ("x" * 262_145, 413)):
        assert client.post("/interbank/v1/messages", sent, content_type="application/json").status_code == status


def test_one_bad_envelope_does_not_undo_the_others(cast: Cast, stranger: Stranger) -> None:
    one, two = (stranger.message(stranger.token(cast.li.person_id), n) for n in (10, 20))
    broken = stranger.seal(two)
    broken["signature"] = broken["signature"] | {"key_id": "other"}
    status, content = stranger.post("messages", one, broken)
    assert status == 200
    assert [item.get("error", {}).get("code", "") for item in content["envelopes"]] == ["", "unknown_key"]
    assert standing(cast.li.person_id).posted == 10


def test_lists_a_period_and_sends_again_what_was_sent(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    token = stranger.token(cast.li.person_id)
    for found in (stranger.message(token, 7), stranger.message(token, 60, type=MessageType.REQUEST)):
        stranger.say(found)
    query = bodies.EntriesQuery(
        sender="east",
        receiver="demo-central",
        asked_at=moment_text(clock.now()),
        from_day="2026-11-20",
        to_day="2026-11-20",
    )
    _, content = stranger.post("entries", query)
    listing = bodies.read_as(bodies.Listing, content["envelopes"][0]["body"])
    assert [(one.direction, one.sequence, one.type.value, one.minutes, one.state) for one in listing.entries] == [
        ("sent", 1, "transfer", 60, "open"),
        ("received", 1, "transfer", 7, "applied"),
        ("received", 2, "request", 60, "applied"),
    ]
    later = replace(query, after="received:1")
    _, content = stranger.post("entries", later)
    assert [one["sequence"] for one in content["envelopes"][0]["body"]["entries"]] == [2]
    missing = bodies.MissingQuery(
        sender="east", receiver="demo-central", asked_at=moment_text(clock.now()), from_sequence=1, to_sequence=100
    )
    _, content = stranger.post("missing", missing)
    assert content["envelopes"] == [], "what never left cannot be missed: it would be applied there and unsent here"
    attempt(Stream.objects.get().partner_id)
    _, content = stranger.post("missing", replace(missing, asked_at=moment_text(clock.now())))
    assert [one["body"]["sequence"] for one in content["envelopes"]] == [1]


def test_tokens_are_those_of_the_protocols_examples(cast: Cast, stranger: Stranger) -> None:
    from xinshi.interbank.identity.domain import document_text, token
    from xinshi.interbank.protocol.people import person_token

    assert token("A" * 52, document_text("01", "11010519491231002x")) == person_token(
        bytes(32), document_type="01", document_number="11010519491231002x"
    )
