"""Pages of sites."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.access import LEADERS
from xinshi.activities.queries import led_activity
from xinshi.attendance.codes.queries import asked_place
from xinshi.attendance.sites import actions
from xinshi.attendance.sites.forms import ActivitySiteForm, SiteForm
from xinshi.attendance.sites.models import Site
from xinshi.doors.pages import STAFF, PageRequest, attempt, page
from xinshi.kernel.errors import NotFound

SITES_MAX = 300


@page(STAFF, methods=("GET", "POST"))
def sites(request: PageRequest) -> HttpResponse:
    """Every site, and a new one."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.save_site(actor=request.actor, site=form.site()))
        if done is not None:
            messages.success(request, gettext("The site is on the map."))
            return redirect("attendance:sites")
    context = {"form": form, "sites": Site.objects.order_by("name", "pk")[:SITES_MAX]}
    return render(request, "attendance/sites/sites.html", context)


@page(STAFF, methods=("GET", "POST"))
def site(request: PageRequest, site_id: int) -> HttpResponse:
    """Change a site."""
    known = Site.objects.filter(pk=site_id).first()
    if known is None:
        raise NotFound
    form = SiteForm(request.POST) if request.method == "POST" else SiteForm.showing(known)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: actions.save_site(actor=request.actor, site=form.site(), site_id=site_id))
        if done is not None:
            messages.success(request, gettext("The site was changed."))
            return redirect("attendance:sites")
    return render(request, "attendance/sites/site.html", {"form": form, "site": known})


@page(LEADERS, methods=("GET", "POST"))
def activity_site(request: PageRequest, activity_id: int) -> HttpResponse:
    """Where an activity is held, and whether check-ins by phone ask for it."""
    activity = led_activity(request.actor, activity_id)
    known = asked_place(activity_id)
    initial = {"site": known.site_id, "is_demanded": known.is_demanded} if known else {}
    form = ActivitySiteForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["site"]
        actions.put_activity_at(
            actor=request.actor,
            activity_id=activity_id,
            site_id=chosen.pk if chosen else None,
            is_demanded=form.cleaned_data["is_demanded"],
        )
        messages.success(request, gettext("Noted. It holds for check-ins from now on."))
        return redirect("activities:detail", activity_id)
    return render(request, "attendance/sites/activity_site.html", {"form": form, "activity": activity})
