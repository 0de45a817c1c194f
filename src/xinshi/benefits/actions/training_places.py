"""A day of a course is a date of its training: whoever reserves it has a place there, whoever cancels gives it back.

Locks: the person (before the passbook), then what this room locks, then the session.
"""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.locking import locked_slot_of_any
from xinshi.benefits.domain import COURSE_KIND, NotATrainingDate
from xinshi.benefits.models import Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.models import Person
from xinshi.training.actions import release_place, reserve_place
from xinshi.training.queries import session_view


@transaction.atomic
def link_training(*, actor: Actor, slot_id: int, session_id: int | None) -> bool:
    """Say of which training session a day of a course is the date; None ends that. Before anybody has reserved it.

    NotATrainingDate where the benefit is no course, gives several pieces, or the session is on another day.
    """
    access.require_manager(actor)
    slot = locked_slot_of_any(slot_id)
    if slot.training_session_id == session_id:
        return False
    if session_id is not None:
        session = session_view(actor, session_id).session
        is_same_day = clock.local_day(session.starts_at) == slot.day
        if slot.benefit.kind != COURSE_KIND or slot.benefit.pieces_max != 1 or not is_same_day:
            raise NotATrainingDate
    if slot.taken:
        raise NotATrainingDate
    Slot.objects.filter(pk=slot_id).update(training_session_id=session_id)
    record(
        actor=actor,
        action="benefits.link_training",
        object_ref=f"benefit:{slot.benefit_id}",
        slot=slot_id,
        session=session_id,
    )
    return True


def lock_for_training(person_id: int, slot_id: int | None) -> None:
    """Hold the person's row before their passbook, where the day is a date of a training."""
    if slot_id is not None and Slot.objects.filter(pk=slot_id, training_session__isnull=False).exists():
        list(Person.objects.select_for_update(no_key=True).filter(pk=person_id).values_list("pk", flat=True))


def take_training_place(actor: Actor, voucher: Voucher, slot: Slot | None) -> None:
    """The voucher's owner has a place in the session, or nothing is reserved at all (SessionFull and its kin)."""
    if slot is not None and slot.training_session_id is not None:
        reserve_place(
            actor=actor,
            session_id=slot.training_session_id,
            person_id=voucher.person_id,
            source_ref=f"voucher:{voucher.pk}",
        )


def leave_training_place(actor: Actor, voucher: Voucher) -> None:
    """The voucher was cancelled: the first who waits for the session gets the place."""
    if voucher.slot is not None and voucher.slot.training_session_id is not None:
        release_place(actor=actor, source_ref=f"voucher:{voucher.pk}")
