"""Words for what activities store as codes."""

from __future__ import annotations

from datetime import date, datetime

from django import template

from xinshi.activities import lines
from xinshi.activities.forms import closing_text
from xinshi.activities.models import Activity, SignUp
from xinshi.activities.programmes.calendar import DayAhead, coming_days, holiday_text
from xinshi.doors.wording import day_of

register = template.Library()
STATE_TONES = {"draft": "info", "published": "good", "cancelled": "bad", "finished": ""}
REQUEST_TONES = {"asked": "warn", "planning": "info", "granted": "good", "declined": "bad"}


@register.filter
def activity_state(code: str) -> str:
    return str(Activity.State(code).label)


@register.filter
def activity_tone(code: str) -> str:
    """The pill's tone for a state of an activity."""
    return STATE_TONES.get(code, "")


@register.filter
def hours_kind_name(code: str) -> str:
    return str(Activity.Hours(code).label)


@register.filter
def signup_state(code: str) -> str:
    return str(SignUp.State(code).label)


@register.filter
def closing(minutes: int) -> str:
    """How long before a shift something ends."""
    return closing_text(minutes)


@register.filter
def holiday_name(day: date) -> str:
    return holiday_text(day)


@register.filter
def holiday_on_day(value: date | datetime) -> str:
    """The public holiday on which this falls; empty on any other day."""
    return holiday_text(day_of(value))


@register.simple_tag
def days_ahead() -> list[DayAhead]:
    """Holidays, make-up days and the hospital's own days of the next weeks."""
    return coming_days()


@register.filter
def request_tone(state: str) -> str:
    """The pill's tone for a state of a request."""
    return REQUEST_TONES.get(state, "")


@register.filter
def own_state(code: str) -> str:
    """What one has in a shift, said to oneself."""
    return lines.own_state(code)[0]


@register.filter
def own_tone(code: str) -> str:
    return lines.own_state(code)[1]
