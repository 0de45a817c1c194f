"""The archive through its pages and its API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from xinshi.archive import access
from xinshi.archive.actions import change_profile, publish_pledge_text, save_line
from xinshi.archive.availability import weekly_of
from xinshi.archive.models import Inclusion, PledgeText, Profile, Qualification, QualificationKind, Site, Skill
from xinshi.archive.profile import Emergency
from xinshi.archive.queries import facts
from xinshi.archive.tests.conftest import JPEG, everything
from xinshi.audit.models import AuditEntry
from xinshi.documents.sheets import read_sheets
from xinshi.documents.workbook import write_csv
from xinshi.kernel import clock
from xinshi.people.models import Person
from xinshi.people.tests.conftest import PEOPLE, SYSTEM, Cast

TEXT = "我自愿成为志愿者，尊重患者，保守隐私，守时守信，服从安排。"


@pytest.fixture
def house(db: None, kinds: dict[str, int]) -> None:
    for table, code, name in (("skill", "first-aid", "急救"), ("skill", "sign", "手语"), ("site", "east", "东院区")):
        save_line(actor=SYSTEM, table=table, code=code, name=name)
    publish_pledge_text(actor=SYSTEM, effective_from=clock.today(), text=TEXT)


STEPS = {
    "profession": {
        "profession": "护士",
        "professional_title": "护师",
        "employer": "示范医院",
        "languages": "普通话，英语",
    },
    "skills": {"interests": ["0004"], "skill-first-aid": "3", "skill-sign": ""},
    "times": {"quarters": ["21", "22"]},
    "limits": {"hours_a_week_max": "7.5", "shifts_a_week_max": "2", "may_lift": "on"},
    "sites": {"sites": ["east"]},
    "emergency": {"name": "王平安", "relation": "spouse", "phone": "199 0000 0088", "remark": "青霉素过敏"},
}


def test_a_volunteer_goes_from_step_to_step_until_nothing_is_missing(cast: Cast, house: None) -> None:
    client = cast.li.client
    Person.objects.filter(pk=cast.li.person_id).update(birth_date=clock.today() - timedelta(days=9_000))
    page = client.get("/archive/mine/").content.decode()
    assert "20 % complete" in page or "30 % complete" in page
    address = "/archive/mine/step/profession/"
    visited = []
    for _ in range(len(STEPS)):
        name = address.split("/")[-2]
        visited.append(name)
        assert client.get(address).status_code == 200
        done = client.post(address, STEPS[name] | {"then": "next"})
        assert done.status_code == 302, done.content.decode()
        address = done["Location"]
        if address == "/archive/mine/":
            break
    assert visited == list(STEPS)
    row = Profile.objects.get(pk=cast.li.person_id)
    assert (row.weekly, row.minutes_a_week_max, row.takes_nights, row.may_lift) == (
        weekly_of([(5, 1), (5, 2)]),
        450,
        False,
        True,
    )
    assert (row.emergency_phone, row.health_remark, row.skills) == ("19900000088", "青霉素过敏", {"first-aid": 3})
    signed = client.post("/archive/pledge/", {"text": PledgeText.objects.get().pk})
    assert signed.status_code == 302
    page = client.get("/archive/mine/").content.decode()
    assert "100 % complete" in page
    assert "19900000088" not in page


def test_what_is_typed_wrong_is_said_and_nothing_is_lost(cast: Cast, house: None) -> None:
    before = everything()
    for name, wrong in (
        ("limits", {"hours_a_week_max": "0.3"}),
        ("limits", {"shifts_a_week_max": "-1"}),
        ("skills", {"skill-first-aid": "9"}),
        ("times", {"quarters": ["28"]}),
        ("sites", {"sites": ["mars"]}),
        ("emergency", {"name": "王平安"}),
        ("emergency", {"name": "王平安", "phone": "12"}),
        ("profession", {"profession": "长" * 61}),
    ):
        page = cast.li.client.post(f"/archive/mine/step/{name}/", wrong)
        assert page.status_code == 200, name
        assert b"error" in page.content or b"notice bad" in page.content, (name, wrong)
    assert cast.li.client.get("/archive/mine/step/nothing/").status_code == 404
    assert cast.coordinator.client.get("/archive/mine/").status_code == 404, "who is no volunteer has no archive"
    assert everything() == before


def test_a_masked_phone_that_is_left_empty_stays(cast: Cast, house: None) -> None:
    client = cast.li.client
    client.post("/archive/mine/step/emergency/", STEPS["emergency"])
    assert "199****0088" in client.get("/archive/mine/step/emergency/").content.decode()
    client.post("/archive/mine/step/emergency/", STEPS["emergency"] | {"phone": "", "name": "王平"})
    row = Profile.objects.get(pk=cast.li.person_id)
    assert (row.emergency_name, row.emergency_phone) == ("王平", "19900000088")
    station = f"/archive/people/{cast.li.person_id}/"
    page = cast.coordinator.client.get(station).content.decode()
    assert "王*" in page
    assert "青霉素" not in page
    cast.coordinator.client.post(
        f"{station}step/emergency/", {"name": "", "relation": "child", "phone": "", "remark": ""}
    )
    row.refresh_from_db()
    assert (row.emergency_name, row.emergency_relation, row.health_remark) == ("王平", "child", "青霉素过敏")
    shown = cast.coordinator.client.post(f"{station}care/", {"reason": "突发晕倒"})
    assert "19900000088" in shown.content.decode()
    assert "no-cache" in shown["Cache-Control"]
    client.post(
        "/archive/mine/step/emergency/", {"forget": "on", "relation": "", "phone": "", "name": "", "remark": ""}
    )
    row.refresh_from_db()
    assert (row.emergency_name, row.emergency_phone, row.health_remark) == ("", "", "")


def test_days_on_which_one_cannot_come_are_added_and_removed(cast: Cast, house: None) -> None:
    client, day = cast.li.client, (clock.today() + timedelta(days=5)).isoformat()
    done = client.post("/archive/mine/exception/", {"first": day, "last": "", "is_free": "0", "note": "考试"})
    assert done.status_code == 302
    assert "考试" in client.get("/archive/mine/").content.decode()
    wrong = client.post("/archive/mine/exception/", {"first": "2001-01-01", "last": "", "is_free": "0", "note": ""})
    assert wrong.status_code == 200
    assert client.post("/archive/mine/exception/remove/", {"first": day, "last": day}).status_code == 302
    assert Profile.objects.get().exceptions == []


def test_from_the_photo_to_eligible_by_way_of_the_desk(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    client, today = cast.li.client, clock.today().isoformat()
    typed = {
        "kind": kinds["nurse"],
        "number": "2012440100",
        "issued_by": "卫健委",
        "issued_on": today,
        "expires_on": "",
    }
    bad = client.post("/archive/mine/qualifications/new/", typed | {"proofs": SimpleUploadedFile("a.jpg", b"<svg/>")})
    assert bad.status_code == 200
    assert "PDF" in bad.content.decode()
    assert client.post("/archive/mine/qualifications/new/", typed).status_code == 200, "a proof is needed"
    assert not Qualification.objects.exists()
    done = client.post("/archive/mine/qualifications/new/", typed | {"proofs": SimpleUploadedFile("a.jpg", JPEG)})
    row = Qualification.objects.get()
    assert done["Location"] == f"/archive/qualifications/{row.pk}/"
    assert "******0100" in client.get(done["Location"]).content.decode()
    desk = cast.coordinator.client
    assert "李明兰" in desk.get("/archive/qualifications/").content.decode()
    assert "李明兰" in cast.auditor.client.get("/archive/qualifications/").content.decode()
    proof = f"/archive/proofs/{row.proofs.get().pk}/"
    assert desk.get(proof).content == JPEG
    assert cast.auditor.client.get(proof).status_code == 404
    assert cast.wang.client.get(f"/archive/qualifications/{row.pk}/").status_code == 404
    assert cast.wang.client.post(f"/archive/qualifications/{row.pk}/verify/").status_code == 403
    accepted = desk.post(f"/archive/qualifications/{row.pk}/verify/", {"expires_on": ""})
    assert accepted["Location"] == "/archive/qualifications/"
    assert facts([cast.li.person_id])[cast.li.person_id].has("first-aid", clock.today())
    again = desk.post(f"/archive/qualifications/{row.pk}/refuse/", {"reason": "看不清"})
    assert again.status_code == 302
    row.refresh_from_db()
    assert row.state == "verified", "what was decided stands"
    desk.post(f"/archive/qualifications/{row.pk}/revoke/", {"reason": "已注销"})
    assert "已注销" in client.get(f"/archive/qualifications/{row.pk}/").content.decode()
    assert "护士执业证" in client.get("/messages/").content.decode()


def test_the_station_hands_in_what_it_has_seen(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    address = f"/archive/people/{cast.wang.person_id}/qualifications/new/"
    typed = {"kind": kinds["insurance"], "issued_on": clock.today().isoformat(), "is_seen": "on"}
    assert cast.auditor.client.post(address, typed).status_code == 403
    assert cast.coordinator.client.post(address, typed).status_code == 302
    assert Qualification.objects.get().state == "verified"


def test_coordinators_keep_kinds_and_no_circle_comes_of_it(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    desk = cast.coordinator.client
    made = desk.post(
        "/archive/kinds/new/",
        {"code": "matron", "name": "护士长", "category": "licence", "includes": ["nurse"], "is_active": "on"},
    )
    assert made.status_code == 302, made.content.decode()
    row = QualificationKind.objects.get(code="matron")
    page = desk.post(
        f"/archive/kinds/{kinds['first-aid']}/", {"name": "急救员证", "includes": ["matron"], "is_active": "on"}
    )
    assert page.status_code == 200
    assert "cannot include itself" in page.content.decode()
    assert Inclusion.objects.count() == 2
    assert desk.post(f"/archive/kinds/{row.pk}/", {"name": "护士长证", "includes": []}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.is_active, row.category) == ("护士长证", False, "licence")
    assert "护士长证" in cast.auditor.client.get("/archive/kinds/").content.decode()
    assert cast.auditor.client.get(f"/archive/kinds/{row.pk}/").status_code == 403
    assert cast.li.client.get("/archive/kinds/").status_code == 403


def test_coordinators_keep_skills_and_sites(cast: Cast, house: None) -> None:
    desk = cast.coordinator.client
    assert (
        desk.post("/archive/lists/skill/new/", {"code": "chess", "name": "象棋", "is_active": "on"}).status_code == 302
    )
    assert (
        desk.post("/archive/lists/site/east/", {"name": "东湖院区", "address": "东湖路", "is_active": "on"}).status_code
        == 302
    )
    assert (Skill.objects.get(code="chess").name, Site.objects.get(code="east").name) == ("象棋", "东湖院区")
    taken = desk.post("/archive/lists/skill/new/", {"code": "chess-2", "name": "象棋", "is_active": "on"})
    assert taken.status_code == 200
    assert desk.get("/archive/lists/nothing/new/").status_code == 404
    assert "象棋" in cast.auditor.client.get("/archive/lists/").content.decode()


def test_insurance_by_spreadsheet_is_previewed_then_taken_in(cast: Cast, house: None) -> None:
    desk, today = cast.coordinator.client, clock.today()
    last = (today + timedelta(days=300)).isoformat()
    rows = [
        ["李明兰", PEOPLE["li"].volunteer_number, "PA1", today.isoformat(), last],
        ["李明", PEOPLE["li"].volunteer_number, "PA2", today.isoformat(), last],
    ]
    data = write_csv(headers=["姓名", "志愿者编号", "保单号", "生效日期", "到期日期"], rows=rows)
    sent = desk.post("/archive/import/", {"content": "insurance", "file": SimpleUploadedFile("a.csv", data)})
    assert "/preview/" in sent["Location"]
    page = desk.get(sent["Location"]).content.decode()
    assert "Nothing is written yet" in page
    assert not Qualification.objects.exists()
    assert cast.administrator.client.get(sent["Location"]).status_code == 302, "another's upload is not there"
    done = desk.post(sent["Location"])
    assert Qualification.objects.count() == 1
    result = desk.get(done["Location"]).content.decode()
    assert "another name" in result
    key = result.split("/archive/import/rejected/")[1].split("/")[0]
    sheet = read_sheets(desk.get(f"/archive/import/rejected/{key}/").content, file_name="a.xlsx")[0]
    assert sheet.rows[1][0] == "李明"
    for wrong in (b"", b"\x00\x01", "甲,乙\n1,2".encode()):
        page = desk.post("/archive/import/", {"content": "profiles", "file": SimpleUploadedFile("a.csv", wrong)})
        assert page.status_code == 200
    assert desk.get("/archive/import/template/insurance/").status_code == 200
    assert desk.get("/archive/import/template/other/").status_code == 404


def test_the_list_leaves_the_house_as_it_was_narrowed(cast: Cast, house: None) -> None:
    cast.li.client.post("/archive/mine/step/profession/", STEPS["profession"])
    desk = cast.coordinator.client
    page = desk.get("/archive/?missing=work").content.decode()
    assert "王芳" in page
    assert "李明兰" not in page
    sheet = read_sheets(desk.post("/archive/export/", {"form": "xlsx", "missing": "work"}).content, file_name="a.xlsx")[
        0
    ]
    assert {str(row[1]) for row in sheet.rows[1:]} == {"王芳", "陈静"}
    refused = desk.post("/archive/export/", {"form": "csv", "is_whole": "on"})
    assert refused.status_code == 302, "without a reason nothing whole leaves"
    whole = desk.post("/archive/export/", {"form": "csv", "is_whole": "on", "reason": "换系统"})
    assert PEOPLE["li"].phone in whole.content.decode("utf-8-sig")
    assert (
        cast.auditor.client.post("/archive/export/", {"form": "csv", "is_whole": "on", "reason": "x y"}).status_code
        == 403
    )
    assert desk.get("/archive/?missing=what&free=9-9&group=x&q=%00").status_code == 200


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/archive/", 12),
        ("/archive/?missing=pledge&skill=first-aid&free=5-1", 12),
        ("/archive/qualifications/", 12),
        ("/archive/qualifications/?show=all", 12),
        ("/archive/kinds/", 8),
    ],
)
def test_pages_of_the_desk_are_few_queries(
    cast: Cast, house: None, django_assert_max_num_queries, address: str, most: int
) -> None:
    client = cast.coordinator.client
    with django_assert_max_num_queries(most):
        assert client.get(address).status_code == 200


def test_my_archive_is_few_queries(cast: Cast, house: None, django_assert_max_num_queries) -> None:
    client = cast.li.client
    for name, typed in STEPS.items():
        client.post(f"/archive/mine/step/{name}/", typed)
    with django_assert_max_num_queries(12):
        assert client.get("/archive/mine/").status_code == 200
    with django_assert_max_num_queries(12):
        assert client.get("/archive/mine/step/times/").status_code == 200


def put(client: Client, address: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    answer = client.put(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def post(client: Client, address: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    answer = client.post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_program_fills_an_archive_and_hands_in_a_licence(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    client, api, person = cast.li.client, "/api/v1/archive", cast.li.person_id
    body = {
        "profession": "护士",
        "skills": {"first-aid": 2},
        "interests": ["0004"],
        "weekly": 6,
        "limits": {"shifts_a_week_max": 2},
        "sites": ["east"],
        "emergency": {"name": "王平安", "phone": "19900000088", "relation": "spouse"},
        "health_remark": "青霉素过敏",
    }
    status, changed = put(client, f"{api}/me", body)
    assert (status, len(changed["changed"])) == (200, 10)
    assert put(client, f"{api}/me", {"employer": "示范医院"}) == (200, {"changed": ["employer"]})
    shown = client.get(f"{api}/me").json()
    assert (shown["profession"], shown["masked_emergency_phone"]) == ("护士", "199****0088")
    assert "19900000088" not in str(shown)
    assert put(client, f"{api}/me", {"weekly": 2**28})[0] == 422
    assert put(client, f"{api}/me", {"sites": ["mars"]})[0] == 422
    assert put(cast.wang.client, f"{api}/people/{person}", {"weekly": 1})[0] == 403
    day = (clock.today() + timedelta(days=4)).isoformat()
    assert post(client, f"{api}/people/{person}/exceptions", {"first": day, "last": day})[0] == 200
    assert client.get(f"{api}/me").json()["exceptions"][0]["first"] == day
    assert post(client, f"{api}/people/{person}/exceptions/remove", {"first": day, "last": day})[0] == 200
    typed = {"kind_id": kinds["nurse"], "issued_on": clock.today().isoformat(), "number": "2012440100"}
    answer = client.post(f"{api}/people/{person}/qualifications", typed | {"file": SimpleUploadedFile("x", JPEG)})
    assert answer.status_code == 200, answer.content
    row = answer.json()["id"]
    assert client.post(f"{api}/people/{person}/qualifications", typed).json()["code"] == "qualification_proof_missing"
    desk = cast.coordinator.client
    assert post(client, f"{api}/qualifications/{row}/verify", {})[0] == 403
    status, card = post(desk, f"{api}/qualifications/{row}/verify", {})
    assert (status, card["standing"], card["masked_number"]) == (200, "verified", "******0100")
    assert [one["id"] for one in desk.get(f"{api}/qualifications?state=verified").json()["items"]] == [row]
    assert client.get(f"{api}/qualifications").status_code == 403
    proof = Qualification.objects.get(pk=row).proofs.get().pk
    assert desk.get(f"{api}/proofs/{proof}").content == JPEG
    assert cast.wang.client.get(f"{api}/proofs/{proof}").status_code == 404
    line = next(one for one in desk.get(f"{api}/people").json()["items"] if one["person_id"] == person)
    assert (line["profession"], "work" in line["missing"]) == ("护士", False)
    assert post(desk, f"{api}/people/{person}/care", {"reason": "突发晕倒"})[1]["emergency_phone"] == "19900000088"
    assert client.post(f"{api}/people/{person}/care").status_code in (404, 422)


def test_a_program_keeps_the_lists_and_signs(cast: Cast, house: None) -> None:
    api, desk = "/api/v1/archive", cast.coordinator.client
    kind = {"name": "营养师", "category": "certificate", "includes": ["first-aid"]}
    assert put(desk, f"{api}/kinds/nutritionist", kind)[0] == 200
    assert put(desk, f"{api}/kinds/first-aid", {**kind, "name": "急救员证", "includes": ["nutritionist"]})[1][
        "code"
    ] == ("qualification_includes_itself")
    assert put(cast.li.client, f"{api}/kinds/x", kind)[0] == 403
    assert {one["code"] for one in cast.li.client.get(f"{api}/kinds").json()} >= {"nutritionist", "nurse"}
    assert put(desk, f"{api}/lists/skill/chess", {"name": "象棋"})[0] == 200
    assert {"code": "chess", "name": "象棋"} in cast.li.client.get(f"{api}/lists/skill").json()
    text = cast.li.client.get(f"{api}/pledge").json()
    assert text["text"] == TEXT
    assert post(cast.li.client, f"{api}/pledge", {"text_id": text["id"]})[0] == 200
    assert post(cast.li.client, f"{api}/pledge", {"text_id": text["id"] + 1})[1]["code"] == "pledge_text_changed"
    later = (clock.today() + timedelta(days=9)).isoformat()
    assert post(desk, f"{api}/pledge/texts", {"effective_from": later, "text": TEXT})[0] == 200
    data = write_csv(headers=["姓名", "志愿者编号", "职业"], rows=[["李明兰", PEOPLE["li"].volunteer_number, "教师"]])
    sent = {"file": SimpleUploadedFile("a.csv", data), "dry_run": "true"}
    assert desk.post(f"{api}/import/profiles", sent).json()["changed"] == 1
    assert not Profile.objects.exists()
    assert desk.post(f"{api}/import/profiles", {"file": SimpleUploadedFile("a.csv", data)}).json()["changed"] == 1
    out = desk.post(f"{api}/export", json.dumps({"form": "csv"}), content_type="application/json")
    assert "教师" in out.content.decode("utf-8-sig")
    assert desk.get(f"{api}/qualifications/running-out").json() == []


def test_who_leads_today_asks_whom_to_call_with_a_reason(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    address = reverse("archive:person_care", args=[cast.li.person_id])
    assert cast.chen.client.get(address).status_code == 404
    assert cast.wang.client.get(address).status_code == 404
    change_profile(
        actor=cast.administrator.actor,
        person_id=cast.li.person_id,
        parts=[Emergency(name="李父", phone="13700001111", relation="parent")],
    )
    monkeypatch.setitem(access._LEADING, "test", lambda actor, person_id: actor.person_id == cast.chen.person_id)
    client = cast.chen.client
    assert "13700001111" not in client.get(address).content.decode()
    assert "13700001111" not in client.post(address, {"reason": ""}).content.decode()
    assert AuditEntry.objects.filter(action="archive.reveal_care").count() == 0
    assert "13700001111" in client.post(address, {"reason": "晕倒了"}).content.decode()
    assert AuditEntry.objects.filter(action="archive.reveal_care").count() == 1
