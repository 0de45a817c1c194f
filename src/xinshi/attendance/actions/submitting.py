"""What every record goes through when its two times are known: the minutes, the day by which it is decided, no overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from xinshi.activities.models import Shift
from xinshi.attendance.domain import (
    PresenceOutsideShift,
    PresenceOverlaps,
    Stretch,
    credited_minutes,
    due_day,
    overlaps,
    present_minutes,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.kernel import clock
from xinshi.people.queries import cards

KNOWN_STATES = [ServiceRecord.State.SUBMITTED, ServiceRecord.State.APPROVED]
SUBMITTED_FIELDS = [
    "state",
    "checked_out_at",
    "checked_out_by_ref",
    "checked_out_through",
    "scheduled_minutes",
    "present_minutes",
    "credited_minutes",
    "submitted_at",
    "due_on",
]


def submit(row: ServiceRecord, shift: Shift, at: datetime) -> None:
    """Decide the minutes of a record whose two times are known, and by when it should be approved; not saved yet.

    The shift may have been prolonged since the check-in, so what was scheduled is taken down anew.
    """
    assert row.checked_out_at is not None, "a submitted record has both times"
    row.scheduled_minutes = clock.whole_minutes_between(shift.starts_at, shift.ends_at)
    row.present_minutes = present_minutes(row.checked_in_at, row.checked_out_at)
    row.credited_minutes = credited_minutes((row.checked_in_at, row.checked_out_at), (shift.starts_at, shift.ends_at))
    if row.credited_minutes < 1:
        raise PresenceOutsideShift(name=name_of(row.person_id))
    row.state = ServiceRecord.State.SUBMITTED
    row.submitted_at = at
    row.due_on = due_day(clock.local_day(shift.ends_at))


def require_no_overlap(rows: Sequence[ServiceRecord]) -> None:
    """None of the stretches meets another of the same person; their people are locked."""
    others = known_stretches(
        {row.person_id for row in rows},
        since=min(row.checked_in_at for row in rows),
        until=max(row.checked_out_at or row.checked_in_at for row in rows),
        but={row.pk for row in rows if row.pk is not None},
    )
    for row in rows:
        assert row.checked_out_at is not None, "a submitted record has both times"
        stretch = (row.checked_in_at, row.checked_out_at)
        if overlaps(*stretch, others[row.person_id]):
            raise PresenceOverlaps(name=name_of(row.person_id))
        others[row.person_id].append(stretch)


def known_stretches(
    person_ids: Iterable[int], *, since: datetime, until: datetime, but: set[int]
) -> defaultdict[int, list[Stretch]]:
    """The presence of these people that touches `since`–`until`, by person, without the records `but`."""
    known = ServiceRecord.objects.filter(
        person_id__in=set(person_ids), state__in=KNOWN_STATES, checked_out_at__gt=since, checked_in_at__lt=until
    )
    found: defaultdict[int, list[Stretch]] = defaultdict(list)
    for pk, person_id, start, end in known.values_list("pk", "person_id", "checked_in_at", "checked_out_at"):
        if pk not in but and end is not None:
            found[person_id].append((start, end))
    return found


def name_of(person_id: int) -> str:
    return cards([person_id])[person_id].name
