"""Many at once: threads with connections of their own, on whichever database the tests use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from xinshi.bank.rules import Rules
from xinshi.giving import actions, domain
from xinshi.giving.domain import Decision
from xinshi.giving.models import Donation, Gift, Grant, Relative, TakenBack
from xinshi.giving.tests.conftest import Cast, befriend, fill_pool, give_hours, pool_minutes, propose, put_rules
from xinshi.kernel.errors import DomainError
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.ledger.verification import verify

THREADS = 12


def all_at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """The jobs' results or refusals, in order; anything else, a deadlock for one, is raised."""

    def attempt(job: Callable[[], object]) -> object:
        try:
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(attempt, jobs))


def test_opposite_gifts_between_the_same_two_people_neither_deadlock_nor_drift(committed_cast: Cast) -> None:
    cast = committed_cast
    give_hours(cast.volunteer, minutes=600)
    give_hours(cast.second, minutes=600)
    relative = befriend(cast.volunteer, cast.second)
    actors = (cast.volunteer.actor, cast.second.actor)
    results = all_at_once(
        [
            lambda n=n: actions.give(actor=actors[n % 2], relative_id=relative, minutes=7 + n % 2, key=f"k{n}")
            for n in range(60)
        ]
    )
    assert not [r for r in results if isinstance(r, Exception)]
    assert Gift.objects.count() == 60
    assert (cast.volunteer.balance.posted, cast.second.balance.posted) == (600 - 210 + 240, 600 + 210 - 240)
    assert verify().ok, verify().first_difference


def test_of_many_gifts_at_once_only_what_the_cap_allows_goes_through(committed_cast: Cast) -> None:
    cast = committed_cast
    put_rules(Rules(gifts=True, gift_year_cap_minutes=50))
    give_hours(cast.volunteer, minutes=600)
    to = [befriend(cast.volunteer, cast.second), befriend(cast.volunteer, cast.stranger)]
    actor = cast.volunteer.actor
    results = all_at_once(
        [lambda n=n: actions.give(actor=actor, relative_id=to[n % 2], minutes=10, key=f"k{n}") for n in range(24)]
    )
    assert len([r for r in results if isinstance(r, domain.GiftYearCap)]) == 19
    assert (Gift.objects.count(), cast.volunteer.balance.posted) == (5, 550)


def test_a_form_sent_many_times_at_once_gives_once(committed_cast: Cast) -> None:
    cast = committed_cast
    give_hours(cast.volunteer, minutes=600)
    relative, actor = befriend(cast.volunteer, cast.second), cast.volunteer.actor
    results = all_at_once(
        [lambda: actions.give(actor=actor, relative_id=relative, minutes=10, key="form") for _ in range(24)]
        + [lambda: actions.donate(actor=actor, minutes=10, key="form") for _ in range(24)]
    )
    assert sum(r.is_new for r in results) == 2
    assert (Gift.objects.count(), Donation.objects.count(), cast.volunteer.balance.posted) == (1, 1, 580)


def test_a_grant_approved_many_times_at_once_is_paid_once_and_the_pool_never_below_zero(committed_cast: Cast) -> None:
    cast = committed_cast
    fill_pool(cast.volunteer, minutes=100)
    people = [cast.second, cast.stranger, cast.clerk, cast.auditor]
    grants = [propose(cast, who, minutes=40) for who in people]
    actor = cast.colleague.actor
    results = all_at_once(
        [lambda pk=pk: actions.decide_grant(actor=actor, grant_id=pk, decision=Decision.APPROVE) for pk in grants * 4]
    )
    assert len([r for r in results if r is None]) == 2
    assert {type(r) for r in results if r is not None} == {domain.PoolTooSmall, domain.RequestNotOpen}
    assert (pool_minutes(), Grant.objects.filter(state="approved").count()) == (20, 2)
    assert verify().ok, verify().first_difference


def test_two_who_ask_each_other_at_once_are_registered_once(committed_cast: Cast) -> None:
    cast = committed_cast
    ask = lambda one, other: actions.ask_relative(  # noqa: E731
        actor=one, passbook_number=other.number, name=other.name, relation=domain.Relation.SPOUSE
    )
    one, other = cast.volunteer.actor, cast.second.actor
    results = all_at_once(
        [lambda: ask(one, cast.second) for _ in range(6)] + [lambda: ask(other, cast.volunteer) for _ in range(6)]
    )
    assert len([r for r in results if isinstance(r, domain.RelativeKnown)]) == 11
    assert Relative.objects.count() == 1


def test_gifts_donations_and_taking_back_at_once_leave_a_book_that_agrees(committed_cast: Cast) -> None:
    cast = committed_cast
    give_hours(cast.volunteer, minutes=300)
    give_hours(cast.second, minutes=300)
    relative = befriend(cast.volunteer, cast.second)
    one, other, keeper = cast.volunteer.actor, cast.second.actor, cast.coordinator.actor
    gifts = [actions.give(actor=one, relative_id=relative, minutes=20, key=f"first{number}").id for number in range(6)]
    jobs: list[Callable[[], object]] = []
    for n in range(10):
        jobs += [
            lambda n=n: actions.give(actor=other, relative_id=relative, minutes=30, key=f"back{n}"),
            lambda n=n: actions.donate(actor=one, minutes=25, key=f"one{n}"),
            lambda n=n: actions.reverse_gift(actor=keeper, gift_id=gifts[n % 6], reason="误转"),
            lambda n=n: actions.donate(actor=other, minutes=25, key=f"other{n}"),
        ]
    refusals = [r for r in all_at_once(jobs) if isinstance(r, Exception)]
    assert {type(r) for r in refusals} <= {InsufficientMinutes, domain.GoneOn, domain.TakenBackBefore}
    assert TakenBack.objects.count() <= 6
    assert cast.volunteer.balance.posted + cast.second.balance.posted + pool_minutes() == 600
    assert verify().ok, verify().first_difference
