"""Sign-ins and roles: given on paper, never by oneself to oneself."""

from __future__ import annotations

import re

import pytest

from xinshi.audit.models import AuditEntry
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.actions import (
    NewPerson,
    OwnRole,
    PasswordTooWeak,
    PersonHasSignIn,
    TooManyTokens,
    UserNameTaken,
    create_user,
    give_sign_in,
    give_staff_sign_in,
    grant_role,
    issue_token,
    register_people,
    renew_password,
    revoke_role,
    revoke_token,
    set_user_active,
)
from xinshi.people.models import ApiToken, RoleGrant, User
from xinshi.people.tests.conftest import SYSTEM, Cast, everything


def test_a_volunteer_gets_a_sign_in_at_the_station(cast: Cast) -> None:
    [person] = register_people(actor=SYSTEM, people=[NewPerson(name="甲", volunteer_number="9" * 18)])
    given = give_sign_in(actor=cast.coordinator.actor, person_id=person)
    user = User.objects.get(pk=given.user_id)
    assert (given.username, user.person_id, user.must_change_password) == ("9" * 18, person, True)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}(-[2-9A-HJKMNP-Z]{4}){2}", given.password)
    assert user.check_password(given.password)
    assert list(user.role_grants.values_list("role", flat=True)) == ["volunteer"]
    before = everything()
    with pytest.raises(PersonHasSignIn):
        give_sign_in(actor=cast.coordinator.actor, person_id=person)
    with pytest.raises(NotFound):
        give_sign_in(actor=cast.coordinator.actor, person_id=10**9)
    assert everything() == before


def test_who_has_no_volunteer_number_gets_a_name_that_says_nothing(cast: Cast) -> None:
    [person] = register_people(actor=SYSTEM, people=[NewPerson(name="甲")])
    assert re.fullmatch(r"v\d{10}", give_sign_in(actor=SYSTEM, person_id=person).username)


def test_a_coordinator_renews_passwords_of_volunteers_only(cast: Cast) -> None:
    given = renew_password(actor=cast.coordinator.actor, user_id=cast.li.user.pk)
    assert User.objects.get(username="li").check_password(given.password)
    before = everything()
    for other in (cast.chen, cast.clerk, cast.administrator):
        with pytest.raises(NotAllowed):
            renew_password(actor=cast.coordinator.actor, user_id=other.user.pk)
    with pytest.raises(NotAllowed):
        renew_password(actor=cast.auditor.actor, user_id=cast.li.user.pk)
    with pytest.raises(OwnRole):
        renew_password(actor=cast.administrator.actor, user_id=cast.administrator.user.pk)
    assert everything() == before
    assert renew_password(actor=cast.administrator.actor, user_id=cast.clerk.user.pk).username == "clerk"


def test_only_administrators_give_and_take_roles_and_not_their_own(cast: Cast) -> None:
    before = everything()
    for somebody in (cast.li, cast.chen, cast.coordinator, cast.clerk, cast.auditor):
        with pytest.raises(NotAllowed):
            grant_role(actor=somebody.actor, user_id=cast.li.user.pk, role=Role.ADMINISTRATOR)
        with pytest.raises(NotAllowed):
            give_staff_sign_in(actor=somebody.actor, username="new", roles=frozenset({Role.CLERK}))
        with pytest.raises(NotAllowed):
            set_user_active(actor=somebody.actor, user_id=cast.li.user.pk, is_active=False)
    own = cast.administrator.user.pk
    with pytest.raises(OwnRole):
        grant_role(actor=cast.administrator.actor, user_id=own, role=Role.AUDITOR)
    with pytest.raises(OwnRole):
        revoke_role(actor=cast.administrator.actor, user_id=own, role=Role.ADMINISTRATOR)
    with pytest.raises(OwnRole):
        set_user_active(actor=cast.administrator.actor, user_id=own, is_active=False)
    with pytest.raises(NotFound):
        grant_role(actor=cast.administrator.actor, user_id=10**9, role=Role.CLERK)
    assert everything() == before


def test_a_role_is_given_once_and_taken_once_on_record(cast: Cast) -> None:
    actor, user = cast.administrator.actor, cast.li.user
    for _ in range(2):
        grant_role(actor=actor, user_id=user.pk, role=Role.LEADER)
    assert RoleGrant.objects.filter(user=user, role="leader").count() == 1
    for _ in range(2):
        revoke_role(actor=actor, user_id=user.pk, role=Role.LEADER)
    trail = AuditEntry.objects.filter(object_ref=f"user:{user.pk}", actor_ref=actor.reference).order_by("id")
    assert list(trail.values_list("action", "detail")) == [
        ("people.grant_role", {"role": "leader"}),
        ("people.revoke_role", {"role": "leader"}),
    ]


def test_refuses_a_user_name_twice_and_a_weak_password(cast: Cast) -> None:
    before = everything()
    with pytest.raises(UserNameTaken):
        give_staff_sign_in(actor=cast.administrator.actor, username="clerk", roles=frozenset({Role.CLERK}))
    for weak in ("short", "1234567890123", "password1234", "zhangweiqiang"):
        with pytest.raises(PasswordTooWeak):
            create_user(
                actor=cast.administrator.actor, username="zhangweiqiang", password=weak, roles=frozenset({Role.CLERK})
            )
    assert everything() == before


def test_everybody_has_their_own_tokens_and_not_too_many(cast: Cast) -> None:
    for number in range(20):
        issue_token(actor=cast.li.actor, name=str(number))
    before = everything()
    with pytest.raises(TooManyTokens):
        issue_token(actor=cast.li.actor, name="21")
    token = ApiToken.objects.order_by("id").first()
    with pytest.raises(NotFound):
        revoke_token(actor=cast.wang.actor, token_id=token.pk)
    assert everything() == before
    revoke_token(actor=cast.li.actor, token_id=token.pk)
    with pytest.raises(NotFound):
        revoke_token(actor=cast.li.actor, token_id=token.pk)
    issue_token(actor=cast.li.actor, name="21")
