"""What both engines must do, the same way; the suite runs on whichever database the tests use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from xinshi.kernel import clock
from xinshi.ledger import actions, queries
from xinshi.ledger.domain import (
    AccountClosed,
    AccountKind,
    AccountNotEmpty,
    AccountUnknown,
    AlreadyReversed,
    HoldNotOpen,
    InsufficientMinutes,
    KeyReused,
    NewHold,
)
from xinshi.ledger.models import Entry, Hold, Transfer
from xinshi.ledger.tests.conftest import Book
from xinshi.ledger.verification import verify


def state(book: Book) -> tuple[object, ...]:
    balances = queries.balances(book.people)
    return (tuple(balances[a] for a in book.people), Transfer.objects.count(), Entry.objects.count())


def test_books_a_deposit_once_however_often_it_is_sent(book: Book) -> None:
    first = book.deposit("d1", 0, 90)
    again = book.deposit("d1", 0, 90)
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    assert queries.balance(book.people[0]).posted == 90
    assert [line.amount for line in queries.statement(book.people[0])] == [90]


@pytest.mark.parametrize("minutes", [89, 91])
def test_refuses_a_key_with_another_payload(book: Book, minutes: int) -> None:
    book.deposit("d1", 0, 90)
    before = state(book)
    with pytest.raises(KeyReused):
        book.deposit("d1", 0, minutes)
    assert state(book) == before


def test_refuses_one_key_with_two_payloads_inside_a_batch(book: Book) -> None:
    before = state(book)
    transfers = [book.transfer("d1", book.issuance, book.people[0], m) for m in (10, 20)]
    with pytest.raises(KeyReused):
        actions.post_batch(transfers=transfers, actor_ref="user:1")
    assert state(book) == before


def test_books_a_repeated_row_of_a_batch_once(book: Book) -> None:
    transfer = book.transfer("d1", book.issuance, book.people[0], 10)
    first, second = actions.post_batch(transfers=[transfer, transfer], actor_ref="user:1")
    assert (first.is_new, second.is_new, first.id == second.id) == (True, False, True)
    assert queries.balance(book.people[0]).posted == 10


def test_answers_a_batch_that_was_booked_in_part_before(book: Book) -> None:
    book.deposit("d0", 0, 5)
    transfers = [book.transfer(f"d{n}", book.issuance, book.people[n], 5) for n in range(3)]
    results = actions.post_batch(transfers=transfers, actor_ref="user:1")
    assert [result.is_new for result in results] == [False, True, True]
    assert [result.key for result in results] == ["d0", "d1", "d2"]


def test_refuses_to_spend_more_than_there_is(book: Book) -> None:
    book.deposit("d1", 0, 59)
    before = state(book)
    with pytest.raises(InsufficientMinutes):
        book.spend("s1", 0, 60)
    assert state(book) == before


def test_limits_hold_after_every_step_of_a_batch(book: Book) -> None:
    book.deposit("d1", 0, 50)
    before = state(book)
    transfers = [
        book.transfer("s1", book.people[0], book.redemption, 60, kind="redemption"),
        book.transfer("d2", book.issuance, book.people[0], 60),
    ]
    with pytest.raises(InsufficientMinutes):
        actions.post_batch(transfers=transfers, actor_ref="user:1")
    assert state(book) == before
    actions.post_batch(transfers=list(reversed(transfers)), actor_ref="user:1")
    assert queries.balance(book.people[0]).posted == 50


def test_moves_minutes_between_people_inside_one_batch(book: Book) -> None:
    book.deposit("d1", 0, 50)
    chain = [
        book.transfer("g1", book.people[0], book.people[1], 50, kind="handover"),
        book.transfer("g2", book.people[1], book.people[2], 30, kind="handover"),
    ]
    actions.post_batch(transfers=chain, actor_ref="user:1")
    assert [queries.balance(a).posted for a in book.people[:3]] == [0, 20, 30]
    assert verify().ok


def hold(book: Book, key: str, minutes: int, *, days: int = 1) -> int:
    return actions.hold(
        key=key,
        account_id=book.people[0],
        to_id=book.redemption,
        minutes=minutes,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=days),
        actor_ref="user:1",
    ).id


def test_held_minutes_cannot_be_spent_otherwise(book: Book) -> None:
    book.deposit("d1", 0, 100)
    hold(book, "h1", 80)
    assert queries.balance(book.people[0]).available == 20
    with pytest.raises(InsufficientMinutes):
        book.spend("s1", 0, 21)
    assert queries.balance(book.people[0]).available == 20


def test_captures_a_hold_once(book: Book) -> None:
    book.deposit("d1", 0, 100)
    held = hold(book, "h1", 80)
    first = actions.capture(hold_id=held, actor_ref="user:2")
    assert not actions.capture(hold_id=held, actor_ref="user:2").is_new
    balance = queries.balance(book.people[0])
    assert (balance.posted, balance.held) == (20, 0)
    assert Transfer.objects.get(pk=first.id).hold_id == held
    with pytest.raises(HoldNotOpen):
        actions.release(hold_id=held, actor_ref="user:2")
    assert verify().ok


def test_releases_a_hold_once(book: Book) -> None:
    book.deposit("d1", 0, 100)
    held = hold(book, "h1", 80)
    assert actions.release(hold_id=held, actor_ref="user:2")
    assert not actions.release(hold_id=held, actor_ref="user:2")
    assert queries.balance(book.people[0]).available == 100
    with pytest.raises(HoldNotOpen):
        actions.capture(hold_id=held, actor_ref="user:2")
    assert verify().ok


def test_a_hold_is_made_once_per_key(book: Book) -> None:
    book.deposit("d1", 0, 100)
    assert hold(book, "h1", 60) == hold(book, "h1", 60)
    assert queries.balance(book.people[0]).held == 60
    with pytest.raises(KeyReused):
        hold(book, "h1", 61)


@pytest.mark.parametrize("in_batch", [False, True])
def test_a_spend_first_gives_overdue_holds_back(book: Book, in_batch: bool) -> None:
    book.deposit("d1", 0, 100)
    hold(book, "h1", 80, days=-1)
    transfers = [book.transfer("s1", book.people[0], book.redemption, 90, kind="redemption")]
    if in_batch:
        transfers.append(book.transfer("d2", book.issuance, book.people[1], 1))
    actions.post_batch(transfers=transfers, actor_ref="user:1")
    balance = queries.balance(book.people[0])
    assert (balance.posted, balance.held) == (10, 0)
    assert Hold.objects.get(key="h1").state == Hold.State.EXPIRED
    assert verify().ok


def test_after_a_refusal_the_callers_transaction_goes_on(book: Book) -> None:
    """No savepoint around it: what was refused wrote nothing, and the same transaction books something else."""
    book.deposit("d1", 0, 50)
    before = state(book)
    lone = book.transfer("s1", book.people[0], book.redemption, 60, kind="redemption")
    with transaction.atomic():
        for transfers in ([lone], [lone, book.transfer("d2", book.issuance, book.people[1], 5)]):
            with pytest.raises(InsufficientMinutes):
                actions.post_batch(transfers=transfers, actor_ref="user:1")
            assert state(book) == before
        with pytest.raises(KeyReused):
            book.deposit("d1", 0, 51)
        assert book.spend("s2", 0, 50).is_new
    assert queries.balance(book.people[0]).posted == 0
    assert verify().ok


@pytest.mark.parametrize("in_batch", [False, True])
def test_overdue_holds_stay_where_giving_them_back_would_not_be_enough(book: Book, in_batch: bool) -> None:
    book.deposit("d1", 0, 100)
    hold(book, "h1", 80, days=-1)
    transfers = [book.transfer("s1", book.people[0], book.redemption, 101, kind="redemption")]
    if in_batch:
        transfers.append(book.transfer("d2", book.issuance, book.people[1], 1))
    with pytest.raises(InsufficientMinutes) as refusal:
        actions.post_batch(transfers=transfers, actor_ref="user:1")
    assert "1.67 hours is not enough: 1.68 hours" in str(refusal.value)
    assert queries.balance(book.people[0]).held == 80
    assert Hold.objects.get(key="h1").state == Hold.State.OPEN


def test_a_repeated_spend_is_answered_whichever_side_has_the_lower_account(book: Book) -> None:
    """Where the key is known, the balances that were moved for it are moved back."""
    book.deposit("d1", 0, 100)
    for giver, taker in ((0, 1), (1, 0)):
        new = book.transfer(f"g{giver}", book.people[giver], book.people[taker], 30, kind="handover")
        first = actions.post(transfer=new, actor_ref="user:1")
        before = state(book)
        again = actions.post(transfer=new, actor_ref="user:2")
        assert (again.id, again.is_new, again.posted_at) == (first.id, False, first.posted_at)
        assert state(book) == before
    assert verify().ok


def test_memos_and_keys_arrive_as_they_were_written(book: Book) -> None:
    """A batch travels as text: quotes, backslashes, braces, commas and Chinese must come through."""
    memos = ['a "quoted" word', "back\\slash", "{braces, commas}", "NULL", "导诊志愿服务", ""]
    transfers = [
        book.transfer(f'k:"{n}"\\,{{', book.issuance, book.people[0], n + 1, memo=memo) for n, memo in enumerate(memos)
    ]
    actions.post_batch(transfers=transfers, actor_ref="user:1")
    stored = Transfer.objects.order_by("id").values_list("key", "memo")
    assert list(stored) == [(transfer.key, transfer.memo) for transfer in transfers]


def test_a_new_hold_first_gives_overdue_holds_back(book: Book) -> None:
    book.deposit("d1", 0, 100)
    hold(book, "h1", 80, days=-1)
    hold(book, "h2", 90)
    assert queries.balance(book.people[0]).held == 90


def test_reverses_once_and_links_both(book: Book) -> None:
    posted = book.deposit("d1", 0, 70)
    reversal = actions.reverse(transfer_id=posted.id, key="r1", actor_ref="user:2", memo="wrong person")
    assert queries.balance(book.people[0]).posted == 0
    assert queries.reversal_of(posted.id) == reversal.id
    assert not actions.reverse(transfer_id=posted.id, key="r1", actor_ref="user:2").is_new
    with pytest.raises(AlreadyReversed):
        actions.reverse(transfer_id=posted.id, key="r2", actor_ref="user:2")
    with pytest.raises(AlreadyReversed):
        actions.reverse(transfer_id=reversal.id, key="r3", actor_ref="user:2")
    assert verify().ok


def test_refuses_to_reverse_what_was_spent(book: Book) -> None:
    posted = book.deposit("d1", 0, 70)
    book.spend("s1", 0, 30)
    with pytest.raises(InsufficientMinutes):
        actions.reverse(transfer_id=posted.id, key="r1", actor_ref="user:2")
    assert queries.balance(book.people[0]).posted == 40


def test_closes_only_an_empty_account_and_then_refuses_bookings(book: Book) -> None:
    book.deposit("d1", 0, 70)
    with pytest.raises(AccountNotEmpty):
        actions.close_account(account_id=book.people[0])
    book.spend("s1", 0, 70)
    actions.close_account(account_id=book.people[0])
    with pytest.raises(AccountClosed):
        book.deposit("d2", 0, 1)
    assert not book.deposit("d1", 0, 70).is_new


def test_refuses_an_unknown_account(book: Book) -> None:
    for extra in ([], [book.transfer("d2", book.issuance, book.people[0], 1)]):
        with pytest.raises(AccountUnknown):
            actions.post_batch(transfers=[book.transfer("d1", book.issuance, 10**9, 1), *extra], actor_ref="user:1")
    assert Transfer.objects.count() == 0


def test_an_account_is_opened_once_per_owner(book: Book) -> None:
    again = actions.open_accounts(kind=AccountKind.PERSON, owner_refs=["person:0", "person:99"])
    assert again["person:0"] == book.people[0]
    assert again["person:99"] not in book.people


def test_statement_pages_from_the_newest_line(book: Book) -> None:
    for n in range(5):
        book.deposit(f"d{n}", 0, n + 1)
    page = queries.statement(book.people[0], limit=2)
    assert [(line.seq, line.balance_after) for line in page] == [(5, 15), (4, 10)]
    assert [line.seq for line in queries.statement(book.people[0], before_seq=4, limit=2)] == [3, 2]


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_entry", "ledger_seal"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_every_change(book: Book, table: str, change: str) -> None:
    from xinshi.ledger.models import Seal

    book.deposit("d1", 0, 10)
    Seal.objects.create(n=1, from_id=1, to_id=1, rows=1, prev_hash="0", hash="1", sealed_at=clock.now())
    column = {"ledger_transfer": "minutes", "ledger_entry": "amount", "ledger_seal": "rows"}[table]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table, column, column))
    assert queries.balance(book.people[0]).posted == 10


def test_the_book_is_read_at_one_moment(book: Book, django_assert_num_queries: Callable[..., Any]) -> None:
    """By one statement: several would show what others booked in between on one side only."""
    book.deposit("d1", 0, 90)
    book.spend("s1", 0, 20)
    with django_assert_num_queries(1):
        totals, system = queries.book()
    assert (totals.accounts, totals.transfers, totals.outstanding_minutes, totals.seal_head) == (4, 2, 70, "")
    assert {row.kind: row.minutes for row in system} == {"issuance": -90, "redemption": 20}


def test_an_empty_book_owes_nothing(db: None) -> None:
    totals, system = queries.book()
    assert (totals.outstanding_minutes, totals.held_minutes, totals.sealed_to, system) == (0, 0, 0, [])


def new_hold(book: Book, key: str, person: int, minutes: int, *, days: int = 1) -> NewHold:
    return NewHold(
        key=key,
        account_id=book.people[person],
        to_id=book.redemption,
        minutes=minutes,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=days),
    )


def test_sets_many_holds_aside_or_none(book: Book) -> None:
    book.deposit("d1", 0, 90)
    book.deposit("d2", 1, 50)
    wanted = [new_hold(book, "h1", 1, 20), new_hold(book, "h2", 0, 60), new_hold(book, "h3", 0, 30)]
    first = actions.hold_many(holds=wanted, actor_ref="user:1")
    again = actions.hold_many(holds=[*wanted, new_hold(book, "h4", 1, 30)], actor_ref="user:1")
    assert [held.is_new for held in first] == [True] * 3
    assert [(held.id, held.is_new) for held in again[:3]] == [(held.id, False) for held in first]
    found = queries.balances(book.people)
    assert [found[account].held for account in book.people[:2]] == [90, 50]
    before = (state(book), Hold.objects.count())
    with pytest.raises(InsufficientMinutes), transaction.atomic():
        actions.hold_many(holds=[new_hold(book, "h5", 2, 1), new_hold(book, "h6", 0, 1)], actor_ref="user:1")
    with pytest.raises(KeyReused), transaction.atomic():
        actions.hold_many(holds=[new_hold(book, "h1", 1, 21)], actor_ref="user:1")
    assert (state(book), Hold.objects.count()) == before
    assert verify().ok


def test_many_holds_make_room_by_giving_overdue_ones_back(book: Book) -> None:
    book.deposit("d1", 0, 90)
    actions.hold_many(holds=[new_hold(book, "h1", 0, 90, days=-1)], actor_ref="user:1")
    actions.hold_many(holds=[new_hold(book, "h2", 0, 50)], actor_ref="user:1")
    assert queries.balance(book.people[0]).held == 50
    assert verify().ok


def test_a_hold_is_postponed_while_it_is_open(book: Book) -> None:
    book.deposit("d1", 0, 90)
    held, overdue = actions.hold_many(
        holds=[new_hold(book, "h1", 0, 30), new_hold(book, "h2", 0, 30, days=-1)], actor_ref="user:1"
    )
    later = clock.now() + timedelta(days=9)
    actions.postpone_hold(hold_id=held.id, expires_at=later)
    assert Hold.objects.get(pk=held.id).expires_at == later
    actions.release(hold_id=held.id, actor_ref="user:1")
    for gone in (held, overdue):
        with pytest.raises(HoldNotOpen), transaction.atomic():
            actions.postpone_hold(hold_id=gone.id, expires_at=later + timedelta(days=1))


def test_twenty_holds_cost_as_many_statements_as_two(book: Book, django_assert_num_queries: Any) -> None:
    book.deposit("d1", 0, 900)
    with django_assert_num_queries(7):
        actions.hold_many(holds=[new_hold(book, f"a{n}", 0, 1) for n in range(2)], actor_ref="user:1")
    with django_assert_num_queries(7):
        actions.hold_many(holds=[new_hold(book, f"b{n}", 0, 1) for n in range(20)], actor_ref="user:1")
