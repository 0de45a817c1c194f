"""Tokens of people: made after consent alone, the same at both banks, found without being kept, forgotten at once."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.audit.models import AuditEntry
from xinshi.bank.events import PeopleMerged
from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import NOW, SYSTEM, Cast
from xinshi.interbank.identity import actions, domain
from xinshi.interbank.identity.actions import (
    OVERLAP,
    ClashGone,
    KeyInUse,
    KeyKnown,
    OwnClash,
    enter_shared_key,
    forget_tokens,
    make_shared_key,
    make_tokens,
    retire_shared_key,
    settle_clash,
)
from xinshi.interbank.identity.models import PersonToken, SharedKey
from xinshi.interbank.identity.queries import clash_count, clashes, person_of, token_of
from xinshi.interbank.identity.tests.conftest import LI, give_number, make_bank
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.outbox.actions import publish
from xinshi.people.actions import NewPerson, give_consent, register_people, withdraw_consent
from xinshi.people.models import Consent, Person

SECRET = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIYTEMZUGU3A"
Drain = Callable[..., int]


def agree(person_id: int, partner: Partner) -> None:
    give_consent(actor=SYSTEM, person_id=person_id, purpose=f"exchange:{partner.code}", through="station")


def enter(partner: Partner, secret: str = SECRET, **more: object) -> int:
    return enter_shared_key(
        actor=SYSTEM, partner_id=partner.pk, secret=secret, check_code=domain.check_code(secret), **more
    )


@pytest.mark.any_database
def test_the_token_is_the_documented_digest() -> None:
    expected = hmac.new(b32decode(SECRET + "===="), b"xinshi-person-token-1\n01:" + LI.encode(), hashlib.sha256)
    assert domain.token(SECRET, domain.document_text("", "１１０１０５-19491231 002x")) == expected.hexdigest()
    assert domain.document_text("05", "e 1234-5678") == "05:E12345678"
    assert domain.document_text("", "E12345678") == "99:E12345678"
    assert domain.document_text("01", " ") == ""


@pytest.mark.any_database
@settings(max_examples=80)
@given(raw=st.binary(min_size=32, max_size=32), place=st.integers(0, 51))
def test_a_key_survives_being_read_aloud_and_no_single_slip_keeps_its_check_code(raw: bytes, place: int) -> None:
    import base64

    secret = base64.b32encode(raw).decode().rstrip("=")
    aloud = domain.grouped_secret(secret).lower().replace("o", "0").replace("b", "8")
    assert domain.typed_secret(aloud) == secret
    slip = secret[:place] + ("A" if secret[place] != "A" else "Q") + secret[place + 1 :]
    assert domain.check_code(domain.typed_secret(slip)) != domain.check_code(secret)


@pytest.mark.any_database
@pytest.mark.parametrize("typed", ["", "ABC", SECRET[:-1], SECRET + "A", "!" * 52])
def test_a_key_that_is_not_whole_is_refused(typed: str) -> None:
    with pytest.raises(domain.SharedKeyNotReadable):
        domain.typed_secret(typed)


def test_a_token_is_made_after_consent_only_and_finds_the_person_at_the_other_side(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    enter(river)
    assert token_of(cast.li.person_id, river) is None
    agree(cast.li.person_id, river)
    drain_outbox()
    made = token_of(cast.li.person_id, river)
    assert made == domain.token(SECRET, f"01:{LI}")
    assert person_of(made, river) == cast.li.person_id
    assert token_of(cast.wang.person_id, river) is None
    assert person_of("0" * 64, river) is None
    assert person_of(made.upper(), river) is None


def test_consent_to_one_bank_says_nothing_to_another(cast: Cast, river: Partner, drain_outbox: Drain) -> None:
    lake = make_bank("lake", "湖滨医院时间银行")
    enter(river)
    make_shared_key(actor=SYSTEM, partner_id=lake.pk)
    agree(cast.li.person_id, river)
    drain_outbox()
    made = token_of(cast.li.person_id, river)
    assert made is not None
    assert person_of(made, lake) is None
    assert token_of(cast.li.person_id, lake) is None
    agree(cast.li.person_id, lake)
    drain_outbox()
    assert token_of(cast.li.person_id, lake) not in (None, made)


def test_neither_token_nor_number_stands_in_the_database_or_the_trail(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    enter(river)
    agree(cast.li.person_id, river)
    drain_outbox()
    made = token_of(cast.li.person_id, river)
    assert made is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM interbank_person_token")
        digests = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT secret FROM interbank_shared_key")
        sealed = [row[0] for row in cursor.fetchall()]
    assert len(digests) == 1
    assert digests[0] not in made
    assert hashlib.sha256(made.encode()).hexdigest()[:32] != digests[0]
    assert all(one.startswith("v1:") and SECRET not in one for one in sealed)
    trail = str(list(AuditEntry.objects.values_list("action", "object_ref", "detail")))
    assert "interbank.enter_shared_key" in trail
    assert SECRET not in trail
    assert made not in trail


def test_withdrawal_forgets_at_once(cast: Cast, river: Partner, drain_outbox: Drain) -> None:
    enter(river)
    agree(cast.li.person_id, river)
    drain_outbox()
    made = token_of(cast.li.person_id, river)
    assert made is not None
    withdraw_consent(actor=cast.li.actor, person_id=cast.li.person_id, purpose="exchange:river")
    assert (token_of(cast.li.person_id, river), person_of(made, river)) == (None, None)
    drain_outbox()
    assert not PersonToken.objects.exists()
    agree(cast.li.person_id, river)
    drain_outbox()
    assert token_of(cast.li.person_id, river) == made


def test_a_new_key_is_understood_at_once_and_sent_under_when_its_day_comes(cast: Cast, river: Partner) -> None:
    enter(river)
    agree(cast.li.person_id, river)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    old = token_of(cast.li.person_id, river)
    assert old is not None
    new = make_shared_key(actor=SYSTEM, partner_id=river.pk, sends_from=NOW + timedelta(days=1))
    under_new = domain.token(new.secret, f"01:{LI}")
    assert token_of(cast.li.person_id, river) == old
    assert person_of(under_new, river) == person_of(old, river) == cast.li.person_id
    with time_machine.travel(NOW + timedelta(days=1, minutes=1)):
        assert token_of(cast.li.person_id, river) == under_new
        assert person_of(old, river) == cast.li.person_id
    with time_machine.travel(NOW + timedelta(days=1, minutes=1) + OVERLAP):
        assert person_of(old, river) is None
        assert make_tokens(actor=SYSTEM, partner_id=river.pk).forgotten == 1
        assert person_of(under_new, river) == cast.li.person_id


def test_a_key_is_retired_only_when_another_is_in_use(cast: Cast, river: Partner) -> None:
    enter(river)
    first = SharedKey.objects.get()
    with pytest.raises(KeyInUse):
        retire_shared_key(actor=SYSTEM, key_id=first.pk)
    with pytest.raises(KeyKnown):
        enter(river)
    make_shared_key(actor=SYSTEM, partner_id=river.pk)
    retire_shared_key(actor=SYSTEM, key_id=first.pk)
    assert abs(SharedKey.objects.get(pk=first.pk).accepted_until - NOW) < timedelta(minutes=1)


def test_keys_are_for_administrators_and_a_wrong_check_code_enters_nothing(cast: Cast, river: Partner) -> None:
    with pytest.raises(NotAllowed):
        make_shared_key(actor=cast.coordinator.actor, partner_id=river.pk)
    with pytest.raises(domain.CheckCodeDiffers):
        enter_shared_key(actor=SYSTEM, partner_id=river.pk, secret=SECRET, check_code="AAAAAA")
    with pytest.raises(NotFound):
        make_shared_key(actor=SYSTEM, partner_id=Partner.objects.get(code="zhiyuanhui").pk)
    with pytest.raises(NotAllowed):
        make_tokens(actor=cast.li.actor, partner_id=river.pk)
    with pytest.raises(NotAllowed):
        make_tokens(actor=cast.li.actor, partner_id=river.pk, person_ids=[cast.wang.person_id])
    assert not SharedKey.objects.exists()


def test_one_number_on_two_records_waits_for_a_person(cast: Cast, river: Partner) -> None:
    enter(river)
    give_number(cast.wang.person_id, "11010519491231002X ".replace("0519", "05 19"))
    for who in (cast.li, cast.wang):
        agree(who.person_id, river)
    report = make_tokens(actor=SYSTEM, partner_id=river.pk)
    assert (report.made, report.clashing) == (1, 1)
    made = domain.token(SECRET, f"01:{LI}")
    assert (person_of(made, river), token_of(cast.li.person_id, river)) == (None, None)
    assert clash_count(cast.auditor.actor) == 1
    (clash,) = clashes(cast.coordinator.actor)
    assert {one.pk for one in clash.people} == {cast.li.person_id, cast.wang.person_id}
    mine = next(row.pk for row in clash.tokens if row.person_id == cast.li.person_id)
    with pytest.raises(Invalid):
        settle_clash(actor=cast.coordinator.actor, token_id=mine, reason=" ")
    with pytest.raises(NotAllowed):
        settle_clash(actor=cast.li.actor, token_id=mine, reason="身份证原件")
    assert clash_count(cast.auditor.actor) == 1
    settle_clash(actor=cast.coordinator.actor, token_id=mine, reason="身份证原件")
    assert person_of(made, river) == cast.li.person_id
    assert make_tokens(actor=SYSTEM, partner_id=river.pk).clashing == 0
    with pytest.raises(ClashGone):
        settle_clash(actor=cast.coordinator.actor, token_id=mine, reason="身份证原件")


def test_nobody_decides_on_a_clash_of_their_own(cast: Cast, river: Partner) -> None:
    enter(river)
    give_number(cast.coordinator.person_id, f"{LI} ")
    for who in (cast.li, cast.coordinator):
        agree(who.person_id, river)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    row = PersonToken.objects.get(person_id=cast.coordinator.person_id)
    with pytest.raises(OwnClash):
        settle_clash(actor=cast.coordinator.actor, token_id=row.pk, reason="我自己")
    assert set(PersonToken.objects.values_list("state", flat=True)) == {"clashing"}


def test_after_a_merge_the_record_that_stays_has_the_token(cast: Cast, river: Partner, drain_outbox: Drain) -> None:
    enter(river)
    give_number(cast.wang.person_id, f"{LI} ")
    for who in (cast.li, cast.wang):
        agree(who.person_id, river)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    Person.objects.filter(pk=cast.wang.person_id).update(merged_into=cast.li.person_id)
    Consent.objects.filter(person_id=cast.wang.person_id).update(withdrawn_at=NOW)
    publish(PeopleMerged(merge_id=1, stays_person_id=cast.li.person_id, goes_person_id=cast.wang.person_id))
    drain_outbox()
    made = token_of(cast.li.person_id, river)
    assert made == domain.token(SECRET, f"01:{LI}")
    assert person_of(made, river) == cast.li.person_id
    assert not PersonToken.objects.filter(person_id=cast.wang.person_id).exists()


def test_a_corrected_number_takes_the_old_token_out_of_use(cast: Cast, river: Partner) -> None:
    enter(river)
    agree(cast.li.person_id, river)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    give_number(cast.li.person_id, "E7654321", "05")
    assert token_of(cast.li.person_id, river) is None
    assert make_tokens(actor=SYSTEM, partner_id=river.pk).made == 1
    assert token_of(cast.li.person_id, river) == domain.token(SECRET, "05:E7654321")


def test_none_of_many_people_is_passed_over(cast: Cast, river: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PART", 2)
    enter(river)
    numbers = ["E0000001", "E0000002", "E0000003", "E0000004", "E0000005"]
    ids = register_people(
        actor=SYSTEM,
        people=[NewPerson(name=f"志愿者{n}", volunteer_number=f"7{n:017d}") for n in range(len(numbers))],
    )
    for person_id, number in zip(ids, numbers, strict=True):
        give_number(person_id, number, "05")
        agree(person_id, river)
    assert make_tokens(actor=SYSTEM, partner_id=river.pk, person_ids=ids).made == len(ids)
    Consent.objects.filter(person_id__in=ids).update(withdrawn_at=NOW)
    assert forget_tokens(person_ids=ids, purpose=f"exchange:{river.code}") == len(ids)
    assert not PersonToken.objects.exists()


def test_every_record_that_clashes_with_nobody_any_more_is_free(
    cast: Cast, river: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PART", 1)
    enter(river)
    names = ["甲", "甲二", "乙", "乙二", "丙", "丙二"]
    ids = register_people(
        actor=SYSTEM, people=[NewPerson(name=name, volunteer_number=f"6{n:017d}") for n, name in enumerate(names)]
    )
    for place, person_id in enumerate(ids):
        give_number(person_id, f"E000000{place // 2}" + " " * (place % 2), "05")
        agree(person_id, river)
    assert make_tokens(actor=SYSTEM, partner_id=river.pk).clashing == 3
    Consent.objects.filter(person_id__in=ids[1::2]).update(withdrawn_at=NOW)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    assert sorted(PersonToken.objects.values_list("person_id", "state")) == [(pk, "active") for pk in ids[::2]]
