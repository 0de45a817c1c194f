"""The two journeys through pages and the API, and the desk, through HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

import time_machine

from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.identity.queries import purpose_of
from xinshi.interbank.moving.models import Decision, Transfer
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol.bodies import AnswerState
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import Stranger, agree
from xinshi.people.models import Consent


def address(stranger: Stranger, what: str) -> str:
    return f"/interbank/banks/{stranger.partner.pk}/{what}/"


def test_a_volunteer_agrees_then_sends_hours_and_sees_how_it_goes(cast: Cast, stranger: Stranger) -> None:
    earn(cast.wang.person_id, 120, source="first:1")
    client = cast.wang.client
    assert client.get(address(stranger, "send")).headers["Location"] == address(stranger, "agree")
    assert "never go there" in client.get(address(stranger, "agree")).content.decode()
    rows = Consent.objects.filter(person_id=cast.wang.person_id, purpose=purpose_of(stranger.partner))
    assert rows.count() == 0
    client.post(address(stranger, "agree"))
    assert rows.get().withdrawn_at is None
    page = client.get(address(stranger, "send"))
    key = page.context["form"]["key"].initial
    key = key() if callable(key) else key
    too_much = client.post(address(stranger, "send"), {"hours": "2.5", "kind": "verified", "key": key})
    assert "Hours of this kind that you can send: 2." in too_much.content.decode()
    sent = client.post(address(stranger, "send"), {"hours": "1.5", "kind": "verified", "key": key})
    again = client.post(address(stranger, "send"), {"hours": "1.5", "kind": "verified", "key": key})
    row = Transfer.objects.get()
    assert sent.headers["Location"] == again.headers["Location"] == f"/interbank/transfers/{row.pk}/"
    assert (row.minutes, standing(cast.wang.person_id).held) == (90, 90)
    part = f"/interbank/transfers/{row.pk}/part/"
    assert 'hx-trigger="every 1s"' in client.get(part).content.decode()
    with time_machine.travel(NOW + timedelta(seconds=61)):
        assert 'hx-trigger="every 3s"' in client.get(part).content.decode()
    send_due()
    assert "has not answered yet" in client.get(part).content.decode()
    stranger.always(AnswerState.APPLIED)
    with time_machine.travel(NOW + timedelta(minutes=1)):
        send_due()
        done = client.get(part).content.decode()
    assert "hx-trigger" not in done
    assert "Here they are booked away" in done
    assert "My transfers" in client.get("/interbank/banks/").content.decode()


def test_a_volunteer_brings_hours_for_programs_as_well(cast: Cast, stranger: Stranger) -> None:
    client = cast.li.client
    banks = client.get("/api/v1/interbank/banks").json()
    assert banks == [
        {
            "partner_id": stranger.partner.pk,
            "code": "east",
            "name": "城东时间银行",
            "has_agreed": True,
            "may_come_in": True,
            "may_go_out": True,
        }
    ]
    wanted = json.dumps({"partner_id": stranger.partner.pk, "direction": "in", "minutes": 45})
    begun = [
        client.post(
            "/api/v1/interbank/transfers", wanted, content_type="application/json", headers={"Idempotency-Key": "one"}
        ).json()
        for _ in range(2)
    ]
    assert begun[0] == begun[1] == {"transfer_id": Transfer.objects.get().pk}
    stranger.always(AnswerState.APPLIED)
    send_due()
    key = Transfer.objects.get().key
    stranger.say(stranger.message(stranger.token(cast.li.person_id), 45, key=key))
    found = client.get(f"/api/v1/interbank/transfers/{Transfer.objects.get().pk}").json()
    assert (found["state"], found["minutes"], found["direction"], found["key"]) == ("applied", 45, "in", key)
    assert client.get("/api/v1/interbank/transfers").json()["items"] == [found]
    assert cast.wang.client.get(f"/api/v1/interbank/transfers/{found['id']}").status_code == 404
    assert standing(cast.li.person_id).posted == 45


def test_the_desk_finds_what_is_unknown_and_two_of_them_decide(cast: Cast, stranger: Stranger) -> None:
    earn(cast.wang.person_id, 120, source="first:1")
    agree(cast.wang.person_id, stranger.partner)
    cast.wang.client.post(address(stranger, "send"), {"hours": "1", "kind": "verified", "key": "f" * 32})
    send_due()
    row = Transfer.objects.get()
    with time_machine.travel(NOW + timedelta(hours=25)):
        coordinator, administrator = cast.coordinator.client, cast.administrator.client
        listed = coordinator.get("/interbank/transfers/?state=unknown").content.decode()
        assert "1 transfer has had no answer" in listed
        assert f"/interbank/transfers/{row.pk}/" in listed
        assert (
            f"/interbank/transfers/{row.pk}/"
            not in coordinator.get("/interbank/transfers/?state=confirmed").content.decode()
        )
        typed = {"outcome": "rejected", "reason": "电话问过，没有收到"}
        coordinator.post(f"/interbank/transfers/{row.pk}/propose/", typed)
        assert Decision.objects.get().proposed_reason == "电话问过，没有收到"
        coordinator.post(f"/interbank/transfers/{row.pk}/confirm/", typed)
        assert Transfer.objects.get().state == "unknown"
        assert "Confirm and book" in administrator.get(f"/interbank/transfers/{row.pk}/").content.decode()
        administrator.post(f"/interbank/transfers/{row.pk}/confirm/", {"outcome": "rejected", "reason": "看过来函"})
    assert (Transfer.objects.get().state, standing(cast.wang.person_id).held) == ("rejected", 0)
    assert cast.wang.client.get("/interbank/transfers/").status_code == 403
    assert "Two members of staff decided so" in cast.wang.client.get(f"/interbank/transfers/{row.pk}/").content.decode()


def test_a_bank_that_is_stopped_offers_nothing(cast: Cast, stranger: Stranger) -> None:
    type(stranger.partner).objects.filter(code="east").update(state="paused", state_reason="x")
    assert "does not allow this now" in cast.li.client.get(address(stranger, "bring")).content.decode()
    assert "Not open now" in cast.li.client.get("/interbank/banks/").content.decode()
    refused = cast.li.client.post(address(stranger, "bring"), {"hours": "1", "kind": "verified", "key": "k" * 32})
    assert (refused.status_code, Transfer.objects.count()) == (200, 0)


def test_hours_beyond_all_bounds_are_refused_with_the_reason_that_is_true(cast: Cast, stranger: Stranger) -> None:
    for hours, said in (("99999", "more than one transfer can carry"), ("0", "at least one minute")):
        typed = {"hours": hours, "kind": "verified", "key": "k" * 32}
        page = cast.li.client.post(address(stranger, "bring"), typed).content.decode()
        assert said in page
        assert "minutes:" not in page
    assert Transfer.objects.count() == 0


def test_who_has_agreed_finds_the_way_on_and_back(cast: Cast, stranger: Stranger) -> None:
    page = cast.li.client.get(address(stranger, "agree")).content.decode()
    for way in (address(stranger, "bring"), address(stranger, "send"), "/exchange/my-hours/"):
        assert f'href="{way}"' in page
