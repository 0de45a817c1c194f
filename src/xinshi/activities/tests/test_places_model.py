"""Histories of signing up that hypothesis invents: every verb in any order, with a clock that goes on.

After each step: as many places are taken as are confirmed, offered and held for groups; never more than there are; nobody
in two shifts at once; nobody lost; who waits longest is offered first; and the list says exactly what the action does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.activities import queries
from xinshi.activities.actions import (
    answer_offer,
    cancel_sign_up,
    decide_request,
    join_waiting_list,
    mark_no_shows,
    sign_up,
    tend_waiting_lists,
    undo_no_show,
)
from xinshi.activities.groups.actions import give_back_held, name_people, release_overdue_holds, sign_up_group
from xinshi.activities.models import Activity, PlaceHold, Shift, SignUp, StandInAsk, StandInSearch
from xinshi.activities.queries.deciding import ACTIVE, HOLDING, deciding_rows, offers_for
from xinshi.activities.standing_in.actions import answer_ask, end_search, seek_stand_in, tend_searches
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_waves import acting
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.people.models import Person

PEOPLE = 5
SHIFTS = 3
people = st.integers(0, PEOPLE - 1)
shifts = st.integers(0, SHIFTS - 1)
picks = st.integers(0, 30)
yes = st.booleans()


@dataclass
class Ground:
    """Two shifts of one place at one time, one on the next day where who leads decides; five people."""

    actors: list[Actor]
    numbers: list[str]
    leader: Actor
    shift_ids: list[int]
    done: dict[str, int] = field(default_factory=dict)


def has(*states: str) -> Callable[[object], bool]:
    return lambda _machine: SignUp.objects.filter(state__in=states).exists()


def is_sought(_machine: object) -> bool:
    return StandInSearch.objects.filter(state="open").exists()


def is_asked(_machine: object) -> bool:
    return StandInAsk.objects.filter(state="asked").exists()


def is_held(_machine: object) -> bool:
    return PlaceHold.objects.filter(places__gt=0).exists()


class Machine(RuleBasedStateMachine):
    ground: Ground

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.travel = time_machine.travel(clock.now(), tick=False)
        self.clock = self.travel.start()
        self.rows = 0
        self.order: dict[int, list[int]] = {shift: [] for shift in self.ground.shift_ids}

    def teardown(self) -> None:
        self.travel.stop()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def attempt(self, verb: Callable[[], object]) -> DomainError | None:
        """What was refused, and then nothing changed."""
        before = self.everything()
        try:
            with transaction.atomic():
                verb()
        except DomainError as refusal:
            assert self.everything() == before
            return refusal
        caller = sys._getframe(1).f_code.co_name
        self.ground.done[caller] = self.ground.done.get(caller, 0) + 1
        return None

    def everything(self) -> list[object]:
        signups = SignUp.objects.order_by("pk").values_list("pk", "state", "person_id", "shift_id")
        taken = Shift.objects.order_by("pk").values_list("pk", "taken")
        asks = StandInAsk.objects.order_by("pk").values_list("pk", "state")
        return [list(signups), list(taken), list(asks), list(PlaceHold.objects.order_by("pk").values_list("places"))]

    def one(self, pick: int, *states: str) -> SignUp | None:
        rows = list(SignUp.objects.filter(state__in=states).order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    def actor_of(self, signup: SignUp) -> Actor:
        return next(actor for actor in self.ground.actors if actor.person_id == signup.person_id)

    @rule(person=people, shift=shifts)
    def signs_up_as_the_list_says(self, person: int, shift: int) -> None:
        actor, shift_id = self.ground.actors[person], self.ground.shift_ids[shift]
        rows = deciding_rows(Shift.objects.filter(pk=shift_id))
        shown = queries.offered(actor, [rows.get()])[0]
        somebody_is_next = offers_for([rows.get()])[shift_id].has_waiting
        refusal = self.attempt(lambda: sign_up(actor=actor, shift_id=shift_id))
        assert (shown.refusal.code if shown.refusal else None) == (refusal.code if refusal else None) or (
            shown.my_signup_id is not None
        )
        assert refusal is not None or not somebody_is_next

    @rule(person=people)
    def waits(self, person: int) -> None:
        """For a full shift, where there is one."""
        actor = self.ground.actors[person]
        full = Shift.objects.filter(pk__in=self.ground.shift_ids, taken=F("places")).first()
        shift_id = full.pk if full else self.ground.shift_ids[0]
        self.clock.shift(timedelta(seconds=1))
        if self.attempt(lambda: join_waiting_list(actor=actor, shift_id=shift_id)) is None:
            assert actor.person_id is not None
            self.order[shift_id].append(actor.person_id)

    @precondition(has("offered", "confirmed", "waiting", "requested"))
    @rule(pick=picks, by_leader=yes)
    def cancels(self, pick: int, by_leader: bool) -> None:
        signup = self.one(pick, *ACTIVE)
        if signup is not None:
            actor = self.ground.leader if by_leader else self.actor_of(signup)
            self.attempt(lambda: cancel_sign_up(actor=actor, signup_id=signup.pk))

    @precondition(has("offered"))
    @rule(pick=picks, accept=yes)
    def answers_an_offer(self, pick: int, accept: bool) -> None:
        signup = self.one(pick, "offered")
        if signup is not None:
            self.attempt(lambda: answer_offer(actor=self.actor_of(signup), signup_id=signup.pk, accept=accept))

    @precondition(has("requested"))
    @rule(pick=picks, accept=yes)
    def decides(self, pick: int, accept: bool) -> None:
        signup = self.one(pick, "requested")
        if signup is not None:
            self.attempt(
                lambda: decide_request(actor=self.ground.leader, signup_id=signup.pk, accept=accept, reason="名额有限")
            )

    @precondition(has("confirmed"))
    @rule(pick=picks)
    def cannot_come(self, pick: int) -> None:
        signup = self.one(pick, "confirmed")
        if signup is not None:
            self.attempt(lambda: seek_stand_in(actor=self.actor_of(signup), signup_id=signup.pk, reason="发烧"))

    @precondition(is_sought)
    @rule(pick=picks)
    def can_come_after_all(self, pick: int) -> None:
        searches = list(StandInSearch.objects.filter(state="open").order_by("pk"))
        signup = searches[pick % len(searches)].signup
        self.attempt(lambda: end_search(actor=self.actor_of(signup), signup_id=signup.pk))

    @precondition(is_asked)
    @rule(pick=picks, accept=yes)
    def answers_a_question(self, pick: int, accept: bool) -> None:
        asks = list(StandInAsk.objects.filter(state="asked").order_by("pk"))
        if asks:
            ask = asks[pick % len(asks)]
            actor = next(actor for actor in self.ground.actors if actor.person_id == ask.person_id)
            self.attempt(lambda: answer_ask(actor=actor, ask_id=ask.pk, accept=accept))

    @rule(person=people, friend=people, shift=shifts, hold=st.integers(0, 2))
    def brings_a_group(self, person: int, friend: int, shift: int, hold: int) -> None:
        numbers = [self.ground.numbers[friend]]
        self.attempt(
            lambda: sign_up_group(
                actor=self.ground.actors[person],
                shift_id=self.ground.shift_ids[shift],
                name="朗读队",
                numbers=numbers,
                hold=hold,
            )
        )

    @precondition(is_held)
    @rule(friend=people, gives_back=yes)
    def names_somebody(self, friend: int, gives_back: bool) -> None:
        hold = PlaceHold.objects.filter(places__gt=0).first()
        if hold is None:
            return
        actor = next(actor for actor in self.ground.actors if actor.person_id == hold.held_for_id)
        if gives_back:
            self.attempt(lambda: give_back_held(actor=actor, group_key=hold.group_key))
        else:
            numbers = [self.ground.numbers[friend]]
            self.attempt(lambda: name_people(actor=actor, group_key=hold.group_key, numbers=numbers))

    @rule(minutes=st.sampled_from([1, 10, 60, 1_500]))
    def time_goes_on(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))
        tend_waiting_lists(actor=SYSTEM)
        tend_searches(actor=SYSTEM)
        release_overdue_holds(actor=SYSTEM)
        mark_no_shows(actor=SYSTEM)

    @precondition(has("no_show"))
    @rule(pick=picks)
    def came_after_all(self, pick: int) -> None:
        signup = self.one(pick, "no_show")
        if signup is not None:
            self.attempt(lambda: undo_no_show(actor=self.ground.leader, signup_id=signup.pk, reason="签到漏记"))

    @invariant()
    def places_are_counted(self) -> None:
        for shift in Shift.objects.filter(pk__in=self.ground.shift_ids):
            held = SignUp.objects.filter(shift=shift, state__in=HOLDING).count()
            held += sum(hold.places for hold in PlaceHold.objects.filter(shift=shift))
            assert shift.taken == held <= shift.places

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        twice = SignUp.objects.filter(
            state__in=HOLDING,
            person__signups__state__in=HOLDING,
            person__signups__shift__starts_at__lt=F("shift__ends_at"),
            person__signups__shift__ends_at__gt=F("shift__starts_at"),
        ).exclude(person__signups__pk=F("pk"))
        assert not twice.exists()

    @invariant()
    def nobody_is_lost(self) -> None:
        rows = SignUp.objects.count()
        assert rows >= self.rows
        self.rows = rows

    @invariant()
    def who_waits_longest_is_first(self) -> None:
        """While somebody could take a free place no place is free; and of two who wait the earlier is not passed over."""
        for shift_id in self.ground.shift_ids:
            waiting = SignUp.objects.filter(shift_id=shift_id, state="waiting").order_by("signed_up_at", "pk")
            people_waiting = list(waiting.values_list("person_id", flat=True))
            known = [person for person in self.order[shift_id] if person in people_waiting]
            assert list(dict.fromkeys(reversed(known)))[::-1] == people_waiting

    @invariant()
    def a_place_that_changed_hands_did_so_once(self) -> None:
        for search in StandInSearch.objects.filter(state="found"):
            assert search.signup.state == "cancelled"
            assert SignUp.objects.filter(stands_in_for=search.signup).count() == 1
        assert not SignUp.objects.filter(stands_in_for__state="confirmed").exists()


@pytest.fixture
def ground(cast: Cast, make_activity: MakeActivity) -> Ground:
    ids = cast.people(PEOPLE)
    Person.objects.filter(pk__in=ids).update(service_categories=["0004"])
    numbers = [f"9{index:017d}" for index in range(PEOPLE)]
    morning = make_activity(places=1, starts_at=tomorrow_at(9, days=9))
    clash = make_activity(places=1, starts_at=tomorrow_at(10, days=9), title="义诊")
    asked = make_activity(places=1, starts_at=tomorrow_at(9, days=10), title="陪伴")
    Activity.objects.filter(pk=asked.activity_id).update(sign_up_way="on_request")
    shift_ids = [made.shift_ids[0] for made in (morning, clash, asked)]
    Shift.objects.filter(pk__in=shift_ids).update(reserve=3)
    return Ground([acting(person) for person in ids], numbers, cast.leader.actor, shift_ids)


def test_places_whatever_people_do(ground: Ground) -> None:
    class Here(Machine):
        pass

    Here.ground = ground
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert ground.done.keys() >= {"signs_up_as_the_list_says", "waits", "cancels", "cannot_come", "brings_a_group"}
