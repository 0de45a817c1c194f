"""A first check-in by a code as one statement: the same rows as the long way, and nothing on what no longer holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import TakenPlace, cancel_sign_up
from xinshi.activities.domain import AlreadyAttended
from xinshi.activities.models import SignUp
from xinshi.activities.tests.conftest import Cast, all_at_once
from xinshi.attendance.actions import check_in, take_back_check_in
from xinshi.attendance.codes import arriving, coming
from xinshi.attendance.codes.actions import arrive_by_code
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.domain import NoShiftHere, Outcome, code_from
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.domain import StillCheckedIn
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, Shift, at, written
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

INSTALLED = Path(coming.__file__).parents[1] / "sql" / "coming.postgresql.sql"
FRAME = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


def scan(actor: Actor, shift: Shift) -> Arrival:
    code = code_from(new_code(f"a{shift.activity_id}", clock.now()))
    return arrive_by_code(actor=actor, code=code, device="d" * 16)


def statements(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        action()
    return sum(not query["sql"].startswith(FRAME) for query in seen)


def rows_of(record_id: int | None, signup_id: int) -> list[dict[str, Any]]:
    """Everything that a check-in writes, but for ids and the person."""
    record = ServiceRecord.objects.filter(pk=record_id).values().get()
    trace = Trace.objects.filter(record_id=record_id).values().get()
    line = AuditEntry.objects.filter(object_ref=f"service-record:{record_id}").values().get()
    place = SignUp.objects.filter(pk=signup_id).values("state", "attended_at").get()
    assert (record["signup_id"], trace["person_id"]) == (signup_id, record["person_id"])
    assert line["detail"].pop("signup") == signup_id
    assert line.pop("actor_ref") == record.pop("checked_in_by_ref")
    own = {"id", "record_id", "signup_id", "person_id", "object_ref"}
    return [{name: value for name, value in row.items() if name not in own} for row in (record, trace, line, place)]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the function is PostgreSQL's")
def test_the_place_is_found_by_its_number_in_a_table_that_the_server_does_not_know_yet() -> None:
    """The server took the smallest index, of everybody's confirmed places, and read all of it at each check-in."""
    (update,) = re.findall(r"UPDATE signup.*?;", INSTALLED.read_text(encoding="utf-8"), flags=re.DOTALL)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {re.sub('p_moment', 'now()', re.sub('p_(signup|person|shift)', '5', update))}")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "using signup_pkey" in plan


def test_a_check_in_is_two_statements_and_the_same_code_again_is_one(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    shift, actor = service.shift([cast.volunteer.person_id]), cast.volunteer.actor
    assert statements(lambda: scan(actor, shift)) == (2 if connection.vendor == "postgresql" else 7)
    with CaptureQueriesContext(connection) as seen:
        assert scan(actor, shift).was_known
    assert len(seen) == 1  # No transaction either.
    frozen(at(10, 50))
    assert statements(lambda: scan(actor, shift)) == 7


def test_one_statement_writes_the_rows_of_the_long_way(
    cast: Cast, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    short = scan(cast.volunteer.actor, shift)
    monkeypatch.setattr(arriving, "come", lambda *_, **__: None)
    long = scan(cast.second.actor, shift)
    assert (short.outcome, short.was_known) == (long.outcome, long.was_known) == (Outcome.IN, False)
    assert rows_of(short.record_id, shift.signups[0]) == rows_of(long.record_id, shift.signups[1])


def _cancelled(cast: Cast, service: Service, shift: Shift) -> None:
    cancel_sign_up(actor=cast.leader.actor, signup_id=shift.signups[0])


def _checked_in(cast: Cast, service: Service, shift: Shift) -> None:
    check_in(actor=cast.leader.actor, signup_ids=shift.signups)


def _taken_back(cast: Cast, service: Service, shift: Shift) -> None:
    (record,) = check_in(actor=cast.leader.actor, signup_ids=shift.signups)
    take_back_check_in(actor=cast.leader.actor, record_id=record)


def _elsewhere(cast: Cast, service: Service, shift: Shift) -> None:
    other = service.shift(shift.people, starts_at=at(12), title="讲座")
    check_in(actor=cast.leader.actor, signup_ids=other.signups)


def _used(cast: Cast, service: Service, shift: Shift) -> None:
    """The same code served before, and the record was taken away from the place since: only the trace speaks."""
    came = scan(cast.volunteer.actor, shift)
    ServiceRecord.objects.filter(pk=came.record_id).update(state="refused", refusal_reason="没来", **REFUSED)
    other = service.shift(shift.people, starts_at=at(12), title="讲座")
    shift.signups[:] = other.signups


REFUSED = {
    "checked_out_at": at(9, 1),
    "checked_out_by_ref": "user:1",
    "present_minutes": 1,
    "submitted_at": at(9, 1),
    "due_on": at(9).date(),
    "decided_at": at(9, 1),
    "decided_by_ref": "user:1",
}


@pytest.mark.parametrize("meanwhile", [_cancelled, _checked_in, _taken_back, _elsewhere, _used])
def test_nothing_is_written_on_what_changed_since_the_look(
    cast: Cast, service: Service, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Cast, Service, Shift], None]
) -> None:
    """The statement itself, called with what was true a moment ago: None, as on SQLite always."""
    shift = service.shift([cast.volunteer.person_id])
    meanwhile(cast, service, shift)
    signup = SignUp.objects.select_related("shift__activity").get(pk=shift.signups[0])
    before = (written(), Trace.objects.count(), signup.attended_at)
    record_id = coming.come(
        cast.volunteer.actor,
        signup,
        moment=clock.now(),
        way=Trace.Way.QR,
        code_key=code_from(new_code(f"a{shift.activity_id}", clock.now())).key,
        device="",
        verdict=arriving.NOT_ASKED,
    )
    signup.refresh_from_db()
    assert record_id is None
    assert (written(), Trace.objects.count(), signup.attended_at) == before


def test_who_finds_it_changed_decides_anew(cast: Cast, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the statement the leader ticked the person off, or took the place away."""
    first = service.shift([cast.volunteer.person_id, cast.second.person_id])
    come = arriving.come

    def late(meanwhile: Callable[[], object]) -> Callable[..., int | None]:
        def after(*arguments: Any, **named: Any) -> int | None:
            meanwhile()
            return come(*arguments, **named)

        return after

    ticked = lambda: check_in(actor=cast.leader.actor, signup_ids=first.signups[:1])  # noqa: E731  # said once
    monkeypatch.setattr(arriving, "come", late(ticked))
    with monkeypatch.context() as only_once:
        if coming.comes_in_one_statement():
            only_once.delattr(arriving, "_arrive_under_lock")
        known = scan(cast.volunteer.actor, first)
    assert (known.outcome, known.was_known) == (Outcome.IN, True)
    assert ServiceRecord.objects.count() == 1
    cancelled = lambda: cancel_sign_up(actor=cast.leader.actor, signup_id=first.signups[1])  # noqa: E731  # said once
    monkeypatch.setattr(arriving, "come", late(cancelled))
    with pytest.raises(NoShiftHere):
        scan(cast.second.actor, first)
    assert (ServiceRecord.objects.count(), Trace.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_places_at_once_take_a_person_once(cast: Cast, service: Service, frozen: MoveTo) -> None:
    """Codes of two activities in the same moment: in at one of them, and the attempt at the other is remembered."""
    people = [cast.volunteer, cast.second]
    ids = [one.person_id for one in people]
    early = service.shift(ids, hours=1)
    late = service.shift(ids, starts_at=at(10), title="讲座")
    frozen(at(9, 50))
    jobs = [lambda who=who, shift=shift: scan(who.actor, shift) for who in people for shift in (early, late)]
    outcomes = all_at_once(jobs, threads=4)
    for mine in (outcomes[:2], outcomes[2:]):
        assert sorted(one.outcome for one in mine) == [Outcome.IN, Outcome.REFUSED]
        assert [type(one.refusal) for one in mine if one.refusal] == [StillCheckedIn]
    assert (ServiceRecord.objects.count(), Trace.objects.filter(event="elsewhere").count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_place_is_come_to_or_given_back_never_both(cast: Cast, service: Service) -> None:
    people = [cast.volunteer, cast.second]
    shift = service.shift([one.person_id for one in people])
    jobs = [
        job
        for who, signup in zip(people, shift.signups, strict=True)
        for job in (
            lambda who=who: scan(who.actor, shift),
            lambda signup=signup: cancel_sign_up(actor=cast.leader.actor, signup_id=signup),
        )
    ]
    results = all_at_once(jobs, threads=4)
    for signup, came, went in zip(shift.signups, results[::2], results[1::2], strict=True):
        is_gone = isinstance(went, TakenPlace)
        assert is_gone or isinstance(went, AlreadyAttended)
        assert isinstance(came, NoShiftHere if is_gone else Arrival)
        assert ServiceRecord.objects.filter(signup_id=signup).exists() is not is_gone
        assert SignUp.objects.get(pk=signup).state == ("cancelled" if is_gone else "confirmed")
    assert AuditEntry.objects.filter(action="attendance.check_in").count() == ServiceRecord.objects.count()


def test_the_moment_counts_that_the_scan_was_made_at(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    frozen(at(8, 50) + timedelta(seconds=5))
    came = scan(cast.volunteer.actor, shift)
    assert came.at == ServiceRecord.objects.get().checked_in_at == Trace.objects.get().at == clock.now()
