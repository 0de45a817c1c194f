"""Coming and going by codes: at the place, by digits, by one's own code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.activities.models import Activity, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody, all_at_once
from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.domain import Category, Grant, NewKind
from xinshi.attendance.actions import take_back_check_in
from xinshi.attendance.codes.actions import arrive_by_code, arrive_by_digits, receive_own_code
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.domain import (
    CertificateMissing,
    CheckInTakenBack,
    Choice,
    CodeTooOld,
    CodeUnreadable,
    DigitsWrong,
    NoShiftHere,
    NothingServedYet,
    NotThere,
    Outcome,
    ServedAlready,
    Standing,
    TooEarlyToCome,
    TooManyTries,
    code_from,
    decide,
    window_of,
)
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import device_digest, digits_of, new_code
from xinshi.attendance.domain import StillCheckedIn
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.messages.models import Message


def traces() -> int:
    return Trace.objects.count()


def refused(error: type[DomainError], action: Callable[[], object]) -> DomainError:
    before = (written(), traces())
    with pytest.raises(error) as caught:
        action()
    assert (written(), traces()) == before
    return caught.value


def scan(who: Somebody, activity_id: int, *, choice: Choice = Choice.BY_STATE, code: str = "") -> Arrival:
    shown = code or new_code(f"a{activity_id}", clock.now())
    return arrive_by_code(actor=who.actor, code=code_from(shown), choice=choice)


def test_one_scan_checks_in_and_the_next_out(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    frozen(at(8, 50))
    came = scan(cast.volunteer, shift.activity_id)
    assert (came.outcome, came.at, came.was_known) == (Outcome.IN, at(8, 50), False)
    record = record_of(came.record_id)
    assert (record.state, record.checked_in_through, record.checked_in_by_ref) == (
        "open",
        "qr",
        cast.volunteer.actor.reference,
    )
    assert SignUp.objects.get(pk=shift.signups[0]).attended_at == at(8, 50)
    frozen(at(10, 55))
    went = scan(cast.volunteer, shift.activity_id)
    assert (went.outcome, went.credited_minutes, went.record_id) == (Outcome.OUT, 115, came.record_id)
    record.refresh_from_db()
    assert (record.state, record.checked_out_through, record.hours_kind) == ("submitted", "qr", "verified")
    assert list(Trace.objects.order_by("pk").values_list("event", "way")) == [("in", "qr"), ("out", "qr")]


def test_the_same_code_serves_a_person_once(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    code = new_code(f"a{shift.activity_id}", clock.now())
    first = scan(cast.volunteer, shift.activity_id, code=code)
    before = (written(), traces())
    for choice in Choice:
        again = scan(cast.volunteer, shift.activity_id, code=code, choice=choice)
        assert (again.outcome, again.record_id, again.was_known) == (Outcome.IN, first.record_id, True)
    assert (written(), traces()) == before
    assert scan(cast.second, shift.activity_id, code=code).outcome is Outcome.IN
    trace = Trace.objects.order_by("pk").first()
    trace.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        trace.save(force_insert=True)


def test_a_code_is_good_for_its_half_minute_and_one_to_each_side(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    code = code_from(new_code(f"a{shift.activity_id}", at(9)))
    for moment in (at(9, 1), at(8, 59) - timedelta(seconds=1)):
        frozen(moment)
        refused(CodeTooOld, lambda: arrive_by_code(actor=cast.volunteer.actor, code=code))
    frozen(at(9) + timedelta(seconds=59))
    assert arrive_by_code(actor=cast.volunteer.actor, code=code).outcome is Outcome.IN


def test_a_code_that_the_hospital_did_not_make_is_none(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    other = service.shift([cast.second.person_id], title="讲座")
    code = new_code(f"a{shift.activity_id}", clock.now())
    mark = code.rpartition("-")[2]
    forged = new_code(f"a{other.activity_id}", clock.now()).rpartition("-")[0] + f"-{mark}"
    own = new_code(f"o{cast.volunteer.person_id}", clock.now())
    for typed in (code[:-1] + ("0" if code[-1] != "0" else "1"), forged, own):
        refused(CodeUnreadable, lambda typed=typed: arrive_by_code(actor=cast.volunteer.actor, code=code_from(typed)))
    for typed in ("", "a1", "http://example.org/", "a0-3000000-" + "0" * 24, "b1-3000000-" + "0" * 24, "a" * 400):
        with pytest.raises(CodeUnreadable):
            code_from(typed)
    assert code_from(f" https://h.example/attendance/here/c/{code.upper()}/ ").scope == f"a{shift.activity_id}"


def test_who_has_no_place_here_is_told_what_helps(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id], starts_at=at(14))
    refused(NoShiftHere, lambda: scan(cast.second, shift.activity_id))
    refused(NotAllowed, lambda: scan(_nobody(cast), shift.activity_id))
    early = refused(TooEarlyToCome, lambda: scan(cast.volunteer, shift.activity_id))
    assert early.parameters == {"time": "13:00"}
    frozen(at(13))
    refused(NotThere, lambda: scan(cast.volunteer, shift.activity_id, choice=Choice.OUT))
    scan(cast.volunteer, shift.activity_id)
    frozen(at(13, 30))
    refused(NothingServedYet, lambda: scan(cast.volunteer, shift.activity_id, choice=Choice.OUT))
    before = (written(), traces())
    assert scan(cast.volunteer, shift.activity_id).was_known
    assert (written(), traces()) == before
    frozen(at(15, 50))
    scan(cast.volunteer, shift.activity_id)
    frozen(at(15, 55))
    refused(ServedAlready, lambda: scan(cast.volunteer, shift.activity_id))


def _nobody(cast: Cast) -> Somebody:
    from xinshi.people.models import User

    User.objects.filter(pk=cast.clerk.user.pk).update(person=None)
    cast.clerk.user.refresh_from_db()
    return cast.clerk


def test_who_would_leave_early_is_asked_and_nothing_changes(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    scan(cast.volunteer, shift.activity_id)
    frozen(at(10))
    before = (written(), traces())
    assert scan(cast.volunteer, shift.activity_id).outcome is Outcome.ASK
    assert (written(), traces()) == before
    assert scan(cast.volunteer, shift.activity_id, choice=Choice.OUT).credited_minutes == 60


def test_a_check_in_taken_back_is_done_again_by_a_new_code(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    first = scan(cast.volunteer, shift.activity_id)
    take_back_check_in(actor=cast.leader.actor, record_id=first.record_id)
    frozen(at(9, 5))
    again = scan(cast.volunteer, shift.activity_id)
    assert (again.record_id, record_of(first.record_id).checked_in_at) == (first.record_id, at(9, 5))


def test_nobody_is_in_two_places_and_the_attempt_is_remembered(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    _, (there,) = service.there(me, hours=1)
    other = service.shift([me], starts_at=at(10), title="讲座")
    frozen(at(9, 50))
    arrival = scan(cast.volunteer, other.activity_id)
    assert arrival.outcome is Outcome.REFUSED
    assert isinstance(arrival.refusal, StillCheckedIn)
    trace = Trace.objects.get()
    assert (trace.event, trace.record_id, trace.shift_id) == ("elsewhere", there, other.shift_id)
    again = scan(cast.volunteer, other.activity_id)
    assert (again.outcome, again.was_known, traces()) == (Outcome.REFUSED, True, 1)
    assert ServiceRecord.objects.count() == 1


def test_a_missing_or_expired_certificate_blocks_and_the_leader_is_told(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    me = cast.volunteer.person_id
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code="insurance", name="意外伤害保险", category=Category.INSURANCE)])
    shift = service.shift([me])
    Activity.objects.filter(pk=shift.activity_id).update(is_dangerous=True)
    grant = Grant(
        person_id=me,
        code="insurance",
        issued_on=at(9, days=-400).date(),
        expires_on=at(9, days=-1).date(),
        source_ref="old",
    )
    grant_many(actor=SYSTEM, grants=[grant])
    arrival = scan(cast.volunteer, shift.activity_id)
    assert isinstance(arrival.refusal, CertificateMissing)
    assert arrival.refusal.parameters == {"kind": "意外伤害保险"}
    assert (ServiceRecord.objects.count(), traces()) == (0, 0)
    told = Message.objects.get(recipient_ref=cast.leader.reference)
    assert told.parameters["name"] == "李明"
    scan(cast.volunteer, shift.activity_id)
    assert Message.objects.filter(recipient_ref=cast.leader.reference).count() == 1
    new = Grant(person_id=me, code="insurance", issued_on=at(9).date(), source_ref="new")
    grant_many(actor=SYSTEM, grants=[new])
    assert scan(cast.volunteer, shift.activity_id).outcome is Outcome.IN


def test_six_digits_do_the_same_and_guessing_is_limited(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    digits = digits_of(f"a{shift.activity_id}", window_of(clock.now()))
    wrong = "000000" if digits != "000000" else "000001"
    for _ in range(8):
        with pytest.raises(DigitsWrong):
            arrive_by_digits(actor=cast.volunteer.actor, typed=wrong)
    assert arrive_by_digits(actor=cast.volunteer.actor, typed=f"{digits[:3]} {digits[3:]}").outcome is Outcome.IN
    with pytest.raises(DigitsWrong):
        arrive_by_digits(actor=cast.volunteer.actor, typed="")
    with pytest.raises(TooManyTries):
        arrive_by_digits(actor=cast.volunteer.actor, typed=digits)
    frozen(at(9, 11))
    with pytest.raises(DigitsWrong):
        arrive_by_digits(actor=cast.volunteer.actor, typed=digits)
    assert ServiceRecord.objects.count() == 1


def test_who_leads_scans_own_codes_and_nobody_else_does(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    shift = service.shift([me, cast.second.person_id])
    code = new_code(f"o{me}", clock.now())

    def receive(who: Somebody, typed: str) -> Arrival:
        return receive_own_code(actor=who.actor, shift_id=shift.shift_id, typed=typed)

    for who in (cast.other_leader, cast.volunteer, cast.clerk):
        refused(NotFound, lambda who=who: receive(who, code))
    refused(CodeUnreadable, lambda: receive(cast.leader, new_code(f"a{shift.activity_id}", clock.now())))
    refused(NoShiftHere, lambda: receive(cast.leader, new_code(f"o{cast.clerk.person_id}", clock.now())))
    arrival = receive(cast.leader, code)
    assert (arrival.outcome, arrival.signup.person_id) == (Outcome.IN, me)
    assert record_of(arrival.record_id).checked_in_through == "own_code"
    assert receive(cast.leader, code).was_known
    other = receive(cast.coordinator, digits_of(f"o{cast.second.person_id}", window_of(clock.now())))
    assert (other.outcome, other.signup.person_id) == (Outcome.IN, cast.second.person_id)
    refused(DigitsWrong, lambda: receive(cast.leader, digits_of(f"o{cast.clerk.person_id}", window_of(clock.now()))))
    frozen(at(9, 1))
    refused(CodeTooOld, lambda: receive(cast.leader, code))


@pytest.mark.django_db(transaction=True)
def test_one_code_pressed_by_many_threads_makes_one_record(cast: Cast, service: Service) -> None:
    people = [cast.volunteer, cast.second]
    shift = service.shift([one.person_id for one in people])
    code = code_from(new_code(f"a{shift.activity_id}", clock.now()))
    actors = [one.actor for one in people]
    jobs = [lambda actor=actor: arrive_by_code(actor=actor, code=code) for actor in actors * 6]
    outcomes = all_at_once(jobs, threads=6)
    assert [one.outcome for one in outcomes] == [Outcome.IN] * 12
    assert sum(not one.was_known for one in outcomes) == 2
    assert (ServiceRecord.objects.count(), traces()) == (2, 2)


def url(shift_activity: int) -> str:
    return reverse("attendance:scanned", args=[new_code(f"a{shift_activity}", clock.now())])


def test_the_page_writes_nothing_until_the_button_is_pressed(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    client, address = cast.volunteer.client, url(shift.activity_id)
    page = client.get(address)
    assert page.status_code == 200
    assert ServiceRecord.objects.count() == 0
    assert client.cookies["xinshi_device"]["httponly"]
    ticket = page.context["ticket"]
    frozen(at(9, 5))
    assert client.post(address).status_code == 409
    stranger = cast.second.client
    assert stranger.post(address, {"ticket": ticket}).status_code == 409
    done = client.post(address, {"ticket": ticket})
    assert "已签到" in done.content.decode()
    token = client.cookies["xinshi_device"].value
    assert Trace.objects.get().device == device_digest(token, clock.today()) != device_digest(token, "2026-03-04")
    frozen(at(9, 11))
    assert client.post(address, {"ticket": ticket}).status_code == 409


def test_who_signs_in_first_comes_back_with_the_code_they_saw(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    client, address = Client(), url(shift.activity_id)
    sent = client.get(address)
    assert (sent.status_code, sent.headers["Location"]) == (302, f"/account/login/?next={address}")
    session = dict(client.session)
    frozen(at(9, 3))
    client.force_login(cast.volunteer.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
    kept = client.session
    kept.update({"attendance_seen": session["attendance_seen"]})
    kept.save()
    page = client.get(address)
    assert client.post(address, {"ticket": page.context["ticket"]}).status_code == 200
    assert record_of(ServiceRecord.objects.get().pk).checked_in_at == at(9, 3)
    assert Client().get(address).status_code == 409


def test_pages_of_who_leads_and_my_own_code(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    leader = cast.leader.client
    for name in ("display", "display_part", "scan"):
        assert leader.get(reverse(f"attendance:{name}", args=[shift.shift_id])).status_code == 200
        assert cast.other_leader.client.get(reverse(f"attendance:{name}", args=[shift.shift_id])).status_code == 404
    mine = cast.volunteer.client.get(reverse("attendance:my_code"))
    assert mine.context["shown"].digits == digits_of(f"o{cast.volunteer.person_id}", window_of(clock.now()))
    scanned = leader.post(
        reverse("attendance:scan", args=[shift.shift_id]),
        {"code": mine.context["path"]},
        headers={"HX-Request": "true"},
    )
    assert 'data-verdict="yes"' in scanned.content.decode()
    assert "李明" in scanned.content.decode()
    again = leader.post(reverse("attendance:scan", args=[shift.shift_id]), {"code": "123"})
    assert again.context["refusal"].code == "code_unreadable"
    page = cast.volunteer.client.get(reverse("attendance:here"))
    assert "门诊导医" in page.content.decode()
    assert cast.clerk.client.post(reverse("attendance:digits"), {"digits": "123456"}).status_code == 422


def test_a_code_whose_check_in_was_taken_back_says_so(cast: Cast, service: Service, frozen: MoveTo) -> None:
    """It said that the person was checked in, while nothing was recorded any more."""
    shift = service.shift([cast.volunteer.person_id])
    code = new_code(f"a{shift.activity_id}", clock.now())
    came = scan(cast.volunteer, shift.activity_id, code=code)
    take_back_check_in(actor=cast.leader.actor, record_id=came.record_id or 0)
    again = scan(cast.volunteer, shift.activity_id, code=code)
    assert (again.outcome, type(again.refusal)) == (Outcome.REFUSED, CheckInTakenBack)
    frozen(clock.now() + timedelta(seconds=30))
    assert scan(cast.volunteer, shift.activity_id).outcome is Outcome.IN
    assert scan(cast.volunteer, shift.activity_id, code=code).outcome is Outcome.IN


def test_the_api_takes_codes_and_says_no_with_a_problem(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    shown = cast.leader.client.get(f"/api/v1/attendance/shifts/{shift.shift_id}/code").json()
    assert (len(shown["digits"]), shown["seconds"]) == (6, 30)
    assert cast.second.client.get(f"/api/v1/attendance/shifts/{shift.shift_id}/code").status_code == 404
    client = cast.volunteer.client

    def post(name: str, **payload: object) -> object:
        return client.post(f"/api/v1/attendance/{name}", payload, content_type="application/json")

    assert post("codes", code="nonsense").json()["type"] == "urn:xinshi:problem:code_unreadable"
    came = post("codes", code=shown["code"])
    assert (came.status_code, came.json()["outcome"]) == (200, "in")
    frozen(at(10, 50))
    digits = cast.leader.client.get(f"/api/v1/attendance/shifts/{shift.shift_id}/code").json()["digits"]
    went = post("digits", digits=digits)
    assert (went.json()["outcome"], went.json()["credited_minutes"]) == ("out", 110)
    assert client.get("/api/v1/attendance/my-code").json()["code"].startswith(f"o{cast.volunteer.person_id}-")


MOMENTS = st.integers(-120, 240)
STANDINGS = st.lists(
    st.tuples(st.integers(0, 180), st.integers(1, 120), st.sampled_from(["expected", "open", "done"])), max_size=4
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(STANDINGS, MOMENTS, st.sampled_from(Choice), st.integers(0, 120))
def test_a_decision_is_always_possible_for_the_place_it_names(
    places: list[tuple[int, int, str]], minute: int, choice: Choice, early: int
) -> None:
    standings = [
        Standing(
            signup_id=n + 1,
            starts_at=at(9) + timedelta(minutes=start),
            ends_at=at(9) + timedelta(minutes=start + length),
            state=state,
        )
        for n, (start, length, state) in enumerate(places)
    ]
    now = at(9) + timedelta(minutes=minute)
    try:
        step = decide(standings, now, early=timedelta(minutes=early), choice=choice)
    except DomainError:
        return
    chosen = standings[step.signup_id - 1]
    if step.is_done:
        assert (choice, chosen.state, step.outcome) == (Choice.BY_STATE, "open", Outcome.IN)
    elif step.outcome is Outcome.IN:
        assert choice is not Choice.OUT
        assert chosen.state == "expected"
        assert chosen.starts_at - timedelta(minutes=early) <= now < chosen.ends_at
    else:
        assert chosen.state == "open"
        assert now >= chosen.starts_at + timedelta(minutes=1)
        assert choice is not Choice.IN
        assert step.outcome is Outcome.OUT or choice is Choice.BY_STATE
