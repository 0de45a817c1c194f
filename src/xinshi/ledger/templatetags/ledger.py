"""The book's codes as words."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.translation import gettext

from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Account

register = template.Library()

ACCOUNT_KINDS: Final = {
    AccountKind.PERSON: gettext_noop("Passbook"),
    AccountKind.GROUP: gettext_noop("Group"),
    AccountKind.POOL: gettext_noop("Donation pool"),
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
    "correction": gettext_noop("Correction"),
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
