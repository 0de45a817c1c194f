"""Making courses: their rules, lessons, question bank, and whether they are open."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Q

from xinshi.archive.models import QualificationKind
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.training.access import require_manager
from xinshi.training.domain import (
    LESSONS_MAX,
    QUESTIONS_MAX,
    CourseIncomplete,
    CourseInUse,
    NewCourse,
    NewLesson,
    NewQuestion,
    Part,
    QuestionKind,
    check_course,
    check_lesson,
    check_question,
)
from xinshi.training.models import Course, Enrolment, Lesson, Question

FIXED_WHEN_TAKEN: Final = frozenset({"code", "qualification_id", "renews_id"})


@transaction.atomic
def create_course(*, actor: Actor, course: NewCourse) -> int:
    """A draft; its id."""
    require_manager(actor)
    values = _values(course)
    if Course.objects.filter(code=course.code).exists():
        raise Invalid(field="code", reason=gettext_noop("Another course has this code already."))
    made = Course.objects.create(**values, created_at=clock.now(), created_by_ref=actor.reference)
    record(actor=actor, action="training.create_course", object_ref=f"course:{made.pk}", code=made.code)
    return made.pk


@transaction.atomic
def change_course(*, actor: Actor, course_id: int, course: NewCourse) -> list[str]:
    """Bring a course to what `course` says; returns the changed fields. What it leads to is fixed once it was taken."""
    require_manager(actor)
    row = _locked(course_id)
    values = _values(course, own_id=course_id)
    if Course.objects.filter(code=course.code).exclude(pk=course_id).exists():
        raise Invalid(field="code", reason=gettext_noop("Another course has this code already."))
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if FIXED_WHEN_TAKEN.intersection(changed) and Enrolment.objects.filter(course=row).exists():
        raise CourseInUse
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        if row.state == Course.State.OPEN:
            _require_complete(row)
        row.save(update_fields=changed)
        record(actor=actor, action="training.change_course", object_ref=f"course:{row.pk}", fields=changed)
    return changed


def _values(new: NewCourse, *, own_id: int | None = None) -> dict[str, Any]:
    check_course(new)
    kind = _kind(new.qualification, own_id) if new.qualification else None
    renews = _renewed(new.renews_id, own_id) if new.renews_id else None
    return {
        "code": new.code,
        "title": new.title.strip(),
        "title_en": new.title_en.strip(),
        "summary": new.summary.strip(),
        "kind": new.kind.value,
        "way": new.way.value,
        "provider": new.provider.strip(),
        "study_minutes": new.study_minutes,
        "wants_lessons": Part.LESSONS in new.parts,
        "wants_quiz": Part.QUIZ in new.parts,
        "wants_session": Part.SESSION in new.parts,
        "wants_practical": Part.PRACTICAL in new.parts,
        "pass_percent": new.pass_percent,
        "questions_per_try": new.questions_per_try,
        "tries_max": new.tries_max,
        "wait_minutes": new.wait_minutes,
        "qualification_id": kind.pk if kind else None,
        "valid_months": new.valid_months,
        "renews_id": renews.pk if renews else None,
    }


def _kind(code: str, own_id: int | None) -> QualificationKind:
    """One that is in use, or that the course gives already."""
    offered = QualificationKind.objects.filter(Q(is_active=True) | Q(courses=own_id or 0))
    found = offered.filter(code=code).first()
    if found is None:
        raise Invalid(field="qualification", reason=gettext_noop("The archive knows no such qualification."))
    return found


def _renewed(course_id: int, own_id: int | None) -> Course:
    """A whole course: a short way is no way to another short way."""
    found = Course.objects.filter(pk=course_id, renews=None).exclude(pk=own_id or 0).first()
    if found is None:
        raise Invalid(field="renews", reason=gettext_noop("A course renews another one that exists."))
    return found


def _locked(course_id: int) -> Course:
    row = Course.objects.select_for_update().filter(pk=course_id).first()
    if row is None:
        raise NotFound
    return row


@transaction.atomic
def open_course(*, actor: Actor, course_id: int) -> None:
    """From now on everybody may take it; CourseIncomplete where something is missing that it asks for."""
    require_manager(actor)
    row = _locked(course_id)
    _require_complete(row)
    _set_state(actor, row, Course.State.OPEN)


@transaction.atomic
def close_course(*, actor: Actor, course_id: int) -> None:
    """Nobody starts it any more; who began may finish, and certificates stay."""
    require_manager(actor)
    _set_state(actor, _locked(course_id), Course.State.CLOSED)


def _set_state(actor: Actor, row: Course, state: Course.State) -> None:
    if row.state == state:
        return
    row.state = state
    row.save(update_fields=["state"])
    record(actor=actor, action="training.set_course_state", object_ref=f"course:{row.pk}", state=state.value)


def _require_complete(row: Course) -> None:
    if row.wants_lessons and not Lesson.objects.filter(course=row, retired_at=None).exists():
        raise CourseIncomplete(missing=gettext_noop("it asks for lessons and has none."))
    if row.wants_quiz and Question.objects.filter(course=row, retired_at=None).count() < row.questions_per_try:
        raise CourseIncomplete(missing=gettext_noop("it has fewer questions than a try asks."))


@transaction.atomic
def save_lesson(*, actor: Actor, course_id: int, lesson: NewLesson) -> int:
    """Add a lesson at the end, or change the one whose id is given; its id."""
    require_manager(actor)
    check_lesson(lesson)
    course = _locked(course_id)
    values: dict[str, Any] = {"title": lesson.title.strip(), "text": lesson.text.strip(), "minutes": lesson.minutes}
    if lesson.lesson_id is not None:
        row = Lesson.objects.filter(pk=lesson.lesson_id, course=course, retired_at=None).first()
        if row is None:
            raise NotFound
        Lesson.objects.filter(pk=row.pk).update(**values)
        record(actor=actor, action="training.change_lesson", object_ref=f"course:{course.pk}", lesson=row.pk)
        return row.pk
    current = Lesson.objects.filter(course=course, retired_at=None)
    if current.count() >= LESSONS_MAX:
        raise Invalid(field="title", reason=gettext_noop("A course has at most 60 lessons. Retire one first."))
    last = current.aggregate(last=Max("position"))["last"] or 0
    row = Lesson.objects.create(course=course, position=last + 1, **values)
    record(actor=actor, action="training.add_lesson", object_ref=f"course:{course.pk}", lesson=row.pk)
    return row.pk


@transaction.atomic
def retire_lesson(*, actor: Actor, lesson_id: int) -> None:
    """Take a lesson out of its course; who finished it keeps that."""
    require_manager(actor)
    found = Lesson.objects.filter(pk=lesson_id, retired_at=None).first()
    if found is None:
        raise NotFound
    course = _locked(found.course_id)
    Lesson.objects.filter(pk=found.pk, retired_at=None).update(retired_at=clock.now())
    if course.state == Course.State.OPEN:
        _require_complete(course)
    record(actor=actor, action="training.retire_lesson", object_ref=f"course:{course.pk}", lesson=found.pk)


@transaction.atomic
def move_lesson(*, actor: Actor, lesson_id: int, down: bool) -> None:
    """Swap a lesson with its neighbour; nothing happens at the ends."""
    require_manager(actor)
    found = Lesson.objects.filter(pk=lesson_id, retired_at=None).first()
    if found is None:
        raise NotFound
    course = _locked(found.course_id)
    rows = list(Lesson.objects.filter(course=course, retired_at=None).order_by("position"))
    place = next((index for index, row in enumerate(rows) if row.pk == lesson_id), None)
    other = None if place is None else place + (1 if down else -1)
    if place is None or other is None or not 0 <= other < len(rows):
        return
    here, there = rows[place], rows[other]
    spare = rows[-1].position + 1
    Lesson.objects.filter(pk=here.pk).update(position=spare)
    Lesson.objects.filter(pk=there.pk).update(position=here.position)
    Lesson.objects.filter(pk=here.pk).update(position=there.position)
    record(actor=actor, action="training.move_lesson", object_ref=f"course:{course.pk}", lesson=here.pk)


@transaction.atomic
def add_questions(*, actor: Actor, course_id: int, questions: Sequence[NewQuestion]) -> list[int]:
    """Add questions to a course's bank, all or none; one that is there in the same words already is passed over."""
    require_manager(actor)
    for question in questions:
        check_question(question)
    course = _locked(course_id)
    rows = Question.objects.filter(course=course, retired_at=None).values_list("kind", "text")
    known = {(kind, _plain(text)) for kind, text in rows}
    wanted = {(row.kind.value, _plain(row.text)): row for row in questions}
    new = [row for key, row in wanted.items() if key not in known]
    if len(known) + len(new) > QUESTIONS_MAX:
        raise Invalid(field="questions", reason=gettext_noop("A course has at most 500 questions. Retire some first."))
    at = clock.now()
    made = Question.objects.bulk_create(
        [
            Question(
                course=course,
                kind=row.kind.value,
                text=row.text.strip(),
                options=[text.strip() for text, _ in row.options],
                right=right_places(row),
                explanation=row.explanation.strip()[:500],
                created_at=at,
            )
            for row in new
        ]
    )
    record_many(
        actor=actor,
        action="training.add_question",
        objects=[(f"course:{course.pk}", {"question": row.pk}) for row in made],
    )
    return [row.pk for row in made]


def _plain(text: str) -> str:
    """Words as they are compared: spreadsheets come with half-width signs where people typed wide ones."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def right_places(question: NewQuestion) -> list[int]:
    """The places of the right options; true is 0 and false is 1."""
    if question.kind is QuestionKind.TRUE_FALSE:
        return [0 if question.is_true else 1]
    return [place for place, (_, is_right) in enumerate(question.options) if is_right]


@transaction.atomic
def retire_question(*, actor: Actor, question_id: int) -> None:
    """Ask it no more; what was answered stays."""
    require_manager(actor)
    found = Question.objects.filter(pk=question_id, retired_at=None).first()
    if found is None:
        raise NotFound
    course = _locked(found.course_id)
    Question.objects.filter(pk=found.pk, retired_at=None).update(retired_at=clock.now())
    if course.state == Course.State.OPEN:
        _require_complete(course)
    record(actor=actor, action="training.retire_question", object_ref=f"course:{course.pk}", question=found.pk)
