"""What is outstanding is what the book says, however it is cut."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.bank.actions import reverse_deposit
from xinshi.bank.rules import GroupHours, Rules
from xinshi.benefits.models import Benefit
from xinshi.giving import actions as giving
from xinshi.giving.domain import Decision
from xinshi.giving.tests.conftest import propose, put_rules
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.actions import open_accounts, post, reverse, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance
from xinshi.ledger.queries import book
from xinshi.liabilities import queries
from xinshi.liabilities.counting import count_outstanding
from xinshi.liabilities.domain import Age, Holder, age_of
from xinshi.liabilities.tests.conftest import SERIAL, SYSTEM, TODAY, Bank, deposit, offer, redeem

pytestmark = pytest.mark.django_db
READER = Actor(reference="user:1", user_id=1, roles=frozenset({Role.AUDITOR}))


def test_minutes_are_counted_by_where_they_are_how_old_and_of_which_kind_they_are(bank: Bank) -> None:
    count = count_outstanding()
    assert {holder.value: count.of(holder) for holder in Holder} == {
        "person": 1_940,
        "donation": 50,
        "group": 90,
        "pool": 80,
    }
    assert count.minutes == book()[0].outstanding_minutes == 2_160
    # 李: 60 of the 240 honorary minutes were given; they kept their age and became received ones.
    assert count.by("kind", [Holder.PASSBOOK]) == {"verified": 1_700, "honorary": 180, "received": 60}
    assert count.by("age", [Holder.PASSBOOK]) == {"0-3": 600, "3-6": 300, "6-12": 500, "12-24": 240, "24+": 300}
    assert (count.held_minutes, count.notice_minutes) == (120, 0)
    assert count.by("group") == {"citizen": 1_990, "": 170}


def test_each_persons_minutes_count_for_the_organisation_they_belong_to_longest(bank: Bank) -> None:
    found = count_outstanding().by("organization_id")
    assert found == {bank.department: 1_130, bank.team: 860 + 90, 0: 80}


def test_a_public_notice_is_apart_from_what_is_reserved(bank: Bank) -> None:
    put_rules(Rules(notice_days=3, gifts=True, donations=True, group_hours=GroupHours.DONATE_ONLY))
    deposit(bank.cast.stranger.person_id, 77, TODAY)
    count = count_outstanding()
    assert (count.held_minutes, count.notice_minutes, count.minutes) == (120, 77, 2_237)


def test_the_months_add_up_to_what_is_outstanding(bank: Bank) -> None:
    person = bank.cast.stranger.person_id
    taken = deposit(person, 100, date(2025, 5, 5))
    deposit(person, 400, date(2025, 6, 5))
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    redeem(person, offer(hours=1))
    grant = propose(bank.cast, bank.cast.stranger, minutes=30)
    giving.decide_grant(actor=bank.cast.colleague.actor, grant_id=grant, decision=Decision.APPROVE)
    months = queries.flows()
    assert queries.standing(months)[-1] == (date(2026, 11, 1), book()[0].outstanding_minutes)
    by_month = {flow.month: flow for flow in months}
    assert (by_month[date(2025, 5, 1)].deposited, by_month[date(2025, 6, 1)].deposited) == (0, 400)
    assert by_month[date(2026, 11, 1)].redeemed == 120 + 60


def test_rates_velocity_and_cover_are_what_they_are_made_of(bank: Bank) -> None:
    found = queries.overview(READER)
    assert (found.this_month.deposited, found.this_month.redeemed, found.this_month.percent) == (690, 120, 17)
    assert (found.year.deposited, found.ever.deposited) == (600 + 300 + 500 + 50 + 90, 2_280)
    assert (found.ever.redeemed, found.ever.percent) == (120, 5)
    cover = found.cover
    assert (cover.owed_minutes, cover.stock_minutes, cover.monthly_capacity) == (1_940, 8 * 120, 0)
    assert (cover.monthly_redeemed, cover.tenths_at_this_pace) == (120 // 11, 1_940)
    assert cover.tenths_at_capacity is None
    offer(hours=3, places=6, name="体检")
    offer(hours=1, name="挂号")
    cover = queries.overview(READER).cover
    assert (cover.monthly_capacity, cover.unlimited) == (6 * 180 // 3, 1)
    assert cover.tenths_at_capacity == (1_940 - 960) * 10 // 360
    Benefit.objects.filter(name="体检").update(budget_minutes=1_080, budget_pieces=20, budget_period="quarter")
    Benefit.objects.filter(name="挂号").update(budget_pieces=24, budget_period="year")
    cover = queries.overview(READER).cover
    assert {row.name: row.monthly_minutes for row in cover.benefits} == {"体检": 360, "套餐": 0, "挂号": 120}
    assert (cover.monthly_capacity, cover.unlimited) == (480, 0)
    Benefit.objects.filter(name="体检").update(budget_minutes=540)
    assert queries.overview(READER).cover.monthly_capacity == 180 + 120


def test_every_list_adds_up_to_its_figure(bank: Bank) -> None:
    count = count_outstanding()
    total = sum(line.minutes for line in queries.accounts(READER, queries.Wanted()))
    assert total == count.minutes
    for name in ("holder", "age", "kind", "group"):
        for value, minutes in count.by(name).items():
            lines = queries.accounts(READER, queries.Wanted(**{name: str(value) or "none"}))
            assert sum(line.minutes for line in lines) == minutes, (name, value)
    for organization, minutes in count.by("organization_id").items():
        lines = queries.accounts(READER, queries.Wanted(organization=int(str(organization))))
        assert sum(line.minutes for line in lines) == minutes
    held = queries.accounts(READER, queries.Wanted(part="held"))
    assert [(line.name, line.minutes) for line in held] == [("李明", 120)]


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEADER, Role.CLERK])
def test_others_see_nothing_of_it(bank: Bank, role: Role) -> None:
    actor = Actor(reference="user:1", user_id=1, person_id=bank.cast.volunteer.person_id, roles=frozenset({role}))
    for call in (
        lambda: queries.overview(actor),
        lambda: queries.accounts(actor, queries.Wanted()),
        lambda: queries.outstanding(actor),
        lambda: queries.snapshots(actor),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_an_empty_bank_owes_nothing(db: None) -> None:
    found = queries.overview(READER)
    assert (found.count.minutes, found.forecast, found.ever.percent, found.velocity_percent) == (0, [], None, None)
    assert found.cover.tenths_at_this_pace is None


class Naive:
    """One account as a bag of single minutes: the plainest possible way to say which goes first."""

    def __init__(self) -> None:
        self.minutes: list[tuple[date, int]] = []
        self.spent: dict[int, list[tuple[date, int]]] = {}

    def put(self, transfer: int, day: date, number: int) -> None:
        self.minutes += [(day, transfer)] * number

    def spend(self, transfer: int, number: int) -> None:
        self.minutes.sort()
        self.spent[transfer], self.minutes = self.minutes[:number], self.minutes[number:]

    def refund(self, transfer: int) -> None:
        self.minutes += self.spent.pop(transfer)

    def take_back(self, transfer: int, number: int) -> None:
        own = [minute for minute in self.minutes if minute[1] == transfer][:number]
        for minute in own:
            self.minutes.remove(minute)
        self.spend(-transfer, number - len(own))


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "spend", "refund", "take back"]), st.integers(0, 30), st.integers(1, 25)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
@given(STEPS)
def test_ages_are_those_of_a_naive_replay(db: None, at_noon: object, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        account = open_accounts(kind=AccountKind.PERSON, owner_refs=["person:1"])["person:1"]
        issuance, redemption = system_account(AccountKind.ISSUANCE), system_account(AccountKind.REDEMPTION)
        naive, deposits, spends = Naive(), [], []

        def book_one(debit: int, credit: int, minutes: int, day: date, kind: str) -> int:
            new = NewTransfer(
                key=f"k{next(SERIAL)}",
                debit_id=debit,
                credit_id=credit,
                minutes=minutes,
                kind=kind,
                worked_on=day,
            )
            return post(transfer=new, actor_ref="x").id

        for verb, place, minutes in steps:
            has = len(naive.minutes)
            if verb == "put":
                day = TODAY - timedelta(days=place * 37)
                transfer = book_one(issuance, account, minutes, day, "deposit_verified")
                naive.put(transfer, day, minutes)
                deposits.append((transfer, minutes))
            elif verb == "spend" and has:
                transfer = book_one(account, redemption, min(minutes, has), TODAY, "redemption")
                naive.spend(transfer, min(minutes, has))
                spends.append(transfer)
            elif verb == "refund" and spends:
                transfer = spends.pop(place % len(spends))
                reverse(transfer_id=transfer, key=f"r{transfer}", actor_ref="x")
                naive.refund(transfer)
            elif verb == "take back" and deposits:
                transfer, number = deposits[place % len(deposits)]
                if number <= has:
                    deposits.remove((transfer, number))
                    reverse(transfer_id=transfer, key=f"r{transfer}", actor_ref="x")
                    naive.take_back(transfer, number)
        count = count_outstanding()
        assert count.lots == Counter(day for day, _ in naive.minutes)
        assert count.by("age") == Counter(age_of(day, TODAY) for day, _ in naive.minutes)
        assert sum(count.by("age")[age] for age in Age) == Balance.objects.get(account_id=account).posted
        transaction.set_rollback(True)
