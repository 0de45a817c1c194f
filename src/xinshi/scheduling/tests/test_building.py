"""The problem: exactly whom sign-up would let in, pair by pair; funnels that add up; nothing that must not count."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.domain import ShiftFull
from xinshi.activities.eligibility import Surroundings, refusals
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import HOLDING, candidates, deciding_rows, offers_for, sign_up_rules
from xinshi.activities.reasons import KeptForOthers, NotOfTeam, QuotaFull
from xinshi.activities.rules import DEFAULTS
from xinshi.archive.models import Profile
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.people.models import Person
from xinshi.scheduling.building import build
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.tests.invented import Hospital, invent

AS_SIGN_UP = PlanSettings(rest_after_hard_minutes=0, hard_from_minutes=DEFAULTS.hard_from_minutes, shifts_a_day_max=4)
"""Rules of the plan that ask no more than signing up does."""


def pairs(problem: Problem) -> set[tuple[int, int]]:
    people, shifts = problem.person_ids[problem.pair_person], problem.shift_ids[problem.pair_line]
    return set(zip(people.tolist(), shifts.tolist(), strict=True))


def allowed(hospital: Hospital) -> set[tuple[int, int]]:
    """By `refusals`, one pair after the other; the differences are those of `building.asking.ALLOWED_DIFFERENCES`."""
    rows = list(deciding_rows(Shift.objects.filter(pk__in=[one.pk for one in hospital.shifts])))
    offers = {pk: replace(one, taken=0, quotas=()) for pk, one in offers_for(rows, look_at_line=False).items()}
    people = candidates([one.pk for one in hospital.people], list(offers.values()))
    around = Surroundings(at=clock.now(), rules=sign_up_rules(), is_led=True)
    sites = {"本部院区": "main", "东湖院区": "east"}
    found = set()
    for person_id, candidate in people.items():
        for shift_id, offer in offers.items():
            reasons = refusals(candidate, offer, around)
            assert not any(isinstance(one, ShiftFull | QuotaFull | KeptForOthers) for one in reasons)
            if offer.recruits == "team" and offer.team_id not in candidate.memberships:
                reasons.append(NotOfTeam(team=""))
            site = next((code for name, code in sites.items() if name in offer.place), "")
            reach = candidate.facts.can_reach(site) if site else None
            free = candidate.facts.availability.is_free(offer.starts_at, offer.ends_at)
            if not reasons and reach is not False and free is not False:
                found.add((person_id, shift_id))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_pairs_are_those_that_sign_up_allows(db: None, seed: int) -> None:
    hospital = invent(seed, people=60, shifts=24)
    problem = build(hospital.period(), AS_SIGN_UP, at=clock.now()).problem

    expected, found = allowed(hospital), pairs(problem)

    assert found <= expected
    assert 100 < len(found) < 900
    day_of = {shift.pk: clock.local_day(shift.starts_at) for shift in hospital.shifts}
    own = dict(Profile.objects.exclude(shifts_a_day_max=None).values_list("person_id", "shifts_a_day_max"))
    for person, shift in expected - found:
        # The solver knows one limit a day for all: who set a lower one has no more lines of a day than they take.
        kept = sum(one == person and day_of[other] == day_of[shift] for one, other in found)
        held = SignUp.objects.filter(person_id=person, state__in=HOLDING).values_list("shift__starts_at", flat=True)
        assert kept == own[person] - sum(clock.local_day(at) == day_of[shift] for at in held)
    by_shift = Counter(shift for _person, shift in expected)
    assert [by_shift[shift] for shift in problem.shift_ids.tolist()] == problem.funnel[:, 4].tolist()
    assert (np.diff(problem.funnel, axis=1) <= 0).all()
    assert problem.funnel[:, 0].max() <= len(problem.person_ids)
    order = np.lexsort((problem.pair_line, problem.shift_start[problem.pair_line], problem.pair_person))
    assert (order == np.arange(len(order))).all()


def test_what_must_not_count_does_not(db: None) -> None:
    hospital = invent(4, people=40, shifts=14)
    period = hospital.period()
    before = build(period, PlanSettings(), at=clock.now())
    Person.objects.update(sex="2", area="别处", name="某人", is_public=True, skills=["唱歌"])
    Passbook.objects.update(star_level=5, certified_minutes=60_000, verified_minutes=60_000)
    Profile.objects.update(languages=["粤语"], employer="某公司", professional_title="主任", health_remark="怕冷")
    after = build(period, PlanSettings(), at=clock.now())

    for name in ("pair_person", "pair_line", "pair_value", "fairness", "funnel", "person_minutes_max"):
        assert (getattr(before.problem, name) == getattr(after.problem, name)).all(), name


def test_values_are_their_parts_and_say_what_people_said(db: None) -> None:
    hospital = invent(5, people=30, shifts=7, busy=0, plain=True)
    first, second = hospital.people[:2]
    shift = hospital.shifts[0]
    shift.activity.description = "用英语陪同就诊，协助护士"
    shift.activity.save(update_fields=["description"])
    Person.objects.filter(pk=first.pk).update(service_categories=["0004"])
    Profile.objects.create(
        person=first,
        profession="护士",
        skills={"english": 2},
        weekly=2**28 - 1,
        sites=["main"],
        changed_at=clock.now(),
        changed_by_ref="system:tests",
    )
    built = build(hospital.period(), PlanSettings(), at=clock.now())
    problem = built.problem

    def of(person: Person) -> dict[str, int]:
        at = np.flatnonzero(
            (problem.person_ids[problem.pair_person] == person.pk) & (problem.shift_ids[problem.pair_line] == shift.pk)
        )
        return {name: int(points[at[0]]) for name, points in built.parts.items()}

    assert of(first) == {"skill": 20, "interest": 25, "profession": 15, "nearness": 15, "wished_hour": 15}
    assert of(second) == {"skill": 0, "interest": 0, "profession": 0, "nearness": 0, "wished_hour": 0}
    assert (sum(built.parts.values()) == problem.pair_value).all()


def test_what_people_hold_is_deducted_and_counts_for_fairness(db: None) -> None:
    hospital = invent(6, people=4, shifts=7, busy=0, plain=True)
    busy, idle = hospital.people[:2]
    now = clock.now()
    for person in (busy, idle):
        Profile.objects.create(
            person=person,
            limits_said_at=now,
            minutes_a_week_max=300,
            shifts_a_week_max=3,
            changed_at=now,
            changed_by_ref="system:tests",
        )
    held = hospital.shifts[2]
    before = Shift.objects.create(
        activity=held.activity,
        role=held.role,
        places=5,
        is_open=True,
        starts_at=held.starts_at - timedelta(days=20),
        ends_at=held.ends_at - timedelta(days=20),
    )
    for shift in (held, before):
        SignUp.objects.create(person=busy, shift=shift, signed_up_at=now, signed_up_by_ref="system:tests")
    problem = build(hospital.period(), PlanSettings(), at=now).problem
    row = {person: at for at, person in enumerate(problem.person_ids.tolist())}

    assert problem.person_minutes_max[row[busy.pk]] == 300 - 120
    assert problem.person_shifts_max[row[busy.pk]] == 2
    assert problem.person_minutes_max[row[idle.pk]] == 300
    assert problem.fairness[row[busy.pk]].tolist() == [28, 14, 0, -5]
    assert problem.fairness[row[idle.pk]].tolist() == [30, 15, 0, -5]
    assert (busy.pk, held.pk) not in pairs(problem)
    assert (idle.pk, held.pk) in pairs(problem)


def test_the_number_of_queries_does_not_grow_with_shifts_and_people(db: None) -> None:
    hospital = invent(7, people=20, shifts=7)
    period = hospital.period()
    with CaptureQueriesContext(connection) as few:
        build(period, PlanSettings(), at=clock.now())
    invent_more = [Person(name=f"更多{index}", registered_at=clock.now(), group="citizen") for index in range(200)]
    made = Person.objects.bulk_create(invent_more)
    Passbook.objects.bulk_create(
        [
            Passbook(person=one, number=f"{one.pk:016d}", account_id=one.pk, opened_at=clock.now(), opened_through="x")
            for one in made
        ]
    )
    with CaptureQueriesContext(connection) as many:
        found = build(period, PlanSettings(), at=clock.now())

    assert len(found.problem.person_ids) > 200
    assert len(many) == len(few) <= 24


def test_locks_that_break_a_rule_together_or_are_possible_no_more_are_left_out(db: None) -> None:
    hospital = invent(8, people=6, shifts=14, busy=0, plain=True)
    one, other, third = (person.pk for person in hospital.people[:3])
    morning, same_time, next_day = (hospital.shifts[at].pk for at in (0, 7, 1))
    Passbook.objects.filter(person_id=third).update(state="frozen")
    locked = [(one, morning), (one, same_time), (one, next_day), (other, same_time), (third, next_day)]
    built = build(hospital.period(), PlanSettings(), at=clock.now(), locked=locked)

    problem = built.problem
    people, shifts = problem.person_ids[problem.pair_person], problem.shift_ids[problem.pair_line]
    kept = {(int(people[pair]), int(shifts[pair])) for pair in problem.locks}
    assert kept == {(one, morning), (one, next_day), (other, same_time)}
