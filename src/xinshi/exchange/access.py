"""Who may look at what was exchanged, and who decides on it."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xinshi.exchange.models import ImportLine
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.people.access import is_own

KEEPERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
READERS: Final = KEEPERS | {Role.AUDITOR}
PARTNER_KEEPERS: Final = frozenset({Role.ADMINISTRATOR})


def is_keeper(actor: Actor) -> bool:
    return actor.has(*KEEPERS)


def require_keeper(actor: Actor) -> None:
    """Coordinators and administrators take files in, decide on what was held back, and send files out."""
    if not is_keeper(actor):
        raise NotAllowed


def require_reader(actor: Actor) -> None:
    """Keepers and auditors see what came and went."""
    if not actor.has(*READERS):
        raise NotAllowed


def is_partner_keeper(actor: Actor) -> bool:
    return actor.has(*PARTNER_KEEPERS)


def require_partner_keeper(actor: Actor) -> None:
    """Administrators register partners, write contracts and keys, and let a stopped exchange go on."""
    if not is_partner_keeper(actor):
        raise NotAllowed


def visible_to(actor: Actor) -> QuerySet[ImportLine]:
    """Every line for keepers and auditors; for others their own."""
    if actor.has(*READERS):
        return ImportLine.objects.all()
    if actor.person_id is None:
        return ImportLine.objects.none()
    return ImportLine.objects.filter(is_own(actor))
