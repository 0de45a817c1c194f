"""Sign-ins and roles: given, taken, disabled, with new passwords."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.kernel.ids import SHORT_CODE_ALPHABET
from xinshi.people.access import require_administrator, require_archive_keeper
from xinshi.people.models import Person, RoleGrant, User
from xinshi.people.queries import free_user_name


class UserNameTaken(DomainError):
    code = "user_name_taken"
    message = gettext_noop("This user name is taken. Choose another.")


class PersonHasSignIn(DomainError):
    code = "person_has_sign_in"
    message = gettext_noop("This person can sign in already. Give them a new password instead.")


class PasswordTooWeak(DomainError):
    code = "password_too_weak"
    message = gettext_noop("The password is too easy to guess: %(reasons)s")
    status = 422


class OwnRole(DomainError):
    code = "own_role"
    message = gettext_noop("Nobody changes their own roles or sign-in. Ask another administrator.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A sign-in to be made; without a password nobody can sign in with it."""

    username: str
    password: str | None
    person_id: int | None
    roles: frozenset[Role]
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class OneTimeSignIn:
    """What is handed over on paper, shown once: the password must be changed when it is first used."""

    user_id: int
    username: str
    password: str


@transaction.atomic
def create_users(*, actor: Actor, users: Sequence[NewUser]) -> list[int]:
    """Sign-ins with their roles; returns their ids in order. UserNameTaken or PersonHasSignIn name none on purpose."""
    require_administrator(actor)
    return _create_users(actor, users)


def _create_users(actor: Actor, users: Sequence[NewUser]) -> list[int]:
    at = clock.now()
    if User.objects.filter(username__in=[new.username for new in users]).exists():
        raise UserNameTaken
    hashed = {password: make_password(password) for password in {new.password for new in users}}
    try:
        with transaction.atomic():
            rows = User.objects.bulk_create(
                [
                    User(
                        username=new.username,
                        person_id=new.person_id,
                        password=hashed[new.password],
                        must_change_password=new.must_change_password,
                    )
                    for new in users
                ],
                batch_size=1_000,
            )
    except IntegrityError:
        raise PersonHasSignIn from None
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
def give_sign_in(*, actor: Actor, person_id: int) -> OneTimeSignIn:
    """A volunteer's sign-in, made at the station: the archive's keepers hand the one-time password over on paper."""
    require_archive_keeper(actor)
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise NotFound
    if User.objects.filter(person_id=person_id).exists():
        raise PersonHasSignIn
    return _one_time_sign_in(
        actor, username=person.volunteer_number or free_user_name(), person_id=person_id, roles={Role.VOLUNTEER}
    )


@transaction.atomic
def give_staff_sign_in(*, actor: Actor, username: str, roles: frozenset[Role]) -> OneTimeSignIn:
    """A sign-in for somebody who is not a volunteer, such as a clerk or an auditor."""
    require_administrator(actor)
    return _one_time_sign_in(actor, username=username, person_id=None, roles=roles)


def _one_time_sign_in(actor: Actor, *, username: str, person_id: int | None, roles: Collection[Role]) -> OneTimeSignIn:
    password = new_one_time_password()
    new = NewUser(
        username=username,
        password=password,
        person_id=person_id,
        roles=frozenset(roles),
        must_change_password=True,
    )
    return OneTimeSignIn(user_id=_create_users(actor, [new])[0], username=username, password=password)


@transaction.atomic
def renew_password(*, actor: Actor, user_id: int) -> OneTimeSignIn:
    """A new one-time password for somebody who forgot theirs. Who has more than a volunteer's role asks an administrator."""
    require_archive_keeper(actor)
    user = _locked_other(actor, user_id)
    if user.role_grants.exclude(role=Role.VOLUNTEER.value).exists():
        require_administrator(actor)
    password = new_one_time_password()
    User.objects.filter(pk=user_id).update(password=make_password(password), must_change_password=True)
    record(actor=actor, action="people.renew_password", object_ref=f"user:{user_id}")
    return OneTimeSignIn(user_id=user_id, username=user.username, password=password)


def new_one_time_password() -> str:
    """Twelve signs that nobody mistakes for others, in groups for reading: 59 bits."""
    signs = "".join(secrets.choice(SHORT_CODE_ALPHABET) for _ in range(12))
    return "-".join((signs[:4], signs[4:8], signs[8:]))


def _user_of_others(actor: Actor, user_id: int) -> User:
    require_administrator(actor)
    return _locked_other(actor, user_id)


def _locked_other(actor: Actor, user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user_id == actor.user_id:
        raise OwnRole
    return user
