"""Reminders before a shift, and the answer: I am coming."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from xinshi.activities.actions.holding import local_text, lock_people, tell
from xinshi.activities.actions.texting import Asked, also_by_text
from xinshi.activities.domain import SignUpGone
from xinshi.activities.models import SignUp
from xinshi.activities.queries.deciding import sign_up_rules
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop

REMINDED_AT_ONCE_MAX: Final = 1_000
SOON: Final = gettext_noop("“%(title)s” begins soon, %(when)s, %(place)s. Are you coming?")
TOMORROW: Final = gettext_noop("Your shift: “%(title)s”, %(when)s, %(place)s. Are you coming?")


@transaction.atomic
def remind(*, actor: Actor) -> int:
    """Tell whoever has a place of a shift that is near, twice at most; returns how many were told. For the worker.

    Whoever took the place after the moment of a reminder knows of it and is not reminded. Call again for the rest.
    """
    if not actor.is_system:
        raise NotAllowed
    rules, at = sign_up_rules(), clock.now()
    told = _remind(at, rules.second_reminder_minutes, SOON)
    return told + _remind(at, rules.first_reminder_minutes, TOMORROW)


def _remind(at: datetime, minutes: int, text: str) -> int:
    if not minutes:
        return 0
    ahead = timedelta(minutes=minutes)
    due = SignUp.objects.filter(
        Q(reminded_minutes=None) | Q(reminded_minutes__gt=minutes),
        state=SignUp.State.CONFIRMED,
        attended_at=None,
        shift__starts_at__gt=at,
        shift__starts_at__lte=at + ahead,
    )
    rows = list(
        due.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("shift__activity")
        .order_by("shift_id", "pk")[:REMINDED_AT_ONCE_MAX]
    )
    SignUp.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_minutes=minutes)
    sent = [row for row in rows if row.signed_up_at <= row.shift.starts_at - ahead]
    for row in sent:
        when = local_text(row.shift.starts_at)
        why = f"reminder:{minutes}:{when}"
        tell([row], row.shift.activity, text, why, when=when, place=row.shift.activity.place)
    if text == TOMORROW:
        also_by_text([_asked(row) for row in sent], TOMORROW, purpose="reminder")
    return len(sent)


def _asked(row: SignUp) -> Asked:
    activity, shift = row.shift.activity, row.shift
    words = {"title": activity.title, "when": local_text(shift.starts_at), "place": activity.place}
    return Asked(row.person_id, words, "activities:own_sign_up", row.pk, shift.starts_at)


@transaction.atomic
def say_coming(*, actor: Actor, signup_id: int) -> None:
    """The answer to a reminder: I am coming. Only for one's own place."""
    signup = SignUp.objects.filter(pk=signup_id, person_id=actor.person_id or 0).first()
    if signup is None:
        raise NotFound
    lock_people([signup.person_id])
    changed = SignUp.objects.filter(pk=signup_id, state=SignUp.State.CONFIRMED).update(comes_at=clock.now())
    if not changed:
        raise SignUpGone
    record(actor=actor, action="activities.say_coming", object_ref=f"signup:{signup_id}", shift=signup.shift_id)
