"""Saying no: to one suggestion, to a kind of service, to suggestions altogether. Everybody for themself only."""

from __future__ import annotations

from django.db import transaction

from xinshi.activities import access as activity_access
from xinshi.activities.domain import CATEGORY_CODES
from xinshi.activities.models import Shift
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, SuggestionChoice


@transaction.atomic
def choose(*, actor: Actor, is_wanted: bool) -> None:
    """Switch suggestions and being planned for on or off for oneself; shifts that one has stay one's own."""
    person_id = _own(actor)
    values = {"is_wanted": is_wanted, "changed_at": clock.now(), "changed_by_ref": actor.reference}
    SuggestionChoice.objects.update_or_create(person_id=person_id, defaults=values)
    record(actor=actor, action="scheduling.choose_suggestions", object_ref=f"person:{person_id}", is_wanted=is_wanted)


@transaction.atomic
def say_no(*, actor: Actor, shift_id: int) -> None:
    """Do not suggest this shift to me again. Said twice it is the same."""
    person_id = _own(actor)
    shift = Shift.objects.filter(pk=shift_id, activity__in=activity_access.visible_to(actor)).first()
    if shift is None:
        raise NotFound
    _row, is_new = DeclinedShift.objects.get_or_create(
        person_id=person_id, shift=shift, defaults={"declined_at": clock.now()}
    )
    if is_new:
        record(actor=actor, action="scheduling.decline_suggestion", object_ref=f"shift:{shift_id}", person=person_id)


@transaction.atomic
def decline_kind(*, actor: Actor, category: str) -> None:
    """Neither suggest nor plan this category of service for me."""
    person_id = _own(actor)
    if category not in CATEGORY_CODES:
        raise NotFound
    _row, is_new = DeclinedKind.objects.get_or_create(
        person_id=person_id, category=category, defaults={"declined_at": clock.now()}
    )
    if is_new:
        record(actor=actor, action="scheduling.decline_kind", object_ref=f"person:{person_id}", category=category)


@transaction.atomic
def take_kind_back(*, actor: Actor, category: str) -> None:
    """This category may be suggested again."""
    person_id = _own(actor)
    gone, _by_model = DeclinedKind.objects.filter(person_id=person_id, category=category).delete()
    if gone:
        record(actor=actor, action="scheduling.take_kind_back", object_ref=f"person:{person_id}", category=category)


def _own(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id
