"""Courses as who manages them sees them: figures, learners, questions with their pass rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person
from xinshi.training import access
from xinshi.training.domain import Part
from xinshi.training.models import (
    Certificate,
    Course,
    Enrolment,
    Lesson,
    LessonFile,
    Question,
    QuizAnswer,
    QuizResult,
    Session,
)
from xinshi.training.progress import progress_of

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class CourseRow:
    course: Course
    lessons: int
    questions: int
    running: int
    passed: int


def counted_courses() -> QuerySet[Course]:
    """Every course with its figures, in one query; for who manages or audits."""

    def counted(rows: QuerySet[Lesson] | QuerySet[Question] | QuerySet[Enrolment]) -> Coalesce:
        number = rows.filter(course=OuterRef("pk")).order_by().values("course").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(number, output_field=IntegerField()), 0)

    rows = Course.objects.annotate(
        lessons_n=counted(Lesson.objects.filter(retired_at=None)),
        questions_n=counted(Question.objects.filter(retired_at=None)),
        running_n=counted(Enrolment.objects.filter(passed_at=None)),
        passed_n=counted(Enrolment.objects.filter(passed_at__isnull=False)),
    )
    return rows.select_related("qualification")


def course_row(row: Any) -> CourseRow:
    """A course of `counted_courses` with its figures."""
    return CourseRow(row, row.lessons_n, row.questions_n, row.running_n, row.passed_n)


def course_rows() -> list[CourseRow]:
    """Every course with its figures, one query; for who manages."""
    return [course_row(row) for row in counted_courses().order_by("state", "pk")[:500]]


def managed_course(actor: Actor, course_id: int) -> Course:
    """A course for who manages or audits."""
    found = Course.objects.select_related("qualification", "renews").filter(pk=course_id).first()
    if found is None or not access.sees_all(actor):
        raise NotFound
    return found


def managed_course_row(actor: Actor, course_id: int) -> CourseRow:
    """A course with its figures for who manages or audits."""
    found = counted_courses().filter(pk=course_id).first()
    if found is None or not access.sees_all(actor):
        raise NotFound
    return course_row(found)


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson of a course and the files that are shown with it."""

    lesson: Lesson
    files: list[LessonFile]


def lesson_rows(course: Course) -> list[LessonRow]:
    """The lessons of a course in their order, two queries."""
    return [LessonRow(row, list(row.files.all())) for row in _lessons().filter(course=course).order_by("position")]


def managed_lesson(actor: Actor, lesson_id: int) -> LessonRow:
    """A lesson with its files for who manages or audits."""
    found = _lessons().select_related("course").filter(pk=lesson_id).first()
    if found is None or not access.sees_all(actor):
        raise NotFound
    return LessonRow(found, list(found.files.all()))


def _lessons() -> QuerySet[Lesson]:
    shown = Prefetch("files", LessonFile.objects.filter(removed_at=None).order_by("pk"))
    return Lesson.objects.filter(retired_at=None).prefetch_related(shown)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question and how often it was answered, and rightly: a rate near 50 of two options is guessing."""

    question: Question
    asked: int
    right: int

    @property
    def percent(self) -> int | None:
        return 100 * self.right // self.asked if self.asked else None

    @property
    def is_hard(self) -> bool:
        """Asked often enough to say that most get it wrong: look at its wording, or at the lesson."""
        return self.asked >= 10 and self.right * 2 < self.asked


def live_questions(course: Course) -> QuerySet[Question]:
    return Question.objects.filter(course=course, retired_at=None)


def with_rates(questions: Sequence[Question]) -> list[QuestionRow]:
    """These questions with how often they were answered, and rightly; one query for at most a course's QUESTIONS_MAX."""
    counts = {
        question_id: (asked, right)
        for question_id, asked, right in QuizAnswer.objects.filter(question__in=[row.pk for row in questions])
        .values_list("question_id")
        .annotate(asked=Count("pk"), right=Count("pk", filter=Q(is_right=True)))
        .order_by()
    }
    return [QuestionRow(row, *counts.get(row.pk, (0, 0))) for row in questions]


def question_rows(course: Course) -> list[QuestionRow]:
    """The questions of a course's bank in order, two queries."""
    return with_rates(list(live_questions(course).order_by("pk")))


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """Somebody who takes or took a course, and what is missing; `tries` of the quiz and the best result."""

    enrolment: Enrolment
    missing: list[Part]
    tries: int
    best_percent: int | None
    certificate_id: int | None

    @property
    def is_stuck(self) -> bool:
        """Used all tries and did not pass: somebody should speak with them."""
        course = self.enrolment.course
        return (
            self.enrolment.passed_at is None
            and Part.QUIZ in self.missing
            and self.tries >= course.tries_max + self.enrolment.extra_tries
        )


def learners(course: Course, *, state: str = "") -> QuerySet[Enrolment]:
    """Enrolments of a course, the newest first; `state` is running or passed."""
    certificate = Certificate.objects.filter(enrolment=OuterRef("pk")).values("pk")[:1]
    rows = Enrolment.objects.filter(course=course).select_related("person", "course")
    rows = rows.annotate(certificate_pk=Subquery(certificate)).order_by("-pk")
    if state == "running":
        return rows.filter(passed_at=None)
    return rows.filter(passed_at__isnull=False) if state == "passed" else rows


def learner_rows(enrolments: list[Enrolment]) -> list[LearnerRow]:
    """A page of `learners` with what is missing, seven queries whatever their number."""
    progress = progress_of([row for row in enrolments if row.passed_at is None])
    tries: dict[int, list[int]] = {}
    results = QuizResult.objects.filter(quiz_try__enrolment__in=[row.pk for row in enrolments])
    for enrolment_id, right, asked in results.values_list("quiz_try__enrolment_id", "right_count", "question_count"):
        tries.setdefault(enrolment_id, []).append(100 * right // asked)
    return [
        LearnerRow(
            enrolment=row,
            missing=progress[row.pk].missing if row.pk in progress else [],
            tries=len(tries.get(row.pk, ())),
            best_percent=max(tries[row.pk]) if row.pk in tries else None,
            certificate_id=getattr(row, "certificate_pk", None),
        )
        for row in enrolments
    ]


def without_course(course: Course, *, term: str = "") -> QuerySet[Person]:
    """Who of the archive has not begun the course: whom to invite."""
    begun = Enrolment.objects.filter(person=OuterRef("pk"), course=course)
    rows = Person.objects.filter(~Exists(begun), erased_at=None, merged_into=None)
    wanted = term.strip().replace("\0", "")
    return (rows.filter(name__contains=wanted) if wanted else rows).order_by("pk")


def sessions_of(course: Course) -> QuerySet[Session]:
    return (
        Session.objects.filter(course=course)
        .select_related("trainer")
        .order_by("-starts_at")
        .annotate(free=F("places") - F("taken"))
    )


def course_of_enrolment(enrolment_id: int) -> int:
    found = Enrolment.objects.filter(pk=enrolment_id).values_list("course_id", flat=True).first()
    if found is None:
        raise NotFound
    return found
