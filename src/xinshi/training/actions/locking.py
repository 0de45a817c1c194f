"""Locks of this room, always in this order: people by id, the session, the enrolment, places."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person
from xinshi.training.models import Enrolment, Session

PART: Final = 500


def lock_people(person_ids: Collection[int]) -> None:
    """Hold these people's rows until the transaction ends."""
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), PART):
        part = wanted[start : start + PART]
        list(
            Person.objects.select_for_update(no_key=True)
            .filter(pk__in=part)
            .order_by("pk")
            .values_list("pk", flat=True)
        )


def lock_person(person_id: int) -> None:
    """Hold a living person's row; NotFound for who was erased or merged into somebody else."""
    alive = Person.objects.select_for_update(no_key=True).filter(pk=person_id, erased_at=None, merged_into=None)
    if alive.values_list("pk", flat=True).first() is None:
        raise NotFound


def locked_session(session_id: int) -> Session:
    found = Session.objects.select_for_update().filter(pk=session_id).first()
    if found is None:
        raise NotFound
    return found


def open_enrolment(person_id: int, course_id: int) -> Enrolment | None:
    """The person's running enrolment, locked."""
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course__qualification")
        .filter(person_id=person_id, course_id=course_id, passed_at=None)
        .first()
    )
