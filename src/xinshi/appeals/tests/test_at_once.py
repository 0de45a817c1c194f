"""A double click, two answerers, an answer and a withdrawal at the same moment: threads with connections of their own."""

from __future__ import annotations

from functools import partial

import pytest

from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody, all_at_once
from xinshi.appeals.actions import escalate_overdue, grant, refuse, withdraw
from xinshi.appeals.domain import AlreadyAsked, Given, RequestEnded
from xinshi.appeals.models import CorrectionRequest, RequestEvent
from xinshi.appeals.tests.conftest import REASON, Served, ask_about_deposit, ask_for_times, available, request_of, trail
from xinshi.attendance.tests.conftest import MoveTo, at
from xinshi.bank.models import DepositReversal
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = Given(starts_at=at(9), ends_at=at(10))


def test_a_double_click_asks_once(served: Served, cast: Cast, colleague: Somebody) -> None:
    results = all_at_once([partial(ask_for_times, cast.volunteer, served)] * 5, threads=5)
    assert sum(isinstance(result, AlreadyAsked) for result in results) == 4
    assert CorrectionRequest.objects.count() == 1


def test_a_double_click_sets_hours_aside_once(served: Served, cast: Cast, colleague: Somebody) -> None:
    results = all_at_once([partial(ask_about_deposit, cast.volunteer, served.deposit_id)] * 5, threads=5)
    assert sum(isinstance(result, AlreadyAsked) for result in results) == 4
    assert available(cast.volunteer.person_id) == 0
    assert verify().ok


def test_a_request_is_carried_out_once(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    job = partial(grant, actor=colleague.actor, request_id=request_id, reason=REASON, given=GIVEN)
    results = all_at_once([job] * 5, threads=5)
    assert sum(isinstance(result, RequestEnded) for result in results) == 4
    assert DepositReversal.objects.count() == 1
    assert Transfer.objects.count() == 3
    assert available(cast.volunteer.person_id) == 60
    assert verify().ok


def test_it_ends_in_one_way_only(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    jobs = [
        partial(grant, actor=colleague.actor, request_id=request_id, reason=REASON),
        partial(refuse, actor=colleague.actor, request_id=request_id, reason=REASON),
        partial(withdraw, actor=cast.volunteer.actor, request_id=request_id),
    ] * 2
    results = all_at_once(jobs, threads=6)
    assert sum(isinstance(result, RequestEnded) for result in results) == 5
    state = request_of(request_id).state
    assert available(cast.volunteer.person_id) == (0 if state == "granted" else 120)
    assert [what for what, _role in trail(request_id)] == ["asked", "set_aside", state]
    assert verify().ok


def test_it_goes_up_once_whoever_watches(served: Served, cast: Cast, colleague: Somebody, frozen: MoveTo) -> None:
    ask_for_times(cast.volunteer, served)
    frozen(at(9, days=21))
    results = all_at_once([partial(escalate_overdue, actor=SYSTEM)] * 4, threads=4)
    assert sum(int(str(result)) for result in results) == 1
    assert RequestEvent.objects.filter(what="escalated").count() == 1
