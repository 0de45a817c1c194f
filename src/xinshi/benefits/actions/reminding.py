"""Reminders before a voucher runs out: three days and one day before, each exactly once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from xinshi.benefits import access
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.domain import REMINDER_DAYS, VoucherState, reminder_due
from xinshi.benefits.models import Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop

REMINDED_AT_ONCE_MAX = 500


def remind_owners(*, actor: Actor, limit: int = REMINDED_AT_ONCE_MAX) -> int:
    """Remind the owners of vouchers that run out soon; returns how many reminders were sent. For the worker."""
    access.require_system(actor)
    now = clock.now()
    horizon = clock.day_bounds(clock.today() + timedelta(days=max(REMINDER_DAYS)))[1]
    rows = Voucher.objects.filter(state=VoucherState.RESERVED, expires_at__gt=now, expires_at__lte=horizon)
    rows = rows.filter(Q(reminded_days=None) | Q(reminded_days__gt=min(REMINDER_DAYS))).order_by("expires_at", "pk")
    return sum(_remind(row) for row in rows.select_related("benefit")[:limit])


@transaction.atomic
def _remind(voucher: Voucher) -> bool:
    """Sent by whichever worker marks it first; the message's key would keep a second one out as well."""
    days = reminder_due(
        last_day=clock.local_day(voucher.expires_at - timedelta(seconds=1)),
        reserved_on=clock.local_day(voucher.reserved_at),
        today=clock.today(),
    )
    if days is None:
        return False
    unmarked = Q(reminded_days=None) | Q(reminded_days__gt=days)
    marked = Voucher.objects.filter(unmarked, pk=voucher.pk, state=VoucherState.RESERVED).update(reminded_days=days)
    if not marked:
        return False
    if voucher.slot_id is not None:
        text = gettext_noop(
            "Days until “%(name)s”: %(days)s. If you cannot come, cancel in time, so that somebody else can."
        )
    else:
        text = gettext_noop("Days until your voucher for “%(name)s” runs out: %(days)s. Show it at the desk before.")
    tell(voucher, text, f"reminder-{days}", days=days)
    return True
