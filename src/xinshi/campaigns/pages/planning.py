"""The desk of a campaign's managers: planning, sites, the matrix, publishing, the station's counter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from xinshi.campaigns import access, actions
from xinshi.campaigns.access import BOARD, MANAGERS
from xinshi.campaigns.forms.path import StationForm
from xinshi.campaigns.forms.planning import (
    CampaignForm,
    CloseSiteForm,
    FillForm,
    SiteForm,
    SitesForm,
    campaign_initial,
    cell_name,
    typed_needs,
)
from xinshi.campaigns.models import Campaign, CampaignSite
from xinshi.campaigns.pages.path import shown_address
from xinshi.campaigns.queries import planning as queries
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel.errors import NotFound


@page(BOARD)
def campaigns(request: PageRequest) -> HttpResponse:
    """All campaigns that one may see."""
    context = {"lines": queries.campaign_lines(request.actor), "may_manage": access.is_manager(request.actor)}
    return render(request, "campaigns/list.html", context)


@page(BOARD)
def campaign(request: PageRequest, campaign_id: int) -> HttpResponse:
    """One campaign: figures, sites, the public address."""
    found = queries.campaign_detail(request.actor, campaign_id)
    is_public = found.campaign.state != Campaign.State.DRAFT
    context = {
        "found": found,
        "campaign": found.campaign,
        "shown": shown_address(found.campaign) if is_public else None,
        "led": set(access.sites_led_by(request.actor).filter(campaign=found.campaign).values_list("pk", flat=True)),
    }
    return render(request, "campaigns/campaign.html", context)


@page(MANAGERS, methods=("GET", "POST"))
def create(request: PageRequest) -> HttpResponse:
    form = CampaignForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.create_campaign(actor=request.actor, campaign=form.campaign()))
        if made is not None:
            messages.success(request, gettext("Now add the sites."))
            return redirect("campaigns:campaign", made)
    return render(request, "campaigns/form.html", {"form": form, "campaign": None})


@page(MANAGERS, methods=("GET", "POST"))
def edit(request: PageRequest, campaign_id: int) -> HttpResponse:
    row = access.managed(request.actor, campaign_id)
    initial = campaign_initial(row, list(row.roles.order_by("pk")), list(row.windows.order_by("starts", "ends")))
    form = CampaignForm(request.POST if request.method == "POST" else None, current=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: actions.change_campaign(actor=request.actor, campaign_id=row.pk, campaign=form.campaign()),
        )
        if changed is not None:
            messages.success(request, gettext("Saved."))
            return redirect("campaigns:campaign", row.pk)
    return render(request, "campaigns/form.html", {"form": form, "campaign": row})


@page(MANAGERS, methods=("GET", "POST"))
def add_site(request: PageRequest, campaign_id: int) -> HttpResponse:
    """One site, or many from a list."""
    row = access.managed(request.actor, campaign_id)
    is_list = request.method == "POST" and "lines" in request.POST
    form = SiteForm(request.POST if request.method == "POST" and not is_list else None)
    many = SitesForm(request.POST if is_list else None, auto_id="many_%s")
    if form.is_bound and form.is_valid():
        made = attempt(form, lambda: actions.add_site(actor=request.actor, campaign_id=row.pk, site=form.site()))
        if made is not None:
            messages.success(request, gettext("Saved."))
            return redirect("campaigns:campaign", row.pk)
    if many.is_bound and many.is_valid():
        added = attempt(many, lambda: actions.add_sites(actor=request.actor, campaign_id=row.pk, sites=many.sites()))
        if added is not None:
            messages.success(request, gettext("Sites added: %(number)s") % {"number": len(added)})
            return redirect("campaigns:campaign", row.pk)
    context = {"campaign": row, "form": form, "many": many, "site": None}
    return render(request, "campaigns/site_form.html", context)


def _site(request: PageRequest, campaign_site_id: int) -> CampaignSite:
    access.require_manager(request.actor)
    found = CampaignSite.objects.select_related("campaign", "leader").filter(pk=campaign_site_id).first()
    if found is None:
        raise NotFound
    return found


@page(MANAGERS, methods=("GET", "POST"))
def edit_site(request: PageRequest, campaign_site_id: int) -> HttpResponse:
    row = _site(request, campaign_site_id)
    names = ("name", "place", "contact", "contact_phone", "latitude", "longitude")
    initial: dict[str, Any] = {name: getattr(row, name) for name in names} | {"leader": row.leader_id}
    form = SiteForm(request.POST if request.method == "POST" else None, current=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: actions.change_site(actor=request.actor, site_id=row.pk, site=form.site()))
        if changed is not None:
            messages.success(request, gettext("Saved."))
            return redirect("campaigns:campaign", row.campaign_id)
    return render(request, "campaigns/site_form.html", {"campaign": row.campaign, "form": form, "site": row})


@page(MANAGERS, methods=("GET", "POST"))
def close_site(request: PageRequest, campaign_site_id: int) -> HttpResponse:
    row = _site(request, campaign_site_id)
    form = CloseSiteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        told = attempt(form, lambda: actions.close_site(actor=request.actor, site_id=row.pk, reason=reason))
        if told is not None:
            text = gettext("The site is closed. People told, with the other sites on offer: %(number)s")
            messages.success(request, text % {"number": told})
            return redirect("campaigns:campaign", row.campaign_id)
    return render(request, "campaigns/close_site.html", {"campaign": row.campaign, "site": row, "form": form})


@page(MANAGERS, methods=("GET", "POST"))
def matrix(request: PageRequest, campaign_site_id: int) -> HttpResponse:
    """The posts of one site, to be typed cell by cell; what is published already follows at once."""
    found = queries.matrix(request.actor, campaign_site_id)
    wrong: dict[str, str] = {}
    refused = ""
    if request.method == "POST":
        needs, wrong = typed_needs(found, request.POST)
        if not wrong:
            done = actions.set_posts(actor=request.actor, campaign_id=found.campaign.pk, needs=needs)
            changed = done.added + done.changed + done.removed
            text = ngettext("%(number)s post changed.", "%(number)s posts changed.", changed)
            messages.success(request, text % {"number": changed})
            return redirect("campaigns:matrix", campaign_site_id)
        refused = gettext("Nothing was saved: look at the cells that are marked.")
    typed = request.POST if wrong else None
    context = {
        "found": found,
        "campaign": found.campaign,
        "refused": refused,
        "wrong": [
            (row.window, row.role, day, wrong[name])
            for row in found.rows
            for day, _post in row.posts
            if (name := cell_name(row.window.pk, row.role.pk, day)) in wrong
        ],
        "typed": typed,
        "sites": queries.open_sites(found.campaign),
    }
    return render(request, "campaigns/matrix.html", context)


@page(MANAGERS, methods=("GET", "POST"))
def fill(request: PageRequest, campaign_id: int) -> HttpResponse:
    """The same need for many sites, days and windows at once."""
    row = access.managed(request.actor, campaign_id)
    sites = queries.open_sites(row)
    form = FillForm(request.POST if request.method == "POST" else None, campaign=row, sites=sites)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.set_posts(actor=request.actor, campaign_id=row.pk, needs=form.needs()))
        if done is not None:
            text = gettext("Posts added: %(added)s, changed: %(changed)s, removed: %(removed)s")
            messages.success(request, text % {"added": done.added, "changed": done.changed, "removed": done.removed})
            return redirect("campaigns:campaign", row.pk)
    return render(request, "campaigns/fill.html", {"campaign": row, "form": form, "sites": sites})


@page(MANAGERS, methods=("POST",))
def publish(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Make the posts into shifts and open them for sign-up."""
    made = actions.publish_posts(actor=request.actor, campaign_id=campaign_id)
    text = gettext("Published: %(posts)s posts with %(places)s places in %(activities)s activities.")
    messages.success(request, text % {"posts": made.posts, "places": made.places, "activities": made.activities})
    return redirect("campaigns:campaign", campaign_id)


@page(MANAGERS, methods=("POST",))
def close(request: PageRequest, campaign_id: int) -> HttpResponse:
    actions.close_campaign(actor=request.actor, campaign_id=campaign_id)
    messages.success(request, gettext("The campaign is over. Thank everybody."))
    return redirect("campaigns:report", campaign_id)


@page(MANAGERS, methods=("GET", "POST"))
def station(request: PageRequest, campaign_id: int) -> HttpResponse:
    """At the counter: somebody without a phone joins, pledges on paper and gets a place."""
    row = access.managed(request.actor, campaign_id)
    posts = queries.empty_posts(request.actor, campaign_id)
    shifts = [(post.shift_id, _post_words(post)) for post in posts if post.shift_id is not None]
    form = StationForm(request.POST if request.method == "POST" else None, shifts=shifts)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.enter_at_station(
                actor=request.actor,
                campaign_id=row.pk,
                person=form.person(),
                was_taught=typed["was_taught"],
                shift_id=typed["shift"],
            ),
        )
        if done is not None:
            link = reverse("people:person", args=[done.person_id])
            messages.success(request, gettext("%(name)s is written down.") % {"name": typed["name"]})
            return redirect(f"{reverse('campaigns:station', args=[row.pk])}?done={link.rstrip('/').rsplit('/', 1)[-1]}")
    return render(request, "campaigns/station.html", {"campaign": row, "form": form})


def _post_words(post: Any) -> str:
    return f"{post.day:%m-%d} {post.window.starts:%H:%M}–{post.window.ends:%H:%M} · {post.site.name} · {post.role.name}"
