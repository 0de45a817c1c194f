"""Writes of the archive."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotSignedIn
from xinshi.people.access import actor_for, require_administrator
from xinshi.people.models import ApiToken, RoleGrant, User


@transaction.atomic
def create_user(
    *, actor: Actor, username: str, password: str | None, person_id: int | None = None, roles: frozenset[Role]
) -> User:
    """A sign-in with `roles`; without a password nobody can sign in until one is set."""
    require_administrator(actor)
    user = User(username=username, person_id=person_id)
    user.set_password(password)
    user.save(force_insert=True)
    at = clock.now()
    RoleGrant.objects.bulk_create(
        [RoleGrant(user=user, role=role.value, granted_by=actor.reference, granted_at=at) for role in sorted(roles)]
    )
    record(actor=actor, action="people.create_user", object_ref=f"user:{user.pk}", roles=sorted(roles))
    return user


@transaction.atomic
def issue_token(*, actor: Actor, name: str) -> str:
    """A new API token in the actor's own name; it is shown once, only its digest is stored."""
    if actor.user_id is None:
        raise NotSignedIn
    token = f"xinshi_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(user_id=actor.user_id, name=name, digest=_digest(token), created_at=clock.now())
    record(actor=actor, action="people.issue_token", object_ref=f"token:{row.pk}")
    return token


def actor_of_token(token: str) -> Actor | None:
    """Who calls with `token`; None where it is unknown, revoked or its user is disabled."""
    row = ApiToken.objects.select_related("user").filter(digest=_digest(token), revoked_at=None).first()
    if row is None or not row.user.is_active:
        return None
    return actor_for(row.user)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
