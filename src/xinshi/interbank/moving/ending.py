"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Q

from xinshi.bank.obstacles import Obstacle
from xinshi.interbank.moving.models import Transfer
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop

WAITED_FOR: Final = timedelta(days=1)
"""So long after a request expired its hours may still be on their way."""


def obstacles(person_id: int) -> list[Obstacle]:
    """Hours on their way to or from another bank: what comes back, or comes in, would find no passbook.

    A request that was not answered in time is none: nothing is held for it here, nobody decides about it, and hours that
    come after all are refused and stay at the other bank. Of a bank that is gone it would stand in the way for ever.
    """
    is_waited_for = Q(direction=Transfer.Direction.OUT) | Q(expires_at__gt=clock.now() - WAITED_FOR)
    number = Transfer.objects.filter(is_waited_for, person_id=person_id, ended_at=None).count()
    text = gettext_noop(
        "%(number)s transfers with other banks have not ended: wait for the other bank, or decide them."
    )
    return [Obstacle(text, {"number": number})] if number else []
