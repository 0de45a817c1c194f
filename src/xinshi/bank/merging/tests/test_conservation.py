"""Whatever two passbooks hold, a merge changes nothing but by its own linked transfer."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import count

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.bank import queries
from xinshi.bank.actions import NewDeposit, deposit_many, reverse_deposit
from xinshi.bank.lots import holdings
from xinshi.bank.merging.actions import confirm_merge, propose_merge
from xinshi.bank.merging.tests.conftest import passbook_of, person_with_passbook
from xinshi.bank.models import Passbook
from xinshi.bank.tests.conftest import SYSTEM
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance, Entry, Transfer
from xinshi.ledger.verification import verify

SOURCES = count(1)
PROPOSER, CONFIRMER = Actor.system("first"), Actor.system("second")
Line = tuple[str, int, bool]
lines = st.lists(st.tuples(st.sampled_from(["verified", "honorary"]), st.integers(1, 600), st.booleans()), max_size=6)


def fill(person_id: int, history: list[Line], spent_percent: int) -> None:
    """Deposits, some of them taken back, then a part of what stands spent."""
    for kind, minutes, is_taken_back in history:
        new = NewDeposit(
            person_id=person_id,
            kind=HoursKind(kind),
            category="0004",
            title="导医",
            organizer="门诊部",
            raw_minutes=minutes,
            worked_on=date(2026, 3, 5) + timedelta(days=minutes % 3),
            source_ref=f"service-record:{next(SOURCES)}",
        )
        [result] = deposit_many(actor=SYSTEM, deposits=[new])
        if is_taken_back:
            reverse_deposit(actor=SYSTEM, deposit_id=result.deposit_id, reason="误记")
    account = passbook_of(person_id).account_id
    spent = Balance.objects.get(pk=account).posted * spent_percent // 100
    if spent:
        transfer = NewTransfer(
            key=f"spent:{next(SOURCES)}",
            debit_id=account,
            credit_id=system_account(AccountKind.REDEMPTION),
            minutes=spent,
            kind="redemption",
            worked_on=date(2026, 4, 1),
        )
        post(transfer=transfer, actor_ref="system:tests")


def entries(passbook: Passbook) -> list[tuple[int, int, int, int]]:
    rows = Entry.objects.filter(account_id=passbook.account_id).order_by("seq")
    return list(rows.values_list("seq", "transfer_id", "amount", "balance_after"))


def lots_of(passbook: Passbook) -> Counter[date]:
    """Minutes by day of service: a merge makes no hour younger."""
    days: Counter[date] = Counter()
    found = holdings([passbook.account_id]).get(passbook.account_id)
    for lot in found.lots if found else []:
        days[lot.worked_on] += lot.minutes
    return days


def check_merge(first: list[Line], second: list[Line], first_spent: int, second_spent: int) -> None:
    stays, goes = person_with_passbook(), person_with_passbook()
    fill(stays, first, first_spent)
    fill(goes, second, second_spent)
    books = [passbook_of(stays), passbook_of(goes)]
    before, certified = [entries(book) for book in books], sum(book.certified_minutes for book in books)
    lots = [lots_of(book) for book in books]
    total = Balance.objects.aggregate(total=Sum("posted"))["total"]
    going = Balance.objects.get(pk=books[1].account_id).posted
    merge_id = propose_merge(actor=PROPOSER, stays_id=stays, goes_id=goes, reason="同一人")
    assert confirm_merge(actor=CONFIRMER, merge_id=merge_id) == going
    assert Balance.objects.aggregate(total=Sum("posted"))["total"] == total
    moved = Transfer.objects.filter(kind="merge", debit_id=books[1].account_id).order_by("id")
    for book, known, sign in zip(books, before, (1, -1), strict=True):
        now = entries(book)
        assert now[: len(known)] == known
        added = [(row[1], row[2]) for row in now[len(known) :]]
        assert added == [(transfer.pk, sign * transfer.minutes) for transfer in moved]
    assert sum(transfer.minutes for transfer in moved) == going
    assert lots_of(books[0]) + lots_of(books[1]) == sum(lots, Counter())
    kept = passbook_of(stays)
    overview = queries.overview_of(kept)
    assert kept.certified_minutes == certified
    assert sum(share.minutes for share in overview.by_kind) == certified
    assert passbook_of(goes).certified_minutes == 0
    report = verify()
    assert report.ok, report.first_difference


@pytest.mark.django_db
@pytest.mark.usefixtures("bank_checks")
@settings(
    max_examples=20, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(first=lines, second=lines, first_spent=st.integers(0, 100), second_spent=st.integers(0, 100))
def test_sums_and_both_statements_are_what_they_were(
    first: list[Line], second: list[Line], first_spent: int, second_spent: int
) -> None:
    with transaction.atomic():
        check_merge(first, second, first_spent, second_spent)
