"""Pictures of figures as SVG: drawn on the server, coloured by the design system, each with its words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH: Final = 1_000
HEIGHT: Final = 300


@dataclass(frozen=True, slots=True)
class Point:
    """A value of one month; `low` and `high` are the same where it is known."""

    value: int
    low: int
    high: int


def bar(part: int, whole: int) -> SafeString:
    """A bar of `part` in `whole`; the words beside it say the figure, so it is decoration."""
    width = 0 if whole <= 0 else max(0, min(WIDTH, part * WIDTH // whole))
    return format_html(
        '<svg class="chart-bar" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="chart-ground" width="{}" height="10"/><rect class="chart-part" width="{}" height="10"/></svg>',
        WIDTH,
        WIDTH,
        width,
    )


def line(past: Sequence[int], coming: Sequence[Point], *, label: str) -> SafeString:
    """What was, as a line; what may come, dashed in its band. `label` says the message to who cannot see it."""
    if len(past) + len(coming) < 2:
        return SafeString("")
    top = max([1, *past, *(point.high for point in coming)])
    last = len(past) + len(coming) - 1
    places = [(index * WIDTH // last, value) for index, value in enumerate(past)]
    ahead = [(index * WIDTH // last, point) for index, point in enumerate(coming, start=len(past))]
    joined = places[-1:] + [(x, point.value) for x, point in ahead]
    band = places[-1:] + [(x, point.high) for x, point in ahead] + [(x, point.low) for x, point in reversed(ahead)]
    return format_html(
        '<svg class="chart-lines" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="chart-grid" d="M0 {}H{}M0 1H{}M0 {}H{}"/>'
        '<polygon class="chart-band" points="{}"/><polyline class="chart-line" points="{}"/>'
        '<polyline class="chart-line coming" points="{}"/></svg>',
        label,
        WIDTH,
        HEIGHT,
        HEIGHT // 2,
        WIDTH,
        WIDTH,
        HEIGHT - 1,
        WIDTH,
        _points(band if ahead else [], top),
        _points(places, top),
        _points(joined if ahead else [], top),
    )


def _points(places: Sequence[tuple[int, int]], top: int) -> str:
    return " ".join(f"{x},{HEIGHT - value * (HEIGHT - 4) // top - 2}" for x, value in places)
