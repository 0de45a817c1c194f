"""The audit trail for programs of auditors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from xinshi.audit import queries
from xinshi.audit.models import AuditEntry
from xinshi.doors.api import CursorPage, actor_of, cursor_page

router = Router(tags=["audit"])


class AuditLineOut(Schema):
    id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


class SealOut(Schema):
    """The newest seal of one chain of records; `hash` covers everything up to `to_id`: keep it outside this database."""

    chain: str
    n: int
    to_id: int
    hash: str
    sealed_at: datetime


def _line(entry: AuditEntry) -> AuditLineOut:
    return AuditLineOut(
        id=entry.pk,
        at=entry.at,
        actor=entry.actor_ref,
        action=entry.action,
        object=entry.object_ref,
        detail=entry.detail,
    )


@router.get("/entries", response=CursorPage[AuditLineOut])
def list_audit_entries(
    request: HttpRequest,
    action: Annotated[str, Query(max_length=64)] = "",
    actor_ref: Annotated[str, Query(max_length=64)] = "",
    object_ref: Annotated[str, Query(max_length=64)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Who did what, newest first; auditors only. `action` may be a room or a whole verb; `day` is YYYY-MM-DD."""
    wanted = queries.Filter(action=action, actor_ref=actor_ref, object_ref=object_ref, day=day)
    return cursor_page(queries.trail(actor_of(request), wanted), cursor=cursor, limit=limit, render=_line)


@router.get("/seals", response=list[SealOut])
def list_newest_seals(request: HttpRequest) -> list[SealOut]:
    """The newest seal of the trail and of every other chain of records; auditors only."""
    return [
        SealOut(chain=row.chain, n=row.n, to_id=row.to_id, hash=row.hash, sealed_at=row.sealed_at)
        for row in queries.seals(actor_of(request))
    ]
