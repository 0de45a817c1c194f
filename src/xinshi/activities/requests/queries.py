"""Reads of requests: what waits at the desk, a department's own, one with its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Min, Q

from xinshi.activities.access import is_planner
from xinshi.activities.models import RequestStep, ServiceRequest
from xinshi.activities.requests import access
from xinshi.activities.requests.domain import OPEN_STATES
from xinshi.archive.models import QualificationKind
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock, workdays
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class WaitingRequests:
    """How many requests wait for an answer, how many of them beyond their day, and the first day that is due."""

    count: int
    overdue: int
    first_due_on: date | None


@dataclass(frozen=True, slots=True)
class RequestLine:
    row: ServiceRequest

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN_STATES

    @property
    def working_days_left(self) -> int:
        return workdays.working_days_between(clock.today(), self.row.due_on)

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.row.due_on < clock.today()


@dataclass(frozen=True, slots=True)
class RequestPage:
    lines: list[RequestLine]
    number: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class RequestDetail:
    line: RequestLine
    steps: Sequence[RequestStep]
    qualifications: list[str]
    may_plan: bool
    may_withdraw: bool

    @property
    def row(self) -> ServiceRequest:
        return self.line.row


def waiting_requests() -> WaitingRequests:
    """One query, for the desk."""
    rows = ServiceRequest.objects.filter(state__in=OPEN_STATES)
    found = rows.aggregate(
        count=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=clock.today())), first=Min("due_on")
    )
    return WaitingRequests(found["count"], found["overdue"], found["first"])


def requests_page(actor: Actor, *, only_open: bool = True, page: int = 1) -> RequestPage:
    """Open ones by the day that is due, others newest first; a fixed number of queries."""
    rows = access.visible_to(actor).select_related("department", "asked_by")
    rows = rows.filter(state__in=OPEN_STATES).order_by("due_on", "pk") if only_open else rows.order_by("-pk")
    number = max(1, min(page, 1_000))
    found = list(rows[(number - 1) * PER_PAGE : number * PER_PAGE + 1])
    return RequestPage([RequestLine(row) for row in found[:PER_PAGE]], number, has_next=len(found) > PER_PAGE)


def request_detail(actor: Actor, request_id: int) -> RequestDetail:
    """A request with its history; NotFound for one that the actor does not see."""
    rows = access.visible_to(actor).select_related("department", "asked_by", "activity")
    row = rows.filter(pk=request_id).first()
    if row is None:
        raise NotFound
    line = RequestLine(row)
    kinds = QualificationKind.objects.filter(code__in=row.qualifications) if row.qualifications else ()
    return RequestDetail(
        line=line,
        steps=list(row.steps.select_related("by").order_by("at", "pk")),
        qualifications=[kind.name if is_chinese() else kind.name_en or kind.name for kind in kinds],
        may_plan=is_planner(actor),
        may_withdraw=line.is_open and access.kept_departments(actor).filter(pk=row.department_id).exists(),
    )


def departments(actor: Actor) -> list[tuple[int, str]]:
    """The departments for which the actor may ask: `(id, name)`."""
    return list(access.kept_departments(actor).values_list("pk", "name"))
