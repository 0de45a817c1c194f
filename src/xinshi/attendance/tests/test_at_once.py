"""Two leaders' thumbs at the same moment: threads with connections of their own, on either database."""

from __future__ import annotations

from functools import partial

import pytest

from xinshi.activities.actions import TakenPlace, cancel_sign_up
from xinshi.activities.domain import AlreadyAttended, SignUpGone
from xinshi.activities.models import SignUp
from xinshi.activities.tests.conftest import Cast, all_at_once
from xinshi.attendance.actions import approve, check_in, check_out, correct_presence, refuse
from xinshi.attendance.domain import AlreadyCheckedIn, Decided, NotCheckedIn, RecordDecided
from xinshi.attendance.models import Approval, ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Deposit
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_person_is_checked_in_and_out_once(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    judges = [cast.leader.actor, cast.coordinator.actor] * 3
    results = all_at_once([partial(check_in, actor=who, signup_ids=shift.signups) for who in judges], threads=6)
    (record,) = ServiceRecord.objects.all()
    assert sum(result == [record.pk] for result in results) == 1
    assert sum(isinstance(result, AlreadyCheckedIn) for result in results) == 5
    frozen(at(11))
    results = all_at_once([partial(check_out, actor=who, record_ids=[record.pk]) for who in judges], threads=6)
    assert sum(result == [record.pk] for result in results) == 1
    assert sum(isinstance(result, NotCheckedIn) for result in results) == 5
    assert AuditEntry.objects.filter(object_ref=f"service-record:{record.pk}").count() == 2


def test_a_place_is_used_or_given_back_never_both(cast: Cast, service: Service) -> None:
    shift = service.shift(cast.people(6), places=6)
    leader = cast.leader.actor
    jobs = [
        job
        for signup in shift.signups
        for job in (
            partial(check_in, actor=leader, signup_ids=[signup]),
            partial(cancel_sign_up, actor=leader, signup_id=signup),
        )
    ]
    results = all_at_once(jobs, threads=6)
    came, went = results[::2], results[1::2]
    assert all(isinstance(result, list | SignUpGone) for result in came)
    assert all(isinstance(result, TakenPlace | AlreadyAttended) for result in went)
    for signup, cancelled in zip(shift.signups, went, strict=True):
        is_gone = isinstance(cancelled, TakenPlace)
        assert ServiceRecord.objects.filter(signup_id=signup).exists() is not is_gone
        assert SignUp.objects.get(pk=signup).state == ("cancelled" if is_gone else "confirmed")


def test_many_who_approve_the_same_records_deposit_them_once(cast: Cast, service: Service) -> None:
    _, records = service.many(60)
    judges = [cast.leader.actor, cast.coordinator.actor, cast.administrator.actor] * 2
    jobs = [
        partial(approve, actor=who, record_ids=records if number % 2 else list(reversed(records)))
        for number, who in enumerate(judges)
    ]
    results = all_at_once(jobs, threads=6)
    assert sum(result.done for result in results if isinstance(result, Decided)) == 60
    assert Deposit.objects.count() == Transfer.objects.count() == Approval.objects.count() == 60
    assert verify().ok


def test_a_record_is_approved_refused_or_corrected_one_after_the_other(cast: Cast, service: Service) -> None:
    _, records = service.many(8)
    for record in records:
        results = all_at_once(
            [
                partial(approve, actor=cast.coordinator.actor, record_ids=[record]),
                partial(refuse, actor=cast.leader.actor, record_ids=[record], reason="没来"),
                partial(
                    correct_presence,
                    actor=cast.leader.actor,
                    record_id=record,
                    checked_in_at=at(9),
                    checked_out_at=at(10),
                    reason="记错了",
                ),
            ],
            threads=3,
        )
        assert isinstance(results[2], int | RecordDecided)
        assert (results[0].done + results[1].done) in (1, 2)
    approved = ServiceRecord.objects.filter(state="approved")
    assert Deposit.objects.count() == Transfer.objects.count() == approved.count()
    assert sum(Deposit.objects.values_list("raw_minutes", flat=True)) == sum(
        approved.values_list("credited_minutes", flat=True)
    )
    assert verify().ok
