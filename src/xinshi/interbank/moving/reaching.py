"""Whether a partner can be reached: while it cannot, one call a minute tries it; once it takes one, all that waits goes on.

A call that nobody takes says nothing about one transfer, but about the partner: a thousand of them are not asked about one
after the other at a bank that is down, and none of them waits a quarter of an hour at a bank that is back.

That a partner says something by itself is a reason to call it soon, and no more: it may be able to call us and not to be
called, and would then be called as often as it speaks, with nobody told that it takes no calls.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from xinshi.exchange.partners.actions import note_heard
from xinshi.interbank.moving.models import Stream, Transfer
from xinshi.interbank.moving.writing import locked_partner
from xinshi.interbank.protocol.states import pause_seconds
from xinshi.kernel import clock
from xinshi.outbox.waking import wake_worker

QUIET_SECONDS_MAX: Final = 60.0
UNREACHABLE_FROM: Final = 2
"""So many calls in a row that nobody took; one alone may be any lost packet."""
CALLED_BACK_WITHIN: Final = timedelta(seconds=2)
"""So soon is a partner called that could not be reached and now says something by itself."""


def spoke(*, partner_id: int) -> None:
    """The partner sent something that can be trusted: it is called soon, if it could not be reached the last time.

    The pause is only ever shortened to so much from now on, so that however often it speaks it is not called more often.
    """
    note_heard(partner_id=partner_id)
    soon = clock.now() + CALLED_BACK_WITHIN
    Stream.objects.filter(partner_id=partner_id, unanswered__gt=0, quiet_until__gt=soon).update(quiet_until=soon)


def reached(*, partner_id: int) -> None:
    """It took a call, whatever it said: what waited for that is due at once."""
    if Stream.objects.filter(partner_id=partner_id, unanswered__gt=0).exists():
        _came_back(partner_id)


@transaction.atomic
def _came_back(partner_id: int) -> None:
    partner, now = locked_partner(partner_id), clock.now()
    stream = Stream.objects.filter(partner=partner)
    was_away = stream.filter(unanswered__gte=UNREACHABLE_FROM).exists()
    stream.update(unanswered=0, unreached_since=None, quiet_until=None)
    if not was_away:
        return  # One lost packet: were everything due at once after each, a bad line would have no pauses at all.
    stream.filter(out_next__gt=F("delivered_next"), due_at__gt=now).update(due_at=now, tries=0)
    stream.filter(gap_due_at__gt=now).update(gap_due_at=now)
    waiting = Transfer.objects.filter(partner=partner, ended_at=None, state=Transfer.State.UNKNOWN, due_at__gt=now)
    waiting.update(due_at=now)
    wake_worker()


@transaction.atomic
def not_reached(*, partner_id: int) -> None:
    """A call that nobody took, or that was cut off: until the next one is due the partner is left alone."""
    stream = Stream.objects.select_for_update(no_key=True).filter(partner_id=partner_id).first()
    if stream is None:
        return
    now = clock.now()
    stream.unanswered += 1
    stream.unreached_since = stream.unreached_since or now
    pause = pause_seconds(stream.unanswered, chance=random.random(), longest=QUIET_SECONDS_MAX)  # noqa: S311  # spreads tries
    stream.quiet_until = now + timedelta(seconds=pause)
    stream.save(update_fields=["unanswered", "unreached_since", "quiet_until"])


def may_be_called() -> Q:
    """Streams whose partner is not left alone now."""
    return Q(quiet_until=None) | Q(quiet_until__lte=clock.now())


def is_tried_out() -> Q:
    """Streams whose partner could not be reached the last time: anything that waits there is a reason to call."""
    return Q(unanswered__gt=0)


def unreachable_since(partner_id: int) -> datetime | None:
    """Since when nobody took a call; None while the partner can be reached as far as is known."""
    found = Stream.objects.filter(partner_id=partner_id, unanswered__gte=UNREACHABLE_FROM)
    return found.values_list("unreached_since", flat=True).first()
