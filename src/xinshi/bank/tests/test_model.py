"""Histories that hypothesis invents: deposits, reversals, holds, spending, against a bank in memory.

After every step the three figures that people see must be what the history makes them: lifetime certified minutes, the
balance, and stars; and at the end the whole reconciliation must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.bank import queries
from xinshi.bank.accounts import donation_accounts
from xinshi.bank.actions import (
    NewDeposit,
    apply_policy,
    deposit_many,
    open_passbooks,
    propose_policy,
    put_policy_in_force,
    raise_stars,
    reverse_deposit,
)
from xinshi.bank.domain import DepositReversedBefore, SourceDepositedOtherwise, star_level
from xinshi.bank.models import Passbook
from xinshi.bank.rules import Coefficient, Rounding, Rules
from xinshi.bank.tests.conftest import SYSTEM
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind
from xinshi.ledger import actions as ledger
from xinshi.ledger.domain import AccountKind, InsufficientMinutes
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify
from xinshi.people.actions import NewPerson, register_people

PEOPLE = 3
CATEGORIES = ("0004", "0013", "3201")
FIRST_DAY = date(2024, 12, 20)
people = st.integers(0, PEOPLE - 1)
hours = st.integers(1, 2_000)
days = st.integers(0, 400).map(lambda number: FIRST_DAY + timedelta(days=number))
policies = st.builds(
    Rules,
    coefficients=st.sampled_from(
        [(), (Coefficient(percent=150, category="0004"),), (Coefficient(percent=33, category="0013"),)]
    ),
    rounding=st.sampled_from(Rounding),
    rounding_minutes=st.sampled_from([1, 15, 30]),
    day_cap_minutes=st.none() | st.integers(1, 900),
    holding_cap_minutes=st.none() | st.integers(1, 5_000),
    notice_days=st.sampled_from([0, 3]),
)


@dataclass
class ModelDeposit:
    id: int
    new: NewDeposit
    person: int
    spendable: int
    donation: int
    is_partners: bool
    in_notice: bool
    is_reversed: bool = False


@dataclass
class Model:
    """The bank in the plainest possible way."""

    balance: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    stars: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    deposits: list[ModelDeposit] = field(default_factory=list)
    donation: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    policies: list[tuple[date, int, Rules]] = field(default_factory=lambda: [(date(2020, 1, 1), 1, Rules())])
    holds: dict[int, tuple[int, int]] = field(default_factory=dict)
    """open holds: id → (person, minutes)"""

    def rules(self, day: date) -> Rules:
        """What the policy said on a day: the last that had begun."""
        return max((row for row in self.policies if row[0] <= day), key=lambda row: row[:2])[2]

    def credited(self, person: int, new: NewDeposit, *, is_partners: bool) -> tuple[int, int]:
        """(spendable, only to be donated) of one service, reckoned anew from the whole history."""
        minutes = new.raw_minutes
        if not is_partners:
            rules = self.rules(new.worked_on)
            percents = [row.percent for row in rules.coefficients if row.category == new.category]
            units = Fraction(minutes * max(percents, default=100), 100 * rules.rounding_minutes)
            whole = {"down": floor(units), "up": ceil(units), "nearest": floor(units + Fraction(1, 2))}[rules.rounding]
            minutes = whole * rules.rounding_minutes
            if rules.day_cap_minutes is not None:
                that_day = sum(
                    row.spendable + row.donation
                    for row in self.deposits
                    if row.person == person and not (row.is_reversed or row.is_partners)
                    if row.new.worked_on == new.worked_on
                )
                minutes = min(minutes, max(0, rules.day_cap_minutes - that_day))
        cap = self.rules(clock.today()).holding_cap_minutes
        spendable = minutes if cap is None else min(minutes, max(0, cap - self.balance[person]))
        return spendable, minutes - spendable

    def standing(self, person: int) -> list[NewDeposit]:
        return [row.new for row in self.deposits if row.person == person and not row.is_reversed]

    def certified(self, person: int) -> int:
        return sum(new.raw_minutes for new in self.standing(person))

    def held(self, person: int) -> int:
        notices = sum(row.spendable for row in self.deposits if row.person == person and row.in_notice)
        return notices + sum(minutes for owner, minutes in self.holds.values() if owner == person)

    def available(self, person: int) -> int:
        return self.balance[person] - self.held(person)


class BankMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.people = register_people(
            actor=SYSTEM,
            people=[NewPerson(name=f"志愿者{index}", volunteer_number=f"7{index:017d}") for index in range(PEOPLE)],
        )
        opened = open_passbooks(actor=SYSTEM, person_ids=self.people, opened_through="station")
        self.passbooks = [opened[person_id] for person_id in self.people]
        self.redemption = ledger.system_account(AccountKind.REDEMPTION)
        self.thresholds = queries.policy_in_force().star_thresholds_minutes
        self.model = Model()
        self.serial = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def passbook(self, person: int) -> Passbook:
        return Passbook.objects.get(pk=self.passbooks[person])

    def key(self) -> str:
        self.serial += 1
        return f"row:{self.serial}"

    @rule(
        batch=st.lists(
            st.tuples(people, hours, st.sampled_from(HoursKind), st.sampled_from(CATEGORIES), days),
            min_size=1,
            max_size=4,
        ),
        partner=st.sampled_from(["", "zhiyuanhui"]),
    )
    def deposit(self, batch: list[tuple[int, int, HoursKind, str, date]], partner: str) -> None:
        new = [
            NewDeposit(
                person_id=self.people[person],
                kind=kind,
                category=category,
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=minutes,
                worked_on=day,
                source_ref=self.key(),
            )
            for person, minutes, kind, category, day in batch
        ]
        results = deposit_many(actor=SYSTEM, deposits=new, partner=partner)
        in_notice = self.model.rules(clock.today()).notice_days > 0
        for (person, *_), row, result in zip(batch, new, results, strict=True):
            spendable, donation = self.model.credited(person, row, is_partners=bool(partner))
            assert (result.is_new, result.minutes, result.donation_minutes) == (True, spendable + donation, donation)
            self.model.deposits.append(
                ModelDeposit(result.deposit_id, row, person, spendable, donation, bool(partner), in_notice)
            )
            self.model.balance[person] += spendable
            self.model.donation[person] += donation

    @rule(said=policies, since=days)
    def put_in_force(self, said: Rules, since: date) -> None:
        """Versions come in any order, some reaching back: the day decides which holds."""
        number = propose_policy(actor=SYSTEM, rules=said)
        put_policy_in_force(actor=SYSTEM, number=number, effective_from=since)
        self.model.policies.append((since, number, said))

    @rule()
    def settle(self) -> None:
        """What is beyond the most that one may hold, and is not reserved, can only be donated from now on."""
        apply_policy(actor=SYSTEM)
        cap = self.model.rules(clock.today()).holding_cap_minutes
        for person in range(PEOPLE):
            if cap is not None:
                moved = max(0, min(self.model.balance[person] - cap, self.model.available(person)))
                self.model.balance[person] -= moved
                self.model.donation[person] += moved

    @precondition(lambda self: self.model.deposits)
    @rule(data=st.data())
    def deposit_again(self, data: st.DataObject) -> None:
        """The same source changes nothing, be it reversed or not; with other minutes it is refused."""
        known = data.draw(st.sampled_from(self.model.deposits))
        result = deposit_many(actor=SYSTEM, deposits=[known.new])[0]
        assert (result.deposit_id, result.is_new) == (known.id, False)
        other = known.new._replace(raw_minutes=known.new.raw_minutes + 1)
        with pytest.raises(SourceDepositedOtherwise), transaction.atomic():
            deposit_many(actor=SYSTEM, deposits=[other])

    @precondition(lambda self: self.model.deposits)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(self.model.deposits))
        refusal = None
        if known.is_reversed:
            refusal = DepositReversedBefore
        elif self.model.available(known.person) + (known.spendable if known.in_notice else 0) < known.spendable:
            refusal = InsufficientMinutes
        if refusal:
            with pytest.raises(refusal), transaction.atomic():
                reverse_deposit(actor=SYSTEM, deposit_id=known.id, reason="误记")
            return
        reverse_deposit(actor=SYSTEM, deposit_id=known.id, reason="误记")
        known.is_reversed, known.in_notice = True, False
        self.model.balance[known.person] -= known.spendable
        self.model.donation[known.person] -= known.donation

    @rule(person=people, minutes=hours)
    def hold(self, person: int, minutes: int) -> None:
        values = {
            "key": f"gift:{self.key()}",
            "account_id": self.passbook(person).account_id,
            "to_id": self.redemption,
            "minutes": minutes,
            "kind": "gift",
            "expires_at": clock.now() + timedelta(days=1),
            "actor_ref": "user:1",
        }
        if self.model.available(person) < minutes:
            with pytest.raises(InsufficientMinutes), transaction.atomic():
                ledger.hold(**values)
            return
        self.model.holds[ledger.hold(**values).id] = (person, minutes)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), is_used=st.booleans())
    def end_hold(self, data: st.DataObject, is_used: bool) -> None:
        hold_id = data.draw(st.sampled_from(sorted(self.model.holds)))
        person, minutes = self.model.holds.pop(hold_id)
        if is_used:
            ledger.capture(hold_id=hold_id, actor_ref="user:1")
            self.model.balance[person] -= minutes
        else:
            ledger.release(hold_id=hold_id, actor_ref="user:1")

    @rule()
    def promote(self) -> None:
        """As recognition does: by lifetime minutes, only upwards."""
        reached = {person: star_level(self.model.certified(person), self.thresholds) for person in range(PEOPLE)}
        raise_stars(actor=SYSTEM, levels={self.passbooks[person]: level for person, level in reached.items()})
        for person, level in reached.items():
            self.model.stars[person] = max(self.model.stars[person], level)

    @invariant()
    def figures_are_what_the_history_makes_them(self) -> None:
        for person in range(PEOPLE):
            found = queries.overview_of(self.passbook(person))
            assert found.card.certified_minutes == self.model.certified(person)
            assert (found.balance.posted, found.balance.held) == (self.model.balance[person], self.model.held(person))
            assert found.balance.available == self.model.available(person) >= 0
            assert found.card.star_level == found.progress.level == self.model.stars[person]
            for shares in (found.by_kind, found.by_category, found.by_year):
                assert sum(share.minutes for share in shares) == self.model.certified(person)
            assert found.deposits == len(self.model.standing(person))

    @invariant()
    def statements_end_in_the_balance(self) -> None:
        for person in range(PEOPLE):
            lines = queries.statement(self.passbook(person), limit=400).lines
            assert sum(line.amount for line in lines) == self.model.balance[person]
            assert [line.seq for line in lines] == list(range(len(lines), 0, -1))
            struck = sum(line.is_taken_back for line in lines)
            own = [row for row in self.model.deposits if row.person == person]
            assert struck == sum(row.is_reversed for row in own if row.spendable)
            account = donation_accounts([self.people[person]])[self.people[person]]
            assert balance(account).posted == self.model.donation[person]

    @rule(person=people, kind=st.sampled_from(["verified", "honorary"]), year=st.sampled_from([2024, 2025, 2026]))
    def narrowed_statement_adds_up_to_its_share(self, person: int, kind: str, year: int) -> None:
        wanted = queries.StatementFilter(year=year, kind=kind)
        lines = queries.statement(self.passbook(person), wanted=wanted, limit=400).lines
        expected = sum(
            row.spendable
            for row in self.model.deposits
            if row.person == person and not row.is_reversed
            if row.new.kind == kind and row.new.worked_on.year == year
        )
        assert sum(line.amount for line in lines) == expected

    @rule()
    def everything_reconciles(self) -> None:
        report = verify()
        assert report.ok, report.first_difference


@pytest.mark.django_db
@pytest.mark.usefixtures("bank_checks")
def test_no_history_breaks_certified_balance_or_stars() -> None:
    run_state_machine_as_test(
        BankMachine,
        settings=settings(
            max_examples=5,
            stateful_step_count=20,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
