"""A person's places near a moment, with everything that decides whether they come or go: one statement, written out.

Everybody scans in the same minute, and building this statement anew for each of them took most of a check-in's time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from xinshi.activities.models import Activity, ActivityRole, Shift, SignUp
from xinshi.attendance.codes.domain import LATE_LEAVING
from xinshi.attendance.models import ServiceRecord
from xinshi.doors.prepared import Answer, Question, known_row
from xinshi.kernel import clock
from xinshi.people.models import Person

STATEMENT: Final = """
SELECT s.id, s.shift_id, s.person_id, sh.activity_id, sh.starts_at, sh.ends_at,
       a.title, a.place, a.person_in_charge_id, a.hours_kind, a.is_dangerous, ro.requirements, p.name,
       r.id, r.state, r.checked_in_at, r.checked_in_through, r.checked_out_at, r.credited_minutes, r.submission,
       x.is_demanded, si.latitude, si.longitude, si.datum, si.radius_metres,
       (SELECT o.id FROM service_record o JOIN shift os ON os.id = o.shift_id
        WHERE o.person_id = s.person_id AND o.state = 'open' AND os.ends_at > %s
          AND (o.signup_id IS NULL OR o.signup_id <> s.id) ORDER BY o.id LIMIT 1),
       EXISTS (SELECT 1 FROM service_record o
               WHERE o.person_id = s.person_id AND o.state IN ('submitted', 'approved')
                 AND o.checked_in_at <= %s AND o.checked_out_at > %s
                 AND (o.signup_id IS NULL OR o.signup_id <> s.id)),
       (SELECT t.event FROM presence_trace t
        WHERE t.person_id = s.person_id AND t.code_key = %s AND t.shift_id = s.shift_id),
       (SELECT early_minutes FROM presence_settings WHERE id = 1)
FROM signup s
JOIN shift sh ON sh.id = s.shift_id
JOIN activity a ON a.id = sh.activity_id
JOIN activity_role ro ON ro.id = sh.role_id
JOIN person p ON p.id = s.person_id
LEFT JOIN service_record r ON r.signup_id = s.id
LEFT JOIN activity_site x ON x.activity_id = a.id
LEFT JOIN presence_site si ON si.id = x.site_id
WHERE sh.starts_at < %s AND sh.ends_at > %s AND s.state = 'confirmed'
"""
OF_PERSON: Final = " AND s.person_id = {person}"


@dataclass(frozen=True, slots=True)
class AskedSite:
    """The site at which phones are asked to be; degrees in `datum`."""

    is_demanded: bool
    latitude: float
    longitude: float
    datum: str
    radius_metres: int


@dataclass(frozen=True, slots=True)
class Near:
    """One place of the person; of the rows only the columns that a check-in needs are filled."""

    signup: SignUp
    record: ServiceRecord | None
    asked: AskedSite | None
    still_record: int | None
    """The record of another shift in which the person still is."""
    served_then: bool
    used_for: str
    """What this code did for the person before; empty where it did nothing."""
    early_minutes: int | None

    @property
    def shift(self) -> Shift:
        return self.signup.shift


def question(
    *,
    moment: datetime,
    code_key: str,
    activity_id: int | None = None,
    shift_id: int | None = None,
    signup_id: int | None = None,
) -> Question:
    """What `places` reads: the confirmed places near `moment` of a person who is still to be named."""
    first, last = moment - LATE_LEAVING, moment + timedelta(days=1)
    given = [moment, moment, moment, code_key, last, first]
    # A statement for each scope: by a condition that may be switched off the server would plan it anew each time.
    statement = STATEMENT
    for condition, wanted in (
        (" AND sh.activity_id = %s", activity_id),
        (" AND sh.id = %s", shift_id),
        (" AND s.id = %s", signup_id),
    ):
        if wanted is not None:
            statement += condition
            given.append(wanted)
    return Question(statement + OF_PERSON, given)


def places(answer: Answer, moment: datetime) -> list[Near]:
    """The person's confirmed places on the day of `moment`, in order of time.

    Who writes by them has locked the person's row before, or looks again under that lock.
    """
    day = clock.local_day(moment)
    rows = [row for row in map(_near, answer) if clock.local_day(row.shift.starts_at) == day]
    return sorted(rows, key=lambda row: (row.shift.starts_at, row.signup.pk))


def _near(row: tuple[Any, ...]) -> Near:
    activity = known_row(
        Activity,
        {
            "id": row[3],
            "title": row[6],
            "place": row[7],
            "person_in_charge_id": row[8],
            "hours_kind": row[9],
            "is_dangerous": bool(row[10]),
        },
    )
    requirements = json.loads(row[11]) if isinstance(row[11], str) else row[11]
    role = known_row(ActivityRole, {"activity_id": row[3], "requirements": requirements}, activity=activity)
    times = {"starts_at": _utc(row[4]), "ends_at": _utc(row[5])}
    shift = known_row(Shift, {"id": row[1], "activity_id": row[3]} | times, activity=activity, role=role)
    record = None
    if row[13] is not None:
        record = known_row(
            ServiceRecord,
            {
                "id": row[13],
                "signup_id": row[0],
                "person_id": row[2],
                "shift_id": row[1],
                "hours_kind": row[9],
                "state": row[14],
                "checked_in_at": _utc(row[15]),
                "checked_in_through": row[16],
                "checked_out_at": _utc(row[17]) if row[17] is not None else None,
                "credited_minutes": row[18],
                "submission": row[19],
            },
            shift=shift,
        )
    person = known_row(Person, {"id": row[2], "name": row[12]})
    references = {"id": row[0], "shift_id": row[1], "person_id": row[2]}
    # The record is known to be there or not: nobody asks the database again.
    signup = known_row(SignUp, references, shift=shift, person=person, record=record)
    asked = None
    if row[20] is not None:
        asked = AskedSite(bool(row[20]), float(row[21]), float(row[22]), row[23], row[24])
    return Near(signup, record, asked, row[25], bool(row[26]), row[27] or "", row[28])


def _utc(moment: datetime) -> datetime:
    """SQLite keeps moments without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
