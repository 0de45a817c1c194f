"""The ledger accounts that the bank opens besides a passbook's own: what can only be donated, the pool, the groups'."""

from __future__ import annotations

from collections.abc import Sequence

from xinshi.ledger.actions import open_accounts
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Account

POOL_REF = "pool:1"


def donation_accounts(person_ids: Sequence[int]) -> dict[int, int]:
    """The accounts of minutes that these people can only donate: {person id: account id}; opened at their first use."""
    owners = {f"person:{person_id}": person_id for person_id in person_ids}
    found = open_accounts(kind=AccountKind.DONATION, owner_refs=list(owners))
    return {owners[owner]: account_id for owner, account_id in found.items()}


def known_donation_accounts(person_id: int) -> list[int]:
    """The open account of minutes that somebody can only donate; empty where none was ever opened."""
    owner = f"person:{person_id}"
    rows = Account.objects.filter(kind=AccountKind.DONATION.value, owner_ref=owner, closed_at=None)
    return list(rows.values_list("id", flat=True))


def group_account(organization_id: int) -> int:
    """The account of minutes that a group earned as a group; opened at its first use."""
    owner = f"organization:{organization_id}"
    return open_accounts(kind=AccountKind.GROUP, owner_refs=[owner])[owner]


def pool_account() -> int:
    """The account of the pool for those in need; opened at its first use."""
    return open_accounts(kind=AccountKind.POOL, owner_refs=[POOL_REF])[POOL_REF]
