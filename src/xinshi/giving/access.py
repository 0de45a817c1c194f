"""Who may see relatives, gifts, donations, grants and hours of groups, and who decides on them."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from xinshi.giving.domain import OwnGiving, OwnGrant, OwnProposal, RequestState
from xinshi.giving.models import Donation, Gift, Grant, GroupHoursEntry, Relative
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound

KEEPERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
READERS: Final = KEEPERS | {Role.AUDITOR}


def is_keeper(actor: Actor) -> bool:
    return actor.has(*KEEPERS)


def is_reader(actor: Actor) -> bool:
    return actor.has(*READERS)


def require_keeper(actor: Actor) -> None:
    """Coordinators and administrators register at the station, propose, decide, and take back."""
    if not is_keeper(actor):
        raise NotAllowed


def require_reader(actor: Actor) -> None:
    """Keepers and auditors see what was given."""
    if not is_reader(actor):
        raise NotAllowed


def require_person(actor: Actor) -> int:
    """Who gives must be a person of the archive: always themselves."""
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id


def is_own(actor: Actor, *person_ids: int | None) -> bool:
    return actor.person_id is not None and actor.person_id in person_ids


def require_not_own_giving(actor: Actor, *person_ids: int | None) -> None:
    if is_own(actor, *person_ids):
        raise OwnGiving


def require_not_own_grant(actor: Actor, person_id: int) -> None:
    if is_own(actor, person_id):
        raise OwnGrant


def require_another(actor: Actor, proposed_by_ref: str) -> None:
    """Two people: whoever proposed it does not decide on it."""
    if actor.reference == proposed_by_ref and not actor.is_system:
        raise OwnProposal


def may_decide(actor: Actor, *, state: str, proposed_by_ref: str, person_id: int | None = None) -> bool:
    """True where `decide_grant` or `decide_group_hours` would be open to the actor now."""
    is_another = actor.reference != proposed_by_ref and not is_own(actor, person_id)
    return is_keeper(actor) and is_another and state == RequestState.PROPOSED


def relatives_visible_to(actor: Actor) -> QuerySet[Relative]:
    """Who belongs to whose family is for those who register it, and for the two themselves."""
    if is_keeper(actor):
        return Relative.objects.all()
    if actor.person_id is None:
        return Relative.objects.none()
    return Relative.objects.filter(Q(asker_id=actor.person_id) | Q(other_id=actor.person_id))


def gifts_visible_to(actor: Actor) -> QuerySet[Gift]:
    """Every gift for keepers and auditors; otherwise what one gave and got."""
    if is_reader(actor):
        return Gift.objects.all()
    if actor.person_id is None:
        return Gift.objects.none()
    return Gift.objects.filter(Q(giver_id=actor.person_id) | Q(receiver_id=actor.person_id))


def donations_visible_to(actor: Actor) -> QuerySet[Donation]:
    """Every donation for keepers and auditors; otherwise one's own."""
    if is_reader(actor):
        return Donation.objects.all()
    if actor.person_id is None:
        return Donation.objects.none()
    return Donation.objects.filter(person_id=actor.person_id)


def grants_visible_to(actor: Actor) -> QuerySet[Grant]:
    """Every grant for keepers and auditors; otherwise what one got."""
    if is_reader(actor):
        return Grant.objects.all()
    if actor.person_id is None:
        return Grant.objects.none()
    got = [RequestState.APPROVED.value, RequestState.REVERSED.value]
    return Grant.objects.filter(person_id=actor.person_id, state__in=got)


def may_read_reasons(actor: Actor) -> bool:
    """Why somebody is in need is for those who decide, and for nobody else: not for auditors, not on lists."""
    return is_keeper(actor)


def group_hours_visible_to(actor: Actor) -> QuerySet[GroupHoursEntry]:
    return GroupHoursEntry.objects.all() if is_reader(actor) else GroupHoursEntry.objects.none()


def require_party(actor: Actor, row: Relative) -> None:
    """One of the two; for everybody else it is as if it were not there."""
    if not is_own(actor, row.asker_id, row.other_id):
        raise NotFound
