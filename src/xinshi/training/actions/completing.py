"""Passing: when nothing is missing any more, the certificate and the qualification follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from xinshi.archive.actions import grant_many
from xinshi.archive.domain import Grant
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.ids import new_short_code
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish_many
from xinshi.training.domain import months_later
from xinshi.training.events import CoursePassed
from xinshi.training.models import Certificate, Course, Enrolment
from xinshi.training.progress import progress_of

SYSTEM = Actor.system("training")
"""Grants qualifications: whoever passed the course did, whatever the role of who noticed it."""


def complete(*, actor: Actor, enrolments: Sequence[Enrolment]) -> list[Certificate]:
    """Pass those of these open enrolments in which nothing is missing; their people are locked by the caller."""
    assert connection.in_atomic_block, "a course is passed in the transaction that did its last part"
    open_ones = [row for row in enrolments if row.passed_at is None]
    ready = [found.enrolment for found in progress_of(open_ones).values() if not found.missing]
    if not ready:
        return []
    at = clock.now()
    today = clock.local_day(at)
    for row in ready:
        row.passed_at, row.credited_minutes = at, row.course.study_minutes
    Enrolment.objects.bulk_update(ready, ["passed_at", "credited_minutes"])
    ends = _running_certificates(ready, today)
    issued = Certificate.objects.bulk_create(
        [
            Certificate(
                number=f"{today.year}{new_short_code()}",
                enrolment=row,
                person_id=row.person_id,
                course=row.course,
                issued_on=today,
                expires_on=_last_day(row.course, today, ends.get((row.person_id, row.course_id))),
            )
            for row in ready
        ]
    )
    _grant(issued)
    record_many(
        actor=actor,
        action="training.pass",
        objects=[(f"enrolment:{row.pk}", {"course": row.course_id, "person": row.person_id}) for row in ready],
    )
    publish_many(
        CoursePassed(
            enrolment_id=row.pk,
            course_id=row.course_id,
            person_id=row.person_id,
            qualification=row.course.qualification.code if row.course.qualification else "",
        )
        for row in ready
    )
    _tell(issued, at)
    return issued


def _last_day(course: Course, today: date, runs_until: date | None) -> date | None:
    """Whoever renews early loses nothing: the new time begins when the old one ends."""
    if course.valid_months is None:
        return None
    begins = max(today, runs_until + timedelta(days=1)) if runs_until else today
    return months_later(begins, course.valid_months)


def _running_certificates(ready: Sequence[Enrolment], today: date) -> dict[tuple[int, int], date]:
    """Until when the certificate runs that each enrolment renews."""
    renewed = {row.course_id: {row.course_id, row.course.renews_id or row.course_id} for row in ready}
    courses = set().union(*renewed.values())
    rows = Certificate.objects.filter(
        person_id__in={row.person_id for row in ready}, course_id__in=courses, revoked_at=None, expires_on__gte=today
    ).values_list("person_id", "course_id", "expires_on")
    held = [(person_id, course_id, last) for person_id, course_id, last in rows if last is not None]
    found: dict[tuple[int, int], date] = {}
    for row in ready:
        lasts = [last for person, course, last in held if person == row.person_id and course in renewed[row.course_id]]
        if lasts:
            found[row.person_id, row.course_id] = max(lasts)
    return found


def source_ref(enrolment_id: int) -> str:
    """By which the archive knows where a qualification comes from."""
    return f"course-enrolment:{enrolment_id}"


def _grant(issued: Sequence[Certificate]) -> None:
    grants = [
        Grant(
            person_id=row.person_id,
            code=row.course.qualification.code,
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            number=row.number,
            issued_by=row.course.provider,
            source_ref=source_ref(row.enrolment_id),
        )
        for row in issued
        if row.course.qualification is not None
    ]
    if grants:
        grant_many(actor=SYSTEM, grants=grants)


def _tell(issued: Sequence[Certificate], at: datetime) -> None:
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=gettext_noop("You passed “%(title)s”. Your certificate is ready."),
            parameters={"title": row.course.title},
            object_ref=f"certificate:{row.pk}",
            key=f"certificate:{row.pk}:issued:{at.isoformat(timespec='seconds')}",
        )
        for row in issued
    )
