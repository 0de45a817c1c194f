"""Coming in for the first time as one statement, on PostgreSQL: the person's lock, record, sign-up, trace and audit line.

What `arriving` writes in six statements and a transaction is written by `attendance_come` (attendance/sql/), which the tests
hold to the same rows. It looks again, under the lock, whether what the caller decided on still holds (ADR 0011).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from django.db import connection

from xinshi.activities.models import SignUp
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.sites.domain import Verdict
from xinshi.doors.prepared import run
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

STATEMENT: Final = "SELECT attendance_come(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def comes_in_one_statement() -> bool:
    """Whether `come` can write at all: PostgreSQL has the function."""
    return connection.vendor == "postgresql"


def come(
    actor: Actor,
    signup: SignUp,
    *,
    moment: datetime,
    way: Trace.Way,
    code_key: str,
    device: str,
    verdict: Verdict,
) -> int | None:
    """The new record's id; None, and nothing written, where something changed since the caller looked, and on SQLite."""
    if not comes_in_one_statement():
        return None
    shift = signup.shift
    detail = {"signup": signup.pk, "through": way.value, "at": moment.isoformat()}
    ((record_id,),), _changed = run(
        STATEMENT,
        [
            signup.person_id,
            signup.pk,
            shift.pk,
            shift.activity.hours_kind,
            clock.whole_minutes_between(shift.starts_at, shift.ends_at),
            moment,
            clock.now(),
            actor.reference,
            way.value,
            code_key,
            device,
            verdict.place,
            verdict.hectometres,
            json.dumps(detail),
        ],
    )
    return record_id if record_id is None else int(record_id)
