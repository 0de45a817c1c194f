"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.bank.obstacles import Obstacle
from xinshi.exchange.models import ImportLine
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Lines of partners that were held back: once accepted, their hours would find no passbook."""
    number = ImportLine.objects.filter(person_id=person_id, state=ImportLine.State.HELD_BACK).count()
    text = gettext_noop("%(number)s lines from partners are held back: accept or discard them.")
    return [Obstacle(text, {"number": number})] if number else []
