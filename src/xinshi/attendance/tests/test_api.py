"""Presence and approval by the REST API."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.test import Client

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.bank.models import Deposit

ROOT = "/api/v1/attendance"


def send(who: Somebody, method: str, path: str, body: object = None, key: str = "") -> HttpResponse:
    headers = {"Idempotency-Key": key} if key else {}
    text = "" if body is None else json.dumps(body)
    return who.client.generic(method, f"{ROOT}{path}", text, content_type="application/json", headers=headers)


def code(response: HttpResponse) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def test_the_whole_way_of_a_service_record(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    leader = cast.leader
    lines = send(leader, "GET", f"/shifts/{shift.shift_id}/list").json()["items"]
    assert {(line["name"], line["state"], line["record_id"]) for line in lines} == {
        ("李明", "expected", None),
        ("王芳", "expected", None),
    }
    records = send(leader, "POST", "/check-ins", {"signup_ids": shift.signups}, key="in").json()["record_ids"]
    assert send(leader, "POST", "/check-ins", {"signup_ids": shift.signups}, key="in").json()["record_ids"] == records
    assert code(send(leader, "POST", "/check-ins", {"signup_ids": shift.signups})) == (409, "already_checked_in")
    frozen(at(12))
    left = {"record_ids": records, "at": at(11).isoformat()}
    assert send(leader, "POST", "/check-outs", left).json()["record_ids"] == records
    mine = send(cast.volunteer, "GET", "/records/mine").json()["items"]
    assert [(row["id"], row["scheduled_minutes"], row["present_minutes"], row["credited_minutes"]) for row in mine] == [
        (records[0], 120, 120, 120)
    ]
    times = {"checked_in_at": at(9).isoformat(), "checked_out_at": at(10).isoformat(), "reason": "提前离开"}
    corrected = send(leader, "POST", f"/records/{records[1]}/correct", times).json()
    assert (corrected["credited_minutes"], corrected["state"]) == (60, "submitted")
    waiting = send(cast.coordinator, "GET", "/waiting").json()["items"]
    assert {row["id"] for row in waiting} == set(records)
    decided = send(cast.coordinator, "POST", "/approvals", {"record_ids": [records[0], 10**9]}, key="yes").json()
    assert (decided["done"], decided["minutes"]) == (1, 120)
    assert [(out["record_id"], out["code"]) for out in decided["left_out"]] == [(10**9, "not_found")]
    assert (
        send(cast.coordinator, "POST", "/approvals", {"record_ids": [records[0], 10**9]}, key="yes").json() == decided
    )
    refused = send(cast.coordinator, "POST", "/refusals", {"record_ids": [records[1]], "reason": "没来"}).json()
    assert refused["done"] == 1
    assert send(cast.second, "GET", f"/records/{records[1]}").json()["refusal_reason"] == "没来"
    assert Deposit.objects.count() == 1
    assert record_of(records[0]).deposit_id == Deposit.objects.get().pk


def test_approves_a_whole_activity(cast: Cast, service: Service) -> None:
    shift, _ = service.submitted(*cast.people(3))
    path = f"/activities/{shift.activity_id}/approve"
    assert send(cast.leader, "POST", path).json() == {"done": 3, "minutes": 360, "advanced": 0, "left_out": []}
    assert send(cast.leader, "POST", path).json()["done"] == 0
    assert Deposit.objects.count() == 3


def test_enters_presence_afterwards(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([])
    frozen(at(12))
    times = {"checked_in_at": at(9).isoformat(), "checked_out_at": at(11).isoformat()}
    rows = [{"shift_id": shift.shift_id, "person_id": cast.volunteer.person_id} | times]
    body = {"reason": "手机没电", "records": rows}
    assert code(send(cast.leader, "POST", "/records", body)) == (403, "not_allowed")
    (pk,) = send(cast.coordinator, "POST", "/records", body).json()["record_ids"]
    assert send(cast.coordinator, "GET", f"/records/{pk}").json()["hours_kind"] == "honorary"
    assert len(send(cast.coordinator, "GET", "/records?state=submitted").json()["items"]) == 1
    assert send(cast.coordinator, "GET", f"/records?activity_id={shift.activity_id + 1}").json()["items"] == []


def test_takes_a_check_in_back(cast: Cast, service: Service) -> None:
    _, (pk,) = service.there()
    assert send(cast.leader, "POST", f"/records/{pk}/take-back").json() == {"record_id": pk, "state": "withdrawn"}
    assert code(send(cast.leader, "POST", f"/records/{pk}/take-back")) == (409, "not_checked_in")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/shifts/{shift}/list", None),
        ("POST", "/check-ins", {"signup_ids": ["{signup}"]}),
        ("POST", "/check-outs", {"record_ids": ["{record}"]}),
        ("GET", "/records/{record}", None),
        ("POST", "/records/{record}/take-back", None),
        (
            "POST",
            "/records/{record}/correct",
            {"checked_in_at": at(9).isoformat(), "checked_out_at": at(10).isoformat(), "reason": "x"},
        ),
        ("POST", "/approvals", {"record_ids": ["{record}"]}),
        ("POST", "/activities/{activity}/approve", None),
        ("POST", "/refusals", {"record_ids": ["{record}"], "reason": "x"}),
    ],
)
def test_what_one_may_not_see_is_as_if_not_there(
    cast: Cast, service: Service, method: str, path: str, body: object
) -> None:
    shift, (record,) = service.there()
    names = {"shift": shift.shift_id, "signup": shift.signups[0], "record": record, "activity": shift.activity_id}
    text = json.dumps(body)
    for name, number in names.items():
        path, text = path.replace(f"{{{name}}}", str(number)), text.replace(f'"{{{name}}}"', str(number))
    before = written()
    for somebody in (cast.second, cast.other_leader, cast.clerk):
        assert code(send(somebody, method, path, json.loads(text))) == (404, "not_found")
    assert code(Client().generic(method, f"{ROOT}{path}", text, content_type="application/json"))[0] in (401, 403)
    assert written() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/check-ins", {"signup_ids": []}),
        ("/check-ins", {"signup_ids": [2**70]}),
        ("/check-ins", {"signup_ids": [1], "at": "0001-01-01T00:00:00+14:00"}),
        ("/check-ins", {"signup_ids": [1] * 2_001}),
        ("/approvals", {"record_ids": []}),
        ("/refusals", {"record_ids": [1], "reason": ""}),
        ("/refusals", {"record_ids": [1], "reason": "a\0"}),
        ("/records", {"reason": "x", "records": []}),
    ],
)
def test_refuses_what_does_not_fit(cast: Cast, path: str, body: object) -> None:
    before = written()
    assert code(send(cast.coordinator, "POST", path, body)) == (422, "invalid")
    assert written() == before


def test_the_list_is_read_by_cursor(cast: Cast, service: Service) -> None:
    shift = service.shift(cast.people(5))
    first = send(cast.leader, "GET", f"/shifts/{shift.shift_id}/list?limit=3").json()
    rest = send(cast.leader, "GET", f"/shifts/{shift.shift_id}/list?limit=3&cursor={first['next_cursor']}").json()
    found = [line["signup_id"] for line in (*first["items"], *rest["items"])]
    assert found == sorted(shift.signups, reverse=True)
    assert rest["next_cursor"] is None
    assert ServiceRecord.objects.count() == 0
