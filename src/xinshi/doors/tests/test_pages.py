"""Pages: who gets in, how a refusal is shown, where one goes afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from xinshi.doors.links import object_url
from xinshi.doors.pages import PUBLIC, SIGNED_IN, STAFF, attempt, back, page, refusal_text
from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


def actor(*roles: Role) -> Actor:
    return Actor(reference="user:1", user_id=1, roles=frozenset(roles))


def asked(method: str = "GET", path: str = "/somewhere/", *, by: Actor = ANONYMOUS, **headers: str) -> HttpRequest:
    request = RequestFactory().generic(method, path, headers=headers)
    request.actor, request.session = by, {}
    request._messages = FallbackStorage(request)
    return request


class Full(DomainError):
    code = "full"
    message = "%(title)s is full."


@page(SIGNED_IN, methods=("GET", "POST"))
def signed_in_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@page(STAFF)
def staff_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def refusing(refusal: DomainError) -> Any:
    @page(PUBLIC, methods=("GET", "POST"))
    def view(request: HttpRequest) -> HttpResponse:
        raise refusal

    return view


def test_a_page_says_to_whom_it_is_open() -> None:
    assert signed_in_page.page_roles == frozenset(Role)
    assert staff_page.page_roles == {Role.COORDINATOR, Role.ADMINISTRATOR}


def test_who_is_not_signed_in_goes_to_the_sign_in_page_and_comes_back() -> None:
    answer = signed_in_page(asked(path="/somewhere/?a=1"))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/?next=/somewhere/%3Fa%3D1")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_may(role: Role) -> None:
    assert signed_in_page(asked(by=actor(role))).content == b"in"
    assert staff_page(asked(by=actor(role))).status_code == (200 if role in STAFF else 403)


def test_a_user_without_any_role_gets_in_nowhere() -> None:
    assert signed_in_page(asked(by=actor())).status_code == 403


def test_only_the_declared_methods_are_answered() -> None:
    assert staff_page(asked("POST", by=actor(Role.COORDINATOR))).status_code == 405
    assert staff_page(asked("HEAD", by=actor(Role.COORDINATOR))).status_code == 200
    assert signed_in_page(asked("DELETE", by=actor(Role.CLERK))).status_code == 405


@pytest.mark.parametrize(("refusal", "status"), [(NotFound(), 404), (NotAllowed(), 403), (Full(title="导医"), 409)])
def test_a_refusal_on_reading_is_a_page_with_the_reason(refusal: DomainError, status: int) -> None:
    with translation.override("en"):
        answer = refusing(refusal)(asked())
        assert answer.status_code == status
        assert refusal_text(refusal) in answer.content.decode()


def test_a_refusal_on_writing_goes_back_with_the_reason_said_at_the_top() -> None:
    request = asked("POST", referer="http://testserver/list/?page=2")
    answer = refusing(Full(title="导医"))(request)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/list/?page=2")
    assert [str(message) for message in get_messages(request)] == ["导医 is full."]


@pytest.mark.parametrize(("field", "said"), [("reason", "Say why."), ("Title", "Title: Say why.")])
def test_no_programmers_word_is_said_to_people(field: str, said: str) -> None:
    request = asked("POST", referer="http://testserver/list/")
    with translation.override("en"):
        refusing(Invalid(field=field, reason="Say why."))(request)
    assert [str(message) for message in get_messages(request)] == [said]


def test_what_one_may_not_write_is_no_message_but_a_page() -> None:
    assert refusing(NotFound())(asked("POST")).status_code == 404
    assert refusing(NotAllowed())(asked("POST")).status_code == 403


@pytest.mark.parametrize(
    ("referer", "location"),
    [
        ("", "/start/"),
        ("https://evil.example/x", "/start/"),
        ("//evil.example/x", "/start/"),
        ("javascript:alert(1)", "/start/"),
        ("http://testserver/a/?b=c#d", "/a/?b=c"),
    ],
)
def test_going_back_never_leaves_the_site(referer: str, location: str) -> None:
    assert back(asked(referer=referer)).headers["Location"] == location


class Form(forms.Form):
    name = forms.CharField()


@pytest.mark.parametrize(
    ("refusal", "field", "text"),
    [
        (Full(title="导医"), "__all__", "导医 is full."),
        (Invalid(field="name", reason="Too long."), "name", "Too long."),
        (Invalid(field="due_on", reason="Too long."), "__all__", "Too long."),
        (Invalid(field="Other", reason="Too long."), "__all__", "Other: Too long."),
    ],
)
def test_a_refusal_becomes_the_forms_own_error(refusal: DomainError, field: str, text: str) -> None:
    def refuse() -> None:
        raise refusal

    form = Form({"name": "x"})
    assert form.is_valid()
    with translation.override("en"):
        assert attempt(form, refuse) is None
    assert form.errors == {field: [text]}
    assert form.data["name"] == "x"


@pytest.mark.parametrize("refusal", [NotFound(), NotAllowed()])
def test_what_one_may_not_do_at_all_is_no_error_of_the_form(refusal: DomainError) -> None:
    def refuse() -> None:
        raise refusal

    with pytest.raises(type(refusal)):
        attempt(Form({"name": "x"}), refuse)


def test_a_refusal_speaks_the_readers_language() -> None:
    with translation.override("zh-hans"):
        assert refusal_text(NotFound()) == "内容不存在，或您无权查看。"
        assert refusal_text(Invalid(field="file", reason="Sign in first.")) == "file：请先登录。"
    with translation.override("en"):
        assert refusal_text(NotFound()) == "There is nothing here, or you may not see it."


@pytest.mark.parametrize(
    ("reference", "address"),
    [("person:7", "/people/7/"), ("person:x", ""), ("person:", ""), ("unknown:7", ""), ("", ""), ("person", "")],
)
def test_a_reference_leads_to_its_page_or_nowhere(reference: str, address: str) -> None:
    assert object_url(reference) == address


def test_every_answer_carries_the_headers_that_keep_the_site_safe() -> None:
    answer = Client().get("/account/login/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert len(answer.headers["X-Request-ID"]) == 32
