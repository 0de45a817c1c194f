"""What those see who plan and lead: the desk's table, lists to choose from, what is still empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from xinshi.activities import access
from xinshi.activities.domain import NewActivity
from xinshi.activities.models import Activity, Programme, Shift
from xinshi.activities.planned import planned
from xinshi.archive.models import QualificationKind
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization
from xinshi.people.models import Person

DESK_ROWS: Final = 100


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
    rows = Shift.objects.all()
    if wanted.only_led or not access.is_planner(actor):
        activities = access.led_by(actor)
        if wanted.only_led:
            activities = activities.filter(person_in_charge_id=actor.person_id or 0)
        rows = rows.filter(activity__in=activities)
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
        # A shift ends on its day, so what began a day ago is over: the index by beginning narrows it.
        rows = rows.filter(starts_at__gt=at - timedelta(days=1), ends_at__gte=at).order_by("starts_at", "id")
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
    return _shift_of(access.led_by(actor), shift_id)


def listed_shift(actor: Actor, shift_id: int) -> Shift:
    """A shift with its activity; NotFound unless the actor may read who is in it."""
    return _shift_of(access.lists_open_to(actor), shift_id)


def _shift_of(activities: QuerySet[Activity], shift_id: int) -> Shift:
    rows = Shift.objects.select_related("activity__organizer", "activity__person_in_charge", "role")
    shift = rows.filter(pk=shift_id, activity__in=activities).first()
    if shift is None:
        raise NotFound
    return shift


def may_open_list(actor: Actor, shift_id: int) -> bool:
    """Whether the actor may see who has a place in this shift."""
    return Shift.objects.filter(pk=shift_id, activity__in=access.led_by(actor)).exists()


def led_activity(actor: Actor, activity_id: int) -> Activity:
    """An activity; NotFound unless the actor leads it."""
    rows = access.led_by(actor).select_related("programme", "organizer", "person_in_charge", "team")
    activity = rows.filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    return activity


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


def qualification_choices() -> list[tuple[str, str]]:
    """What a role may ask for: `(code, name)` in the reader's language, accident insurance and licences alike."""
    rows = QualificationKind.objects.filter(is_active=True).order_by("category", "name")
    return [(row.code, row.name if is_chinese() else row.name_en or row.name) for row in rows]


def planned_activity(actor: Actor, activity_id: int) -> NewActivity:
    """An activity as it stands, as the value that would create it; NotFound unless the actor leads it."""
    return planned(led_activity(actor, activity_id))
