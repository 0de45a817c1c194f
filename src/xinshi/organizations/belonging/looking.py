"""Looks at members that are on record: a whole phone, and the organisation's own list as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.documents.workbook import write_workbook
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.belonging.queries import kept_members, kept_organization, member_line
from xinshi.organizations.models import Membership

EXPORT_BATCH: Final = 2_000


@transaction.atomic
def whole_phone(*, actor: Actor, organization_id: int, person_id: int) -> str:
    """A member's phone, for who keeps the organisation and only while the member lets them; the look is on record."""
    row = kept_members(actor, organization_id, is_seen_only=True).filter(person_id=person_id).first()
    if row is None:
        raise NotFound
    record(
        actor=actor,
        action="organizations.see_phone",
        object_ref=f"person:{person_id}",
        organization=organization_id,
    )
    phone: str = row.person.phone
    return phone


@transaction.atomic
def member_sheet(*, actor: Actor, organization_id: int, headers: tuple[str, ...], masked: str) -> bytes:
    """The organisation's own list as a workbook: (name, number, phone, since, consent); that it left is on record."""
    kept_organization(actor, organization_id)
    rows = kept_members(actor, organization_id).order_by("pk")
    record(
        actor=actor,
        action="organizations.export_members",
        object_ref=f"organization:{organization_id}",
        count=rows.count(),
    )
    return write_workbook(
        sheet_name="成员名单", headers=headers, rows=_sheet_rows(rows.iterator(chunk_size=EXPORT_BATCH), masked)
    )


def _sheet_rows(rows: Iterator[Membership], masked: str) -> Iterator[tuple[str | date, ...]]:
    for row in rows:
        line = member_line(row)
        phone = row.person.phone if line.has_consented else ""
        yield line.shown_name, line.volunteer_number, phone, line.since, "" if line.has_consented else masked
