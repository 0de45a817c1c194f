"""Reads of attendance: a shift's list with presence, the queue of approvals, a record with its trail, figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from xinshi.activities import queries as activities
from xinshi.activities.access import AROUND_SERVICE, is_planner
from xinshi.activities.access import led_by as activities_led_by
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.attendance import access
from xinshi.attendance.certificates import missing_certificates, names_of
from xinshi.attendance.domain import RECORDS_MAX, working_days_left
from xinshi.attendance.models import Approval, Correction, ServiceRecord
from xinshi.attendance.presence import min_percent, too_short, too_short_among
from xinshi.attendance.records.queries import conflicts_among
from xinshi.bank.ages import is_minor
from xinshi.bank.queries import policy_in_force, timeline
from xinshi.doors.lookups import Many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.access import is_own
from xinshi.people.models import Person

GROUPS_PER_PAGE: Final = 15
ROWS_PER_GROUP: Final = 30
ROWS_PER_PAGE: Final = 200
FORGOTTEN_MAX: Final = 20
NO_PRESENCE: Final = (ServiceRecord.State.REFUSED, ServiceRecord.State.WITHDRAWN, ServiceRecord.State.REPLACED)
DAY: Final = timedelta(days=1)
"""No presence is longer."""


@dataclass(frozen=True, slots=True)
class ListLine:
    """One person on the leader's list."""

    signup_id: int
    person_id: int
    name: str
    volunteer_number: str
    record: ServiceRecord | None
    is_minor: bool
    note: str = ""
    """What they wrote when they signed up."""
    missing: str = ""
    """The name of what the role or the danger asks for and they lack on the day."""

    @property
    def state(self) -> str:
        """`expected`, or the state of the record."""
        if self.record is None or self.record.state == ServiceRecord.State.WITHDRAWN:
            return "expected"
        return self.record.state


@dataclass(frozen=True, slots=True)
class LeaderList:
    shift: Shift
    lines: list[ListLine]
    expected: int
    present: int
    left: int
    is_planner: bool

    @property
    def is_over(self) -> bool:
        return self.shift.ends_at <= clock.now()

    @property
    def may_call(self) -> bool:
        """Whom to call for somebody in an emergency: its leader around the service, the station on any day."""
        now = clock.now()
        is_around = self.shift.starts_at - AROUND_SERVICE <= now <= self.shift.ends_at + AROUND_SERVICE
        return self.is_planner or is_around


@dataclass(frozen=True, slots=True)
class ForgottenCheckOuts:
    """A shift that is over, and how many people in it were never checked out."""

    shift: Shift
    people: int


@dataclass(frozen=True, slots=True)
class ServiceSegment:
    """A stretch of time in which a person is known to have served."""

    person_id: int
    starts_at: datetime
    ends_at: datetime
    source_ref: str


@dataclass(frozen=True, slots=True)
class WaitingSummary:
    count: int
    oldest_due_on: date | None
    overdue: int


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """What of one activity waits for the actor; `rows` are the first of them."""

    activity: Activity
    count: int
    minutes: int
    due_on: date
    rows: list[ServiceRecord]
    too_short: frozenset[int] = frozenset()
    """Those of `rows`, by id, whose presence is below the least that the policy asks for."""
    conflicts: Mapping[int, str] = field(default_factory=dict)
    """Those of `rows`, by id, that other hours of the same person contradict, and how."""

    @property
    def days_left(self) -> int:
        """Working days until the decision is due, by the ministry's clock of ten; negative where it is overdue."""
        return working_days_left(clock.today(), self.due_on)

    @property
    def is_overdue(self) -> bool:
        return self.due_on < clock.today()

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class WaitingPage:
    groups: list[WaitingGroup]
    total: int
    number: int
    has_next: bool
    levels: int


@dataclass(frozen=True, slots=True)
class RecordDetail:
    record: ServiceRecord
    approvals: list[Approval]
    corrections: list[Correction]
    people: dict[str, str]
    """Names by reference of those who acted, for the record's trail."""
    is_own: bool
    may_work: bool
    may_approve: bool
    replaced_by_id: int | None
    presence_min_percent: int = 0
    """Where the record waits and is too short for any hours: the least share of the scheduled time."""

    @property
    def may_ask(self) -> bool:
        """Asking for a correction: the volunteer, of what still counts."""
        return self.is_own and self.record.state not in ("withdrawn", "replaced")

    @property
    def may_correct(self) -> bool:
        """What was approved is corrected by a reversal only; a check-in taken back is no presence."""
        return self.may_work and self.record.state in ("open", "submitted", "refused")


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    person_times: int
    activities_held: int
    approved_minutes: int


def leader_list(actor: Actor, shift_id: int, *, search: str = "") -> LeaderList:
    """Who is expected and who is there; NotFound unless the actor leads the activity."""
    shift = activities.led_shift(actor, shift_id)
    lines = lines_of(shift, _expected_or_there(shift_id).order_by("person__name", "pk"))
    states = [line.state for line in lines]
    term = search.strip().casefold()
    return LeaderList(
        shift=shift,
        lines=[line for line in lines if term in line.name.casefold() or term in line.volunteer_number],
        expected=states.count("expected"),
        present=states.count("open"),
        left=len(states) - states.count("expected") - states.count("open"),
        is_planner=is_planner(actor),
    )


def list_rows(actor: Actor, shift_id: int) -> tuple[Shift, QuerySet[SignUp]]:
    """A shift and its confirmed sign-ups with person and record; NotFound unless the actor leads the activity."""
    return activities.led_shift(actor, shift_id), _expected_or_there(shift_id)


def list_part(actor: Actor, shift_id: int, signup_ids: Iterable[int]) -> LeaderList:
    """The lines of these sign-ups, with the counts of the whole list, by one query; NotFound where none is left."""
    of_shift = SignUp.objects.filter(shift_id=OuterRef("shift_id"), state=SignUp.State.CONFIRMED)
    numbers = of_shift.order_by().values("shift_id")
    is_open, is_gone = Q(record__state="open"), Q(record=None) | Q(record__state="withdrawn")
    rows = SignUp.objects.filter(
        pk__in=set(signup_ids),
        shift_id=shift_id,
        state=SignUp.State.CONFIRMED,
        shift__activity__in=activities_led_by(actor),
    ).annotate(
        all_of_shift=Subquery(numbers.annotate(n=Count("pk")).values("n")),
        expected_of_shift=Subquery(numbers.annotate(n=Count("pk", filter=is_gone)).values("n")),
        open_of_shift=Subquery(numbers.annotate(n=Count("pk", filter=is_open)).values("n")),
    )
    seen = rows.select_related("person", "record", "shift__activity", "shift__role").defer(*activities.PERSON_UNSEEN)
    found = list(seen.order_by("person__name", "pk"))
    if not found:
        raise NotFound
    first = found[0]
    return LeaderList(
        shift=first.shift,
        lines=lines_of(first.shift, found),
        expected=first.expected_of_shift,
        present=first.open_of_shift,
        left=first.all_of_shift - first.expected_of_shift - first.open_of_shift,
        is_planner=is_planner(actor),
    )


def expected_signups(actor: Actor, shift_id: int) -> list[int]:
    """The sign-ups of those who were not checked in yet and lack nothing; NotFound unless the actor leads the activity.

    Whose certificate or insurance is missing is looked at one by one, not checked in with everybody.
    """
    shift = activities.led_shift(actor, shift_id)
    rows = SignUp.objects.filter(shift_id=shift_id, state=SignUp.State.CONFIRMED)
    rows = rows.filter(Q(record=None) | Q(record__state=ServiceRecord.State.WITHDRAWN))
    people = dict(rows.order_by("pk").values_list("pk", "person_id"))
    lacking = missing_certificates(shift, set(people.values()))
    return [pk for pk, person_id in people.items() if person_id not in lacking]


def open_records(actor: Actor, shift_id: int) -> list[int]:
    """The records of those who are there now; NotFound unless the actor leads the activity."""
    activities.led_shift(actor, shift_id)
    rows = ServiceRecord.objects.filter(shift_id=shift_id, state=ServiceRecord.State.OPEN)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def forgotten_check_outs(actor: Actor) -> list[ForgottenCheckOuts]:
    """Shifts that are over and in which people were never checked out, the oldest first."""
    rows = access.workable_by(actor).filter(state=ServiceRecord.State.OPEN, shift__ends_at__lt=clock.now())
    counts = dict(
        rows.order_by().values_list("shift_id").annotate(n=Count("pk")).order_by("shift__ends_at")[:FORGOTTEN_MAX]
    )
    shifts = Shift.objects.select_related("activity").in_bulk(list(counts))
    return [ForgottenCheckOuts(shift=shifts[pk], people=people) for pk, people in counts.items()]


def _expected_or_there(shift_id: int) -> QuerySet[SignUp]:
    rows = SignUp.objects.filter(shift_id=shift_id, state=SignUp.State.CONFIRMED).select_related("person", "record")
    return rows.defer(*activities.PERSON_UNSEEN)


def lines_of(shift: Shift, signups: Iterable[SignUp]) -> list[ListLine]:
    """Sign-ups of one shift, loaded with person and record, as lines of the list; what people lack by one query more."""
    rows = list(signups)
    lacking = missing_certificates(shift, {row.person_id for row in rows})
    names = names_of(set(lacking.values()))
    missing = {person_id: names.get(code, code) for person_id, code in lacking.items()}
    return [_line_of(row, missing.get(row.person_id, "")) for row in rows]


def _line_of(row: SignUp, missing: str) -> ListLine:
    return ListLine(
        signup_id=row.pk,
        person_id=row.person_id,
        name=row.person.name,
        volunteer_number=row.person.volunteer_number or "",
        record=getattr(row, "record", None),
        is_minor=is_minor(row.person.birth_date, today=clock.today()),
        note=row.note,
        missing=missing,
    )


def segments(person_ids: Iterable[int], since: datetime, until: datetime) -> list[ServiceSegment]:
    """Presence known of these people that touches `since`–`until`; one still open reaches to its shift's end."""
    rows = (
        ServiceRecord.objects.filter(
            person_id__among=Many(set(person_ids)), checked_in_at__lt=until, checked_in_at__gt=since - DAY
        )
        .exclude(state__in=NO_PRESENCE)
        .order_by("person_id", "checked_in_at")
        .values_list("pk", "person_id", "checked_in_at", "checked_out_at", "shift__ends_at")
    )
    return [
        ServiceSegment(
            person_id=person_id, starts_at=start, ends_at=end or shift_end, source_ref=f"service-record:{pk}"
        )
        for pk, person_id, start, end, shift_end in rows
        if (end or shift_end) > since
    ]


def waiting_for_approval(actor: Actor) -> QuerySet[ServiceRecord]:
    """The records whose next approval the actor may give."""
    return access.waiting_for(actor, policy_in_force().approval_levels)


def waiting_summary(actor: Actor) -> WaitingSummary:
    """How many records wait for the actor, and by when the first should be decided."""
    waiting = waiting_for_approval(actor)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("due_on"))
    overdue = waiting.filter(due_on__lt=clock.today()).count() if found["count"] else 0
    return WaitingSummary(count=found["count"], oldest_due_on=found["oldest"], overdue=overdue)


def waiting_page(actor: Actor, *, page: int = 1) -> WaitingPage:
    """The queue by activity, what is due first at the top; at most GROUPS_PER_PAGE activities, a fixed number of queries."""
    policies = timeline()
    levels = policies.on(clock.today()).approval_levels
    waiting = access.waiting_for(actor, levels)
    number = max(1, min(page, 1_000))
    grouped = (
        waiting.order_by()
        .values("shift__activity_id")
        .annotate(count=Count("pk"), minutes=Sum("credited_minutes"), due=Min("due_on"))
        .order_by("due", "shift__activity_id")
    )
    found = list(grouped[(number - 1) * GROUPS_PER_PAGE : number * GROUPS_PER_PAGE + 1])
    shown = {row["shift__activity_id"]: row for row in found[:GROUPS_PER_PAGE]}
    activity_rows = Activity.objects.select_related("person_in_charge").in_bulk(list(shown))
    rows: dict[int, list[ServiceRecord]] = {pk: [] for pk in shown}
    place = Window(
        RowNumber(), partition_by=F("shift__activity_id"), order_by=["shift__starts_at", "person__name", "pk"]
    )
    firsts = waiting.filter(shift__activity_id__in=list(shown)).annotate(place=place).filter(place__lte=ROWS_PER_GROUP)
    for row in _with_people(firsts):
        rows[row.shift.activity_id].append(row)
    conflicts = conflicts_among([row for group in rows.values() for row in group])
    return WaitingPage(
        groups=[
            WaitingGroup(
                activity=activity_rows[pk],
                count=group["count"],
                minutes=group["minutes"] or 0,
                due_on=group["due"],
                rows=rows[pk],
                too_short=too_short_among(rows[pk], policies),
                conflicts=conflicts,
            )
            for pk, group in shown.items()
        ],
        total=waiting.count(),
        number=number,
        has_next=len(found) > GROUPS_PER_PAGE,
        levels=levels,
    )


def waiting_of_activity(actor: Actor, activity_id: int, *, page: int = 1) -> tuple[WaitingGroup, bool]:
    """One activity's waiting records, ROWS_PER_PAGE a page, and whether more follow; NotFound unless the actor leads it."""
    activity = activities.led_activity(actor, activity_id)
    policies = timeline()
    levels = policies.on(clock.today()).approval_levels
    waiting = access.waiting_for(actor, levels).filter(shift__activity_id=activity_id)
    number = max(1, min(page, 1_000))
    found = waiting.aggregate(count=Count("pk"), minutes=Sum("credited_minutes"), due=Min("due_on"))
    rows = list(_with_people(waiting)[(number - 1) * ROWS_PER_PAGE : number * ROWS_PER_PAGE])
    due_on = found["due"] or clock.today()
    group = WaitingGroup(
        activity=activity,
        count=found["count"],
        minutes=found["minutes"] or 0,
        due_on=due_on,
        rows=rows,
        too_short=too_short_among(rows, policies),
        conflicts=conflicts_among(rows),
    )
    return group, found["count"] > number * ROWS_PER_PAGE


def too_short_waiting(actor: Actor, activity_id: int) -> tuple[list[int], int]:
    """What of an activity waits for the actor and is too short for any hours, and the least share that was asked for.

    NotFound unless the actor leads the activity.
    """
    activities.led_activity(actor, activity_id)
    policies = timeline()
    levels = policies.on(clock.today()).approval_levels
    waiting = access.waiting_for(actor, levels).filter(shift__activity_id=activity_id).order_by("pk")
    rows = [row for row in waiting[:RECORDS_MAX] if too_short(row, policies)]
    return [row.pk for row in rows], max((min_percent(row, policies) for row in rows), default=0)


def record_detail(actor: Actor, record_id: int) -> RecordDetail:
    """One record with its whole trail; NotFound for what the actor may not see."""
    rows = access.visible_to(actor).select_related("shift__activity__person_in_charge", "person")
    record = rows.filter(pk=record_id).first()
    if record is None:
        raise NotFound
    policies = timeline()
    approvals = list(record.approvals.order_by("submission", "level"))
    corrections = list(record.corrections.order_by("pk"))
    references = {record.checked_in_by_ref, record.checked_out_by_ref, record.decided_by_ref}
    references |= {approval.approved_by_ref for approval in approvals}
    references |= {correction.corrected_by_ref for correction in corrections}
    return RecordDetail(
        record=record,
        approvals=approvals,
        corrections=corrections,
        people=_names_by_reference(references),
        is_own=record.person_id == actor.person_id,
        may_work=access.workable_by(actor).filter(pk=record_id).exists(),
        may_approve=waiting_for_approval(actor).filter(pk=record_id).exists(),
        presence_min_percent=min_percent(record, policies)
        if record.state == ServiceRecord.State.SUBMITTED and too_short(record, policies)
        else 0,
        replaced_by_id=ServiceRecord.objects.filter(replaces=record_id).values_list("pk", flat=True).first(),
    )


def parts_in_record(record_id: int) -> dict[str, str]:
    """Who had a part in a record: {reference of a user or person: which}; the volunteer and who led the activity too."""
    record = ServiceRecord.objects.select_related("shift__activity").get(pk=record_id)
    found = {
        record.checked_in_by_ref: "checked_in",
        record.checked_out_by_ref: "checked_out",
        record.decided_by_ref: "decided",
        f"person:{record.decided_by_person_id}": "decided",
        f"person:{record.shift.activity.person_in_charge_id}": "led",
        f"person:{record.person_id}": "served",
    }
    for reference, person_id in record.approvals.values_list("approved_by_ref", "approved_by_person_id"):
        found |= {reference: "approved", f"person:{person_id}": "approved"}
    found |= dict.fromkeys(record.corrections.values_list("corrected_by_ref", flat=True), "corrected")
    if record.replaces_id is not None:
        found = parts_in_record(record.replaces_id) | found
    return {reference: part for reference, part in found.items() if reference and reference != "person:None"}


def workable_record(actor: Actor, record_id: int) -> ServiceRecord:
    """A record that the actor may check out or correct; NotFound otherwise."""
    record = access.workable_by(actor).filter(pk=record_id).first()
    if record is None:
        raise NotFound
    return record


def own_records(actor: Actor) -> QuerySet[ServiceRecord]:
    """The actor's own service, newest first."""
    rows = ServiceRecord.objects.filter(is_own(actor)).exclude(state=ServiceRecord.State.WITHDRAWN)
    return rows.select_related("shift__activity").order_by("-checked_in_at", "-pk")


def visible_records(actor: Actor, *, state: str = "", activity_id: int | None = None) -> QuerySet[ServiceRecord]:
    """The records that the actor may see, for lists by the API."""
    rows = access.visible_to(actor).select_related("shift__activity")
    if state:
        rows = rows.filter(state=state)
    if activity_id is not None:
        rows = rows.filter(shift__activity_id=activity_id)
    return rows


def figures() -> ServiceFigures:
    """What was served so far: approved person-times, the activities in which they were, their minutes."""
    found = ServiceRecord.objects.filter(state=ServiceRecord.State.APPROVED).aggregate(
        person_times=Count("pk"),
        activities=Count("shift__activity_id", distinct=True),
        minutes=Sum("credited_minutes"),
    )
    return ServiceFigures(
        person_times=found["person_times"],
        activities_held=found["activities"],
        approved_minutes=found["minutes"] or 0,
    )


def _with_people(rows: QuerySet[ServiceRecord]) -> QuerySet[ServiceRecord]:
    """By day and name, with only the columns of person and shift that a list shows."""
    return (
        rows.select_related("person", "shift")
        .defer(*activities.PERSON_UNSEEN)
        .order_by("shift__starts_at", "person__name", "pk")
    )


def _names_by_reference(references: Iterable[str]) -> dict[str, str]:
    """Names of the people behind `user:ID` references; others stand for themselves."""
    ids = {int(number) for kind, _, number in (ref.partition(":") for ref in references if ref) if kind == "user"}
    found: Sequence[tuple[int, str]] = list(Person.objects.filter(user__in=ids).values_list("user__pk", "name"))
    return {f"user:{pk}": name for pk, name in found}
