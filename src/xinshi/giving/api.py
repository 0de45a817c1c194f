"""Giving for programs: relatives, gifts, donations, the pool, help out of it, hours of groups."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.giving import access, actions, queries
from xinshi.giving.domain import (
    EVIDENCE_LENGTH_MAX,
    MINUTES_AT_ONCE_MAX,
    NOTE_LENGTH_MAX,
    REASON_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Decision,
    Relation,
    RelativeState,
    Source,
)
from xinshi.giving.forms import NAME_LENGTH_MAX, PASSBOOK_NUMBER_LENGTH_MAX, new_key
from xinshi.giving.models import Donation, Grant, GroupHoursEntry
from xinshi.kernel.actor import Actor

router = Router(tags=["giving"])
INTEGER_MAX = 2**63 - 1
Identifier = Annotated[int, Path(ge=1, le=INTEGER_MAX)]
Id = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
Minutes = Annotated[int, Field(ge=1, le=MINUTES_AT_ONCE_MAX)]
Reason = Annotated[str, Field(min_length=1, max_length=REASON_LENGTH_MAX, pattern=NO_NUL)]
Cursor = Annotated[int | None, Query(ge=1, le=INTEGER_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
RequestStates = Literal["proposed", "returned", "approved", "refused", "withdrawn", "reversed"]


class RelativeOut(Schema):
    """A registration of the caller's own; `relation` is what the other is to the caller."""

    id: int
    name: str
    relation: Relation
    state: RelativeState
    is_mine_to_answer: bool
    is_from_station: bool
    asked_at: datetime


class AskRelativeIn(Schema):
    """Number and name must both be right; the member has to accept."""

    passbook_number: Annotated[str, Field(min_length=1, max_length=PASSBOOK_NUMBER_LENGTH_MAX, pattern=NO_NUL)]
    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=NO_NUL)]
    relation: Relation


class RelativeAskedOut(Schema):
    relative_id: int


class AnswerRelativeIn(Schema):
    accept: bool


class GiftIn(Schema):
    """`relative_id` is a registration that both agreed to."""

    relative_id: Id
    minutes: Minutes
    note: Annotated[str, Field(max_length=NOTE_LENGTH_MAX, pattern=NO_NUL)] = ""


class GivingDoneOut(Schema):
    """What was written; `is_new` is false where the same request was made before."""

    id: int
    is_new: bool


class GiftOut(Schema):
    """A gift; `note` only for its giver and its receiver."""

    id: int
    giver_id: int
    receiver_id: int
    minutes: int
    note: str
    given_at: datetime
    is_taken_back: bool


class DonationIn(Schema):
    """`beyond_cap` spends what can only be donated."""

    minutes: Minutes
    source: Literal["spendable", "beyond_cap"] = "spendable"
    is_anonymous: bool = False


class DonationOut(Schema):
    """A donation of a person, or of an organisation as a group."""

    id: int
    person_id: int | None
    organization_id: int | None
    source: Source
    minutes: int
    is_anonymous: bool
    given_on: date
    is_taken_back: bool


class PoolDonorOut(Schema):
    """`name` is empty where the donor is not to be named."""

    name: str
    is_group: bool
    minutes: int
    given_on: date


class PoolOut(Schema):
    """The pool; the year is the present calendar year. `is_on` is false where the hospital has no pool."""

    is_on: bool
    holds_minutes: int
    year: int
    given_minutes: int
    donations: int
    granted_minutes: int
    people_helped: int
    donors: list[PoolDonorOut]


class GrantIn(Schema):
    """As little in `reason` as the decision needs."""

    person_id: Id
    minutes: Minutes
    reason: Reason


class GrantChangeIn(Schema):
    minutes: Minutes
    reason: Reason


class GrantOut(Schema):
    """Help out of the pool; reasons are empty for whoever may not read them."""

    id: int
    person_id: int
    minutes: int
    reason: str
    state: RequestStates
    proposed_at: datetime
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool


class GivingDecisionIn(Schema):
    """Refusing and sending back need a reason."""

    decision: Literal["approve", "refuse", "return"]
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX, pattern=NO_NUL)] = ""


class GroupDecisionIn(Schema):
    """Refusing needs a reason."""

    decision: Literal["approve", "refuse"]
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX, pattern=NO_NUL)] = ""


class GroupHoursIn(Schema):
    """The minutes of all people of the group together."""

    organization_id: Id
    title: Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH_MAX, pattern=NO_NUL)]
    worked_on: date
    minutes: Minutes
    evidence: Annotated[str, Field(min_length=1, max_length=EVIDENCE_LENGTH_MAX, pattern=NO_NUL)]


class GroupHoursOut(Schema):
    id: int
    organization_id: int
    title: str
    worked_on: date
    minutes: int
    evidence: str
    state: RequestStates
    proposed_at: datetime
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool


class GroupDonationIn(Schema):
    minutes: Minutes
    reason: Reason


class TakeBackGivingIn(Schema):
    reason: Reason


class TakenBackGivingOut(Schema):
    """The reversing booking in the ledger."""

    transfer_id: int


def _key(request: HttpRequest) -> str:
    """The same Idempotency-Key never acts twice, even long after."""
    sent = request.headers.get("Idempotency-Key", "")
    return hashlib.sha256(sent.encode()).hexdigest() if sent else new_key()


@router.get("/relatives", response=list[RelativeOut])
def list_relatives(request: HttpRequest) -> list[RelativeOut]:
    """The caller's own relatives and open questions, those to answer first."""
    return [_relative(card) for card in queries.relatives(actor_of(request))]


@router.post("/relatives", response=RelativeAskedOut)
@idempotent
def ask_relative(request: HttpRequest, payload: AskRelativeIn) -> RelativeAskedOut:
    """Ask a member to be registered as the caller's relative."""
    made = actions.ask_relative(actor=actor_of(request), **payload.model_dump())
    return RelativeAskedOut(relative_id=made)


@router.post("/relatives/{relative_id}/answer", response=RelativeOut)
@idempotent
def answer_relative(request: HttpRequest, relative_id: Identifier, payload: AnswerRelativeIn) -> RelativeOut:
    """Accept or decline, by the one who was asked."""
    actor = actor_of(request)
    actions.answer_relative(actor=actor, relative_id=relative_id, accept=payload.accept)
    return _relative(queries.relative(actor, relative_id))


@router.post("/relatives/{relative_id}/end", response=RelativeOut)
@idempotent
def end_relative(request: HttpRequest, relative_id: Identifier) -> RelativeOut:
    """Either side ends it, at any time."""
    actor = actor_of(request)
    actions.end_relative(actor=actor, relative_id=relative_id)
    return _relative(queries.relative(actor, relative_id))


@router.get("/gifts", response=CursorPage[GiftOut])
def list_gifts(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """What the caller gave and got; every gift for those who keep or audit the bank."""
    actor = actor_of(request)
    return cursor_page(
        queries.gifts(actor), cursor=cursor, limit=limit, render=lambda row: _gift(queries.gift_card(actor, row))
    )


@router.post("/gifts", response=GivingDoneOut)
@idempotent
def give(request: HttpRequest, payload: GiftIn) -> GivingDoneOut:
    """Give minutes to a relative; lifetime hours never move. Send an `Idempotency-Key`."""
    made = actions.give(actor=actor_of(request), key=_key(request), **payload.model_dump())
    return GivingDoneOut(id=made.id, is_new=made.is_new)


@router.get("/gifts/{gift_id}", response=GiftOut)
def show_gift(request: HttpRequest, gift_id: Identifier) -> GiftOut:
    return _gift(queries.gift(actor_of(request), gift_id))


@router.post("/gifts/{gift_id}/reverse", response=TakenBackGivingOut)
@idempotent
def reverse_gift(request: HttpRequest, gift_id: Identifier, payload: TakeBackGivingIn) -> TakenBackGivingOut:
    """Coordinators and administrators who had no part in it."""
    booked = actions.reverse_gift(actor=actor_of(request), gift_id=gift_id, reason=payload.reason)
    return TakenBackGivingOut(transfer_id=booked)


@router.get("/donations", response=CursorPage[DonationOut])
def list_donations(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's own; every donation for those who keep or audit the bank."""
    return cursor_page(queries.donations(actor_of(request)), cursor=cursor, limit=limit, render=_donation)


@router.post("/donations", response=GivingDoneOut)
@idempotent
def donate(request: HttpRequest, payload: DonationIn) -> GivingDoneOut:
    """Donate the caller's own minutes to the pool. Send an `Idempotency-Key`."""
    made = actions.donate(
        actor=actor_of(request),
        minutes=payload.minutes,
        source=Source(payload.source),
        is_anonymous=payload.is_anonymous,
        key=_key(request),
    )
    return GivingDoneOut(id=made.id, is_new=made.is_new)


@router.post("/donations/{donation_id}/reverse", response=TakenBackGivingOut)
@idempotent
def reverse_donation(request: HttpRequest, donation_id: Identifier, payload: TakeBackGivingIn) -> TakenBackGivingOut:
    """Coordinators and administrators, never their own."""
    booked = actions.reverse_donation(actor=actor_of(request), donation_id=donation_id, reason=payload.reason)
    return TakenBackGivingOut(transfer_id=booked)


@router.get("/pool", response=PoolOut)
def show_pool(request: HttpRequest) -> PoolOut:
    """What the pool holds, what came in and went out this year, and who gave."""
    actor_of(request)
    figures = queries.pool_figures()
    return PoolOut(
        is_on=queries.rules().donations,
        holds_minutes=figures.holds_minutes,
        year=figures.year,
        given_minutes=figures.given_minutes,
        donations=figures.donations,
        granted_minutes=figures.granted_minutes,
        people_helped=figures.helped,
        donors=[
            PoolDonorOut(name=row.name, is_group=row.is_group, minutes=row.minutes, given_on=row.given_on)
            for row in queries.donors()
        ],
    )


@router.get("/grants", response=CursorPage[GrantOut])
def list_grants(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every grant for those who keep or audit the bank; otherwise what the caller got."""
    actor = actor_of(request)

    def render(row: Grant) -> GrantOut:
        return _grant(queries.grant_cards(actor, [row])[0])

    return cursor_page(queries.grants(actor), cursor=cursor, limit=limit, render=render)


@router.post("/grants", response=GivingDoneOut)
@idempotent
def propose_grant(request: HttpRequest, payload: GrantIn) -> GivingDoneOut:
    """Propose help for somebody in need; coordinators and administrators, never for themselves."""
    made = actions.propose_grant(actor=actor_of(request), key=_key(request), **payload.model_dump())
    return GivingDoneOut(id=made.id, is_new=made.is_new)


@router.get("/grants/{grant_id}", response=GrantOut)
def show_grant(request: HttpRequest, grant_id: Identifier) -> GrantOut:
    return _grant(queries.grant(actor_of(request), grant_id))


@router.put("/grants/{grant_id}", response=GrantOut)
@idempotent
def change_grant(request: HttpRequest, grant_id: Identifier, payload: GrantChangeIn) -> GrantOut:
    """By its proposer, while it waits or was sent back."""
    actor = actor_of(request)
    actions.change_grant(actor=actor, grant_id=grant_id, minutes=payload.minutes, reason=payload.reason)
    return _grant(queries.grant(actor, grant_id))


@router.post("/grants/{grant_id}/decide", response=GrantOut)
@idempotent
def decide_grant(request: HttpRequest, grant_id: Identifier, payload: GivingDecisionIn) -> GrantOut:
    """Approve (the minutes are booked), refuse or send back; never by the proposer or the receiver."""
    actor = actor_of(request)
    actions.decide_grant(actor=actor, grant_id=grant_id, decision=Decision(payload.decision), reason=payload.reason)
    return _grant(queries.grant(actor, grant_id))


@router.post("/grants/{grant_id}/withdraw", response=GrantOut)
@idempotent
def withdraw_grant(request: HttpRequest, grant_id: Identifier) -> GrantOut:
    """By its proposer, before it is decided."""
    actor = actor_of(request)
    actions.withdraw_grant(actor=actor, grant_id=grant_id)
    return _grant(queries.grant(actor, grant_id))


@router.post("/grants/{grant_id}/reverse", response=TakenBackGivingOut)
@idempotent
def reverse_grant(request: HttpRequest, grant_id: Identifier, payload: TakeBackGivingIn) -> TakenBackGivingOut:
    """Back into the pool; coordinators and administrators, never their own."""
    booked = actions.reverse_grant(actor=actor_of(request), grant_id=grant_id, reason=payload.reason)
    return TakenBackGivingOut(transfer_id=booked)


@router.get("/group-hours", response=CursorPage[GroupHoursOut])
def list_group_hours(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """For those who keep or audit the bank; nothing for others."""
    actor = actor_of(request)

    def render(row: GroupHoursEntry) -> GroupHoursOut:
        return _group_hours(queries.group_hours_cards(actor, [row])[0])

    return cursor_page(queries.group_hours(actor), cursor=cursor, limit=limit, render=render)


@router.post("/group-hours", response=GivingDoneOut)
@idempotent
def enter_group_hours(request: HttpRequest, payload: GroupHoursIn) -> GivingDoneOut:
    """What a group served as a group; somebody else approves it."""
    made = actions.enter_group_hours(actor=actor_of(request), key=_key(request), **payload.model_dump())
    return GivingDoneOut(id=made.id, is_new=made.is_new)


@router.post("/group-hours/{group_hours_id}/decide", response=GroupHoursOut)
@idempotent
def decide_group_hours(request: HttpRequest, group_hours_id: Identifier, payload: GroupDecisionIn) -> GroupHoursOut:
    """Approve (the minutes are issued into the group's account) or refuse; never by who entered it."""
    actor = actor_of(request)
    actions.decide_group_hours(
        actor=actor, group_hours_id=group_hours_id, decision=Decision(payload.decision), reason=payload.reason
    )
    return _shown_group_hours(actor, group_hours_id)


@router.post("/group-hours/{group_hours_id}/withdraw", response=GroupHoursOut)
@idempotent
def withdraw_group_hours(request: HttpRequest, group_hours_id: Identifier) -> GroupHoursOut:
    """By who entered it, before it is decided."""
    actor = actor_of(request)
    actions.withdraw_group_hours(actor=actor, group_hours_id=group_hours_id)
    return _shown_group_hours(actor, group_hours_id)


@router.post("/group-hours/{group_hours_id}/reverse", response=TakenBackGivingOut)
@idempotent
def reverse_group_hours(
    request: HttpRequest, group_hours_id: Identifier, payload: TakeBackGivingIn
) -> TakenBackGivingOut:
    """Out of the book again, unless the group has donated them."""
    actor = actor_of(request)
    booked = actions.reverse_group_hours(actor=actor, group_hours_id=group_hours_id, reason=payload.reason)
    return TakenBackGivingOut(transfer_id=booked)


@router.post("/groups/{organization_id}/donations", response=GivingDoneOut)
@idempotent
def donate_group_hours(request: HttpRequest, organization_id: Identifier, payload: GroupDonationIn) -> GivingDoneOut:
    """Hours of a group to the pool, by a coordinator on its behalf. Send an `Idempotency-Key`."""
    made = actions.donate_group_hours(
        actor=actor_of(request),
        organization_id=organization_id,
        minutes=payload.minutes,
        reason=payload.reason,
        key=_key(request),
    )
    return GivingDoneOut(id=made.id, is_new=made.is_new)


def _relative(card: queries.RelativeCard) -> RelativeOut:
    return RelativeOut(
        id=card.id,
        name=card.name,
        relation=Relation(card.relation),
        state=RelativeState(card.state),
        is_mine_to_answer=card.is_mine_to_answer,
        is_from_station=card.is_from_station,
        asked_at=card.asked_at,
    )


def _gift(card: queries.GiftCard) -> GiftOut:
    return GiftOut(
        id=card.id,
        giver_id=card.giver_id,
        receiver_id=card.receiver_id,
        minutes=card.minutes,
        note=card.note,
        given_at=card.given_at,
        is_taken_back=bool(card.taken_back),
    )


def _donation(row: Donation) -> DonationOut:
    return DonationOut(
        id=row.pk,
        person_id=row.person_id,
        organization_id=row.organization_id,
        source=Source(row.source),
        minutes=row.minutes,
        is_anonymous=row.is_anonymous,
        given_on=row.given_on,
        is_taken_back=bool(queries.why_taken_back(row)),
    )


def _grant(card: queries.GrantCard) -> GrantOut:
    names = ("id", "person_id", "minutes", "reason", "state", "proposed_at", "decided_at", "decision_reason")
    return GrantOut(**{name: getattr(card, name) for name in names}, may_decide=card.may_decide)


def _group_hours(card: queries.GroupHoursCard) -> GroupHoursOut:
    names = (
        "id",
        "organization_id",
        "title",
        "worked_on",
        "minutes",
        "evidence",
        "state",
        "proposed_at",
        "decided_at",
        "decision_reason",
        "may_decide",
    )
    return GroupHoursOut(**{name: getattr(card, name) for name in names})


def _shown_group_hours(actor: Actor, group_hours_id: int) -> GroupHoursOut:
    access.require_reader(actor)
    return _group_hours(queries.group_hours_entry(actor, group_hours_id))
