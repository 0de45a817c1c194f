"""Freezing while in dispute: the disputed minutes are set aside, and go back or are reversed with the answer.

By a hold of their own; where they are in public notice, by the notice's own hold, which runs on until the answer.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from xinshi.appeals.actions.telling import note
from xinshi.appeals.domain import OPEN_STATES, What
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.subjects import Subject
from xinshi.bank.actions import end_notice, extend_notice
from xinshi.bank.domain import NOTICE_AHEAD_DAYS_MAX
from xinshi.bank.models import Passbook
from xinshi.bank.notices import in_notice
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.actions import hold, release, system_account
from xinshi.ledger.domain import AccountKind, InsufficientMinutes

HOLD_KIND: Final = "dispute"
HELD_DAYS_MAX: Final = 3_650
"""A dispute ends with its answer, not with a date; this only keeps a forgotten one from lasting for ever."""
SYSTEM: Final = Actor.system("appeals")
AT_ONCE_MAX: Final = 500


def set_aside(
    request: CorrectionRequest, subject: Subject, passbook: Passbook, *, actor: Actor, role: str, at: datetime
) -> None:
    """Set all of the deposit's spendable minutes aside, or note that they are gone."""
    assert subject.deposit_id is not None, "what is disputed is a deposit"
    notice = in_notice([subject.deposit_id]).get(subject.deposit_id)
    if notice is not None:
        until = clock.local_day(at) + timedelta(days=NOTICE_AHEAD_DAYS_MAX)
        if until > notice.until:  # Else it was prolonged for an earlier dispute already.
            extend_notice(actor=SYSTEM, deposit_id=subject.deposit_id, until=until)
        request.notice_until = _first_end(request) or notice.until
        request.save(update_fields=["notice_until"])
        note(request, What.SET_ASIDE, actor=actor, role=role, at=at)
        return
    try:
        with transaction.atomic():
            request.hold_id = _hold(request, subject, passbook, actor=actor, at=at)
    except InsufficientMinutes:
        note(request, What.NOT_SET_ASIDE, actor=actor, role=role, at=at)
        return
    request.save(update_fields=["hold_id"])
    note(request, What.SET_ASIDE, actor=actor, role=role, at=at)


def _hold(request: CorrectionRequest, subject: Subject, passbook: Passbook, *, actor: Actor, at: datetime) -> int:
    if not subject.spendable_minutes:
        raise InsufficientMinutes(available_hours="0", needed_hours="0")
    return hold(
        key=f"dispute:{request.pk}",
        account_id=passbook.account_id,
        to_id=system_account(AccountKind.CORRECTION),
        minutes=subject.spendable_minutes,
        kind=HOLD_KIND,
        expires_at=at + timedelta(days=HELD_DAYS_MAX),
        actor_ref=actor.reference,
        memo=subject.title,
    ).id


def _first_end(request: CorrectionRequest) -> date | None:
    """When the notice would have ended before any dispute about the same deposit prolonged it."""
    earlier = CorrectionRequest.objects.filter(subject_ref=request.subject_ref, notice_until__isnull=False)
    return earlier.order_by("pk").values_list("notice_until", flat=True).first()


def give_back(request: CorrectionRequest, *, actor: Actor) -> None:
    """The minutes are free again; a reversal, where one follows, takes them from the balance in the same transaction.

    What was in public notice stays in it until the day on which the notice would have ended without the dispute.
    """
    if request.hold_id is not None:
        release(hold_id=request.hold_id, actor_ref=actor.reference)
    if request.notice_until is not None and request.notice_until < clock.today():
        _end_notice(request)


def _end_notice(request: CorrectionRequest) -> bool:
    deposit_id = int(request.subject_ref.partition(":")[2])
    if deposit_id not in in_notice([deposit_id]):
        return False
    end_notice(actor=SYSTEM, deposit_id=deposit_id)
    return True


def end_settled_notices(*, actor: Actor, limit: int = AT_ONCE_MAX) -> int:
    """End notices that only a dispute kept running, once their own last day is over; returns how many. For the worker."""
    if not actor.is_system:
        raise NotAllowed
    settled = CorrectionRequest.objects.filter(notice_until__lt=clock.today()).exclude(state__in=OPEN_STATES)
    in_question = CorrectionRequest.objects.filter(notice_until__isnull=False, state__in=OPEN_STATES)
    rows = settled.exclude(subject_ref__in=in_question.values("subject_ref")).order_by("-pk")[:limit]
    return sum(_end_settled(row) for row in rows)


@transaction.atomic
def _end_settled(row: CorrectionRequest) -> bool:
    return _end_notice(row)
