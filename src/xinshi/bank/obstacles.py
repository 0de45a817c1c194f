"""What stands in the way of ending an account: rooms above say what of theirs must be settled first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from xinshi.bank.models import Passbook
from xinshi.bank.replay import NOTICE
from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to be settled first: a message id with its parameters, and what it is about."""

    text: str
    parameters: dict[str, Any] = field(default_factory=dict)
    object_ref: str = ""

    def __str__(self) -> str:
        text = gettext(self.text)
        return text % self.parameters if self.parameters else text


class ObstaclesInTheWay(DomainError):
    code = "obstacles_in_the_way"
    message = gettext_noop("First settle this: %(obstacles)s")


Finder = Callable[[int], list[Obstacle]]
_FINDERS: dict[str, Finder] = {}


def register_obstacles(name: str, finder: Finder) -> None:
    """Let `finder` say what of its room is open for a person; called once per room when the house starts."""
    _FINDERS[name] = finder


def obstacles_of(person_id: int) -> list[Obstacle]:
    """All that must be settled before a person's account can end."""
    return [*_reservations(person_id), *(found for finder in _FINDERS.values() for found in finder(person_id))]


def require_no_obstacles(person_id: int) -> None:
    found = obstacles_of(person_id)
    if found:
        raise ObstaclesInTheWay(obstacles=" ".join(str(one) for one in found))


def _reservations(person_id: int) -> list[Obstacle]:
    """Hours that are set aside in the book."""
    passbook = Passbook.objects.filter(person_id=person_id).first()
    if passbook is None:
        return []
    holds = ledger.open_holds(passbook.account_id)
    return [
        Obstacle(
            gettext_noop("Hours are under public notice until %(day)s: wait until it is over."),
            {"day": day_text(clock.local_day(hold.expires_at))},
            f"passbook:{passbook.pk}",
        )
        if hold.kind == NOTICE
        else Obstacle(
            gettext_noop("Hours are reserved for “%(what)s”: redeem it, cancel it, or let it run out."),
            {"what": hold.memo or hold.kind},
            f"passbook:{passbook.pk}",
        )
        for hold in holds
    ]
