"""How memberships begin and end, with what hangs on them: the consent of the member and the organisation they count for.

But for `consent_on_paper` callers have authorised, hold a transaction, and lock people before memberships.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.organizations.models import Enrolment, Membership, MembershipConsent, PrimaryOrganization
from xinshi.people.access import require_archive_keeper
from xinshi.people.models import Person

SELF: Final = "self"
PAPER: Final = "paper"
BATCH: Final = 2_000


class AlreadyMember(DomainError):
    code = "already_member"
    message = gettext_noop("This person belongs to the organisation already.")


class KeeperStays(DomainError):
    code = "keeper_stays"
    message = gettext_noop(
        "Who keeps the organisation is the station's to say. Ask the station to end this membership."
    )


def admit(*, person_id: int, organization_id: int, consent_through: str = "") -> Membership:
    """A membership from today, with the member's consent where they gave it; AlreadyMember.

    Whoever belonged to none counts for this organisation. An enrolment that waited for an answer is accepted by it.
    """
    lock_person(person_id)
    try:
        with transaction.atomic():
            row = Membership.objects.create(person_id=person_id, organization_id=organization_id, since=clock.today())
    except IntegrityError:
        raise AlreadyMember from None
    count_for_the_first([(person_id, organization_id)])
    if consent_through:
        MembershipConsent.objects.create(membership=row, given_at=clock.now(), given_through=consent_through)
    Enrolment.objects.filter(person_id=person_id, organization_id=organization_id, state=Enrolment.State.ASKED).update(
        state=Enrolment.State.ACCEPTED, answered_at=clock.now()
    )
    return row


def lock_person(person_id: int) -> None:
    """Before anything of theirs; NotFound for who is not there any more."""
    rows = Person.objects.select_for_update(no_key=True).filter(pk=person_id, merged_into=None, erased_at=None)
    if rows.first() is None:
        raise NotFound


def count_for_the_first(memberships: Sequence[tuple[int, int]], *, since: date | None = None) -> None:
    """(person id, organisation id): who counts for no organisation yet counts for the first of theirs."""
    since = since or clock.today()
    PrimaryOrganization.objects.bulk_create(
        [
            PrimaryOrganization(person_id=person, organization_id=organization, since=since)
            for person, organization in memberships
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def end(*, person_id: int, organization_id: int, may_end_keepers: bool = True) -> None:
    """End a membership today, its consent with it; who counted for it counts for their oldest other one.

    NotFound where there is none; KeeperStays where it is that of a keeper whom the caller may not send away.
    """
    Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    row = locked_membership(person_id=person_id, organization_id=organization_id)
    if row.is_leader and not may_end_keepers:
        raise KeeperStays
    today = clock.today()
    Membership.objects.filter(pk=row.pk).update(until=today, is_leader=False)
    MembershipConsent.objects.filter(membership=row, withdrawn_at=None).update(withdrawn_at=clock.now())
    ended = PrimaryOrganization.objects.filter(person_id=person_id, organization_id=organization_id, until=None)
    if ended.update(until=today):
        rest = Membership.objects.filter(person_id=person_id, until=None).order_by("since", "pk").first()
        if rest is not None:
            count_for_the_first([(person_id, rest.organization_id)])


def locked_membership(*, person_id: int, organization_id: int) -> Membership:
    """The membership that lasts, locked; NotFound where there is none."""
    rows = Membership.objects.select_for_update()
    row = rows.filter(person_id=person_id, organization_id=organization_id, until=None).first()
    if row is None:
        raise NotFound
    return row


def consent(row: Membership, *, through: str) -> bool:
    """Record the member's consent; given twice it stands once. `row` is locked. True where it is new."""
    _, is_new = MembershipConsent.objects.get_or_create(
        membership=row, withdrawn_at=None, defaults={"given_at": clock.now(), "given_through": through}
    )
    return is_new


@transaction.atomic
def consent_on_paper(*, actor: Actor, memberships: Collection[int]) -> int:
    """Record consents that the station was shown in writing, for memberships that last; how many are new."""
    require_archive_keeper(actor)
    standing = set(
        MembershipConsent.objects.filter(membership__in=memberships, withdrawn_at=None).values_list(
            "membership_id", flat=True
        )
    )
    new = sorted(set(memberships) - standing)
    at = clock.now()
    MembershipConsent.objects.bulk_create(
        [MembershipConsent(membership_id=pk, given_at=at, given_through=PAPER) for pk in new], batch_size=BATCH
    )
    record(actor=actor, action="organizations.consents_on_paper", object_ref="organization:all", count=len(new))
    return len(new)


def move_all(*, stays_id: int, goes_id: int) -> None:
    """After a merge: present memberships, consents, what one keeps, what one counts for and open questions go on under
    the record that stays, since when they were. Where both belonged, the consent of the record that stays is what counts.
    """
    at, today = clock.now(), clock.today()
    present = dict(Membership.objects.filter(person_id=stays_id, until=None).values_list("organization_id", "pk"))
    going = list(Membership.objects.filter(person_id=goes_id, until=None))
    given = {
        row.membership_id: row for row in MembershipConsent.objects.filter(membership__in=going, withdrawn_at=None)
    }
    MembershipConsent.objects.filter(membership__in=going, withdrawn_at=None).update(withdrawn_at=at)
    Membership.objects.filter(pk__in=[row.pk for row in going]).update(until=today, is_leader=False)
    for row in going:
        if row.organization_id in present:
            if row.is_leader:
                Membership.objects.filter(pk=present[row.organization_id]).update(is_leader=True)
            continue
        moved = Membership.objects.create(
            person_id=stays_id, organization_id=row.organization_id, since=row.since, is_leader=row.is_leader
        )
        if row.pk in given:
            known = given[row.pk]
            MembershipConsent.objects.create(
                membership=moved, given_at=known.given_at, given_through=known.given_through
            )
    _move_primary(stays_id, goes_id)
    belongs = Membership.objects.filter(person_id=stays_id, until=None).values("organization_id")
    asked = Enrolment.objects.filter(person_id=stays_id, state=Enrolment.State.ASKED).values("organization_id")
    open_questions = Enrolment.objects.filter(person_id=goes_id, state=Enrolment.State.ASKED)
    for needless in (belongs, asked):
        open_questions.filter(organization_id__in=list(needless.values_list("organization_id", flat=True))).update(
            state=Enrolment.State.WITHDRAWN, answered_at=at
        )
    open_questions.update(person_id=stays_id)


def _move_primary(stays_id: int, goes_id: int) -> None:
    today = clock.today()
    rows = PrimaryOrganization.objects.filter(person_id=goes_id, until=None)
    going = rows.first()
    rows.update(until=today)
    if going is not None and not PrimaryOrganization.objects.filter(person_id=stays_id, until=None).exists():
        PrimaryOrganization.objects.create(person_id=stays_id, organization_id=going.organization_id, since=going.since)
