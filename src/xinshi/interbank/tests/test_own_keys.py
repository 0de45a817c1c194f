"""The bank's own keys for the exchange: made by one, confirmed by another, told to partners, and only then used."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.http import HttpResponse

from xinshi.exchange.models import Partner
from xinshi.exchange.partners.domain import InForceAlready, OwnContract
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.moving.actions import confirm_own_key, discard_own_key, note_partner_told, rotate_key
from xinshi.interbank.moving.actions.rotating import OwnKeyWaits
from xinshi.interbank.moving.key_queries import keys_that_need, own_keys
from xinshi.interbank.moving.keys import signing_key
from xinshi.interbank.moving.models import OwnKey, OwnKeyNotice
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.tests.conftest import Cast, earn
from xinshi.interbank.tests.stranger import SYSTEM, Stranger
from xinshi.interbank.tests.test_sending import begin
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound

PAGE = "/interbank/own-keys/"


def words(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_next_key_signs_from_its_day_on(cast: Cast, stranger: Stranger) -> None:
    first = signing_key()
    public = rotate_key(actor=cast.administrator.actor, key_id="2026-12", signs_in_days=10)
    made = OwnKey.objects.get(key_id="2026-12")
    with time_machine.travel(NOW + timedelta(days=11)):
        assert signing_key() == first, "nobody confirmed it"
    with pytest.raises(OwnContract):
        confirm_own_key(actor=cast.administrator.actor, own_key_id=made.pk)
    confirm_own_key(actor=SYSTEM, own_key_id=made.pk)
    assert signing_key() == first
    with time_machine.travel(NOW + timedelta(days=11)):
        assert (signing_key().key_id, signing_key().public_key) == ("2026-12", public)
    for actor, key_id in ((cast.coordinator.actor, "2027-01"), (cast.administrator.actor, "2026-12")):
        with pytest.raises(DomainError):
            rotate_key(actor=actor, key_id=key_id, signs_in_days=1)


def test_a_partner_that_was_not_told_of_the_next_key_still_gets_the_one_before(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    begin(cast.li, stranger)
    send_due()
    first, east = signing_key(), Partner.objects.get(code="east")
    rotate_key(actor=cast.administrator.actor, key_id="2026-12", signs_in_days=0)
    made = OwnKey.objects.get(key_id="2026-12")
    with pytest.raises(OwnKeyWaits):
        note_partner_told(actor=cast.administrator.actor, own_key_id=made.pk, partner_id=east.pk)
    confirm_own_key(actor=SYSTEM, own_key_id=made.pk)
    assert (signing_key("east"), signing_key()) == (first, made)
    note_partner_told(actor=cast.administrator.actor, own_key_id=made.pk, partner_id=east.pk)
    note_partner_told(actor=cast.administrator.actor, own_key_id=made.pk, partner_id=east.pk)
    assert signing_key("east") == made
    assert OwnKeyNotice.objects.count() == 2
    for refused in (confirm_own_key, discard_own_key):
        with pytest.raises(InForceAlready):
            refused(actor=SYSTEM, own_key_id=made.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnKey.objects.filter(pk=made.pk).update(confirmed_by_ref=made.made_by_ref)


def test_a_key_that_nobody_confirmed_is_thrown_away(cast: Cast) -> None:
    rotate_key(actor=cast.administrator.actor, key_id="2026-12", signs_in_days=0)
    [made] = OwnKey.objects.all()
    for who in (cast.coordinator, cast.auditor):
        for verb in (confirm_own_key, discard_own_key):
            with pytest.raises(NotAllowed):
                verb(actor=who.actor, own_key_id=made.pk)
        with pytest.raises(NotAllowed):
            note_partner_told(actor=who.actor, own_key_id=made.pk, partner_id=1)
    discard_own_key(actor=cast.administrator.actor, own_key_id=made.pk)
    assert not OwnKey.objects.exists()
    with pytest.raises(NotFound):
        confirm_own_key(actor=SYSTEM, own_key_id=made.pk)


def test_two_administrators_make_and_confirm_the_next_key_on_its_page(cast: Cast, stranger: Stranger) -> None:
    east = Partner.objects.get(code="east")
    signing_key()
    client = cast.administrator.client
    assert "Signs now" in words(client.get(PAGE))
    assert "Make the next key" not in words(cast.auditor.client.get(PAGE))
    for who in (cast.coordinator, cast.li):
        assert who.client.get(PAGE).status_code == 403
    refused = client.post(PAGE, {"key_id": "2026 12", "signs_in_days": "3"})
    assert "A key&#x27;s name has small letters" in refused.content.decode()
    client.post(PAGE, {"key_id": "2026-12", "signs_in_days": "3"})
    made = OwnKey.objects.get(key_id="2026-12")
    assert (made.signs_from - made.made_at, made.confirmed_at) == (timedelta(days=3), None)
    text = words(client.get(PAGE))
    assert "You made this key; another administrator confirms it." in text
    assert "Confirm the key" not in text
    client.post(f"{PAGE}{made.pk}/confirm/")
    assert OwnKey.objects.get(pk=made.pk).confirmed_at is None
    assert keys_that_need(cast.administrator.actor) == 0
    confirm_own_key(actor=SYSTEM, own_key_id=made.pk)
    assert keys_that_need(cast.administrator.actor) == 1, "the partner was not told"
    assert keys_that_need(cast.coordinator.actor) == 0
    assert "They have it now" in words(client.get(PAGE))
    client.post(f"{PAGE}{made.pk}/told/{east.pk}/")
    assert keys_that_need(cast.administrator.actor) == 0
    with time_machine.travel(NOW + timedelta(days=4)):
        cards = own_keys(cast.auditor.actor)
    assert [(card.key.key_id, card.state) for card in cards] == [("2026-12", "signs"), ("1", "old")]
    assert cards[1].trusted_until == made.signs_from + timedelta(days=30)
    assert [card.untold_count for card in cards] == [0, 0]


def test_a_second_administrator_confirms_by_the_button(cast: Cast) -> None:
    rotate_key(actor=SYSTEM, key_id="2026-12", signs_in_days=0)
    client = cast.administrator.client
    assert keys_that_need(cast.administrator.actor) == 1
    assert "Confirm the key" in words(client.get(PAGE))
    [made] = OwnKey.objects.all()
    client.post(f"{PAGE}{made.pk}/confirm/")
    made.refresh_from_db()
    assert (made.confirmed_by_ref, made.signs_from) == (cast.administrator.actor.reference, made.confirmed_at)
    rotate_key(actor=SYSTEM, key_id="2027-01", signs_in_days=0)
    client.post(f"{PAGE}{made.pk + 1}/discard/")
    assert [row.key_id for row in OwnKey.objects.all()] == ["2026-12"]
