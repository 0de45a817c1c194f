"""API tokens: a program's key in a user's name."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from xinshi.audit.actions import record
from xinshi.doors.prepared import Answer, PreparedRead, Question, run
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, NotSignedIn, gettext_noop
from xinshi.people.access import actor_of_user
from xinshi.people.models import ApiToken

TOKENS_MAX: Final = 20
LAST_USE_PRECISION: Final = timedelta(hours=1)
"""How exactly the last use is kept: a write per call would cost more than it tells."""


HOLDER: Final = PreparedRead(
    lambda digest: ApiToken.objects.filter(digest=digest, revoked_at=None, user__is_active=True).values_list(
        "pk", "last_used_at", "user_id", "user__person_id", "user__role_grants__role"
    ),
    digest=str,
)
HOLDERS_PERSON: Final = "u.person_id"
HOLDER_AND_ANSWER: Final = """
SELECT t.id, t.last_used_at, u.id, u.person_id,
       (SELECT string_agg(g.role, ' ') FROM role_grant g WHERE g.user_id = u.id), answer.*
FROM api_token t
JOIN user_account u ON u.id = t.user_id
LEFT JOIN LATERAL ({question}) answer ON true
WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active
"""
OF_HOLDER: Final = 5
"""Columns before those of the answer."""


class TooManyTokens(DomainError):
    code = "too_many_tokens"
    message = gettext_noop("You have many tokens already. Revoke one that you no longer need.")


@transaction.atomic
def issue_token(*, actor: Actor, name: str) -> str:
    """A new API token in the actor's own name; it is shown once, only its digest is stored."""
    if actor.user_id is None:
        raise NotSignedIn
    if ApiToken.objects.filter(user_id=actor.user_id, revoked_at=None).count() >= TOKENS_MAX:
        raise TooManyTokens
    token = f"xinshi_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(user_id=actor.user_id, name=name, digest=_digest(token), created_at=clock.now())
    record(actor=actor, action="people.issue_token", object_ref=f"token:{row.pk}")
    return token


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int) -> None:
    """End one of the actor's own tokens; NotFound for anybody else's."""
    own = ApiToken.objects.filter(user_id=actor.user_id or 0, revoked_at=None)
    changed = own.filter(pk=token_id).update(revoked_at=clock.now())
    if not changed:
        raise NotFound
    record(actor=actor, action="people.revoke_token", object_ref=f"token:{token_id}")


def actor_of_token(token: str) -> Actor | None:
    """Who calls with `token`; None where it is unknown, revoked or its user is disabled."""
    rows = HOLDER.rows(digest=_digest(token))
    return _known(rows[0][:4], (row[4] for row in rows)) if rows else None


def actor_and_answer(token: str, question: Question | None) -> tuple[Actor | None, Answer | None]:
    """Who calls with `token`, and the answer to a question about their person; None for it where it was not asked.

    Both come in one trip, where the database is PostgreSQL; on SQLite there are no trips to save.
    """
    if question is None or connection.vendor != "postgresql":
        return actor_of_token(token), None
    asked = question.about(HOLDERS_PERSON)
    rows, _changed = run(HOLDER_AND_ANSWER.format(question=asked.sql), [*asked.parameters, _digest(token)])
    if not rows:
        return None, None
    answer = [row[OF_HOLDER:] for row in rows if row[OF_HOLDER] is not None]
    return _known(rows[0][:4], (rows[0][4] or "").split()), answer


def _known(holder: tuple[Any, ...], roles: Iterable[str]) -> Actor:
    token_id, last_used_at, user_id, person_id = holder
    at = clock.now()
    if last_used_at is None or at - last_used_at > LAST_USE_PRECISION:
        ApiToken.objects.filter(pk=token_id).update(last_used_at=at)
    return actor_of_user(user_id, person_id, [role for role in roles if role])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
