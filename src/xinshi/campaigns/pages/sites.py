"""A site's leader on a phone: sheets of the day, who comes, notes for the next shift."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.activities.access import LEADERS
from xinshi.audit.actions import record
from xinshi.campaigns import actions
from xinshi.campaigns.access import led_site
from xinshi.campaigns.domain import days_between
from xinshi.campaigns.forms.path import NoteForm
from xinshi.campaigns.forms.waves import CountForm, count_initial
from xinshi.campaigns.printing import PDF, sheet_pdf
from xinshi.campaigns.queries import sheets as queries
from xinshi.campaigns.queries.outcomes import day_outcomes
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound


def _day(text: str) -> date:
    found = clock.day_from_text(text)
    if found is None:
        raise NotFound
    return found


@page(LEADERS)
def site(request: PageRequest, campaign_site_id: int) -> HttpResponse:
    """The windows of a day at a site."""
    day = clock.day_from_text(request.GET.get("day", ""))
    row, chosen, links = queries.sheets_of(request.actor, campaign_site_id, day)
    context = {
        "site": row,
        "campaign": row.campaign,
        "day": chosen,
        "links": links,
        "days": days_between(row.campaign.starts_on, row.campaign.ends_on),
        "notes": queries.notes_of(row),
    }
    return render(request, "campaigns/site.html", context)


@never_cache
@page(LEADERS, methods=("GET", "POST"))
def count(request: PageRequest, campaign_site_id: int, campaign_day: str) -> HttpResponse:
    """Doses, tests and people of the day so far, typed on a phone."""
    day = _day(campaign_day)
    row = led_site(request.actor, campaign_site_id)
    form = CountForm(request.POST if request.method == "POST" else None, initial=count_initial(day_outcomes(row, day)))
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.count_outcomes(
                actor=request.actor, site_id=campaign_site_id, day=day, amounts=form.amounts()
            ),
        )
        if done is not None:
            messages.success(request, gettext("Counted. It stands on the board."))
            return redirect("campaigns:count", campaign_site_id, campaign_day)
    context = {"site": row, "campaign": row.campaign, "day": day, "form": form}
    return render(request, "campaigns/count.html", context)


@never_cache
@page(LEADERS, methods=("GET", "POST"))
def sheet(request: PageRequest, campaign_site_id: int, campaign_day: str, window_id: int) -> HttpResponse:
    """The hand-over sheet; POST writes a note to the next shift. `?phones=1` shows whole numbers, which is audited."""
    found = queries.sheet(
        request.actor, campaign_site_id, _day(campaign_day), window_id, with_phones=_wants_phones(request)
    )
    _audit_phones(request, found)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form,
            lambda: actions.write_note(
                actor=request.actor, site_id=campaign_site_id, day=found.day, window_id=window_id, **typed
            ),
        )
        if made is not None:
            messages.success(request, gettext("The next shift will read it."))
            return redirect("campaigns:sheet", campaign_site_id, campaign_day, window_id)
    context = {"found": found, "site": found.site, "campaign": found.site.campaign, "form": form}
    return render(request, "campaigns/sheet.html", context)


@never_cache
@page(LEADERS)
def sheet_file(request: PageRequest, campaign_site_id: int, campaign_day: str, window_id: int) -> HttpResponse:
    """The same on paper."""
    found = queries.sheet(
        request.actor, campaign_site_id, _day(campaign_day), window_id, with_phones=_wants_phones(request)
    )
    _audit_phones(request, found)
    response = HttpResponse(sheet_pdf(found), content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="sheet-{campaign_site_id}-{campaign_day}-{window_id}.pdf"'
    return response


def _wants_phones(request: PageRequest) -> bool:
    return request.GET.get("phones") == "1"


@transaction.atomic
def _audit_phones(request: PageRequest, found: queries.Sheet) -> None:
    """Whoever looks at whole numbers leaves a line."""
    if found.shows_phones:
        record(
            actor=request.actor,
            action="campaigns.show_phones",
            object_ref=f"campaign-site:{found.site.pk}",
            day=found.day.isoformat(),
            window=found.window.pk,
        )
