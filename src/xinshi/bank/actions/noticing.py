"""The public notice of a deposit: kept longer while somebody objects, ended once that is settled."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.access import require_corrector
from xinshi.bank.domain import NOTICE_AHEAD_DAYS_MAX, NoticeNotLonger, NotInNotice
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.notices import Notice, in_notice
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger.actions import postpone_hold, release


@transaction.atomic
def extend_notice(*, actor: Actor, deposit_id: int, until: date) -> None:
    """Keep a disputed deposit in public notice up to and with `until`; correctors and the system.

    NotInNotice where the notice is over; NoticeNotLonger unless `until` is later than its last day so far.
    """
    notice = _locked(actor, deposit_id)
    if not notice.until < until <= clock.today() + timedelta(days=NOTICE_AHEAD_DAYS_MAX):
        raise NoticeNotLonger(day=notice.until)
    postpone_hold(hold_id=notice.hold_id, expires_at=clock.day_bounds(until)[1])
    record(actor=actor, action="bank.extend_notice", object_ref=f"deposit:{deposit_id}", until=until.isoformat())


@transaction.atomic
def end_notice(*, actor: Actor, deposit_id: int) -> None:
    """Let the minutes of a deposit in notice be spent from now on; correctors and the system."""
    notice = _locked(actor, deposit_id)
    release(hold_id=notice.hold_id, actor_ref=actor.reference)
    record(actor=actor, action="bank.end_notice", object_ref=f"deposit:{deposit_id}", minutes=notice.minutes)


def _locked(actor: Actor, deposit_id: int) -> Notice:
    require_corrector(actor)
    passbook_id = Deposit.objects.filter(pk=deposit_id).values_list("passbook_id", flat=True).first()
    if passbook_id is None:
        raise NotFound
    Passbook.objects.select_for_update(no_key=True).get(pk=passbook_id)
    found = in_notice([deposit_id]).get(deposit_id)
    if found is None:
        raise NotInNotice
    return found
