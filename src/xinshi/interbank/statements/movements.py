"""What moved with one bank in a span of time, read from deposits and from the book: plain movements for `figures`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from xinshi.bank.models import Deposit, DepositReversal
from xinshi.exchange.models import Partner
from xinshi.interbank.moving.models import Transfer as BankTransfer
from xinshi.interbank.reconciling.booking import SOURCE
from xinshi.interbank.statements.figures import Movement
from xinshi.ledger.actions import system_account
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Transfer

CHUNK = 2_000
UNKNOWN = "unknown"


def movements(partner: Partner, since: datetime | None, until: datetime) -> Iterator[Movement]:
    """Everything with `partner` from `since` (None: from the very beginning) until before `until`, in its own minutes.

    What came in counts as the partner counts it: before the coefficient of the contract.
    """
    yield from _came_in(partner, since, until)
    yield from _taken_back(partner, since, until)
    yield from _went_out(partner, since, until)


def _came_in(partner: Partner, since: datetime | None, until: datetime) -> Iterator[Movement]:
    rows = Deposit.objects.filter(partner=partner.code, deposited_at__lt=until)
    if since is not None:
        rows = rows.filter(deposited_at__gte=since)
    for minutes, kind, source in rows.values_list("raw_minutes", "kind", "source_ref").iterator(chunk_size=CHUNK):
        yield Movement(minutes, kind, is_correction=source.startswith(f"{SOURCE}:"))


def _taken_back(partner: Partner, since: datetime | None, until: datetime) -> Iterator[Movement]:
    rows = DepositReversal.objects.filter(deposit__partner=partner.code, reversed_at__lt=until)
    if since is not None:
        rows = rows.filter(reversed_at__gte=since)
    for minutes, kind in rows.values_list("deposit__raw_minutes", "deposit__kind").iterator(chunk_size=CHUNK):
        yield Movement(-minutes, kind, is_correction=True)


def _went_out(partner: Partner, since: datetime | None, until: datetime) -> Iterator[Movement]:
    """Bookings that people's hours left by, and their reversals; deposits and theirs are not among them."""
    clearing = system_account(AccountKind.CLEARING, f"partner:{partner.code}")
    rows = Transfer.objects.filter(posted_at__lt=until)
    if since is not None:
        rows = rows.filter(posted_at__gte=since)
    kinds = dict(BankTransfer.objects.filter(partner=partner, hold_id__isnull=False).values_list("hold_id", "kind"))
    left: QuerySet[Transfer] = rows.filter(credit_id=clearing, reverses=None)
    for minutes, hold_id in left.values_list("minutes", "hold_id").iterator(chunk_size=CHUNK):
        is_plain = hold_id in kinds
        yield Movement(-minutes, kinds.get(hold_id or 0, UNKNOWN), is_correction=not is_plain)
    returned = rows.filter(debit_id=clearing, reverses__credit_id=clearing)
    for minutes, hold_id in returned.values_list("minutes", "reverses__hold_id").iterator(chunk_size=CHUNK):
        yield Movement(minutes, kinds.get(hold_id or 0, UNKNOWN), is_correction=True)
