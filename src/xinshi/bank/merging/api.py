"""People who are registered twice, for programs: pairs, dismissals, proposals, confirmation by another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from xinshi.bank.merging import actions, queries
from xinshi.bank.models import MergeProposal
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
PersonId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]


class PairOut(Schema):
    """Two records that may be one person. `score`: 0 to 100; `other_document` speaks against it."""

    person_id: int
    other_id: int
    score: int
    same_document: bool
    same_phone: bool
    same_name: bool
    same_birth_date: bool
    other_document: bool


class PairsOut(Schema):
    """The likeliest pairs first, at most `limit` of `total`."""

    items: list[PairOut]
    total: int


class DismissIn(Schema):
    person_id: PersonId
    other_id: PersonId
    reason: Reason


class DismissedOut(Schema):
    person_id: int
    other_id: int


class ProposalIn(Schema):
    """`stays` is the record that goes on, `goes` the one that is merged into it."""

    stays: PersonId
    goes: PersonId
    reason: Reason


class MergeOut(Schema):
    """`moved_minutes` is null until it is confirmed; `obstacles` must be settled before."""

    id: int
    stays: int
    goes: int
    reason: str
    state: MergeProposal.State
    proposed_at: datetime
    decided_at: datetime | None
    decision_note: str
    moved_minutes: int | None
    obstacles: list[str]


class RefusalOfMergeIn(Schema):
    reason: Reason


@router.get("/duplicates", response=PairsOut)
def list_duplicates(request: HttpRequest, limit: Limit = 50) -> PairsOut:
    """Who may be registered twice; coordinators and administrators."""
    found = queries.candidates(actor_of(request))
    return PairsOut(
        items=[
            PairOut(
                person_id=pair.first.pk,
                other_id=pair.second.pk,
                score=pair.signs.score,
                same_document=pair.signs.same_document,
                same_phone=pair.signs.same_phone,
                same_name=pair.signs.same_name,
                same_birth_date=pair.signs.same_birth_date,
                other_document=pair.signs.other_document,
            )
            for pair in found[:limit]
        ],
        total=len(found),
    )


@router.post("/duplicates/dismissals", response=DismissedOut)
@idempotent
def dismiss_a_pair(request: HttpRequest, payload: DismissIn) -> DismissedOut:
    """They are two people: they are not offered again."""
    actions.dismiss_pair(
        actor=actor_of(request), person_id=payload.person_id, other_id=payload.other_id, reason=payload.reason
    )
    return DismissedOut(person_id=payload.person_id, other_id=payload.other_id)


@router.get("/merges", response=CursorPage[MergeOut])
def list_merges(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Proposals and what came of them, newest first."""
    return cursor_page(queries.proposals(actor_of(request)), cursor=cursor, limit=limit, render=_merge)


@router.post("/merges", response={201: MergeOut})
@idempotent
def propose_a_merge(request: HttpRequest, payload: ProposalIn) -> Status[MergeOut]:
    """Say that two records are one person; another coordinator confirms it."""
    actor = actor_of(request)
    merge_id = actions.propose_merge(actor=actor, stays_id=payload.stays, goes_id=payload.goes, reason=payload.reason)
    return Status(201, _merge(queries.proposal(actor, merge_id)))


@router.get("/merges/{merge_id}", response=MergeOut)
def show_merge(request: HttpRequest, merge_id: Identifier) -> MergeOut:
    return _merge(queries.proposal(actor_of(request), merge_id))


@router.post("/merges/{merge_id}/confirmation", response=MergeOut)
@idempotent
def confirm_a_merge(request: HttpRequest, merge_id: Identifier) -> MergeOut:
    """Merge for ever: it cannot be undone. Refused for who proposed it and for the two themselves."""
    actor = actor_of(request)
    actions.confirm_merge(actor=actor, merge_id=merge_id)
    return _merge(queries.proposal(actor, merge_id))


@router.post("/merges/{merge_id}/refusal", response=MergeOut)
@idempotent
def refuse_a_merge(request: HttpRequest, merge_id: Identifier, payload: RefusalOfMergeIn) -> MergeOut:
    actor = actor_of(request)
    actions.refuse_merge(actor=actor, merge_id=merge_id, reason=payload.reason)
    return _merge(queries.proposal(actor, merge_id))


@router.post("/merges/{merge_id}/withdrawal", response=MergeOut)
@idempotent
def withdraw_a_merge(request: HttpRequest, merge_id: Identifier) -> MergeOut:
    """Take one's own proposal back."""
    actor = actor_of(request)
    actions.withdraw_merge(actor=actor, merge_id=merge_id)
    return _merge(queries.proposal(actor, merge_id))


def _merge(row: MergeProposal) -> MergeOut:
    is_open = row.state == MergeProposal.State.PROPOSED
    return MergeOut(
        id=row.pk,
        stays=row.stays_id,
        goes=row.goes_id,
        reason=row.reason,
        state=MergeProposal.State(row.state),
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        decision_note=row.decision_note,
        moved_minutes=row.moved_minutes,
        obstacles=[str(one) for one in queries.merge_obstacles(row.stays_id, row.goes_id)] if is_open else [],
    )
