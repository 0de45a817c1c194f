"""Words and texts of this room in templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from xinshi.kernel.ids import grouped_code
from xinshi.training import wording
from xinshi.training.formatting import as_html
from xinshi.training.models import Course

register = template.Library()


@register.filter
def lesson_html(text: str) -> SafeString:
    """A lesson's text with its headings and lists."""
    return mark_safe(as_html(text))  # noqa: S308  # nosec B308 B703  # Everything that people wrote is escaped by it.


@register.filter
def part_text(part: str) -> str:
    return wording.part_text(part)


@register.filter
def course_title(course: Course) -> str:
    return wording.course_title(course)


@register.filter
def card_state(state: str) -> str:
    return str(wording.CARD_STATES[state][0])


@register.filter
def card_tone(state: str) -> str:
    return wording.CARD_STATES[state][1]


@register.filter
def certificate_state(state: str) -> str:
    return str(wording.CERTIFICATE_STATES[state][0])


@register.filter
def certificate_tone(state: str) -> str:
    return wording.CERTIFICATE_STATES[state][1]


@register.filter
def course_tone(state: str) -> str:
    return wording.COURSE_TONES[state]


@register.filter
def certificate_number(number: str) -> str:
    """`2026-7KQM9-X4TRB`."""
    return f"{number[:4]}-{grouped_code(number[4:])}"
