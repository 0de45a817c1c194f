"""The opening rush: many threads, each with a connection of its own, on whichever database the tests use.

SQLite writes one after the other anyway, so there fewer threads do.
"""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection
from django.db.models import Count, F, Q

from xinshi.activities.actions import TakenPlace, cancel_activity, cancel_sign_up, change_activity, sign_up
from xinshi.activities.domain import (
    ActivityBusy,
    ActivityNotOpen,
    AlreadySignedUp,
    MoveConflicts,
    NewActivity,
    NewShift,
    ShiftFull,
    SignUpGone,
    TimeConflict,
)
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, all_at_once, tomorrow_at
from xinshi.audit.models import AuditEntry
from xinshi.kernel.actor import Actor, Role

pytestmark = pytest.mark.django_db(transaction=True)


def volunteers(cast: Cast, number: int) -> list[Actor]:
    return [
        Actor(reference=f"user:{person}", user_id=person, person_id=person, roles=frozenset({Role.VOLUNTEER}))
        for person in cast.people(number)
    ]


def every_count_is_right() -> bool:
    """Each shift has as many places taken as confirmed sign-ups, and nobody two places at once."""
    counted = Shift.objects.annotate(confirmed=Count("signups", filter=Q(signups__state="confirmed")))
    twice = SignUp.objects.filter(
        state="confirmed",
        person__signups__state="confirmed",
        person__signups__shift__starts_at__lt=F("shift__ends_at"),
        person__signups__shift__ends_at__gt=F("shift__starts_at"),
    ).exclude(person__signups__pk=F("pk"))
    return not counted.exclude(taken=F("confirmed")).exists() and not twice.exists()


def test_of_one_place_shifts_each_is_taken_once(cast: Cast, make_activity: MakeActivity) -> None:
    number, claimants = (20, 24) if connection.vendor == "postgresql" else (6, 8)
    shifts = make_activity(places=1, shifts=number).shift_ids
    actors = volunteers(cast, claimants)
    jobs = [partial(sign_up, actor=actor, shift_id=shift) for shift in shifts for actor in actors]
    results = all_at_once(jobs, threads=claimants)
    assert len(results) == number * claimants
    assert sum(isinstance(result, TakenPlace) for result in results) == number
    assert sum(isinstance(result, ShiftFull) for result in results) == number * (claimants - 1)
    assert SignUp.objects.count() == SignUp.objects.values("shift_id").distinct().count() == number
    assert AuditEntry.objects.filter(action="activities.sign_up").count() == number
    assert every_count_is_right()


def test_who_clicks_in_two_windows_at_once_has_one_place(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=5).shift_ids
    (clash,) = make_activity(places=5, starts_at=tomorrow_at(10)).shift_ids
    (actor,) = volunteers(cast, 1)
    jobs = [partial(sign_up, actor=actor, shift_id=shift_id) for _ in range(4) for shift_id in (shift, clash)]
    results = all_at_once(jobs, threads=8)
    assert sum(isinstance(result, TakenPlace) for result in results) == 1
    assert all(isinstance(result, TakenPlace | AlreadySignedUp | TimeConflict) for result in results)
    assert every_count_is_right()


def test_coming_and_going_loses_no_place(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=3).shift_ids

    def come_and_go(actor: Actor) -> None:
        place = sign_up(actor=actor, shift_id=shift)
        cancel_sign_up(actor=actor, signup_id=place.signup_id)
        sign_up(actor=actor, shift_id=shift)

    results = all_at_once([partial(come_and_go, actor) for actor in volunteers(cast, 12)], threads=6)
    assert all(result is None or isinstance(result, ShiftFull | SignUpGone) for result in results)
    assert 1 <= Shift.objects.get(pk=shift).taken <= 3
    assert every_count_is_right()


def test_calling_off_leaves_nobody_with_a_place(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=40)

    def call_off() -> int:
        return cancel_activity(actor=SYSTEM, activity_id=made.activity_id, reason="台风")

    jobs = [partial(sign_up, actor=actor, shift_id=made.shift_ids[0]) for actor in volunteers(cast, 16)]
    results = all_at_once([*jobs[:8], call_off, *jobs[8:]], threads=6)
    told = results.pop(8)
    if isinstance(told, ActivityBusy):
        told = call_off()
    assert all(isinstance(result, TakenPlace | ActivityNotOpen) for result in results)
    assert told == SignUp.objects.count() == SignUp.objects.filter(state="cancelled").count()
    assert Shift.objects.get(pk=made.shift_ids[0]).taken == 0


def test_moving_a_shift_puts_nobody_in_two_places(cast: Cast, make_activity: MakeActivity) -> None:
    moved = make_activity(places=40)
    (noon,) = make_activity(places=40, starts_at=tomorrow_at(12)).shift_ids
    row = Activity.objects.get(pk=moved.activity_id)

    def move() -> list[str]:
        new = NewShift(shift_id=moved.shift_ids[0], starts_at=tomorrow_at(12), ends_at=tomorrow_at(14), places=40)
        activity = NewActivity(
            title=row.title,
            category=row.category,
            place=row.place,
            organizer_id=row.organizer_id,
            person_in_charge_id=row.person_in_charge_id,
            shifts=(new,),
        )
        return change_activity(actor=SYSTEM, activity_id=row.pk, activity=activity)

    def take_both(actor: Actor) -> None:
        sign_up(actor=actor, shift_id=moved.shift_ids[0])
        sign_up(actor=actor, shift_id=noon)

    jobs = [partial(take_both, actor) for actor in volunteers(cast, 12)]
    results = all_at_once([*jobs[:4], move, *jobs[4:]], threads=6)
    assert isinstance(results.pop(4), list | MoveConflicts | ActivityBusy)
    assert all(result is None or isinstance(result, TimeConflict) for result in results)
    assert every_count_is_right()
