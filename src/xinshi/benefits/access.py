"""Who may see, reserve, redeem and offer benefits."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xinshi.benefits.models import Benefit, Settlement, Voucher, Waiting
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.organizations.models import Organization
from xinshi.people.access import is_own

CLERKS: Final = frozenset({Role.CLERK, Role.ADMINISTRATOR})
MANAGERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
SEE_ALL: Final = CLERKS | MANAGERS | {Role.AUDITOR}


def visible_to(actor: Actor) -> QuerySet[Benefit]:
    """Everything for staff; for others what is offered."""
    if actor.has(*SEE_ALL):
        return Benefit.objects.all()
    return Benefit.objects.filter(is_active=True)


def vouchers_visible_to(actor: Actor) -> QuerySet[Voucher]:
    """Every voucher for clerks, managers and auditors; otherwise one's own."""
    if actor.has(*SEE_ALL):
        return Voucher.objects.all()
    if actor.person_id is None:
        return Voucher.objects.none()
    return Voucher.objects.filter(is_own(actor))


def is_clerk(actor: Actor) -> bool:
    return actor.has(*CLERKS)


def is_manager(actor: Actor) -> bool:
    return actor.has(*MANAGERS)


def require_clerk(actor: Actor) -> None:
    """Clerks and administrators redeem vouchers."""
    if not is_clerk(actor):
        raise NotAllowed


def require_manager(actor: Actor) -> None:
    """Coordinators and administrators decide what is offered."""
    if not is_manager(actor):
        raise NotAllowed


def require_system(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowed


def person_for(actor: Actor, person_id: int | None) -> int:
    """Whose hours are spent: one's own, always; the system itself may reserve for anybody."""
    wanted = actor.person_id if person_id is None else person_id
    if wanted is None or (wanted != actor.person_id and not actor.is_system):
        raise NotAllowed
    return wanted


def is_owner(actor: Actor, voucher: Voucher) -> bool:
    return actor.person_id is not None and actor.person_id == voucher.person_id


def require_may_cancel(actor: Actor, voucher: Voucher) -> None:
    """The owner or a clerk; for everybody else it is as if it were not there."""
    if not is_owner(actor, voucher) and not is_clerk(actor):
        raise NotFound


def require_administrator(actor: Actor) -> None:
    if not actor.has(Role.ADMINISTRATOR):
        raise NotAllowed


def waiting_visible_to(actor: Actor) -> QuerySet[Waiting]:
    """Every place on a waiting list for clerks, managers and auditors; otherwise one's own."""
    if actor.has(*SEE_ALL):
        return Waiting.objects.all()
    if actor.person_id is None:
        return Waiting.objects.none()
    return Waiting.objects.filter(person_id=actor.person_id)


def settlements_visible_to(actor: Actor) -> QuerySet[Settlement]:
    """Every statement for managers and auditors; for who leads in a department, the department's own."""
    if actor.has(*MANAGERS, Role.AUDITOR):
        return Settlement.objects.all()
    return Settlement.objects.filter(provider__in=_own_departments(actor))


def may_confirm(actor: Actor, *, provider_id: int) -> bool:
    """Managers, and leaders who belong to the department themselves."""
    return is_manager(actor) or _own_departments(actor).filter(pk=provider_id).exists()


def require_may_confirm(actor: Actor, *, provider_id: int) -> None:
    """For everybody else the statement is not there."""
    if not may_confirm(actor, provider_id=provider_id):
        raise NotFound


def _own_departments(actor: Actor) -> QuerySet[Organization]:
    if actor.person_id is None or not actor.has(Role.LEADER):
        return Organization.objects.none()
    return Organization.objects.filter(memberships__person_id=actor.person_id, memberships__until=None)
