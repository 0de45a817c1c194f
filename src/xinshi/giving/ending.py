"""What of this room must be settled before somebody's account ends."""

from __future__ import annotations

from xinshi.bank.obstacles import Obstacle
from xinshi.giving.models import Grant, RequestStateChoice
from xinshi.kernel.errors import gettext_noop


def obstacles(person_id: int) -> list[Obstacle]:
    """Help out of the pool that is proposed and not decided: it would find no passbook."""
    undecided = (RequestStateChoice.PROPOSED, RequestStateChoice.RETURNED)
    number = Grant.objects.filter(person_id=person_id, state__in=undecided).count()
    text = gettext_noop("%(number)s grants out of the pool are not decided: decide or take them back.")
    return [Obstacle(text, {"number": number})] if number else []
