"""Benefits and vouchers by the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import Cast, make, take
from xinshi.kernel import clock

pytestmark = pytest.mark.django_db
API = "/api/v1/benefits"


def post(client: Client, path: str, body: object = None, *, key: str = "", method: str = "post") -> object:
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, method)(f"{API}{path}", body or {}, content_type="application/json", headers=headers)


def test_the_whole_way(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    coordinator, volunteer, clerk = cast.coordinator.client, cast.volunteer.client, cast.clerk.client
    body = {"name": "健康体检", "kind": "health_check", "supply": "dated", "price_minutes": 600}
    benefit_id = post(coordinator, "", body, key="new").json()["benefit_id"]
    assert post(coordinator, "", body, key="new").json() == {"benefit_id": benefit_id}
    today = clock.today()
    days = [{"day": (today + timedelta(days=n)).isoformat(), "places": 1} for n in range(2)]
    slot_id, later = post(coordinator, f"/{benefit_id}/slots", {"slots": days}).json()["slot_ids"]
    (listed,) = volunteer.get(API).json()["items"]
    assert (listed["places_left"], listed["next_day"], listed["why_not"]) == (2, today.isoformat(), None)
    detail = volunteer.get(f"{API}/{benefit_id}").json()
    assert (detail["available_minutes"], [slot["id"] for slot in detail["slots"]]) == (1500, [slot_id, later])
    made = [post(volunteer, f"/{benefit_id}/reserve", {"slot_id": slot_id}, key="r1").json() for _ in range(2)]
    assert made[0] == made[1]
    voucher_id, code = made[0]["voucher_id"], made[0]["short_code"]
    other = post(volunteer, f"/{benefit_id}/reserve", {"slot_id": later}).json()["voucher_id"]
    assert [card["id"] for card in volunteer.get(f"{API}/vouchers").json()["items"]] == [other, voucher_id]
    assert post(volunteer, f"/vouchers/{other}/cancel").json()["state"] == "cancelled"
    verdict = clerk.get(f"{API}/vouchers/by-code/{code.lower()}").json()
    assert (verdict["person_name"], verdict["why_not"]) == ("李明", None)
    assert [card["id"] for card in clerk.get(f"{API}/vouchers/due-today").json()] == [voucher_id]
    assert post(clerk, f"/vouchers/{voucher_id}/fulfil").status_code == 200
    again = post(clerk, f"/vouchers/{voucher_id}/fulfil")
    assert (again.status_code, again.json()["code"]) == (409, "voucher_used")
    assert clerk.get(f"{API}/vouchers/by-code/{code}").json()["why_not"]["code"] == "voucher_used"
    assert cast.volunteer.balance.posted == 900


def test_a_key_never_reserves_twice_even_when_its_answer_was_forgotten(cast: Cast) -> None:
    from xinshi.doors.models import IdempotencyKey

    cast.give(cast.volunteer, hours=100)
    made = make(stock=5)
    post(cast.volunteer.client, f"/{made.id}/reserve", key="k")
    IdempotencyKey.objects.all().delete()
    assert post(cast.volunteer.client, f"/{made.id}/reserve", key="k").json()["is_new"] is False
    assert (Voucher.objects.count(), Benefit.objects.get().taken) == (1, 1)


def test_a_refusal_says_why_and_changes_nothing(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=7)
    made = make(hours=10, stock=1)
    (listed,) = cast.volunteer.client.get(API).json()["items"]
    answer = post(cast.volunteer.client, f"/{made.id}/reserve", key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_enough_hours")
    assert listed["why_not"] == {"code": "not_enough_hours", "detail": answer.json()["detail"]}
    assert "Hours missing: 3." in answer.json()["detail"]
    assert (Voucher.objects.count(), Benefit.objects.get().taken) == (0, 0)


def test_what_one_may_not_see_is_not_there(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = take(cast.volunteer, make())
    hidden = make(name="停用", is_active=False)
    second = cast.second.client
    assert second.get(f"{API}/vouchers/{made.voucher_id}").status_code == 404
    assert post(second, f"/vouchers/{made.voucher_id}/cancel", {"reason": "x"}).status_code == 404
    assert second.get(f"{API}/{hidden.id}").status_code == 404
    assert post(second, f"/{hidden.id}/reserve").status_code in (404, 409)
    assert cast.auditor.client.get(f"{API}/vouchers/{made.voucher_id}").json()["short_code"] == ""
    assert cast.volunteer.client.get(f"{API}/vouchers/{made.voucher_id}").json()["short_code"] == made.short_code
    assert Voucher.objects.get().state == "reserved"


def test_doors_are_closed_without_the_role(cast: Cast) -> None:
    made = make(places=(1,))
    client = cast.volunteer.client
    body = {"name": "午餐", "kind": "meal", "supply": "unlimited", "price_minutes": 60}
    answers = [
        post(client, "", body),
        post(client, f"/{made.id}", body, method="put"),
        post(client, f"/{made.id}/slots", {"slots": [{"day": clock.today().isoformat(), "places": 1}]}),
        post(client, f"/slots/{made.slots[0]}", {"places": 5}),
        post(client, f"/slots/{made.slots[0]}/call-off", {"reason": "x"}),
        post(client, "/vouchers/1/fulfil"),
        client.get(f"{API}/vouchers/due-today"),
        client.get(f"{API}/vouchers/by-code/AAAAAAAAAA"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 8
    assert [Client().get(f"{API}{path}").status_code for path in ("", "/vouchers", "/1", "/vouchers/1")] == [401] * 4
    assert (Benefit.objects.count(), Slot.objects.get().places) == (1, 1)


def test_a_coordinator_changes_benefit_and_day(cast: Cast) -> None:
    made, client = make(places=(1,)), cast.coordinator.client
    body = {"name": "体检", "kind": "health_check", "supply": "dated", "price_minutes": 60, "place": "体检中心三楼"}
    assert post(client, f"/{made.id}", body, method="put").json() == {"changed": ["name", "price_minutes"]}
    assert post(client, f"/slots/{made.slots[0]}", {"places": 5}).json() == {"changed": True}
    assert (Benefit.objects.get().name, Slot.objects.get().places) == ("体检", 5)
    assert post(client, f"/slots/{made.slots[0]}/call-off", {"reason": "停诊"}).json() == {"cancelled": 0}
    assert Slot.objects.get().places == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"name": "a\0b", "kind": "meal", "supply": "unlimited", "price_minutes": 60}),
        ("", {"name": "a", "kind": "\0", "supply": "unlimited", "price_minutes": 60}),
        ("", {"name": "a", "kind": "meal", "supply": "unlimited", "price_minutes": 2**70}),
        ("", {"name": " ", "kind": "meal", "supply": "unlimited", "price_minutes": 60}),
        ("", {"name": "a", "kind": "nothing", "supply": "unlimited", "price_minutes": 60}),
        ("", {"name": "a", "kind": "meal", "supply": "stock", "price_minutes": 60}),
        ("/{id}/slots", {"slots": [{"day": "0001-01-01", "places": 1, "starts": "00:00"}]}),
        ("/{id}/slots", {"slots": [{"day": "9999-12-31", "places": 1, "starts": "23:59:59+08:00"}]}),
        ("/{id}/slots", {"slots": []}),
        ("/slots/{slot}", {"places": -1}),
        ("/99999999999999999999/reserve", {}),
        ("/{id}/reserve", {"slot_id": 2**63}),
    ],
)
def test_what_does_not_fit_is_422(cast: Cast, path: str, body: object) -> None:
    made = make(places=(1,))
    answer = post(cast.administrator.client, path.format(id=made.id, slot=made.slots[0]), body)
    assert answer.status_code == 422, answer.content
    assert (Benefit.objects.count(), Slot.objects.count(), Voucher.objects.count()) == (1, 1, 0)
