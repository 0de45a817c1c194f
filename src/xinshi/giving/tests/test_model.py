"""Histories that hypothesis invents: gifts, donations, grants, hours of groups, what is taken back, against plain figures.

After every step each account holds what the history makes it hold, lifetime hours have not moved, and nothing came from
nowhere; at the end the whole reconciliation agrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.bank.rules import GroupHours, Rules
from xinshi.giving import actions, domain, queries
from xinshi.giving.domain import Source
from xinshi.giving.tests.conftest import (
    Cast,
    befriend,
    earn,
    give_beyond_cap,
    give_hours,
    group,
    make_cast,
    pool_minutes,
    propose,
    put_rules,
)
from xinshi.kernel.errors import DomainError
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.ledger.verification import verify

CAP = 500
NAMES = ("volunteer", "second", "stranger")
people = st.integers(0, 2)
minutes = st.integers(1, 400)
RULES = Rules(gifts=True, gift_year_cap_minutes=CAP, donations=True, group_hours=GroupHours.DONATE_ONLY)


@dataclass
class Move:
    """Something that can be taken back: from one account of the model to another."""

    verb: str
    id: int
    source: str
    target: str
    minutes: int
    is_standing: bool = True


@dataclass
class Model:
    held: dict[str, int] = field(default_factory=dict)
    certified: list[int] = field(default_factory=lambda: [0, 0, 0])
    moves: list[Move] = field(default_factory=list)

    def has(self, account: str) -> int:
        return self.held.get(account, 0)

    def move(self, source: str, target: str, number: int) -> None:
        self.held[source] = self.has(source) - number
        self.held[target] = self.has(target) + number

    def given(self, person: int) -> int:
        return sum(m.minutes for m in self.moves if m.verb == "gift" and m.source == f"p{person}" and m.is_standing)


class GivingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        put_rules(RULES)
        self.cast: Cast = make_cast()
        self.people = [getattr(self.cast, name) for name in NAMES]
        self.relatives = {(a, b): befriend(self.people[a], self.people[b]) for a, b in ((0, 1), (1, 2), (0, 2))}
        self.team = group()
        self.model = Model()
        self.serial = 0

    def teardown(self) -> None:
        report = verify()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        assert report.ok, report.first_difference

    def key(self) -> str:
        self.serial += 1
        return f"key{self.serial}"

    def attempt(self, fits: bool, refusals: tuple[type[DomainError], ...], call: object) -> object:
        """What `call` gave; where the model says that it does not fit it must be refused so."""
        if fits:
            return call()
        with pytest.raises(refusals), transaction.atomic():
            call()
        return None

    @rule(person=people, number=minutes)
    def serve(self, person: int, number: int) -> None:
        give_hours(self.people[person], minutes=number)
        self.model.move("out", f"p{person}", number)
        self.model.certified[person] += number

    @rule(person=people, number=minutes)
    def serve_beyond_the_cap(self, person: int, number: int) -> None:
        give_beyond_cap(self.people[person], minutes=number)
        self.model.move("out", f"d{person}", number)

    @rule(giver=people, step=st.sampled_from([1, 2]), number=minutes)
    def give(self, giver: int, step: int, number: int) -> None:
        receiver = (giver + step) % 3
        relative = self.relatives[min(giver, receiver), max(giver, receiver)]
        fits = number <= self.model.has(f"p{giver}") and self.model.given(giver) + number <= CAP
        actor = self.people[giver].actor
        made = self.attempt(
            fits,
            (domain.GiftYearCap, InsufficientMinutes),
            lambda: actions.give(actor=actor, relative_id=relative, minutes=number, key=self.key()),
        )
        if made is not None:
            self.done("gift", made.id, f"p{giver}", f"p{receiver}", number)

    @rule(person=people, source=st.sampled_from([Source.SPENDABLE, Source.BEYOND_CAP]), number=minutes)
    def donate(self, person: int, source: Source, number: int) -> None:
        account = f"p{person}" if source is Source.SPENDABLE else f"d{person}"
        actor = self.people[person].actor
        made = self.attempt(
            number <= self.model.has(account),
            (InsufficientMinutes,),
            lambda: actions.donate(actor=actor, minutes=number, key=self.key(), source=source),
        )
        if made is not None:
            self.done("donation", made.id, account, "pool", number)

    @rule(number=minutes)
    def a_group_serves(self, number: int) -> None:
        self.done("group_hours", earn(self.cast, self.team, minutes=number), "out", "group", number)

    @rule(number=minutes)
    def a_group_donates(self, number: int) -> None:
        made = self.attempt(
            number <= self.model.has("group"),
            (domain.GroupTooSmall,),
            lambda: actions.donate_group_hours(
                actor=self.cast.coordinator.actor,
                organization_id=self.team,
                minutes=number,
                reason="队委会决定",
                key=self.key(),
            ),
        )
        if made is not None:
            self.done("donation", made.id, "group", "pool", number)

    @rule(person=people, number=minutes)
    def help_somebody(self, person: int, number: int) -> None:
        grant = propose(self.cast, self.people[person], minutes=number, key=self.key())
        decide = lambda: actions.decide_grant(  # noqa: E731
            actor=self.cast.colleague.actor, grant_id=grant, decision=domain.Decision.APPROVE
        )
        fits = number <= self.model.has("pool")
        self.attempt(fits, (domain.PoolTooSmall,), decide)
        if fits:
            self.done("grant", grant, "pool", f"p{person}", number)

    @precondition(lambda self: self.model.moves)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        move = data.draw(st.sampled_from(self.model.moves))
        reverse = {
            "gift": lambda: actions.reverse_gift(actor=keeper, gift_id=move.id, reason="误"),
            "donation": lambda: actions.reverse_donation(actor=keeper, donation_id=move.id, reason="误"),
            "grant": lambda: actions.reverse_grant(actor=keeper, grant_id=move.id, reason="误"),
            "group_hours": lambda: actions.reverse_group_hours(actor=keeper, group_hours_id=move.id, reason="误"),
        }[move.verb]
        keeper = self.cast.coordinator.actor
        fits = move.is_standing and move.minutes <= self.model.has(move.target)
        self.attempt(fits, (domain.TakenBackBefore, domain.GoneOn), reverse)
        if fits:
            move.is_standing = False
            self.model.move(move.target, move.source, move.minutes)

    def done(self, verb: str, identifier: int, source: str, target: str, number: int) -> None:
        self.model.moves.append(Move(verb, identifier, source, target, number))
        self.model.move(source, target, number)

    @invariant()
    def accounts_hold_what_the_history_makes_them(self) -> None:
        for index, somebody in enumerate(self.people):
            means = queries.own_means(somebody.actor)
            assert means.available_minutes == self.model.has(f"p{index}") >= 0
            assert means.donation_only_minutes == self.model.has(f"d{index}") >= 0
            assert means.certified_minutes == self.model.certified[index]
            assert means.left_minutes == CAP - self.model.given(index)
        assert pool_minutes() == queries.pool_figures().holds_minutes == self.model.has("pool") >= 0
        assert queries.group_minutes(self.team) == self.model.has("group") >= 0


@pytest.mark.django_db
def test_no_history_creates_or_loses_minutes_or_moves_lifetime_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "GRANT_YEAR_MINUTES_MAX", 10**9)
    run_state_machine_as_test(
        GivingMachine,
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
