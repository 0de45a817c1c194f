"""The bank's codes as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django import template
from django.utils.translation import gettext

from xinshi.bank.printing import kind_label
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.models import Account

register = template.Library()

POLICY_STATES: Final = {
    "proposed": (gettext_noop("Proposed"), "warn"),
    "coming": (gettext_noop("Coming"), "info"),
    "in_force": (gettext_noop("In force"), "good"),
    "past": (gettext_noop("No longer in force"), ""),
}
PASSBOOK_TONES: Final = {"pending": "warn", "active": "good", "frozen": "bad", "closed": ""}
CLEARING: Final = "clearing"

register.filter("hours_kind", kind_label)


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
