"""Programmes, own days and templates for programs: what the pages do, for whom the pages do it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from xinshi.activities.models import Activity, ActivityPattern, OwnDay, Programme
from xinshi.activities.tests.conftest import Cast, MakeActivity
from xinshi.audit.models import AuditEntry

ROOT = "/api/v1/activities"


def call(client: Client, method: str, path: str, **payload: Any) -> tuple[int, Any]:
    answer = client.generic(method, ROOT + path, json.dumps(payload), content_type="application/json")
    return answer.status_code, answer.json() if answer.content else None


def test_a_programme_is_made_changed_ended_and_goes_on(cast: Cast) -> None:
    client = cast.coordinator.client
    status, made = call(
        client, "POST", "/programmes", name="我志愿·我先行", theme="门诊", category="0004", served_groups=["08", "03"]
    )
    assert (status, made["name"], made["served_groups"], made["held"]) == (201, "我志愿·我先行", ["03", "08"], 0)
    path = f"/programmes/{made['id']}"
    assert call(client, "POST", "/programmes", name="我志愿·我先行")[1]["code"] == "programme_exists"
    assert call(client, "PUT", path, name="我先行", starts_on="2026-12-02", ends_on="2026-12-01")[0] == 422
    assert Programme.objects.get().name == "我志愿·我先行"
    assert call(client, "PUT", path, name="我先行")[1]["category"] == ""
    assert call(client, "POST", f"{path}/ending")[1]["is_active"] is False
    assert call(client, "POST", f"{path}/resumption")[1]["is_active"] is True
    assert call(cast.volunteer.client, "GET", path)[1]["name"] == "我先行"
    assert call(client, "GET", "/programmes/999999")[0] == 404
    assert AuditEntry.objects.filter(object_ref=f"programme:{made['id']}").count() == 4


def test_own_days_are_kept_and_dropped(cast: Cast) -> None:
    client = cast.coordinator.client
    status, kept = call(client, "PUT", "/own-days", name="护士节", month=5, day=12)
    assert (status, kept["month"], kept["day"]) == (200, 5, 12)
    assert call(client, "PUT", "/own-days", name="无此日", month=2, day=31)[0] == 422
    assert kept in call(cast.volunteer.client, "GET", "/own-days")[1]
    assert call(client, "DELETE", f"/own-days/{kept['id']}") == (204, None)
    assert not OwnDay.objects.get(pk=kept["id"]).is_active
    assert call(client, "DELETE", f"/own-days/{kept['id']}")[0] == 404


def test_an_activity_is_kept_used_copied_and_a_week_of_it_too(cast: Cast, make_activity: MakeActivity) -> None:
    client, made = cast.coordinator.client, make_activity(shifts=2, title="门诊导诊")
    status, kept = call(client, "POST", "/templates", activity_id=made.activity_id, name="导诊")
    assert status == 201
    (line,) = call(client, "GET", "/templates")[1]
    assert (line["id"], line["name"], line["places"], line["times_used"]) == (kept["id"], "导诊", line["places"], 0)
    status, draft = call(client, "POST", f"/templates/{kept['id']}/drafts", first="2027-03-01")
    assert (status, len(draft["shift_ids"])) == (201, 2)
    assert Activity.objects.get(pk=draft["activity_id"]).state == "draft"
    status, copy = call(client, "POST", f"/{made.activity_id}/copies", first="2027-03-08")
    assert (status, len(copy["shift_ids"])) == (201, 2)
    status, week = call(client, "POST", "/week-copies", source="2027-03-08", target="2027-03-15")
    assert (status, len(week)) == (201, 1)
    assert call(client, "POST", "/week-copies", source="2027-03-08", target="2027-03-15")[1]["code"] == "week_copied"
    assert call(client, "DELETE", f"/templates/{kept['id']}") == (204, None)
    assert call(client, "POST", f"/templates/{kept['id']}/drafts", first="2027-03-01")[0] == 404


def test_others_plan_nothing(cast: Cast, make_activity: MakeActivity) -> None:
    made, before = make_activity(), Activity.objects.count()
    for nobody in (cast.volunteer, cast.leader):
        tried = [
            call(nobody.client, "POST", "/programmes", name="我的项目"),
            call(nobody.client, "PUT", "/own-days", name="我的日子", month=1, day=2),
            call(nobody.client, "GET", "/templates"),
            call(nobody.client, "POST", "/templates", activity_id=made.activity_id),
            call(nobody.client, "POST", f"/{made.activity_id}/copies", first="2027-03-08"),
            call(nobody.client, "POST", "/week-copies", source="2027-03-08", target="2027-03-15"),
        ]
        assert [status for status, _answer in tried] == [403] * 6
    assert (Programme.objects.count(), ActivityPattern.objects.count(), Activity.objects.count()) == (0, 0, before)
    assert not OwnDay.objects.filter(name="我的日子").exists()
