"""Inviting by link, joining, leaving, who keeps an organisation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.documents.qr import qr_svg, site_address
from xinshi.doors.pages import PUBLIC, SIGNED_IN, STAFF, PageRequest, attempt, page, redirect_to_sign_in
from xinshi.organizations import queries, teams
from xinshi.organizations.access import belongs, require_keeps
from xinshi.organizations.belonging.forms import ConsentForm
from xinshi.organizations.forms import InvitationForm


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def invite(request: PageRequest, organization_id: int) -> HttpResponse:
    """A link and its QR, shown once, for who keeps the organisation and the station."""
    found = queries.organization(request.actor, organization_id)
    require_keeps(request.actor, organization_id)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    path = ""
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        word = attempt(
            form,
            lambda: teams.invite(
                actor=request.actor, organization_id=organization_id, places=typed["places"], days=typed["days"]
            ),
        )
        if word is not None:
            path = reverse("organizations:invitation", args=[word])
    context = {
        "found": found,
        "form": form,
        "address": site_address(path) if path else "",
        "qr": qr_svg(path, label=gettext("Join %(name)s") % {"name": found.name}) if path else "",
        "invitations": queries.open_invitations(request.actor, organization_id),
    }
    return render(request, "organizations/invite.html", context)


@page(SIGNED_IN, methods=("POST",))
def end_invitation(request: PageRequest, organization_id: int, invitation_id: int) -> HttpResponse:
    teams.end_invitation(actor=request.actor, organization_id=organization_id, invitation_id=invitation_id)
    messages.success(request, gettext("This invitation lets nobody in any more."))
    return redirect("organizations:invite", organization_id)


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def invitation(request: PageRequest, word: str) -> HttpResponse:
    """What the link leads to: the name, and joining for whoever is signed in; who sees them there is for them to say."""
    found = queries.invited_to(word[:64])
    if request.method == "POST":
        if request.actor.user_id is None:
            return redirect_to_sign_in(request)
        consents = request.POST.get("consents") == "on"
        teams.join_by_invitation(actor=request.actor, word=word[:64], consents=consents)
        messages.success(request, gettext("You belong to it now. Welcome!"))
        return redirect("organizations:mine")
    is_member = found is not None and belongs(request.actor, found.id)
    context = {"found": found, "is_member": is_member, "form": ConsentForm()}
    return render(request, "organizations/invitation.html", context)


@page(SIGNED_IN, methods=("POST",))
def leave_team(request: PageRequest, organization_id: int) -> HttpResponse:
    """Leave by oneself."""
    teams.leave_by_oneself(actor=request.actor, organization_id=organization_id)
    messages.success(request, gettext("You have left. What you served while you belonged stays on record."))
    return redirect("organizations:mine")


@page(STAFF, methods=("POST",))
def set_leader(request: PageRequest, organization_id: int, person_id: int) -> HttpResponse:
    """Let a member lead the team, or no longer."""
    teams.set_leader(
        actor=request.actor,
        organization_id=organization_id,
        person_id=person_id,
        leads=request.POST.get("leads") == "yes",
    )
    messages.success(request, gettext("Saved."))
    return redirect("organizations:detail", organization_id)
