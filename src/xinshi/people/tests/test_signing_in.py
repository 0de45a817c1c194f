"""Signing in through HTTP: by user name or phone, with a limit on guessing and one-time passwords that must be changed."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from xinshi.kernel.actor import Role
from xinshi.people.actions import (
    NewPerson,
    give_sign_in,
    issue_token,
    register_people,
    renew_password,
    revoke_role,
    set_user_active,
)
from xinshi.people.models import User
from xinshi.people.tests.conftest import PASSWORD, SYSTEM, Cast, browser

LOGIN = "/account/login/"
CHANGE = "/account/password/change/"
NEW_PASSWORD = "a kettle on the stove"


def sign_in(login: str, password: str = PASSWORD, *, client: Client | None = None) -> tuple[Client, HttpResponse]:
    client = client or browser()
    return client, client.post(LOGIN, {"login": login, "password": password})


def is_signed_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


@pytest.mark.parametrize("login", ["li", " li ", "19900000001"])
def test_signs_in_by_user_name_or_phone(cast: Cast, login: str) -> None:
    client, answer = sign_in(login)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/start/")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("li", "wrong password"),
        ("li", ""),
        ("LI", PASSWORD),
        ("nobody", PASSWORD),
        ("19900000099", PASSWORD),
        ("900000000000000001", PASSWORD),
        ("li\0", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_refuses_everything_else_with_the_same_words(cast: Cast, login: str, password: str) -> None:
    client, answer = sign_in(login, password)
    assert answer.status_code == 200
    assert not is_signed_in(client)


def test_the_answer_does_not_tell_whether_the_user_exists(cast: Cast) -> None:
    known, unknown = sign_in("li", "wrong")[1], sign_in("nobody", "wrong")[1]
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_a_phone_that_two_people_share_signs_nobody_in(cast: Cast) -> None:
    [twin] = register_people(actor=SYSTEM, people=[NewPerson(name="同住", phone="19900000001")])
    give_sign_in(actor=SYSTEM, person_id=twin)
    assert not is_signed_in(sign_in("19900000001")[0])
    assert is_signed_in(sign_in("li")[0])


def test_a_disabled_user_neither_signs_in_nor_stays_in(cast: Cast) -> None:
    client, _ = sign_in("li")
    set_user_active(actor=cast.administrator.actor, user_id=cast.li.user.pk, is_active=False)
    assert not is_signed_in(client)
    assert not is_signed_in(sign_in("li")[0])


def test_five_wrong_guesses_lock_the_name_even_for_the_right_password(cast: Cast) -> None:
    for _ in range(5):
        sign_in("li", "wrong")
    client, answer = sign_in("li")
    assert "Too many failed login attempts" in str(answer.context["form"].non_field_errors())
    assert not is_signed_in(client)
    assert is_signed_in(sign_in("wang")[0])


def test_the_lock_opens_after_five_minutes(cast: Cast, time_machine_clock: object) -> None:
    for _ in range(5):
        sign_in("li", "wrong")
    time_machine_clock.shift(301)
    assert is_signed_in(sign_in("li")[0])


def test_right_passwords_do_not_count_as_guesses(cast: Cast) -> None:
    for _ in range(12):
        assert is_signed_in(sign_in("li")[0])


def test_many_names_from_one_address_are_slowed_down_too(cast: Cast) -> None:
    for number in range(60):
        sign_in(f"guess{number}", "wrong")
    answer = sign_in("guess60", "wrong")[1]
    assert "Too many failed login attempts" in str(answer.context["form"].non_field_errors())


def test_a_one_time_password_opens_nothing_but_its_own_change(cast: Cast) -> None:
    given = renew_password(actor=cast.coordinator.actor, user_id=cast.li.user.pk)
    client, _ = sign_in("li", given.password)
    for path in ("/start/", "/people/me/", "/messages/", f"/people/{cast.li.person_id}/"):
        assert client.get(path).headers["Location"] == CHANGE
    assert client.post("/people/me/consent/", {"purpose": "publicity", "wanted": "give"}).headers["Location"] == CHANGE
    refused = client.get("/api/v1/people/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_is_temporary")
    assert client.get(CHANGE).status_code == 200
    assert client.post("/account/logout/").status_code == 302


def test_after_the_change_everything_opens_and_the_old_password_is_dead(cast: Cast) -> None:
    given = renew_password(actor=cast.coordinator.actor, user_id=cast.li.user.pk)
    client, _ = sign_in("li", given.password)
    fields = {"oldpassword": given.password, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(CHANGE, fields).status_code == 302
    assert is_signed_in(client)
    assert not User.objects.get(username="li").must_change_password
    assert is_signed_in(sign_in("li", NEW_PASSWORD)[0])
    assert not is_signed_in(sign_in("li", given.password)[0])


@pytest.mark.parametrize("weak", ["short", "password1234", "123456789012", "lili"])
def test_refuses_a_weak_password_of_ones_own(cast: Cast, weak: str) -> None:
    given = renew_password(actor=cast.coordinator.actor, user_id=cast.li.user.pk)
    client, _ = sign_in("li", given.password)
    answer = client.post(CHANGE, {"oldpassword": given.password, "password1": weak, "password2": weak})
    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert User.objects.get(username="li").must_change_password


def test_a_new_password_ends_the_old_sessions(cast: Cast) -> None:
    client, _ = sign_in("li")
    renew_password(actor=cast.coordinator.actor, user_id=cast.li.user.pk)
    assert not is_signed_in(client)


def test_signing_out_ends_the_session(cast: Cast) -> None:
    client, _ = sign_in("li")
    client.get("/account/logout/")
    assert is_signed_in(client)
    client.post("/account/logout/")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [("/people/me/", "/people/me/"), ("https://evil.example/", "/start/"), ("//evil.example/", "/start/")],
)
def test_after_signing_in_one_stays_on_this_site(cast: Cast, wanted: str, location: str) -> None:
    answer = browser().post(LOGIN, {"login": "li", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == location


def test_nobody_registers_a_bare_sign_in(cast: Cast) -> None:
    assert browser().get("/account/signup/").status_code == 404


def test_a_role_that_was_taken_is_gone_with_the_next_click(cast: Cast) -> None:
    client, _ = sign_in("coordinator")
    assert client.get("/people/").status_code == 200
    revoke_role(actor=cast.administrator.actor, user_id=cast.coordinator.user.pk, role=Role.COORDINATOR)
    assert client.get("/people/").status_code == 403


def test_a_token_speaks_for_its_user_until_it_is_revoked_or_they_are_disabled(cast: Cast) -> None:
    token = issue_token(actor=cast.li.actor, name="脚本")
    headers = {"Authorization": f"Bearer {token}"}
    assert browser().get("/api/v1/people/me", headers=headers).json()["user_name"] == "li"
    assert browser().get("/api/v1/people/me", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    assert browser().get("/people/me/", headers=headers).status_code == 302
    set_user_active(actor=cast.administrator.actor, user_id=cast.li.user.pk, is_active=False)
    assert browser().get("/api/v1/people/me", headers=headers).status_code == 401
