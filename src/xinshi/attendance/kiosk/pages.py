"""The kiosk itself: open to everybody who stands before an enrolled device, and nothing but its own pages."""

from __future__ import annotations

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render

from xinshi.attendance.codes.arriving import Arrival, Claim, arrive
from xinshi.attendance.codes.domain import Outcome
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.pages import choice_of, code_context
from xinshi.attendance.kiosk import actions, queries
from xinshi.attendance.kiosk.domain import (
    ENTRY_SECONDS,
    FAILURE_SPAN,
    TOKEN_DAYS,
    EntryOver,
    KioskBusy,
    NotAKiosk,
)
from xinshi.attendance.kiosk.forms import EntryForm, SetupForm
from xinshi.attendance.kiosk.models import Kiosk
from xinshi.doors.pages import PUBLIC, PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.messages.limits import allow
from xinshi.people.domain import masked_name
from xinshi.people.models import Person

COOKIE: Final = "xinshi_kiosk"
ENTRY_SALT: Final = "attendance.kiosk-entry"
SETUPS_MAX: Final = 30


@page(PUBLIC, methods=("GET", "POST"))
def home(request: PageRequest) -> HttpResponse:
    """Number and PIN, and the rotating code beside them; on a device that is no kiosk the place for its set-up code."""
    try:
        kiosk = _kiosk(request)
    except NotAKiosk:
        return _set_up(request)
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        person_id = attempt(form, lambda: actions.enter(kiosk=kiosk, number=typed["number"], pin=typed["pin"]))
        if person_id is not None:
            return _day(request, kiosk, person_id)
    context = {"kiosk": kiosk, "form": form, **code_context(f"k{kiosk.pk}")}
    return render(request, "attendance/kiosk/home.html", context)


@page(PUBLIC)
def code_part(request: PageRequest) -> HttpResponse:
    """The rotating code of the kiosk, for the next half minute."""
    try:
        kiosk = _kiosk(request)
    except NotAKiosk:
        return redirect("attendance:kiosk")
    return render(request, "attendance/codes/_code.html", code_context(f"k{kiosk.pk}"))


@page(PUBLIC, methods=("POST",))
def act(request: PageRequest) -> HttpResponse:
    """Check in or out of one of one's shifts of today."""
    try:
        kiosk = _kiosk(request)
        person_id, nonce = _entry(kiosk, request.POST.get("entry", "")[:500])
        typed = request.POST.get("signup", "")
        signup_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
        claim = Claim(
            person_id=person_id,
            code_key=f"k{kiosk.pk}:{nonce}:{signup_id}",
            way=Trace.Way.KIOSK,
            moment=clock.now(),
            signup_id=signup_id,
            choice=choice_of(request),
            asks_position=False,
        )
        arrival = arrive(actor=actions.kiosk_actor(kiosk.pk), claim=claim)
    except NotAKiosk:
        return redirect("attendance:kiosk")
    except DomainError as refusal:
        return render(request, "attendance/kiosk/done.html", {"refusal": refusal}, status=refusal.status)
    return _answer(request, kiosk, arrival)


def _answer(request: PageRequest, kiosk: Kiosk, arrival: Arrival) -> HttpResponse:
    if arrival.outcome is Outcome.ASK:
        context = {"arrival": arrival, "kiosk": kiosk, "entry": request.POST["entry"]}
        return render(request, "attendance/kiosk/ask.html", context)
    return render(request, "attendance/kiosk/done.html", {"arrival": arrival, "refusal": arrival.refusal})


def _day(request: PageRequest, kiosk: Kiosk, person_id: int) -> HttpResponse:
    name = Person.objects.values_list("name", flat=True).get(pk=person_id)
    context = {
        "kiosk": kiosk,
        "name": masked_name(name),
        "lines": queries.shifts_of_today(person_id),
        "entry": signing.dumps([kiosk.pk, person_id, secrets.token_hex(8)], salt=ENTRY_SALT),
    }
    return render(request, "attendance/kiosk/day.html", context)


def _entry(kiosk: Kiosk, token: str) -> tuple[int, str]:
    """Who entered number and PIN here a moment ago; EntryOver where it is too long ago or was elsewhere."""
    try:
        kiosk_id, person_id, nonce = signing.loads(token, salt=ENTRY_SALT, max_age=ENTRY_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise EntryOver from None
    if kiosk_id != kiosk.pk:
        raise EntryOver
    return person_id, nonce


def _kiosk(request: PageRequest) -> Kiosk:
    return actions.kiosk_of(request.COOKIES.get(COOKIE, "")[:100])


def _set_up(request: PageRequest) -> HttpResponse:
    form = SetupForm(request.POST if "code" in request.POST else None)
    if form.is_bound and form.is_valid():
        enrolled = attempt(form, lambda: _enrol(request, form.cleaned_data["code"]))
        if enrolled is not None:
            response = redirect("attendance:kiosk")
            response.set_cookie(
                COOKIE,
                enrolled[1],
                max_age=TOKEN_DAYS * 24 * 3600,
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
                path="/attendance/kiosk/",
            )
            return response
    return render(request, "attendance/kiosk/set_up.html", {"form": form})


def _enrol(request: PageRequest, typed: str) -> tuple[int, str]:
    address = request.META.get("REMOTE_ADDR", "")
    if not allow(f"kiosk:setup:{address}", times_max=SETUPS_MAX, span=FAILURE_SPAN):
        raise KioskBusy
    return actions.enrol(typed=typed)
