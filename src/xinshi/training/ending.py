"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.bank.obstacles import Obstacle
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.training.models import Place, Session


def obstacles(person_id: int) -> list[Obstacle]:
    """Places in sessions to come, held or waited for, and sessions to come that the person gives."""
    at = clock.now()
    places = Place.objects.filter(person_id=person_id, session__starts_at__gt=at, session__state=Session.State.OPEN)
    held = places.exclude(state=Place.State.CANCELLED).count()
    gives = Session.objects.filter(trainer_id=person_id, starts_at__gt=at, state=Session.State.OPEN).count()
    found = []
    if held:
        text = gettext_noop("%(number)s places in training sessions to come: give them back first.")
        found.append(Obstacle(text, {"number": held}))
    if gives:
        text = gettext_noop("%(number)s training sessions to come that this person gives: choose another trainer.")
        found.append(Obstacle(text, {"number": gives}))
    return found
