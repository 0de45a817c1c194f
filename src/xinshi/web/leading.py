"""Who leads somebody's service today: asked by rooms that stand below the activities."""

from __future__ import annotations

from xinshi.activities.access import AROUND_SERVICE, led_by
from xinshi.activities.models import SignUp
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role


def leads_today(actor: Actor, person_id: int) -> bool:
    """True for the leader of an activity in which the person has a place about now."""
    if not actor.has(Role.LEADER):
        return False
    now = clock.now()
    places = SignUp.objects.filter(person_id=person_id, state="confirmed")
    near = places.filter(shift__starts_at__lte=now + AROUND_SERVICE, shift__ends_at__gte=now - AROUND_SERVICE)
    return near.filter(shift__activity__in=led_by(actor)).exists()
