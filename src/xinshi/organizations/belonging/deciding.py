"""What a member decides: who sees them, which organisation they count for, what they answer to an enrolment."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.organizations import membership
from xinshi.organizations.models import Enrolment, Membership, MembershipConsent, PrimaryOrganization
from xinshi.people.access import is_archive_keeper


class EnrolmentAnswered(DomainError):
    code = "enrolment_answered"
    message = gettext_noop("This question was answered or taken back already.")


@transaction.atomic
def set_consent(*, actor: Actor, organization_id: int, is_given: bool) -> None:
    """Let who keeps the organisation see one's name, number and phone, or no longer; at once. NotFound for no member."""
    row = membership.locked_membership(person_id=actor.person_id or 0, organization_id=organization_id)
    if is_given:
        changed = membership.consent(row, through=membership.SELF)
    else:
        standing = MembershipConsent.objects.filter(membership=row, withdrawn_at=None)
        changed = bool(standing.update(withdrawn_at=clock.now()))
    if changed:
        record(
            actor=actor,
            action="organizations.consent" if is_given else "organizations.withdraw_consent",
            object_ref=f"person:{actor.person_id}",
            organization=organization_id,
        )


@transaction.atomic
def set_primary(*, actor: Actor, person_id: int, organization_id: int) -> bool:
    """The organisation that somebody counts for from today 归属单位, by themselves or the station; False where it was."""
    if person_id != actor.person_id and not is_archive_keeper(actor):
        raise NotFound
    membership.lock_person(person_id)
    if not Membership.objects.filter(person_id=person_id, organization_id=organization_id, until=None).exists():
        raise NotFound
    standing = PrimaryOrganization.objects.filter(person_id=person_id, until=None)
    if standing.filter(organization_id=organization_id).exists():
        return False
    standing.update(until=clock.today())
    PrimaryOrganization.objects.create(person_id=person_id, organization_id=organization_id, since=clock.today())
    record(
        actor=actor,
        action="organizations.set_primary",
        object_ref=f"person:{person_id}",
        organization=organization_id,
    )
    return True


@transaction.atomic
def answer_enrolment(*, actor: Actor, enrolment_id: int, accepts: bool, consents: bool = False) -> int:
    """Say yes or no to who asked one to join; the organisation's id. EnrolmentAnswered, AlreadyMember."""
    membership.lock_person(actor.person_id or 0)
    row = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("organization")
        .filter(pk=enrolment_id, person_id=actor.person_id or 0)
        .first()
    )
    if row is None:
        raise NotFound
    if row.state != Enrolment.State.ASKED:
        raise EnrolmentAnswered
    if accepts and not row.organization.is_active:
        raise NotFound
    state = Enrolment.State.ACCEPTED if accepts else Enrolment.State.DECLINED
    Enrolment.objects.filter(pk=row.pk).update(state=state, answered_at=clock.now())
    if accepts:
        membership.admit(
            person_id=row.person_id,
            organization_id=row.organization_id,
            consent_through=membership.SELF if consents else "",
        )
    record(
        actor=actor,
        action="organizations.join" if accepts else "organizations.decline_enrolment",
        object_ref=f"person:{row.person_id}",
        organization=row.organization_id,
        enrolment=row.pk,
        consents=accepts and consents,
    )
    return row.organization_id
