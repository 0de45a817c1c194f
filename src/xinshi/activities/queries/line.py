"""One sign-up as its owner sees it, and all sign-ups of a shift as who leads it sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xinshi.activities import access
from xinshi.activities.models import PlaceHold, Shift, SignUp, StandInAsk, StandInSearch
from xinshi.activities.queries.deciding import quotas_of
from xinshi.activities.queries.planning import listed_shift
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization

PEOPLE_SHOWN: Final = 500
REQUESTS_SHOWN: Final = 200
LATELY: Final = timedelta(days=365)
"""So far back it is said how often somebody came, and how often they did not."""


@dataclass(frozen=True, slots=True)
class OwnSignUp:
    """A sign-up with what its owner can do about it now."""

    signup: SignUp
    search: StandInSearch | None
    asked: int
    place_in_line: int
    may_give_back: bool
    may_seek: bool

    @property
    def is_coming(self) -> bool:
        return self.signup.shift.starts_at > clock.now()


@dataclass(frozen=True, slots=True)
class QuotaLine:
    name: str
    places: int
    used: int
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class ShiftPeople:
    """Everybody of a shift by what their sign-up is."""

    shift: Shift
    requested: list[SignUp]
    waiting: list[SignUp]
    offered: list[SignUp]
    confirmed: list[SignUp]
    missing: list[SignUp]
    holds: list[PlaceHold]
    quotas: list[QuotaLine]
    may_lead: bool
    """Else one only reads."""
    may_override: bool

    @property
    def has_begun(self) -> bool:
        return self.shift.starts_at <= clock.now()


def own_sign_up(actor: Actor, signup_id: int) -> OwnSignUp:
    """A sign-up of the actor's own; NotFound for any other."""
    rows = SignUp.objects.select_related("shift__activity", "shift__role")
    signup = rows.filter(pk=signup_id, person_id=actor.person_id or 0).first()
    if signup is None:
        raise NotFound
    search = (
        StandInSearch.objects.filter(signup=signup, state="open")
        .annotate(number=Count("asks", filter=Q(asks__state="asked")))
        .first()
    )
    at, shift = clock.now(), signup.shift
    closes_at = shift.starts_at - timedelta(minutes=shift.activity.cancel_closes_minutes)
    is_place = signup.state == SignUp.State.CONFIRMED and signup.attended_at is None
    return OwnSignUp(
        signup=signup,
        search=search,
        asked=search.number if search else 0,
        place_in_line=_place_in_line(signup) if signup.state == SignUp.State.WAITING else 0,
        may_give_back=signup.state in ("waiting", "requested", "offered") or (is_place and at < closes_at),
        may_seek=is_place and search is None and at < shift.starts_at,
    )


def _place_in_line(signup: SignUp) -> int:
    before = Q(signed_up_at__lt=signup.signed_up_at) | Q(signed_up_at=signup.signed_up_at, pk__lt=signup.pk)
    return SignUp.objects.filter(before, shift_id=signup.shift_id, state=SignUp.State.WAITING).count() + 1


def own_ask(actor: Actor, ask_id: int) -> StandInAsk:
    """The question whether the actor can stand in; NotFound for one that was put to somebody else."""
    rows = StandInAsk.objects.select_related("search__signup__shift__activity", "search__signup__shift__role")
    ask = rows.filter(pk=ask_id, person_id=actor.person_id or 0).first()
    if ask is None:
        raise NotFound
    return ask


def own_hold(actor: Actor, group_key: str) -> PlaceHold:
    """Places held for a group of the actor's own, or in an activity that they lead."""
    hold = PlaceHold.objects.select_related("shift__activity").filter(group_key=group_key).first()
    if hold is None:
        raise NotFound
    if hold.held_for_id != actor.person_id and not access.leads(actor, hold.shift.activity.person_in_charge_id):
        raise NotFound
    return hold


def own_holds(actor: Actor) -> list[PlaceHold]:
    """Places held for the actor's groups that still have no names."""
    rows = PlaceHold.objects.filter(held_for_id=actor.person_id or 0, places__gt=0)
    return list(rows.select_related("shift__activity").order_by("name_until")[:50])


def list_with(actor: Actor, signup_id: int) -> int | None:
    """The shift in whose list the actor may read this sign-up of somebody; None where they may not."""
    rows = SignUp.objects.filter(pk=signup_id, shift__activity__in=access.lists_open_to(actor))
    return rows.values_list("shift_id", flat=True).first()


def shift_people(actor: Actor, shift_id: int) -> ShiftPeople:
    """Everybody of a shift that the actor leads, or reads as an auditor; NotFound otherwise. Five queries."""
    shift = listed_shift(actor, shift_id)
    rows = _with_history(SignUp.objects.filter(shift=shift)).select_related("person").order_by("signed_up_at", "pk")
    by_state: dict[str, list[SignUp]] = {state: [] for state in SignUp.State.values}
    for row in rows.exclude(state__in=["declined", "cancelled"])[:PEOPLE_SHOWN]:
        by_state[row.state].append(row)
    quotas = quotas_of([shift.pk]).get(shift.pk, [])
    names = dict(Organization.objects.filter(pk__in=[row.organization_id for row in quotas]).values_list("pk", "name"))
    return ShiftPeople(
        shift=shift,
        requested=by_state["requested"],
        waiting=by_state["waiting"],
        offered=by_state["offered"],
        confirmed=by_state["confirmed"],
        missing=by_state["no_show"],
        holds=list(PlaceHold.objects.filter(shift=shift, places__gt=0).select_related("held_for")),
        quotas=[QuotaLine(names[row.organization_id], row.places, row.used, row.kept_until) for row in quotas],
        may_lead=access.leads(actor, shift.activity.person_in_charge_id),
        may_override=access.is_planner(actor),
    )


def requests_to_decide(actor: Actor) -> list[SignUp]:
    """Requests for places in activities that the actor leads, the nearest shift first."""
    rows = SignUp.objects.filter(
        state=SignUp.State.REQUESTED,
        shift__activity__in=access.led_by(actor),
        shift__ends_at__gt=clock.now(),
    )
    rows = _with_history(rows).select_related("shift__activity", "shift__role", "person")
    return list(rows.order_by("shift__starts_at", "signed_up_at", "pk")[:REQUESTS_SHOWN])


def _with_history(rows: QuerySet[SignUp]) -> QuerySet[SignUp]:
    """How often each of these people `came` in the last year and how often they `missed` a place: a note, no penalty."""
    since = clock.now() - LATELY
    own = SignUp.objects.filter(person_id=OuterRef("person_id"), shift__starts_at__gt=since).order_by()
    came = own.filter(state=SignUp.State.CONFIRMED, attended_at__isnull=False)
    missed = own.filter(state=SignUp.State.NO_SHOW)
    return rows.annotate(came=_number(came), missed=_number(missed))


def _number(rows: QuerySet[SignUp]) -> Coalesce:
    counted = rows.values("person_id").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
