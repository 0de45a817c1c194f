"""The bank's codes as words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django import template
from django.utils.translation import gettext

from xinshi.bank.crediting import Reason
from xinshi.bank.notices import last_day
from xinshi.bank.printing import kind_label
from xinshi.doors.wording import day_of, is_chinese, month_text
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.models import Account
from xinshi.ledger.templatetags.ledger import transfer_kind

register = template.Library()

POLICY_STATES: Final = {
    "proposed": (gettext_noop("Proposed"), "warn"),
    "coming": (gettext_noop("Coming"), "info"),
    "in_force": (gettext_noop("In force"), "good"),
    "past": (gettext_noop("No longer in force"), ""),
}
PASSBOOK_TONES: Final = {"pending": "warn", "active": "good", "frozen": "bad", "closed": ""}
CLEARING: Final = "clearing"

REASONS: Final = {
    Reason.COEFFICIENT: gettext_noop("Coefficient %(figure)s"),
    Reason.ROUNDING: gettext_noop("Rounded to units of %(figure)s minutes"),
    Reason.ACTIVITY_CAP: gettext_noop("The most for one activity is reached: %(figure)s hours"),
    Reason.DAY_CAP: gettext_noop("The most for one day is reached: %(figure)s hours"),
    Reason.HOLDING_CAP: gettext_noop("The most that one person may hold is reached: %(figure)s hours"),
}

register.filter("hours_kind", kind_label)


@register.filter
def credit_reason(reason: tuple[Reason, int]) -> str:
    """Which rule changed what was credited, with its figure: `Coefficient 1.5`."""
    name, figure = reason
    if name is Reason.COEFFICIENT:
        text = coefficient_figure(figure)
    else:
        text = str(figure) if name is Reason.ROUNDING else hours_figure(figure)
    return gettext(REASONS[name]) % {"figure": text}


@register.filter
def notice_day(ends_at: datetime) -> date:
    """The last day of a public notice whose hold runs out at that moment."""
    return last_day(ends_at)


@register.filter
def lot_kind(kind: str) -> str:
    """What sort of hours a lot is made of: the kind of a deposit, otherwise how they came."""
    name = kind.removeprefix("deposit_")
    return kind_label(name) if name != kind else transfer_kind(kind)


@register.filter
def coefficient_figure(percent: int) -> str:
    """150 per cent as `1.5`."""
    return f"{(Decimal(percent) / 100).normalize():f}"


@register.filter
def signed_hours(minutes: int) -> str:
    """Minutes in or out of a passbook as hours with their sign: `+2.5`, `−6`."""
    return f"{'+' if minutes > 0 else '−'}{hours_figure(abs(minutes))}"


@register.filter
def policy_state(state: str) -> str:
    return gettext(POLICY_STATES[state][0])


@register.filter
def policy_tone(state: str) -> str:
    """The colour in which a policy's state is shown."""
    return POLICY_STATES[state][1]


@register.filter
def passbook_tone(state: str) -> str:
    """The colour in which a passbook's state is shown."""
    return PASSBOOK_TONES[state]


@register.filter
def decided_by(reference: str, people: Mapping[str, str]) -> str:
    """The name behind a reference, or what kind of thing acted."""
    if reference in people:
        return people[reference]
    return gettext("the system") if reference.startswith("system:") else gettext("a member of staff")


@register.filter
def issued_by(account: Account) -> str:
    """Where the minutes of a deposit came from: the hospital itself, or a partner through its clearing account."""
    if account.kind == CLEARING:
        return gettext("Partner: %(name)s") % {"name": account.owner_ref.partition(":")[2]}
    return gettext("Service at this hospital")


@register.filter
def grouped(number: str) -> str:
    """A passbook's number in fours, as on a bank card."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


@register.filter
def month_of_year(value: date | datetime) -> str:
    """`2026年11月`, `Nov 2026`."""
    day = day_of(value)
    return f"{day.year}年{day.month}月" if is_chinese() else f"{month_text(day)} {day.year}"


@register.filter
def month_short(day: date) -> str:
    """A month under its column: `11`, `Nov`; the picture has no room for more."""
    return str(day.month) if is_chinese() else month_text(day)


@register.filter
def hours_short(minutes: int) -> str:
    """A figure above a column: one decimal below a hundred hours, none above."""
    tenths = round(minutes / 6)
    return str(round(minutes / 60)) if tenths >= 1_000 or tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"
