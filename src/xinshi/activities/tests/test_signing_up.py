"""Taking places and giving them back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from xinshi.activities.actions import (
    cancel_activity,
    cancel_sign_up,
    mark_attended,
    publish,
    sign_up,
    sign_up_many,
)
from xinshi.activities.domain import (
    ActivityNotOpen,
    AlreadyAttended,
    AlreadySignedUp,
    PassbookMissing,
    PassbookNotActive,
    ShiftFull,
    ShiftOver,
    ShiftStarted,
    SignUpGone,
    TimeConflict,
    TooLateToCancel,
)
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.kernel.actor import ANONYMOUS
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent
from xinshi.people.actions import NewPerson, register_people


def taken(shift_id: int) -> int:
    return Shift.objects.get(pk=shift_id).taken


def refused(error: type[DomainError], shift_id: int, **call: object) -> None:
    """Signing up is refused, and nothing at all changed."""
    before = (taken(shift_id), SignUp.objects.count(), AuditEntry.objects.count(), StoredEvent.objects.count())
    with pytest.raises(error):
        sign_up(shift_id=shift_id, **call)
    after = (taken(shift_id), SignUp.objects.count(), AuditEntry.objects.count(), StoredEvent.objects.count())
    assert after == before


def test_gives_a_place_and_writes_who_took_it(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    signup = SignUp.objects.get(pk=place.signup_id)
    assert (signup.person_id, signup.state, taken(shift_id)) == (cast.volunteer.person_id, "confirmed", 1)
    assert AuditEntry.objects.filter(action="activities.sign_up", object_ref=f"signup:{signup.pk}").count() == 1
    assert StoredEvent.objects.filter(name="activities.signed_up").count() == 1
    assert Message.objects.filter(recipient_ref=cast.volunteer.reference).count() == 0


def test_takes_few_queries(cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: object) -> None:
    (shift_id,) = make_activity().shift_ids
    actor = cast.volunteer.actor
    with django_assert_max_num_queries(10):  # on SQLite, where some take two statements
        sign_up(actor=actor, shift_id=shift_id)


def test_refuses_a_full_shift(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=1).shift_ids
    sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    refused(ShiftFull, shift_id, actor=cast.second.actor)


def test_refuses_a_second_place_in_the_same_shift(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    refused(AlreadySignedUp, shift_id, actor=cast.volunteer.actor)


def test_refuses_overlapping_shift(cast: Cast, make_activity: MakeActivity) -> None:
    (first,) = make_activity(title="义诊", starts_at=tomorrow_at(9)).shift_ids
    (second,) = make_activity(starts_at=tomorrow_at(10)).shift_ids
    sign_up(actor=cast.volunteer.actor, shift_id=first)
    refused(TimeConflict, second, actor=cast.volunteer.actor)


def test_allows_a_shift_that_begins_when_the_other_ends(cast: Cast, make_activity: MakeActivity) -> None:
    (first,) = make_activity(starts_at=tomorrow_at(9)).shift_ids
    (second,) = make_activity(starts_at=tomorrow_at(11)).shift_ids
    sign_up(actor=cast.volunteer.actor, shift_id=first)
    sign_up(actor=cast.volunteer.actor, shift_id=second)
    assert (taken(first), taken(second)) == (1, 1)


def test_the_database_refuses_overlapping_sign_ups_too(cast: Cast, make_activity: MakeActivity) -> None:
    (first,) = make_activity(starts_at=tomorrow_at(9)).shift_ids
    (second,) = make_activity(starts_at=tomorrow_at(10)).shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=first)
    known = SignUp.objects.get(pk=place.signup_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignUp.objects.create(
            shift_id=second,
            person_id=known.person_id,
            signed_up_at=known.signed_up_at,
            signed_up_by_ref=known.signed_up_by_ref,
        )
    assert SignUp.objects.count() == 1


def test_the_database_refuses_one_place_too_many(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=2).shift_ids
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.filter(pk=shift_id).update(taken=3)
    assert taken(shift_id) == 0


def test_hides_a_draft_from_volunteers(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(state="draft").shift_ids
    refused(NotFound, shift_id, actor=cast.volunteer.actor)
    refused(ActivityNotOpen, shift_id, actor=cast.coordinator.actor)


def test_refuses_who_is_not_signed_in(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    refused(NotAllowed, shift_id, actor=ANONYMOUS)


def test_refuses_a_shift_that_has_begun(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    with time_machine.travel(tomorrow_at(9), tick=False):
        refused(ShiftStarted, shift_id, actor=cast.volunteer.actor)


def test_the_leader_adds_a_walk_up_until_the_shift_ends(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    with time_machine.travel(tomorrow_at(10), tick=False):
        sign_up(actor=cast.leader.actor, shift_id=shift_id, person_id=cast.second.person_id)
    assert taken(shift_id) == 1
    assert Message.objects.filter(recipient_ref=cast.second.reference).count() == 1
    with time_machine.travel(tomorrow_at(11), tick=False):
        refused(ShiftOver, shift_id, actor=cast.leader.actor, person_id=cast.volunteer.person_id)


def test_nobody_else_signs_others_up(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    refused(NotAllowed, shift_id, actor=cast.volunteer.actor, person_id=cast.second.person_id)
    refused(NotAllowed, shift_id, actor=cast.other_leader.actor, person_id=cast.second.person_id)


def test_refuses_without_an_active_passbook(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    (stranger,) = register_people(actor=SYSTEM, people=[NewPerson(name="孙无折")])
    refused(PassbookMissing, shift_id, actor=cast.coordinator.actor, person_id=stranger)
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(state="frozen")
    refused(PassbookNotActive, shift_id, actor=cast.volunteer.actor)


def test_cancelling_gives_the_place_back_and_keeps_the_row(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=1).shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
    signup = SignUp.objects.get(pk=place.signup_id)
    assert (signup.state, signup.cancelled_by_ref, taken(shift_id)) == ("cancelled", cast.volunteer.actor.reference, 0)
    with pytest.raises(SignUpGone):
        cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
    again = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    assert again.signup_id != place.signup_id
    assert taken(shift_id) == 1


def test_after_the_start_only_the_leader_cancels(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    with time_machine.travel(tomorrow_at(9), tick=False):
        with pytest.raises(TooLateToCancel):
            cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
        assert taken(shift_id) == 1
        cancel_sign_up(actor=cast.leader.actor, signup_id=place.signup_id)
    assert taken(shift_id) == 0
    assert Message.objects.filter(recipient_ref=cast.volunteer.reference).count() == 1


def test_who_was_checked_in_cannot_be_cancelled(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    with transaction.atomic():
        mark_attended(signup_ids=[place.signup_id], at=tomorrow_at(9))
    with pytest.raises(AlreadyAttended):
        cancel_sign_up(actor=cast.leader.actor, signup_id=place.signup_id)
    assert taken(shift_id) == 1


def test_other_peoples_sign_ups_are_as_if_not_there(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    for somebody in (cast.second, cast.other_leader, cast.auditor):
        with pytest.raises(NotFound):
            cancel_sign_up(actor=somebody.actor, signup_id=place.signup_id)
    assert taken(shift_id) == 1


def test_signs_many_up_in_a_fixed_number_of_queries(
    cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: object
) -> None:
    people = cast.people(60)
    shifts = make_activity(places=60, shifts=3).shift_ids
    pairs = [(shift, person) for shift in shifts for person in people]
    with django_assert_max_num_queries(16):  # SQLite writes the rows in several parts
        ids = sign_up_many(actor=cast.coordinator.actor, signups=pairs)
    assert len(set(ids)) == 180
    assert [taken(shift) for shift in shifts] == [60, 60, 60]
    assert [(row.shift_id, row.person_id) for row in SignUp.objects.order_by("pk")] == pairs


def test_signing_many_up_is_all_or_nothing(cast: Cast, make_activity: MakeActivity) -> None:
    people = cast.people(3)
    (morning,) = make_activity(places=2).shift_ids
    (clash,) = make_activity(starts_at=tomorrow_at(10), places=5).shift_ids
    with pytest.raises(ShiftFull):
        sign_up_many(actor=cast.coordinator.actor, signups=[(morning, person) for person in people])
    with pytest.raises(TimeConflict):
        sign_up_many(actor=cast.coordinator.actor, signups=[(morning, people[0]), (clash, people[0])])
    with pytest.raises(AlreadySignedUp):
        sign_up_many(actor=cast.coordinator.actor, signups=[(morning, people[0]), (morning, people[0])])
    with pytest.raises(NotAllowed):
        sign_up_many(actor=cast.leader.actor, signups=[(morning, people[0])])
    assert SignUp.objects.count() == 0
    assert (taken(morning), taken(clash)) == (0, 0)


def test_a_cancelled_activity_takes_nobody(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    (shift_id,) = made.shift_ids
    cancel_activity(actor=cast.coordinator.actor, activity_id=made.activity_id, reason="台风")
    refused(ActivityNotOpen, shift_id, actor=cast.volunteer.actor)


def test_publishing_opens_the_shifts(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(state="draft")
    publish(actor=cast.coordinator.actor, activity_id=made.activity_id)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    assert taken(made.shift_ids[0]) == 1
    assert tomorrow_at(9) + timedelta(hours=2) == Shift.objects.get(pk=made.shift_ids[0]).ends_at
