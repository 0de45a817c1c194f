"""Reads of the book."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection
from django.db.models import Q, Sum

from xinshi.ledger.domain import AccountKind, AccountUnknown, HistoryLine, TransferUnknown
from xinshi.ledger.models import Account, Balance, Entry, Hold, Seal, Transfer

STATEMENT_LINES_MAX: Final = 500
BOOK: Final = """
SELECT t.accounts, t.posted, t.held, t.transfers, t.head, t.sealed_to, a.id, a.kind, a.owner_ref, coalesce(m.minutes, 0)
  FROM (SELECT count(*) AS accounts, coalesce(sum(posted), 0) AS posted, coalesce(sum(held), 0) AS held,
               (SELECT count(*) FROM ledger_transfer) AS transfers,
               coalesce((SELECT hash FROM ledger_seal ORDER BY n DESC LIMIT 1), '') AS head,
               coalesce((SELECT to_id FROM ledger_seal ORDER BY n DESC LIMIT 1), 0) AS sealed_to
          FROM ledger_balance) t
  LEFT JOIN ledger_account a ON a.kind IN ({kinds})
  LEFT JOIN (SELECT account_id, sum(minutes) AS minutes
               FROM (SELECT debit_id AS account_id, -minutes AS minutes FROM ledger_transfer
                     UNION ALL SELECT credit_id, minutes FROM ledger_transfer) line
              GROUP BY account_id) m ON m.account_id = a.id
 ORDER BY a.id
"""
FIGURES_MAX: Final = 1_000_000
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


HISTORY_FIELDS: Final = (
    "seq",
    "transfer_id",
    "transfer__key",
    "transfer__kind",
    "amount",
    "transfer__worked_on",
    "transfer__reverses_id",
)


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


def figures(account_id: int, *, up_to: int | None, matching: Q) -> Iterator[tuple[int, int, int, int, str]]:
    """(seq, transfer id, amount, balance after, day of service) of a bounded account, oldest line first."""
    entries = Entry.objects.filter(matching, account_id=account_id).order_by("seq")
    if up_to is not None:
        entries = entries.filter(seq__lte=up_to)
    columns = ("seq", "transfer_id", "amount", "balance_after", "transfer__worked_on")
    for seq, transfer_id, amount, balance_after, worked_on in entries.values_list(*columns)[:FIGURES_MAX]:
        yield seq, transfer_id, amount, balance_after, worked_on.isoformat()


def line_number(account_id: int, transfer_id: int) -> int | None:
    """Which line of a bounded account's statement a transfer is."""
    return Entry.objects.filter(account_id=account_id, transfer_id=transfer_id).values_list("seq", flat=True).first()


def open_holds(account_id: int, *, limit: int = 100) -> list[Hold]:
    """What is set aside on an account now, the first to expire first."""
    return list(Hold.objects.filter(account_id=account_id, state=Hold.State.OPEN).order_by("expires_at", "id")[:limit])


def open_hold(key: str) -> int | None:
    """The id of the hold with this key, while it is open."""
    return Hold.objects.filter(key=key, state=Hold.State.OPEN).values_list("id", flat=True).first()


def holds_of(account_ids: Sequence[int]) -> dict[int, list[Hold]]:
    """What is set aside on these accounts now, by account."""
    found: dict[int, list[Hold]] = {}
    for start in range(0, len(account_ids), 500):
        rows = Hold.objects.filter(account_id__in=account_ids[start : start + 500], state=Hold.State.OPEN)
        for row in rows.order_by("account_id", "id"):
            found.setdefault(row.account_id, []).append(row)
    return found


def histories(account_ids: Sequence[int]) -> dict[int, list[HistoryLine]]:
    """Every line of these bounded accounts, ascending; accounts without lines are left out."""
    found: dict[int, list[HistoryLine]] = {}
    for start in range(0, len(account_ids), 500):
        rows = Entry.objects.filter(account_id__in=account_ids[start : start + 500]).order_by("account_id", "seq")
        for row in rows.values_list("account_id", *HISTORY_FIELDS).iterator(chunk_size=5_000):
            found.setdefault(row[0], []).append(HistoryLine(*row[1:]))
    return found


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


def book() -> tuple[BookTotals, list[SystemTotal]]:
    """The book at a glance, and what each system account gave and took: of one moment, by one statement.

    Read by several statements while others book, the bank would seem to owe more, or less, than it gave out.
    """
    kinds = [kind.value for kind in AccountKind if not kind.is_bounded]
    with connection.cursor() as cursor:
        cursor.execute(BOOK.format(kinds=", ".join(["%s"] * len(kinds))), kinds)
        rows = cursor.fetchall()
    accounts, posted, held, transfers, head, sealed_to = rows[0][:6]
    system = [SystemTotal(pk, kind, owner, int(minutes)) for *_, pk, kind, owner, minutes in rows if pk is not None]
    return BookTotals(accounts, transfers, int(posted), int(held), head, sealed_to), system


def system_totals() -> list[SystemTotal]:
    """What each system account gave and took, summed from its transfers."""
    return book()[1]


@dataclass(frozen=True, slots=True)
class Flow:
    """What went through one system account: minutes that it gave, that it took in, and that open holds will bring it."""

    gave_minutes: int = 0
    took_minutes: int = 0
    coming_minutes: int = 0

    @property
    def minutes(self) -> int:
        """Its balance: what it took in less what it gave."""
        return self.took_minutes - self.gave_minutes


def flow_of(kind: AccountKind, owner_ref: str) -> Flow:
    """The flow through a system account, summed from its own transfers alone; nought where it was never opened."""
    account = Account.objects.filter(kind=kind.value, owner_ref=owner_ref).values_list("pk", flat=True).first()
    if account is None:
        return Flow()
    gave = Transfer.objects.filter(debit_id=account).aggregate(n=Sum("minutes"))["n"]
    took = Transfer.objects.filter(credit_id=account).aggregate(n=Sum("minutes"))["n"]
    coming = Hold.objects.filter(to_id=account, state=Hold.State.OPEN).aggregate(n=Sum("minutes"))["n"]
    return Flow(gave or 0, took or 0, coming or 0)


def totals() -> BookTotals:
    """The book at a glance."""
    return book()[0]


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


def seal_hash_at(n: int) -> str:
    """The fingerprint of the seal with this number; empty where there is none."""
    return Seal.objects.filter(n=n).values_list("hash", flat=True).first() or ""


def newest_seals(*, limit: int) -> list[Seal]:
    return list(Seal.objects.order_by("-n")[:limit])


def seal_over(transfer_id: int) -> Seal | None:
    """The seal that covers a transfer; None while it waits for the next one."""
    return Seal.objects.filter(to_id__gte=transfer_id).order_by("to_id").first()


def source_in(key: str) -> str:
    """The reference inside a booking's key: `service-record:12` in `deposit:service-record:12`; empty where it has none."""
    found = REFERENCE.search(key)
    return found.group() if found else ""
