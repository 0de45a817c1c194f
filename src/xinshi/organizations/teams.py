"""Who keeps an organisation, invitations by link, joining and leaving by oneself."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.organizations import membership
from xinshi.organizations.access import belongs, require_keeps
from xinshi.organizations.models import Invitation, Membership, Organization
from xinshi.people.access import require_archive_keeper

PLACES_MAX: Final = 500
DAYS_MAX: Final = 90
STAFF_KINDS: Final = (Organization.Kind.HOSPITAL, Organization.Kind.DEPARTMENT)


class StationKeepsStaff(DomainError):
    code = "station_keeps_staff"
    message = gettext_noop("Who belongs to a department is kept by the station. Tell the station what should change.")


class InvitationGone(DomainError):
    code = "invitation_gone"
    message = gettext_noop("This invitation has run out or is used up. Ask whoever sent it for a new one.")
    status = 410


class InvitationTooWide(DomainError):
    code = "invitation_too_wide"
    message = gettext_noop("An invitation is for 1 to 500 people and 1 to 90 days.")
    status = 422


class NoPerson(DomainError):
    code = "no_person"
    message = gettext_noop("Only volunteers join. Open an account first.")


@transaction.atomic
def set_leader(*, actor: Actor, organization_id: int, person_id: int, leads: bool) -> None:
    """Let a member keep the organisation, or no longer: lead a team, administer a partner's or university's people, speak
    for a department. By coordinators and administrators."""
    require_archive_keeper(actor)
    present = Membership.objects.filter(organization_id=organization_id, person_id=person_id, until=None)
    if not present.exists():
        raise NotFound
    if present.exclude(is_leader=leads).update(is_leader=leads):
        record(
            actor=actor,
            action="organizations.set_leader",
            object_ref=f"person:{person_id}",
            organization=organization_id,
            leads=leads,
        )


@transaction.atomic
def invite(*, actor: Actor, organization_id: int, places: int, days: int) -> str:
    """A new invitation; its word is shown once, as part of a link. By who keeps the organisation, and the station."""
    require_keeps(actor, organization_id)
    if not Organization.objects.filter(pk=organization_id).exists():
        raise NotFound
    if not (1 <= places <= PLACES_MAX and 1 <= days <= DAYS_MAX):
        raise InvitationTooWide
    word = secrets.token_urlsafe(18)
    at = clock.now()
    row = Invitation.objects.create(
        organization_id=organization_id,
        digest=digest_of(word),
        made_at=at,
        made_by_ref=actor.reference,
        expires_at=at + timedelta(days=days),
        places=places,
    )
    record(
        actor=actor,
        action="organizations.invite",
        object_ref=f"organization:{organization_id}",
        invitation=row.pk,
        places=places,
    )
    return word


@transaction.atomic
def end_invitation(*, actor: Actor, organization_id: int, invitation_id: int) -> None:
    """An invitation that went astray lets nobody in any more."""
    require_keeps(actor, organization_id)
    standing = Invitation.objects.filter(pk=invitation_id, organization_id=organization_id, ended_at=None)
    if not standing.update(ended_at=clock.now()):
        raise NotFound
    record(
        actor=actor,
        action="organizations.end_invitation",
        object_ref=f"organization:{organization_id}",
        invitation=invitation_id,
    )


@transaction.atomic
def join_by_invitation(*, actor: Actor, word: str, consents: bool = False) -> int:
    """Join the organisation that the link invites to, from today; its id. InvitationGone, AlreadyMember, NoPerson.

    `consents`: who keeps it may see the member's name, number and phone; without it they see a masked name.
    """
    if actor.person_id is None:
        raise NoPerson
    membership.lock_person(actor.person_id)
    invited = Invitation.objects.select_for_update(no_key=True).filter(digest=digest_of(word)).first()
    if invited is None or not is_open(invited):
        raise InvitationGone
    membership.admit(
        person_id=actor.person_id,
        organization_id=invited.organization_id,
        consent_through=membership.SELF if consents else "",
    )
    Invitation.objects.filter(pk=invited.pk).update(taken=F("taken") + 1)
    record(
        actor=actor,
        action="organizations.join",
        object_ref=f"person:{actor.person_id}",
        organization=invited.organization_id,
        invitation=invited.pk,
        consents=consents,
    )
    return invited.organization_id


@transaction.atomic
def join_by_oneself(*, actor: Actor, organization_id: int, consents: bool = False) -> None:
    """Join an organisation that is open to everybody; NotFound where it takes nobody without an invitation."""
    if actor.person_id is None:
        raise NoPerson
    if not Organization.objects.filter(pk=organization_id, is_active=True, is_open=True).exists():
        raise NotFound
    membership.admit(
        person_id=actor.person_id, organization_id=organization_id, consent_through=membership.SELF if consents else ""
    )
    record(
        actor=actor,
        action="organizations.join",
        object_ref=f"person:{actor.person_id}",
        organization=organization_id,
        consents=consents,
    )


@transaction.atomic
def leave_by_oneself(*, actor: Actor, organization_id: int) -> None:
    """Leave today; the membership stays on record. Who belongs to a department is kept by the station."""
    kind = Organization.objects.filter(pk=organization_id).values_list("kind", flat=True).first()
    if kind is None or not belongs(actor, organization_id):
        raise NotFound
    if kind in STAFF_KINDS:
        raise StationKeepsStaff
    assert actor.person_id is not None, "whoever belongs is a person"
    membership.end(person_id=actor.person_id, organization_id=organization_id)
    record(
        actor=actor,
        action="organizations.leave",
        object_ref=f"person:{actor.person_id}",
        organization=organization_id,
    )


def is_open(invitation: Invitation) -> bool:
    """Whether an invitation still lets somebody in."""
    return (
        invitation.ended_at is None
        and invitation.expires_at > clock.now()
        and invitation.taken < invitation.places
        and invitation.organization.is_active
    )


def digest_of(word: str) -> str:
    """What is stored of an invitation's word."""
    return hashlib.sha256(word.encode()).hexdigest()
