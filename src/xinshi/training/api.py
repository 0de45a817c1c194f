"""Training for programs: courses, one's own way through them, sessions, certificates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.errors import NotFound
from xinshi.training import access, actions, queries
from xinshi.training.actions import Mark
from xinshi.training.domain import QUESTIONS_PER_TRY_MAX, Part
from xinshi.training.models import Certificate, Course, Place, Session

router = Router(tags=["training"])
ID_MAX = 2**63 - 1
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]
Cursor = Annotated[int | None, Query(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
Choice = Annotated[int, Field(ge=0, le=20)]
Reference = Annotated[int, Field(ge=1, le=ID_MAX)]
MARKS_MAX = 1_000


class CourseOut(Schema):
    """A course; `kind` 1 general, 2 for a post, 3 professional, `way` 1 remote, 2 face to face: the norm's codes."""

    id: int
    code: str
    title: str
    title_en: str
    summary: str
    kind: str
    way: str
    provider: str
    state: str
    study_minutes: int
    valid_months: int | None
    renews_id: int | None


class LessonOut(Schema):
    id: int
    title: str
    minutes: int
    is_done: bool


class StepOut(Schema):
    part: Part
    is_done: bool
    is_open: bool


class CoursePathOut(Schema):
    """The caller's own way: `wait_minutes` until the next try, `open_try_id` a try that waits for answers."""

    course: CourseOut
    is_started: bool
    percent: int
    lessons: list[LessonOut]
    steps: list[StepOut]
    tries_left: int
    wait_minutes: int
    open_try_id: int | None
    certificate_id: int | None


class OptionOut(Schema):
    """`place` is what an answer names; a true-or-false question has 0 for true and 1 for false, without texts."""

    place: int
    text: str


class QuestionOut(Schema):
    id: int
    kind: str
    text: str
    options: list[OptionOut]


class TryOut(Schema):
    id: int
    number: int
    questions: list[QuestionOut]


class AnswerIn(Schema):
    question_id: Reference
    chosen: Annotated[list[Choice], Field(max_length=10)]


class AnswersIn(Schema):
    answers: Annotated[list[AnswerIn], Field(max_length=QUESTIONS_PER_TRY_MAX)]


class AnsweredOut(Schema):
    result_id: int
    right_count: int
    question_count: int
    is_passed: bool
    certificate_id: int | None


class StartedOut(Schema):
    enrolment_id: int


class FinishedOut(Schema):
    """`certificate_id` where the lesson was the last thing to do."""

    certificate_id: int | None


class SessionOut(Schema):
    id: int
    course_id: int | None
    title: str
    topic: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    state: str


class PlaceOut(Schema):
    place_id: int
    is_waiting: bool


class GivenUpOut(Schema):
    place_id: int


class MarkIn(Schema):
    place_id: Reference
    mark: Mark


class MarksIn(Schema):
    marks: Annotated[list[MarkIn], Field(max_length=MARKS_MAX)]


class MarkedOut(Schema):
    changed: int


class RosterLineOut(Schema):
    place_id: int
    person_id: int
    name: str
    state: str
    presence: str
    came_at: datetime | None
    left_at: datetime | None


class CertificateOut(Schema):
    """`state` is valid, expired or revoked."""

    id: int
    number: str
    course_id: int
    person_id: int
    issued_on: date
    expires_on: date | None
    state: str


class RecordLineOut(Schema):
    """A line of the training record; `kind` and `way` are the norm's codes."""

    title: str
    content: str
    minutes: int
    provider: str
    day: date
    kind: str
    way: str
    is_meeting: bool


def _course(row: Course) -> CourseOut:
    names = CourseOut.model_fields
    return CourseOut(**{name: getattr(row, name) for name in names})


def _session(row: Session) -> SessionOut:
    names = SessionOut.model_fields
    return SessionOut(**{name: getattr(row, name) for name in names})


def _path(found: queries.CoursePath) -> CoursePathOut:
    return CoursePathOut(
        course=_course(found.course),
        is_started=found.enrolment is not None,
        percent=found.percent,
        lessons=[
            LessonOut(id=lesson.pk, title=lesson.title, minutes=lesson.minutes, is_done=is_done)
            for lesson, is_done in found.lessons
        ],
        steps=[StepOut(part=step.part, is_done=step.is_done, is_open=step.is_open) for step in found.steps],
        tries_left=found.tries.left,
        wait_minutes=found.tries.wait_minutes,
        open_try_id=found.tries.open_try_id,
        certificate_id=found.certificate.pk if found.certificate else None,
    )


@router.get("/courses", response=CursorPage[CourseOut])
def courses(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Courses that the caller may see, newest first."""
    return cursor_page(access.courses_visible_to(actor_of(request)), cursor=cursor, limit=limit, render=_course)


@router.get("/courses/{course_id}", response=CoursePathOut)
def course(request: HttpRequest, course_id: Identifier) -> CoursePathOut:
    """A course and the caller's way through it."""
    return _path(queries.course_path(actor_of(request), course_id))


@router.post("/courses/{course_id}/start", response=StartedOut)
@idempotent
def start(request: HttpRequest, course_id: Identifier) -> StartedOut:
    """Begin a course; the same enrolment as long as it runs."""
    return StartedOut(enrolment_id=actions.start_course(actor=actor_of(request), course_id=course_id))


@router.post("/lessons/{lesson_id}/finish", response=FinishedOut)
@idempotent
def finish(request: HttpRequest, lesson_id: Identifier) -> FinishedOut:
    """Say that a lesson was read."""
    return FinishedOut(certificate_id=actions.finish_lesson(actor=actor_of(request), lesson_id=lesson_id))


@router.post("/courses/{course_id}/tries", response=TryOut)
@idempotent
def draw(request: HttpRequest, course_id: Identifier) -> TryOut:
    """Begin a try of the quiz, or get the one again that waits for answers."""
    actor = actor_of(request)
    found = queries.quiz_view(actor, actions.draw_quiz(actor=actor, course_id=course_id))
    return TryOut(
        id=found.try_id,
        number=found.number,
        questions=[
            QuestionOut(
                id=row.id,
                kind=row.kind,
                text=row.text,
                options=[OptionOut(place=place, text=text) for place, text in row.options],
            )
            for row in found.questions
        ],
    )


@router.post("/tries/{try_id}/answers", response=AnsweredOut)
@idempotent
def answer(request: HttpRequest, try_id: Identifier, payload: AnswersIn) -> AnsweredOut:
    """Hand in a try; it is judged here."""
    answers = {row.question_id: row.chosen for row in payload.answers}
    found = actions.answer_quiz(actor=actor_of(request), try_id=try_id, answers=answers)
    return AnsweredOut(
        result_id=found.result_id,
        right_count=found.right_count,
        question_count=found.question_count,
        is_passed=found.is_passed,
        certificate_id=found.certificate_id,
    )


@router.get("/sessions", response=CursorPage[SessionOut])
def sessions(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Sessions and meetings that the caller may see, newest first."""
    return cursor_page(access.sessions_visible_to(actor_of(request)), cursor=cursor, limit=limit, render=_session)


@router.post("/sessions/{session_id}/places", response=PlaceOut)
@idempotent
def sign_up(request: HttpRequest, session_id: Identifier) -> PlaceOut:
    """Take a place for oneself, or wait for one."""
    taken = actions.sign_up(actor=actor_of(request), session_id=session_id)
    return PlaceOut(place_id=taken.place_id, is_waiting=taken.is_waiting)


@router.post("/places/{place_id}/give-up", response=GivenUpOut)
@idempotent
def give_up(request: HttpRequest, place_id: Identifier) -> GivenUpOut:
    """Give one's place back; the first who waits gets it."""
    actions.give_up(actor=actor_of(request), place_id=place_id)
    return GivenUpOut(place_id=place_id)


@router.get("/sessions/{session_id}/places", response=list[RosterLineOut])
def roster(request: HttpRequest, session_id: Identifier) -> list[RosterLineOut]:
    """Who has a place or waits, for the session's trainer and who manages; at most 1,000."""
    _, places = queries.roster(actor_of(request), session_id)
    return [_line(row) for row in places[:MARKS_MAX]]


def _line(row: Place) -> RosterLineOut:
    return RosterLineOut(
        place_id=row.pk,
        person_id=row.person_id,
        name=row.person.name,
        state=row.state,
        presence=row.presence,
        came_at=row.came_at,
        left_at=row.left_at,
    )


@router.post("/sessions/{session_id}/marks", response=MarkedOut)
@idempotent
def mark(request: HttpRequest, session_id: Identifier, payload: MarksIn) -> MarkedOut:
    """Mark who came, left, or did not come."""
    marks = {row.place_id: row.mark for row in payload.marks}
    return MarkedOut(changed=actions.mark(actor=actor_of(request), session_id=session_id, marks=marks))


@router.get("/certificates", response=CursorPage[CertificateOut])
def certificates(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's own certificates, or all for who manages courses; newest first."""
    rows = access.certificates_visible_to(actor_of(request))
    return cursor_page(rows, cursor=cursor, limit=limit, render=_certificate)


def _certificate(row: Certificate) -> CertificateOut:
    return CertificateOut(
        id=row.pk,
        number=row.number,
        course_id=row.course_id,
        person_id=row.person_id,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        state=queries.state_of_today(row),
    )


@router.get("/record", response=list[RecordLineOut])
def record(request: HttpRequest, year: Annotated[int | None, Query(ge=1990, le=2100)] = None) -> list[RecordLineOut]:
    """The caller's own training record, the newest first."""
    actor = actor_of(request)
    if actor.person_id is None:
        raise NotFound
    names = RecordLineOut.model_fields
    return [
        RecordLineOut(**{name: getattr(line, name) for name in names})
        for line in queries.training_record(actor.person_id, year=year)
    ]
