"""Reconciling the whole book: on somebody's request and every night, never twice at once, each time with a trace."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger.access import ALARMED, require_reader
from xinshi.ledger.domain import VerificationRunning
from xinshi.ledger.models import Reconciliation, ReconciliationClaim
from xinshi.ledger.verification import VerifyReport, verify

ACTION: Final = "ledger.verify"
CLAIM: Final = 1
CLAIM_LIFE: Final = timedelta(minutes=15)
"""A claim is renewed before every check; one that is older belongs to a process that died."""
NIGHT_BEGINS, NIGHT_ENDS = time(2, 0), time(5, 0)
DUE_AFTER: Final = timedelta(hours=24)
STALE_AFTER: Final = timedelta(hours=26)


class BookAlarm(StrEnum):
    """Why the desk must look at the book."""

    DIFFERS = "differs"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`last` is the newest reconciliation."""

    why: BookAlarm
    last: Reconciliation


def check_book(*, actor: Actor) -> VerifyReport:
    """Reconcile everything now, for auditors and administrators; VerificationRunning while another one is at it."""
    require_reader(actor)
    return _reconcile(actor)


def reconcile_if_due() -> VerifyReport | None:
    """Every night's reconciliation, or the one that is overdue; None where none is due or another worker is at it."""
    if not is_due(clock.now(), _last_started_at()):
        return None
    try:
        return _reconcile(Actor.system("nightly verification"), only_if=lambda: is_due(clock.now(), _last_started_at()))
    except VerificationRunning:
        return None


def is_due(now: datetime, last_started_at: datetime | None) -> bool:
    """Between two and five at night where none began since two; at any hour where none began for a whole day."""
    if last_started_at is None or now - last_started_at >= DUE_AFTER:
        return True
    local = now.astimezone(clock.HOSPITAL_ZONE)
    begins = clock.at_local(local.date(), NIGHT_BEGINS)
    return NIGHT_BEGINS <= local.time() < NIGHT_ENDS and last_started_at < begins


def _last_started_at() -> datetime | None:
    return Reconciliation.objects.order_by("-id").values_list("started_at", flat=True).first()


def _reconcile(actor: Actor, *, only_if: Callable[[], bool] | None = None) -> VerifyReport:
    """Verify under the one claim; the result, and that it was done, by whom and with what, is kept."""
    name = _claim()
    try:
        if only_if is not None and not only_if():
            raise VerificationRunning
        started_at = clock.now()
        report = verify(lambda *_: _renew(name))
        _keep(actor, report, started_at)
    finally:
        ReconciliationClaim.objects.filter(pk=CLAIM, claimed_by=name).delete()
    return report


@transaction.atomic
def _keep(actor: Actor, report: VerifyReport, started_at: datetime) -> None:
    Reconciliation.objects.create(
        started_at=started_at,
        finished_at=max(clock.now(), started_at),
        ok=report.ok,
        first_difference=report.first_difference[:400],
        checks=len(report.checks),
        transfers=report.counts["transfers"],
        seal_n=report.seal_n,
        seal_hash=report.seal_head,
        actor_ref=actor.reference,
    )
    record(
        actor=actor,
        action=ACTION,
        object_ref="ledger:book",
        ok=report.ok,
        first_difference=report.first_difference[:200],
        seal_head=report.seal_head,
    )


def _claim() -> str:
    """Take the one claim, that of a dead process too; VerificationRunning where a living one has it."""
    name = f"{socket.gethostname()[:48]}:{os.getpid()}:{os.urandom(6).hex()}"
    dead = ReconciliationClaim.objects.filter(pk=CLAIM, claimed_at__lt=clock.now() - CLAIM_LIFE)
    if dead.update(claimed_at=clock.now(), claimed_by=name):
        return name
    try:
        with transaction.atomic():
            ReconciliationClaim(pk=CLAIM, claimed_at=clock.now(), claimed_by=name).save(force_insert=True)
    except IntegrityError:
        raise VerificationRunning from None
    return name


def _renew(name: str) -> None:
    ReconciliationClaim.objects.filter(pk=CLAIM, claimed_by=name).update(claimed_at=clock.now())


def last_check() -> Reconciliation | None:
    """The newest reconciliation."""
    return Reconciliation.objects.order_by("-id").first()


def history(*, limit: int) -> list[Reconciliation]:
    """The newest reconciliations, newest first."""
    return list(Reconciliation.objects.order_by("-id")[:limit])


def book_is_right() -> bool | None:
    """What the newest reconciliation found; None where there was none yet, or none for more than STALE_AFTER."""
    last = last_check()
    if last is None:
        return None
    if last.ok and clock.now() - last.started_at > STALE_AFTER:
        return None
    return last.ok


def alarm_for(actor: Actor) -> Alarm | None:
    """What administrators, auditors and coordinators must hear of: a difference, or that nobody has looked for too long."""
    last = last_check() if actor.has(*ALARMED) else None
    if last is None:
        return None
    if not last.ok:
        return Alarm(BookAlarm.DIFFERS, last)
    return Alarm(BookAlarm.STALE, last) if clock.now() - last.started_at > STALE_AFTER else None
