"""The live board on desk, phone and wall; calls for empty posts; waves and quotas; the final report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.campaigns import access, actions
from xinshi.campaigns.access import BOARD, MANAGERS
from xinshi.campaigns.domain import days_between
from xinshi.campaigns.forms.planning import CallForm
from xinshi.campaigns.forms.waves import WaveForm
from xinshi.campaigns.models import Call
from xinshi.campaigns.printing import XLSX, report_sheet
from xinshi.campaigns.queries import board as boards
from xinshi.campaigns.queries import planning
from xinshi.campaigns.queries.report import report as report_of
from xinshi.campaigns.queries.waves import campaign_waves, partner_waves
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound

NOTHING_NEW = 204
"""htmx leaves the page as it is and asks again."""


def _board(request: PageRequest, campaign_id: int) -> dict[str, Any]:
    campaign, found = boards.board(request.actor, campaign_id, day=clock.day_from_text(request.GET.get("day", "")))
    return {"campaign": campaign, "board": found, "may_manage": access.is_manager(request.actor)}


@never_cache
@page(BOARD)
def board(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Posts filled and missing by site and hour of a day; renews itself every few seconds."""
    context = _board(request, campaign_id)
    campaign = context["campaign"]
    return render(
        request, "campaigns/board.html", context | {"days": days_between(campaign.starts_on, campaign.ends_on)}
    )


@never_cache
@page(BOARD)
def board_part(request: PageRequest, campaign_id: int) -> HttpResponse:
    """The board's own part anew; nothing where nothing changed since `seen`."""
    context = _board(request, campaign_id)
    if request.GET.get("seen") == context["board"].version:
        return HttpResponse(status=NOTHING_NEW)
    is_wall = request.GET.get("wall") == "1"
    return render(request, "campaigns/_board.html", context | {"is_wall": is_wall})


@never_cache
@page(BOARD)
def wall(request: PageRequest, campaign_id: int) -> HttpResponse:
    """The same for a screen on a wall: no menu, no names, readable from five metres."""
    return render(request, "campaigns/wall.html", _board(request, campaign_id) | {"is_wall": True})


@page(MANAGERS, methods=("GET", "POST"))
def calls(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Empty posts of a day to tick and call for, and the calls that were made."""
    days = planning.days_with_empty_posts(request.actor, campaign_id)
    wanted = clock.day_from_text(request.GET.get("day", ""))
    day = wanted if wanted in days else next(iter(days), None)
    posts = planning.empty_posts(request.actor, campaign_id, day=day) if day else []
    ticked = [int(pk) for pk in request.POST.getlist("post") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    form = CallForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not ticked:
        form.add_error(None, gettext("Tick at least one empty post."))
    elif request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form, lambda: actions.call(actor=request.actor, campaign_id=campaign_id, post_ids=ticked, **typed)
        )
        if made is not None:
            number = Call.objects.get(pk=made).called.count()
            messages.success(request, gettext("People written to: %(number)s") % {"number": number})
            return redirect("campaigns:calls", campaign_id)
    context = {
        "campaign": access.managed(request.actor, campaign_id),
        "posts": posts,
        "form": form,
        "ticked": ticked or [post.pk for post in posts if request.GET.get("site") == str(post.site_id)],
        "lines": planning.calls(request.actor, campaign_id),
        "days": days,
        "day": day,
    }
    return render(request, "campaigns/calls.html", context)


@page(MANAGERS, methods=("POST",))
def stop_call(request: PageRequest, call_id: int) -> HttpResponse:
    campaign_id = Call.objects.filter(pk=call_id).values_list("campaign_id", flat=True).first()
    if campaign_id is None:
        raise NotFound
    actions.stop_call(actor=request.actor, call_id=call_id)
    messages.success(request, gettext("Nobody is written to any more."))
    return redirect("campaigns:calls", campaign_id)


@page(BOARD)
def report(request: PageRequest, campaign_id: int) -> HttpResponse:
    """What came of it."""
    found = report_of(request.actor, campaign_id)
    return render(request, "campaigns/report.html", {"found": found, "campaign": found.campaign})


@page(BOARD)
def report_file(request: PageRequest, campaign_id: int) -> HttpResponse:
    """The same as a spreadsheet."""
    found = report_of(request.actor, campaign_id)
    response = HttpResponse(report_sheet(found), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="campaign-{found.campaign.code}.xlsx"'
    return response


@page(MANAGERS, methods=("GET", "POST"))
def waves(request: PageRequest, campaign_id: int) -> HttpResponse:
    """From when the campaign is open to whom, with partners' quotas and links."""
    campaign = access.managed(request.actor, campaign_id)
    form = WaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.set_wave(actor=request.actor, campaign_id=campaign_id, wave=form.wave()))
        if made is not None:
            messages.success(request, gettext("Saved."))
            return redirect("campaigns:waves", campaign_id)
    context = {"campaign": campaign, "form": form, "lines": campaign_waves(request.actor, campaign_id)}
    return render(request, "campaigns/waves.html", context)


@page(MANAGERS, methods=("POST",))
def end_wave(request: PageRequest, wave_id: int) -> HttpResponse:
    campaign_id = actions.end_wave(actor=request.actor, wave_id=wave_id)
    messages.success(request, gettext("Nobody comes in by it any more."))
    return redirect("campaigns:waves", campaign_id)


@page(SIGNED_IN)
def partners(request: PageRequest) -> HttpResponse:
    """The quotas of the organisations that one keeps: how many joined, how many places are left, the link to send."""
    return render(request, "campaigns/partners.html", {"lines": partner_waves(request.actor)})
