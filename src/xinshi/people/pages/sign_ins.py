"""Sign-ins and roles, for administrators."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import STAFF, PageRequest, attempt, page
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import NotFound
from xinshi.people import actions, queries
from xinshi.people.forms import StaffSignInForm
from xinshi.people.models import User
from xinshi.people.wording import ROLES

ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
PAGE_SIZE: Final = 30


def _roles_of(user: User) -> list[Role]:
    return sorted(Role(grant.role) for grant in user.role_grants.all())


@page(ADMINISTRATORS)
def users(request: PageRequest) -> HttpResponse:
    term = request.GET.get("q", "")[:64]
    shown = Paginator(queries.users(term=term), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [(one, [ROLES[role] for role in _roles_of(one)]) for one in shown]
    query = urlencode({"q": term}) if term else ""
    return render(request, "people/users.html", {"page": shown, "lines": lines, "term": term, "query": query})


@page(ADMINISTRATORS)
def user(request: PageRequest, user_id: int) -> HttpResponse:
    found = queries.user(user_id)
    held = _roles_of(found)
    context = {
        "shown": found,
        "roles": [(role, ROLES[role], role in held) for role in Role],
        "is_self": found.pk == request.actor.user_id,
    }
    return render(request, "people/user.html", context)


@never_cache
@page(ADMINISTRATORS, methods=("GET", "POST"))
def new_user(request: PageRequest) -> HttpResponse:
    form = StaffSignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        roles = frozenset(Role(role) for role in form.cleaned_data["roles"])
        given = attempt(form, lambda: actions.give_staff_sign_in(actor=request.actor, username=username, roles=roles))
        if given:
            return render(request, "people/one_time_password.html", {"given": given})
    return render(request, "people/new_user.html", {"form": form})


@page(ADMINISTRATORS, methods=("POST",))
def change_role(request: PageRequest, user_id: int) -> HttpResponse:
    try:
        role = Role(request.POST.get("role", ""))
    except ValueError:
        raise NotFound from None
    if request.POST.get("wanted") == "grant":
        actions.grant_role(actor=request.actor, user_id=user_id, role=role)
    else:
        actions.revoke_role(actor=request.actor, user_id=user_id, role=role)
    messages.success(request, gettext("Saved. It holds from the next click of this person."))
    return redirect("people:user", user_id)


@page(ADMINISTRATORS, methods=("POST",))
def change_state(request: PageRequest, user_id: int) -> HttpResponse:
    actions.set_user_active(actor=request.actor, user_id=user_id, is_active=request.POST.get("wanted") == "enable")
    messages.success(request, gettext("Saved. It holds from the next click of this person."))
    return redirect("people:user", user_id)


@never_cache
@page(STAFF, methods=("POST",))
def renew_password(request: PageRequest, user_id: int) -> HttpResponse:
    given = actions.renew_password(actor=request.actor, user_id=user_id)
    return render(request, "people/one_time_password.html", {"given": given})
