"""The book's codes as words."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.translation import gettext

from xinshi.doors.wording import is_chinese
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Account
from xinshi.ledger.proof import wording
from xinshi.ledger.proof.checking import Step

register = template.Library()

ACCOUNT_KINDS: Final = {
    AccountKind.PERSON: gettext_noop("Passbook"),
    AccountKind.GROUP: gettext_noop("Group"),
    AccountKind.POOL: gettext_noop("Donation pool"),
    AccountKind.DONATION: gettext_noop("Only to be donated"),
    AccountKind.ISSUANCE: gettext_noop("Issuance"),
    AccountKind.REDEMPTION: gettext_noop("Redemption"),
    AccountKind.EXPIRY: gettext_noop("Expiry"),
    AccountKind.CORRECTION: gettext_noop("Correction"),
    AccountKind.CLEARING: gettext_noop("Clearing with a partner"),
}
TRANSFER_KINDS: Final = {
    "deposit_verified": gettext_noop("Deposit of verified hours"),
    "deposit_honorary": gettext_noop("Deposit of honorary hours"),
    "redemption": gettext_noop("Redemption"),
    "reversal": gettext_noop("Reversal"),
    "gift": gettext_noop("Gift"),
    "donation": gettext_noop("Donation to the pool"),
    "grant": gettext_noop("Help out of the pool"),
    "interbank_out": gettext_noop("Sent to another time bank"),
    "group_hours": gettext_noop("Hours of a group"),
    "correction": gettext_noop("Correction"),
    "expiry": gettext_noop("Expiry"),
    "over_cap": gettext_noop("Beyond the most one may hold"),
    "notice": gettext_noop("Public notice"),
    "merge": gettext_noop("Carried over between two passbooks of one person"),
    "lapse": gettext_noop("Lapsed when the account was closed"),
    "closing_donation": gettext_noop("Donated when the account was closed"),
}
STEP_LOOKS: Final = {
    "holds": ("check", "good"),
    "fails": ("x", "bad"),
    "open": ("circle-question-mark", "warn"),
    "noted": ("info", ""),
}


@register.filter
def account_kind(kind: str) -> str:
    """What sort of account it is."""
    return gettext(ACCOUNT_KINDS[AccountKind(kind)])


@register.filter
def account_name(account: Account) -> str:
    """Kind and owner, as far as the book knows one."""
    name = account_kind(account.kind)
    return f"{name} {account.owner_ref}" if account.owner_ref else name


@register.filter
def transfer_kind(kind: str) -> str:
    """Why minutes moved; the code itself where a room above uses one that the book has no word for."""
    return gettext(TRANSFER_KINDS[kind]) if kind in TRANSFER_KINDS else kind


@register.filter
def step_text(step: Step) -> str:
    """What a step of a check found, in the reader's language."""
    return wording.sentence(step)[is_chinese()]


@register.filter
def step_icon(step: Step) -> str:
    return STEP_LOOKS[step.outcome][0]


@register.filter
def step_tone(step: Step) -> str:
    return STEP_LOOKS[step.outcome][1]
