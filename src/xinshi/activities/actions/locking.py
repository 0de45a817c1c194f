"""Locking a whole activity: the people who have a place in it, the activity, its shifts, always in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from xinshi.activities.domain import ActivityBusy
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person

ATTEMPTS_MAX: Final = 5
LIVE: Final = (SignUp.State.REQUESTED, SignUp.State.WAITING, SignUp.State.OFFERED, SignUp.State.CONFIRMED)
"""Sign-ups that may still become a place, or are one."""
HELD: Final = (SignUp.State.OFFERED, SignUp.State.CONFIRMED)
"""Sign-ups that count as taken."""


@dataclass(frozen=True, slots=True)
class LockedActivity:
    """Nobody takes or gives back a place in it until the transaction ends.

    `people` are those who have a place, asked for one, wait for one or were offered one.
    """

    activity: Activity
    shifts: dict[int, Shift]
    people: list[int]


def lock_whole(activity_id: int) -> LockedActivity:
    """Lock everything of one activity; NotFound where there is none.

    Somebody may take a place between the locks of the people and those of the shifts. Locking that person afterwards
    would turn the order round and could end in a deadlock, so everything is given back and tried again.
    """
    for _ in range(ATTEMPTS_MAX):
        savepoint = transaction.savepoint()
        found = _locked(activity_id)
        if set(_people_of(activity_id)).issubset(found.people):
            transaction.savepoint_commit(savepoint)
            return found
        transaction.savepoint_rollback(savepoint)
    raise ActivityBusy


def _locked(activity_id: int) -> LockedActivity:
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=_people_of(activity_id)).order_by("pk")
    locked_people = list(people.values_list("pk", flat=True))
    activity = Activity.objects.select_for_update(no_key=True).filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    shifts = Shift.objects.select_for_update().filter(activity=activity).order_by("pk")
    return LockedActivity(activity, {shift.pk: shift for shift in shifts}, locked_people)


def _people_of(activity_id: int) -> list[int]:
    signed_up = SignUp.objects.filter(shift__activity_id=activity_id, state__in=LIVE)
    return list(signed_up.order_by("person_id").values_list("person_id", flat=True).distinct())
