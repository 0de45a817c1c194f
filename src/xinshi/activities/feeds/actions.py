"""Writes of calendar addresses."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction

from xinshi.activities.models import CalendarAddress
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.models import Person


@transaction.atomic
def make_address(*, actor: Actor) -> str:
    """A new secret word for the actor's own calendar; an earlier one stops working. It is shown this once only."""
    person_id = _locked(actor)
    at = clock.now()
    CalendarAddress.objects.filter(person_id=person_id, revoked_at=None).update(revoked_at=at)
    word = secrets.token_urlsafe(24)
    row = CalendarAddress.objects.create(person_id=person_id, digest=digest_of(word), made_at=at)
    record(actor=actor, action="activities.make_calendar_address", object_ref=f"calendar-address:{row.pk}")
    return word


@transaction.atomic
def revoke_address(*, actor: Actor) -> None:
    """The actor's calendar can be read by nobody any more."""
    person_id = _locked(actor)
    row = CalendarAddress.objects.filter(person_id=person_id, revoked_at=None).first()
    if row is None:
        raise NotFound
    CalendarAddress.objects.filter(pk=row.pk).update(revoked_at=clock.now())
    record(actor=actor, action="activities.revoke_calendar_address", object_ref=f"calendar-address:{row.pk}")


def digest_of(word: str) -> str:
    """What is stored of a secret word."""
    return hashlib.sha256(word.encode()).hexdigest()


def _locked(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotAllowed
    locked = Person.objects.select_for_update(no_key=True).filter(pk=actor.person_id, erased_at=None)
    if not locked.values_list("pk", flat=True):
        raise NotFound
    return actor.person_id
