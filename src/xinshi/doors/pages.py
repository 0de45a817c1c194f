"""Pages: who may open one, and how a refusal is shown.

A page is `@page(roles)` around a function that parses, calls one action or query, and renders.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound

P = ParamSpec("P")

PUBLIC: Final = frozenset[Role]()
"""Open to anybody, signed in or not."""
SIGNED_IN: Final = frozenset(Role)
INTEGER_MAX: Final = 2**63 - 1
STAFF: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})


class PageRequest(HttpRequest):
    """A request to a page, with who acts."""

    actor: Actor


class View(Protocol):
    page_roles: frozenset[Role]
    page_methods: tuple[str, ...]

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def refusal_text(error: DomainError) -> str:
    """The refusal as a sentence in the reader's language: days as people read them, and message ids translated too."""
    parameters = {name: _in_words(value) for name, value in error.parameters.items()}
    text = gettext(error.message)
    return text % parameters if parameters else text


def sentence_of(error: DomainError) -> str:
    """The refusal as a page says it: without the name of the field where that is a programmer's word, such as `due_on`."""
    field = error.parameters.get("field", "")
    if isinstance(error, Invalid) and field.isidentifier() and field == field.lower():
        return gettext(str(error.parameters["reason"]))
    return refusal_text(error)


def _in_words(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{day_text(value)} {value.astimezone(clock.HOSPITAL_ZONE):%H:%M}"
    if isinstance(value, date):
        return day_text(value)
    return gettext(value) if isinstance(value, str) and value else value


def page(
    roles: frozenset[Role], *, methods: tuple[str, ...] = ("GET",)
) -> Callable[[Callable[Concatenate[PageRequest, P], HttpResponse]], View]:
    """Open the page to `roles` (PUBLIC: everybody) for `methods` (HEAD goes with GET); show refusals as people's pages.

    Nobody signed in → to the sign-in page. Signed in without the role → 403. A DomainError that the page lets through:
    404 and 403 as pages; on a POST any other refusal goes back to where the person came from, said at the top.
    """

    def decorate(function: Callable[Concatenate[PageRequest, P], HttpResponse]) -> View:
        @wraps(function)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            asked = cast("PageRequest", request)
            if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
                return HttpResponseNotAllowed(methods)
            if roles and asked.actor.user_id is None:
                return redirect_to_sign_in(request)
            try:
                if roles and not asked.actor.has(*roles):
                    raise NotAllowed
                if any(isinstance(value, int) and value > INTEGER_MAX for value in kwargs.values()):
                    raise NotFound  # No database holds such a number, and SQLite refuses to look for it.
                return function(asked, *args, **kwargs)
            except DomainError as refusal:
                return show_refusal(asked, refusal)

        view = cast("View", guarded)
        view.page_roles, view.page_methods = roles, methods
        return view

    return decorate


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse:
    from django.contrib.auth.views import redirect_to_login  # Needs the app registry.

    return redirect_to_login(request.get_full_path())


def show_refusal(request: PageRequest, refusal: DomainError) -> HttpResponse:
    """A refusal as a page (403, 404), as a message where the person came from (POST), or as a page with the reason."""
    text = sentence_of(refusal)
    if request.method == "POST" and not isinstance(refusal, NotFound | NotAllowed):
        messages.error(request, text)
        return back(request)
    return render(request, "web/refusal.html", {"text": text, "code": refusal.code}, status=refusal.status)


def back(request: HttpRequest, *, fallback: str = "web:start") -> HttpResponseRedirect:
    """To the page of this site that the person came from, else to `fallback`."""
    referer = request.META.get("HTTP_REFERER", "")
    if referer and url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        parts = urlsplit(referer)
        return HttpResponseRedirect(parts.path + (f"?{parts.query}" if parts.query else ""))
    return redirect(fallback)


def attempt(form: BaseForm, action: Callable[[], Any]) -> Any:
    """Call `action`; a refusal becomes the form's own error (nothing typed is lost) and None is returned."""
    try:
        return action()
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        field = refusal.parameters.get("field")
        if isinstance(refusal, Invalid) and field in form.fields:
            form.add_error(field, gettext(str(refusal.parameters["reason"])))
        else:
            form.add_error(field if field in form.fields else None, sentence_of(refusal))
        return None
