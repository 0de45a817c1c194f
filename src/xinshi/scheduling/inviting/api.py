"""Invitations, suggestions and fairness for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities.api import Identifier, Moment, Reference
from xinshi.activities.signing_api import AnswerIn
from xinshi.doors.api import actor_of, idempotent
from xinshi.kernel import clock
from xinshi.scheduling.fairness.domain import Share
from xinshi.scheduling.fairness.queries import fairness
from xinshi.scheduling.inviting import actions, filling, queries
from xinshi.scheduling.inviting.domain import ANSWER_MINUTES_MIN, REFILL_MINUTES_DEFAULT, REFILL_MINUTES_MAX
from xinshi.scheduling.inviting.queries import OwnInvitation
from xinshi.scheduling.suggesting.actions import choose, decline_kind, say_no, take_kind_back
from xinshi.scheduling.suggesting.queries import own_choice, own_suggestions

router = Router(tags=["scheduling"])
DAY_MIN, DAY_MAX = date(1990, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=DAY_MIN, le=DAY_MAX)]
Category = Annotated[str, Field(max_length=4, pattern=r"^\d*$")]


class InvitationOut(Schema):
    """One's own invitation; `state` is offered while an answer is awaited, confirmed once the place is one's own."""

    id: int
    signup_id: int
    shift_id: int
    activity_id: int
    title: str
    role: str
    place: str
    starts_at: datetime
    ends_at: datetime
    state: str
    is_given: bool
    answer_until: datetime | None
    reasons: list[str]
    risks: str
    """What volunteers are told before they say yes; empty where there is nothing to tell."""


class InvitationAnswerIn(AnswerIn):
    """`not_this_kind`: with a no, this category is neither suggested nor planned for oneself any more."""

    not_this_kind: bool = False


class AnsweredOut(Schema):
    id: int
    state: str


class SuggestionOut(Schema):
    shift_id: int
    activity_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    reasons: list[str]


class SuggestionsOut(Schema):
    is_wanted: bool
    declined_kinds: list[str]
    items: list[SuggestionOut]


class ChoiceIn(Schema):
    """What is left out stays as it is."""

    is_wanted: bool | None = None
    decline: Annotated[list[Category], Field(max_length=40)] = []
    take_back: Annotated[list[Category], Field(max_length=40)] = []


class PublishIn(Schema):
    answer_until: Moment
    refill_minutes: Annotated[int, Field(ge=ANSWER_MINUTES_MIN, le=REFILL_MINUTES_MAX)] = REFILL_MINUTES_DEFAULT


class PlanPublishedOut(Schema):
    version_id: int
    invited: int
    given: int
    kept: int
    passed_over: int


class ProposedOut(Schema):
    """Somebody who could come; `value` 0 to 100, `recent_shifts` in 90 days."""

    person_id: int
    name: str
    value: int
    recent_shifts: int
    reasons: list[str]


class RefillOut(Schema):
    shift_id: int
    free: int
    proposed: list[ProposedOut]


class InviteIn(Schema):
    person_id: Reference


class InvitationsMadeOut(Schema):
    id: int


class PlanShareOut(Schema):
    key: str
    people: int
    offered: int
    taken: int
    with_place: int


class FairnessOut(Schema):
    """Gini coefficients in thousandths; null where too few people are there to say it."""

    first: date
    last: date
    people: int
    with_place: int
    offered: int
    taken: int
    gini_of_all: int | None
    gini_of_served: int | None
    few_percent: int | None
    waiting_long: int | None
    longest_wait_days: int | None
    groups: list[PlanShareOut]
    ages: list[PlanShareOut]


@router.get("/invitations", response=list[InvitationOut])
def list_own_invitations(request: HttpRequest) -> list[InvitationOut]:
    """The caller's invitations to shifts that have not begun, with why they were chosen."""
    return [_invitation(row) for row in queries.own_invitations(actor_of(request))]


@router.post("/invitations/{invitation_id}/answer", response=AnsweredOut)
@idempotent
def answer_invitation(request: HttpRequest, invitation_id: Identifier, payload: InvitationAnswerIn) -> AnsweredOut:
    """Yes or no to an invitation of one's own. Refused: offer_over, signup_gone, invitation_over."""
    place = actions.answer(
        actor=actor_of(request),
        invitation_id=invitation_id,
        accept=payload.accept,
        not_this_kind=payload.not_this_kind,
    )
    return AnsweredOut(id=invitation_id, state=place.state)


@router.get("/suggestions", response=SuggestionsOut)
def list_suggestions(request: HttpRequest) -> SuggestionsOut:
    """What suits the caller of what they may take, and why; nothing for who wants no suggestions."""
    actor = actor_of(request)
    choice = own_choice(actor)
    return SuggestionsOut(
        is_wanted=choice.is_wanted,
        declined_kinds=list(choice.declined_kinds),
        items=[
            SuggestionOut(
                shift_id=one.shift.id,
                activity_id=one.shift.activity_id,
                title=one.shift.title,
                place=one.shift.place,
                starts_at=one.shift.starts_at,
                ends_at=one.shift.ends_at,
                reasons=list(one.reasons),
            )
            for one in own_suggestions(actor)
        ],
    )


@router.post("/suggestions/{shift_id}/decline", response=InvitationsMadeOut)
@idempotent
def decline_suggestion(request: HttpRequest, shift_id: Identifier) -> InvitationsMadeOut:
    """Do not suggest this shift to me again; a yes is signing up."""
    say_no(actor=actor_of(request), shift_id=shift_id)
    return InvitationsMadeOut(id=shift_id)


@router.post("/suggestions/choice", response=SuggestionsOut)
@idempotent
def choose_suggestions(request: HttpRequest, payload: ChoiceIn) -> SuggestionsOut:
    """Switch suggestions and being planned for on or off; say which kinds one does not want."""
    actor = actor_of(request)
    if payload.is_wanted is not None:
        choose(actor=actor, is_wanted=payload.is_wanted)
    for category in payload.decline:
        decline_kind(actor=actor, category=category)
    for category in payload.take_back:
        take_kind_back(actor=actor, category=category)
    return list_suggestions(request)


@router.post("/versions/{version_id}/publish", response=PlanPublishedOut)
@idempotent
def publish_plan_version(request: HttpRequest, version_id: Identifier, payload: PublishIn) -> PlanPublishedOut:
    """Invite everybody whom a proposal assigns. Refused: plan_not_ready, plan_published_already, nothing_to_invite."""
    done = actions.publish_version(
        actor=actor_of(request),
        version_id=version_id,
        answer_until=payload.answer_until,
        refill_minutes=payload.refill_minutes,
    )
    return PlanPublishedOut(
        version_id=version_id,
        invited=done.invited,
        given=done.given,
        kept=done.kept,
        passed_over=done.passed_over,
    )


@router.get("/shifts/{shift_id}/refill", response=RefillOut)
def list_refill_proposals(request: HttpRequest, shift_id: Identifier) -> RefillOut:
    """Who could fill a free place of this shift at once, whoever should be asked first in front. For planners."""
    found = queries.refill_of(actor_of(request), shift_id)
    return RefillOut(
        shift_id=shift_id,
        free=found.free,
        proposed=[
            ProposedOut(
                person_id=one.person_id,
                name=one.name,
                value=one.value,
                recent_shifts=one.recent,
                reasons=list(one.reasons),
            )
            for one in found.proposed
        ],
    )


@router.post("/shifts/{shift_id}/invitations", response=InvitationsMadeOut)
@idempotent
def invite_to_shift(request: HttpRequest, shift_id: Identifier, payload: InviteIn) -> InvitationsMadeOut:
    """Invite one person to a free place. Refused: no_free_place, and what stands against their taking it."""
    return InvitationsMadeOut(
        id=filling.invite(actor=actor_of(request), shift_id=shift_id, person_id=payload.person_id)
    )


@router.get("/fairness", response=FairnessOut)
def get_fairness(
    request: HttpRequest,
    first: Annotated[date | None, Query(ge=DAY_MIN, le=DAY_MAX)] = None,
    last: Annotated[date | None, Query(ge=DAY_MIN, le=DAY_MAX)] = None,
) -> FairnessOut:
    """How places were shared out between two days; today where none is given. For planners and auditors."""
    found = fairness(actor_of(request), first=first or clock.today(), last=last or clock.today())
    return FairnessOut(
        first=found.first,
        last=found.last,
        people=found.people,
        with_place=found.with_place,
        offered=found.offered,
        taken=found.taken,
        gini_of_all=found.gini_of_all,
        gini_of_served=found.gini_of_served,
        few_percent=found.few_percent,
        waiting_long=None if found.longest_wait_days is None else found.waiting_long,
        longest_wait_days=found.longest_wait_days,
        groups=[_share(share) for share in found.groups],
        ages=[_share(share) for share in found.ages],
    )


def _invitation(row: OwnInvitation) -> InvitationOut:
    return InvitationOut(
        id=row.id,
        signup_id=row.signup_id,
        shift_id=row.shift_id,
        activity_id=row.activity_id,
        title=row.title,
        role=row.role,
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        is_given=row.is_given,
        answer_until=row.answer_until,
        reasons=list(row.reasons),
        risks=row.risks,
    )


def _share(share: Share) -> PlanShareOut:
    return PlanShareOut(
        key=share.key,
        people=share.people,
        offered=share.offered,
        taken=share.taken,
        with_place=share.with_place,
    )
