"""The training record 培训记录 of the ministry's norm: name, main content, hours, provider, date; kind and way by code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from xinshi.kernel import clock
from xinshi.people.queries import cards, people_of
from xinshi.training.domain import Kind, Way
from xinshi.training.models import Enrolment, Place, Session

LINES_MAX: Final = 1_000
EXPORTED_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One training of one person; `kind` and `way` are codes of the norm, `is_meeting` an exchange of experience."""

    title: str
    content: str
    minutes: int
    provider: str
    day: date
    kind: str
    way: str
    is_meeting: bool = False


def training_record(person_id: int, *, year: int | None = None) -> list[RecordLine]:
    """Everything that a person was trained in, the newest first: courses passed, sessions come to. Three queries.

    The caller has decided that the reader may see this person's record.
    """
    people = people_of(person_id)
    lines = [*_courses(people, year), *_sessions(people, year)]
    lines.sort(key=lambda line: line.day, reverse=True)
    return lines[:LINES_MAX]


def minutes_of_year(person_id: int, year: int) -> int:
    """Minutes of training in a calendar year."""
    return sum(line.minutes for line in training_record(person_id, year=year))


def records_of_year(year: int) -> Iterator[tuple[str, str, RecordLine]]:
    """Everybody's training of a calendar year: name, volunteer number, line; by person, at most EXPORTED_MAX.

    For who keeps or audits the records. A record that was merged is the one's who stayed.
    """
    first, last = clock.day_bounds(date(year, 1, 1))[0], clock.day_bounds(date(year, 12, 31))[1]
    passed = Enrolment.objects.filter(passed_at__gte=first, passed_at__lt=last, credited_minutes__gt=0)
    came = Place.objects.filter(
        presence=Place.Presence.PRESENT, session__starts_at__gte=first, session__starts_at__lt=last
    )
    found: list[tuple[int, RecordLine]] = [
        (row.person.merged_into_id or row.person_id, _of_course(row))
        for row in passed.select_related("course", "person").order_by("pk")[:EXPORTED_MAX]
    ]
    found += [
        (row.person.merged_into_id or row.person_id, _of_session(row.session, row.attended_minutes))
        for row in came.select_related("session__course", "person").order_by("pk")[:EXPORTED_MAX]
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].day))
    known = cards({person_id for person_id, _ in found})
    for person_id, line in found[:EXPORTED_MAX]:
        yield known[person_id].name, known[person_id].volunteer_number, line


def _courses(people: Sequence[int], year: int | None) -> list[RecordLine]:
    rows = Enrolment.objects.filter(person_id__in=people, passed_at__isnull=False, credited_minutes__gt=0)
    if year is not None:
        first, last = clock.day_bounds(date(year, 1, 1))[0], clock.day_bounds(date(year, 12, 31))[1]
        rows = rows.filter(passed_at__gte=first, passed_at__lt=last)
    return [_of_course(row) for row in rows.select_related("course").order_by("-passed_at")[:LINES_MAX]]


def _of_course(row: Enrolment) -> RecordLine:
    assert row.passed_at is not None, "only what was passed is in the record"
    course = row.course
    return RecordLine(
        title=course.title,
        content=course.summary,
        minutes=row.credited_minutes,
        provider=course.provider,
        day=clock.local_day(row.passed_at),
        kind=course.kind,
        way=Way.REMOTE.value if course.wants_session else course.way,
    )


def _sessions(people: Sequence[int], year: int | None) -> list[RecordLine]:
    rows = Place.objects.filter(person_id__in=people, presence=Place.Presence.PRESENT)
    if year is not None:
        first, last = clock.day_bounds(date(year, 1, 1))[0], clock.day_bounds(date(year, 12, 31))[1]
        rows = rows.filter(session__starts_at__gte=first, session__starts_at__lt=last)
    return [
        _of_session(row.session, row.attended_minutes)
        for row in rows.select_related("session__course").order_by("-session__starts_at")[:LINES_MAX]
    ]


def _of_session(session: Session, minutes: int) -> RecordLine:
    course = session.course
    return RecordLine(
        title=session.title,
        content=session.topic or (course.summary if course else ""),
        minutes=minutes,
        provider=course.provider if course else "",
        day=clock.local_day(session.starts_at),
        kind=course.kind if course else Kind.GENERAL.value,
        way=Way.FACE_TO_FACE.value,
        is_meeting=course is None,
    )
