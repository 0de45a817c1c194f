"""What calendars show: one's own shifts, open activities, one shift."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.activities import access
from xinshi.activities.feeds.actions import digest_of
from xinshi.activities.feeds.ical import Event, Status
from xinshi.activities.models import Activity, CalendarAddress, Shift, SignUp
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound

DAYS_BACK: Final = 30
EVENTS_MAX: Final = 500
DAYS_AHEAD: Final = 90
MAYBE: Final = frozenset({SignUp.State.REQUESTED, SignUp.State.WAITING, SignUp.State.OFFERED})


def address_of(person_id: int | None) -> CalendarAddress | None:
    """The person's present address, if there is one."""
    return CalendarAddress.objects.filter(person_id=person_id or 0, revoked_at=None).first()


def own_events(word: str) -> list[Event]:
    """The shifts of whoever has this secret word: last month's and coming ones; NotFound for a word that ended."""
    address = CalendarAddress.objects.filter(digest=digest_of(word), revoked_at=None, person__erased_at=None).first()
    if address is None:
        raise NotFound
    rows = (
        SignUp.objects.filter(person_id=address.person_id, shift__ends_at__gt=clock.now() - timedelta(days=DAYS_BACK))
        .select_related("shift__activity", "shift__role")
        .order_by("shift__starts_at", "pk")[:EVENTS_MAX]
    )
    latest = {row.shift_id: row for row in rows}
    times = Counter(row.shift_id for row in rows)
    return [_own_event(row, times[shift_id]) for shift_id, row in latest.items()]


def _own_event(row: SignUp, times: int) -> Event:
    """`times` is how often the person has signed up for this shift: giving back and coming again are changes too."""
    status = Status.CANCELLED
    if row.state == SignUp.State.CONFIRMED:
        status = Status.CONFIRMED
    elif row.state in MAYBE:
        status = Status.TENTATIVE
    changes = 2 * times - (1 if status is not Status.CANCELLED else 0)
    moments = (row.signed_up_at, row.cancelled_at, row.decided_at)
    return _event(row.shift, status=status, changes=changes, moments=moments)


def open_events() -> list[Event]:
    """Coming shifts that take sign-ups, for everybody."""
    at = clock.now()
    rows = Shift.objects.filter(is_open=True, starts_at__gt=at, starts_at__lt=at + timedelta(days=DAYS_AHEAD))
    rows = rows.filter(activity__recruits=Activity.Recruits.EVERYBODY)
    rows = rows.select_related("activity", "role").order_by("starts_at", "pk")
    return [_event(row, status=Status.CONFIRMED) for row in rows[:EVENTS_MAX]]


def shift_event(actor: Actor, shift_id: int) -> Event:
    """One shift; NotFound for what the actor may not see."""
    row = Shift.objects.select_related("activity", "role").filter(pk=shift_id).first()
    if row is None or not access.visible_to(actor).filter(pk=row.activity_id).exists():
        raise NotFound
    is_off = row.activity.state == Activity.State.CANCELLED
    return _event(row, status=Status.CANCELLED if is_off else Status.CONFIRMED)


def _event(shift: Shift, *, status: Status, changes: int = 0, moments: tuple[datetime | None, ...] = ()) -> Event:
    activity = shift.activity
    known = [
        moment
        for moment in (*moments, activity.changed_at, activity.published_at, activity.created_at)
        if moment is not None
    ]
    title = f"{activity.title} · {shift.role.name}" if shift.role.name else activity.title
    words = [shift.role.description, activity.description]
    if activity.risks:
        words.append(gettext("Risks: %(risks)s") % {"risks": activity.risks})
    return Event(
        uid=f"shift-{shift.pk}@{urlsplit(settings.BASE_URL).hostname or 'xinshi'}",
        sequence=activity.revision + changes,
        stamp=max(known),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        summary=title,
        location=activity.place,
        description="\n".join(word for word in words if word),
        url=f"{settings.BASE_URL}{reverse('activities:detail', args=[activity.pk])}",
        status=status,
    )
