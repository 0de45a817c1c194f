"""Lists and files of service records, what contradicts them, and the clock of ten working days."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.tests.conftest import SYSTEM
from xinshi.attendance.actions import remind_of_due, renew_due_days
from xinshi.attendance.actions.deadlines import stage_of
from xinshi.attendance.domain import due_day
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.records import ministry
from xinshi.attendance.records.exporting import HEADERS, export_records
from xinshi.attendance.records.queries import RecordFilter, conflicts_among
from xinshi.attendance.tests.conftest import Service, at, record_of, written
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.documents.sheets import read_sheets
from xinshi.kernel import clock, workdays
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, NotAllowed
from xinshi.messages.models import Message

pytestmark = pytest.mark.django_db


def plain(header: str) -> str:
    return unicodedata.normalize("NFKC", header)


def sheet_of(service: Service, **options: Any) -> list[list[object]]:
    data = export_records(actor=service.cast.coordinator.actor, wanted=RecordFilter(), **options)
    [sheet] = read_sheets(data, file_name="x.xlsx")
    return [list(row) for row in sheet.rows]


def test_a_file_masks_names_and_speaks_the_ministrys_codes(service: Service) -> None:
    service.submitted()
    headers, row = sheet_of(service)
    assert headers == [plain(header) for header in HEADERS]
    told = dict(zip(HEADERS, row, strict=False))
    name = record_of(ServiceRecord.objects.get().pk).person.name
    assert told["姓名"] == name[0] + "*" * (len(name) - 1)
    assert str(told["志愿者编号"]).startswith("*")
    assert (told["时长类型"], told["录入方式"], told["时长状态"]) == ("1信用时长", "4快速打卡", "0申请中")
    hours = [Decimal(str(told[f"{kind}时长（小时）"])) for kind in ("排班", "在岗", "认定")]
    assert hours == [2, 2, 2]
    entry = AuditEntry.objects.get(action="attendance.export_records")
    assert entry.detail == {"rows": 1, "form": "xlsx", "names": False}


def test_whole_names_need_a_reason_and_leave_it_in_the_trail(service: Service) -> None:
    service.submitted()
    before = written()
    with pytest.raises(Invalid):
        sheet_of(service, with_names=True, reason="  ")
    with pytest.raises(NotAllowed):
        export_records(actor=service.cast.leader.actor, wanted=RecordFilter())
    assert written() == before
    _, row = sheet_of(service, with_names=True, reason="报送民政")
    assert ServiceRecord.objects.get().person.name in row
    assert AuditEntry.objects.get(action="attendance.export_records").detail["reason"] == "报送民政"


@pytest.mark.parametrize(
    ("through", "out_by", "replaces", "code"),
    [
        ("leader", "user:1", False, "4快速打卡"),
        ("entered", "user:1", False, "1团体录入"),
        ("leader", "system:worker", False, "0强制签退"),
        ("entered", "user:1", True, "2个人申请"),
    ],
)
def test_how_hours_came_in_by_the_ministrys_list(through: str, out_by: str, replaces: bool, code: str) -> None:
    assert ministry.entry_way(checked_in_through=through, checked_out_by_ref=out_by, replaces=replaces) == code


def test_the_desk_chooses_and_pages_records_in_few_queries(
    service: Service, django_assert_max_num_queries: Any
) -> None:
    service.many(3)
    client = service.cast.coordinator.client
    address = reverse("attendance:records")
    with django_assert_max_num_queries(12):
        page = client.get(address, {"state": "submitted"})
    assert len(page.context["found"].rows) == 3
    assert client.get(address, {"state": "overdue"}).context["found"].rows == []
    assert len(client.get(address, {"since": "nonsense", "search": "\0"}).context["found"].rows) == 3
    assert client.get(address, {"until": "2026-03-02"}).context["found"].rows == []
    service.move_to(at(9, days=30))
    client = service.cast.coordinator.client
    assert len(client.get(address, {"state": "overdue"}).context["found"].rows) == 3
    assert service.cast.leader.client.get(address).status_code == 403
    answer = client.post(f"{reverse('attendance:export_records')}?state=submitted", {"form": "csv"})
    assert answer.content.decode("utf-8-sig").count("\n") == 4
    assert service.cast.auditor.client.get(address).status_code == 200
    assert service.cast.auditor.client.post(reverse("attendance:export_records"), {"form": "csv"}).status_code == 403


def test_hours_elsewhere_and_long_days_are_flagged_before_approval(service: Service) -> None:
    person = service.cast.volunteer.person_id
    _, records = service.submitted(person)
    row = record_of(records[0])
    assert conflicts_among([row]) == {}
    ServiceRecord.objects.filter(pk=row.pk).update(scheduled_minutes=800, present_minutes=800)
    assert conflicts_among([record_of(row.pk)]) == {row.pk: "long_day"}
    deposit_many(
        actor=SYSTEM,
        deposits=[
            NewDeposit(
                person_id=person,
                kind=HoursKind.VERIFIED,
                category="0001",
                title="社区服务",
                raw_minutes=60,
                organizer="街道办事处",
                worked_on=clock.local_day(row.checked_in_at),
                source_ref="zhiyuanhui:1",
            )
        ],
        partner="zhiyuanhui",
    )
    assert conflicts_among([record_of(row.pk)]) == {row.pk: "elsewhere"}
    shown = service.cast.leader.client.get(reverse("attendance:approvals")).content.decode()
    assert "当天在其他平台有时长" in shown


def test_days_are_set_anew_when_holidays_become_known(service: Service) -> None:
    _, records = service.submitted()
    right = due_day(date(2026, 3, 3))
    assert record_of(records[0]).due_on == right == date(2026, 3, 17)
    assert renew_due_days(actor=SYSTEM) == 0
    ServiceRecord.objects.update(due_on=date(2026, 3, 16))
    assert renew_due_days(actor=SYSTEM) == 1
    assert record_of(records[0]).due_on == right
    entry = AuditEntry.objects.get(action="attendance.renew_due_day")
    assert entry.detail == {"from": "2026-03-16", "to": "2026-03-17"}


def test_leaders_and_the_station_are_reminded_before_on_and_after_the_last_day_once_each(service: Service) -> None:
    service.submitted()
    leader = Message.objects.filter(recipient_ref=service.cast.leader.reference, key__startswith="due:")
    station = Message.objects.filter(recipient_ref=service.cast.coordinator.reference, key__startswith="due-station:")
    for day, to_leader, to_station in (
        (12, 0, 0),
        (13, 1, 1),
        (14, 1, 1),
        (16, 1, 2),
        (17, 2, 3),
        (18, 3, 4),
        (19, 3, 5),
    ):
        service.move_to(at(9, days=day - 3))
        remind_of_due(actor=SYSTEM)
        remind_of_due(actor=SYSTEM)
        assert (day, leader.count(), station.count()) == (day, to_leader, to_station)


@given(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)), ahead=st.integers(-10, 10))
def test_a_stage_never_calls_late_what_is_not(day: date, ahead: int) -> None:
    due = workdays.working_days_after(day, abs(ahead)) if ahead >= 0 else date.fromordinal(day.toordinal() + ahead)
    assert (stage_of(day, due) == "late") == (due < day)


def test_my_service_shows_every_state_with_the_three_times_apart(service: Service) -> None:
    service.submitted()
    shown = service.cast.volunteer.client.get(reverse("attendance:mine"))
    sums = shown.context["sums"]
    assert (sums.count, sums.scheduled, sums.present, sums.credited) == (1, 120, 120, 0)
    assert "2026年3月17日" in shown.content.decode()
