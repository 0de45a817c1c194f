"""Training for programs: courses and one's own way through them; the desk's verbs are in the modules beside this one."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.training import access, actions, queries
from xinshi.training.certificate_api import router as certificate_router
from xinshi.training.course_api import router as course_router
from xinshi.training.domain import QUESTIONS_PER_TRY_MAX, Part
from xinshi.training.models import FILE_TYPES
from xinshi.training.question_api import router as question_router
from xinshi.training.schemas import (
    CertificateIdOut,
    CourseOut,
    Cursor,
    Identifier,
    LessonFileOut,
    Limit,
    Reference,
    course_out,
    file_out,
)
from xinshi.training.serving import file_answer
from xinshi.training.session_api import router as session_router

router = Router(tags=["training"])
router.add_router("", course_router)
router.add_router("", question_router)
router.add_router("", session_router)
router.add_router("", certificate_router)
Choice = Annotated[int, Field(ge=0, le=20)]


class LessonOut(Schema):
    id: int
    title: str
    minutes: int
    is_done: bool


class LessonTextOut(LessonOut):
    """A lesson to read, number `number` of `total`; `text` is plain with a few signs: # heading, - item, **bold**."""

    course_id: int
    text: str
    number: int
    total: int
    previous_id: int | None
    next_id: int | None
    files: list[LessonFileOut]


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


class TryAnswerIn(Schema):
    question_id: Reference
    chosen: Annotated[list[Choice], Field(max_length=10)]


class AnswersIn(Schema):
    answers: Annotated[list[TryAnswerIn], Field(max_length=QUESTIONS_PER_TRY_MAX)]


class TryAnsweredOut(Schema):
    result_id: int
    right_count: int
    question_count: int
    is_passed: bool
    certificate_id: int | None


class WrongOut(Schema):
    """A question that was answered wrongly, and what explains it; never which option is right."""

    question_id: int
    text: str
    explanation: str


class ResultOut(Schema):
    """How a try went, and what may be done now."""

    id: int
    course_id: int
    percent: int
    is_passed: bool
    wrong: list[WrongOut]
    tries_left: int
    wait_minutes: int
    certificate_id: int | None


class StartedOut(Schema):
    enrolment_id: int


def _path(found: queries.CoursePath) -> CoursePathOut:
    return CoursePathOut(
        course=course_out(found.course),
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
    return cursor_page(access.courses_visible_to(actor_of(request)), cursor=cursor, limit=limit, render=course_out)


@router.get("/courses/{course_id}", response=CoursePathOut)
def course(request: HttpRequest, course_id: Identifier) -> CoursePathOut:
    """A course and the caller's way through it."""
    return _path(queries.course_path(actor_of(request), course_id))


@router.post("/courses/{course_id}/start", response=StartedOut)
@idempotent
def start(request: HttpRequest, course_id: Identifier) -> StartedOut:
    """Begin a course; the same enrolment as long as it runs."""
    return StartedOut(enrolment_id=actions.start_course(actor=actor_of(request), course_id=course_id))


@router.get("/lessons/{lesson_id}", response=LessonTextOut)
def lesson(request: HttpRequest, lesson_id: Identifier) -> LessonTextOut:
    """A lesson to read, whether or not the course was begun."""
    found = queries.lesson_view(actor_of(request), lesson_id)
    return LessonTextOut(
        id=found.lesson.pk,
        course_id=found.course.pk,
        title=found.lesson.title,
        minutes=found.lesson.minutes,
        is_done=found.is_done,
        text=found.lesson.text,
        number=found.number,
        total=found.total,
        previous_id=found.previous_id,
        next_id=found.next_id,
        files=[file_out(row) for row in found.files],
    )


@router.get(
    "/files/{file_id}",
    openapi_extra={"responses": {200: {"content": {content_type: {} for content_type in FILE_TYPES}}}},
)
def lesson_file(request: HttpRequest, file_id: Identifier) -> HttpResponse:
    """The content of a lesson's file; a film in the parts that `Range` asks for."""
    return file_answer(request, queries.lesson_file(actor_of(request), file_id))


@router.post("/lessons/{lesson_id}/finish", response=CertificateIdOut)
@idempotent
def finish(request: HttpRequest, lesson_id: Identifier) -> CertificateIdOut:
    """Say that a lesson was read."""
    return CertificateIdOut(certificate_id=actions.finish_lesson(actor=actor_of(request), lesson_id=lesson_id))


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


@router.post("/tries/{try_id}/answers", response=TryAnsweredOut)
@idempotent
def answer(request: HttpRequest, try_id: Identifier, payload: AnswersIn) -> TryAnsweredOut:
    """Hand in a try; it is judged here."""
    answers = {row.question_id: row.chosen for row in payload.answers}
    found = actions.answer_quiz(actor=actor_of(request), try_id=try_id, answers=answers)
    return TryAnsweredOut(
        result_id=found.result_id,
        right_count=found.right_count,
        question_count=found.question_count,
        is_passed=found.is_passed,
        certificate_id=found.certificate_id,
    )


@router.get("/results/{result_id}", response=ResultOut)
def result(request: HttpRequest, result_id: Identifier) -> ResultOut:
    """One's own result of a try: what was wrong and why."""
    found = queries.quiz_result(actor_of(request), result_id)
    return ResultOut(
        id=found.result.pk,
        course_id=found.course.pk,
        percent=found.percent,
        is_passed=found.result.is_passed,
        wrong=[WrongOut(question_id=row.pk, text=row.text, explanation=row.explanation) for row in found.wrong],
        tries_left=found.tries.left,
        wait_minutes=found.tries.wait_minutes,
        certificate_id=found.certificate_id,
    )
