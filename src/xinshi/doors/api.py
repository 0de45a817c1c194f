"""API endpoints: who acts, problem+json, cursor pages, idempotency keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, TypeVar, cast

from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Schema

from xinshi.doors.models import IdempotencyKey
from xinshi.doors.pages import refusal_text
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotSignedIn, gettext_noop

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)
PAGE_SIZE_MAX = 200
PROBLEM_CONTENT_TYPE = "application/problem+json"


class Problem(Schema):
    """RFC 9457 problem details; `code` is stable, `detail` is a sentence in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class CursorPage(Schema, Generic[T]):
    """One page of a list; pass `next_cursor` back as `cursor` to go on."""

    items: list[T]
    next_cursor: int | None


class KeyInFlight(DomainError):
    code = "idempotency_key_in_flight"
    message = gettext_noop("The same request is still being worked on. Ask again in a moment.")


class KeyUsedOtherwise(DomainError):
    code = "idempotency_key_reused"
    message = gettext_noop("This idempotency key was used for another request. Use a new key.")
    status = 422


def actor_of(request: HttpRequest) -> Actor:
    """Who acts; NotSignedIn where nobody does."""
    actor = cast("Actor", request.actor)  # type: ignore[attr-defined]  # set by ActorMiddleware or the token
    if actor.user_id is None:
        raise NotSignedIn
    return actor


def problem_response(error: DomainError) -> HttpResponse:
    body = Problem(
        type=f"urn:xinshi:problem:{error.code}",
        title=error.code.replace("_", " "),
        status=error.status,
        detail=refusal_text(error),
        code=error.code,
    )
    return HttpResponse(body.model_dump_json(), status=error.status, content_type=PROBLEM_CONTENT_TYPE)


def cursor_page(
    queryset: models.QuerySet[M], *, cursor: int | None, limit: int, render: Callable[[M], T]
) -> dict[str, Any]:
    """Newest first by primary key, `limit` rows from below `cursor`; for an endpoint that returns CursorPage[T]."""
    size = max(1, min(limit, PAGE_SIZE_MAX))
    rows = queryset.order_by("-pk")
    if cursor is not None:
        rows = rows.filter(pk__lt=min(cursor, 2**63 - 1))
    found = list(rows[: size + 1])
    following = found[size - 1].pk if len(found) > size else None
    return {"items": [render(row) for row in found[:size]], "next_cursor": following}


def idempotent(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a repeated write by the first answer, where the client sends an `Idempotency-Key` header.

    Scoped to person and operation; the same key with another payload is refused; 409 while the first is in flight.
    The decorated endpoint returns its (JSON-ready) schema instance; a refusal is not kept, so it may be tried again.
    """

    @wraps(function)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return function(request, *args, **kwargs)
        if len(key) > 200 or not key.isprintable():
            raise Invalid(field="Idempotency-Key", reason="1–200 printable characters")
        scope = f"{actor_of(request).reference} {request.method} {request.path}"[:200]
        payload_hash = hashlib.sha256(request.body).hexdigest()
        kept, is_new = _claim(scope, key, payload_hash)
        if not is_new:
            return _kept_answer(kept, payload_hash)
        try:
            answer = function(request, *args, **kwargs)
        except BaseException:
            kept.delete()
            raise
        kept.status, kept.answer = 200, _as_json(answer)
        kept.save(update_fields=["status", "answer"])
        return answer

    return guarded


def _claim(scope: str, key: str, payload_hash: str) -> tuple[IdempotencyKey, bool]:
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(scope=scope, key=key, payload_hash=payload_hash), True
    except IntegrityError:
        return IdempotencyKey.objects.get(scope=scope, key=key), False


def _kept_answer(kept: IdempotencyKey, payload_hash: str) -> HttpResponse:
    if kept.payload_hash != payload_hash:
        raise KeyUsedOtherwise
    if kept.status is None:
        raise KeyInFlight
    response = HttpResponse(kept.answer, status=kept.status, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _as_json(answer: Any) -> str:
    if isinstance(answer, Schema):
        return answer.model_dump_json()
    return json.dumps(answer, default=str, ensure_ascii=False)
