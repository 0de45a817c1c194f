"""Components and filters of the design system, built into every template."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from xinshi.kernel.minutes import MINUTES_PER_HOUR, hours_figure
from xinshi.people.wording import category_label
from xinshi.web import wording
from xinshi.web.icons import icon_markup

register = template.Library()


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as a figure in hours: `12.5`."""
    return wording.NOTHING if minutes is None else hours_figure(minutes)


@register.filter
def hours_whole(minutes: int) -> str:
    """Minutes as whole hours, rounded down and grouped: `45,397`; for sums where a fraction says nothing."""
    return f"{minutes // MINUTES_PER_HOUR:,}"


@register.filter
def hours_long(minutes: int | None) -> str:
    """Minutes as hours with their unit: `12.5 小时`."""
    return wording.hours_text(minutes)


@register.filter
def hours_count(minutes: int) -> int:
    """What a `blocktranslate count` asks that speaks of these hours: 1 for one hour, else 2."""
    return wording.hours_count(minutes)


@register.simple_tag
def gap() -> str:
    """What stands between two sentences: a blank, in Chinese nothing."""
    return "" if (get_language() or "").startswith("zh") else " "


@register.filter
def number(value: int | None) -> str:
    """A count, grouped by thousands: `3,864`."""
    return wording.NOTHING if value is None else f"{value:,}"


@register.filter
def day_text(value: date | datetime | None) -> str:
    """`2026年11月22日（周日）`."""
    return wording.day_text(value)


@register.filter
def time_text(value: datetime | None) -> str:
    """`14:30`."""
    return wording.time_text(value)


@register.filter
def moment_text(value: datetime | None) -> str:
    """`2026年11月22日（周日）14:30`."""
    return wording.moment_text(value)


@register.filter
def category(code: str) -> str:
    """The ministry's service category in the reader's language."""
    return category_label(code)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the lucide sprite; decoration only."""
    return mark_safe(icon_markup(name))  # noqa: S308  # nosec B308 B703  # From the vendored sprite, never from people.


@register.inclusion_tag("web/_form_fields.html")
def form_fields(form: BaseForm) -> dict[str, Any]:
    """Every field of a form with label, help and errors; hidden fields too. The form's own errors are the page's to show."""
    return {"form": form}


@register.inclusion_tag("web/_stars.html")
def stars(level: int) -> dict[str, Any]:
    """Five stars, `level` of them of gold, with the words for it."""
    return {"marks": [place < level for place in range(5)], "text": wording.star_text(level)}


@register.inclusion_tag("web/_leaf.html")
def leaf(value: date | datetime) -> dict[str, Any]:
    """A day as the leaf of a calendar."""
    day = wording.day_of(value)
    return {"day": day, "month": wording.month_text(day), "weekday": wording.weekday_text(day)}
