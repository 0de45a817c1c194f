"""Where a campaign's lesson is taken: the open course of training that gives the qualification."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from xinshi.archive.models import QualificationKind
from xinshi.doors.wording import is_chinese
from xinshi.training.queries.courses import courses_granting


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the lesson is called, its page and minutes; no page where no course is open and the station teaches it."""

    title: str
    address: str
    minutes: int


def lesson_of(code: str) -> Lesson:
    """The lesson that gives the qualification of this code; the shortest course where there are several."""
    courses = courses_granting([code]).get(code, [])
    if courses:
        course = min(courses, key=lambda one: one.minutes or 10_000)
        title = course.title if is_chinese() else course.title_en or course.title
        return Lesson(title, reverse("training:course", args=[course.course_id]), course.minutes)
    title = QualificationKind.objects.filter(code=code).values_list("name", flat=True).first() or code
    return Lesson(title, "", 0)
