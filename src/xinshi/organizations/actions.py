"""Writes of organisations and membership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.organizations import membership
from xinshi.organizations.access import is_keeper, require_keeps
from xinshi.organizations.models import Membership, Organization
from xinshi.organizations.structure import check_parent
from xinshi.people.access import require_archive_keeper
from xinshi.people.queries import find_by_volunteer_numbers

NAME_LENGTH_MAX: Final = 100
LOOKUP_SIZE: Final = 500
KEPT: Final = -1
"""The organisation stays below the one that it stands below."""


class OrganizationKnown(DomainError):
    code = "organization_known"
    message = gettext_noop("There is an organisation of this name already.")


class MemberUnknown(DomainError):
    code = "member_unknown"
    message = gettext_noop("Nobody with this number is in the archive.")
    status = 422


@transaction.atomic
def create_organization(
    *,
    actor: Actor,
    name: str,
    kind: Organization.Kind,
    contact: str = "",
    parent_id: int | None = None,
    is_open: bool = False,
) -> int:
    """A new organisation; OrganizationKnown where the name is taken."""
    require_archive_keeper(actor)
    wanted = _plain_name(name)
    if parent_id is not None:
        check_parent(None, parent_id)
    try:
        with transaction.atomic():
            row = Organization.objects.create(
                name=wanted,
                kind=kind,
                contact=contact,
                parent_id=parent_id,
                is_open=is_open,
                created_at=clock.now(),
            )
    except IntegrityError:
        raise OrganizationKnown from None
    record(actor=actor, action="organizations.create", object_ref=f"organization:{row.pk}", kind=kind.value)
    return row.pk


@transaction.atomic
def change_organization(
    *,
    actor: Actor,
    organization_id: int,
    name: str,
    kind: Organization.Kind,
    contact: str,
    is_active: bool,
    is_open: bool | None = None,
    parent_id: int | None = KEPT,
) -> list[str]:
    """Rename an organisation, change its kind, contact or place in the tree, end or renew its part; what changed.

    `is_open` None and `parent_id` KEPT leave these as they are. CircleOfOrganizations where it would stand below itself.
    """
    require_archive_keeper(actor)
    if parent_id is not None and parent_id != KEPT:
        check_parent(organization_id, parent_id)
    row = Organization.objects.select_for_update().filter(pk=organization_id).first()
    if row is None:
        raise NotFound
    wanted: dict[str, object] = {
        "name": _plain_name(name),
        "kind": kind.value,
        "contact": contact,
        "is_active": is_active,
        "is_open": row.is_open if is_open is None else is_open,
        "parent_id": row.parent_id if parent_id == KEPT else parent_id,
    }
    changed = sorted(column for column, value in wanted.items() if getattr(row, column) != value)
    for column in changed:
        setattr(row, column, wanted[column])
    if not changed:
        return []
    try:
        with transaction.atomic():
            row.save(update_fields=changed)
    except IntegrityError:
        raise OrganizationKnown from None
    record(actor=actor, action="organizations.change", object_ref=f"organization:{row.pk}", columns=changed)
    return changed


def _plain_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain.isprintable() or not 0 < len(plain) <= NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=gettext_noop("The name of an organisation has 1 to 100 signs."))
    return plain


@transaction.atomic
def ensure_departments(*, actor: Actor, names: Sequence[str]) -> dict[str, int]:
    """The hospital's departments of these names, created where missing: {name: organisation id}."""
    require_archive_keeper(actor)
    wanted = sorted({name for name in names if name})
    known = _ids_by_name(wanted)
    missing = [name for name in wanted if name not in known]
    if not missing:
        return known
    at = clock.now()
    # Somebody else may create the same department at this moment: theirs is as good.
    Organization.objects.bulk_create(
        [Organization(name=name, kind=Organization.Kind.DEPARTMENT, created_at=at) for name in missing],
        ignore_conflicts=True,
    )
    created = _ids_by_name(missing)
    record_many(
        actor=actor,
        action="organizations.create",
        objects=[(f"organization:{pk}", {"kind": Organization.Kind.DEPARTMENT.value}) for pk in created.values()],
    )
    return known | created


def _ids_by_name(names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(names), LOOKUP_SIZE):
        part = names[start : start + LOOKUP_SIZE]
        found |= dict(Organization.objects.filter(name__in=part).values_list("name", "id"))
    return found


@transaction.atomic
def join_many(*, actor: Actor, memberships: Sequence[tuple[int, int]], since: date | None = None) -> None:
    """Let people belong to organisations: (person id, organisation id); who belongs already goes on belonging.

    `since` is a day that is known from a list on paper; today where there is none.
    """
    require_archive_keeper(actor)
    since = min(since or clock.today(), clock.today())
    Membership.objects.bulk_create(
        [
            Membership(person_id=person, organization_id=organization, since=since)
            for person, organization in memberships
        ],
        ignore_conflicts=True,
        batch_size=membership.BATCH,
    )
    membership.count_for_the_first(memberships, since=since)
    record_many(
        actor=actor,
        action="organizations.join",
        objects=[(f"person:{person}", {"organization": organization}) for person, organization in memberships],
    )


@transaction.atomic
def join(*, actor: Actor, organization_id: int, volunteer_number: str) -> int:
    """Let somebody belong to an organisation from today; their person id. MemberUnknown, AlreadyMember."""
    require_archive_keeper(actor)
    if not Organization.objects.filter(pk=organization_id).exists():
        raise NotFound
    number = volunteer_number.strip()
    person_id = find_by_volunteer_numbers([number]).get(number)
    if person_id is None:
        raise MemberUnknown
    membership.admit(person_id=person_id, organization_id=organization_id)
    record(actor=actor, action="organizations.join", object_ref=f"person:{person_id}", organization=organization_id)
    return person_id


@transaction.atomic
def leave(*, actor: Actor, person_id: int, organization_id: int) -> None:
    """End a membership today, by the station or who keeps the organisation; NotFound where there is none.

    Another keeper's membership is the station's to end: KeeperStays.
    """
    require_keeps(actor, organization_id)
    own = is_keeper(actor) or person_id == actor.person_id
    membership.end(person_id=person_id, organization_id=organization_id, may_end_keepers=own)
    record(actor=actor, action="organizations.leave", object_ref=f"person:{person_id}", organization=organization_id)
