"""Codes of reconciliation and statements as words and tones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.doors.wording import day_text, is_chinese, month_text
from xinshi.interbank.reconciling.models import Difference
from xinshi.kernel.minutes import hours_figure

register = template.Library()
WORDS: Final[dict[str, str | Promise]] = {
    "in": _("Came in"),
    "out": _("Went out"),
    "transfer": _("Transfer"),
    "request": _("Request for hours"),
    "applied": _("Applied"),
    "refused": _("Refused"),
    "open": _("Still open"),
    "verified": _("Verified hours"),
    "honorary": _("Honorary hours"),
    "unknown": _("Kind not told"),
}
FIGURES: Final[dict[str, str | Promise]] = {
    "opening_minutes": _("Opening balance"),
    "in_minutes": _("Came in"),
    "in_count": _("Number that came in"),
    "out_minutes": _("Went out"),
    "out_count": _("Number that went out"),
    "correction_minutes": _("Corrections"),
    "closing_minutes": _("Closing balance"),
}
DIFFERING: Final = ("minutes", "kind", "state")
DIFFERING_WORDS: Final[dict[str, str | Promise]] = {
    "minutes": _("Hours differ"),
    "kind": _("Kind of hours differs"),
    "state": _("Outcome differs"),
    "message": _("The message itself differs"),
}
TONES: Final = {"": "warn", "theirs": "info", "ours": "good", "outside": "info", "agreed": "good"}
PLACE_TONES: Final = {"only_here": "warn", "only_there": "warn", "differs": "bad"}


@register.filter
def settling_word(code: str) -> str:
    return str(WORDS.get(code, code))


@register.filter
def statement_figure(name: str) -> str:
    return str(FIGURES.get(name, name))


@register.filter
def place_label(place: str) -> str:
    return str(Difference.Place(place).label)


@register.filter
def place_tone(place: str) -> str:
    return PLACE_TONES[place]


@register.filter
def what_differs(found: Difference) -> str:
    """What the two sides say differently: hours, kind, outcome, or only the message itself."""
    names = [name for name in DIFFERING if found.ours.get(name) != found.theirs.get(name)] or ["message"]
    return gettext(", ").join(str(DIFFERING_WORDS[name]) for name in names)


@register.filter
def iso_day(moment: str) -> str:
    """The hospital's day of a moment as the protocol writes it."""
    return day_text(datetime.fromisoformat(moment))


@register.filter
def month_name(day: date) -> str:
    """`2026年11月`, `Nov 2026`."""
    return f"{day.year}年{month_text(day)}" if is_chinese() else f"{month_text(day)} {day.year}"


@register.filter
def ending_tone(ending: str) -> str:
    return TONES[ending]


@register.filter
def unsigned(minutes: int) -> int:
    return abs(minutes)


@register.filter
def signed_hours(minutes: int) -> str:
    """`+2`, `−1.5`, `0`: hours with their sign."""
    return f"{'+' if minutes > 0 else '−' if minutes < 0 else ''}{hours_figure(abs(minutes))}"
