"""The short path: one public page per campaign, and what a newcomer does on a phone in five minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.campaigns import actions, lessons
from xinshi.campaigns.access import public_campaign
from xinshi.campaigns.actions.joining import Joined
from xinshi.campaigns.domain import Step, StepMissing
from xinshi.campaigns.forms.path import PledgeForm, StartForm, WhoForm
from xinshi.campaigns.models import Campaign
from xinshi.campaigns.printing import PDF, poster_pdf
from xinshi.campaigns.queries import path as queries
from xinshi.campaigns.queries.waves import wave_for_person, wave_of_word
from xinshi.documents.qr import qr_svg, site_address
from xinshi.doors.pages import PUBLIC, PageRequest, attempt, page, refusal_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotAllowed
from xinshi.messages.gateways import is_ready
from xinshi.people.models import User

SIGN_IN_BACKEND: Final = "xinshi.people.authentication.UserNameOrPhoneBackend"
BEGUN: Final = "campaign_path"
"""Where the session keeps the number of the code that was sent and the birthday: no phone, no name."""
FROM: Final = "campaign_from"
"""Where the session keeps the word of the partner's link."""
NEXT: Final = {
    Step.JOIN: "campaigns:path",
    Step.STATION: "campaigns:path",
    Step.PLEDGE: "campaigns:path_pledge",
    Step.LESSON: "campaigns:path_lesson",
    Step.SHIFT: "campaigns:path_shifts",
    Step.DONE: "campaigns:path_done",
}


def _go_on(request: PageRequest, campaign: Campaign) -> HttpResponse:
    """To the page of the next step."""
    return redirect(NEXT[queries.path(request.actor, campaign).step], campaign.code)


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def start(request: PageRequest, campaign_code: str) -> HttpResponse:
    """What the campaign is, how far one is; POST joins with the account one is signed in with."""
    campaign = public_campaign(campaign_code)
    _keep_partner(request, campaign)
    if request.method == "POST" and request.actor.person_id is not None:
        actions.join(actor=request.actor, campaign=campaign, organization_id=_partner(request, campaign))
        return _go_on(request, campaign)
    found = queries.path(request.actor, campaign)
    begun = _begun(request, campaign) is not None
    context = {"campaign": campaign, "shown": _shown(request.actor, found, has_begun=begun)}
    return render(request, "campaigns/path/start.html", context)


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a campaign's public page says: the same for everybody who is as far."""

    code: str
    name: str
    purpose: str
    starts_on: date
    ends_on: date
    age_min: int
    is_insured: bool
    bring: str
    risks: str
    lesson_code: str
    is_open: bool
    step: Step
    next: str
    is_known: bool
    """Signed in; with `has_person` as somebody who can volunteer."""
    has_person: bool
    has_begun: bool
    is_ready: bool
    """Codes can be sent by text."""


def _shown(actor: Actor, found: queries.Path, *, has_begun: bool) -> Shown:
    campaign = found.campaign
    return Shown(
        code=campaign.code,
        name=campaign.name,
        purpose=campaign.purpose,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        age_min=campaign.age_min,
        is_insured=campaign.insurance_until is not None,
        bring=campaign.bring,
        risks=campaign.risks,
        lesson_code=campaign.lesson_code,
        is_open=campaign.state == Campaign.State.OPEN and clock.today() <= campaign.ends_on,
        step=found.step,
        next=reverse(NEXT[found.step], args=[campaign.code]),
        is_known=actor.user_id is not None,
        has_person=actor.person_id is not None,
        has_begun=has_begun,
        is_ready=is_ready(),
    )


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def phone(request: PageRequest, campaign_code: str) -> HttpResponse:
    """First the birthday, so that who may not help hears it at once, and the phone."""
    campaign = public_campaign(campaign_code)
    if request.actor.person_id is not None:
        return redirect("campaigns:path", campaign.code)
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        code_id = attempt(
            form,
            lambda: actions.ask_for_code(
                campaign=campaign,
                phone=typed["phone"],
                born=typed["birth_date"],
                address=str(get_adapter(request).get_client_ip(request)),
            ),
        )
        if code_id is not None:
            request.session[BEGUN] = [campaign.code, code_id, typed["birth_date"].isoformat()]
            return redirect("campaigns:path_who", campaign.code)
    context = {"campaign": campaign, "form": form, "is_ready": is_ready()}
    return render(request, "campaigns/path/phone.html", context)


def _keep_partner(request: PageRequest, campaign: Campaign) -> None:
    """Whoever comes by a partner's link comes from that partner, also when they go on another day."""
    if request.method == "GET" and wave_of_word(campaign, request.GET.get("from", "")) is not None:
        request.session[FROM] = [campaign.code, request.GET["from"]]


def _partner(request: PageRequest, campaign: Campaign) -> int | None:
    kept = request.session.get(FROM)
    if not isinstance(kept, list) or kept[0] != campaign.code:
        return None
    wave = wave_of_word(campaign, kept[1])
    return wave.organization_id if wave else None


def _begun(request: PageRequest, campaign: Campaign) -> tuple[int, date] | None:
    """The code that was sent for this campaign, and the birthday that was typed."""
    kept = request.session.get(BEGUN)
    if not isinstance(kept, list) or kept[0] != campaign.code:
        return None
    return int(kept[1]), date.fromisoformat(kept[2])


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def who(request: PageRequest, campaign_code: str) -> HttpResponse:
    """Then the code of the text and one's name: the account is there."""
    campaign = public_campaign(campaign_code)
    begun = _begun(request, campaign)
    if request.actor.person_id is not None or begun is None:
        return redirect("campaigns:path", campaign.code)
    form = WhoForm(request.POST if request.method == "POST" else None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        done = attempt(form, lambda: _join(campaign, begun, typed, _partner(request, campaign)))
        if done is not None and done.user_id is not None:
            del request.session[BEGUN]
            login(request, User.objects.get(pk=done.user_id), backend=SIGN_IN_BACKEND)
            return redirect("campaigns:path_next", campaign.code)
    return render(request, "campaigns/path/who.html", {"campaign": campaign, "form": form})


def _join(campaign: Campaign, begun: tuple[int, date], typed: dict[str, Any], partner: int | None) -> Joined:
    return actions.join_by_phone(
        campaign=campaign,
        code_id=begun[0],
        typed=typed["code"],
        born=begun[1],
        name=typed["name"],
        id_kind=typed.get("id_kind", ""),
        id_number=typed.get("id_number", ""),
        organization_id=partner,
    )


@never_cache
@page(PUBLIC)
def go_on(request: PageRequest, campaign_code: str) -> HttpResponse:
    """On where one stopped, wherever that was."""
    return _go_on(request, public_campaign(campaign_code))


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def pledge(request: PageRequest, campaign_code: str) -> HttpResponse:
    campaign = public_campaign(campaign_code)
    found = queries.path(request.actor, campaign)
    if not found.progress.has_joined:
        return redirect("campaigns:path", campaign.code)
    if found.progress.has_pledged:
        return _go_on(request, campaign)
    form = PledgeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.pledge(actor=request.actor, campaign=campaign)
        return _go_on(request, campaign)
    return render(request, "campaigns/path/pledge.html", {"campaign": campaign, "form": form, "found": found})


@never_cache
@page(PUBLIC)
def lesson(request: PageRequest, campaign_code: str) -> HttpResponse:
    """To the lesson and its quiz, which training holds; whoever passed comes back and goes on."""
    campaign = public_campaign(campaign_code)
    found = queries.path(request.actor, campaign)
    if not found.progress.has_joined or not found.progress.needs_lesson:
        return _go_on(request, campaign)
    context = {"campaign": campaign, "found": found, "lesson": lessons.lesson_of(campaign.lesson_code)}
    return render(request, "campaigns/path/lesson.html", context)


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def shifts(request: PageRequest, campaign_code: str) -> HttpResponse:
    """The campaign's shifts by day and site; POST takes one."""
    campaign = public_campaign(campaign_code)
    if request.method == "POST":
        return _take(request, campaign)
    found = queries.path(request.actor, campaign)
    joined = found.joined
    if joined is None or not found.progress.has_pledged or found.progress.needs_lesson:
        return redirect(NEXT[found.step], campaign.code)
    site = request.GET.get("site", "")
    choice = queries.choice(
        request.actor,
        campaign,
        day=clock.day_from_text(request.GET.get("day", "")),
        site_id=int(site) if site.isascii() and site.isdigit() and len(site) < 19 else None,
    )
    context = {
        "campaign": campaign,
        "found": found,
        "choice": choice,
        "not_yet": "" if found.progress.has_place else _why_not_yet(campaign, joined),
    }
    return render(request, "campaigns/path/shifts.html", context)


def _take(request: PageRequest, campaign: Campaign) -> HttpResponse:
    """Take the shift that was chosen; whoever misses a step before it goes there."""
    shift_id = request.POST.get("shift", "")
    number = int(shift_id) if shift_id.isascii() and shift_id.isdigit() and len(shift_id) < 19 else 0
    try:
        actions.take_shift(actor=request.actor, campaign=campaign, shift_id=number)
    except (StepMissing, NotAllowed):
        return _go_on(request, campaign)
    messages.success(request, gettext("The place is yours. See you there!"))
    return redirect("campaigns:path_done", campaign.code)


def _why_not_yet(campaign: Campaign, joined: queries.Joined) -> str:
    """Why the campaign's waves do not let this person take a place now; empty where they do."""
    try:
        wave_for_person(campaign, joined)
    except DomainError as refusal:
        return refusal_text(refusal)
    return ""


@never_cache
@page(PUBLIC)
def done(request: PageRequest, campaign_code: str) -> HttpResponse:
    """Where and when one is expected, whom one asks, and what to bring."""
    campaign = public_campaign(campaign_code)
    found = queries.path(request.actor, campaign)
    if found.joined is None or found.step != Step.DONE:
        return redirect(NEXT[found.step], campaign.code)
    places = queries.own_places(found.joined.person_id, campaign)
    return render(request, "campaigns/path/done.html", {"campaign": campaign, "found": found, "places": places})


@page(PUBLIC)
def poster(request: PageRequest, campaign_code: str) -> HttpResponse:  # noqa: ARG001  # open to everybody
    """The poster with the QR code, to print."""
    campaign = public_campaign(campaign_code)
    response = HttpResponse(poster_pdf(campaign), content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="poster-{campaign.code}.pdf"'
    return response


def shown_address(campaign: Campaign) -> dict[str, Any]:
    """The public address as text and as a QR code, for the desk's own page."""
    address = reverse("campaigns:path", args=[campaign.code])
    return {"address": site_address(address), "qr": qr_svg(address, label=gettext("QR code of the campaign's page"))}
