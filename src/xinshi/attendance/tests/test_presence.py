"""Checking in and out, corrections, presence entered afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from xinshi.activities.actions import cancel_activity, cancel_sign_up, change_activity, sign_up
from xinshi.activities.domain import (
    AlreadyAttended,
    NewActivity,
    NewShift,
    ReasonMissing,
    ServiceAlreadyGiven,
    ShiftFull,
    ShiftHasPresence,
    SignUpGone,
)
from xinshi.activities.models import Activity, SignUp
from xinshi.activities.models import Shift as ShiftRow
from xinshi.activities.tests.conftest import Cast
from xinshi.attendance.actions import (
    approve,
    check_in,
    check_out,
    correct_presence,
    record_many,
    refuse,
    take_back_check_in,
)
from xinshi.attendance.domain import (
    AlreadyCheckedIn,
    NewRecord,
    NotCheckedIn,
    OutBeforeIn,
    PresenceOutsideShift,
    PresenceOverlaps,
    RecordDecided,
    ShiftAlreadyOver,
    StillCheckedIn,
    TimeInFuture,
    TimeOutsideDay,
)
from xinshi.attendance.models import Correction, ServiceRecord
from xinshi.attendance.queries import segments
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.audit.models import AuditEntry
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.messages.models import Message


def refused(error: type[DomainError], action: Callable[[], object]) -> None:
    """The action is refused, and nothing at all changed."""
    before = written()
    with pytest.raises(error):
        action()
    assert written() == before


def test_keeps_scheduled_present_and_credited_minutes_apart(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    frozen(at(9, 10))
    (pk,) = check_in(actor=cast.leader.actor, signup_ids=shift.signups)
    opened = record_of(pk)
    assert (opened.state, opened.scheduled_minutes, opened.present_minutes, opened.credited_minutes) == (
        "open",
        120,
        None,
        None,
    )
    assert (opened.checked_in_at, opened.checked_in_by_ref) == (at(9, 10), cast.leader.actor.reference)
    assert SignUp.objects.get(pk=shift.signups[0]).attended_at == at(9, 10)
    frozen(at(11, 25))
    assert check_out(actor=cast.leader.actor, record_ids=[pk]) == [pk]
    record = record_of(pk)
    assert (record.state, record.scheduled_minutes, record.present_minutes, record.credited_minutes) == (
        "submitted",
        120,
        135,
        110,
    )
    assert (record.checked_out_at, record.due_on.isoformat()) == (at(11, 25), "2026-03-17")
    assert list(AuditEntry.objects.filter(object_ref=f"service-record:{pk}").values_list("action", flat=True)) == [
        "attendance.check_in",
        "attendance.check_out",
    ]


def test_checks_many_in_in_the_order_given(cast: Cast, service: Service) -> None:
    shift = service.shift(cast.people(5))
    records = check_in(actor=cast.leader.actor, signup_ids=list(reversed(shift.signups)))
    assert [record_of(pk).signup_id for pk in records] == list(reversed(shift.signups))


def test_refuses_a_second_check_in_and_checks_nobody_else_in_either(cast: Cast, service: Service) -> None:
    shift, _ = service.there(cast.volunteer.person_id, places=3)
    other = sign_up(actor=cast.leader.actor, shift_id=shift.shift_id, person_id=cast.second.person_id)
    both = [*shift.signups, other.signup_id]
    refused(AlreadyCheckedIn, lambda: check_in(actor=cast.leader.actor, signup_ids=both))


def test_refuses_who_does_not_lead_the_activity(cast: Cast, service: Service) -> None:
    shift, records = service.there()
    for somebody in (cast.volunteer, cast.other_leader, cast.auditor, cast.clerk):
        refused(NotFound, lambda who=somebody: check_in(actor=who.actor, signup_ids=shift.signups))
        refused(NotFound, lambda who=somebody: check_out(actor=who.actor, record_ids=records))
        refused(NotFound, lambda who=somebody: take_back_check_in(actor=who.actor, record_id=records[0]))
        refused(
            NotFound,
            lambda who=somebody: correct_presence(
                actor=who.actor, record_id=records[0], checked_in_at=at(8), checked_out_at=at(9), reason="忘了"
            ),
        )


def test_refuses_what_is_not_there(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    refused(NotFound, lambda: check_in(actor=cast.leader.actor, signup_ids=[*shift.signups, 2**60]))
    refused(NotFound, lambda: check_in(actor=cast.leader.actor, signup_ids=[]))
    refused(NotFound, lambda: check_out(actor=cast.leader.actor, record_ids=[2**60]))
    refused(NotFound, lambda: check_out(actor=cast.leader.actor, record_ids=[]))


def test_refuses_a_cancelled_sign_up(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    cancel_sign_up(actor=cast.leader.actor, signup_id=shift.signups[0])
    refused(SignUpGone, lambda: check_in(actor=cast.leader.actor, signup_ids=shift.signups))


def test_refuses_times_that_cannot_be(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    leader = cast.leader.actor
    refused(TimeInFuture, lambda: check_in(actor=leader, signup_ids=shift.signups, at=at(9, 1)))
    refused(TimeOutsideDay, lambda: check_in(actor=leader, signup_ids=shift.signups, at=at(9, days=-1)))
    frozen(at(11, 30))
    refused(ShiftAlreadyOver, lambda: check_in(actor=leader, signup_ids=shift.signups))
    (pk,) = check_in(actor=leader, signup_ids=shift.signups, at=at(9, 5))
    refused(TimeInFuture, lambda: check_out(actor=leader, record_ids=[pk], at=at(11, 31)))
    refused(OutBeforeIn, lambda: check_out(actor=leader, record_ids=[pk], at=at(9, 5)))
    frozen(at(8, days=1))
    refused(TimeOutsideDay, lambda: check_out(actor=leader, record_ids=[pk]))
    check_out(actor=leader, record_ids=[pk], at=at(11))
    assert record_of(pk).credited_minutes == 115


def test_refuses_presence_that_ended_before_the_shift_began(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen(at(8))
    _, (pk,) = service.there()
    frozen(at(8, 50))
    refused(PresenceOutsideShift, lambda: check_out(actor=cast.leader.actor, record_ids=[pk]))


def test_nobody_is_in_two_places_at_once(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    frozen(at(8))
    _first, (record,) = service.there(me)
    later = service.shift([me], starts_at=at(11), title="义诊")
    frozen(at(10, 50))
    refused(StillCheckedIn, lambda: check_in(actor=cast.leader.actor, signup_ids=later.signups))
    frozen(at(11, 10))
    check_out(actor=cast.leader.actor, record_ids=[record])
    refused(PresenceOverlaps, lambda: check_in(actor=cast.leader.actor, signup_ids=later.signups, at=at(11, 5)))
    check_in(actor=cast.leader.actor, signup_ids=later.signups)


def test_one_check_in_never_opens_two_shifts_of_one_person(cast: Cast, service: Service) -> None:
    me = cast.volunteer.person_id
    morning, noon = service.shift([me]), service.shift([me], starts_at=at(11))
    refused(
        StillCheckedIn,
        lambda: check_in(actor=cast.leader.actor, signup_ids=[*morning.signups, *noon.signups]),
    )


def test_a_forgotten_check_out_does_not_keep_from_the_next_shift(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    _, (forgotten,) = service.there(me)
    later = service.shift([me], starts_at=at(13))
    frozen(at(13))
    (next_record,) = check_in(actor=cast.leader.actor, signup_ids=later.signups)
    frozen(at(15))
    check_out(actor=cast.leader.actor, record_ids=[next_record])
    refused(PresenceOverlaps, lambda: check_out(actor=cast.leader.actor, record_ids=[forgotten]))
    check_out(actor=cast.leader.actor, record_ids=[forgotten], at=at(11))
    assert (record_of(forgotten).credited_minutes, record_of(next_record).credited_minutes) == (120, 120)


def test_the_database_refuses_overlapping_presence_too(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    known = record_of(pk)
    other = service.shift([cast.volunteer.person_id], starts_at=at(13))
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.create(
            signup_id=other.signups[0],
            person_id=known.person_id,
            shift_id=other.shift_id,
            hours_kind="verified",
            state="submitted",
            scheduled_minutes=120,
            present_minutes=30,
            credited_minutes=30,
            checked_in_at=at(10, 45),
            checked_in_by_ref="user:1",
            checked_in_through="leader",
            checked_out_at=at(11, 15),
            checked_out_by_ref="user:1",
            submitted_at=at(12),
            due_on=known.due_on,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=pk).update(checked_out_at=at(11, days=2))
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=pk).update(credited_minutes=121)
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=pk).update(checked_in_through="entered", entry_reason="")
    assert record_of(pk).credited_minutes == 120


def test_a_check_in_taken_back_can_be_done_again(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift, (pk,) = service.there()
    refused(AlreadyAttended, lambda: cancel_sign_up(actor=cast.leader.actor, signup_id=shift.signups[0]))
    take_back_check_in(actor=cast.leader.actor, record_id=pk)
    assert record_of(pk).state == "withdrawn"
    assert SignUp.objects.get(pk=shift.signups[0]).attended_at is None
    refused(NotCheckedIn, lambda: take_back_check_in(actor=cast.leader.actor, record_id=pk))
    refused(NotCheckedIn, lambda: check_out(actor=cast.leader.actor, record_ids=[pk]))
    refused(
        NotCheckedIn,
        lambda: correct_presence(
            actor=cast.leader.actor, record_id=pk, checked_in_at=at(8), checked_out_at=at(9), reason="来过"
        ),
    )
    frozen(at(9, 30))
    assert check_in(actor=cast.leader.actor, signup_ids=shift.signups) == [pk]
    assert (record_of(pk).state, record_of(pk).checked_in_at) == ("open", at(9, 30))


def test_a_correction_keeps_the_old_times_and_submits_anew(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    refuse(actor=cast.coordinator.actor, record_ids=[pk], reason="时间不对")
    correct_presence(
        actor=cast.leader.actor, record_id=pk, checked_in_at=at(9, 30), checked_out_at=at(10, 30), reason="记错了"
    )
    record = record_of(pk)
    assert (record.state, record.credited_minutes, record.submission, record.refusal_reason) == ("submitted", 60, 2, "")
    kept = Correction.objects.get(record_id=pk)
    assert (kept.old_state, kept.old_checked_in_at, kept.old_checked_out_at) == ("refused", at(9), at(11))
    assert (kept.old_refusal_reason, kept.reason) == ("时间不对", "记错了")
    assert kept.corrected_by_ref == cast.leader.actor.reference
    assert Message.objects.filter(recipient_ref=cast.volunteer.reference).count() == 2


def test_a_correction_needs_a_reason_and_possible_times(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()

    def correct(came: object, left: object, reason: str = "记错了") -> Callable[[], object]:
        return lambda: correct_presence(
            actor=cast.leader.actor, record_id=pk, checked_in_at=came, checked_out_at=left, reason=reason
        )

    refused(ReasonMissing, correct(at(9), at(10), "  "))
    refused(TimeInFuture, correct(at(9), at(13)))
    refused(TimeOutsideDay, correct(at(9, days=-1), at(11)))
    refused(OutBeforeIn, correct(at(11), at(9)))
    refused(PresenceOutsideShift, correct(at(11), at(12)))


def test_what_was_approved_is_not_corrected_any_more(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[pk])
    refused(
        RecordDecided,
        lambda: correct_presence(
            actor=cast.leader.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10), reason="记错了"
        ),
    )


def entered(service: Service, person_id: int, **more: object) -> NewRecord:
    shift_id = more.pop("shift_id", None) or service.shift([]).shift_id
    values = {"checked_in_at": at(9), "checked_out_at": at(11), "reason": "手机没电"} | more
    return NewRecord(shift_id=shift_id, person_id=person_id, **values)


def test_what_is_entered_afterwards_is_honorary_and_says_why(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen(at(12))
    new = entered(service, cast.volunteer.person_id)
    (pk,) = record_many(actor=cast.coordinator.actor, records=[new])
    record = record_of(pk)
    assert (record.hours_kind, record.entry_reason, record.checked_in_through) == ("honorary", "手机没电", "entered")
    assert (record.state, record.credited_minutes) == ("submitted", 120)
    assert ShiftRow.objects.get(pk=new.shift_id).taken == 1


def test_a_bulk_of_leaders_lists_has_the_activitys_kind_of_hours(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen(at(12))
    shift_ids = [
        service.shift([], title=title, hours_kind=kind).shift_id
        for title, kind in (("导医", HoursKind.VERIFIED), ("讲座", HoursKind.HONORARY))
    ]
    people = [cast.volunteer.person_id, cast.second.person_id]
    new = [
        entered(service, person, shift_id=shift, through="leader", reason="")
        for shift, person in zip(shift_ids, people, strict=True)
    ]
    records = record_many(actor=cast.coordinator.actor, records=new)
    assert [record_of(pk).hours_kind for pk in records] == ["verified", "honorary"]


def test_entering_is_refused_whole(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen(at(12))
    coordinator, me, other = cast.coordinator.actor, cast.volunteer.person_id, cast.second.person_id
    good = entered(service, other)
    overlapping = entered(service, other, checked_in_at=at(10), checked_out_at=at(11))
    crowded = service.shift(cast.people(2), places=2).shift_id
    for error, actor, bad in (
        (NotAllowed, cast.leader.actor, entered(service, me)),
        (NotAllowed, cast.volunteer.actor, entered(service, me)),
        (ReasonMissing, coordinator, entered(service, me, reason=" ")),
        (NotFound, coordinator, entered(service, me, shift_id=2**60)),
        (NotFound, coordinator, entered(service, 2**60)),
        (TimeInFuture, coordinator, entered(service, me, checked_out_at=at(13))),
        (TimeOutsideDay, coordinator, entered(service, me, checked_in_at=at(9, days=-1))),
        (OutBeforeIn, coordinator, entered(service, me, checked_out_at=at(9))),
        (PresenceOutsideShift, coordinator, entered(service, me, checked_in_at=at(11), checked_out_at=at(12))),
        (AlreadyCheckedIn, coordinator, good),
        (ShiftFull, coordinator, entered(service, me, shift_id=crowded)),
    ):
        places = dict(ShiftRow.objects.values_list("pk", "taken"))
        refused(error, lambda who=actor, new=bad: record_many(actor=who, records=[good, new]))
        assert dict(ShiftRow.objects.values_list("pk", "taken")) == places
    with pytest.raises(DomainError):
        record_many(actor=coordinator, records=[good, overlapping])
    assert ServiceRecord.objects.count() == 0


def test_entering_is_refused_for_who_is_checked_in_elsewhere(cast: Cast, service: Service, frozen: MoveTo) -> None:
    service.there(cast.volunteer.person_id, hours=1)
    shift_id = service.shift([], starts_at=at(10)).shift_id
    frozen(at(12))
    new = entered(service, cast.volunteer.person_id, shift_id=shift_id, checked_in_at=at(9, 50))
    refused(StillCheckedIn, lambda: record_many(actor=cast.coordinator.actor, records=[new]))


def test_entering_uses_a_record_whose_check_in_was_taken_back(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift, (pk,) = service.there()
    take_back_check_in(actor=cast.leader.actor, record_id=pk)
    frozen(at(12))
    new = entered(service, cast.volunteer.person_id, shift_id=shift.shift_id)
    assert record_many(actor=cast.coordinator.actor, records=[new]) == [pk]
    record = record_of(pk)
    assert (record.state, record.hours_kind, record.entry_reason) == ("submitted", "honorary", "手机没电")


def test_who_served_keeps_the_activity_from_being_called_off(cast: Cast, service: Service) -> None:
    shift, _ = service.there()
    refused(
        ServiceAlreadyGiven,
        lambda: cancel_activity(actor=cast.coordinator.actor, activity_id=shift.activity_id, reason="台风"),
    )


def changed(cast: Cast, activity_id: int, shift_id: int, starts_at: object, ends_at: object) -> None:
    row = Activity.objects.get(pk=activity_id)
    change_activity(
        actor=cast.coordinator.actor,
        activity_id=activity_id,
        activity=NewActivity(
            title=row.title,
            category=row.category,
            place=row.place,
            organizer_id=row.organizer_id,
            person_in_charge_id=row.person_in_charge_id,
            shifts=(NewShift(shift_id=shift_id, starts_at=starts_at, ends_at=ends_at, places=2),),
        ),
    )


def test_a_shift_prolonged_while_people_serve_counts_as_it_was_held(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    shift, (pk,) = service.there()
    refused(
        ShiftHasPresence,
        lambda: changed(cast, shift.activity_id, shift.shift_id, at(9, days=1), at(11, days=1)),
    )
    changed(cast, shift.activity_id, shift.shift_id, at(9), at(12))
    frozen(at(12))
    check_out(actor=cast.leader.actor, record_ids=[pk])
    assert (record_of(pk).scheduled_minutes, record_of(pk).credited_minutes) == (180, 180)


def test_tells_the_exchange_which_times_are_known(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    _, (pk,) = service.there(me)
    assert [(s.starts_at, s.ends_at) for s in segments([me], at(10), at(12))] == [(at(9), at(11))]
    frozen(at(10, 30))
    check_out(actor=cast.leader.actor, record_ids=[pk])
    known = segments([me, cast.second.person_id], at(10), at(12))
    assert [(s.person_id, s.starts_at, s.ends_at, s.source_ref) for s in known] == [
        (me, at(9), at(10, 30), f"service-record:{pk}")
    ]
    assert segments([me], at(10, 30), at(12)) == []
    refuse(actor=cast.leader.actor, record_ids=[pk], reason="没来")
    assert segments([me], at(10), at(12)) == []
