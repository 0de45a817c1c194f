"""The leader's list says what people lack, checks those in with everybody who lack nothing, and goes on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.activities.models import Activity, ActivityRole, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.domain import Category, Grant, NewKind
from xinshi.attendance import printing, queries
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import Service, Shift, at
from xinshi.people.models import Person

CHINESE = {"Accept-Language": "zh-hans"}


@pytest.fixture
def dangerous(cast: Cast, service: Service) -> Shift:
    """李明 is insured, 王芳's insurance ran out yesterday."""
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    Activity.objects.filter(pk=shift.activity_id).update(is_dangerous=True, risks="人员密集")
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code="insurance", name="意外伤害保险", category=Category.INSURANCE)])
    days = {cast.volunteer.person_id: 0, cast.second.person_id: -1}
    grants = [
        Grant(
            person_id=person_id,
            code="insurance",
            issued_on=at(9, days=-30).date(),
            expires_on=at(9, days=day).date(),
            source_ref=f"insured:{person_id}",
        )
        for person_id, day in days.items()
    ]
    grant_many(actor=SYSTEM, grants=grants)
    return shift


def test_the_list_says_what_somebody_lacks_and_everybody_leaves_them_out(cast: Cast, dangerous: Shift) -> None:
    lines = queries.leader_list(cast.leader.actor, dangerous.shift_id).lines
    assert {line.name: line.missing for line in lines} == {"李明": "", "王芳": "意外伤害保险"}
    client, address = cast.leader.client, reverse("attendance:shift", args=[dangerous.shift_id])
    assert client.get(address, headers=CHINESE).text.count("缺：意外伤害保险") == 1
    listed = client.get(f"/api/v1/attendance/shifts/{dangerous.shift_id}/list").json()["items"]
    assert [one["missing_certificate"] for one in sorted(listed, key=lambda one: one["person_id"])] == [
        "",
        "意外伤害保险",
    ]
    check_in = reverse("attendance:check_in", args=[dangerous.shift_id])
    client.post(check_in, {"everybody": "1"})
    assert list(ServiceRecord.objects.values_list("person_id", flat=True)) == [cast.volunteer.person_id]
    signup = SignUp.objects.get(person_id=cast.second.person_id)
    part = client.post(check_in, {"signup": signup.pk}, headers={"HX-Request": "true", **CHINESE}).text
    assert "缺：意外伤害保险" in part
    assert ServiceRecord.objects.count() == 2


def test_a_list_costs_the_same_for_many_as_for_few(cast: Cast, service: Service) -> None:
    def queries_for(number: int) -> int:
        shift = service.shift(cast.people(number), places=number)
        ActivityRole.objects.filter(activity_id=shift.activity_id).update(requirements={"qualifications": ["aid"]})
        actor = cast.leader.actor
        with CaptureQueriesContext(connection) as seen:
            assert all(line.missing for line in queries.leader_list(actor, shift.shift_id).lines)
        return len(seen)

    assert queries_for(30) == queries_for(3)


def test_the_list_on_paper(cast: Cast, dangerous: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(birth_date=at(9, days=-16 * 365).date())
    SignUp.objects.filter(person_id=cast.volunteer.person_id).update(note="带轮椅 #[let x = 1]")
    printed: list[dict[str, Any]] = []
    typeset = printing.typeset

    def watched(template: Path, data: dict[str, Any]) -> bytes:
        printed.append(data)
        return typeset(template, data)

    monkeypatch.setattr(printing, "typeset", watched)
    address = reverse("attendance:list_file", args=[dangerous.shift_id])
    for language in ("zh-hans", "en"):
        page = cast.leader.client.get(address, headers={"Accept-Language": language})
        assert (page.status_code, page["Content-Type"], page.content[:5]) == (200, "application/pdf", b"%PDF-")
    chinese = printed[0]
    assert [(one["name"], one["marks"], one["note"]) for one in chinese["people"]] == [
        ("李明", ["未成年"], "带轮椅 #[let x = 1]"),
        ("王芳", ["缺：意外伤害保险"], ""),
    ]
    assert (chinese["title"], chinese["blank"]) == ("签到表", [3, 4, 5, 6, 7])
    assert printed[1]["title"] == "Attendance list"
    assert cast.other_leader.client.get(address).status_code == 404
    assert cast.volunteer.client.get(address).status_code == 403
