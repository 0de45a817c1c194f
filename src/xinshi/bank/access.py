"""Who may see a passbook and who writes the bank's policy."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from xinshi.bank.models import Passbook
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.people.access import wards_of

SEES_ALL = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR)
PASSBOOK_KEEPERS: Final = frozenset(SEES_ALL)
CORRECTORS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
POLICY_READERS: Final = frozenset(SEES_ALL)
POLICY_MAKERS: Final = frozenset({Role.ADMINISTRATOR})


def visible_to(actor: Actor) -> QuerySet[Passbook]:
    """Every passbook for coordinators, administrators, auditors; otherwise one's own, former ones too, and one's wards'."""
    if actor.has(*SEES_ALL):
        return Passbook.objects.all()
    if actor.person_id is None:
        return Passbook.objects.none()
    own = Q(person_id=actor.person_id) | Q(merged_into__person_id=actor.person_id)
    return Passbook.objects.filter(own | Q(person_id__in=wards_of(actor).values("ward_id")))


def require_opener(actor: Actor) -> None:
    """Coordinators and administrators open passbooks."""
    if not actor.has(Role.COORDINATOR, Role.ADMINISTRATOR):
        raise NotAllowed


def require_corrector(actor: Actor) -> None:
    """Coordinators and administrators take a wrong deposit back."""
    if not actor.has(*CORRECTORS):
        raise NotAllowed


def require_policy_reader(actor: Actor) -> None:
    """Coordinators, administrators and auditors read the versions of the policy."""
    if not actor.has(*POLICY_READERS):
        raise NotAllowed


def require_policy_maker(actor: Actor) -> None:
    """Administrators write the policy and put it in force."""
    if not actor.has(*POLICY_MAKERS):
        raise NotAllowed
