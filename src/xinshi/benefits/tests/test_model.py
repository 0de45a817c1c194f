"""A model of the room in a few dictionaries; hypothesis walks both and compares every balance, place and budget exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.bank.queries import account_of
from xinshi.benefits.actions import (
    accept_offer,
    cancel,
    change_slot,
    excuse_no_show,
    expire_overdue,
    fulfil,
    join_waiting_list,
    leave_waiting_list,
    mark_no_show,
    refund,
    tend_waiting_lists,
)
from xinshi.benefits.domain import Period
from xinshi.benefits.models import Benefit, Budget, Slot, Voucher, Waiting
from xinshi.benefits.tests.conftest import SYSTEM, Cast, change, make, make_cast, take
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify

PEOPLE, HOURS, PRICE, LIMIT, BUDGET = 4, 12, 120, 4, 6
START = "2026-11-02T08:00:00+08:00"
TAKING = ("reserved", "fulfilled", "no_show", "excused")
COUNTED = ("reserved", "fulfilled", "no_show")


@dataclass
class Ticket:
    who: int
    pieces: int
    state: str = "reserved"


@dataclass
class Line:
    """One supply with its waiting list: a day of a dated benefit that keeps the hours, or a stock."""

    is_dated: bool
    places: int
    tickets: dict[int, Ticket] = field(default_factory=dict)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    offers: dict[int, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        return sum(t.pieces for t in self.tickets.values() if t.state in TAKING) + len(self.offers)

    def had(self, who: int) -> int:
        return sum(t.pieces for t in self.tickets.values() if t.who == who and t.state in COUNTED)


class Room(RuleBasedStateMachine):
    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(START, tick=False)
        self.travel.start()
        self.people = self.cast.volunteers(PEOPLE, hours=HOURS)
        rules = {
            "limit_pieces": LIMIT,
            "limit_period": Period.EVER,
            "budget_pieces": BUDGET,
            "budget_period": Period.YEAR,
        }
        self.dated = make(hours=2, places=(2,), in_days=0, no_show_keeps_minutes=True, **rules)
        self.counted = make(hours=2, stock=2, pieces_max=2, **rules)
        self.lines = {True: Line(is_dated=True, places=2), False: Line(is_dated=False, places=2)}
        self.day_is_over = False
        self.fill()

    def fill(self) -> None:
        """Begin where it matters: everything is taken, and two people wait for each."""
        for line, made in ((self.lines[True], self.dated), (self.lines[False], self.counted)):
            for who in (0, 1):
                line.tickets[take(self.people[who], made).voucher_id] = Ticket(who, 1)
            for who in (2, 3):
                slot = made.slots[0] if line.is_dated else None
                entry = join_waiting_list(actor=self.people[who], benefit_id=made.id, slot_id=slot)
                line.waiting.append((entry, who))

    def teardown(self) -> None:
        self.travel.stop()

    def spendable(self, who: int) -> int:
        used = 0
        for line in self.lines.values():
            for ticket in line.tickets.values():
                kept = ("reserved", "fulfilled", "no_show") if line.is_dated else ("reserved", "fulfilled")
                used += PRICE * ticket.pieces if ticket.who == who and ticket.state in kept else 0
        return HOURS * 60 - used

    def may_have(self, line: Line, who: int, pieces: int = 1) -> bool:
        return line.had(who) + pieces <= LIMIT and self.spendable(who) >= PRICE * pieces

    def has_room(self, line: Line, pieces: int = 1) -> bool:
        is_over = line.is_dated and self.day_is_over
        return not is_over and line.taken + pieces <= min(line.places, BUDGET)

    def serve(self, line: Line) -> None:
        for entry, who in list(line.waiting):
            if not self.has_room(line):
                return
            if self.may_have(line, who):
                line.waiting.remove((entry, who))
                line.offers[entry] = who

    def ticket(self, data: st.DataObject, line: Line, *states: str) -> int | None:
        found = sorted(pk for pk, ticket in line.tickets.items() if ticket.state in states)
        return data.draw(st.sampled_from(found)) if found else None

    @rule(is_dated=st.booleans(), who=st.integers(0, PEOPLE - 1), pieces=st.integers(1, 2))
    def reserve(self, is_dated: bool, who: int, pieces: int) -> None:
        line, made = self.lines[is_dated], self.dated if is_dated else self.counted
        allowed = pieces == 1 or not is_dated
        if allowed and self.may_limit(line, who, pieces) and not self.over(line):
            self.serve(line)
        fits = allowed and not self.over(line) and self.has_room(line, pieces) and self.may_have(line, who, pieces)
        try:
            done = take(self.people[who], made, pieces=pieces)
        except DomainError:
            assert not fits
            self.resync(line)
        else:
            assert fits
            line.tickets[done.voucher_id] = Ticket(who, pieces)

    def may_limit(self, line: Line, who: int, pieces: int) -> bool:
        return line.had(who) + pieces <= LIMIT

    def over(self, line: Line) -> bool:
        return line.is_dated and self.day_is_over

    def resync(self, line: Line) -> None:
        """A refused reservation rolls back what the list was offered on the way; whoever may will be offered it again."""
        made = self.dated if line.is_dated else self.counted
        offered = dict(Waiting.objects.filter(benefit_id=made.id, state="offered").values_list("pk", "person_id"))
        back = [entry for entry in line.offers if entry not in offered]
        people = {who.person_id: n for n, who in enumerate(self.people)}
        line.waiting = sorted([*line.waiting, *((entry, line.offers.pop(entry)) for entry in back)])
        assert {entry: people[who] for entry, who in offered.items()} == line.offers

    @rule(is_dated=st.booleans(), who=st.integers(0, PEOPLE - 1))
    def wait(self, is_dated: bool, who: int) -> None:
        line, made = self.lines[is_dated], self.dated if is_dated else self.counted
        is_there = any(other == who for _, other in line.waiting) or who in line.offers.values()
        if not self.over(line) and self.may_limit(line, who, 1):
            self.serve(line)
            is_there = any(other == who for _, other in line.waiting) or who in line.offers.values()
        fits = not self.over(line) and self.may_limit(line, who, 1) and not is_there and not self.has_room(line)
        try:
            slot = made.slots[0] if is_dated else None
            entry = join_waiting_list(actor=self.people[who], benefit_id=made.id, slot_id=slot)
        except DomainError:
            assert not fits
            self.resync(line)
        else:
            assert fits
            line.waiting.append((entry, who))

    @rule(is_dated=st.booleans(), data=st.data())
    def accept(self, is_dated: bool, data: st.DataObject) -> None:
        line = self.lines[is_dated]
        if not line.offers:
            return
        entry = data.draw(st.sampled_from(sorted(line.offers)))
        who = line.offers[entry]
        fits = self.may_have(line, who) and not self.over(line)
        try:
            done = accept_offer(actor=self.people[who], waiting_id=entry)
        except DomainError:
            assert not fits
        else:
            assert fits
            del line.offers[entry]
            line.tickets[done.voucher_id] = Ticket(who, 1)

    @rule(is_dated=st.booleans(), data=st.data())
    def leave(self, is_dated: bool, data: st.DataObject) -> None:
        line = self.lines[is_dated]
        everybody = sorted([*line.waiting, *line.offers.items()])
        if not everybody:
            return
        entry, who = data.draw(st.sampled_from(everybody))
        leave_waiting_list(actor=self.people[who], waiting_id=entry)
        line.waiting = [place for place in line.waiting if place[0] != entry]
        line.offers.pop(entry, None)
        self.serve(line)

    @rule(data=st.data(), is_dated=st.booleans())
    def cancel(self, data: st.DataObject, is_dated: bool) -> None:
        line = self.lines[is_dated]
        pk = self.ticket(data, line, "reserved")
        if pk is None:
            return
        cancel(actor=self.cast.clerk.actor, voucher_id=pk, reason="x")
        line.tickets[pk].state = "cancelled"
        self.serve(line)

    @rule(data=st.data(), is_dated=st.booleans())
    def fulfil(self, data: st.DataObject, is_dated: bool) -> None:
        line = self.lines[is_dated]
        pk = self.ticket(data, line, "reserved")
        if pk is not None:
            fulfil(actor=self.cast.clerk.actor, voucher_id=pk)
            line.tickets[pk].state = "fulfilled"

    @rule(data=st.data())
    def miss(self, data: st.DataObject) -> None:
        pk = self.ticket(data, self.lines[True], "reserved")
        if pk is not None:
            mark_no_show(actor=self.cast.clerk.actor, voucher_id=pk)
            self.lines[True].tickets[pk].state = "no_show"

    @rule(data=st.data())
    def excuse(self, data: st.DataObject) -> None:
        pk = self.ticket(data, self.lines[True], "no_show")
        if pk is not None:
            excuse_no_show(actor=self.cast.coordinator.actor, voucher_id=pk, reason="x")
            self.lines[True].tickets[pk].state = "excused"

    @rule(data=st.data(), is_dated=st.booleans())
    def refund(self, data: st.DataObject, is_dated: bool) -> None:
        line = self.lines[is_dated]
        pk = self.ticket(data, line, "fulfilled")
        if pk is None:
            return
        before_serving = line.tickets[pk].who
        line.tickets[pk].state = "refunded"
        # The hours come back after the list was served: whoever waits is asked with what they have at that moment.
        held_back = PRICE * line.tickets[pk].pieces
        self.served_with(line, before_serving, held_back)
        refund(actor=self.cast.coordinator.actor, voucher_id=pk, reason="x")

    def served_with(self, line: Line, who: int, held_back: int) -> None:
        for entry, other in list(line.waiting):
            if not self.has_room(line):
                return
            spendable = self.spendable(other) - (held_back if other == who else 0)
            if line.had(other) + 1 <= LIMIT and spendable >= PRICE:
                line.waiting.remove((entry, other))
                line.offers[entry] = other

    @rule(is_dated=st.booleans(), places=st.integers(0, 8))
    def resize(self, is_dated: bool, places: int) -> None:
        line = self.lines[is_dated]
        try:
            if is_dated:
                changed = change_slot(actor=self.cast.coordinator.actor, slot_id=self.dated.slots[0], places=places)
            else:
                changed = bool(change(self.counted, stock=places))
        except DomainError:
            assert places < line.taken
        else:
            line.places = places
            if changed and not self.over(line):
                self.serve(line)

    @rule()
    def let_offers_lapse(self) -> None:
        """Shorten the time of every offer instead of the clock's, so that the day stays today."""
        Waiting.objects.filter(state="offered").update(offer_until=clock.now())
        tend_waiting_lists(actor=SYSTEM)
        for line in self.lines.values():
            line.offers.clear()
            if not self.over(line):
                self.serve(line)

    @precondition(lambda self: not self.day_is_over)
    @rule()
    def night_falls(self) -> None:
        """Everything runs out: days are missed, the worker ends the lists of what is over."""
        self.travel.stop()
        self.travel = time_machine.travel("2026-12-30T08:00:00+08:00", tick=False)
        self.travel.start()
        self.day_is_over = True
        expire_overdue(actor=SYSTEM)
        for line in self.lines.values():
            for ticket in line.tickets.values():
                if ticket.state == "reserved":
                    ticket.state = "no_show" if line.is_dated else "expired"
        tend_waiting_lists(actor=SYSTEM)
        self.lines[True].waiting.clear()
        self.lines[True].offers.clear()
        counted = self.lines[False]
        people = {who.person_id: n for n, who in enumerate(self.people)}
        rows = Waiting.objects.filter(benefit_id=self.counted.id, state__in=["waiting", "offered"]).order_by("pk")
        found = list(rows.values_list("pk", "state", "person_id"))
        counted.waiting = [(pk, people[who]) for pk, state, who in found if state == "waiting"]
        counted.offers = {pk: people[who] for pk, state, who in found if state == "offered"}

    @invariant()
    def book_and_model_agree(self) -> None:
        for number, who in enumerate(self.people):
            assert balance(account_of(who.person_id)).available == self.spendable(number)
        dated, counted = self.lines[True], self.lines[False]
        slot = Slot.objects.get(pk=self.dated.slots[0])
        assert (slot.taken, slot.places) == (dated.taken, dated.places)
        row = Benefit.objects.get(pk=self.counted.id)
        assert (row.taken, row.stock) == (counted.taken, counted.places)
        for made, line in ((self.dated, dated), (self.counted, counted)):
            used = Budget.objects.filter(benefit_id=made.id).values_list("pieces_used", "minutes_used").first()
            assert (used or (0, 0)) == (line.taken, line.taken * PRICE)
            assert line.taken <= max(line.places, 0)
            assert line.taken <= BUDGET
            waiting = Waiting.objects.filter(benefit_id=made.id, state="waiting").order_by("pk")
            assert list(waiting.values_list("pk", flat=True)) == [entry for entry, _ in line.waiting]
            stored = dict(Voucher.objects.filter(benefit_id=made.id).values_list("pk", "state"))
            assert stored == {pk: ticket.state for pk, ticket in line.tickets.items()}

    def check_all(self) -> None:
        assert verify().ok, verify().first_difference


@pytest.fixture
def room(db: None) -> type[Room]:
    return type("RoomOfThisTest", (Room,), {"cast": make_cast()})


def test_the_room_does_what_the_model_does(room: type[Room]) -> None:
    class Checked(room):  # type: ignore[valid-type, misc]
        def teardown(self) -> None:
            self.check_all()
            super().teardown()

    run_state_machine_as_test(
        Checked,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
