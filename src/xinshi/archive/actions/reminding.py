"""Reminders before a qualification runs out: 90, 30 and 7 days before, each exactly once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from xinshi.archive.domain import REMINDER_DAYS, is_news, reminder_at
from xinshi.archive.models import Qualification
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

REMINDED_AT_ONCE_MAX = 500
RUNS_OUT = gettext_noop("Your “%(name)s” runs out in %(days)s days, on %(day)s. Hand in the renewed one before.")


def remind_holders(*, actor: Actor, limit: int = REMINDED_AT_ONCE_MAX) -> int:
    """Remind the holders of what runs out soon; returns how many reminders were sent. For the worker.

    Nobody is reminded of what was renewed already.
    """
    if not actor.is_system:
        raise NotAllowed
    today = clock.today()
    verified = Qualification.objects.filter(state=Qualification.State.VERIFIED)
    longer = verified.filter(person=OuterRef("person"), kind=OuterRef("kind")).filter(
        Q(expires_on=None) | Q(expires_on__gt=OuterRef("expires_on"))
    )
    unmarked = Q(reminded_days=None)
    for days in REMINDER_DAYS:
        unmarked |= Q(reminded_days__gt=days, expires_on__lte=today + timedelta(days=days))
    ending = verified.filter(expires_on__gte=today, expires_on__lte=today + timedelta(days=max(REMINDER_DAYS)))
    ending = ending.filter(unmarked, ~Exists(longer), person__erased_at=None, person__merged_into=None)
    rows = ending.select_related("kind").order_by("expires_on", "pk")
    return sum(_remind(row) for row in rows[:limit])


@transaction.atomic
def _remind(row: Qualification) -> bool:
    """Sent by whichever worker marks it first; the message's key would keep a second one out as well."""
    assert row.expires_on is not None, "only what runs out is looked for"
    assert row.decided_at is not None, "what is verified was decided on"
    today = clock.today()
    days = reminder_at(last_day=row.expires_on, today=today)
    if days is None:
        return False
    unmarked = Q(reminded_days=None) | Q(reminded_days__gt=days)
    verified = Qualification.objects.filter(unmarked, pk=row.pk, state=Qualification.State.VERIFIED)
    if not verified.update(reminded_days=days):
        return False
    if not is_news(last_day=row.expires_on, decided_on=clock.local_day(row.decided_at), days=days):
        return False
    message = NewMessage(
        recipient_ref=f"person:{row.person_id}",
        text=RUNS_OUT,
        parameters={"name": row.kind.name, "days": (row.expires_on - today).days, "day": row.expires_on.isoformat()},
        object_ref=f"qualification:{row.pk}",
        key=f"qualification:{row.pk}:ends-{days}",
    )
    send_many([message])
    return True
