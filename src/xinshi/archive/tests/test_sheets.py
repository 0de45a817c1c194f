"""The archive in spreadsheets: insurance for many, profiles in and out."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from xinshi.archive.actions import change_profile, save_line
from xinshi.archive.availability import WEEKLY_MAX, AvailabilityException, weekly_of
from xinshi.archive.completeness import Item
from xinshi.archive.domain import Limits
from xinshi.archive.models import Profile, Qualification
from xinshi.archive.profile import Emergency, OwnLimits, Sites, Skills, Times, Work
from xinshi.archive.queries import Wanted, facts
from xinshi.archive.sheets.exporting import export_archive
from xinshi.archive.sheets.insurance import InsuranceKindMissing, empty_insurance_template, import_insurance
from xinshi.archive.sheets.profiles import empty_profile_template, import_profiles
from xinshi.archive.sheets.words import weekly_from, weekly_text
from xinshi.archive.tests.conftest import everything
from xinshi.audit.models import AuditEntry
from xinshi.documents.sheets import HeaderNotFound, read_sheets
from xinshi.documents.workbook import write_csv, write_workbook
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.people.actions import ReasonMissing
from xinshi.people.models import Person
from xinshi.people.tests.conftest import PEOPLE, SYSTEM, Cast

INSURANCE = ["姓名", "志愿者编号", "证件号码", "保单号", "生效日期", "到期日期", "承保公司"]


def insurance(rows: list[list[str]]) -> bytes:
    return write_workbook(sheet_name="保险", headers=INSURANCE, rows=rows, preamble=["2026年志愿者意外险"])


@given(weekly=st.integers(0, WEEKLY_MAX))
def test_a_week_in_words_is_the_same_week(weekly: int) -> None:
    assert weekly_from(weekly_text(weekly)) == weekly


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("周末", [(day, quarter) for day in (5, 6) for quarter in (1, 2, 3)]),
        ("工作日晚上", [(day, 3) for day in range(5)]),
        ("星期天上午，周三晚上", [(6, 1), (2, 3)]),
        ("周一全天", [(0, 1), (0, 2), (0, 3)]),
        ("无", []),
    ],
)
def test_people_write_their_week_in_several_ways(text: str, cells: list[tuple[int, int]]) -> None:
    assert weekly_from(text) == weekly_of(cells)


@pytest.mark.parametrize("text", ["周八", "随时", "上午", "周一中午吧"])
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        weekly_from(text)


def test_many_are_insured_at_once_and_sending_it_again_changes_nothing(cast: Cast, kinds: dict[str, int]) -> None:
    today = clock.today()
    last = today + timedelta(days=364)
    li, wang = PEOPLE["li"], PEOPLE["wang"]
    data = insurance(
        [
            ["李明兰", li.volunteer_number, "", "PA-001", today.isoformat(), last.isoformat(), "示范保险"],
            ["王芳", "", wang.id_number, "PA-002", f"{today:%Y/%m/%d}", f"{last:%Y年%m月%d日}", ""],
            ["王小芳", "", wang.id_number, "PA-003", today.isoformat(), last.isoformat(), ""],
            ["陈静", "123456789012345678", "", "PA-004", today.isoformat(), last.isoformat(), ""],
            ["李明兰", li.volunteer_number, wang.id_number, "PA-005", today.isoformat(), last.isoformat(), ""],
            ["李明兰", li.volunteer_number, "", "", "明天", "2001-01-01", ""],
            ["李明兰", "", "", "PA-006", last.isoformat(), today.isoformat(), ""],
        ]
    )
    actor = cast.coordinator.actor
    before = everything()
    dry = import_insurance(actor=actor, data=data, file_name="a.xlsx", dry_run=True)
    assert everything() == before
    assert (dry.rows, dry.changed, dry.unchanged, [one.row for one in dry.rejected]) == (7, 2, 0, [5, 6, 7, 8, 9])
    done = import_insurance(actor=actor, data=data, file_name="a.xlsx")
    assert (done.changed, done.rejected) == (dry.changed, dry.rejected)
    assert facts([cast.wang.person_id])[cast.wang.person_id].has("insurance", last)
    assert Qualification.objects.get(person=cast.li.person_id).number == "PA-001"
    again = import_insurance(actor=actor, data=data, file_name="b.xlsx")
    assert (again.changed, again.unchanged) == (0, 2)
    assert done.rejected_workbook is not None
    sheet = read_sheets(done.rejected_workbook, file_name="c.xlsx")[0]
    assert len(sheet.rows) == 6
    assert all(str(row[-1]) for row in sheet.rows)


def test_insurance_is_taken_from_the_station_only_and_needs_its_kind(cast: Cast) -> None:
    data = insurance([["李明兰", "1", "", "P", "2026-01-01", "2026-12-31", ""]])
    with pytest.raises(InsuranceKindMissing):
        import_insurance(actor=cast.coordinator.actor, data=data, file_name="a.xlsx")
    for who in (cast.li, cast.auditor, cast.clerk):
        with pytest.raises(NotAllowed):
            import_insurance(actor=who.actor, data=data, file_name="a.xlsx")
    with pytest.raises(HeaderNotFound):
        import_profiles(actor=cast.coordinator.actor, data=write_csv(headers=["甲"], rows=[["乙"]]), file_name="a.csv")
    assert not Qualification.objects.exists()


def test_the_templates_are_read_back(cast: Cast, kinds: dict[str, int]) -> None:
    save_line(actor=SYSTEM, table="skill", code="first-aid", name="急救")
    save_line(actor=SYSTEM, table="skill", code="sign", name="手语")
    actor = cast.coordinator.actor
    for report in (
        import_insurance(actor=actor, data=empty_insurance_template(), file_name="a.xlsx", dry_run=True),
        import_profiles(actor=actor, data=empty_profile_template(), file_name="a.xlsx", dry_run=True),
    ):
        assert (report.rows, len(report.rejected)) == (1, 1)
        assert "Nobody" in report.rejected[0].message or "没有" in report.rejected[0].message


@pytest.fixture
def filled(cast: Cast) -> Cast:
    for table, code, name in (("skill", "first-aid", "急救"), ("skill", "sign", "手语"), ("site", "east", "东院区")):
        save_line(actor=SYSTEM, table=table, code=code, name=name)
    change_profile(
        actor=cast.li.actor,
        person_id=cast.li.person_id,
        parts=[
            Work(profession="护士", professional_title="主管护师", employer="示范医院", languages=("普通话", "英语")),
            Skills(levels={"first-aid": 3, "sign": 1}, interests=("0004", "0013")),
            Times(weekly=weekly_of([(5, 1), (5, 2)])),
            OwnLimits(limits=Limits(minutes_a_week_max=450, shifts_a_week_max=2, takes_nights=False)),
            Sites(codes=("east",)),
            Emergency(name="王平安", phone="19900000088", relation="spouse"),
        ],
    )
    return cast


EXAM, TURN = (
    AvailabilityException(
        clock.today() + timedelta(days=9), clock.today() + timedelta(days=15), note="考试周（期末；难）"
    ),
    AvailabilityException(clock.today() + timedelta(days=20), clock.today() + timedelta(days=20), is_free=True),
)


def test_exceptions_go_out_and_come_in_and_notes_leave_only_whole(filled: Cast) -> None:
    actor, person_id = filled.coordinator.actor, filled.li.person_id
    over = AvailabilityException(clock.today() - timedelta(days=9), clock.today() - timedelta(days=8), note="手术")
    Profile.objects.filter(pk=person_id).update(exceptions=[one.as_stored() for one in (over, EXAM, TURN)])
    before = Profile.objects.get().exceptions
    masked = export_archive(actor=filled.auditor.actor, wanted=Wanted())
    assert not [word for word in ("考试周", "手术") if word in str(read_sheets(masked, file_name="a.xlsx")[0].rows)]
    assert import_profiles(actor=actor, data=masked, file_name="a.xlsx").changed == 0
    whole = export_archive(actor=actor, wanted=Wanted(), is_whole=True, reason="换系统前备份")
    assert import_profiles(actor=actor, data=whole, file_name="a.xlsx").changed == 0
    assert Profile.objects.get().exceptions == before
    Profile.objects.update(exceptions=[])
    assert import_profiles(actor=actor, data=whole, file_name="a.xlsx").changed == 1
    read = [{**one, "note": unicodedata.normalize("NFKC", one["note"])} for one in before[1:]]
    assert Profile.objects.get().exceptions == read


@pytest.mark.parametrize(
    "text",
    [
        "下周不可",
        "2027-02-30不可",
        "2027-01-04到2027-01-09不可",
        "2027-01-09至2027-01-04不可",
        "2027-01-04可；2027-01-04不可",
    ],
)
def test_exceptions_that_make_no_sense_are_said_and_change_nothing(filled: Cast, text: str) -> None:
    row = [filled.li.person_id, "李明兰", text]
    data = write_workbook(
        sheet_name="档案", headers=["档案编号", "姓名", "例外日期"], rows=[[str(cell) for cell in row]]
    )
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False):
        report = import_profiles(actor=filled.coordinator.actor, data=data, file_name="a.xlsx")
    assert (report.changed, [one.column for one in report.rejected]) == (0, ["例外日期"])
    assert Profile.objects.get().exceptions == []


def test_an_export_is_masked_and_coming_back_changes_nothing(filled: Cast) -> None:
    actor = filled.coordinator.actor
    data = export_archive(actor=filled.auditor.actor, wanted=Wanted())
    text = str(read_sheets(data, file_name="a.xlsx")[0].rows)
    for secret in ("19900000001", "19900000088", "王平安", PEOPLE["li"].id_number):
        assert secret not in text
    assert "199****0001" in text
    before = [list(table.objects.order_by("pk").values()) for table in (Profile, Person)]
    report = import_profiles(actor=actor, data=data, file_name="a.xlsx")
    assert (report.rows, report.changed, report.rejected) == (3, 0, [])
    assert [list(table.objects.order_by("pk").values()) for table in (Profile, Person)] == before
    csv = export_archive(actor=actor, wanted=Wanted(), form="csv")
    assert import_profiles(actor=actor, data=csv, file_name="a.csv").changed == 0


def test_a_whole_export_builds_the_same_archive_anew(filled: Cast) -> None:
    actor = filled.coordinator.actor
    data = export_archive(actor=actor, wanted=Wanted(), is_whole=True, reason="换系统前备份")
    row = Profile.objects.get()
    known = {name: getattr(row, name) for name in ("profession", "skills", "weekly", "sites", "emergency_phone")}
    Profile.objects.all().delete()
    report = import_profiles(actor=actor, data=data, file_name="a.xlsx")
    assert (report.changed, report.rejected) == (1, [])
    row = Profile.objects.get()
    assert {name: getattr(row, name) for name in known} == known
    assert (row.minutes_a_week_max, row.takes_nights, row.may_lift) == (450, False, True)


def test_whole_numbers_leave_with_a_reason_and_on_record(filled: Cast) -> None:
    before = everything()
    with pytest.raises(ReasonMissing):
        export_archive(actor=filled.coordinator.actor, wanted=Wanted(), is_whole=True)
    with pytest.raises(NotAllowed):
        export_archive(actor=filled.auditor.actor, wanted=Wanted(), is_whole=True, reason="年度审计")
    with pytest.raises(NotAllowed):
        export_archive(actor=filled.li.actor, wanted=Wanted())
    assert everything() == before
    export_archive(actor=filled.coordinator.actor, wanted=Wanted(), is_whole=True, reason="换系统前备份")
    entry = AuditEntry.objects.get(action="archive.export")
    assert (entry.detail["people"], entry.detail["is_whole"], entry.detail["reason"]) == (3, True, "换系统前备份")


def test_cells_that_cannot_be_read_are_said_in_words_and_the_other_rows_go_in(filled: Cast) -> None:
    headers = ["姓名", "志愿者编号", "证件号码", "技能", "每周可服务时间", "每周最多小时", "可到院区", "职业", "夜间"]
    wang = PEOPLE["wang"].id_number
    rows = [
        ["李明兰", PEOPLE["li"].volunteer_number, "", "急救（熟练）", "周日", "3.5", "东院区", "护士长", "是"],
        ["王芳", "", wang, "飞行", "周八", "三小时", "西院区", "", "也许"],
        ["王芳", "", wang, "", "", "", "", "教师", ""],
        ["陈静", PEOPLE["chen"].volunteer_number, "", "", "", "2000", "", "", ""],
    ]
    data = write_csv(headers=headers, rows=rows)
    report = import_profiles(actor=filled.coordinator.actor, data=data, file_name="a.csv")
    assert (report.changed, [one.row for one in report.rejected]) == (1, [3, 4, 5])
    for word in ("飞行", "周八", "三小时", "西院区", "也许"):
        assert word in report.rejected[0].message
    row = Profile.objects.get()
    assert (row.profession, row.skills, row.minutes_a_week_max) == ("护士长", {"first-aid": 2}, 210)
    assert row.weekly == weekly_of([(6, 1), (6, 2), (6, 3)])
    assert Person.objects.get(pk=filled.li.person_id).skills == ["急救"]


def test_an_export_takes_few_queries_however_many_people(filled: Cast, django_assert_max_num_queries) -> None:
    actor = filled.auditor.actor
    with django_assert_max_num_queries(16):
        export_archive(actor=actor, wanted=Wanted(missing=Item.WORK))
