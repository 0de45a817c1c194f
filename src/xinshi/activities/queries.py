"""Reads of activities: what is offered, what one may take, who is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from xinshi.activities import access
from xinshi.activities.domain import (
    FIRST_DAY,
    LAST_DAY,
    ActivityNotOpen,
    PassbookMissing,
    PassbookNotActive,
    ShiftFull,
    ShiftStarted,
    TakenTime,
    TimeConflict,
    conflict,
)
from xinshi.activities.models import Activity, Programme, Shift, SignUp
from xinshi.bank.queries import passbooks_by_person
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound
from xinshi.organizations.models import Organization
from xinshi.people.models import Person

SHIFTS_PER_PAGE: Final = 60
DESK_ROWS: Final = 100
PERSON_UNSEEN: Final = ("person__id_number", "person__phone", "person__skills", "person__service_categories")
"""Columns of a person that a list never shows; sealed ones would be opened for nothing."""


@dataclass(frozen=True, slots=True)
class OfferedShift:
    """A shift as one person sees it: the place they have in it, or why they cannot take one."""

    id: int
    activity_id: int
    title: str
    category: str
    programme: str
    place: str
    hours_kind: str
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    takes_sign_ups: bool
    my_signup_id: int | None
    may_cancel: bool
    refusal: DomainError | None

    @property
    def places_left(self) -> int:
        return self.places - self.taken

    @property
    def is_over(self) -> bool:
        return self.ends_at <= clock.now()

    @property
    def minutes(self) -> int:
        return clock.whole_minutes_between(self.starts_at, self.ends_at)

    @property
    def day(self) -> date:
        return clock.local_day(self.starts_at)


@dataclass(frozen=True, slots=True)
class ShiftPage:
    shifts: list[OfferedShift]
    number: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class ActivityDetail:
    activity: Activity
    shifts: list[OfferedShift]
    may_plan: bool
    may_lead: bool

    @property
    def may_open_lists(self) -> bool:
        """Lists of people: for who leads, of an activity that is held."""
        return self.may_lead and self.activity.state in (Activity.State.PUBLISHED, Activity.State.FINISHED)


@dataclass(frozen=True, slots=True)
class ComingShift:
    """A shift in which somebody has a place."""

    signup_id: int
    shift_id: int
    activity_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    attended_at: datetime | None

    @property
    def day(self) -> date:
        return clock.local_day(self.starts_at)

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= clock.now()


@dataclass(frozen=True, slots=True)
class EmptyPlaces:
    shift_id: int
    activity_id: int
    title: str
    starts_at: datetime
    places: int
    taken: int

    @property
    def places_left(self) -> int:
        return self.places - self.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFilter:
    """What the desk's table shows; `when` is `coming`, `past` or empty for both."""

    state: str = ""
    when: str = "coming"
    search: str = ""
    category: str = ""
    only_led: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class DeskPage:
    shifts: list[Shift]
    number: int
    has_next: bool
    total: int


@dataclass(frozen=True, slots=True)
class _Holder:
    """What decides on every shift for one person: their places at the time, and whether the bank knows them."""

    person_id: int | None
    signups: dict[int, tuple[int, datetime | None]]
    times: Sequence[TakenTime]
    refusal: DomainError | None


def open_shifts(
    actor: Actor, *, category: str = "", day: date | None = None, page: int = 1, per_page: int = SHIFTS_PER_PAGE
) -> ShiftPage:
    """Coming open shifts by time, with the actor's own state in each; a fixed number of queries."""
    number = max(1, min(page, 1_000))
    rows = open_rows(category=category, day=day).order_by("starts_at", "id")
    found = list(rows[(number - 1) * per_page : number * per_page + 1])
    return ShiftPage(shifts=offered(actor, found[:per_page]), number=number, has_next=len(found) > per_page)


def open_rows(*, category: str = "", day: date | None = None) -> QuerySet[Shift]:
    """Coming shifts that take sign-ups."""
    rows = Shift.objects.filter(is_open=True, starts_at__gt=clock.now())
    if category:
        rows = rows.filter(activity__category=category)
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        rows = rows.none()
    elif day is not None:
        first, after = clock.day_bounds(day)
        rows = rows.filter(starts_at__gte=first, starts_at__lt=after)
    return rows.select_related("activity__programme")


def activity_detail(actor: Actor, activity_id: int) -> ActivityDetail:
    """One activity with its shifts as the actor sees them; NotFound for what they may not see."""
    visible = access.visible_to(actor).select_related("programme", "organizer", "person_in_charge")
    activity = visible.filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    shifts = list(activity.shifts.order_by("starts_at", "id"))
    for shift in shifts:
        shift.activity = activity
    return ActivityDetail(
        activity=activity,
        shifts=offered(actor, shifts),
        may_plan=access.is_planner(actor),
        may_lead=access.leads(actor, activity.person_in_charge_id),
    )


def visible_activities(actor: Actor, *, state: str = "", category: str = "") -> QuerySet[Activity]:
    """Activities that the actor may see, for lists by the API."""
    rows = access.visible_to(actor).select_related("programme", "organizer")
    if state:
        rows = rows.filter(state=state)
    if category:
        rows = rows.filter(category=category)
    return rows


def desk_shifts(actor: Actor, wanted: DeskFilter) -> DeskPage:
    """The rows of the coordinator's and the leader's tables, coming ones first to begin, past ones last to begin."""
    activities = access.led_by(actor)
    if wanted.only_led:
        activities = activities.filter(person_in_charge_id=actor.person_id or 0)
    rows = Shift.objects.filter(activity__in=activities)
    if wanted.state:
        rows = rows.filter(activity__state=wanted.state)
    if wanted.category:
        rows = rows.filter(activity__category=wanted.category)
    term = wanted.search.strip().replace("\0", "")[:60]
    if term:
        rows = rows.filter(
            Q(activity__title__icontains=term)
            | Q(activity__place__icontains=term)
            | Q(activity__person_in_charge__name__icontains=term)
        )
    at = clock.now()
    if wanted.when == "coming":
        rows = rows.filter(ends_at__gte=at).order_by("starts_at", "id")
    elif wanted.when == "past":
        rows = rows.filter(ends_at__lt=at).order_by("-starts_at", "-id")
    else:
        rows = rows.order_by("-starts_at", "-id")
    number = max(1, min(wanted.page, 1_000))
    total = rows.count()
    rows = rows.select_related("activity__programme", "activity__person_in_charge")
    found = list(rows[(number - 1) * DESK_ROWS : number * DESK_ROWS])
    return DeskPage(shifts=found, number=number, has_next=total > number * DESK_ROWS, total=total)


def led_shift(actor: Actor, shift_id: int) -> Shift:
    """A shift with its activity; NotFound unless the actor leads it."""
    rows = Shift.objects.select_related("activity__organizer", "activity__person_in_charge")
    shift = rows.filter(pk=shift_id, activity__in=access.led_by(actor)).first()
    if shift is None:
        raise NotFound
    return shift


def may_open_list(actor: Actor, shift_id: int) -> bool:
    """Whether the actor may see who has a place in this shift."""
    return Shift.objects.filter(pk=shift_id, activity__in=access.led_by(actor)).exists()


def led_activity(actor: Actor, activity_id: int) -> Activity:
    """An activity; NotFound unless the actor leads it."""
    rows = access.led_by(actor).select_related("programme", "organizer", "person_in_charge")
    activity = rows.filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    return activity


def coming_shifts(person_id: int | None, *, limit: int = 5) -> list[ComingShift]:
    """The next shifts of a person, those going on now included."""
    if person_id is None:
        return []
    rows = (
        SignUp.objects.filter(person_id=person_id, state=SignUp.State.CONFIRMED, shift__ends_at__gt=clock.now())
        .select_related("shift__activity")
        .order_by("shift__starts_at", "id")
    )
    return [
        ComingShift(
            signup_id=row.pk,
            shift_id=row.shift_id,
            activity_id=row.shift.activity_id,
            title=row.shift.activity.title,
            place=row.shift.activity.place,
            starts_at=row.shift.starts_at,
            ends_at=row.shift.ends_at,
            attended_at=row.attended_at,
        )
        for row in rows[: max(1, min(limit, 200))]
    ]


def empty_places_soon(*, hours: int = 48, limit: int = 20) -> list[EmptyPlaces]:
    """Open shifts that begin within `hours` and still have places, soonest first."""
    at = clock.now()
    rows = Shift.objects.filter(
        is_open=True, starts_at__gt=at, starts_at__lte=at + timedelta(hours=hours), taken__lt=F("places")
    )
    rows = rows.select_related("activity").order_by("starts_at", "id")
    return [
        EmptyPlaces(
            shift_id=row.pk,
            activity_id=row.activity_id,
            title=row.activity.title,
            starts_at=row.starts_at,
            places=row.places,
            taken=row.taken,
        )
        for row in rows[:limit]
    ]


def programmes() -> list[Programme]:
    """Programmes that are still held, by name."""
    return list(Programme.objects.filter(is_active=True).order_by("name"))


def organizers() -> list[tuple[int, str]]:
    """Organisations that may hold an activity: `(id, name)`."""
    return list(Organization.objects.filter(is_active=True).order_by("kind", "name").values_list("pk", "name"))


def possible_leaders() -> list[tuple[int, str]]:
    """People whose sign-in lets them lead an activity: `(person id, name)`."""
    leaders = Person.objects.filter(user__role_grants__role__in=access.LEADERS, user__is_active=True, erased_at=None)
    return list(leaders.distinct().order_by("name").values_list("pk", "name"))


def offered_shift(actor: Actor, shift_id: int) -> OfferedShift:
    """One shift as the actor sees it; NotFound for what they may not see."""
    shift = Shift.objects.select_related("activity__programme").filter(pk=shift_id).first()
    if shift is None or not access.visible_to(actor).filter(pk=shift.activity_id).exists():
        raise NotFound
    return offered(actor, [shift])[0]


def offered(actor: Actor, shifts: Sequence[Shift]) -> list[OfferedShift]:
    """These shifts as the actor sees them: two queries, whatever their number."""
    holder = _holder(actor, shifts)
    at = clock.now()
    return [_offer(shift, holder, at) for shift in shifts]


def _holder(actor: Actor, shifts: Sequence[Shift]) -> _Holder:
    """Two queries, whatever the number of shifts; none where nobody is signed in."""
    if actor.person_id is None or not shifts:
        return _Holder(person_id=actor.person_id, signups={}, times=(), refusal=None)
    rows = SignUp.objects.filter(
        person_id=actor.person_id,
        state=SignUp.State.CONFIRMED,
        shift__starts_at__lt=max(shift.ends_at for shift in shifts),
        shift__ends_at__gt=min(shift.starts_at for shift in shifts),
    ).values_list("shift_id", "pk", "attended_at", "shift__activity__title", "shift__starts_at", "shift__ends_at")
    found = list(rows)
    passbook = passbooks_by_person([actor.person_id]).get(actor.person_id)
    refusal: DomainError | None = None
    if passbook is None:
        refusal = PassbookMissing()
    elif passbook.state != "active":
        refusal = PassbookNotActive()
    return _Holder(
        person_id=actor.person_id,
        signups={row[0]: (row[1], row[2]) for row in found},
        times=[TakenTime(shift_id=row[0], title=row[3], starts_at=row[4], ends_at=row[5]) for row in found],
        refusal=refusal,
    )


def _offer(shift: Shift, holder: _Holder, at: datetime) -> OfferedShift:
    activity = shift.activity
    mine = holder.signups.get(shift.pk)
    return OfferedShift(
        id=shift.pk,
        activity_id=activity.pk,
        title=activity.title,
        category=activity.category,
        programme=activity.programme.name if activity.programme else "",
        place=activity.place,
        hours_kind=activity.hours_kind,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        places=shift.places,
        taken=shift.taken,
        takes_sign_ups=shift.is_open and shift.starts_at > at,
        my_signup_id=mine[0] if mine else None,
        may_cancel=mine is not None and mine[1] is None and shift.starts_at > at,
        refusal=None if mine else _why_not(shift, holder, at),
    )


def _why_not(shift: Shift, holder: _Holder, at: datetime) -> DomainError | None:
    """The same reasons in the same order as `sign_up` would give them."""
    if shift.starts_at <= at:
        return ShiftStarted()
    if not shift.is_open:
        return ActivityNotOpen()
    if holder.refusal is not None:
        return holder.refusal
    other = conflict(holder.times, starts_at=shift.starts_at, ends_at=shift.ends_at)
    if other is not None:
        return TimeConflict(title=other.title)
    return ShiftFull() if shift.taken >= shift.places else None
