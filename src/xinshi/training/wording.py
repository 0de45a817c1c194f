"""Words for what this room keeps as codes."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.doors.wording import is_chinese
from xinshi.training.domain import Part
from xinshi.training.models import Course

PARTS: Final[dict[str, str | Promise]] = {
    Part.LESSONS.value: _("Read the lessons"),
    Part.QUIZ.value: _("Pass the quiz"),
    Part.SESSION.value: _("Come to a session"),
    Part.PRACTICAL.value: _("Show it in practice"),
}
CARD_STATES: Final[dict[str, tuple[str | Promise, str]]] = {
    "running": (_("Begun"), "warn"),
    "ends": (_("Runs out soon"), "bad"),
    "new": (_("Not begun"), ""),
    "passed": (_("Passed"), "good"),
}
CERTIFICATE_STATES: Final[dict[str, tuple[str | Promise, str]]] = {
    "valid": (_("Valid"), "good"),
    "expired": (_("Run out"), "warn"),
    "revoked": (_("Revoked"), "bad"),
}
COURSE_TONES: Final = {"draft": "warn", "open": "good", "closed": ""}


def part_text(part: str) -> str:
    return str(PARTS[part])


def course_title(course: Course) -> str:
    """The title in the reader's language, where it has one in it."""
    return course.title if is_chinese() or not course.title_en else course.title_en
