"""Words and shapes for the pages of plans."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext

from xinshi.doors.wording import day_text, is_chinese
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.scheduling import wording
from xinshi.scheduling.domain import VALUE_PARTS
from xinshi.scheduling.models import Assignment, PlanVersion

register = template.Library()


@register.filter
def plan_state(code: str) -> str:
    return str(PlanVersion.State(code).label)


@register.filter
def plan_tone(code: str) -> str:
    return wording.TONES.get(code, "")


@register.filter
def stage_word(code: str) -> str:
    return str(wording.STAGES.get(code, ""))


@register.filter
def part_word(code: str) -> str:
    return str(wording.PARTS[code])


@register.filter
def wish_word(code: str) -> str:
    return str(wording.WISHES[code])


@register.filter
def funnel_word(code: str) -> str:
    return str(wording.FUNNEL[code])


@register.filter
def recruit_word(code: str) -> str:
    return str(wording.RECRUIT[code])


@register.filter
def failure_word(code: str) -> str:
    return str(wording.FAILURES.get(code, wording.FAILURES["unexpected"]))


@register.filter
def setting_word(name: str) -> str:
    return str(wording.SETTINGS[name])


@register.simple_tag
def setting_value(name: str, value: Any) -> str:
    """A setting's value as people read it."""
    if name.endswith("_minutes"):
        hours, minutes = divmod(value, 60)
        if hours and not minutes:
            return gettext("%(hours)s hours") % {"hours": hours}
        return gettext("%(minutes)s minutes") % {"minutes": value}
    if name == "first_categories":
        names = {code: chinese if is_chinese() else english for code, english, chinese in SERVICE_CATEGORIES}
        return "、".join(names[code] for code in value) or gettext("None")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return str(value)


@register.filter
def parts_of(assignment: Assignment) -> list[tuple[str, int]]:
    """What speaks for somebody: the parts that give points, the most first."""
    found = [(str(wording.PARTS[name]), getattr(assignment, name)) for name in VALUE_PARTS]
    return sorted(((word, points) for word, points in found if points), key=lambda one: -one[1])


@register.filter
def signed(value: int) -> str:
    """`+3`, `−2`, `0`."""
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "0"


@register.filter
def shift_time(shift: Any) -> str:
    """The day and the hours of a shift by the hospital's clock."""
    starts, ends = (at.astimezone(clock.HOSPITAL_ZONE) for at in (shift.starts_at, shift.ends_at))
    return f"{day_text(shift.starts_at)} {starts:%H:%M}–{ends:%H:%M}"


@register.filter
def shift_name(shift: Any) -> str:
    """The activity's title with the role, where it has more than one."""
    return f"{shift.activity.title} · {shift.role.name}" if shift.role.name else str(shift.activity.title)
