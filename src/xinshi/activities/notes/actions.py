"""Writing a note and taking it back. Locks: the activity, so that nobody writes more notes than they may."""

from __future__ import annotations

from django.db import transaction

from xinshi.activities.access import leads, visible_to
from xinshi.activities.models import Activity, ActivityNote, SignUp
from xinshi.activities.notes.access import WITH_PLACE, audiences_of, notes_for, part_in
from xinshi.activities.notes.domain import (
    NOTES_A_PERSON_MAX,
    NotAmongThem,
    NoteAudience,
    NotesClosed,
    OnlyToLeaders,
    TooManyNotes,
    checked_text,
)
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

OPEN = (Activity.State.PUBLISHED, Activity.State.FINISHED)


@transaction.atomic
def write_note(*, actor: Actor, activity_id: int, text: str, audience: NoteAudience) -> int:
    """Write a note; its id. Whoever it is for is told: those with a place, or the person in charge.

    Who leads writes to everybody, to those with a place, or to themselves. Who takes part writes to who leads.
    """
    if actor.user_id is None:
        raise NotAllowed
    words = checked_text(text)
    activity = _locked(actor, activity_id)
    is_led = leads(actor, activity.person_in_charge_id)
    if not is_led:
        if not part_in(actor, activity):
            raise NotAmongThem
        if audience != NoteAudience.LEADERS:
            raise OnlyToLeaders
        if ActivityNote.objects.filter(activity=activity, written_by_id=actor.person_id).count() >= NOTES_A_PERSON_MAX:
            raise TooManyNotes(number=NOTES_A_PERSON_MAX)
    if activity.state not in OPEN and not (is_led and audience == NoteAudience.LEADERS):
        raise NotesClosed
    row = ActivityNote.objects.create(
        activity=activity,
        audience=audience.value,
        text=words,
        written_by_id=actor.person_id,
        written_by_ref=actor.reference,
        written_at=clock.now(),
    )
    record(
        actor=actor,
        action="activities.write_note",
        object_ref=f"activity:{activity_id}",
        note=row.pk,
        audience=audience.value,
    )
    _tell(actor, activity, row)
    return row.pk


@transaction.atomic
def take_back_note(*, actor: Actor, note_id: int) -> int:
    """Nobody reads it any more; by who wrote it or who leads. The activity's id."""
    found = ActivityNote.objects.filter(pk=note_id, taken_back_at=None).values_list("activity_id", flat=True).first()
    if found is None:
        raise NotFound
    activity = _locked(actor, found)
    audiences = audiences_of(actor, activity, part_in(actor, activity))
    row = notes_for(activity.pk, actor.person_id or 0, audiences).filter(pk=note_id).first()
    if row is None:
        raise NotFound
    is_own = row.written_by_ref == actor.reference
    if not is_own and not leads(actor, activity.person_in_charge_id):
        raise NotAllowed
    row.taken_back_at, row.taken_back_by_ref = clock.now(), actor.reference
    row.save(update_fields=["taken_back_at", "taken_back_by_ref"])
    record(actor=actor, action="activities.take_back_note", object_ref=f"activity:{found}", note=note_id)
    return found


def _locked(actor: Actor, activity_id: int) -> Activity:
    if not visible_to(actor).filter(pk=activity_id).exists():
        raise NotFound
    return Activity.objects.select_for_update(no_key=True).get(pk=activity_id)


def _tell(actor: Actor, activity: Activity, note: ActivityNote) -> None:
    """Once to each person concerned, but not to who wrote it."""
    if note.audience == NoteAudience.LEADERS:
        people = [activity.person_in_charge_id]
        sentence = gettext_noop("A volunteer of “%(title)s” writes: %(text)s")
        if leads(actor, activity.person_in_charge_id):
            sentence = gettext_noop("A note for who leads “%(title)s”: %(text)s")
    else:
        rows = SignUp.objects.filter(shift__activity=activity, state__in=WITH_PLACE, shift__ends_at__gt=clock.now())
        people = sorted(set(rows.values_list("person_id", flat=True)))
        sentence = gettext_noop("From the person in charge of “%(title)s”: %(text)s")
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=sentence,
            parameters={"title": activity.title, "text": note.text},
            object_ref=f"activity:{activity.pk}",
            key=f"activity-note:{note.pk}:{person_id}",
        )
        for person_id in people
        if person_id != actor.person_id
    )
