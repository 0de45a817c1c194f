"""Many at once: threads with connections of their own, on whichever database the tests use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from xinshi.kernel.errors import DomainError
from xinshi.ledger import actions, queries
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.ledger.models import Transfer
from xinshi.ledger.sealing import seal
from xinshi.ledger.tests.conftest import Book
from xinshi.ledger.verification import verify

THREADS = 8


def all_at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """The jobs' results or refusals, in order; anything else is raised."""

    def attempt(job: Callable[[], object]) -> object:
        try:
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(attempt, jobs))


def test_of_320_spends_of_60_from_600_exactly_10_succeed(committed_book: Book) -> None:
    book = committed_book
    book.deposit("d1", 0, 600)
    results = all_at_once([lambda n=n: book.spend(f"s{n}", 0, 60) for n in range(320)])
    refused = [r for r in results if isinstance(r, InsufficientMinutes)]
    assert (len(refused), len(results) - len(refused)) == (310, 10)
    assert queries.balance(book.people[0]).posted == 0
    assert verify().ok


def test_one_key_sent_by_many_at_once_books_once(committed_book: Book) -> None:
    book = committed_book
    results = all_at_once([lambda: book.deposit("same", 0, 30) for _ in range(40)])
    assert len({r.id for r in results}) == 1
    assert sum(r.is_new for r in results) == 1
    assert Transfer.objects.count() == 1
    assert queries.balance(book.people[0]).posted == 30


def test_opposite_transfers_never_deadlock_and_lose_nothing(committed_book: Book) -> None:
    book = committed_book
    for person in (0, 1):
        book.deposit(f"d{person}", person, 1_000)

    def give(n: int) -> object:
        giver, taker = (0, 1) if n % 2 else (1, 0)
        new = book.transfer(f"g{n}", book.people[giver], book.people[taker], 1 + n % 7, kind="handover")
        other = book.transfer(f"h{n}", book.people[taker], book.people[giver], 1, kind="handover")
        return actions.post_batch(transfers=[new, other], actor_ref="user:1")

    results = all_at_once([lambda n=n: give(n) for n in range(200)])
    assert not [r for r in results if isinstance(r, Exception)]
    assert sum(queries.balance(a).posted for a in book.people[:2]) == 2_000
    assert verify().ok


def test_holds_and_spends_at_once_never_take_more_than_there_is(committed_book: Book) -> None:
    from datetime import timedelta

    from xinshi.kernel import clock

    book = committed_book
    book.deposit("d1", 0, 300)

    def hold(n: int) -> object:
        return actions.hold(
            key=f"h{n}",
            account_id=book.people[0],
            to_id=book.redemption,
            minutes=50,
            kind="redemption",
            expires_at=clock.now() + timedelta(days=1),
            actor_ref="user:1",
        )

    jobs = [(lambda n=n: hold(n)) if n % 2 else (lambda n=n: book.spend(f"s{n}", 0, 50)) for n in range(60)]
    results = all_at_once(jobs)
    assert len([r for r in results if not isinstance(r, InsufficientMinutes)]) == 6
    assert queries.balance(book.people[0]).available == 0
    assert verify().ok


def test_seals_made_while_others_book_cover_everything_once(committed_book: Book) -> None:
    book = committed_book
    jobs = [(seal if n % 5 == 4 else lambda n=n: book.deposit(f"d{n}", n % 4, 1)) for n in range(100)]
    results = all_at_once(jobs)
    assert not [r for r in results if isinstance(r, Exception)]
    assert Transfer.objects.count() == 80
    newest = Transfer.objects.order_by("-id").values_list("id", flat=True)[0]
    for _ in range(20):
        if queries.totals().sealed_to == newest:
            break
        seal()
    report = verify()
    assert report.ok, report.first_difference
    assert queries.totals().sealed_to == newest


def test_opposite_captures_never_deadlock(committed_book: Book) -> None:
    """The payer with the greater account id must not be locked before the one whom they pay."""
    from datetime import timedelta

    from xinshi.kernel import clock

    book = committed_book
    held = []
    for person in (0, 1):
        book.deposit(f"d{person}", person, 400)
        held += [
            actions.hold(
                key=f"h{person}-{n}",
                account_id=book.people[person],
                to_id=book.people[1 - person],
                minutes=1 + n % 5,
                kind="handover",
                expires_at=clock.now() + timedelta(days=1),
                actor_ref="user:1",
            ).id
            for n in range(40)
        ]
    mixed = [hold_id for pair in zip(held[:40], held[40:], strict=True) for hold_id in pair]
    results = all_at_once([lambda h=h: actions.capture(hold_id=h, actor_ref="user:1") for h in mixed])
    assert not [r for r in results if isinstance(r, Exception)]
    assert [queries.balance(a).posted for a in book.people[:2]] == [400, 400]
    assert verify().ok
