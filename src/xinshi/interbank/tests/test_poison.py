"""No message stops a stream for ever, and no body of a stranger is an error of the server: each gets an answer."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.models import Deposit, Passbook
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.moving import endpoints
from xinshi.interbank.moving.domain import source_ref
from xinshi.interbank.moving.holdings import own_lots
from xinshi.interbank.moving.models import Outcome, Transfer
from xinshi.interbank.moving.writing import hold_and_send
from xinshi.interbank.protocol.bodies import AnswerState, EntriesQuery, MessageType, moment_text
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import SYSTEM, Stranger
from xinshi.kernel.codes import HoursKind

KEY = "t" + "1" * 20
LAST_DAY = {"sent_at": "9999-12-31T23:00:00Z", "expires_at": "9999-12-31T23:59:59Z", "worked_on": "9999-12-31"}


def west() -> Partner:
    """A third bank."""
    return Partner.objects.create(code="west", name="西桥时间银行", created_at=NOW)


def goes_on(cast: Cast, stranger: Stranger) -> bool:
    """Whether the next message of the stream is taken."""
    return stranger.say(stranger.message(stranger.token(cast.li.person_id), 7)).state is AnswerState.APPLIED


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        (LAST_DAY, "implausible"),
        (
            {"sent_at": "2099-01-01T00:00:00Z", "expires_at": "2099-01-02T00:00:00Z", "worked_on": "2099-01-01"},
            "implausible",
        ),
        (
            {"sent_at": moment_text(NOW + timedelta(days=1, seconds=1)), "expires_at": moment_text(NOW + timedelta(2))},
            "implausible",
        ),
        ({"sent_at": moment_text(NOW + timedelta(hours=23)), "expires_at": moment_text(NOW + timedelta(days=2))}, ""),
        ({"worked_on": "2026-11-25"}, "implausible"),
        ({"worked_on": "0001-01-01"}, ""),
        ({"activity": " "}, ""),
        ({"activity": "\n\x01\x7f\u202e\ufffe😀" * 20}, ""),
        ({"category": "0000"}, ""),
        ({"minutes": 525_600}, ""),
    ],
)
def test_a_message_at_the_edge_gets_a_final_answer_and_the_stream_goes_on(
    cast: Cast, stranger: Stranger, changes: dict[str, Any], ends: str
) -> None:
    answer = stranger.say(stranger.message(stranger.token(cast.li.person_id), **changes))
    assert (answer.state.value, answer.code) == ("refused" if ends else "applied", ends)
    assert Deposit.objects.count() == (0 if ends else 1)
    assert goes_on(cast, stranger)


def test_a_request_from_the_future_is_implausible_too(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    moments = {name: LAST_DAY[name] for name in ("sent_at", "expires_at")}
    asked = stranger.message(stranger.token(cast.li.person_id), type=MessageType.REQUEST, **moments)
    assert stranger.say(asked).code == "implausible"
    assert (Transfer.objects.count(), standing(cast.li.person_id).held) == (0, 0)


def test_one_minute_by_a_small_coefficient_is_nothing_that_can_be_spent(cast: Cast, stranger: Stranger) -> None:
    PartnerContract.objects.update(coefficient_percent=10)
    assert goes_on(cast, stranger)
    assert standing(cast.li.person_id).posted == 0


@pytest.mark.parametrize("minutes", [60, 61])
def test_a_key_that_stands_in_the_book_for_another_bank_is_refused(
    cast: Cast, stranger: Stranger, minutes: int
) -> None:
    """It was an error, and came again at every try: the stream stood still."""
    done = deposit_many(
        actor=SYSTEM,
        partner="west",
        deposits=[
            NewDeposit(
                person_id=cast.li.person_id,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="西桥时间银行",
                raw_minutes=60,
                worked_on=date(2026, 11, 19),
                source_ref=source_ref(KEY),
            )
        ],
    )[0]
    common = {"partner": west(), "key": KEY, "minutes": 60}
    Outcome.objects.create(**common, type="transfer", message_hash="a" * 64, state="applied", decided_at=NOW)
    Transfer.objects.create(
        **common,
        person_id=cast.li.person_id,
        direction="in",
        is_asked_here=False,
        kind="verified",
        worked_on=date(2026, 11, 19),
        state="applied",
        deposit_id=done.deposit_id,
        expires_at=NOW,
        begun_at=NOW,
        begun_by_ref="system:tests",
        ended_at=NOW,
    )
    message = stranger.message(stranger.token(cast.li.person_id), minutes, key=KEY)
    assert stranger.say(message).code == "key_reused"
    assert stranger.ask(stranger.query(message)).code == "key_reused"
    assert (Deposit.objects.count(), standing(cast.li.person_id).posted) == (1, 60)
    assert goes_on(cast, stranger)


def test_a_request_under_a_key_of_another_bank_is_refused(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    passbook = Passbook.objects.get(person_id=cast.li.person_id)
    hold_and_send(
        west(),
        passbook,
        own_lots(passbook, "verified"),
        key=KEY,
        minutes=10,
        kind="verified",
        token="a" * 64,
        is_asked_here=False,
        by_ref="system:tests",
    )
    asked = stranger.message(stranger.token(cast.li.person_id), 10, key=KEY, type=MessageType.REQUEST)
    assert stranger.say(asked).code == "key_reused"
    assert (Transfer.objects.get().partner.code, standing(cast.li.person_id).held) == ("west", 10)
    assert goes_on(cast, stranger)


def test_the_list_of_the_last_days_that_there_are_is_empty(stranger: Stranger) -> None:
    query = EntriesQuery(
        sender="east",
        receiver="demo-central",
        asked_at=moment_text(NOW),
        from_day="9999-12-01",
        to_day="9999-12-31",
    )
    status, content = stranger.post("entries", query)
    assert (status, content["envelopes"][0]["body"]["entries"]) == (200, [])


SIGNATURE = {"algorithm": "ed25519", "key_id": "1", "value": "A" * 86 + "=="}


@pytest.mark.parametrize(
    "body",
    [
        {"version": 1, "type": "state", "\ud800": 1},
        {"version": 1, "type": "state", "from": "\ud800"},
        {"version": 1, "type": "\ud800"},
        {"version": 1, "type": "state", "from": [[["east"]]]},
        {"version": 1, "type": "state", "\0": "\0"},
    ],
)
@pytest.mark.django_db
def test_what_a_stranger_writes_is_malformed_and_never_an_error_of_the_server(body: dict[str, Any]) -> None:
    data = json.dumps({"envelopes": [{"body": body, "signature": SIGNATURE}]})
    answer = Client(raise_request_exception=False).post("/interbank/v1/state", data, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize(("place", "status"), [(0, 503), (1, 200)])
def test_while_the_database_is_busy_a_partner_is_asked_to_try_later(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger, place: int, status: int
) -> None:
    """It was an error of the server, without a body that the protocol knows: the partner took the bank for down."""
    messages = [stranger.message(stranger.token(cast.li.person_id), 10) for _ in range(3)]
    real, tried = endpoints.take, []

    def busy(said: Any) -> Any:
        tried.append(said.body.sequence)
        if len(tried) > place:
            raise OperationalError("database is locked")
        return real(said)

    monkeypatch.setattr(endpoints, "take", busy)
    found, content = stranger.post("messages", *messages)
    assert found == status
    items = content.get("envelopes", [content] * 3)
    assert [one.get("error", {}).get("code", "") for one in items] == [""] * place + ["try_later"] * (3 - place)
    assert len(tried) == place + 1, "what stands behind it would wait as long"
    assert standing(cast.li.person_id).posted == 10 * place
    monkeypatch.undo()
    assert stranger.post("messages", *messages)[0] == 200
    assert standing(cast.li.person_id).posted == 30


def test_a_query_of_the_list_is_answered_later_too(monkeypatch: pytest.MonkeyPatch, stranger: Stranger) -> None:
    def busy(_: object) -> Any:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(endpoints, "list_entries", busy)
    query = EntriesQuery(
        sender="east", receiver="demo-central", asked_at=moment_text(NOW), from_day="2026-11-01", to_day="2026-11-20"
    )
    status, content = stranger.post("entries", query)
    assert (status, content["error"]["code"]) == (503, "try_later")
