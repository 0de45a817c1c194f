"""The archive 志愿者档案, for those who keep or audit it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.kernel.actor import Role
from xinshi.people import actions, queries
from xinshi.people.access import is_archive_keeper
from xinshi.people.domain import masked_id, masked_phone
from xinshi.people.forms import ChangePersonForm, ReasonForm, SearchForm
from xinshi.people.models import Person
from xinshi.people.pages.consents import consent_lines
from xinshi.people.pages.texts import choose, text_lines
from xinshi.people.wording import GROUPS, SEXES, category_label, id_kind_label

PAGE_SIZE: Final = 30
ARCHIVE_READERS: Final = STAFF | {Role.AUDITOR}


@page(ARCHIVE_READERS)
def people(request: PageRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    term, group = form.cleaned_data.get("q", ""), form.cleaned_data.get("group", "")
    found = queries.search(request.actor, term=term, groups=[group] if group else [])
    shown = Paginator(found.order_by("-id"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": shown,
        "cards": [(queries.card_of(one), GROUPS[one.group]) for one in shown],
        "may_open": is_archive_keeper(request.actor),
        "query": _query(term, group),
    }
    return render(request, "people/list.html", context)


def _query(term: str, group: str) -> str:
    return urlencode({name: value for name, value in (("q", term), ("group", group)) if value})


@page(SIGNED_IN)
def person(request: PageRequest, person_id: int) -> HttpResponse:
    found = queries.person(request.actor, person_id)
    return _show(request, found)


def _show(request: PageRequest, found: Person, **more: object) -> HttpResponse:
    context = {
        "person": found,
        "facts": facts(found),
        "consents": consent_lines(found.pk),
        "texts": text_lines(found.pk),
        "sign_in": getattr(found, "user", None),
        "is_keeper": is_archive_keeper(request.actor),
        "may_see_passbook": request.actor.has(*ARCHIVE_READERS) or request.actor.person_id == found.pk,
        "may_see_archive": request.actor.has(*ARCHIVE_READERS),
        "is_administrator": request.actor.has(Role.ADMINISTRATOR),
        "reason_form": ReasonForm(),
        **more,
    }
    return render(request, "people/person.html", context)


def facts(found: Person) -> list[tuple[str, str]]:
    """The basic data of order 67 (民政部令67) as pairs of words, numbers masked."""
    return [
        (gettext("Sex"), str(SEXES[found.sex])),
        (gettext("Date of birth"), found.birth_date.isoformat() if found.birth_date else "—"),
        (gettext("Kind of document"), id_kind_label(found.id_kind) or "—"),
        (gettext("Document number"), masked_id(found.id_number) or "—"),
        (gettext("Volunteer number"), found.volunteer_number or "—"),
        (gettext("Mobile phone"), masked_phone(found.phone) or "—"),
        (gettext("Area of residence"), found.area or "—"),
        (gettext("Kind of person"), str(GROUPS[found.group])),
        (gettext("Skills"), "、".join(found.skills) or "—"),
        (gettext("Kinds of service"), "、".join(category_label(code) for code in found.service_categories) or "—"),
    ]


@page(STAFF, methods=("GET", "POST"))
def edit(request: PageRequest, person_id: int) -> HttpResponse:
    found = queries.person(request.actor, person_id)
    form = ChangePersonForm(request.POST if request.method == "POST" else None, person=found)
    if request.method == "POST" and form.is_valid():
        data = form.new_person()
        changed = attempt(form, lambda: actions.change_person(actor=request.actor, person_id=person_id, data=data))
        if changed is not None:
            messages.success(request, gettext("Saved."))
            return redirect("people:person", person_id)
    return render(request, "people/edit.html", {"form": form, "person": found})


@never_cache
@page(STAFF, methods=("POST",))
def reveal(request: PageRequest, person_id: int) -> HttpResponse:
    """Shows whole numbers once, in the answer to the request that said why."""
    found = queries.person(request.actor, person_id)
    revealed = actions.reveal(actor=request.actor, person_id=person_id, reason=request.POST.get("reason", ""))
    return _show(request, found, revealed=revealed)


@never_cache
@page(STAFF, methods=("POST",))
def give_sign_in(request: PageRequest, person_id: int) -> HttpResponse:
    given = actions.give_sign_in(actor=request.actor, person_id=person_id)
    return render(request, "people/one_time_password.html", {"given": given, "person_id": person_id})


@page(STAFF, methods=("POST",))
def change_consent(request: PageRequest, person_id: int) -> HttpResponse:
    """A consent given or withdrawn on paper at the station."""
    queries.person(request.actor, person_id)
    purpose = request.POST.get("purpose", "")
    if request.POST.get("wanted") == "give":
        actions.give_consent(actor=request.actor, person_id=person_id, purpose=purpose, through="station")
    else:
        actions.withdraw_consent(actor=request.actor, person_id=person_id, purpose=purpose)
    return redirect("people:person", person_id)


@page(STAFF, methods=("POST",))
def choose_text(request: PageRequest, person_id: int) -> HttpResponse:
    """For whoever has no sign-in, as they say it at the station or on the phone."""
    queries.person(request.actor, person_id)
    choose(request, actor=request.actor, person_id=person_id)
    messages.success(request, gettext("Saved."))
    return redirect(reverse("people:person", args=[person_id]) + "#texts")
