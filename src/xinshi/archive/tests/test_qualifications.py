"""Handing in a qualification, checking it, revoking it, reminders before it runs out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from xinshi.archive.actions import grant_many, refuse, remind_holders, revoke, submit, verify
from xinshi.archive.domain import (
    REMINDER_DAYS,
    AlreadyRunOut,
    AlreadySubmitted,
    Grant,
    KindNotSubmittable,
    OwnQualification,
    ProofMissing,
    QualificationDecided,
    TooManyProofs,
    expiry_of,
    is_news,
    last_day_of,
    masked_number,
    reminder_at,
)
from xinshi.archive.models import Qualification, QualificationProof
from xinshi.archive.queries import desk_summary, detail, facts, proof_of, running_out, to_check
from xinshi.archive.tests.conftest import JPEG, PDF, everything
from xinshi.documents.evidence import EvidenceNotReadable
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent
from xinshi.people.actions import ReasonMissing
from xinshi.people.tests.conftest import SYSTEM, Cast, Somebody

NUMBER = "201244010012345"


def hand_in(who: Somebody, kinds: dict[str, int], **more: object) -> int:
    given: dict[str, object] = {
        "person_id": who.person_id,
        "kind_id": kinds["nurse"],
        "number": NUMBER,
        "issued_by": "示范市卫生健康委员会",
        "issued_on": clock.today() - timedelta(days=100),
        "expires_on": None,
        "proofs": [JPEG],
    }
    return submit(actor=who.actor, **{**given, **more})  # type: ignore[arg-type]


def test_a_licence_counts_once_the_station_has_checked_it(cast: Cast, kinds: dict[str, int]) -> None:
    today = clock.today()
    row = hand_in(cast.li, kinds)
    assert not facts([cast.li.person_id])[cast.li.person_id].has("nurse", today)
    assert [one.pk for one in to_check(cast.coordinator.actor)] == [row]
    verify(actor=cast.coordinator.actor, qualification_id=row)
    known = facts([cast.li.person_id])[cast.li.person_id]
    assert known.has("nurse", today)
    assert known.has("first-aid", today), "the licence includes first aid"
    assert not list(to_check(cast.coordinator.actor))
    (message,) = Message.objects.filter(recipient_ref=f"person:{cast.li.person_id}")
    assert message.object_ref == f"qualification:{row}"
    assert StoredEvent.objects.filter(name="archive.qualification_verified").count() == 1


def test_number_and_proof_are_sealed_and_masked(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds, proofs=[JPEG, PDF])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM qualification")
        assert NUMBER not in str(cursor.fetchall())
    for path in (Path(settings.MEDIA_ROOT) / "proofs").iterdir():
        assert JPEG not in path.read_bytes()
    assert detail(cast.li.actor, row).card.masked_number == "***********2345"
    assert NUMBER not in str(detail(cast.coordinator.actor, row))
    proof = QualificationProof.objects.filter(qualification=row, content_type="image/jpeg").get()
    for who in (cast.li, cast.coordinator, cast.administrator):
        assert proof_of(who.actor, proof.pk)[1] == JPEG
    for who in (cast.wang, cast.chen, cast.clerk, cast.auditor):
        with pytest.raises(NotFound):
            proof_of(who.actor, proof.pk)


def test_a_second_of_one_kind_waits_until_the_first_is_decided(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds)
    before = everything()
    with pytest.raises(AlreadySubmitted):
        hand_in(cast.li, kinds)
    assert everything() == before
    refuse(actor=cast.coordinator.actor, qualification_id=row, reason="照片看不清。")
    assert hand_in(cast.li, kinds) > row


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"proofs": []}, ProofMissing),
        ({"proofs": [JPEG[:-2] + bytes([n]) + JPEG[-2:] for n in range(5)]}, TooManyProofs),
        ({"proofs": [b"<svg onload=alert(1)>"]}, EvidenceNotReadable),
        ({"issued_on": date(2090, 1, 1)}, Invalid),
        ({"expires_on": date(1999, 1, 1)}, Invalid),
        ({"issued_on": date(2001, 1, 1), "expires_on": date(2002, 1, 1)}, AlreadyRunOut),
        ({"number": "9" * 61}, Invalid),
        ({"kind": "pledge"}, KindNotSubmittable),
        ({"kind": "induction"}, KindNotSubmittable),
        ({"kind_id": 10**9}, NotFound),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    cast: Cast, kinds: dict[str, int], wrong: dict[str, object], refusal: type[Exception]
) -> None:
    if "kind" in wrong:
        wrong = {"kind_id": kinds[str(wrong["kind"])]}
    before = everything()
    with pytest.raises(refusal):
        hand_in(cast.li, kinds, **wrong)
    assert everything() == before
    folder = Path(settings.MEDIA_ROOT) / "proofs"
    assert not folder.exists() or not list(folder.iterdir())


def test_nobody_hands_in_for_somebody_else(cast: Cast, kinds: dict[str, int]) -> None:
    for who in (cast.wang, cast.clerk, cast.auditor):
        with pytest.raises(NotFound):
            hand_in(who if who.user.person_id else cast.wang, kinds, person_id=cast.li.person_id)
    assert not Qualification.objects.exists()


def test_the_station_hands_in_for_who_has_no_phone_and_says_that_it_saw_the_original(
    cast: Cast, kinds: dict[str, int]
) -> None:
    row = submit(
        actor=cast.coordinator.actor,
        person_id=cast.wang.person_id,
        kind_id=kinds["nurse"],
        number="",
        issued_by="",
        issued_on=clock.today(),
        expires_on=None,
        is_seen=True,
    )
    assert facts([cast.wang.person_id])[cast.wang.person_id].has("nurse", clock.today())
    from xinshi.audit.models import AuditEntry

    entry = AuditEntry.objects.get(action="archive.submit", object_ref=f"qualification:{row}")
    assert (entry.detail["on_behalf"], entry.detail["is_seen"]) == (True, True)


def test_nobody_decides_on_their_own(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds)
    self_made = Actor(
        reference=cast.coordinator.actor.reference,
        user_id=cast.coordinator.actor.user_id,
        person_id=cast.li.person_id,
        roles=frozenset({Role.COORDINATOR}),
    )
    assert not list(to_check(self_made))
    before = everything()
    with pytest.raises(OwnQualification):
        verify(actor=self_made, qualification_id=row)
    with pytest.raises(OwnQualification):
        submit(
            actor=self_made,
            person_id=cast.li.person_id,
            kind_id=kinds["first-aid"],
            number="",
            issued_by="",
            issued_on=clock.today(),
            expires_on=None,
            proofs=[JPEG],
            is_seen=True,
        )
    for who in (cast.li, cast.clerk, cast.auditor, cast.chen):
        with pytest.raises(NotAllowed):
            verify(actor=who.actor, qualification_id=row)
    assert everything() == before


def test_a_decision_stands_and_says_why(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds)
    with pytest.raises(ReasonMissing):
        refuse(actor=cast.coordinator.actor, qualification_id=row, reason=" ")
    refuse(actor=cast.coordinator.actor, qualification_id=row, reason="姓名与档案不符。")
    before = everything()
    for act in (
        verify,
        lambda **given: refuse(**given, reason="再看一次"),
        lambda **given: revoke(**given, reason="撤"),
    ):
        with pytest.raises((QualificationDecided, ReasonMissing)):
            act(actor=cast.coordinator.actor, qualification_id=row)
    assert everything() == before
    assert Message.objects.get().parameters == {"name": "护士执业证", "reason": "姓名与档案不符。"}


def test_what_was_revoked_counts_no_more(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds)
    verify(actor=cast.coordinator.actor, qualification_id=row)
    revoke(actor=cast.coordinator.actor, qualification_id=row, reason="执业证已注销。")
    assert not facts([cast.li.person_id])[cast.li.person_id].has("nurse", clock.today())
    assert StoredEvent.objects.filter(name="archive.qualification_revoked").count() == 1


def test_the_station_puts_a_wrong_last_day_right(cast: Cast, kinds: dict[str, int]) -> None:
    row = hand_in(cast.li, kinds)
    last = clock.today() + timedelta(days=30)
    with pytest.raises(Invalid):
        verify(actor=cast.coordinator.actor, qualification_id=row, expires_on=clock.today() - timedelta(days=1))
    verify(actor=cast.coordinator.actor, qualification_id=row, expires_on=last)
    known = facts([cast.li.person_id])[cast.li.person_id]
    assert (known.has("nurse", last), known.has("nurse", last + timedelta(days=1))) == (True, False)


@given(issued=st.dates(date(2000, 1, 1), date(2030, 12, 31)), months=st.integers(1, 600), more=st.integers(1, 100))
def test_longer_validity_never_ends_sooner(issued: date, months: int, more: int) -> None:
    last = last_day_of(issued, months)
    assert issued <= last < last_day_of(issued, months + more)
    assert last + timedelta(days=1) <= date(last.year + (last.month == 12), last.month % 12 + 1, 1)
    assert expiry_of(issued_on=issued, stated=None, valid_months=months) == last
    assert expiry_of(issued_on=issued, stated=issued, valid_months=months) == issued
    assert expiry_of(issued_on=issued, stated=None, valid_months=None) is None


def test_a_year_ends_the_day_before() -> None:
    assert last_day_of(date(2026, 3, 1), 12) == date(2027, 2, 28)
    assert last_day_of(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert last_day_of(date(2026, 1, 31), 1) == date(2026, 2, 28)


@given(left=st.integers(-5, 200), length=st.integers(0, 400))
def test_each_reminder_has_its_days(left: int, length: int) -> None:
    today = date(2026, 3, 1)
    days = reminder_at(last_day=today + timedelta(days=left), today=today)
    assert days == next((one for one in sorted(REMINDER_DAYS) if 0 <= left <= one), None)
    assert is_news(last_day=today + timedelta(days=length), decided_on=today, days=7) == (length > 7)


def grant(cast: Cast, who: Somebody, *, days: int, ref: str) -> None:
    today = clock.today()
    grant_many(
        actor=SYSTEM,
        grants=[
            Grant(
                person_id=who.person_id,
                code="first-aid",
                issued_on=today,
                expires_on=today + timedelta(days=days),
                source_ref=ref,
            )
        ],
    )


def test_holders_are_reminded_three_times_each_exactly_once(
    cast: Cast, kinds: dict[str, int], time_machine_clock
) -> None:
    grant(cast, cast.li, days=200, ref="test:long")
    sent = []
    for day in range(202):
        if day:
            time_machine_clock.shift(timedelta(days=1))
        if day > 105 and day not in (109, 110, 111, 169, 170, 171, 192, 193, 194, 200, 201):
            continue
        sent += [day] * remind_holders(actor=SYSTEM)
        assert remind_holders(actor=SYSTEM) == 0
    assert sent == [110, 170, 193]
    assert Message.objects.count() == 3
    assert Message.objects.order_by("pk").first().parameters["days"] == 90


def test_who_was_just_verified_or_has_renewed_is_not_reminded(
    cast: Cast, kinds: dict[str, int], time_machine_clock
) -> None:
    grant(cast, cast.li, days=20, ref="test:short")
    grant(cast, cast.wang, days=120, ref="test:old")
    assert remind_holders(actor=SYSTEM) == 0
    assert Qualification.objects.get(source_ref="test:short").reminded_days == 30, "it is not looked at every hour"
    time_machine_clock.shift(timedelta(days=13))
    assert remind_holders(actor=SYSTEM) == 1, "seven days are left"
    time_machine_clock.shift(timedelta(days=100))
    grant(cast, cast.wang, days=700, ref="test:new")
    assert remind_holders(actor=SYSTEM) == 0
    assert not list(running_out(cast.coordinator.actor))
    with pytest.raises(NotAllowed):
        remind_holders(actor=cast.coordinator.actor)


def test_the_desk_knows_what_waits_and_what_ends(cast: Cast, kinds: dict[str, int], django_assert_num_queries) -> None:
    hand_in(cast.li, kinds)
    grant(cast, cast.wang, days=29, ref="test:1")
    grant(cast, cast.chen, days=80, ref="test:2")
    actor = cast.coordinator.actor
    with django_assert_num_queries(2):
        found = desk_summary(actor)
    assert (found.to_check, found.ending) == (1, 1)
    assert [row.person_id for row in running_out(cast.auditor.actor)] == [cast.wang.person_id, cast.chen.person_id]
    with pytest.raises(NotAllowed):
        desk_summary(cast.li.actor)


def test_numbers_are_masked_by_their_length() -> None:
    assert masked_number("") == ""
    assert masked_number("12345") == "*****"
    assert masked_number("1234567") == "****4567"
