"""Who reads which notes, and who takes them back."""

from __future__ import annotations

from collections.abc import Collection

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


def audiences_of(
    actor: Actor, activity: Activity, part: frozenset[str]
) -> tuple[NoteAudience, NoteAudience, NoteAudience]:
    """For whom the notes are written that the actor, who has that `part` in it, reads; one that is repeated adds nothing."""
    if access.leads(actor, activity.person_in_charge_id):
        return NoteAudience.EVERYBODY, NoteAudience.PLACES, NoteAudience.LEADERS
    with_place = NoteAudience.PLACES if part.intersection(WITH_PLACE) else NoteAudience.EVERYBODY
    return NoteAudience.EVERYBODY, with_place, with_place


def notes_for(activity_id: int, person_id: int, audiences: Collection[str]) -> QuerySet[ActivityNote]:
    """The notes for these audiences, and those that this person wrote; 0 for nobody."""
    rows = ActivityNote.objects.filter(activity_id=activity_id, taken_back_at=None)
    return rows.filter(Q(audience__in=audiences) | Q(written_by_id=person_id))
