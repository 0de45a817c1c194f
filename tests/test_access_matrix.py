"""Nothing is visible or doable without the right: address × method × role over the whole URL configuration."""

from __future__ import annotations

from itertools import product

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.site_map import Address, addresses
from xinshi.kernel.actor import Role

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_LIBRARIES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
    }
)
"""Pages of allauth: signing in and out is for everybody; the rest sends whoever is not signed in to the sign-in page."""
OF_PARTNERS = frozenset({"interbank:messages", "interbank:state", "interbank:missing", "interbank:entries"})
"""Called by other banks' programs: no session, so no token against forged forms; every body is signed instead."""
PAGES = [a for a in addresses() if not a.name.startswith("api:") and a.name not in OF_LIBRARIES]
OF_THE_SCHEMA = ("api:openapi-json", "api:openapi-view", "api:api-root")
OF_THE_API = [a for a in addresses() if a.name.startswith("api:")]
OPERATIONS = [a for a in OF_THE_API if a.name not in OF_THE_SCHEMA]


def test_every_page_says_to_whom_it_is_open() -> None:
    undeclared = [f"{a.path} ({a.name})" for a in PAGES if not hasattr(a.view, "page_roles")]
    assert undeclared == []
    assert len(PAGES) > 40


@pytest.mark.any_database
@pytest.mark.parametrize("address", PAGES, ids=str)
def test_a_page_opens_only_to_its_roles_and_methods(db: None, standing_cast: Cast, address: Address) -> None:
    roles, methods = address.view.page_roles, address.view.page_methods
    for role in (None, *Role):
        client = standing_cast.client(role)
        for method in METHODS:
            response = client.generic(method, address.path)
            if method not in methods:
                assert response.status_code == 405, (role, method)
            elif not roles:
                assert response.status_code not in (401, 403, 500), (role, method)
            elif role is None:
                assert response.status_code == 302, (role, method)
                assert response.headers["Location"].startswith("/account/login/"), (role, method)
            elif role not in roles:
                assert response.status_code == 403, (role, method)
            else:
                assert response.status_code < 500, (role, method)


@pytest.mark.any_database
@pytest.mark.parametrize("address", PAGES, ids=str)
def test_a_page_that_changes_something_wants_the_csrf_token(db: None, standing_cast: Cast, address: Address) -> None:
    if "POST" not in address.view.page_methods or address.name in OF_PARTNERS:
        return
    for role in (None, *Role):
        client = standing_cast.client(role)
        client.handler.enforce_csrf_checks = True
        assert client.post(address.path).status_code == 403, role


HUGE = str(2**70)
WITH_NUMBERS = [address for address in addresses() if "/1/" in address.path or address.path.endswith("/1")]


@pytest.mark.parametrize("address", WITH_NUMBERS, ids=str)
def test_a_number_that_no_database_holds_is_just_not_there(db: None, standing_cast: Cast, address: Address) -> None:
    path = address.path.replace("/1/", f"/{HUGE}/")
    for role in Role:
        client = standing_cast.client(role)
        for method in ("GET", "POST"):
            assert client.generic(method, path).status_code < 500, (role, method)


@pytest.mark.any_database
@pytest.mark.parametrize("name", sorted(OF_LIBRARIES - {"account_login", "account_logout", "account_inactive"}))
def test_ones_own_account_wants_somebody_signed_in(db: None, standing_cast: Cast, name: str) -> None:
    from django.urls import reverse

    response = standing_cast.client(None).get(reverse(name))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")


CALLERS: tuple[dict[str, str], ...] = ({}, {"Authorization": "Bearer xst_unknown"}, {"Authorization": "Basic bm9ib2R5"})
"""Nobody; a token that was never given out; another way of signing in."""


@pytest.mark.any_database
@pytest.mark.parametrize("address", OPERATIONS, ids=str)
def test_the_api_answers_nobody_who_is_not_signed_in(db: None, address: Address) -> None:
    client = Client(enforce_csrf_checks=True)
    for caller, method in product(CALLERS, METHODS):
        response = client.generic(method, address.path, "{}", content_type="application/json", headers=caller)
        assert response.status_code in (401, 405), (caller, method)
        assert response.headers["Content-Type"] == "application/problem+json", (caller, method)
        assert response.json()["code"] == ("not_signed_in" if response.status_code == 401 else "method_not_allowed")


@pytest.mark.any_database
def test_the_api_takes_no_forged_write_from_a_browser(db: None, standing_cast: Cast) -> None:
    client = standing_cast.client(Role.COORDINATOR)
    client.handler.enforce_csrf_checks = True
    refused = set()
    for address, method in product(OPERATIONS, ("POST", "PUT", "PATCH", "DELETE")):
        response = client.generic(method, address.path, "{}", content_type="application/json")
        assert response.headers["Content-Type"] == "application/problem+json", (address, method)
        assert response.json()["code"] in ("page_token_missing", "method_not_allowed"), (address, method)
        if response.json()["code"] == "page_token_missing":
            refused.add((address.name, method))
    assert len(refused) > 150


@pytest.mark.any_database
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "请"), ("en", "Sign in first.")])
def test_the_api_refuses_in_the_callers_language(db: None, language: str, words: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": language})
    refused = client.post("/api/v1/activities/programmes", {}, content_type="application/json")
    assert (refused.status_code, words in refused.json()["detail"]) == (401, True)


@pytest.mark.parametrize("address", OF_THE_API, ids=str)
def test_the_api_never_breaks_whoever_asks(db: None, standing_cast: Cast, address: Address) -> None:
    for role in Role:
        client = standing_cast.client(role)
        for method in METHODS:
            response = client.generic(method, address.path, "{}", content_type="application/json")
            assert response.status_code < 500, (role, method)
