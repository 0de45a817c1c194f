"""What of this room is about one person: a copy for them, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.activities.models import (
    Activity,
    ActivityNote,
    CalendarAddress,
    PlaceHold,
    ServiceRequest,
    SignUp,
    StandInAsk,
    StandInSearch,
)
from xinshi.bank.obstacles import Obstacle
from xinshi.doors.copying import copied
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.personal import forget_told
from xinshi.people.domain import EMPTIED
from xinshi.people.models import Person

State = SignUp.State


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "sign_ups": copied(
            SignUp.objects.filter(person__in=ids),
            "shift__activity__title",
            "shift__activity__place",
            "shift__starts_at",
            "shift__ends_at",
            "state",
            "signed_up_at",
            "note",
            "reason",
            "attended_at",
            "cancelled_at",
        ),
        "activity_notes": copied(
            ActivityNote.objects.filter(written_by__in=ids), "activity__title", "audience", "text", "written_at"
        ),
        "asked_to_stand_in": copied(StandInAsk.objects.filter(person__in=ids), "asked_at", "state", "answered_at"),
        "calendar_addresses": copied(CalendarAddress.objects.filter(person__in=ids), "made_at", "revoked_at"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Notes, reasons and contacts go, calendars are read no more. Which shift was served stays, without a name."""
    del actor
    ids = list(person_ids)
    signups = SignUp.objects.filter(person__in=ids)
    activities = [f"activity:{pk}" for pk in set(signups.values_list("shift__activity_id", flat=True))]
    for name in Person.objects.filter(pk__in=ids).values_list("name", flat=True):
        forget_told(object_refs=activities, name=name)
    signups.exclude(note="").update(note="")
    signups.exclude(reason="").update(reason=EMPTIED)
    ActivityNote.objects.filter(written_by__in=ids).update(text=EMPTIED)
    StandInSearch.objects.filter(signup__person__in=ids).update(reason="")
    CalendarAddress.objects.filter(person__in=ids).delete()
    PlaceHold.objects.filter(held_for__in=ids).update(name=EMPTIED)
    ServiceRequest.objects.filter(asked_by__in=ids).update(contact="")


def still_needed(person_id: int) -> list[Obstacle]:
    """Activities that are not over and in whose charge they are: volunteers must know whom to ask."""
    led = Activity.objects.filter(person_in_charge=person_id).exclude(
        state__in=[Activity.State.CANCELLED, Activity.State.FINISHED]
    )
    number = led.filter(shifts__ends_at__gt=clock.now()).distinct().count()
    text = gettext_noop("%(number)s activities to come are in their charge: give them to somebody else.")
    return [Obstacle(text, {"number": number})] if number else []
