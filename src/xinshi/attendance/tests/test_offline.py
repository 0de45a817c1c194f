"""Scans that were kept without a network: judged by the code's own time, idempotent, flagged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.attendance.closing.actions import change_settings
from xinshi.attendance.closing.domain import Settings
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.domain import Choice, CodeUnreadable, Outcome
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.offline.actions import new_grant, send_late
from xinshi.attendance.offline.domain import SKEW_MAX, ClaimClockWrong, ClaimTooOld, GrantGone, judge
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of
from xinshi.kernel.errors import DomainError

HALF = timedelta(seconds=30)


def kept(
    who: Somebody, activity: int, moment: datetime, grant: str, *, choice: Choice, claimed: datetime | None = None
) -> Arrival:
    code = new_code(f"a{activity}", moment)
    return send_late(actor=who.actor, typed=code, claimed_at=claimed or moment, grant=grant, choice=choice)


def test_what_was_kept_counts_from_when_the_code_was_shown(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    grant = new_grant(cast.volunteer.actor)
    frozen(at(18))
    came = kept(
        cast.volunteer,
        shift.activity_id,
        at(9, 2),
        grant,
        choice=Choice.IN,
        claimed=at(9, 2) + timedelta(seconds=20),
    )
    went = kept(cast.volunteer, shift.activity_id, at(10, 40), grant, choice=Choice.OUT)
    assert (came.outcome, went.outcome, went.credited_minutes) == (Outcome.IN, Outcome.OUT, 98)
    record = record_of(came.record_id)
    assert (record.checked_in_at, record.checked_out_at) == (at(9, 2), at(10, 40))
    assert (record.checked_in_through, record.checked_out_through) == ("offline", "offline")
    again = kept(cast.volunteer, shift.activity_id, at(9, 2), grant, choice=Choice.IN)
    assert (again.was_known, again.outcome, Trace.objects.count()) == (True, Outcome.IN, 2)
    assert list(Trace.objects.values_list("received_at", flat=True)) == [at(18)] * 2


def test_what_cannot_be_so_is_refused_with_what_helps(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    grant = new_grant(cast.volunteer.actor)
    mine = cast.volunteer

    def refused(
        error: type[DomainError], moment: datetime, *, given: str = grant, claimed: datetime | None = None
    ) -> None:
        with pytest.raises(error):
            kept(mine, shift.activity_id, moment, given, choice=Choice.IN, claimed=claimed)
        assert not ServiceRecord.objects.exists()

    refused(ClaimClockWrong, at(9, 30))
    refused(ClaimClockWrong, at(8, 50))
    frozen(at(10))
    refused(ClaimClockWrong, at(9, 30), claimed=at(9, 40))
    refused(GrantGone, at(9, 30), given="")
    refused(GrantGone, at(9, 30), given=grant[:-1])
    refused(GrantGone, at(9, 30), given=new_grant(cast.second.actor))
    with pytest.raises(CodeUnreadable):
        send_late(
            actor=mine.actor,
            typed=new_code(f"o{mine.person_id}", at(9, 30)),
            claimed_at=at(9, 30),
            grant=grant,
        )
    change_settings(actor=cast.coordinator.actor, settings=Settings(offline_hours=2))
    frozen(at(11, 31))
    refused(ClaimTooOld, at(9, 30))
    assert kept(mine, shift.activity_id, at(9, 32), grant, choice=Choice.IN).outcome is Outcome.IN


@given(st.integers(-10_000, 10_000), st.integers(-600, 600), st.integers(0, 10_000), st.integers(0, 9_000))
def test_the_moment_that_counts_was_possible(shown: int, claimed: int, granted: int, age_max: int) -> None:
    now = at(12)
    start = now - timedelta(seconds=shown)
    try:
        moment = judge(
            window_start=start,
            window_seconds=30,
            claimed_at=start + timedelta(seconds=claimed),
            granted_at=now - timedelta(seconds=granted),
            now=now,
            age_max=timedelta(seconds=age_max),
        )
    except DomainError:
        return
    assert moment <= now
    assert now - moment <= timedelta(seconds=age_max)
    assert moment + HALF >= now - timedelta(seconds=granted) - SKEW_MAX
    assert -SKEW_MAX <= timedelta(seconds=claimed) <= SKEW_MAX + HALF


def test_the_phone_sends_by_the_pages_and_forgets_what_was_judged(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    client = cast.volunteer.client
    told = client.get(reverse("attendance:grant")).json()
    assert (told["server_seconds"], bool(told["csrf"])) == (int(at(9).timestamp()), True)
    frozen(at(9, 20))
    send = reverse("attendance:send")
    scan = {
        "code": new_code(f"a{shift.activity_id}", at(9, 5)),
        "at": str(int(at(9, 5).timestamp() * 1000)),
        "grant": told["grant"],
        "choice": "in",
    }
    for _ in range(2):
        assert client.post(send, scan).json() == {"final": True, "ok": True, "code": "in", "text": "门诊导医"}
    for wrong in ({"at": "x"}, {"at": "9" * 30}, {"code": "x"}, {"grant": ""}):
        said = client.post(send, scan | wrong).json()
        assert (said["final"], said["ok"]) == (True, False)
        assert said["text"]
    assert ServiceRecord.objects.count() == 1
    assert Client().post(send, scan).status_code == 302


def test_what_a_phone_keeps_says_nothing_about_anybody(cast: Cast, service: Service) -> None:
    service.shift([cast.volunteer.person_id])
    for client in (Client(), cast.volunteer.client):
        shell = client.get(reverse("attendance:shell")).content.decode()
        for personal in ("李明", cast.volunteer.number, "门诊导医", "csrfmiddlewaretoken"):
            assert personal not in shell
    worker = Client().get(reverse("attendance:worker"))
    assert worker.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert reverse("attendance:shell") in worker.content.decode()
