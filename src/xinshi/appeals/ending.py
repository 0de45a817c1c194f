"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.appeals.models import OPEN, CorrectionRequest
from xinshi.bank.obstacles import Obstacle
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Requests for correction that nobody has answered: what they ask for would find no passbook."""
    number = CorrectionRequest.objects.filter(person_id=person_id, state__in=OPEN).count()
    text = gettext_noop("%(number)s requests for correction wait for an answer: answer them.")
    return [Obstacle(text, {"number": number})] if number else []
