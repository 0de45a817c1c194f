"""The pure rules: minutes, the ministry's clock, who may judge."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from xinshi.attendance.domain import (
    Case,
    Judge,
    LeftOut,
    credited_minutes,
    due_day,
    judgement,
    working_days_left,
)
from xinshi.attendance.tests.conftest import TUESDAY, at
from xinshi.kernel import workdays

SHIFT = (at(9), at(11))


@pytest.mark.parametrize(
    ("came", "left", "credited"),
    [
        (at(9), at(11), 120),
        (at(8, 40), at(11, 20), 120),
        (at(9, 30), at(12), 90),
        (at(8), at(9, 10), 10),
        (at(8), at(9), 0),
        (at(11), at(12), 0),
    ],
)
def test_credits_only_presence_inside_the_shift(came: object, left: object, credited: int) -> None:
    assert credited_minutes((came, left), SHIFT) == credited


@pytest.mark.parametrize(
    ("ended_on", "due_on"),
    [
        (TUESDAY, date(2026, 3, 17)),
        (date(2026, 3, 6), date(2026, 3, 20)),
        (date(2026, 3, 7), date(2026, 3, 20)),
        (date(2026, 3, 8), date(2026, 3, 20)),
        (
            date(2026, 2, 13),
            date(2026, 3, 5),
        ),  # Spring Festival; the 14th and the 28th are worked.
        (date(2026, 9, 24), date(2026, 10, 15)),  # Mid-Autumn and National Day; 20 September and 10 October are worked.
    ],
)
def test_is_due_ten_working_days_after_the_activity(ended_on: date, due_on: date) -> None:
    assert due_day(ended_on) == due_on
    assert working_days_left(ended_on, due_on) == 10


def test_counts_working_days_as_one_walks_them() -> None:
    for start in range(14):
        today = TUESDAY + timedelta(days=start)
        for ahead in range(-30, 31):
            due_on = today + timedelta(days=ahead)
            first, last = sorted((today, due_on))
            days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
            walked = sum(workdays.is_working_day(day) for day in days)
            assert working_days_left(today, due_on) == (walked if ahead >= 0 else -walked)


LEADER = Judge(reference="user:1", person_id=1, is_planner=False, is_system=False, levels=2)
COORDINATOR = Judge(reference="user:2", person_id=2, is_planner=True, is_system=False, levels=2)
OTHER_COORDINATOR = Judge(reference="user:3", person_id=None, is_planner=True, is_system=False, levels=2)


@pytest.mark.parametrize(
    ("case", "judge", "answer"),
    [
        (Case(state="submitted", person_id=9, person_in_charge_id=1, levels_approved=0), LEADER, None),
        (
            Case(state="submitted", person_id=9, person_in_charge_id=1, levels_approved=0),
            COORDINATOR,
            LeftOut.LEADER_FIRST,
        ),
        (
            Case(state="submitted", person_id=9, person_in_charge_id=1, levels_approved=1, first_approver_ref="user:1"),
            COORDINATOR,
            None,
        ),
        (
            Case(state="submitted", person_id=9, person_in_charge_id=1, levels_approved=1, first_approver_ref="user:1"),
            LEADER,
            LeftOut.ANOTHER_PERSON,
        ),
        (
            Case(state="submitted", person_id=9, person_in_charge_id=2, levels_approved=1, first_approver_ref="user:2"),
            COORDINATOR,
            LeftOut.ANOTHER_PERSON,
        ),
        (Case(state="submitted", person_id=1, person_in_charge_id=1, levels_approved=0), LEADER, LeftOut.OWN),
        (Case(state="submitted", person_id=1, person_in_charge_id=1, levels_approved=0), COORDINATOR, None),
        (
            Case(state="submitted", person_id=1, person_in_charge_id=1, levels_approved=1, first_approver_ref="user:2"),
            OTHER_COORDINATOR,
            None,
        ),
        (Case(state="open", person_id=9, person_in_charge_id=1, levels_approved=0), LEADER, LeftOut.STILL_OPEN),
        (Case(state="approved", person_id=9, person_in_charge_id=1, levels_approved=2), LEADER, LeftOut.DECIDED),
    ],
)
def test_two_levels_want_the_leader_then_another_coordinator(case: Case, judge: Judge, answer: LeftOut | None) -> None:
    assert judgement(case, judge) == answer
