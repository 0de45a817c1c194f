"""Reads of agreements: for those who see members, and for whom keeps the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import kept_by, sees_members
from xinshi.organizations.agreements.actions import SCANS
from xinshi.organizations.domain import REMINDED_DAYS_BEFORE, AgreementStanding, standing
from xinshi.organizations.models import Agreement, AgreementEvent, AgreementFile

HISTORY_MAX: Final = 200


def visible(actor: Actor) -> QuerySet[Agreement]:
    """All for the station and the auditor; for who keeps an organisation, its own once they are signed."""
    rows = Agreement.objects.select_related("organization")
    if sees_members(actor):
        return rows
    return rows.filter(organization__in=kept_by(actor)).exclude(state=Agreement.State.DRAFT).exclude(signed_on=None)


def agreements(actor: Actor, *, state: str = "", organization_id: int | None = None) -> QuerySet[Agreement]:
    """By how they stand today (`standing`), what ends first before the rest."""
    today = clock.today()
    soon = today + timedelta(days=REMINDED_DAYS_BEFORE[0])
    over = Q(state=Agreement.State.ENDED) | Q(state=Agreement.State.IN_FORCE, ends_on__lt=today)
    in_force = Q(state=Agreement.State.IN_FORCE, ends_on__gte=today)
    wanted = {
        "": Q(),
        AgreementStanding.DRAFT: Q(state=Agreement.State.DRAFT),
        AgreementStanding.TO_BEGIN: in_force & Q(starts_on__gt=today),
        AgreementStanding.IN_FORCE: in_force & Q(starts_on__lte=today),
        AgreementStanding.ENDING: in_force & Q(starts_on__lte=today, ends_on__lte=soon),
        AgreementStanding.ENDED: over,
    }.get(state, Q())
    rows = visible(actor).filter(wanted)
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    return rows.order_by("ends_on", "pk") if state == AgreementStanding.ENDING else rows.order_by("-ends_on", "-pk")


def ending_count(actor: Actor) -> tuple[int, date | None]:
    """How many end within 90 days, and the first of these days."""
    rows = agreements(actor, state=AgreementStanding.ENDING)
    return rows.count(), rows.values_list("ends_on", flat=True).first()


def standing_of(row: Agreement) -> AgreementStanding:
    return standing(row.state, starts_on=row.starts_on, ends_on=row.ends_on, today=clock.today())


def days_left(row: Agreement) -> int:
    return (row.ends_on - clock.today()).days


def agreement(actor: Actor, agreement_id: int) -> Agreement:
    found = visible(actor).select_related("organization", "renews").filter(pk=agreement_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class AgreementHistory:
    files: list[AgreementFile]
    events: list[AgreementEvent]
    renewals: list[Agreement]


def history(actor: Actor, row: Agreement) -> AgreementHistory:
    """What happened to an agreement that `actor` was shown."""
    return AgreementHistory(
        files=list(row.files.order_by("pk")),
        events=list(row.events.order_by("pk")[:HISTORY_MAX]),
        renewals=list(visible(actor).filter(renews=row).order_by("pk")[:20]),
    )


def scan(actor: Actor, file_id: int) -> tuple[AgreementFile, bytes]:
    """A scan, opened; NotFound where its agreement is not to be seen."""
    found = AgreementFile.objects.filter(pk=file_id, agreement__in=visible(actor)).first()
    if found is None:
        raise NotFound
    return found, SCANS.content(found.path)
