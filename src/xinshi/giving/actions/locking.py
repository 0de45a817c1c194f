"""Locks of this room, in its order: passbooks in ascending person id, organisation, then the room's rows."""

from __future__ import annotations

from collections.abc import Iterable

from xinshi.bank.models import Passbook
from xinshi.giving.domain import OwnPassbookMissing, OwnPassbookNotActive, ReceiverNotActive
from xinshi.giving.models import Grant, GroupHoursEntry, Relative
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization


def locked_passbooks(person_ids: Iterable[int]) -> dict[int, Passbook]:
    """Passbooks by person, whatever their state; who has none is left out."""
    rows = Passbook.objects.select_for_update(no_key=True).filter(person_id__in=sorted(set(person_ids)))
    return {row.person_id: row for row in rows.order_by("person_id")}


def giving_passbook(passbooks: dict[int, Passbook], person_id: int) -> Passbook:
    """The locked, active passbook that something goes out of; OwnPassbookMissing, OwnPassbookNotActive."""
    found = passbooks.get(person_id)
    if found is None:
        raise OwnPassbookMissing
    if found.state != Passbook.State.ACTIVE:
        raise OwnPassbookNotActive
    return found


def receiving_passbook(passbooks: dict[int, Passbook], person_id: int) -> Passbook:
    """The locked, active passbook that something goes into; ReceiverNotActive otherwise."""
    found = passbooks.get(person_id)
    if found is None or found.state != Passbook.State.ACTIVE:
        raise ReceiverNotActive
    return found


def locked_organization(organization_id: int) -> Organization:
    """Whoever enters hours of this group or donates them waits here."""
    found = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id).first()
    if found is None:
        raise NotFound
    return found


def locked_relative(relative_id: int) -> Relative:
    found = Relative.objects.select_for_update(no_key=True).filter(pk=relative_id).first()
    if found is None:
        raise NotFound
    return found


def locked_grant(grant_id: int) -> Grant:
    found = Grant.objects.select_for_update(no_key=True).filter(pk=grant_id).first()
    if found is None:
        raise NotFound
    return found


def locked_group_hours(group_hours_id: int) -> GroupHoursEntry:
    found = GroupHoursEntry.objects.select_for_update(no_key=True).filter(pk=group_hours_id).first()
    if found is None:
        raise NotFound
    return found
