"""How far people are in a course, read set by set: the one place that says what is done. Used by actions and queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Max, Q

from xinshi.training.domain import Part, parts_missing
from xinshi.training.models import Course, Enrolment, Lesson, LessonDone, Place, QuizResult

LOOKUP_SIZE: Final = 500


@dataclass(slots=True)
class Progress:
    """One enrolment: which of its course's lessons are done, and which parts."""

    enrolment: Enrolment
    lessons: frozenset[int] = frozenset()
    lessons_done: set[int] = field(default_factory=set)
    has_quiz_passed: bool = False
    has_attended: bool = False

    @property
    def done(self) -> set[Part]:
        found = set()
        if self.lessons <= self.lessons_done:
            found.add(Part.LESSONS)
        if self.has_quiz_passed:
            found.add(Part.QUIZ)
        if self.has_attended:
            found.add(Part.SESSION)
        if self.enrolment.practical_passed_at is not None:
            found.add(Part.PRACTICAL)
        return found

    @property
    def missing(self) -> list[Part]:
        return parts_missing(parts_of(self.enrolment.course), self.done)


def parts_of(course: Course) -> list[Part]:
    """What it takes to pass this course, in order."""
    wanted = {
        Part.LESSONS: course.wants_lessons,
        Part.QUIZ: course.wants_quiz,
        Part.SESSION: course.wants_session,
        Part.PRACTICAL: course.wants_practical,
    }
    return [part for part, is_wanted in wanted.items() if is_wanted]


def progress_of(enrolments: Sequence[Enrolment]) -> dict[int, Progress]:
    """Progress by enrolment id, five queries per 500; the enrolments come with their courses."""
    found: dict[int, Progress] = {}
    for start in range(0, len(enrolments), LOOKUP_SIZE):
        part = {row.pk: Progress(row) for row in enrolments[start : start + LOOKUP_SIZE]}
        lessons = _lessons({row.enrolment.course_id for row in part.values()})
        for row in part.values():
            row.lessons = frozenset(lessons[row.enrolment.course_id])
        for enrolment_id, lesson_id in LessonDone.objects.filter(enrolment_id__in=part).values_list(
            "enrolment_id", "lesson_id"
        ):
            part[enrolment_id].lessons_done.add(lesson_id)
        passed = QuizResult.objects.filter(quiz_try__enrolment_id__in=part, is_passed=True)
        for enrolment_id in passed.values_list("quiz_try__enrolment_id", flat=True):
            part[enrolment_id].has_quiz_passed = True
        _add_attendance(part)
        found |= part
    return found


def _lessons(course_ids: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for course_id, lesson_id in Lesson.objects.filter(course_id__in=course_ids, retired_at=None).values_list(
        "course_id", "pk"
    ):
        found[course_id].add(lesson_id)
    return found


def _add_attendance(part: dict[int, Progress]) -> None:
    """A session counts for one enrolment: for the one that was not yet passed when it ended."""
    people = {row.enrolment.person_id for row in part.values()}
    courses = {row.enrolment.course_id for row in part.values()}
    came: dict[tuple[int, int], datetime] = {
        (person_id, course_id): ended
        for person_id, course_id, ended in Place.objects.filter(
            person_id__in=people, session__course_id__in=courses, presence=Place.Presence.PRESENT
        )
        .values_list("person_id", "session__course_id")
        .annotate(ended=Max("session__ends_at"))
    }
    earlier: dict[tuple[int, int], datetime] = {
        (person_id, course_id): passed
        for person_id, course_id, passed in Enrolment.objects.filter(
            Q(person_id__in=people), Q(course_id__in=courses), ~Q(pk__in=part), Q(passed_at__isnull=False)
        )
        .values_list("person_id", "course_id")
        .annotate(passed=Max("passed_at"))
    }
    for row in part.values():
        key = (row.enrolment.person_id, row.enrolment.course_id)
        row.has_attended = key in came and (key not in earlier or came[key] > earlier[key])
