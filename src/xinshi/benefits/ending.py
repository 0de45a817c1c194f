"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.bank.obstacles import Obstacle
from xinshi.benefits.models import Waiting
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Places on waiting lists; open vouchers are named by the hours that they reserve in the book."""
    waiting = Waiting.objects.filter(person_id=person_id, state__in=[Waiting.State.WAITING, Waiting.State.OFFERED])
    number = waiting.count()
    text = gettext_noop("%(number)s places on waiting lists for benefits: leave the lists.")
    return [Obstacle(text, {"number": number})] if number else []
