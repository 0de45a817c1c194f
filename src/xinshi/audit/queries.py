"""Reads of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from xinshi.audit.access import require_reader
from xinshi.audit.models import AuditEntry, AuditSeal
from xinshi.audit.sealing import newest_seals
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Filter:
    """What an auditor looks for; empty fields do not narrow. `day` as YYYY-MM-DD."""

    action: str = ""
    actor_ref: str = ""
    object_ref: str = ""
    day: str = ""


def trail(actor: Actor, wanted: Filter) -> QuerySet[AuditEntry]:
    """Lines that match, newest first. `action` may be a room (`bank`) or a whole verb (`bank.deposit`)."""
    require_reader(actor)
    rows = AuditEntry.objects.order_by("-id")
    if wanted.action:
        rows = (
            rows.filter(action=wanted.action)
            if "." in wanted.action
            else rows.filter(action__startswith=f"{wanted.action}.")
        )
    if wanted.actor_ref:
        rows = rows.filter(actor_ref=wanted.actor_ref)
    if wanted.object_ref:
        rows = rows.filter(object_ref=wanted.object_ref)
    if day := clock.day_from_text(wanted.day):
        start, end = clock.day_bounds(day)
        rows = rows.filter(at__gte=start, at__lt=end)
    return rows


def newest(action: str) -> AuditEntry | None:
    """The last line of one kind, for rooms that show when something was last done."""
    return AuditEntry.objects.filter(action=action).order_by("-id").first()


def seals(actor: Actor) -> list[AuditSeal]:
    """The newest seal of the trail and of every other chain of records."""
    require_reader(actor)
    return newest_seals()
