"""Figures and pictures of this room."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.safestring import SafeString

from xinshi.doors.wording import NOTHING
from xinshi.liabilities import drawing
from xinshi.liabilities.domain import Holder
from xinshi.liabilities.wording import HOLDERS

register = template.Library()


@register.simple_tag
def share_bar(part: int, whole: int) -> SafeString:
    """A part of the whole as a bar."""
    return drawing.bar(part, whole)


@register.filter
def month_name(month: date | None) -> str:
    """`2026-11`, as columns of figures name a month."""
    return NOTHING if month is None else f"{month:%Y-%m}"


@register.filter
def tenths(value: int | None) -> str:
    """Tenths as a figure: `24.7`."""
    return NOTHING if value is None else f"{value // 10:,}.{value % 10}" if value % 10 else f"{value // 10:,}"


@register.filter
def holder_name(holder: Holder) -> str:
    """Where minutes are, in words."""
    return str(HOLDERS[holder])


@register.filter
def per_cent(value: int | None) -> str:
    """`47%`, or that there is nothing to compare with."""
    return NOTHING if value is None else f"{value}%"
