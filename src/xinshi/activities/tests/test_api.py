"""Activities by the REST API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.tests.conftest import Cast, MakeActivity, Somebody, tomorrow_at
from xinshi.kernel import clock
from xinshi.organizations.models import Membership

ROOT = "/api/v1/activities"


def send(who: Somebody, method: str, path: str, body: object = None, key: str = "") -> HttpResponse:
    headers = {"Idempotency-Key": key} if key else {}
    text = "" if body is None else json.dumps(body)
    return who.client.generic(method, f"{ROOT}{path}", text, content_type="application/json", headers=headers)


def new_activity(cast: Cast, **more: object) -> dict[str, Any]:
    shift = {"starts_at": tomorrow_at(9).isoformat(), "ends_at": tomorrow_at(11).isoformat(), "places": 3}
    values: dict[str, Any] = {
        "title": "门诊导医",
        "category": "0004",
        "place": "门诊楼",
        "organizer_id": cast.department.pk,
        "person_in_charge_id": cast.leader.person_id,
        "shifts": [shift],
    }
    return values | more


def code(response: HttpResponse) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def test_the_whole_way_of_an_activity(cast: Cast) -> None:
    planner = cast.coordinator
    made = send(planner, "POST", "", new_activity(cast)).json()
    assert (made["state"], len(made["shifts"])) == ("draft", 1)
    path, shift = f"/{made['id']}", made["shifts"][0]["id"]
    assert code(send(cast.volunteer, "GET", path)) == (404, "not_found")
    changed = new_activity(cast, place="住院楼", shifts=[new_activity(cast)["shifts"][0] | {"id": shift, "places": 1}])
    assert send(planner, "PUT", path, changed).json()["place"] == "住院楼"
    assert send(planner, "POST", f"{path}/publish").json()["state"] == "published"
    (offered,) = send(cast.volunteer, "GET", "/open-shifts").json()["items"]
    assert (offered["id"], offered["may_sign_up"], offered["refusal"]) == (shift, True, None)
    place = send(cast.volunteer, "POST", f"/shifts/{shift}/sign-ups", {}).json()
    assert (place["person_id"], place["state"]) == (cast.volunteer.person_id, "confirmed")
    assert code(send(cast.second, "POST", f"/shifts/{shift}/sign-ups", {})) == (409, "shift_full")
    (full,) = send(cast.second, "GET", "/open-shifts").json()["items"]
    assert (full["may_sign_up"], full["refusal_code"]) == (False, "shift_full")
    (mine,) = send(cast.volunteer, "GET", "/my-shifts").json()
    assert mine["signup_id"] == place["id"]
    assert code(send(cast.second, "POST", f"/sign-ups/{place['id']}/cancel")) == (404, "not_found")
    assert send(cast.volunteer, "POST", f"/sign-ups/{place['id']}/cancel").json()["state"] == "cancelled"
    by_leader = send(cast.leader, "POST", f"/shifts/{shift}/sign-ups", {"person_id": cast.second.person_id})
    assert by_leader.json()["person_id"] == cast.second.person_id
    assert send(planner, "POST", f"{path}/cancel", {"reason": "台风"}).json()["people_told"] == 1
    assert Activity.objects.get().state == "cancelled"


def test_the_same_key_writes_once(cast: Cast, make_activity: MakeActivity) -> None:
    first = send(cast.coordinator, "POST", "", new_activity(cast), key="k1")
    again = send(cast.coordinator, "POST", "", new_activity(cast), key="k1")
    assert again.json() == first.json()
    assert Activity.objects.count() == 1
    (shift,) = make_activity().shift_ids
    answers = [send(cast.volunteer, "POST", f"/shifts/{shift}/sign-ups", {}, key="k2").json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert (SignUp.objects.count(), Shift.objects.get(pk=shift).taken) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\0b"},
        {"title": "\ud800"},
        {"category": "4321"},
        {"organizer_id": 2**70},
        {"organizer_id": 2**60},
        {"shifts": []},
        {"shifts": [{"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "0001-01-01T02:00:00Z", "places": 1}]},
        {"shifts": [{"starts_at": "2026-03-03T09:00:00", "ends_at": "2026-03-03T11:00:00", "places": 1}]},
    ],
)
def test_refuses_what_does_not_fit_and_creates_nothing(cast: Cast, wrong: dict[str, Any]) -> None:
    assert code(send(cast.coordinator, "POST", "", new_activity(cast, **wrong))) == (422, "invalid")
    assert Activity.objects.count() == 0


def test_refuses_whoever_may_not(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    for path in ("", "/open-shifts", "/my-shifts", "/programmes", f"/{made.activity_id}"):
        assert code(Client().get(f"{ROOT}{path}")) == (401, "not_signed_in")
    for somebody in (cast.volunteer, cast.leader, cast.auditor):
        assert code(send(somebody, "POST", "", new_activity(cast))) == (403, "not_allowed")
        assert code(send(somebody, "POST", f"/{made.activity_id}/cancel", {"reason": "x"})) == (403, "not_allowed")
    assert Activity.objects.get().state == "published"


def test_pages_through_by_cursor(cast: Cast, make_activity: MakeActivity) -> None:
    ids = [make_activity(title=f"活动{n}").activity_id for n in range(5)]
    make_activity(state="draft")
    found, cursor = [], ""
    for _ in range(3):
        answer = send(cast.volunteer, "GET", f"?limit=2{cursor}").json()
        found += [item["id"] for item in answer["items"]]
        cursor = f"&cursor={answer['next_cursor']}"
    assert found == list(reversed(ids))
    assert answer["next_cursor"] is None
    assert len(send(cast.coordinator, "GET", "?state=draft").json()["items"]) == 1
    assert send(cast.volunteer, "GET", "/open-shifts?day=9999-12-31").json()["items"] == []


def test_roles_and_rules_are_kept_where_they_are_left_out(cast: Cast) -> None:
    planner = cast.coordinator
    roles = [
        {"name": "测血糖", "requirements": {"qualifications": ["nurse"], "age_min": 18}},
        {"name": "引导", "description": "带路", "requirements": {"is_heavy": True}},
    ]
    shift = new_activity(cast)["shifts"][0] | {"role": "引导", "minimum": 2, "reserve": 4}
    rules = {"sign_up_way": "on_request", "cancel_closes_minutes": 90, "allowance_yuan": 30}
    made = send(planner, "POST", "", new_activity(cast, roles=roles, shifts=[shift], **rules)).json()
    path = f"/{made['id']}"
    plan = send(planner, "GET", f"{path}/plan").json()
    assert [role["name"] for role in plan["roles"]] == ["测血糖", "引导"]
    assert plan["roles"][0]["requirements"]["qualifications"] == ["nurse"]
    bare = new_activity(cast, place="住院楼")
    bare["shifts"][0]["id"] = made["shifts"][0]["id"]
    assert send(planner, "PUT", path, bare).status_code == 200
    after = send(planner, "GET", f"{path}/plan").json()
    assert after == plan | {"place": "住院楼"}
    assert send(planner, "PUT", path, after).status_code == 200
    assert send(planner, "GET", f"{path}/plan").json() == after, "what is read can be sent back"
    assert code(send(planner, "PUT", path, after | {"allowance_yuan": 500})) == (422, "paid_service")
    assert code(send(planner, "PUT", path, after | {"roles": [roles[0], roles[0]]})) == (422, "invalid")
    assert code(send(cast.volunteer, "GET", f"{path}/plan")) == (404, "not_found")
    assert send(planner, "POST", f"{path}/publish").json()["state"] == "published"
    assert send(planner, "POST", f"{path}/unpublish").json()["state"] == "draft"


def test_a_department_asks_by_program(cast: Cast) -> None:
    Membership.objects.create(
        person_id=cast.volunteer.person_id, organization=cast.department, since=clock.today(), is_leader=True
    )
    wish = {
        "department_id": cast.department.pk,
        "title": "接种日引导",
        "category": "0004",
        "place": "预防接种门诊",
        "starts_at": tomorrow_at(8).isoformat(),
        "ends_at": tomorrow_at(11).isoformat(),
        "people_number": 4,
        "key": "program-12345",
    }
    asked = send(cast.volunteer, "POST", "/requests", wish).json()
    assert send(cast.volunteer, "POST", "/requests", wish).json()["id"] == asked["id"]
    assert (asked["state"], [step["kind"] for step in asked["steps"]]) == ("asked", ["asked"])
    path = f"/requests/{asked['id']}"
    assert code(send(cast.second, "GET", path)) == (404, "not_found")
    assert send(cast.second, "GET", "/requests").json()["items"] == []
    assert code(send(cast.second, "POST", "/requests", wish | {"key": "someone-else"})) == (404, "not_found")
    assert code(send(cast.volunteer, "POST", f"{path}/publish")) == (403, "not_allowed")
    granted = send(cast.coordinator, "POST", f"{path}/publish").json()
    assert (granted["state"], Activity.objects.get(pk=granted["activity_id"]).state) == ("granted", "published")
    assert code(send(cast.coordinator, "POST", f"{path}/decline", {"reason": "晚了"})) == (409, "request_settled")
    other = send(cast.volunteer, "POST", "/requests", wish | {"key": "program-67890"}).json()
    assert send(cast.volunteer, "POST", f"/requests/{other['id']}/withdraw").json()["state"] == "withdrawn"
