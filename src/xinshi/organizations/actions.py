"""Writes of organisations and membership."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.organizations.models import Membership, Organization
from xinshi.people.access import require_archive_keeper


class OrganizationKnown(DomainError):
    code = "organization_known"
    message = gettext_noop("There is an organisation of this name already.")


@transaction.atomic
def create_organization(
    *, actor: Actor, name: str, kind: Organization.Kind, contact: str = "", parent_id: int | None = None
) -> int:
    """A new organisation; OrganizationKnown where the name is taken."""
    require_archive_keeper(actor)
    if Organization.objects.filter(name=name).exists():
        raise OrganizationKnown
    row = Organization.objects.create(
        name=name, kind=kind, contact=contact, parent_id=parent_id, created_at=clock.now()
    )
    record(actor=actor, action="organizations.create", object_ref=f"organization:{row.pk}", kind=kind.value)
    return row.pk


@transaction.atomic
def ensure_departments(*, actor: Actor, names: Sequence[str]) -> dict[str, int]:
    """The hospital's departments of these names, created where missing: {name: organisation id}."""
    require_archive_keeper(actor)
    wanted = sorted({name for name in names if name})
    known = dict(Organization.objects.filter(name__in=wanted).values_list("name", "id"))
    missing = [name for name in wanted if name not in known]
    at = clock.now()
    rows = Organization.objects.bulk_create(
        [Organization(name=name, kind=Organization.Kind.DEPARTMENT, created_at=at) for name in missing]
    )
    record_many(
        actor=actor,
        action="organizations.create",
        objects=[(f"organization:{row.pk}", {"kind": row.kind}) for row in rows],
    )
    return known | {row.name: row.pk for row in rows}


@transaction.atomic
def join_many(*, actor: Actor, memberships: Sequence[tuple[int, int]]) -> None:
    """Let people belong to organisations: (person id, organisation id); who belongs already goes on belonging."""
    require_archive_keeper(actor)
    since = clock.today()
    Membership.objects.bulk_create(
        [
            Membership(person_id=person, organization_id=organization, since=since)
            for person, organization in memberships
        ],
        ignore_conflicts=True,
        batch_size=2_000,
    )
    record_many(
        actor=actor,
        action="organizations.join",
        objects=[(f"person:{person}", {"organization": organization}) for person, organization in memberships],
    )


@transaction.atomic
def leave(*, actor: Actor, person_id: int, organization_id: int) -> None:
    """End a membership today."""
    require_archive_keeper(actor)
    changed = Membership.objects.filter(person_id=person_id, organization_id=organization_id, until=None).update(
        until=clock.today()
    )
    if changed:
        record(
            actor=actor, action="organizations.leave", object_ref=f"person:{person_id}", organization=organization_id
        )
