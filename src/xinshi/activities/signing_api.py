"""Signing up for programs: what one may take, waiting lists, offers, requests, stand-ins, groups, waves and quotas."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities import actions, queries
from xinshi.activities.actions import TakenPlace
from xinshi.activities.api import (
    CategoryFilter,
    Identifier,
    Moment,
    OfferedShiftOut,
    Reference,
    SignUpOut,
    offered_shift_out,
)
from xinshi.activities.groups.actions import give_back_held, name_people, sign_up_group
from xinshi.activities.groups.domain import GROUP_MAX, SignedUpGroup
from xinshi.activities.standing_in.actions import answer_ask, end_search, seek_stand_in
from xinshi.activities.waves.actions import set_quotas, set_waves
from xinshi.activities.waves.domain import QUOTAS_MAX, WAVES_MAX, Audience, NewQuota, NewWave
from xinshi.doors.api import NO_NUL, actor_of, idempotent

router: Router = Router(tags=["activities"])
Text = Annotated[str, Field(max_length=300, pattern=NO_NUL)]
Number = Annotated[str, Field(min_length=1, max_length=32, pattern=NO_NUL)]


class TakeableOut(Schema):
    """One page of the shifts of a tab; `others` is how many the other tab has."""

    items: list[OfferedShiftOut]
    page: int
    has_next: bool
    others: int


class ForPersonIn(Schema):
    person_id: Reference | None = None


class AnswerIn(Schema):
    accept: bool


class DecisionIn(Schema):
    """A decline says why."""

    accept: bool
    reason: Text = ""


class SigningWhyIn(Schema):
    reason: Text = ""


class SearchOut(Schema):
    id: int


class StandInOut(Schema):
    """`sign_up` is the caller's place after a yes, null after a no."""

    ask_id: int
    sign_up: SignUpOut | None


class GroupIn(Schema):
    """People by their volunteer numbers, and how many places to hold without names."""

    name: Annotated[str, Field(max_length=60, pattern=NO_NUL)] = ""
    numbers: Annotated[list[Number], Field(max_length=GROUP_MAX)] = []
    hold: Annotated[int, Field(ge=0, le=GROUP_MAX)] = 0


class NamesIn(Schema):
    numbers: Annotated[list[Number], Field(min_length=1, max_length=GROUP_MAX)]


class GroupOut(Schema):
    group_key: str
    shift_id: int
    signup_ids: list[int]
    held: int


class WaveIn(Schema):
    opens_at: Moment
    audience: Audience = Audience.EVERYBODY
    below_shifts: Annotated[int, Field(ge=1, le=60)] | None = None
    organization_id: Reference | None = None
    places: Annotated[int, Field(ge=1, le=5_000)] | None = None


class QuotaIn(Schema):
    organization_id: Reference
    places: Annotated[int, Field(ge=0, le=5_000)]
    kept_until: Moment | None = None
    shift_id: Reference | None = None


class OpeningIn(Schema):
    """All waves and quotas of an activity; what is left out is taken away."""

    waves: Annotated[list[WaveIn], Field(max_length=WAVES_MAX)] = []
    quotas: Annotated[list[QuotaIn], Field(max_length=QUOTAS_MAX)] = []


class OpeningOut(Schema):
    activity_id: int
    waves: int
    quotas: int


def _out(place: TakenPlace) -> SignUpOut:
    return SignUpOut(id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id, state=place.state)


def _group(done: SignedUpGroup) -> GroupOut:
    return GroupOut(group_key=done.group_key, shift_id=done.shift_id, signup_ids=list(done.signup_ids), held=done.held)


@router.get("/shifts/takeable", response=TakeableOut)
def list_takeable_shifts(
    request: HttpRequest,
    tab: Literal["may", "others"] = "may",
    category: CategoryFilter = "",
    day: date | None = None,
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> TakeableOut:
    """The shifts that the caller may take now, or the others with why not and what would help."""
    found = queries.open_shifts(actor_of(request), category=category, day=day, page=page, tab=tab)
    return TakeableOut(
        items=[offered_shift_out(shift) for shift in found.shifts],
        page=found.number,
        has_next=found.has_next,
        others=found.others,
    )


@router.post("/shifts/{shift_id}/waiting-list", response=SignUpOut)
@idempotent
def join_waiting_list(request: HttpRequest, shift_id: Identifier, payload: ForPersonIn) -> SignUpOut:
    """Wait for a place in a full shift. Refused: place_is_free, waiting_list_full, and what else stands in the way."""
    return _out(actions.join_waiting_list(actor=actor_of(request), shift_id=shift_id, person_id=payload.person_id))


@router.post("/sign-ups/{signup_id}/answer", response=SignUpOut)
@idempotent
def answer_offer(request: HttpRequest, signup_id: Identifier, payload: AnswerIn) -> SignUpOut:
    """Yes or no to a place that is offered from the waiting list."""
    return _out(actions.answer_offer(actor=actor_of(request), signup_id=signup_id, accept=payload.accept))


@router.post("/sign-ups/{signup_id}/decision", response=SignUpOut)
@idempotent
def decide_request(request: HttpRequest, signup_id: Identifier, payload: DecisionIn) -> SignUpOut:
    """Who leads the activity decides about a request."""
    return _out(
        actions.decide_request(
            actor=actor_of(request), signup_id=signup_id, accept=payload.accept, reason=payload.reason
        )
    )


@router.post("/sign-ups/{signup_id}/coming", response=SearchOut)
@idempotent
def say_coming(request: HttpRequest, signup_id: Identifier) -> SearchOut:
    """The answer to a reminder: I am coming."""
    actions.say_coming(actor=actor_of(request), signup_id=signup_id)
    return SearchOut(id=signup_id)


@router.post("/sign-ups/{signup_id}/no-show/undo", response=SignUpOut)
@idempotent
def undo_no_show(request: HttpRequest, signup_id: Identifier, payload: SigningWhyIn) -> SignUpOut:
    """Somebody came after all; by who leads the activity, with a reason."""
    return _out(actions.undo_no_show(actor=actor_of(request), signup_id=signup_id, reason=payload.reason))


@router.post("/sign-ups/{signup_id}/stand-in", response=SearchOut)
@idempotent
def look_for_stand_in(request: HttpRequest, signup_id: Identifier, payload: SigningWhyIn) -> SearchOut:
    """I cannot come: others are asked, a few at a time; the place stays mine until one says yes."""
    return SearchOut(id=seek_stand_in(actor=actor_of(request), signup_id=signup_id, reason=payload.reason))


@router.post("/sign-ups/{signup_id}/stand-in/end", response=SearchOut)
@idempotent
def end_stand_in_search(request: HttpRequest, signup_id: Identifier) -> SearchOut:
    """I can come after all."""
    end_search(actor=actor_of(request), signup_id=signup_id)
    return SearchOut(id=signup_id)


@router.post("/stand-in/{ask_id}/answer", response=StandInOut)
@idempotent
def answer_stand_in(request: HttpRequest, ask_id: Identifier, payload: AnswerIn) -> StandInOut:
    """Yes or no to the question whether one can stand in."""
    place = answer_ask(actor=actor_of(request), ask_id=ask_id, accept=payload.accept)
    return StandInOut(ask_id=ask_id, sign_up=None if place is None else _out(place))


@router.post("/shifts/{shift_id}/groups", response=GroupOut)
@idempotent
def add_group(request: HttpRequest, shift_id: Identifier, payload: GroupIn) -> GroupOut:
    """Places for several people, all or none."""
    return _group(
        sign_up_group(
            actor=actor_of(request),
            shift_id=shift_id,
            name=payload.name,
            numbers=payload.numbers,
            hold=payload.hold,
        )
    )


@router.post("/groups/{group_key}/people", response=GroupOut)
@idempotent
def name_group(request: HttpRequest, group_key: str, payload: NamesIn) -> GroupOut:
    """Name people for places that are held."""
    return _group(
        name_people(actor=actor_of(request), group_key=group_key[:32].replace("\0", ""), numbers=payload.numbers)
    )


@router.post("/groups/{group_key}/give-back", response=GroupOut)
@idempotent
def give_group_places_back(request: HttpRequest, group_key: str) -> GroupOut:
    """The places without names are free for others; `held` is how many they were."""
    key = group_key[:32].replace("\0", "")
    number = give_back_held(actor=actor_of(request), group_key=key)
    return GroupOut(group_key=key, shift_id=0, signup_ids=[], held=number)


@router.put("/{activity_id}/opening", response=OpeningOut)
@idempotent
def set_opening(request: HttpRequest, activity_id: Identifier, payload: OpeningIn) -> OpeningOut:
    """From when the activity is open for whom, and the quotas of organisations; coordinators only."""
    actor = actor_of(request)
    waves = [NewWave(**wave.model_dump()) for wave in payload.waves]
    quotas = [NewQuota(**quota.model_dump()) for quota in payload.quotas]
    with transaction.atomic():
        set_waves(actor=actor, activity_id=activity_id, waves=waves)
        set_quotas(actor=actor, activity_id=activity_id, quotas=quotas)
    return OpeningOut(activity_id=activity_id, waves=len(payload.waves), quotas=len(payload.quotas))
