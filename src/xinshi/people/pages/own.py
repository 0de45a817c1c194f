"""One's own page: data, consents, language, tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.errors import NotFound
from xinshi.people import actions, queries
from xinshi.people.forms import ContactForm, TokenForm
from xinshi.people.pages.archive import facts
from xinshi.people.pages.consents import consent_lines
from xinshi.people.pages.texts import choose, text_lines
from xinshi.people.wording import ROLES


@page(SIGNED_IN)
def me(request: PageRequest) -> HttpResponse:
    return _show(request, token_form=TokenForm())


def _show(request: PageRequest, **more: object) -> HttpResponse:
    person_id = request.actor.person_id
    found = queries.person(request.actor, person_id) if person_id else None
    context = {
        "person": found,
        "facts": facts(found) if found else [],
        "consents": consent_lines(found.pk) if found else [],
        "texts": text_lines(found.pk) if found else [],
        "roles": [ROLES[role] for role in sorted(request.actor.roles)],
        "tokens": queries.tokens(request.actor),
        **more,
    }
    return render(request, "people/me.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def contact(request: PageRequest) -> HttpResponse:
    if request.actor.person_id is None:
        raise NotFound
    found = queries.person(request.actor, request.actor.person_id)
    if request.method != "POST":
        initial = {
            "phone": found.phone,
            "area": found.area,
            "skills": "、".join(found.skills),
            "service_categories": found.service_categories,
        }
        return render(request, "people/contact.html", {"form": ContactForm(initial=initial)})
    form = ContactForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        changed = attempt(
            form,
            lambda: actions.change_own_contact(
                actor=request.actor,
                phone=values["phone"],
                area=values["area"],
                skills=values["skills"],
                service_categories=tuple(values["service_categories"]),
            ),
        )
        if changed is not None:
            messages.success(request, gettext("Saved."))
            return redirect("people:me")
    return render(request, "people/contact.html", {"form": form})


@page(SIGNED_IN, methods=("POST",))
def change_consent(request: PageRequest) -> HttpResponse:
    person_id, purpose = request.actor.person_id, request.POST.get("purpose", "")
    if person_id is None:
        raise NotFound
    if request.POST.get("wanted") == "give":
        actions.give_consent(actor=request.actor, person_id=person_id, purpose=purpose)
    else:
        actions.withdraw_consent(actor=request.actor, person_id=person_id, purpose=purpose)
    return redirect("people:me")


@page(SIGNED_IN, methods=("POST",))
def choose_text(request: PageRequest) -> HttpResponse:
    if request.actor.person_id is None:
        raise NotFound
    choose(request, actor=request.actor, person_id=request.actor.person_id)
    messages.success(request, gettext("Saved."))
    return redirect(reverse("people:me") + "#my-texts")


@never_cache
@page(SIGNED_IN, methods=("POST",))
def issue_token(request: PageRequest) -> HttpResponse:
    """Shows the new token once, in the answer itself."""
    form = TokenForm(request.POST)
    token = None
    if form.is_valid():
        name = form.cleaned_data["name"]
        token = attempt(form, lambda: actions.issue_token(actor=request.actor, name=name))
    return _show(request, token_form=TokenForm() if token else form, new_token=token)


@page(SIGNED_IN, methods=("POST",))
def revoke_token(request: PageRequest, token_id: int) -> HttpResponse:
    actions.revoke_token(actor=request.actor, token_id=token_id)
    messages.success(request, gettext("The token no longer works."))
    return redirect("people:me")
