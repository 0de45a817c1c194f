"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.activities.models import SignUp
from xinshi.activities.queries.deciding import ACTIVE
from xinshi.bank.obstacles import Obstacle
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Places in shifts that are not over yet."""
    coming = SignUp.objects.filter(person_id=person_id, state__in=ACTIVE, shift__ends_at__gt=clock.now())
    number = coming.count()
    text = gettext_noop("%(number)s places in coming shifts: cancel them, or wait until the shifts are over.")
    return [Obstacle(text, {"number": number})] if number else []
