"""The monthly snapshot."""

from __future__ import annotations

from collections import Counter

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.liabilities import access
from xinshi.liabilities.counting import count_outstanding
from xinshi.liabilities.domain import Holder, first_of_month
from xinshi.liabilities.models import LiabilitySnapshot


@transaction.atomic
def take_snapshot(*, actor: Actor) -> bool:
    """Write down what the bank owes as this month begins; once a month, False where it is done already. For the worker."""
    access.require_system(actor)
    month = first_of_month(clock.today())
    if LiabilitySnapshot.objects.filter(month=month).exists():
        return False
    count = count_outstanding()
    made = LiabilitySnapshot.objects.bulk_create(
        [
            LiabilitySnapshot(
                month=month,
                taken_at=clock.now(),
                outstanding_minutes=count.minutes,
                passbook_minutes=count.of(Holder.PASSBOOK),
                donation_only_minutes=count.of(Holder.DONATION_ONLY),
                group_minutes=count.of(Holder.GROUP),
                pool_minutes=count.of(Holder.POOL),
                held_minutes=count.held_minutes,
                notice_minutes=count.notice_minutes,
                by_age=_plain(count.by("age")),
                by_kind=_plain(count.by("kind")),
                by_group=_plain(count.by("group")),
            )
        ],
        ignore_conflicts=True,
    )
    if not LiabilitySnapshot.objects.filter(month=month, taken_at=made[0].taken_at).exists():
        return False  # Another worker was first.
    record(
        actor=actor,
        action="liabilities.take_snapshot",
        object_ref=f"liability-snapshot:{month:%Y%m}",
        outstanding=count.minutes,
    )
    return True


def _plain(minutes: Counter[object]) -> dict[str, int]:
    return {str(name) or "none": value for name, value in minutes.items()}
