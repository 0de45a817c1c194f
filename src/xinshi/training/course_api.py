"""The desk of training for programs: courses and their rules, lessons and their files, who takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.people.models import Person
from xinshi.training import access, actions, queries
from xinshi.training.domain import (
    CODE,
    COURSE_MINUTES_MAX,
    QUESTIONS_PER_TRY_MAX,
    TEXT_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    TRIES_MAX,
    VALID_MONTHS_MAX,
    WAIT_MINUTES_MAX,
    Kind,
    NewCourse,
    NewLesson,
    Part,
    Way,
)
from xinshi.training.progress import parts_of
from xinshi.training.schemas import (
    CourseOut,
    Cursor,
    Identifier,
    LessonFileOut,
    Limit,
    Reference,
    course_out,
    file_out,
)

router = Router(tags=["training"])
Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH_MAX, pattern=NO_NUL)]
Caption = Annotated[str, Form(min_length=1, max_length=100, pattern=NO_NUL)]


class ManagedCourseOut(CourseOut):
    """A course with its rules and figures; `running` and `passed` are enrolments."""

    parts: list[Part]
    pass_percent: int
    questions_per_try: int
    tries_max: int
    wait_minutes: int
    qualification: str
    lessons: int
    questions: int
    running: int
    passed: int


class CourseIn(Schema):
    """A course as `NewCourse` describes it; `parts` are what it takes to pass, `qualification` a code of the archive."""

    code: Annotated[str, Field(pattern=f"^{CODE.pattern}$")]
    title: Title
    title_en: Annotated[str, Field(max_length=100, pattern=NO_NUL)] = ""
    summary: Annotated[str, Field(max_length=300, pattern=NO_NUL)] = ""
    kind: Kind = Kind.GENERAL
    way: Way = Way.REMOTE
    provider: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
    study_minutes: Annotated[int, Field(ge=0, le=COURSE_MINUTES_MAX)]
    parts: Annotated[list[Part], Field(min_length=1, max_length=len(Part))] = [Part.LESSONS, Part.QUIZ]
    pass_percent: Annotated[int, Field(ge=1, le=100)] = 80
    questions_per_try: Annotated[int, Field(ge=1, le=QUESTIONS_PER_TRY_MAX)] = 5
    tries_max: Annotated[int, Field(ge=1, le=TRIES_MAX)] = 5
    wait_minutes: Annotated[int, Field(ge=0, le=WAIT_MINUTES_MAX)] = 10
    qualification: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ""
    valid_months: Annotated[int | None, Field(ge=1, le=VALID_MONTHS_MAX)] = None
    renews_id: Reference | None = None

    def as_new(self) -> NewCourse:
        return NewCourse(**{**self.dict(), "parts": tuple(self.parts)})


class ManagedLessonOut(Schema):
    """A lesson of a course, in the order of `position`."""

    id: int
    course_id: int
    position: int
    title: str
    minutes: int
    text: str
    files: list[LessonFileOut]


class LessonIn(Schema):
    """In the text # begins a heading, - an item of a list, an empty line a new paragraph; **bold** stands out."""

    title: Title
    minutes: Annotated[int, Field(ge=1, le=600)] = 5
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX, pattern=NO_NUL)]

    def as_new(self, lesson_id: int | None = None) -> NewLesson:
        return NewLesson(**self.dict(), lesson_id=lesson_id)


class MoveIn(Schema):
    way: Literal["up", "down"]


class FileAddedOut(Schema):
    id: int


class LearnerOut(Schema):
    """Somebody who takes or took a course; `is_stuck` who used all tries of the quiz and did not pass."""

    enrolment_id: int
    person_id: int
    name: str
    started_at: datetime
    passed_at: datetime | None
    missing: list[Part]
    tries: int
    best_percent: int | None
    is_stuck: bool
    certificate_id: int | None


class NotBegunOut(Schema):
    person_id: int
    name: str
    volunteer_number: str | None


class ExtraTryOut(Schema):
    enrolment_id: int


def _managed(found: queries.CourseRow) -> ManagedCourseOut:
    row = found.course
    return ManagedCourseOut(
        **course_out(row).dict(),
        parts=parts_of(row),
        pass_percent=row.pass_percent,
        questions_per_try=row.questions_per_try,
        tries_max=row.tries_max,
        wait_minutes=row.wait_minutes,
        qualification=row.qualification.code if row.qualification else "",
        lessons=found.lessons,
        questions=found.questions,
        running=found.running,
        passed=found.passed,
    )


def _lesson(row: queries.LessonRow) -> ManagedLessonOut:
    return ManagedLessonOut(
        id=row.lesson.pk,
        course_id=row.lesson.course_id,
        position=row.lesson.position,
        title=row.lesson.title,
        minutes=row.lesson.minutes,
        text=row.lesson.text,
        files=[file_out(file) for file in row.files],
    )


@router.get("/desk/courses", response=CursorPage[ManagedCourseOut])
def managed_courses(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every course with its rules and figures, the newest first; for who manages or audits."""
    access.require_reader(actor_of(request))
    rows = queries.counted_courses()
    return cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: _managed(queries.course_row(row)))


@router.post("/desk/courses", response={201: ManagedCourseOut})
@idempotent
def create_course(request: HttpRequest, payload: CourseIn) -> Status[ManagedCourseOut]:
    """A draft: add its lessons and questions, then open it; coordinators and administrators."""
    actor = actor_of(request)
    made = actions.create_course(actor=actor, course=payload.as_new())
    return Status(201, _managed(queries.managed_course_row(actor, made)))


@router.get("/desk/courses/{course_id}", response=ManagedCourseOut)
def managed_course(request: HttpRequest, course_id: Identifier) -> ManagedCourseOut:
    """A course with its rules and figures."""
    return _managed(queries.managed_course_row(actor_of(request), course_id))


@router.put("/desk/courses/{course_id}", response=ManagedCourseOut)
@idempotent
def change_course(request: HttpRequest, course_id: Identifier, payload: CourseIn) -> ManagedCourseOut:
    """Bring a course to what is sent; what it leads to is fixed once somebody took it."""
    actor = actor_of(request)
    actions.change_course(actor=actor, course_id=course_id, course=payload.as_new())
    return _managed(queries.managed_course_row(actor, course_id))


@router.post("/desk/courses/{course_id}/opening", response=ManagedCourseOut)
@idempotent
def open_course(request: HttpRequest, course_id: Identifier) -> ManagedCourseOut:
    """From now on everybody can take it; refused where something is missing that it asks for."""
    actor = actor_of(request)
    actions.open_course(actor=actor, course_id=course_id)
    return _managed(queries.managed_course_row(actor, course_id))


@router.post("/desk/courses/{course_id}/closing", response=ManagedCourseOut)
@idempotent
def close_course(request: HttpRequest, course_id: Identifier) -> ManagedCourseOut:
    """Nobody begins it any more; who began may finish, and certificates stay."""
    actor = actor_of(request)
    actions.close_course(actor=actor, course_id=course_id)
    return _managed(queries.managed_course_row(actor, course_id))


@router.get("/desk/courses/{course_id}/lessons", response=list[ManagedLessonOut])
def managed_lessons(request: HttpRequest, course_id: Identifier) -> list[ManagedLessonOut]:
    """The lessons of a course in their order, drafts' too; at most 60."""
    return [_lesson(row) for row in queries.lesson_rows(queries.managed_course(actor_of(request), course_id))]


@router.post("/desk/courses/{course_id}/lessons", response={201: ManagedLessonOut})
@idempotent
def add_lesson(request: HttpRequest, course_id: Identifier, payload: LessonIn) -> Status[ManagedLessonOut]:
    """A lesson at the end of a course."""
    actor = actor_of(request)
    made = actions.save_lesson(actor=actor, course_id=course_id, lesson=payload.as_new())
    return Status(201, _lesson(queries.managed_lesson(actor, made)))


@router.put("/desk/lessons/{lesson_id}", response=ManagedLessonOut)
@idempotent
def change_lesson(request: HttpRequest, lesson_id: Identifier, payload: LessonIn) -> ManagedLessonOut:
    """Bring a lesson to what is sent."""
    actor = actor_of(request)
    found = queries.managed_lesson(actor, lesson_id).lesson
    actions.save_lesson(actor=actor, course_id=found.course_id, lesson=payload.as_new(lesson_id))
    return _lesson(queries.managed_lesson(actor, lesson_id))


@router.post("/desk/lessons/{lesson_id}/moves", response=ManagedLessonOut)
@idempotent
def move_lesson(request: HttpRequest, lesson_id: Identifier, payload: MoveIn) -> ManagedLessonOut:
    """Swap a lesson with its neighbour; nothing happens at the ends."""
    actor = actor_of(request)
    actions.move_lesson(actor=actor, lesson_id=lesson_id, down=payload.way == "down")
    return _lesson(queries.managed_lesson(actor, lesson_id))


@router.delete("/desk/lessons/{lesson_id}", response={204: None})
def retire_lesson(request: HttpRequest, lesson_id: Identifier) -> Status[None]:
    """Take a lesson out of its course; who finished it keeps that."""
    actions.retire_lesson(actor=actor_of(request), lesson_id=lesson_id)
    return Status(204, None)


@router.post("/desk/lessons/{lesson_id}/files", response={201: FileAddedOut})
@idempotent
def add_lesson_file(
    request: HttpRequest, lesson_id: Identifier, file: File[UploadedFile], *, caption: Caption
) -> Status[FileAddedOut]:
    """A picture, a film or a paper; its type is told by its content, and `caption` says in words what it shows."""
    made = actions.add_file(actor=actor_of(request), lesson_id=lesson_id, caption=caption, upload=file)
    return Status(201, FileAddedOut(id=made))


@router.delete("/desk/files/{file_id}", response={204: None})
def remove_lesson_file(request: HttpRequest, file_id: Identifier) -> Status[None]:
    """Show it no more; it stays in the storage, as what learners once saw."""
    actions.remove_file(actor=actor_of(request), file_id=file_id)
    return Status(204, None)


@router.get("/desk/courses/{course_id}/learners", response=CursorPage[LearnerOut])
def learners(
    request: HttpRequest,
    course_id: Identifier,
    state: Annotated[Literal["", "running", "passed"], Query()] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Who takes or took a course and what is missing, the newest first."""
    rows = queries.learners(queries.managed_course(actor_of(request), course_id), state=state)
    page = cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: row)
    return page | {"items": [_learner(row) for row in queries.learner_rows(page["items"])]}


def _learner(row: queries.LearnerRow) -> LearnerOut:
    return LearnerOut(
        enrolment_id=row.enrolment.pk,
        person_id=row.enrolment.person_id,
        name=row.enrolment.person.name,
        started_at=row.enrolment.started_at,
        passed_at=row.enrolment.passed_at,
        missing=row.missing,
        tries=row.tries,
        best_percent=row.best_percent,
        is_stuck=row.is_stuck,
        certificate_id=row.certificate_id,
    )


@router.get("/desk/courses/{course_id}/not-begun", response=CursorPage[NotBegunOut])
def not_begun(
    request: HttpRequest,
    course_id: Identifier,
    term: Annotated[str, Query(max_length=40, pattern=NO_NUL)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Who of the archive has not begun the course, narrowed by a part of the name: whom to invite."""
    rows = queries.without_course(queries.managed_course(actor_of(request), course_id), term=term)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_not_begun)


def _not_begun(row: Person) -> NotBegunOut:
    return NotBegunOut(person_id=row.pk, name=row.name, volunteer_number=row.volunteer_number)


@router.post("/desk/enrolments/{enrolment_id}/extra-tries", response=ExtraTryOut)
@idempotent
def give_another_try(request: HttpRequest, enrolment_id: Identifier) -> ExtraTryOut:
    """One more try of the quiz, for who used all of them; never one's own."""
    actions.give_another_try(actor=actor_of(request), enrolment_id=enrolment_id)
    return ExtraTryOut(enrolment_id=enrolment_id)
