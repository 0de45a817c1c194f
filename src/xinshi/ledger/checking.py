"""Reconciling on somebody's request, with a trace in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.audit.queries import newest
from xinshi.kernel.actor import Actor
from xinshi.ledger.access import require_reader
from xinshi.ledger.verification import VerifyReport, verify

ACTION = "ledger.verify"


@dataclass(frozen=True, slots=True)
class LastCheck:
    at: datetime
    actor_ref: str
    ok: bool


def check_book(*, actor: Actor) -> VerifyReport:
    """Reconcile everything; that it was done, by whom and with what result, stands in the audit trail."""
    require_reader(actor)
    report = verify()
    with transaction.atomic():
        record(
            actor=actor,
            action=ACTION,
            object_ref="ledger:book",
            ok=report.ok,
            first_difference=report.first_difference[:200],
            seal_head=report.seal_head,
        )
    return report


def last_check() -> LastCheck | None:
    """The newest reconciliation that somebody asked for on a page or by the API."""
    entry = newest(ACTION)
    return LastCheck(entry.at, entry.actor_ref, bool(entry.detail.get("ok"))) if entry else None
