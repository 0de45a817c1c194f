"""Judgement of practical skill by a trainer, and another try by who manages."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access
from xinshi.training.actions.completing import complete
from xinshi.training.actions.locking import lock_person
from xinshi.training.domain import NotPossibleYet
from xinshi.training.models import Enrolment, Place


@transaction.atomic
def judge_practical(*, actor: Actor, person_id: int, course_id: int) -> int | None:
    """Say that somebody can do in practice what the course teaches; the certificate's id where nothing else is missing.

    By who trained them (they came to one of the actor's sessions of this course) or who manages; never for oneself.
    """
    _require_judge(actor, person_id, course_id)
    access.require_not_oneself(actor, person_id)
    lock_person(person_id)
    running = Enrolment.objects.select_for_update(of=("self",)).select_related("course__qualification")
    enrolment = running.filter(person_id=person_id, course_id=course_id, passed_at=None).first()
    if enrolment is None or not enrolment.course.wants_practical:
        raise NotPossibleYet
    if enrolment.practical_passed_at is None:
        enrolment.practical_passed_at, enrolment.practical_by_ref = clock.now(), actor.reference
        enrolment.save(update_fields=["practical_passed_at", "practical_by_ref"])
        record(actor=actor, action="training.judge_practical", object_ref=f"enrolment:{enrolment.pk}", person=person_id)
    issued = complete(actor=actor, enrolments=[enrolment])
    return issued[0].pk if issued else None


def _require_judge(actor: Actor, person_id: int, course_id: int) -> None:
    if access.is_manager(actor):
        return
    taught = Place.objects.filter(
        person_id=person_id,
        session__course_id=course_id,
        session__trainer_id=actor.person_id or 0,
        presence=Place.Presence.PRESENT,
    )
    if not taught.exists():
        raise NotFound


@transaction.atomic
def give_another_try(*, actor: Actor, enrolment_id: int) -> None:
    """One more try of the quiz, for who used all of them."""
    access.require_manager(actor)
    found = Enrolment.objects.filter(pk=enrolment_id, passed_at=None).first()
    if found is None:
        raise NotFound
    access.require_not_oneself(actor, found.person_id)
    lock_person(found.person_id)
    enrolment = Enrolment.objects.select_for_update().get(pk=enrolment_id)
    enrolment.extra_tries += 1
    enrolment.save(update_fields=["extra_tries"])
    record(actor=actor, action="training.give_another_try", object_ref=f"enrolment:{enrolment.pk}")
