"""My organisations: who sees me, which one I count for, who asks me to join, leaving."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.organizations import teams
from xinshi.organizations.belonging import deciding, queries
from xinshi.organizations.belonging.forms import ConsentForm
from xinshi.organizations.wording import KINDS


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    own = queries.own_memberships(request.actor)
    context = {
        "memberships": [(one, KINDS[one.kind]) for one in own],
        "enrolments": [(one, KINDS[one.kind]) for one in queries.own_enrolments(request.actor)],
        "history": queries.primary_history(request.actor),
        "form": ConsentForm(),
        "keeps": any(one.is_leader for one in own),
    }
    return render(request, "organizations/mine.html", context)


@page(SIGNED_IN, methods=("POST",))
def consent(request: PageRequest, organization_id: int) -> HttpResponse:
    """Give the consent or take it back; it holds from this moment."""
    is_given = request.POST.get("given") == "yes"
    deciding.set_consent(actor=request.actor, organization_id=organization_id, is_given=is_given)
    said = (
        gettext("Its keepers may see you by name now.") if is_given else gettext("Its keepers see a masked name now.")
    )
    messages.success(request, said)
    return redirect("organizations:mine")


@page(SIGNED_IN, methods=("POST",))
def primary(request: PageRequest, organization_id: int) -> HttpResponse:
    """Count for this organisation from today."""
    person_id = request.actor.person_id or 0
    deciding.set_primary(actor=request.actor, person_id=person_id, organization_id=organization_id)
    messages.success(request, gettext("Saved."))
    return redirect("organizations:mine")


@page(SIGNED_IN, methods=("POST",))
def answer(request: PageRequest, enrolment_id: int) -> HttpResponse:
    accepts = request.POST.get("answer") == "yes"
    deciding.answer_enrolment(
        actor=request.actor, enrolment_id=enrolment_id, accepts=accepts, consents=request.POST.get("consents") == "on"
    )
    messages.success(request, gettext("You belong to it now. Welcome!") if accepts else gettext("You said no."))
    return redirect("organizations:mine")


@page(SIGNED_IN, methods=("POST",))
def join_open(request: PageRequest, organization_id: int) -> HttpResponse:
    """Join an organisation that is open to everybody."""
    teams.join_by_oneself(
        actor=request.actor, organization_id=organization_id, consents=request.POST.get("consents") == "on"
    )
    messages.success(request, gettext("You belong to it now. Welcome!"))
    return redirect("organizations:mine")
