"""The rules of a version as sentences, in the reader's language, and what they change in another's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.bank.rules import Coefficient, GroupHours, Rounding, Rules
from xinshi.kernel.minutes import hours_figure
from xinshi.people.wording import category_label

ROUNDINGS: Final = {
    Rounding.DOWN: _("down, to units of %(minutes)s minutes"),
    Rounding.NEAREST: _("to the nearest %(minutes)s minutes"),
    Rounding.UP: _("up, to units of %(minutes)s minutes"),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in words; `before` is what it was in the version that it is compared with."""

    label: str | Promise
    text: str
    before: str

    @property
    def is_changed(self) -> bool:
        return self.text != self.before


def rule_lines(rules: Rules, *, before: Rules | None = None) -> list[RuleLine]:
    """Every rule in words, each with its wording in `before` (default: itself, so that nothing is changed)."""
    others = _texts(before or rules)
    return [RuleLine(label, text, others[name][1]) for name, (label, text) in _texts(rules).items()]


def _texts(rules: Rules) -> dict[str, tuple[str | Promise, str]]:
    """By rule: its label and its figure in words."""
    return {
        "stars": (_("Hours for one to five stars"), " / ".join(map(hours_figure, rules.star_thresholds_minutes))),
        "shares": (_("Verified hours that the stars ask for"), _shares(rules.star_verified_percent)),
        "approvals": (
            _("Approval"),
            gettext("Two different people approve a service record.")
            if rules.approval_levels == 2
            else gettext("One person approves a service record, never the volunteer."),
        ),
        "presence": (_("Least presence for any hours"), _percent(rules.presence_min_percent)),
        "notice": (_("Public notice before hours can be spent"), _days(rules.notice_days)),
        "coefficients": (_("What an hour is worth"), _coefficients(rules.coefficients)),
        "rounding": (
            _("Rounding of credited hours"),
            str(ROUNDINGS[rules.rounding]) % {"minutes": rules.rounding_minutes}
            if rules.rounding_minutes > 1
            else gettext("to whole minutes"),
        ),
        "day_cap": (_("Most hours credited for one day"), _cap(rules.day_cap_minutes)),
        "activity_cap": (_("Most hours credited for one activity"), _cap(rules.activity_cap_minutes)),
        "holding_cap": (_("Most hours one person may hold"), _cap(rules.holding_cap_minutes)),
        "expiry": (_("Expiry"), _expiry(rules)),
        "age": (_("Least age"), _age(rules.age_min_years)),
        "guardian": (_("A guardian agrees below the age of"), _age(rules.guardian_below_years)),
        "gifts": (_("Gifts to relatives"), _gifts(rules)),
        "donations": (
            _("Donations to the pool"),
            gettext("allowed") if rules.donations else gettext("not allowed"),
        ),
        "groups": (
            _("Hours that a group earned as a group"),
            gettext("can only be donated") if rules.group_hours is GroupHours.DONATE_ONLY else gettext("are not kept"),
        ),
        "appeals": (
            _("A request for correction is answered within"),
            gettext("%(days)s working days") % {"days": rules.appeal_answer_days},
        ),
    }


def _none() -> str:
    return gettext("no such rule")


def _cap(minutes: int | None) -> str:
    return _none() if minutes is None else gettext("%(hours)s hours") % {"hours": hours_figure(minutes)}


def _percent(percent: int) -> str:
    return f"{percent} %" if percent else _none()


def _days(days: int) -> str:
    return gettext("%(days)s days") % {"days": days} if days else _none()


def _age(years: int) -> str:
    return gettext("%(years)s years") % {"years": years} if years else _none()


def _shares(percents: Iterable[int]) -> str:
    shown = list(percents)
    return " / ".join(f"{percent} %" for percent in shown) if any(shown) else _none()


def _expiry(rules: Rules) -> str:
    if rules.expiry_months is None:
        return gettext("Hours never run out.")
    text = gettext("%(months)s months after the service, but not within the first %(days)s days of this rule")
    return text % {"months": rules.expiry_months, "days": rules.expiry_grace_days}


def _gifts(rules: Rules) -> str:
    if not rules.gifts:
        return gettext("not allowed")
    if rules.gift_year_cap_minutes is None:
        return gettext("allowed")
    return gettext("allowed, %(hours)s hours a year at most") % {"hours": hours_figure(rules.gift_year_cap_minutes)}


def _coefficients(rows: Iterable[Coefficient]) -> str:
    parts = [f"{_what(row)} × {(Decimal(row.percent) / 100).normalize():f}" for row in rows]
    return "; ".join(parts) if parts else gettext("one hour for one hour")


def _what(row: Coefficient) -> str:
    return " + ".join(part for part in (category_label(row.category) if row.category else "", row.skill) if part)
