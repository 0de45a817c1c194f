"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.bank.obstacles import Obstacle
from xinshi.interbank.moving.models import Transfer
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Hours on their way to or from another bank: what comes back, or comes in, would find no passbook."""
    number = Transfer.objects.filter(person_id=person_id, ended_at=None).count()
    text = gettext_noop(
        "%(number)s transfers with other banks have not ended: wait for the other bank, or decide them."
    )
    return [Obstacle(text, {"number": number})] if number else []
