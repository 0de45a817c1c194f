"""Marking on a sign-up that the person came; attendance calls this and keeps the record itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from xinshi.activities.domain import SignUpGone
from xinshi.activities.models import SignUp
from xinshi.doors.prepared import run

MARK_ONE: Final = "UPDATE signup SET attended_at = %s WHERE id = %s AND state = 'confirmed'"


def mark_attended(*, signup_ids: Sequence[int], at: datetime) -> None:
    """From now on these sign-ups cannot be cancelled. The caller has authorised and holds the people's locks."""
    assert connection.in_atomic_block, "presence is marked in the transaction that records it"
    if len(signup_ids) == 1:
        _rows, marked = run(MARK_ONE, (at, signup_ids[0]))
    else:
        marked = SignUp.objects.filter(pk__in=signup_ids, state=SignUp.State.CONFIRMED).update(attended_at=at)
    if marked != len(set(signup_ids)):
        raise SignUpGone


def unmark_attended(*, signup_ids: Sequence[int]) -> None:
    """A check-in was taken back, so these sign-ups may be cancelled again. Same duties of the caller."""
    assert connection.in_atomic_block, "presence is unmarked in the transaction that takes it back"
    SignUp.objects.filter(pk__in=signup_ids).update(attended_at=None)
