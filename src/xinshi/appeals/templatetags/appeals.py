"""Words for what this room stores as codes."""

from __future__ import annotations

from django import template

from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.wording import STATE_TONES

register = template.Library()


@register.filter
def request_tone(code: str) -> str:
    """The pill's tone for a state of a request."""
    return STATE_TONES.get(code, "")


@register.filter
def request_kind(code: str) -> str:
    return str(CorrectionRequest.KindChoice(code).label)


@register.filter
def megabytes(size_bytes: int) -> str:
    """`1.2 MB`."""
    return f"{max(size_bytes, 50_000) / 1_000_000:.1f} MB"
