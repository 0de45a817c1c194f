"""Reasons in plain words: to whom they are about, and to whoever plans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils.translation import gettext

from xinshi.archive.availability import Quarter
from xinshi.doors.wording import weekday_text
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.people.wording import category_label
from xinshi.scheduling.suggesting.domain import Reason

TO_ONESELF: Final = {
    "skill": gettext_noop("you can do what is needed here"),
    "interest": gettext_noop("you said you like “%(kind)s”"),
    "profession": gettext_noop("it is close to your profession"),
    "nearness": gettext_noop("you said you come to this place"),
    "wished_hour": gettext_noop("you are free on %(when)s"),
    "seldom": gettext_noop("you had few shifts lately"),
}
TO_PLANNERS: Final = {
    "skill": gettext_noop("can do what is needed"),
    "interest": gettext_noop("likes “%(kind)s”"),
    "profession": gettext_noop("close to the profession"),
    "nearness": gettext_noop("comes to this place"),
    "wished_hour": gettext_noop("free on %(when)s"),
    "seldom": gettext_noop("had few shifts lately"),
}
QUARTERS: Final = {
    Quarter.MORNING: gettext_noop("%(day)s morning"),
    Quarter.AFTERNOON: gettext_noop("%(day)s afternoon"),
    Quarter.EVENING: gettext_noop("%(day)s evening"),
    Quarter.NIGHT: gettext_noop("%(day)s night"),
}
QUARTER_HOURS: Final = 6


def to_oneself(reasons: Iterable[Reason], *, category: str, starts_at: datetime) -> list[str]:
    """Parts of a sentence, the strongest reason first."""
    return _said(TO_ONESELF, reasons, category, starts_at)


def to_planners(reasons: Iterable[Reason], *, category: str, starts_at: datetime) -> list[str]:
    return _said(TO_PLANNERS, reasons, category, starts_at)


def _said(words: dict[str, str], reasons: Iterable[Reason], category: str, starts_at: datetime) -> list[str]:
    parameters = {"kind": category_label(category), "when": when_text(starts_at)}
    return [gettext(words[reason.code]) % parameters for reason in reasons if reason.code in words]


def when_text(starts_at: datetime) -> str:
    """`周二上午`, `Tue morning`: the quarter of the day in which it begins, by the hospital's clock."""
    local = starts_at.astimezone(clock.HOSPITAL_ZONE)
    return gettext(QUARTERS[Quarter(local.hour // QUARTER_HOURS)]) % {"day": weekday_text(local.date())}
