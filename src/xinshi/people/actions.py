"""Writes of the archive."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, NotFound, NotSignedIn, gettext_noop
from xinshi.people.access import actor_for, require_administrator, require_archive_keeper
from xinshi.people.models import ApiToken, Consent, Person, RoleGrant, User
from xinshi.vault.cipher import blind_index

ID_CONTEXT: Final = "person.id_number"
PHONE_CONTEXT: Final = "person.phone"
TOKENS_MAX: Final = 20


class UserNameTaken(DomainError):
    code = "user_name_taken"
    message = gettext_noop("This user name is taken. Choose another.")


class PasswordTooWeak(DomainError):
    code = "password_too_weak"
    message = gettext_noop("The password is too easy to guess: %(reasons)s")
    status = 422


class OwnRole(DomainError):
    code = "own_role"
    message = gettext_noop("Nobody changes their own roles or sign-in. Ask another administrator.")


class TooManyTokens(DomainError):
    code = "too_many_tokens"
    message = gettext_noop("You have many tokens already. Revoke one that you no longer need.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Basic data of somebody new; checked by the caller's form or importer (see `people.domain`)."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    id_kind: str = ""
    id_number: str = ""
    volunteer_number: str = ""
    phone: str = ""
    area: str = ""
    group: str = Person.Group.CITIZEN
    skills: tuple[str, ...] = ()
    service_categories: tuple[str, ...] = ()
    is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A sign-in to be made; without a password nobody can sign in with it."""

    username: str
    password: str | None
    person_id: int | None
    roles: frozenset[Role]


def id_index(number: str) -> str | None:
    """The blind index of an identity number; None for none."""
    return blind_index(number.upper(), context=ID_CONTEXT) if number else None


def phone_index(phone: str) -> str | None:
    """The blind index of a phone; None for none."""
    return blind_index(phone, context=PHONE_CONTEXT) if phone else None


@transaction.atomic
def register_people(*, actor: Actor, people: Sequence[NewPerson]) -> list[int]:
    """Add people to the archive with their consent to service; returns their ids in order.

    Duplicates by identity or volunteer number break a constraint: callers look them up first (`people.queries`).
    """
    require_archive_keeper(actor)
    at = clock.now()
    rows = Person.objects.bulk_create(
        [
            Person(
                name=new.name,
                sex=new.sex,
                birth_date=new.birth_date,
                id_kind=new.id_kind,
                id_number=new.id_number.upper(),
                id_index=id_index(new.id_number),
                volunteer_number=new.volunteer_number or None,
                phone=new.phone,
                phone_index=phone_index(new.phone),
                area=new.area,
                group=new.group,
                skills=list(new.skills),
                service_categories=list(new.service_categories),
                is_public=new.is_public,
                registered_at=at,
            )
            for new in people
        ],
        batch_size=1_000,
    )
    Consent.objects.bulk_create(
        [Consent(person=row, purpose="service", given_at=at, given_through="station") for row in rows], batch_size=2_000
    )
    record_many(actor=actor, action="people.register", objects=[(f"person:{row.pk}", {}) for row in rows])
    return [row.pk for row in rows]


@transaction.atomic
def create_users(*, actor: Actor, users: Sequence[NewUser]) -> list[int]:
    """Sign-ins with their roles; returns their ids in order. UserNameTaken names none of them on purpose."""
    require_administrator(actor)
    at = clock.now()
    if User.objects.filter(username__in=[new.username for new in users]).exists():
        raise UserNameTaken
    hashed = {password: make_password(password) for password in {new.password for new in users}}
    rows = User.objects.bulk_create(
        [User(username=new.username, person_id=new.person_id, password=hashed[new.password]) for new in users],
        batch_size=1_000,
    )
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(user=row, role=role.value, granted_by=actor.reference, granted_at=at)
            for row, new in zip(rows, users, strict=True)
            for role in sorted(new.roles)
        ],
        batch_size=2_000,
    )
    record_many(
        actor=actor,
        action="people.create_user",
        objects=[
            (f"user:{row.pk}", {"roles": sorted(role.value for role in new.roles)})
            for row, new in zip(rows, users, strict=True)
        ],
    )
    return [row.pk for row in rows]


def create_user(
    *, actor: Actor, username: str, password: str | None, person_id: int | None = None, roles: frozenset[Role]
) -> int:
    """One sign-in with `roles`; PasswordTooWeak where the password is easy to guess."""
    if password is not None:
        _require_strong(password, username)
    new = NewUser(username=username, password=password, person_id=person_id, roles=roles)
    return create_users(actor=actor, users=[new])[0]


def _require_strong(password: str, username: str) -> None:
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise PasswordTooWeak(reasons=" ".join(error.messages)) from None


@transaction.atomic
def grant_role(*, actor: Actor, user_id: int, role: Role) -> None:
    """Give a user a role; not oneself."""
    user = _user_of_others(actor, user_id)
    _, is_new = RoleGrant.objects.get_or_create(
        user=user, role=role.value, defaults={"granted_by": actor.reference, "granted_at": clock.now()}
    )
    if is_new:
        record(actor=actor, action="people.grant_role", object_ref=f"user:{user_id}", role=role.value)


@transaction.atomic
def revoke_role(*, actor: Actor, user_id: int, role: Role) -> None:
    """Take a role from a user; works on their next request. Not oneself."""
    user = _user_of_others(actor, user_id)
    deleted, _ = RoleGrant.objects.filter(user=user, role=role.value).delete()
    if deleted:
        record(actor=actor, action="people.revoke_role", object_ref=f"user:{user_id}", role=role.value)


@transaction.atomic
def set_user_active(*, actor: Actor, user_id: int, is_active: bool) -> None:
    """Disable or enable a sign-in; a disabled user's sessions and tokens end with their next request."""
    user = _user_of_others(actor, user_id)
    if user.is_active != is_active:
        User.objects.filter(pk=user_id).update(is_active=is_active)
        record(actor=actor, action="people.set_user_active", object_ref=f"user:{user_id}", is_active=is_active)


@transaction.atomic
def set_password(*, actor: Actor, user_id: int, password: str) -> None:
    """Give another user a new password (the station hands it over on paper)."""
    user = _user_of_others(actor, user_id)
    _require_strong(password, user.username)
    User.objects.filter(pk=user_id).update(password=make_password(password))
    record(actor=actor, action="people.set_password", object_ref=f"user:{user_id}")


def _user_of_others(actor: Actor, user_id: int) -> User:
    require_administrator(actor)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user_id == actor.user_id:
        raise OwnRole
    return user


@transaction.atomic
def give_consent(*, actor: Actor, person_id: int, purpose: str, through: str = "self") -> None:
    """Record a person's consent to `purpose`; given twice, it stands once."""
    _require_own_or_keeper(actor, person_id)
    _, is_new = Consent.objects.get_or_create(
        person_id=person_id,
        purpose=purpose,
        withdrawn_at=None,
        defaults={"given_at": clock.now(), "given_through": through},
    )
    if purpose == "publicity":
        Person.objects.filter(pk=person_id).update(is_public=True)
    if is_new:
        record(actor=actor, action="people.give_consent", object_ref=f"person:{person_id}", purpose=purpose)


@transaction.atomic
def withdraw_consent(*, actor: Actor, person_id: int, purpose: str) -> None:
    """Record that a person takes their consent to `purpose` back."""
    _require_own_or_keeper(actor, person_id)
    changed = Consent.objects.filter(person_id=person_id, purpose=purpose, withdrawn_at=None).update(
        withdrawn_at=clock.now()
    )
    if purpose == "publicity":
        Person.objects.filter(pk=person_id).update(is_public=False)
    if changed:
        record(actor=actor, action="people.withdraw_consent", object_ref=f"person:{person_id}", purpose=purpose)


def _require_own_or_keeper(actor: Actor, person_id: int) -> None:
    if actor.person_id != person_id:
        require_archive_keeper(actor)


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
    row = ApiToken.objects.select_related("user").filter(digest=_digest(token), revoked_at=None).first()
    if row is None or not row.user.is_active:
        return None
    return actor_for(row.user)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
