"""Components and filters of the design system, built into every template."""

from __future__ import annotations

from django import template

from xinshi.kernel.minutes import hours_figure

register = template.Library()


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as a figure in hours: `12.5`."""
    return "–" if minutes is None else hours_figure(minutes)
