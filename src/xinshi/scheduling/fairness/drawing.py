"""Lorenz's curve and bars as SVG: drawn on the server, coloured by the design system, each with its words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

SIDE: Final = 1_000


def bar(part: int, whole: int) -> SafeString:
    """A bar of `part` in `whole`; the words beside it say the figure, so it is decoration."""
    width = 0 if whole <= 0 else max(0, min(SIDE, part * SIDE // whole))
    return format_html(
        '<svg class="chart-bar" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="chart-ground" width="{}" height="10"/><rect class="chart-part" width="{}" height="10"/></svg>',
        SIDE,
        SIDE,
        width,
    )


def lorenz(points: Sequence[tuple[int, int]], *, label: str) -> SafeString:
    """The curve below the line on which everybody has the same; `label` says the message to who cannot see it."""
    if not points:
        return SafeString("")
    line = " ".join(f"{x},{SIDE - y}" for x, y in points)
    return format_html(
        '<svg class="chart-lines" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="chart-grid" d="M0 {}H{}M{} 0V{}"/><path class="chart-line coming" d="M0 {}L{} 0"/>'
        '<polyline class="chart-line" points="{}"/></svg>',
        label,
        SIDE,
        SIDE,
        SIDE - 1,
        SIDE,
        SIDE - 1,
        SIDE,
        SIDE,
        SIDE,
        line,
    )
