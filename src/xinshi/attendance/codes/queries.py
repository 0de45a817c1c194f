"""Reads for the display, for the volunteer's phone, and for who leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from xinshi.activities.models import SignUp
from xinshi.activities.queries import led_shift
from xinshi.attendance.codes.domain import seconds_left, window_of
from xinshi.attendance.codes.signing import digits_of, new_code
from xinshi.attendance.kiosk.queries import KioskLine, shifts_of_today
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.sites.models import ActivitySite
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What a screen shows now, and for how many more seconds."""

    code: str
    digits: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Display:
    """The screen at the place: the code of an activity, and how many came to its shifts of the day."""

    shift_id: int
    activity_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    expected: int
    present: int


def shown_code(scope: str) -> ShownCode:
    """The present code of an activity (`a12`), a kiosk (`k3`) or a person (`o45`)."""
    now = clock.now()
    return ShownCode(new_code(scope, now), digits_of(scope, window_of(now)), seconds_left(now))


def own_code(actor: Actor) -> ShownCode:
    """The actor's own code; NotAllowed for who has no person in the archive."""
    if actor.person_id is None:
        raise NotAllowed
    return shown_code(f"o{actor.person_id}")


def display(actor: Actor, shift_id: int) -> Display:
    """NotFound unless the actor leads the activity."""
    shift = led_shift(actor, shift_id)
    first, after = clock.day_bounds(clock.local_day(shift.starts_at))
    there = Q(record__state=ServiceRecord.State.OPEN)
    counts = SignUp.objects.filter(
        shift__activity_id=shift.activity_id,
        shift__starts_at__gte=first,
        shift__starts_at__lt=after,
        state=SignUp.State.CONFIRMED,
    ).aggregate(
        all=Count("pk"), present=Count("pk", filter=there), came=Count("pk", filter=Q(attended_at__isnull=False))
    )
    return Display(
        shift_id=shift.pk,
        activity_id=shift.activity_id,
        title=shift.activity.title,
        place=shift.activity.place,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        expected=counts["all"] - counts["came"],
        present=counts["present"],
    )


def own_day(actor: Actor) -> list[KioskLine]:
    """My places of today; none for who has no person in the archive."""
    return shifts_of_today(actor.person_id) if actor.person_id is not None else []


def asked_place(activity_id: int) -> ActivitySite | None:
    """The site whose nearness an activity asks for."""
    return ActivitySite.objects.select_related("site", "activity").filter(activity_id=activity_id).first()
