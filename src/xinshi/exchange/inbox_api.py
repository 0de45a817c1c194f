"""The inbox for programs: rows of people who were not found, whose they may be, and whose they are. Minutes throughout."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.exchange import actions, queries
from xinshi.exchange.schemas import (
    Cursor,
    ExchangeLineOut,
    Limit,
    LineIds,
    LinesDecidedOut,
    Reason,
    line_out,
)
from xinshi.people.domain import masked_phone

router = Router(tags=["exchange"])
Term = Annotated[str, Query(max_length=64)]


class InboxPersonOut(Schema):
    """Somebody to whom rows may belong; the phone is masked."""

    person_id: int
    name: str
    volunteer_number: str
    phone: str


class MatchLinesIn(Schema):
    """`remember_number`: a person without a volunteer number gets that of the rows, so that later rows find them."""

    line_ids: LineIds
    person_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    remember_number: bool = False


class NotOursIn(Schema):
    line_ids: LineIds
    reason: Reason


class LinesJudgedOut(Schema):
    """What rows became when they were judged anew; `unmatched` still wait."""

    credited: int = 0
    minutes: int = 0
    held_back: int = 0
    already_known: int = 0
    no_sign_out: int = 0
    rejected: int = 0
    unmatched: int = 0


@router.get("/inbox", response=CursorPage[ExchangeLineOut])
def list_inbox(request: HttpRequest, term: Term = "", cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Rows that wait for their person, the newest first; `term` is part of their name or number."""
    rows = queries.unmatched(actor_of(request), term=term)
    return cursor_page(rows, cursor=cursor, limit=limit, render=line_out)


@router.get("/inbox/people", response=list[InboxPersonOut])
def list_inbox_people(
    request: HttpRequest, who: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
) -> list[InboxPersonOut]:
    """Whose rows may be, at most ten: by volunteer number, phone, name, or name with the phone's last four digits."""
    return [
        InboxPersonOut(
            person_id=one.pk,
            name=one.name,
            volunteer_number=one.volunteer_number or "",
            phone=masked_phone(one.phone),
        )
        for one in queries.candidates(actor_of(request), who)
    ]


@router.post("/inbox/match", response=LinesJudgedOut)
@idempotent
def match_inbox_lines(request: HttpRequest, payload: MatchLinesIn) -> LinesJudgedOut:
    """These rows are this person's: they are judged and credited as in an import."""
    found = actions.match_lines(
        actor=actor_of(request),
        line_ids=payload.line_ids,
        person_id=payload.person_id,
        remember_number=payload.remember_number,
    )
    return _judged(found)


@router.post("/inbox/not-ours", response=LinesDecidedOut)
@idempotent
def lay_inbox_lines_aside(request: HttpRequest, payload: NotOursIn) -> LinesDecidedOut:
    """These rows are of people of another hospital; the reason is kept."""
    number = actions.lines_not_ours(actor=actor_of(request), line_ids=payload.line_ids, reason=payload.reason)
    return LinesDecidedOut(lines=number, minutes=0)


@router.post("/inbox/look-again", response=LinesJudgedOut)
@idempotent(in_one_transaction=False)
def look_again_at_inbox(request: HttpRequest) -> LinesJudgedOut:
    """Judge everything that waits anew; asked again, what flowed on does not wait any more."""
    return _judged(actions.look_again(actor=actor_of(request)))


def _judged(found: dict[str, int]) -> LinesJudgedOut:
    return LinesJudgedOut(**{name: number for name, number in found.items() if name in LinesJudgedOut.model_fields})
