"""Approving and refusing: who may, what is deposited, never twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from xinshi.activities.domain import ReasonMissing
from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.attendance.actions import approve, approve_activity, check_in, check_out, correct_presence, refuse
from xinshi.attendance.domain import LeftOut, NothingChosen
from xinshi.attendance.models import Approval, ServiceRecord
from xinshi.attendance.queries import figures, waiting_for_approval, waiting_page, waiting_summary
from xinshi.attendance.tests.conftest import TUESDAY, MoveTo, Service, at, record_of, written
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.rules import Rules
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent


def refused(error: type[DomainError], action: Callable[[], object]) -> None:
    """The action is refused, and nothing at all changed."""
    before = written()
    with pytest.raises(error):
        action()
    assert written() == before


def left_out(decide: Callable[[], object], reason: LeftOut, pk: int) -> None:
    """The decision leaves the record as it is, says why, and changes nothing."""
    before = written()
    decided = decide()
    assert (decided.done, decided.minutes, decided.advanced, decided.left_out) == (0, 0, 0, {pk: reason})
    assert written() == before


def test_approval_deposits_the_hours_once_and_traceably(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    decided = approve(actor=cast.coordinator.actor, record_ids=[pk, pk])
    assert (decided.done, decided.minutes, decided.left_out) == (1, 120, {})
    record, deposit = record_of(pk), Deposit.objects.get()
    assert (record.state, record.levels_approved, record.deposit_id) == ("approved", 1, deposit.pk)
    assert (record.decided_by_ref, record.decided_by_person_id) == (
        cast.coordinator.actor.reference,
        cast.coordinator.person_id,
    )
    assert (deposit.source_ref, deposit.kind, deposit.category) == (f"service-record:{pk}", "verified", "0004")
    assert (deposit.raw_minutes, deposit.worked_on, deposit.organizer) == (120, TUESDAY, "门诊部")
    assert Transfer.objects.get(pk=deposit.transfer_id).key == f"deposit:service-record:{pk}"
    assert Passbook.objects.get(person_id=cast.volunteer.person_id).certified_minutes == 120
    assert AuditEntry.objects.filter(action="attendance.approve", object_ref=f"service-record:{pk}").count() == 1
    assert StoredEvent.objects.filter(name="attendance.approved").count() == 1
    assert Message.objects.get(recipient_ref=cast.volunteer.reference).parameters["hours"] == "2"
    assert (figures().person_times, figures().approved_minutes) == (1, 120)
    assert verify().ok


def test_a_second_approval_deposits_nothing(cast: Cast, service: Service) -> None:
    shift, (pk,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[pk])
    left_out(lambda: approve(actor=cast.coordinator.actor, record_ids=[pk]), LeftOut.DECIDED, pk)
    left_out(lambda: approve(actor=cast.leader.actor, record_ids=[pk]), LeftOut.DECIDED, pk)
    before = written()
    assert approve_activity(actor=cast.coordinator.actor, activity_id=shift.activity_id).done == 0
    assert written() == before


def test_nobody_approves_their_own_service(cast: Cast, service: Service) -> None:
    for judge in (cast.leader, cast.coordinator):
        shift, (pk,) = service.submitted(judge.person_id, starts_at=at(9))
        left_out(lambda who=judge, n=pk: approve(actor=who.actor, record_ids=[n]), LeftOut.OWN, pk)
        left_out(lambda who=judge, n=pk: refuse(actor=who.actor, record_ids=[n], reason="没来"), LeftOut.OWN, pk)
        before = written()
        assert approve_activity(actor=judge.actor, activity_id=shift.activity_id).done == 0
        assert written() == before
        assert not waiting_for_approval(judge.actor).filter(pk=pk).exists()
        service.move_to(at(9))
    assert approve(actor=cast.administrator.actor, record_ids=list(all_ids())).done == 2


def all_ids() -> list[int]:
    return list(ServiceRecord.objects.order_by("pk").values_list("pk", flat=True))


def test_the_database_refuses_an_own_judge_and_an_unpaid_approval(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    approved = {"state": "approved", "decided_at": at(12), "decided_by_ref": "user:1"}
    for wrong in (
        approved | {"deposit_id": 1, "decided_by_person_id": cast.volunteer.person_id},
        approved,
        {"state": "refused", "decided_at": at(12), "decided_by_ref": "user:1"},
        {"state": "refused", "refusal_reason": "没来"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceRecord.objects.filter(pk=pk).update(**wrong)
    assert record_of(pk).state == "submitted"


def test_refuses_who_does_not_lead_the_activity(cast: Cast, service: Service) -> None:
    shift, (pk,) = service.submitted()
    for somebody in (cast.volunteer, cast.second, cast.other_leader, cast.auditor, cast.clerk):
        refused(NotFound, lambda who=somebody: approve(actor=who.actor, record_ids=[pk]))
        refused(NotFound, lambda who=somebody: approve_activity(actor=who.actor, activity_id=shift.activity_id))
        refused(NotFound, lambda who=somebody: refuse(actor=who.actor, record_ids=[pk], reason="没来"))
        assert not waiting_for_approval(somebody.actor).exists()


def test_refuses_an_empty_choice(cast: Cast, service: Service) -> None:
    refused(NothingChosen, lambda: approve(actor=cast.coordinator.actor, record_ids=[]))
    refused(NothingChosen, lambda: refuse(actor=cast.coordinator.actor, record_ids=[], reason="没来"))
    refused(NotFound, lambda: approve(actor=cast.coordinator.actor, record_ids=[2**60]))
    refused(NotFound, lambda: approve_activity(actor=cast.coordinator.actor, activity_id=2**60))


def test_leaves_out_what_cannot_be_approved_and_approves_the_rest(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen_person, present, good = cast.people(3)
    _, records = service.submitted(frozen_person, good)
    frozen(at(9))
    _, (still_open,) = service.there(present)
    frozen(at(12))
    Passbook.objects.filter(person_id=frozen_person).update(state="frozen")
    decided = approve(actor=cast.leader.actor, record_ids=[*records, still_open, 2**60])
    assert (decided.done, decided.minutes) == (1, 120)
    assert decided.left_out == {
        records[0]: LeftOut.PASSBOOK,
        still_open: LeftOut.STILL_OPEN,
        2**60: LeftOut.NOT_FOUND,
    }
    assert [record_of(pk).state for pk in (*records, still_open)] == ["submitted", "approved", "open"]
    assert Deposit.objects.count() == 1


def test_a_refusal_needs_a_reason_and_deposits_nothing(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    refused(ReasonMissing, lambda: refuse(actor=cast.coordinator.actor, record_ids=[pk], reason=" \n "))
    assert refuse(actor=cast.leader.actor, record_ids=[pk], reason="没有到场").done == 1
    record = record_of(pk)
    assert (record.state, record.refusal_reason, record.deposit_id) == ("refused", "没有到场", None)
    assert record.decided_by_ref == cast.leader.actor.reference
    message = Message.objects.get(recipient_ref=cast.volunteer.reference)
    assert message.parameters["reason"] == "没有到场"
    assert (Deposit.objects.count(), Transfer.objects.count()) == (0, 0)
    left_out(lambda: approve(actor=cast.coordinator.actor, record_ids=[pk]), LeftOut.DECIDED, pk)
    left_out(lambda: refuse(actor=cast.coordinator.actor, record_ids=[pk], reason="没来"), LeftOut.DECIDED, pk)


def test_what_was_refused_and_corrected_is_approved_like_any_other(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    refuse(actor=cast.coordinator.actor, record_ids=[pk], reason="时间不对")
    correct_presence(
        actor=cast.leader.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10), reason="实际一小时"
    )
    assert approve(actor=cast.coordinator.actor, record_ids=[pk]).minutes == 60
    assert verify().ok


def test_two_levels_want_the_leader_first_and_then_somebody_else(
    cast: Cast, service: Service, two_levels: None
) -> None:
    shift, (pk,) = service.submitted()
    left_out(lambda: approve(actor=cast.coordinator.actor, record_ids=[pk]), LeftOut.LEADER_FIRST, pk)
    assert not waiting_for_approval(cast.coordinator.actor).exists()
    first = approve(actor=cast.leader.actor, record_ids=[pk])
    assert (first.done, first.advanced, first.minutes) == (0, 1, 0)
    assert (record_of(pk).state, record_of(pk).levels_approved, Deposit.objects.count()) == ("submitted", 1, 0)
    left_out(lambda: approve(actor=cast.leader.actor, record_ids=[pk]), LeftOut.ANOTHER_PERSON, pk)
    assert not waiting_for_approval(cast.leader.actor).exists()
    second = approve_activity(actor=cast.coordinator.actor, activity_id=shift.activity_id)
    assert (second.done, second.advanced, second.minutes) == (1, 0, 120)
    assert list(Approval.objects.order_by("level").values_list("level", "approved_by_ref")) == [
        (1, cast.leader.actor.reference),
        (2, cast.coordinator.actor.reference),
    ]
    assert (record_of(pk).levels_approved, Deposit.objects.count()) == (2, 1)
    assert verify().ok


def test_where_the_leader_served_two_coordinators_approve(cast: Cast, service: Service, two_levels: None) -> None:
    _, (pk,) = service.submitted(cast.leader.person_id)
    left_out(lambda: approve(actor=cast.leader.actor, record_ids=[pk]), LeftOut.OWN, pk)
    assert approve(actor=cast.coordinator.actor, record_ids=[pk]).advanced == 1
    left_out(lambda: approve(actor=cast.coordinator.actor, record_ids=[pk]), LeftOut.ANOTHER_PERSON, pk)
    assert approve(actor=cast.administrator.actor, record_ids=[pk]).done == 1
    assert Deposit.objects.count() == 1


def test_a_correction_asks_for_both_approvals_anew(cast: Cast, service: Service, two_levels: None) -> None:
    _, (pk,) = service.submitted()
    approve(actor=cast.leader.actor, record_ids=[pk])
    correct_presence(
        actor=cast.leader.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10), reason="实际一小时"
    )
    assert record_of(pk).levels_approved == 0
    left_out(lambda: approve(actor=cast.coordinator.actor, record_ids=[pk]), LeftOut.LEADER_FIRST, pk)
    approve(actor=cast.leader.actor, record_ids=[pk])
    assert approve(actor=cast.coordinator.actor, record_ids=[pk]).minutes == 60
    assert list(Approval.objects.order_by("pk").values_list("submission", "level")) == [(1, 1), (2, 1), (2, 2)]


@pytest.mark.parametrize("judge", ["leader", "coordinator"])
def test_a_first_approval_stands_where_one_is_enough_by_now(
    cast: Cast, service: Service, two_levels: None, judge: str
) -> None:
    _, (pk,) = service.submitted()
    approve(actor=cast.leader.actor, record_ids=[pk])
    number = propose_policy(
        actor=SYSTEM,
        rules=Rules(star_thresholds_minutes=(6_000, 18_000, 36_000, 60_000, 90_000), approval_levels=1),
    )
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=TUESDAY)
    assert approve(actor=getattr(cast, judge).actor, record_ids=[pk]).done == 1
    assert (record_of(pk).state, Deposit.objects.count()) == ("approved", 1)
    assert Approval.objects.count() == (1 if judge == "leader" else 2)


def test_the_queue_shows_what_is_due_first_with_its_clock(cast: Cast, service: Service, frozen: MoveTo) -> None:
    people = cast.people(3)
    early, _ = service.submitted(people[0], title="早")
    frozen(at(9, days=6))
    second = service.shift(people[1:], starts_at=at(9, days=6), title="后")
    records = check_in(actor=cast.leader.actor, signup_ids=second.signups)
    frozen(at(11, days=6))
    check_out(actor=cast.leader.actor, record_ids=records)
    frozen(at(9, days=10))
    found = waiting_page(cast.coordinator.actor)
    assert [(group.activity.title, group.count, group.minutes, group.days_left) for group in found.groups] == [
        ("早", 1, 120, 2),
        ("后", 2, 240, 6),
    ]
    assert early.activity_id == found.groups[0].activity.pk
    frozen(at(9, days=15))
    summary = waiting_summary(cast.coordinator.actor)
    assert (summary.count, summary.overdue) == (3, 1)
    assert waiting_page(cast.coordinator.actor).groups[0].is_overdue
