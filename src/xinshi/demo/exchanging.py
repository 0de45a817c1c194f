"""What came from 志愿汇 and went there: a file of verified hours with the odd rows that real files have."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from xinshi.demo.hospital import Hospital, Progress
from xinshi.documents.sheets import read_sheets
from xinshi.documents.workbook import write_workbook
from xinshi.exchange.actions import export_zhiyuanhui, import_zhiyuanhui, remember_columns
from xinshi.exchange.returning.actions import compare_returned
from xinshi.kernel import clock
from xinshi.people.actions import give_consent
from xinshi.people.domain import ZHIYUANHUI
from xinshi.people.queries import cards

HEADERS: Final = ("活动名称", "姓名", "志愿者编号", "签到时间", "签退时间", "信用时数")
TITLES: Final = ("社区清洁", "图书馆整理", "地铁站引导", "敬老院探访")
MEMBERS: Final = range(400, 440)
CONSENTING: Final = range(60)
"""Indexes of people who agreed that their hours go to 志愿汇."""
DAYS_AGO: Final = 40
ROWS_TO_COMPARE_MIN: Final = 3


def exchange_hours(hospital: Hospital, *, progress: Progress) -> None:
    """One imported file, where some rows wait for a person; and last month's hours written for 志愿汇."""
    people = cards([hospital.person_ids[index] for index in MEMBERS])
    rows: list[list[str]] = []
    for place, index in enumerate(MEMBERS):
        person = people[hospital.person_ids[index]]
        day = hospital.today - timedelta(days=DAYS_AGO + place % 20)
        start = datetime.combine(day, time(18 + place % 2, 0), clock.HOSPITAL_ZONE)
        rows.append(_row(TITLES[place % len(TITLES)], person.name, person.volunteer_number or "", start, 2 + place % 2))
    late = datetime.combine(hospital.today - timedelta(days=DAYS_AGO), time(18, 30), clock.HOSPITAL_ZONE)
    first = people[hospital.person_ids[MEMBERS[0]]]
    rows.append(_row("同一晚的另一活动", first.name, first.volunteer_number or "", late, 2))
    rows.append(_row(TITLES[0], "查无此人", "990099990000000001", late, 2))
    rows.append(
        [TITLES[1], first.name, first.volunteer_number or "", f"{late - timedelta(days=3):%Y-%m-%d %H:%M}", "", "0"]
    )
    data = write_workbook(
        sheet_name="信用时数明细",
        headers=HEADERS,
        rows=rows,
        preamble=["志愿汇 · 示范市中心医院志愿服务队 信用时数明细"],
    )
    import_zhiyuanhui(
        actor=hospital.coordinator, data=data, file_name="志愿汇信用时数明细（示范）.xlsx", progress=progress
    )
    for index in CONSENTING:
        person_id = hospital.person_ids[index]
        give_consent(actor=hospital.coordinator, person_id=person_id, purpose=ZHIYUANHUI, through="station")
    last_month = hospital.today.replace(day=1) - timedelta(days=1)
    sent = export_zhiyuanhui(actor=hospital.coordinator, from_day=last_month.replace(day=1), to_day=last_month)
    _compare(hospital, sent.workbook)
    titles = ["志愿者", "注册码", "时长合计", "备注"]
    remember_columns(
        actor=hospital.coordinator,
        sender="示范市志愿者协会",
        titles=titles,
        columns={"name": 0, "number": 1, "verified": 2},
    )


def _compare(hospital: Hospital, workbook: bytes) -> None:
    """志愿汇 gave back what was sent, less one person, one with another figure, and somebody who is not ours."""
    [sheet] = read_sheets(workbook, file_name="sent.xlsx")
    rows = [[str(cell) for cell in row] for row in sheet.rows[3:]]
    if len(rows) < ROWS_TO_COMPARE_MIN:
        return
    rows[0][3] = "99.5"
    rows[1] = ["2", "外院志愿者", "990099990000000002", "4.0", "外院活动"]
    back = write_workbook(sheet_name="荣誉时数", headers=[str(cell) for cell in sheet.rows[2]], rows=rows)
    compare_returned(actor=hospital.coordinator, data=back, file_name="志愿汇荣誉时数导出（示范）.xlsx")


def _row(title: str, name: str, number: str, start: datetime, hours: int) -> list[str]:
    end = start + timedelta(hours=hours)
    return [title, name, number, f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}", str(hours)]
