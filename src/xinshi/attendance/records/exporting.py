"""Service records as a file. Names are masked unless a coordinator asks for them and says why; both leave an audit line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import transaction

from xinshi.attendance.domain import REASON_LENGTH_MAX
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.records import ministry
from xinshi.attendance.records.queries import EXPORT_MAX, RecordFilter, matching
from xinshi.audit.actions import record
from xinshi.documents.workbook import Cell, write_csv, write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import SERVICE_CATEGORIES, label_for
from xinshi.kernel.errors import Invalid, NotAllowed, gettext_noop
from xinshi.people.domain import masked_name

EXPORTERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
HEADERS: Final = (
    "记录编号",
    "姓名",
    "志愿者编号",
    "活动",
    "服务类别",
    "地点",
    "签到时间",
    "签退时间",
    "排班时长（小时）",
    "在岗时长（小时）",
    "认定时长（小时）",
    "时长类型",
    "录入方式",
    "时长状态",
    "应办结日期",
    "补录原因",
)
VISIBLE_DIGITS: Final = 4


@transaction.atomic
def export_records(
    *, actor: Actor, wanted: RecordFilter, form: str = "xlsx", with_names: bool = False, reason: str = ""
) -> bytes:
    """At most EXPORT_MAX records as `xlsx` or `csv`, with the ministry's codes; whole names only with a reason."""
    if not actor.has(*EXPORTERS):
        raise NotAllowed
    why = reason.strip()[:REASON_LENGTH_MAX]
    if with_names and not why:
        raise Invalid(field="reason", reason=gettext_noop("Say why the names are needed; it stays in the audit trail."))
    rows = list(matching(actor, wanted)[:EXPORT_MAX])
    details = {"rows": len(rows), "form": form, "names": with_names} | ({"reason": why} if with_names else {})
    record(actor=actor, action="attendance.export_records", object_ref="service-records", **details)
    table = _table(rows, with_names=with_names)
    if form == "csv":
        return write_csv(headers=HEADERS, rows=table)
    return write_workbook(sheet_name="志愿服务记录", headers=HEADERS, rows=table)


def _table(rows: list[ServiceRecord], *, with_names: bool) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        number = row.person.volunteer_number or ""
        yield (
            row.pk,
            row.person.name if with_names else masked_name(row.person.name),
            number if with_names else number[-VISIBLE_DIGITS:].rjust(len(number), "*"),
            row.shift.activity.title,
            label_for(SERVICE_CATEGORIES, row.shift.activity.category, chinese=True),
            row.shift.activity.place,
            row.checked_in_at,
            row.checked_out_at,
            *(clock_hours(minutes) for minutes in (row.scheduled_minutes, row.present_minutes, row.credited_minutes)),
            ministry.HOURS_TYPES[row.hours_kind],
            ministry.entry_way(
                checked_in_through=row.checked_in_through,
                checked_out_by_ref=row.checked_out_by_ref,
                replaces=row.replaces_id is not None,
            ),
            ministry.STATES[row.state],
            row.due_on,
            row.entry_reason,
        )


def clock_hours(minutes: int | None) -> str:
    """Hours with at most two decimals, as text that no program rounds; empty where it is not known."""
    from xinshi.kernel.minutes import hours_figure

    return "" if minutes is None else hours_figure(minutes)


def file_name(form: str) -> str:
    return f"service-records-{clock.today():%Y%m%d}.{form}"
