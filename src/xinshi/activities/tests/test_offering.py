"""A list of people is offered places at once: by the rules of sign-up, in order, and nobody twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.db.models import Count, F, Q
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import (
    OfferedPlaces,
    TakenPlace,
    answer_offer,
    cancel_sign_up,
    join_waiting_list,
    offer_places,
    sign_up,
    tend_waiting_lists,
)
from xinshi.activities.domain import OfferOver, ShiftFull, SignUpGone
from xinshi.activities.models import Activity, Quota, Shift, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, all_at_once, tomorrow_at
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotFound
from xinshi.messages.models import Message
from xinshi.organizations.models import Membership
from xinshi.outbox.models import StoredEvent


def in_hours(hours: float) -> datetime:
    return clock.now() + timedelta(hours=hours)


def taken(shift_id: int) -> int:
    return Shift.objects.get(pk=shift_id).taken


def reasons(done: OfferedPlaces) -> list[tuple[int, str]]:
    return [(row.person_id, row.reason.code) for row in done.passed_over]


def test_everybody_of_the_list_is_offered_their_place_and_told(cast: Cast, make_activity: MakeActivity) -> None:
    first, second = make_activity(places=2, shifts=2).shift_ids
    people = cast.people(2)
    wanted = [(first, people[0]), (first, people[1]), (second, people[0])]
    done = offer_places(actor=cast.coordinator.actor, wanted=wanted, answer_until=in_hours(5))
    assert [(row.shift_id, row.person_id, row.state) for row in done.taken] == [(*one, "offered") for one in wanted]
    assert done.passed_over == ()
    assert [taken(first), taken(second)] == [2, 1]
    rows = SignUp.objects.filter(pk__in=[row.signup_id for row in done.taken])
    assert {row.state for row in rows} == {"offered"}
    assert {row.offered_until.hour for row in rows if row.offered_until} == {in_hours(5).hour}
    assert AuditEntry.objects.filter(action="activities.offer_place").count() == 3
    assert not StoredEvent.objects.filter(name="activities.signed_up").exists()
    told = Message.objects.filter(recipient_ref=f"person:{people[0]}").order_by("pk")
    assert [row.object_ref for row in told] == [
        f"signup:{done.taken[0].signup_id}",
        f"signup:{done.taken[2].signup_id}",
    ]


def test_whoever_may_not_come_is_passed_over_and_the_others_lose_nothing(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=2).shift_ids
    (clash,) = make_activity(places=5, starts_at=tomorrow_at(10)).shift_ids
    busy, one, two, three = cast.people(4)
    sign_up(actor=SYSTEM, shift_id=clash, person_id=busy)
    wanted = [(shift, busy), (shift, one), (shift, one), (shift, two), (shift, three), (clash, one)]
    done = offer_places(actor=cast.coordinator.actor, wanted=wanted, answer_until=in_hours(5))
    assert [(row.shift_id, row.person_id) for row in done.taken] == [(shift, one), (shift, two)]
    assert reasons(done) == [
        (busy, "time_conflict"),
        (one, "place_offered"),
        (three, "shift_full"),
        (one, "time_conflict"),
    ]
    assert (taken(shift), taken(clash)) == (2, 1)


def test_an_invitation_reaches_who_is_not_admitted_by_sign_up_and_ends_a_wait(
    cast: Cast, make_activity: MakeActivity
) -> None:
    made = make_activity(places=1)
    (shift,) = made.shift_ids
    Shift.objects.filter(pk=shift).update(reserve=5)
    Activity.objects.filter(pk=made.activity_id).update(recruits="invited")
    held, waits = cast.people(2)
    place = offer_places(actor=SYSTEM, wanted=[(shift, held)], answer_until=in_hours(5)).taken[0]
    Activity.objects.filter(pk=made.activity_id).update(recruits="everybody")
    waiting = join_waiting_list(actor=SYSTEM, shift_id=shift, person_id=waits)
    Shift.objects.filter(pk=shift).update(places=2)
    done = offer_places(actor=SYSTEM, wanted=[(shift, waits)], answer_until=in_hours(5))
    assert done.taken == (TakenPlace(waiting.signup_id, shift, waits, "offered"),)
    assert place.signup_id != waiting.signup_id
    assert (taken(shift), SignUp.objects.filter(shift=shift).count()) == (2, 2)


def test_a_place_that_is_given_may_be_given_back_in_time(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=3)
    (shift,) = made.shift_ids
    one, two = cast.people(2)
    done = offer_places(actor=SYSTEM, wanted=[(shift, one)], answer_until=in_hours(5), given={(shift, one)})
    assert done.taken[0].state == "confirmed"
    assert StoredEvent.objects.filter(name="activities.signed_up").count() == 1
    assert AuditEntry.objects.filter(action="activities.give_place").count() == 1
    own = Actor(reference="user:0", person_id=one, roles=frozenset({Role.VOLUNTEER}))
    cancel_sign_up(actor=own, signup_id=done.taken[0].signup_id)
    assert taken(shift) == 0
    # Where it could not be given back any more, it is only offered: nobody is bound without a yes.
    Activity.objects.filter(pk=made.activity_id).update(cancel_closes_minutes=10 * 24 * 60)
    late = offer_places(actor=SYSTEM, wanted=[(shift, two)], answer_until=in_hours(5), given={(shift, two)})
    assert late.taken[0].state == "offered"


def test_no_answer_in_time_is_a_no(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    (person,) = cast.people(1)
    place = offer_places(actor=SYSTEM, wanted=[(shift, person)], answer_until=in_hours(1)).taken[0]
    own = Actor(reference="user:0", person_id=person, roles=frozenset({Role.VOLUNTEER}))
    with time_machine.travel(in_hours(2)):
        with pytest.raises(OfferOver):
            answer_offer(actor=own, signup_id=place.signup_id, accept=True)
        assert taken(shift) == 1
        assert tend_waiting_lists(actor=SYSTEM) == 1
    assert (SignUp.objects.get(pk=place.signup_id).state, taken(shift)) == ("declined", 0)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("who", "until", "error"),
    [("other_leader", 5, NotFound), ("volunteer", 5, NotFound), ("coordinator", -1, Invalid)],
)
def test_refuses_whoever_does_not_lead_and_a_moment_that_is_past(
    cast: Cast, make_activity: MakeActivity, who: str, until: int, error: type[DomainError]
) -> None:
    (shift,) = make_activity().shift_ids
    with pytest.raises(error):
        offer_places(
            actor=getattr(cast, who).actor, wanted=[(shift, cast.second.person_id)], answer_until=in_hours(until)
        )
    assert (taken(shift), SignUp.objects.count(), Message.objects.count()) == (0, 0, 0)


def test_places_count_on_the_quota_of_the_organisation(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=3).shift_ids
    one, two = cast.people(2)
    for person in (one, two):
        Membership.objects.create(person_id=person, organization=cast.department, since=clock.today())
    quota = Quota.objects.create(shift_id=shift, organization=cast.department, places=1, is_active=True)
    done = offer_places(actor=SYSTEM, wanted=[(shift, one), (shift, two)], answer_until=in_hours(5))
    assert SignUp.objects.get(pk=done.taken[0].signup_id).quota_id == quota.pk
    assert reasons(done) == [(two, "quota_full")]


def test_a_longer_list_takes_no_more_statements(cast: Cast, make_activity: MakeActivity) -> None:
    def statements(people: int, shifts: int) -> int:
        made = make_activity(places=people, shifts=shifts)
        wanted = [(shift, person) for shift in made.shift_ids for person in cast.people(people)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            done = offer_places(actor=SYSTEM, wanted=wanted, answer_until=in_hours(5))
        assert len(done.taken) == people * shifts
        return len(seen)

    assert statements(2, 2) == statements(20, 8)


@pytest.mark.django_db(transaction=True)
def test_answers_offers_and_sign_ups_at_once_sell_no_place_twice(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=3).shift_ids
    people = cast.people(9)
    actors = [
        Actor(reference=f"user:{one}", user_id=one, person_id=one, roles=frozenset({Role.VOLUNTEER})) for one in people
    ]
    done = offer_places(actor=SYSTEM, wanted=[(shift, one) for one in people[:3]], answer_until=in_hours(5))
    held = [row.signup_id for row in done.taken]
    jobs = [
        partial(answer_offer, actor=actors[0], signup_id=held[0], accept=True),
        partial(answer_offer, actor=actors[0], signup_id=held[0], accept=False),
        partial(answer_offer, actor=actors[1], signup_id=held[1], accept=False),
        partial(offer_places, actor=SYSTEM, wanted=[(shift, people[3])], answer_until=in_hours(5)),
        partial(offer_places, actor=SYSTEM, wanted=[(shift, people[4])], answer_until=in_hours(5)),
        *(partial(sign_up, actor=actor, shift_id=shift) for actor in actors[5:]),
    ]
    results = all_at_once(jobs, threads=len(jobs))
    allowed = TakenPlace | OfferedPlaces | ShiftFull | SignUpGone
    assert all(isinstance(result, allowed) for result in results), results
    holding = Count("signups", filter=Q(signups__state__in=["confirmed", "offered"]))
    row = Shift.objects.annotate(holding=holding).get(pk=shift)
    assert row.taken == row.holding
    assert row.taken <= row.places
    assert not Shift.objects.filter(taken__gt=F("places")).exists()
