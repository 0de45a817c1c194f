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
