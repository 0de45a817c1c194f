"""API endpoints: who acts, problem+json, cursor pages, idempotency keys."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, Generic, TypeVar, cast, overload

from django.db import IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.responses import NinjaJSONEncoder, Status

from xinshi.doors.models import IdempotencyKey
from xinshi.doors.pages import refusal_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotSignedIn, gettext_noop

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)
Endpoint = Callable[..., Any]
PAGE_SIZE_MAX = 200
KEY_LENGTH_MAX = 200
CLAIM_SECONDS_MAX = 600
"""After this time a request that gave no answer is taken for dead."""
LIFE_SECONDS_MIN: Final = 2
"""A request has this long to show that it lives, by an advisory lock that dies with it (PostgreSQL)."""
LIFE_LOCKS: Final = 20_261_125
"""The lock's first number; the second is the claim's id."""
NO_NUL: Final = r"^[^\x00]*$"
"""Pattern of texts in schemas: PostgreSQL stores no NUL sign."""
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


@overload
def idempotent(function: Endpoint) -> Endpoint: ...
@overload
def idempotent(*, in_one_transaction: bool) -> Callable[[Endpoint], Endpoint]: ...
def idempotent(
    function: Endpoint | None = None, *, in_one_transaction: bool = True
) -> Endpoint | Callable[[Endpoint], Endpoint]:
    """Answer a repeated write by the first answer, where the client sends an `Idempotency-Key` header.

    Scoped to person and operation; the same key with another payload is refused; 409 while the first is in flight, and
    until its process is known to have died: LIFE_SECONDS_MIN on PostgreSQL, otherwise CLAIM_SECONDS_MAX. What is
    written and the kept answer commit together, so that a request that died halfway left nothing and may be tried
    again. An endpoint whose action is idempotent by itself and works long before it writes says
    `in_one_transaction=False`. It returns a (JSON-ready) schema instance, or a Status of one; a refusal is not kept, so
    it may be tried again.
    """
    if function is None:
        return lambda decorated: _guarded(decorated, in_one_transaction=in_one_transaction)
    return _guarded(function, in_one_transaction=in_one_transaction)


def _guarded(function: Endpoint, *, in_one_transaction: bool) -> Endpoint:
    @wraps(function)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return function(request, *args, **kwargs)
        if len(key) > KEY_LENGTH_MAX or not key.isprintable():
            raise Invalid(field="Idempotency-Key", reason=gettext_noop("1 to 200 printable signs"))
        scope = _scope(actor_of(request), request)
        payload_hash = _payload_hash(request)
        claim = _claim(scope, key, payload_hash, shows_life=in_one_transaction)
        if isinstance(claim, HttpResponse):
            return claim
        try:
            with _at_work(claim, in_one_transaction=in_one_transaction):
                answer = function(request, *args, **kwargs)
                _keep(claim, answer)
        except BaseException:
            _own(claim).delete()
            raise
        return answer

    # The framework resolves annotations where the function was written, not here.
    guarded.__signature__ = inspect.signature(function, eval_str=True)  # type: ignore[attr-defined]  # read by inspect
    return guarded


@contextmanager
def _at_work(claim: IdempotencyKey, *, in_one_transaction: bool) -> Iterator[None]:
    """While the endpoint works. In one transaction, the claim's lock shows that its process lives."""
    if not in_one_transaction:
        yield
        return
    with transaction.atomic():
        if not _alone_with(claim):
            raise KeyInFlight
        yield


def _scope(actor: Actor, request: HttpRequest) -> str:
    """Who does what: a digest, because an address may be longer than the column."""
    asked = f"{actor.reference} {request.method} {request.get_full_path()}"
    return f"{actor.reference[:100]} {hashlib.sha256(asked.encode()).hexdigest()}"


def _payload_hash(request: HttpRequest) -> str:
    if request.content_type != "multipart/form-data":
        return hashlib.sha256(request.body).hexdigest()
    # The stream was read when the form was parsed; its boundary differs from try to try anyway.
    digest = hashlib.sha256()
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def _claim(scope: str, key: str, payload_hash: str, *, shows_life: bool) -> IdempotencyKey | HttpResponse:
    """The key for this request to answer, or the answer kept from an earlier one."""
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                scope=scope, key=key, payload_hash=payload_hash, created_at=clock.now()
            )
    except IntegrityError:
        kept = IdempotencyKey.objects.filter(scope=scope, key=key).first()
    if kept is None:
        raise KeyInFlight  # It was refused just now; the next try finds the key free.
    if kept.payload_hash != payload_hash:
        raise KeyUsedOtherwise
    if kept.status is None:
        return _taken_over(kept, shows_life=shows_life)
    response = HttpResponse(kept.answer, status=kept.status, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _taken_over(kept: IdempotencyKey, *, shows_life: bool) -> IdempotencyKey:
    """The claim of a request that died; KeyInFlight while it may still be at work, and for all but one who try."""
    at = clock.now()
    if not _has_died(kept, at, shows_life=shows_life) or not _own(kept).update(created_at=at):
        raise KeyInFlight
    kept.created_at = at
    return kept


def _has_died(kept: IdempotencyKey, at: datetime, *, shows_life: bool) -> bool:
    """By its age; on PostgreSQL a request that `shows_life` and no longer holds its lock is dead at once.

    A guess is enough: two who hold one claim cannot both keep an answer, and what is not kept is not written.
    """
    age = at - kept.created_at
    if age >= timedelta(seconds=CLAIM_SECONDS_MAX):
        return True
    if not shows_life or connection.vendor != "postgresql" or age < timedelta(seconds=LIFE_SECONDS_MIN):
        return False
    with transaction.atomic():
        return _alone_with(kept)


def _alone_with(claim: IdempotencyKey) -> bool:
    """Take the claim's lock until the transaction ends; False where another request has it. Always True on SQLite."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LIFE_LOCKS, claim.pk % 2**31])
        return bool(cursor.fetchone()[0])


def _own(claim: IdempotencyKey) -> models.QuerySet[IdempotencyKey]:
    """The claim's row as long as nobody took it over."""
    return IdempotencyKey.objects.filter(pk=claim.pk, created_at=claim.created_at, status=None)


def _keep(claim: IdempotencyKey, answer: Any) -> None:
    """Keep the answer; KeyInFlight where another request took over meanwhile, so that only one of them writes."""
    status, body = (answer.status_code, answer.value) if isinstance(answer, Status) else (200, answer)
    if not _own(claim).update(status=status, answer=_as_json(body)):
        raise KeyInFlight


def _as_json(answer: Any) -> str:
    """Written as ninja writes the first answer, so that the kept one says the same to the last digit."""
    body = answer.model_dump() if isinstance(answer, Schema) else answer
    return json.dumps(body, cls=NinjaJSONEncoder, ensure_ascii=False)
