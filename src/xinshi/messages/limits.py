"""How often something may be asked, counted in the database: right for any number of processes at once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from django.db import transaction

from xinshi.kernel import clock
from xinshi.messages.models import AskedTimes

COUNTED_FOR: Final = timedelta(days=1)
"""The longest span that anything is counted over."""


@transaction.atomic
def allow(what: str, *, times_max: int, span: timedelta) -> bool:
    """Count one more `what`, unless there were `times_max` within `span` before now; True where it was counted.

    `what` names whom it is about only by a digest (a blind index, a reference), never in clear.
    """
    assert span <= COUNTED_FOR, "what is older is forgotten"
    at = clock.now()
    key = hashlib.sha256(what.encode()).hexdigest()
    AskedTimes.objects.bulk_create([AskedTimes(key=key, last_at=at)], ignore_conflicts=True)
    row = AskedTimes.objects.select_for_update().get(pk=key)
    recent = [moment for moment in row.times if moment > (at - span).timestamp()]
    if len(recent) >= times_max:
        return False
    AskedTimes.objects.filter(pk=key).update(times=[*recent, at.timestamp()], last_at=at)
    return True


def forget_old_counts() -> int:
    """Delete what no limit looks back to any more; returns how many rows went."""
    return AskedTimes.objects.filter(last_at__lt=clock.now() - COUNTED_FOR).delete()[0]
