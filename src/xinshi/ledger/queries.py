"""Reads of the book."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Q, Sum

from xinshi.ledger.domain import AccountKind, AccountUnknown, TransferUnknown
from xinshi.ledger.models import Account, Balance, Entry, Hold, Seal, Transfer

STATEMENT_LINES_MAX: Final = 500
REFERENCE: Final = re.compile(r"[a-z][a-z-]*:\d+")


@dataclass(frozen=True, slots=True)
class BalanceView:
    """Minutes on a bounded account; `available` is what a spend may take now."""

    account_id: int
    posted: int
    held: int
    floor: int

    @property
    def available(self) -> int:
        return self.posted - self.held - self.floor


@dataclass(frozen=True, slots=True)
class StatementLine:
    seq: int
    transfer_id: int
    key: str
    kind: str
    amount: int
    balance_after: int
    worked_on: date
    posted_at: datetime
    memo: str
    reverses_id: int | None


@dataclass(frozen=True, slots=True)
class SystemTotal:
    """Minutes that a system account gave out (negative) or took in (positive)."""

    account_id: int
    kind: str
    owner_ref: str
    minutes: int


@dataclass(frozen=True, slots=True)
class BookTotals:
    accounts: int
    transfers: int
    outstanding_minutes: int
    held_minutes: int
    seal_head: str
    sealed_to: int


def balance(account_id: int) -> BalanceView:
    """AccountUnknown for an account without a balance row."""
    found = balances([account_id])
    if account_id not in found:
        raise AccountUnknown
    return found[account_id]


def balances(account_ids: Sequence[int]) -> dict[int, BalanceView]:
    """The balances of bounded accounts, by account id."""
    found: dict[int, BalanceView] = {}
    for start in range(0, len(account_ids), 500):
        rows = Balance.objects.filter(account_id__in=account_ids[start : start + 500])
        found |= {row[0]: BalanceView(*row) for row in rows.values_list("account_id", "posted", "held", "floor")}
    return found


def statement(
    account_id: int, *, before_seq: int | None = None, limit: int = 50, matching: Q | None = None
) -> list[StatementLine]:
    """Lines of a bounded account, newest first, below `before_seq`; `matching` is a further condition on the entries."""
    entries = Entry.objects.filter(matching or Q(), account_id=account_id)
    if before_seq is not None:
        entries = entries.filter(seq__lt=before_seq)
    size = max(1, min(limit, STATEMENT_LINES_MAX))
    return [
        StatementLine(
            seq=entry.seq,
            transfer_id=entry.transfer_id,
            key=entry.transfer.key,
            kind=entry.transfer.kind,
            amount=entry.amount,
            balance_after=entry.balance_after,
            worked_on=entry.transfer.worked_on,
            posted_at=entry.transfer.posted_at,
            memo=entry.transfer.memo,
            reverses_id=entry.transfer.reverses_id,
        )
        for entry in entries.select_related("transfer").order_by("-seq")[:size]
    ]


def open_holds(account_id: int, *, limit: int = 100) -> list[Hold]:
    """What is set aside on an account now, the first to expire first."""
    return list(Hold.objects.filter(account_id=account_id, state=Hold.State.OPEN).order_by("expires_at", "id")[:limit])


def account(account_id: int) -> Account:
    found = Account.objects.filter(pk=account_id).select_related("balance").first()
    if found is None:
        raise AccountUnknown
    return found


def transfer(transfer_id: int) -> Transfer:
    found = Transfer.objects.select_related("debit", "credit", "reverses", "hold").filter(pk=transfer_id).first()
    if found is None:
        raise TransferUnknown
    return found


def reversal_of(transfer_id: int) -> int | None:
    """The id of the transfer that reverses `transfer_id`, if there is one."""
    return Transfer.objects.filter(reverses_id=transfer_id).values_list("id", flat=True).first()


def system_totals() -> list[SystemTotal]:
    """What each system account gave and took, summed from its transfers."""
    kinds = [kind.value for kind in AccountKind if not kind.is_bounded]
    rows = Account.objects.filter(kind__in=kinds).order_by("id").values_list("id", "kind", "owner_ref")
    out = dict(Transfer.objects.filter(debit__kind__in=kinds).values_list("debit_id").annotate(Sum("minutes")))
    into = dict(Transfer.objects.filter(credit__kind__in=kinds).values_list("credit_id").annotate(Sum("minutes")))
    return [SystemTotal(pk, kind, owner, into.get(pk, 0) - out.get(pk, 0)) for pk, kind, owner in rows]


def totals() -> BookTotals:
    """The book at a glance."""
    sums: dict[str, Any] = Balance.objects.aggregate(posted=Sum("posted"), held=Sum("held"), n=Count("account_id"))
    last = Seal.objects.order_by("-n").first()
    return BookTotals(
        accounts=sums["n"],
        transfers=Transfer.objects.count(),
        outstanding_minutes=sums["posted"] or 0,
        held_minutes=sums["held"] or 0,
        seal_head=last.hash if last else "",
        sealed_to=last.to_id if last else 0,
    )


def matching_accounts(term: str) -> list[Account]:
    """Up to 50 accounts whose id or owner reference matches what an auditor typed."""
    rows = Account.objects.select_related("balance").order_by("id")
    if term.isascii() and term.isdigit() and len(term) < 19:
        rows = rows.filter(Q(pk=int(term)) | Q(owner_ref__endswith=f":{term}"))
    elif term:
        rows = rows.filter(owner_ref__startswith=term[:64])
    return list(rows[:50])


def transfers_page(*, before_id: int | None = None, limit: int = 50) -> list[Transfer]:
    """The newest transfers below `before_id`."""
    rows = Transfer.objects.select_related("debit", "credit").order_by("-id")
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows[: max(1, min(limit, STATEMENT_LINES_MAX))])


def seal_head() -> str:
    """The newest seal's hash, to be published outside the database; empty while nothing is sealed."""
    last = Seal.objects.order_by("-n").first()
    return last.hash if last else ""


def newest_seals(*, limit: int) -> list[Seal]:
    return list(Seal.objects.order_by("-n")[:limit])


def seal_over(transfer_id: int) -> Seal | None:
    """The seal that covers a transfer; None while it waits for the next one."""
    return Seal.objects.filter(to_id__gte=transfer_id).order_by("to_id").first()


def source_in(key: str) -> str:
    """The reference inside a booking's key: `service-record:12` in `deposit:service-record:12`; empty where it has none."""
    found = REFERENCE.search(key)
    return found.group() if found else ""
