"""The clock of working days: when an answer is due, what stops the clock, and what happens when it has run out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody
from xinshi.appeals import queries
from xinshi.appeals.actions import ask_more, escalate_overdue, give_more, grant, refuse
from xinshi.appeals.domain import Given, days_kept, due_again, first_due
from xinshi.appeals.tests.conftest import REASON, Served, ask_for_times, everything, request_of, trail
from xinshi.attendance.domain import working_days_left
from xinshi.attendance.tests.conftest import MoveTo, at
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.rules import Rules
from xinshi.kernel import workdays
from xinshi.kernel.errors import NotAllowed
from xinshi.messages.models import Message

FRIDAY = date(2026, 3, 6)
SATURDAY = date(2026, 3, 7)
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))


def policy(answer_days: int) -> None:
    number = propose_policy(actor=SYSTEM, rules=Rules(appeal_answer_days=answer_days))
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=date(2026, 3, 3))


@pytest.mark.parametrize(
    ("asked_on", "answer_days", "due"),
    [
        (date(2026, 3, 3), 10, date(2026, 3, 17)),
        (FRIDAY, 1, date(2026, 3, 9)),
        (SATURDAY, 1, date(2026, 3, 9)),
        (SATURDAY, 5, date(2026, 3, 13)),
    ],
)
def test_weekends_do_not_count(asked_on: date, answer_days: int, due: date) -> None:
    assert first_due(asked_on, answer_days=answer_days) == due


@given(asked_on=days, answer_days=st.integers(1, 60), before=st.integers(0, 80), pause=st.integers(0, 400))
def test_a_stopped_clock_loses_no_working_day(asked_on: date, answer_days: int, before: int, pause: int) -> None:
    due = first_due(asked_on, answer_days=answer_days)
    stopped = asked_on + timedelta(days=before)
    left = days_kept(stopped, due)
    assert left == max(1, working_days_left(stopped, due))
    again = due_again(stopped + timedelta(days=pause), days_left=left)
    assert working_days_left(stopped + timedelta(days=pause), again) == left
    assert workdays.is_working_day(again)
    if pause == 0 and stopped < due and stopped.weekday() < 5:
        assert again == due


def test_the_policy_says_how_long_an_answer_may_take(served: Served, cast: Cast, colleague: Somebody) -> None:
    policy(3)
    assert request_of(ask_for_times(cast.volunteer, served)).due_on == FRIDAY


def test_the_clock_stands_still_while_more_is_asked(
    served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    policy(3)
    request_id = ask_for_times(cast.volunteer, served)
    frozen(at(10, days=2))
    ask_more(actor=colleague.actor, request_id=request_id, question="请补一张现场照片。")
    assert request_of(request_id).days_left == 1
    frozen(at(10, days=30))
    assert escalate_overdue(actor=SYSTEM) == 0
    saturday = at(10, days=4 + 28)
    frozen(saturday)
    give_more(actor=cast.volunteer.actor, request_id=request_id, text="照片找到了，已经上传。")
    row = request_of(request_id)
    assert (row.state, row.days_left, row.due_on) == ("open", None, date(2026, 4, 7))  # The 6th is off for Qingming.


def test_what_is_overdue_goes_up_once_and_everybody_is_told(
    served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    policy(3)
    request_id = ask_for_times(cast.volunteer, served)
    frozen(at(23, days=3))
    assert escalate_overdue(actor=SYSTEM) == 0, "it is due on that day, until the day is over"
    frozen(at(1, days=4))
    assert escalate_overdue(actor=SYSTEM) == 1
    before = everything()
    assert escalate_overdue(actor=SYSTEM) == 0
    assert everything() == before
    row = request_of(request_id)
    assert (row.level, row.due_on, row.escalated_at) == (2, date(2026, 3, 11), at(1, days=4))
    assert trail(request_id)[-1] == ("escalated", "system")
    told = Message.objects.filter(object_ref=f"correction-request:{request_id}", text__contains="level up")
    assert set(told.values_list("recipient_ref", flat=True)) == {
        f"person:{cast.volunteer.person_id}",
        f"person:{cast.administrator.person_id}",
    }


def test_the_first_level_answers_no_more_once_it_went_up(
    served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    frozen(at(9, days=21))
    escalate_overdue(actor=SYSTEM)
    before = everything()
    with pytest.raises(NotAllowed):
        refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert everything() == before
    grant(
        actor=cast.administrator.actor,
        request_id=request_id,
        reason=REASON,
        given=Given(starts_at=at(9), ends_at=at(10)),
    )


def test_what_is_late_on_the_second_level_is_said_once(
    served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    for day, expected in ((21, 1), (60, 1), (61, 0), (120, 0)):
        frozen(at(9, days=day))
        assert escalate_overdue(actor=SYSTEM) == expected, day
    assert [what for what, _role in trail(request_id)] == ["asked", "escalated", "overdue"]
    assert queries.waiting_summary(cast.administrator.actor).overdue == 1


def test_only_the_system_watches_the_clock(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        escalate_overdue(actor=cast.administrator.actor)


def test_the_desk_shows_what_waits_for_whom(served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo) -> None:
    ask_for_times(cast.volunteer, served)
    due = date(2026, 3, 17)
    assert queries.waiting_summary(colleague.actor) == queries.WaitingSummary(1, due, 0)
    for who in (cast.coordinator, cast.administrator, cast.volunteer, cast.leader, cast.clerk, cast.auditor):
        assert queries.waiting_summary(who.actor).count == 0
