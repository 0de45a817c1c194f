"""Giving by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from xinshi.bank.rules import Rules
from xinshi.giving.models import Donation, Gift
from xinshi.giving.tests.conftest import Cast, fill_pool, give_hours, group, pool_minutes, put_rules
from xinshi.kernel import clock

pytestmark = pytest.mark.django_db
API = "/api/v1/giving"


def post(client: Client, path: str, body: object = None, *, key: str = "", method: str = "post") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, method)(f"{API}{path}", body or {}, content_type="application/json", headers=headers)


def test_relatives_and_gifts(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    one, other = cast.volunteer.client, cast.second.client
    body = {"passbook_number": cast.second.number, "name": "王芳", "relation": "parent"}
    relative = post(one, "/relatives", body).json()["relative_id"]
    assert other.get(f"{API}/relatives").json()[0]["relation"] == "child"
    assert post(other, f"/relatives/{relative}/answer", {"accept": True}).json()["state"] == "accepted"
    gift = {"relative_id": relative, "minutes": 90, "note": "谢谢"}
    made = [post(one, "/gifts", gift, key="g").json() for _ in range(2)]
    assert made[0] == made[1] == {"id": Gift.objects.get().pk, "is_new": True}
    shown = other.get(f"{API}/gifts/{made[0]['id']}").json()
    assert (shown["minutes"], shown["note"], shown["is_taken_back"]) == (90, "谢谢", False)
    assert cast.stranger.client.get(f"{API}/gifts/{made[0]['id']}").status_code == 404
    assert cast.auditor.client.get(f"{API}/gifts").json()["items"][0]["note"] == ""
    assert post(one, f"/gifts/{made[0]['id']}/reverse", {"reason": "误"}).status_code == 403
    assert post(cast.coordinator.client, f"/gifts/{made[0]['id']}/reverse", {"reason": "误"}).status_code == 200
    assert post(one, f"/relatives/{relative}/end").json()["state"] == "ended"
    assert post(one, "/gifts", gift).json()["code"] == "not_relatives"


def test_donations_the_pool_and_help(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    made = post(cast.volunteer.client, "/donations", {"minutes": 300}, key="d").json()
    assert cast.volunteer.client.get(f"{API}/donations").json()["items"][0]["id"] == made["id"]
    assert cast.second.client.get(f"{API}/donations").json()["items"] == []
    pool = cast.second.client.get(f"{API}/pool").json()
    assert (pool["is_on"], pool["holds_minutes"], pool["donors"][0]["name"]) == (True, 300, "")
    first, second = cast.coordinator.client, cast.colleague.client
    body = {"person_id": cast.second.person_id, "minutes": 100, "reason": "术后独居"}
    grant = post(first, "/grants", body, key="g").json()["id"]
    assert post(first, f"/grants/{grant}/decide", {"decision": "approve"}).json()["code"] == "own_proposal"
    assert post(second, f"/grants/{grant}/decide", {"decision": "return"}).status_code == 422
    returned = post(second, f"/grants/{grant}/decide", {"decision": "return", "reason": "写明"}).json()
    assert returned["state"] == "returned"
    change = {"minutes": 60, "reason": "术后独居三个月"}
    assert post(first, f"/grants/{grant}", change, method="put").json()["minutes"] == 60
    done = post(second, f"/grants/{grant}/decide", {"decision": "approve"}).json()
    assert (done["state"], pool_minutes()) == ("approved", 240)
    assert cast.second.client.get(f"{API}/grants/{grant}").json()["reason"] == ""
    assert cast.volunteer.client.get(f"{API}/grants/{grant}").status_code == 404
    assert post(second, f"/grants/{grant}/reverse", {"reason": "误"}).status_code == 200
    assert post(second, f"/donations/{made['id']}/reverse", {"reason": "误"}).status_code == 200
    assert (pool_minutes(), cast.volunteer.balance.posted) == (0, 600)


def test_hours_of_groups(cast: Cast) -> None:
    team = group()
    first, second = cast.coordinator.client, cast.colleague.client
    body = {
        "organization_id": team,
        "title": "义务劳动",
        "worked_on": clock.today().isoformat(),
        "minutes": 600,
        "evidence": "签到表",
    }
    entry = post(first, "/group-hours", body, key="e").json()["id"]
    assert post(second, f"/group-hours/{entry}/decide", {"decision": "approve"}).json()["state"] == "approved"
    given = post(first, f"/groups/{team}/donations", {"minutes": 600, "reason": "决定"}, key="d").json()
    assert (given["is_new"], pool_minutes()) == (True, 600)
    assert cast.auditor.client.get(f"{API}/group-hours").json()["items"][0]["id"] == entry
    assert cast.volunteer.client.get(f"{API}/group-hours").json()["items"] == []
    assert post(first, f"/group-hours/{entry}/reverse", {"reason": "误"}).json()["code"] == "giving_gone_on"
    other = post(first, "/group-hours", body | {"title": "另一次"}).json()["id"]
    assert post(first, f"/group-hours/{other}/withdraw").json()["state"] == "withdrawn"
    assert post(cast.volunteer.client, f"/group-hours/{other}/withdraw").status_code == 403


def test_with_the_policy_off_every_write_is_refused_by_its_code(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=60)
    give_hours(cast.volunteer, minutes=60)
    team = group()
    put_rules(Rules())
    relative = {"passbook_number": cast.second.number, "name": "王芳", "relation": "spouse"}
    hours = {"title": "x", "worked_on": clock.today().isoformat(), "minutes": 1, "evidence": "x"}
    refused = {
        ("volunteer", "/relatives"): (relative, "gifts_off"),
        ("volunteer", "/donations"): ({"minutes": 1}, "donations_off"),
        ("coordinator", "/grants"): (
            {"person_id": cast.second.person_id, "minutes": 1, "reason": "x"},
            "donations_off",
        ),
        ("coordinator", "/group-hours"): (hours | {"organization_id": team}, "group_hours_off"),
        ("coordinator", f"/groups/{team}/donations"): ({"minutes": 1, "reason": "x"}, "group_hours_off"),
    }
    for (who, path), (body, code) in refused.items():
        answer = post(getattr(cast, who).client, path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, code), path
    assert (Donation.objects.count(), pool_minutes()) == (1, 60)
    assert cast.volunteer.client.get(f"{API}/pool").json()["is_on"] is False
