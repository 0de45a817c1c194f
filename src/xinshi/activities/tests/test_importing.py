"""A plan from a spreadsheet: what is good becomes drafts, what is wrong is said by row, nothing is made twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from xinshi.activities.importing.actions import import_plan
from xinshi.activities.importing.columns import HEADERS
from xinshi.activities.importing.domain import day_of_text, time_of_text
from xinshi.activities.importing.exporting import plan_workbook
from xinshi.activities.models import Activity, Shift
from xinshi.activities.tests.conftest import Cast
from xinshi.documents.sheets import HeaderNotFound, read_sheets
from xinshi.documents.workbook import write_csv, write_workbook
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed

GOOD = {
    "活动名称": "社区义诊",
    "岗位": "测血糖",
    "日期": "2027-03-05",
    "开始时间": "08:30",
    "结束时间": "11:30",
    "名额": "3",
    "最少人数": "2",
    "候补名额": "1",
    "地点": "云溪社区",
    "服务类别": "卫生健康",
    "组织单位": "门诊部",
    "项目": "",
    "服务内容": "测血糖、咨询",
    "风险提示": "会接触血液样本",
}


def row(cast: Cast, **more: str) -> dict[str, str]:
    return GOOD | {"组织单位": cast.department.name, "负责人志愿者编号": cast.leader.number} | more


def sheet(rows: Sequence[dict[str, str]]) -> bytes:
    return write_workbook(
        sheet_name="计划",
        headers=HEADERS,
        rows=[[one.get(name, "") for name in HEADERS] for one in rows],
        preamble=["2027 年春季活动计划"],
    )


def test_rows_of_one_name_and_place_are_shifts_of_one_activity(cast: Cast) -> None:
    data = sheet(
        [
            row(cast),
            row(cast, 岗位="引导", 名额="6", 最少人数="", 候补名额=""),
            row(cast, 日期="2027/3/6", 开始时间="8:30", 结束时间="11时30分"),
            row(cast, 活动名称="环境整治", 服务类别="0006", 岗位=""),
        ]
    )
    planner = cast.coordinator.actor
    looked = import_plan(actor=planner, data=data, file_name="plan.xlsx", dry_run=True)
    assert (looked.rows, len(looked.activities), looked.shifts, looked.wrong) == (4, 2, 4, [])
    assert Activity.objects.count() == 0
    import_plan(actor=planner, data=data, file_name="plan.xlsx")
    clinic = Activity.objects.get(title="社区义诊")
    assert (clinic.state, clinic.risks, clinic.person_in_charge_id) == (
        "draft",
        "会接触血液样本",
        cast.leader.person_id,
    )
    assert list(
        clinic.shifts.order_by("starts_at", "pk").values_list("role__name", "places", "minimum", "reserve")
    ) == [
        ("测血糖", 3, 2, 1),
        ("引导", 6, 1, 0),
        ("测血糖", 3, 2, 1),
    ]
    again = import_plan(actor=planner, data=data, file_name="plan.xlsx")
    assert (len(again.activities), again.known, Activity.objects.count()) == (0, 2, 2)


def test_every_error_is_said_by_its_row_and_spoils_only_its_own_activity(cast: Cast) -> None:
    bad = {
        "日期": "下周三",
        "开始时间": "早上",
        "名额": "很多",
        "服务类别": "看病",
        "组织单位": "没有的科",
        "负责人志愿者编号": "999",
        "项目": "没有的项目",
    }
    rows = [row(cast), row(cast, 活动名称="甲", 地点="")]
    rows += [row(cast, 活动名称=f"乙{number}", **{name: text}) for number, (name, text) in enumerate(bad.items())]
    rows += [row(cast, 活动名称="丙"), row(cast, 活动名称="丙", 结束时间="07:00")]
    rows += [row(cast, 活动名称="丁", 服务内容="献血200ml记4小时"), row(cast, 活动名称="戊", 名额="0")]
    report = import_plan(actor=cast.coordinator.actor, data=sheet(rows), file_name="plan.xlsx")
    assert [one.title for one in report.activities] == ["社区义诊"]
    assert Activity.objects.count() == 1
    expected = [(4, "地点")] + [(5 + number, name) for number, name in enumerate(bad)]
    found = [(one.row, one.column) for one in report.wrong]
    assert found[: len(expected)] == expected
    assert {one for one, _column in found[len(expected) :]} >= {12, 14, 15}
    assert all(one.text for one in report.wrong)


def test_what_goes_out_can_come_in_again(cast: Cast) -> None:
    planner = cast.coordinator.actor
    import_plan(actor=planner, data=sheet([row(cast), row(cast, 岗位="引导")]), file_name="plan.xlsx")
    data = plan_workbook(planner)
    (out,) = read_sheets(data, file_name="out.xlsx")
    assert len(out.rows) == 3
    Shift.objects.all().delete()
    Activity.objects.update(state="cancelled", cancelled_at=clock.now(), cancellation_reason="重来")
    report = import_plan(actor=planner, data=data, file_name="out.xlsx")
    assert (len(report.activities), report.shifts, report.wrong) == (1, 2, [])


def test_reads_csv_and_refuses_other_files(cast: Cast) -> None:
    data = write_csv(headers=HEADERS, rows=[[row(cast).get(name, "") for name in HEADERS]])
    assert len(import_plan(actor=cast.coordinator.actor, data=data, file_name="plan.csv").activities) == 1
    with pytest.raises(HeaderNotFound):
        import_plan(actor=cast.coordinator.actor, data="姓名,电话\n甲,1".encode(), file_name="x.csv")
    with pytest.raises(NotAllowed):
        import_plan(actor=cast.leader.actor, data=data, file_name="plan.csv")


def test_the_way_through_the_pages(cast: Cast) -> None:
    browser = cast.coordinator.client
    data = sheet([row(cast), row(cast, 活动名称="甲", 地点="")])
    file = SimpleUploadedFile("plan.xlsx", data)
    answer = browser.post(reverse("activities:import_plan"), {"file": file})
    assert answer.status_code == 302
    preview = browser.get(answer.headers["Location"]).content.decode()
    assert "社区义诊" in preview
    assert "地点" in preview
    assert Activity.objects.count() == 0
    assert browser.post(answer.headers["Location"]).headers["Location"] == reverse("activities:desk")
    assert Activity.objects.count() == 1
    assert browser.post(answer.headers["Location"]).headers["Location"] == reverse("activities:import_plan")
    assert Activity.objects.count() == 1, "a second click makes nothing twice"
    for name in ("import_plan_template", "export_plan"):
        (found,) = read_sheets(browser.get(reverse(f"activities:{name}")).content, file_name="x.xlsx")
        assert found.rows[0][: len(HEADERS)] == list(HEADERS)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("08:30", 510),
        ("8：05", 485),
        ("8时", 480),
        ("14时30分", 870),
        ("09:00:00", 540),
        ("0.5", 720),
        ("24:00", None),
        ("x", None),
    ],
)
def test_times_as_people_write_them(text: str, minutes: int | None) -> None:
    found = time_of_text(text)
    assert (found.hour * 60 + found.minute if found else None) == minutes


@pytest.mark.parametrize("text", ["2026-02-30", "2026", "明天", "26-1-1"])
def test_what_is_no_day(text: str) -> None:
    assert day_of_text(text) is None
