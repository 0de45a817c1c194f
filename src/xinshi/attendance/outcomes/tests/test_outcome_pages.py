"""Outcomes through pages and API."""

from __future__ import annotations

import pytest
from django.urls import reverse

from xinshi.attendance.outcomes.actions import report_outcome
from xinshi.attendance.outcomes.models import OutcomeMeasure, OutcomeReport
from xinshi.attendance.tests.conftest import Service
from xinshi.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_a_leader_reports_on_the_phone_and_the_desk_sees_the_sum(service: Service) -> None:
    shift = service.shift([], category="0017")
    address = reverse("attendance:report_outcomes", args=[shift.activity_id])
    client = service.cast.leader.client
    shown = client.get(address).content.decode()
    assert shown.index("measure_visits") < shown.index("<summary>") < shown.index("measure_blood_ml")
    client.post(address, {"measure_visits": "1200", "measure_beneficiaries": "0"})
    refused = client.post(address, {"measure_visits": "1150"})
    assert refused.status_code == 200
    assert "探访慰问人次" in refused.content.decode()
    assert OutcomeReport.objects.count() == 2
    client.post(address, {"measure_visits": "1150", "reason": "有 50 人次为次日"})
    client = service.cast.coordinator.client
    desk = client.get(reverse("attendance:outcomes"), {"by": "category", "year": "2026", "category": "0017"})
    assert [(total.code, total.amount) for total in desk.context["totals"]] == [("beneficiaries", 0), ("visits", 1150)]
    sheet = client.get(reverse("attendance:outcomes_sheet"), {"by": "category"})
    assert sheet.content[:2] == b"PK"
    assert client.get(reverse("attendance:outcomes"), {"year": "abc"}).status_code == 200


def test_what_one_does_not_lead_is_not_there(service: Service) -> None:
    shift = service.shift([])
    client = service.cast.volunteer.client
    address = reverse("attendance:report_outcomes", args=[shift.activity_id])
    assert client.get(address).status_code == 403
    assert client.post(address, {"measure_visits": "1"}).status_code == 403
    assert client.get(reverse("attendance:outcomes")).status_code == 403
    client = service.cast.leader.client
    assert client.get(address, {"shift": "999"}).status_code == 404
    assert not OutcomeReport.objects.exists()


def test_the_catalogue_is_kept_at_the_desk(service: Service) -> None:
    client = service.cast.coordinator.client
    address = reverse("attendance:outcome_measures")
    typed = {"code": "wigs", "name_zh": "捐发束数", "unit_zh": "束", "name_en": "", "unit_en": ""}
    assert client.post(address, typed).status_code == 302
    again = client.post(address, typed)
    assert again.status_code == 200
    assert again.context["form"].non_field_errors()
    measure = OutcomeMeasure.objects.get(code="wigs")
    client.post(reverse("attendance:set_outcome_measure", args=[measure.pk]), {"use": "no"})
    measure.refresh_from_db()
    assert (measure.name_en, measure.is_active) == ("捐发束数", False)


def test_programs_report_once_by_their_key(service: Service) -> None:
    shift = service.shift([])
    client = service.cast.leader.client
    address = f"/api/v1/attendance/outcomes/activities/{shift.activity_id}"
    payload = {"figures": [{"measure": "tests", "amount": 640}]}
    headers = {"Idempotency-Key": "one"}
    for _ in range(2):
        answer = client.post(address, payload, content_type="application/json", headers=headers)
        assert [(row["measure"], row["amount"], row["counts"]) for row in answer.json()] == [("tests", 640, True)]
    assert OutcomeReport.objects.count() == AuditEntry.objects.filter(action="attendance.report_outcome").count() == 1
    unknown = client.post(address, {"figures": [{"measure": "nothing", "amount": 1}]}, content_type="application/json")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "outcome_measure_unknown")
    totals = client.get("/api/v1/attendance/outcomes/totals", {"by": "year"}).json()
    assert [(row["code"], row["amount"], row["group"]) for row in totals] == [("tests", 640, "2026")]
    assert client.get("/api/v1/attendance/outcomes/totals", {"by": "nonsense"}).status_code == 422
    assert len(client.get("/api/v1/attendance/outcomes/measures").json()) == 8


def test_reading_costs_the_same_however_much_was_reported(
    service: Service, django_assert_max_num_queries: object
) -> None:
    client = service.cast.coordinator.client
    for number in range(4):
        shift = service.shift([])
        report_outcome(
            actor=service.cast.coordinator.actor, activity_id=shift.activity_id, measure="tests", amount=number
        )
        service.shift([])
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("attendance:outcomes"))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("attendance:report_outcomes", args=[shift.activity_id]))
