"""Importing a plan: read, judge every row, create drafts of what is good, all in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext

from xinshi.activities.access import require_planner
from xinshi.activities.actions.creating import create_activities_many, require_recordable
from xinshi.activities.domain import NewActivity
from xinshi.activities.importing.columns import REQUIRED, TITLES
from xinshi.activities.importing.domain import ROWS_MAX, Fault, Known, PlannedRows, Row, judge, rows_of
from xinshi.activities.models import Activity, Programme
from xinshi.audit.actions import record
from xinshi.documents.sheets import FileTooLarge, HeaderNotFound, find_header, read_sheets
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.organizations.models import Organization
from xinshi.people.queries import find_by_volunteer_numbers

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a row, in words: its number in the sheet, the column's title, a sentence."""

    row: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What an import did, or would do. `known` are activities that stand in the plan already."""

    rows: int
    activities: list[NewActivity]
    known: int
    wrong: list[Wrong]

    @property
    def shown(self) -> list[NewActivity]:
        return self.activities[:SHOWN]

    @property
    def shifts(self) -> int:
        return sum(len(activity.shifts) for activity in self.activities)


def import_plan(*, actor: Actor, data: bytes, file_name: str, dry_run: bool = False) -> PlanReport:
    """Create a draft of every activity whose rows are all good; one that stands there already is passed over.

    So importing the same file twice creates nothing twice. On a dry run nothing is written.
    """
    require_planner(actor)
    rows = _rows(data, file_name)
    with transaction.atomic():
        good, faults = judge(rows, _known(rows))
        wrong = [_in_words(fault) for fault in faults]
        new, known = _new(good)
        allowed: list[NewActivity] = []
        for planned in new:
            refusal = _refusal(planned.activity)
            if refusal is None:
                allowed.append(planned.activity)
            else:
                wrong.append(Wrong(planned.rows[0], TITLES["title"][0], gettext(refusal.message) % refusal.parameters))
        if allowed and not dry_run:
            create_activities_many(actor=actor, activities=allowed)
            record(
                actor=actor,
                action="activities.import_plan",
                object_ref=f"file:{hashlib.sha256(data).hexdigest()[:32]}",
                rows=len(rows),
                activities=len(allowed),
            )
    return PlanReport(len(rows), allowed, known, sorted(wrong, key=lambda one: one.row))


def _rows(data: bytes, file_name: str) -> list[Row]:
    for sheet in read_sheets(data, file_name=file_name):
        header = find_header(sheet, TITLES, required=REQUIRED)
        if header is not None:
            rows = rows_of(sheet, header)
            if len(rows) > ROWS_MAX:
                raise FileTooLarge
            return rows
    raise HeaderNotFound(columns="、".join(TITLES[name][0] for name in REQUIRED))


def _known(rows: list[Row]) -> Known:
    names = {row.texts["organizer"] for row in rows}
    programmes = {row.texts["programme"] for row in rows if row.texts["programme"]}
    return Known(
        organizations=dict(Organization.objects.filter(name__in=names, is_active=True).values_list("name", "pk")),
        people=find_by_volunteer_numbers(sorted({row.texts["person_in_charge"] for row in rows} - {""})),
        programmes=dict(Programme.objects.filter(name__in=programmes, is_active=True).values_list("name", "pk")),
    )


def _new(good: list[PlannedRows]) -> tuple[list[PlannedRows], int]:
    """Those that do not stand there yet, by title, place and first moment; and how many do."""
    titles = {planned.activity.title for planned in good}
    rows = Activity.objects.filter(title__in=titles).exclude(state=Activity.State.CANCELLED)
    known: set[tuple[str, str, datetime]] = set(
        rows.annotate(first_at=Min("shifts__starts_at")).values_list("title", "place", "first_at")
    )
    new = [planned for planned in good if _likeness(planned.activity) not in known]
    return new, len(good) - len(new)


def _likeness(activity: NewActivity) -> tuple[str, str, datetime]:
    return activity.title, activity.place, min(shift.starts_at for shift in activity.shifts)


def _refusal(activity: NewActivity) -> DomainError | None:
    try:
        require_recordable(activity)
    except DomainError as refusal:
        return refusal
    return None


def _in_words(fault: Fault) -> Wrong:
    text = gettext(fault.message)
    return Wrong(fault.row, TITLES[fault.column][0], text % fault.parameters if fault.parameters else text)
