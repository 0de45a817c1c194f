"""What is offered: open shifts as one person sees them, one shift, my coming shifts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery

from xinshi.activities import access
from xinshi.activities.domain import FIRST_DAY, LAST_DAY
from xinshi.activities.eligibility import Candidate, HeldShift, Kind, Offer, Surroundings, held_of, may_wait, refusals
from xinshi.activities.models import Activity, Shift, SignUp, StandInSearch
from xinshi.activities.queries.deciding import candidates, surroundings
from xinshi.activities.queries.listing import (
    SHIFTS_LOOKED_AT,
    DecidedOn,
    Listed,
    TakenPlace,
    listed_coming,
    listed_offer,
    listed_offers,
    listed_rows,
)
from xinshi.activities.queries.listing import open_rows as open_after
from xinshi.activities.queries.suggested import Suggested, suggested_to
from xinshi.activities.reasons import Help, help_for
from xinshi.archive.domain import Facts
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound

SHIFTS_PER_PAGE: Final = 60
SUGGESTED: Final = 3
RISKS_IN_A_LINE_MAX: Final = 120
OF_THE_SHIFT: Final = frozenset({"shift_started", "activity_not_open", "sign_up_closed", "shift_full"})
"""Reasons that a visitor sees who is nobody yet."""
NOBODY: Final = Candidate(person_id=0, facts=Facts(person_id=0), passbook_state=None)
PERSON_UNSEEN: Final = ("person__id_number", "person__phone", "person__skills", "person__service_categories")
"""Columns of a person that a list never shows; sealed ones would be opened for nothing."""


@dataclass(frozen=True, slots=True)
class OfferedShift:
    """A shift as one person sees it: what they have in it, or why they cannot take a place, and what would help."""

    id: int
    activity_id: int
    title: str
    role: str
    category: str
    programme: str
    place: str
    hours_kind: str
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    takes_sign_ups: bool
    is_on_request: bool
    my_signup_id: int | None
    my_state: str
    """The state of my sign-up: confirmed, offered, waiting, requested; empty without one."""
    offered_until: datetime | None
    may_cancel: bool
    refusal: DomainError | None
    help: Help
    may_wait: bool
    risks: str

    @property
    def reads_risks_first(self) -> bool:
        """The risks are told where one signs up (志愿服务条例, article 12): too long for a line, they are on the page."""
        return len(self.risks) > RISKS_IN_A_LINE_MAX

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
    suggested: list[Suggested] = field(default_factory=list)
    """On the first page: what suits the person best, and why."""
    others: int = 0
    """How many shifts the other tab has."""


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
    state: str = "confirmed"
    role: str = ""
    offered_until: datetime | None = None
    comes_at: datetime | None = None
    may_give_back: bool = True
    seeks_stand_in: bool = False
    place_in_line: int = 0

    @property
    def day(self) -> date:
        return clock.local_day(self.starts_at)

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= clock.now()


def open_shifts(
    actor: Actor,
    *,
    category: str = "",
    day: date | None = None,
    page: int = 1,
    per_page: int = SHIFTS_PER_PAGE,
    tab: str = "",
    looked_at: int = SHIFTS_LOOKED_AT,
    suggestions: int = SUGGESTED,
) -> ShiftPage:
    """Coming open shifts by time, with the actor's own state in each; a fixed number of queries.

    `tab`: `may` for what the actor may take, `others` for the rest with why not; empty for all of them.
    """
    number = max(1, min(page, 1_000))
    rows = open_rows(category=category, day=day).order_by("starts_at", "id")
    if not tab or actor.person_id is None:
        first = (number - 1) * per_page
        ids = list(rows.values_list("pk", flat=True)[first : first + per_page + 1])
        some = Shift.objects.filter(pk__in=ids[:per_page]).order_by("starts_at", "id")
        shown = _offered(actor, listed_offers(some))
        return ShiftPage(shifts=shown, number=number, has_next=len(ids) > per_page)
    is_whole = not category and day is None and looked_at == SHIFTS_LOOKED_AT
    listed = listed_coming(clock.now()) if is_whole else listed_offers(rows[:looked_at])
    found, candidate, _kinds = as_seen(actor, listed)
    may = [one for one in found if not one.reasons and not one.mine]
    rest = [one for one in found if one.reasons]
    chosen, others = (may, rest) if tab == "may" else (rest, may)
    part = [one.shown() for one in chosen[(number - 1) * per_page : number * per_page]]
    is_first = tab == "may" and number == 1 and not category and day is None
    return ShiftPage(
        shifts=part,
        number=number,
        has_next=len(chosen) > number * per_page,
        suggested=suggested_to(actor, candidate, part, limit=suggestions) if is_first and candidate else [],
        others=len(others),
    )


def open_rows(*, category: str = "", day: date | None = None) -> QuerySet[Shift]:
    """Coming shifts that take sign-ups."""
    rows = open_after(clock.now())
    if category:
        rows = rows.filter(activity__category=category)
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        rows = rows.none()
    elif day is not None:
        first, after = clock.day_bounds(day)
        rows = rows.filter(starts_at__gte=first, starts_at__lt=after)
    return rows


def coming_shifts(
    person_id: int | None, *, limit: int = 5, states: Sequence[str] = ("confirmed",)
) -> list[ComingShift]:
    """The next shifts of a person, those going on now included; `states` also shows what is waited for or offered."""
    if person_id is None:
        return []
    before = SignUp.objects.filter(shift_id=OuterRef("shift_id"), state=SignUp.State.WAITING).filter(
        Q(signed_up_at__lt=OuterRef("signed_up_at")) | Q(signed_up_at=OuterRef("signed_up_at"), pk__lte=OuterRef("pk"))
    )
    rows = (
        SignUp.objects.filter(person_id=person_id, state__in=states, shift__ends_at__gt=clock.now())
        .select_related("shift__activity", "shift__role")
        .annotate(
            seeks=Exists(StandInSearch.objects.filter(signup_id=OuterRef("pk"), state="open")),
            in_line=Subquery(
                before.order_by().values("shift_id").annotate(number=Count("pk")).values("number"),
                output_field=IntegerField(),
            ),
        )
        .order_by("shift__starts_at", "id")
    )
    at = clock.now()
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
            state=row.state,
            role=row.shift.role.name,
            offered_until=row.offered_until,
            comes_at=row.comes_at,
            may_give_back=at < row.shift.starts_at - timedelta(minutes=row.shift.activity.cancel_closes_minutes),
            seeks_stand_in=row.seeks,
            place_in_line=row.in_line or 0,
        )
        for row in rows[: max(1, min(limit, 200))]
    ]


def offered_shift(actor: Actor, shift_id: int) -> OfferedShift:
    """One shift as the actor sees it; NotFound for what they may not see."""
    found = listed_offer(shift_id)
    if found is None:
        raise NotFound
    listed = found[1]
    if not access.may_see(
        actor,
        state=listed.state,
        published_at=listed.published_at,
        person_in_charge_id=listed.person_in_charge_id,
    ):
        raise NotFound
    return _offered(actor, {shift_id: found})[0]


def shown_after(actor: Actor, place: TakenPlace) -> OfferedShift | None:
    """The shift as the actor has it now, without asking anew; None where this place was not just decided for them."""
    if place.seen is None or place.person_id != actor.person_id:
        return None
    offer, listed, candidate = place.seen
    mine = held_of(offer, signup_id=place.signup_id, state=place.state)
    taken = offer.taken + (place.state == SignUp.State.CONFIRMED)
    return _seen(replace(offer, taken=taken), listed, candidate, Surroundings(at=clock.now()), mine).shown()


def shown_refused(actor: Actor, shift_id: int, refusal: DomainError) -> OfferedShift | None:
    """The shift as it was when the actor was refused, without asking anew; None where that is not known."""
    on = refusal.__cause__
    if not isinstance(on, DecidedOn) or (on.offer.shift_id, on.candidate.person_id) != (shift_id, actor.person_id):
        return None
    mine = next((held for held in on.candidate.held if held.shift_id == on.offer.shift_id), None)
    return _seen(on.offer, on.listed, on.candidate, on.around, mine).shown()


def offered(actor: Actor, shifts: Sequence[Shift]) -> list[OfferedShift]:
    """These shifts as the actor sees them, in their order: as many queries whatever their number."""
    found = _offered(actor, listed_offers(Shift.objects.filter(pk__in=[shift.pk for shift in shifts])))
    by_id = {shift.id: shift for shift in found}
    return [by_id[shift.pk] for shift in shifts if shift.pk in by_id]


def offered_rows(actor: Actor, rows: Iterable[tuple[Any, ...]]) -> list[OfferedShift]:
    """Rows of `read_rows` as the actor sees them, in their order."""
    return _offered(actor, listed_rows(rows))


def _offered(actor: Actor, found: Mapping[int, tuple[Offer, Listed]]) -> list[OfferedShift]:
    seen, *_ = as_seen(actor, found)
    return [one.shown() for one in seen]


@dataclass(frozen=True, slots=True)
class SeenShift:
    """A shift and what stands between it and the actor; of hundreds that are decided on a page shows a few."""

    offer: Offer
    listed: Listed
    at: datetime
    mine: HeldShift | None
    reasons: list[DomainError]
    """Why the actor may not take a place; empty with a sign-up of their own."""
    is_known: bool
    """False for a visitor, who is nobody yet."""

    def shown(self) -> OfferedShift:
        return _shown(self)


def as_seen(
    actor: Actor, found: Mapping[int, tuple[Offer, Listed]]
) -> tuple[list[SeenShift], Candidate | None, Mapping[str, Kind]]:
    """Shifts that were read as the actor sees them; the actor as what decides, None for a visitor; qualifications."""
    offers = [offer for offer, _listed in found.values()]
    people = candidates([actor.person_id], offers) if actor.person_id is not None and offers else {}
    candidate = people.get(actor.person_id or 0)
    around = surroundings(offers if candidate else [])
    mine = {held.shift_id: held for held in candidate.held} if candidate else {}
    led = replace(around, is_led=True)
    charges = {listed.person_in_charge_id for _offer, listed in found.values()}
    own = {person_id for person_id in charges if access.leads(actor, person_id)}
    seen = [
        _seen(
            offer,
            listed,
            candidate,
            led if listed.person_in_charge_id in own else around,
            mine.get(offer.shift_id),
        )
        for offer, listed in found.values()
    ]
    return seen, candidate, around.kinds


def _seen(
    offer: Offer, listed: Listed, candidate: Candidate | None, around: Surroundings, mine: HeldShift | None
) -> SeenShift:
    reasons = [] if mine else refusals(candidate or NOBODY, offer, around)
    if candidate is None:
        reasons = [error for error in reasons if error.code in OF_THE_SHIFT]
    return SeenShift(offer, listed, around.at, mine, reasons, candidate is not None)


def _shown(seen: SeenShift) -> OfferedShift:
    offer, listed, mine, reasons = seen.offer, seen.listed, seen.mine, seen.reasons
    first = reasons[0] if reasons else None
    closes_at = offer.starts_at - timedelta(minutes=listed.cancel_closes_minutes)
    return OfferedShift(
        id=offer.shift_id,
        activity_id=listed.activity_id,
        title=offer.title,
        role=listed.role,
        category=listed.category,
        programme=listed.programme,
        place=offer.place,
        hours_kind=listed.hours_kind,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        places=offer.places,
        taken=offer.taken,
        takes_sign_ups=offer.is_open and offer.starts_at > seen.at,
        is_on_request=listed.sign_up_way == Activity.SignUpWay.ON_REQUEST,
        my_signup_id=mine.signup_id if mine else None,
        my_state=mine.state if mine else "",
        offered_until=mine.offered_until if mine else None,
        may_cancel=mine is not None
        and not mine.has_come
        and seen.at < (closes_at if mine.state == SignUp.State.CONFIRMED else offer.starts_at),
        refusal=first,
        help=help_for(first) if first else Help.NOTHING,
        may_wait=seen.is_known and may_wait(reasons, offer),
        risks=listed.risks.strip(),
    )
