"""Who reads which notes, and who takes them back."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from xinshi.activities import access
from xinshi.activities.models import Activity, ActivityNote, SignUp
from xinshi.activities.notes.domain import NoteAudience
from xinshi.kernel.actor import Actor

LIVE = (SignUp.State.REQUESTED, SignUp.State.WAITING, SignUp.State.OFFERED, SignUp.State.CONFIRMED)
WITH_PLACE = (SignUp.State.OFFERED, SignUp.State.CONFIRMED)


def part_in(actor: Actor, activity: Activity) -> frozenset[str]:
    """The states of the actor's sign-ups in it that are not over; empty for who takes no part."""
    if actor.person_id is None:
        return frozenset()
    rows = SignUp.objects.filter(person_id=actor.person_id, shift__activity=activity, state__in=LIVE)
    return frozenset(rows.values_list("state", flat=True))


def readable_by(actor: Actor, activity: Activity, part: frozenset[str]) -> QuerySet[ActivityNote]:
    """The notes of an activity that the actor, who has that `part` in it, sees: all for who leads it, their own always."""
    rows = ActivityNote.objects.filter(activity=activity, taken_back_at=None)
    if access.leads(actor, activity.person_in_charge_id):
        return rows
    mine = Q(audience=NoteAudience.EVERYBODY)
    if actor.person_id is not None:
        mine |= Q(written_by_id=actor.person_id)
    if part.intersection(WITH_PLACE):
        mine |= Q(audience=NoteAudience.PLACES)
    return rows.filter(mine)
