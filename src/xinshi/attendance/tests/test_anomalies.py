"""What looks odd: the rules, the duty that applies them, the review, and the approval that waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.attendance.actions import approve, approve_activity, correct_presence, record_many
from xinshi.attendance.anomalies.actions import examine, examine_all, review
from xinshi.attendance.anomalies.domain import (
    AnomalyDecided,
    Look,
    Neighbour,
    NoteMissing,
    OwnAnomaly,
    Seen,
    exact_run,
    findings,
)
from xinshi.attendance.anomalies.models import Anomaly, Examined
from xinshi.attendance.anomalies.queries import open_among, to_review
from xinshi.attendance.closing.actions import close_forgotten
from xinshi.attendance.codes.actions import arrive_by_code
from xinshi.attendance.codes.domain import Choice, code_from
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.domain import LeftOut, NewRecord
from xinshi.attendance.sites.actions import NewSite, put_activity_at, save_site
from xinshi.attendance.sites.domain import Position
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound

LOOK = Look(
    record_id=1,
    activity_id=7,
    stretch=(at(9), at(11)),
    shift=(at(9), at(11)),
    through=("qr", "qr"),
    submitted_at=at(11),
)
HALL = Position(30.27, 120.15)


def kinds(**changes: object) -> dict[str, dict[str, object]]:
    return findings(replace(LOOK, **changes))


def test_nothing_is_odd_about_a_plain_record() -> None:
    assert findings(LOOK) == {}
    assert kinds(exact_in_a_row=7, submitted_at=at(11, days=9), seen=[Seen(event="in", way="qr", at=at(9))]) == {}


def test_each_rule_finds_what_it_is_for_and_says_the_numbers() -> None:
    assert kinds(through=("qr", "rule")) == {"closed_by_rule": {}}
    assert kinds(through=("leader", "entered"), submitted_at=at(11, days=4)) == {"late_entry": {"days": 4}}
    assert kinds(through=("entered", "entered"), submitted_at=at(11, days=3)) == {}
    assert kinds(exact_in_a_row=8) == {"exact_hours": {"records": 8}}
    elsewhere = Seen(event="elsewhere", way="qr", at=at(10), activity_id=9)
    assert kinds(seen=[elsewhere]) == {"two_places": {"activity": 9, "at": at(10).isoformat()}}
    assert kinds(seen=[replace(elsewhere, activity_id=7)]) == {}
    late = Seen(event="in", way="offline", at=at(9), place="outside", hectometres=31, people_on_device=3)
    assert kinds(seen=[late, replace(late, people_on_device=1, hectometres=4)]) == {
        "offline": {"scans": 2},
        "outside": {"hectometres": 31},
        "one_device": {"people": 3},
    }
    assert kinds(seen=[Seen(event="in", way="qr", at=at(9), people_on_device=2)]) == {}


def test_nobody_travels_faster_than_a_car_in_a_city() -> None:
    far = Neighbour(record_id=2, stretch=(at(11, 30), at(12)), place=Position(30.27, 120.5))
    slow = replace(far, stretch=(at(13), at(14)))
    near = replace(far, place=Position(30.271, 120.15), stretch=(at(11), at(12)))
    assert kinds(place=HALL, neighbours=[slow, near]) == {}
    assert kinds(neighbours=[far]) == {}
    found = kinds(place=HALL, neighbours=[slow, far, near])["travel"]
    assert found == {"kmh": 67, "hectometres": 336, "record": 2}
    touching = replace(far, stretch=(at(11), at(12)))
    assert kinds(place=HALL, neighbours=[touching])["travel"]["kmh"] > 2_000


def test_a_run_ends_with_the_first_that_is_not_exact() -> None:
    assert [exact_run(flags) for flags in ([], [False, True], [True, True, False, True])] == [0, 0, 2]


def scan(who: object, activity_id: int, *, choice: Choice = Choice.BY_STATE, device: str = "") -> None:
    code = code_from(new_code(f"a{activity_id}", clock.now()))
    arrive_by_code(actor=who.actor, code=code, choice=choice, device=device)


def found() -> list[tuple[str, int]]:
    return list(Anomaly.objects.order_by("kind", "record_id").values_list("kind", "record_id"))


def test_the_duty_finds_each_once_and_anew_after_a_correction(cast: Cast, service: Service, frozen: MoveTo) -> None:
    _, (pk,) = service.there()
    frozen(at(14))
    close_forgotten(actor=SYSTEM)
    with pytest.raises(NotAllowed):
        examine(actor=cast.coordinator.actor)
    assert (examine_all(actor=SYSTEM), examine_all(actor=SYSTEM)) == (1, 0)
    assert found() == [("closed_by_rule", pk)]
    assert open_among([pk]) == {pk}
    correct_presence(
        actor=cast.leader.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10), reason="提前离开"
    )
    assert open_among([pk]) == frozenset()
    assert examine_all(actor=SYSTEM) == 1
    assert Examined.objects.get().submission == 2
    assert (open_among([pk]), to_review(cast.coordinator.actor).count()) == (frozenset(), 0)


def test_one_phone_for_three_people_and_two_places(cast: Cast, service: Service, frozen: MoveTo) -> None:
    three = [cast.volunteer, cast.second, cast.other_leader]
    shift = service.shift([one.person_id for one in three], places=3)
    other = service.shift([cast.volunteer.person_id], starts_at=at(11), title="讲座")
    for one in three:
        scan(one, shift.activity_id, device="d" * 16)
    frozen(at(10, 30))
    scan(cast.volunteer, other.activity_id)
    frozen(at(10, 50))
    for one in three:
        scan(one, shift.activity_id)
    examine(actor=SYSTEM)
    assert [kind for kind, _ in found()] == ["one_device"] * 3 + ["two_places"]
    assert {row.detail.get("people") for row in Anomaly.objects.filter(kind="one_device")} == {3}


def test_travel_and_exact_hours_are_found_over_several_records(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    sites = [
        save_site(
            actor=SYSTEM,
            site=NewSite(name=name, latitude=Decimal("30.27"), longitude=Decimal(longitude), datum="wgs84"),
        )
        for name, longitude in (("本部", "120.15"), ("分院", "120.95"))
    ]
    for hour, site in ((9, sites[0]), (11, sites[1])):
        shift = service.shift([me], starts_at=at(hour))
        put_activity_at(actor=SYSTEM, activity_id=shift.activity_id, site_id=site)
        for moment in (at(hour), at(hour + 2)):
            frozen(moment)
            scan(cast.volunteer, shift.activity_id)
    for day in range(1, 7):
        frozen(at(8, days=day))
        shift = service.shift([me], starts_at=at(9, days=day))
        for moment in (at(9, days=day), at(11, days=day)):
            frozen(moment)
            scan(cast.volunteer, shift.activity_id)
    assert examine(actor=SYSTEM) == 8
    assert [kind for kind, _ in found()] == ["exact_hours", "travel", "travel"]


def test_an_odd_record_is_not_approved_before_somebody_decided(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift, (pk,) = service.there()
    frozen(at(14))
    close_forgotten(actor=SYSTEM)
    examine(actor=SYSTEM)
    (odd,) = Anomaly.objects.values_list("pk", flat=True)
    decided = approve_activity(actor=cast.leader.actor, activity_id=shift.activity_id)
    assert (decided.done, decided.left_out) == (0, {pk: LeftOut.ANOMALY})
    for who in (cast.other_leader, cast.volunteer, cast.auditor):
        with pytest.raises(NotFound):
            review(actor=who.actor, anomaly_id=odd, accepts=True, note="看见了")
    with pytest.raises(NoteMissing):
        review(actor=cast.leader.actor, anomaly_id=odd, accepts=True, note="  ")
    assert Anomaly.objects.get().state == "open"
    review(actor=cast.leader.actor, anomaly_id=odd, accepts=True, note="我送他到门口")
    with pytest.raises(AnomalyDecided):
        review(actor=cast.coordinator.actor, anomaly_id=odd, accepts=False, note="没看见")
    record = record_of(pk)
    assert (record.hours_kind, record.checked_out_through, record.checked_out_by_ref) == (
        "verified",
        "leader",
        cast.leader.actor.reference,
    )
    assert approve(actor=cast.leader.actor, record_ids=[pk]).done == 1


def test_what_was_upheld_stays_out_and_nobody_judges_their_own(cast: Cast, service: Service, frozen: MoveTo) -> None:
    frozen(at(12, days=9))
    leader = cast.leader.person_id
    shift = service.shift([leader, cast.volunteer.person_id], starts_at=at(9))
    new = [
        NewRecord(shift_id=shift.shift_id, person_id=person, checked_in_at=at(9), checked_out_at=at(11), reason="补录")
        for person in shift.people
    ]
    own, other = record_many(actor=cast.coordinator.actor, records=new)
    examine(actor=SYSTEM)
    assert found() == [("late_entry", own), ("late_entry", other)]
    by_record = dict(Anomaly.objects.values_list("record_id", "pk"))
    with pytest.raises(OwnAnomaly):
        review(actor=cast.leader.actor, anomaly_id=by_record[own], accepts=True, note="是我")
    with pytest.raises(IntegrityError), transaction.atomic():
        Anomaly.objects.filter(record_id=own).update(
            state="accepted", note="是我", decided_at=at(12), decided_by_ref="user:1", decided_by_person_id=leader
        )
    review(actor=cast.leader.actor, anomaly_id=by_record[other], accepts=False, note="没有签到表")
    assert approve(actor=cast.coordinator.actor, record_ids=[own, other]).left_out == {
        own: LeftOut.ANOMALY,
        other: LeftOut.ANOMALY,
    }
    assert list(to_review(cast.leader.actor)) == []
    assert to_review(cast.coordinator.actor, kind="late_entry").count() == 1
    assert to_review(cast.coordinator.actor, kind="travel").count() == 0


def test_the_list_and_the_approvals_show_the_reason(cast: Cast, service: Service, frozen: MoveTo) -> None:
    service.there()
    frozen(at(14))
    close_forgotten(actor=SYSTEM)
    examine(actor=SYSTEM)
    leader = cast.leader.client
    page = leader.get(reverse("attendance:anomalies"))
    assert "未签退" in page.content.decode()
    assert "未签退" in leader.get(reverse("attendance:approvals")).content.decode()
    assert (
        "未签退"
        not in cast.other_leader.client.get(reverse("attendance:anomalies") + "?kind=x")
        .content.decode()
        .split("</nav>")[-1]
    )
    odd = Anomaly.objects.get()
    address = reverse("attendance:review", args=[odd.pk])
    assert leader.post(address, {"decision": "maybe", "note": "x"}).status_code == 404
    leader.post(address, {"decision": "accept", "note": ""})
    odd.refresh_from_db()
    assert odd.state == "open"
    listed = leader.get("/api/v1/attendance/anomalies").json()["items"]
    assert [(row["kind"], row["record_id"]) for row in listed] == [("closed_by_rule", odd.record_id)]
    reviewed = leader.post(
        f"/api/v1/attendance/anomalies/{odd.pk}/review",
        {"accepts": True, "note": "看着走的"},
        content_type="application/json",
    )
    assert reviewed.json() == {"anomaly_id": odd.pk, "state": "accepted"}


def test_looking_at_many_is_a_fixed_number_of_statements(
    cast: Cast, service: Service, frozen: MoveTo, django_assert_max_num_queries: object
) -> None:
    service.there(*cast.people(40), places=40)
    frozen(at(14) + timedelta(seconds=1))
    close_forgotten(actor=SYSTEM)
    with django_assert_max_num_queries(14):
        assert examine(actor=SYSTEM) == 40
    assert Anomaly.objects.count() == 40
