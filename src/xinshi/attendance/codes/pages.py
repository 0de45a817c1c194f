"""Pages of a volunteer's phone: where a scanned code leads, six digits, my own code."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.attendance.codes import queries
from xinshi.attendance.codes.actions import arrive_by_code, arrive_by_digits
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.domain import Choice, Code, CodeUnreadable, Outcome, code_from
from xinshi.attendance.codes.forms import DigitsForm
from xinshi.attendance.codes.signing import device_digest, require_current
from xinshi.attendance.kiosk.queries import has_pin
from xinshi.attendance.offline.actions import new_grant
from xinshi.attendance.sites.domain import Position, position_from
from xinshi.documents.qr import qr_svg
from xinshi.doors.middleware import CONTENT_SECURITY_POLICY
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, NotAllowed
from xinshi.kernel.ids import SHORT_CODE_ALPHABET

SEEN_SALT: Final = "attendance.seen"
SEEN_SECONDS: Final = 600
"""Who has to sign in first, or is asked something, has this long from the moment at which the code was current."""
SEEN_KEY: Final = "attendance_seen"
DEVICE_COOKIE: Final = "xinshi_device"
DEVICE_SECONDS: Final = 366 * 24 * 3600
SCANNER_POLICY: Final = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
"""The camera's codes are read by a WebAssembly module that this site serves itself."""


@page(SIGNED_IN)
def here(request: PageRequest) -> HttpResponse:
    """Check in and out: my shifts of today, the camera, the digits; what the phone needs to do it without a network."""
    context = {
        "lines": queries.own_day(request.actor),
        "form": DigitsForm(),
        "grant": new_grant(request.actor) if request.actor.person_id is not None else "",
        "server_seconds": int(clock.now().timestamp()),
        "has_pin": has_pin(request.actor),
    }
    response = render(request, "attendance/codes/here.html", context)
    response.headers["Content-Security-Policy"] = SCANNER_POLICY
    return _with_device(request, response)


@page(PUBLIC, methods=("GET", "POST"))
def scanned(request: PageRequest, code: str) -> HttpResponse:
    """Where the QR code at the place leads. Nothing is written until the person, or their browser, presses the button.

    Who is not signed in comes back here afterwards; that this browser saw the code while it was good is kept for them.
    """
    try:
        parts = code_from(code)
        if request.actor.user_id is None:
            require_current(parts, clock.now())
            request.session[SEEN_KEY] = [parts.key, int(clock.now().timestamp())]
            return redirect_to_login(request.get_full_path())
        if request.actor.person_id is None:
            raise NotAllowed
        return _use(request, parts) if request.method == "POST" else _offer(request, parts)
    except DomainError as refusal:
        return _refused(request, refusal)


def _offer(request: PageRequest, code: Code) -> HttpResponse:
    """One button, pressed by script where nothing has to be asked."""
    seen = _seen_in_session(request, code)
    now = clock.now()
    if code.kind == "o":
        raise CodeUnreadable
    require_current(code, seen or now)
    ticket = signing.dumps([code.key, request.actor.user_id, int((seen or now).timestamp())], salt=SEEN_SALT)
    asked = queries.asked_place(code.number) if code.kind == "a" else None
    context = {"ticket": ticket, "asked": asked, "lines": queries.own_day(request.actor)}
    return _with_device(request, render(request, "attendance/codes/scanned.html", context))


def _use(request: PageRequest, code: Code) -> HttpResponse:
    arrival = arrive_by_code(
        actor=request.actor,
        code=code,
        choice=choice_of(request),
        device=device_of(request),
        position=_position(request),
        seen_at=_seen_by_ticket(request, code),
    )
    return shown(request, arrival)


def _seen_in_session(request: PageRequest, code: Code) -> datetime | None:
    """When this browser came with the code before it signed in, if that was the same code and not long ago."""
    known = request.session.get(SEEN_KEY)
    if not known or known[0] != code.key or clock.now().timestamp() - known[1] > SEEN_SECONDS:
        return None
    return datetime.fromtimestamp(known[1], UTC)


def _seen_by_ticket(request: PageRequest, code: Code) -> datetime | None:
    """When the page with the button was shown to this user; None without a true ticket, so that the code must be current."""
    try:
        key, user_id, seconds = signing.loads(
            request.POST.get("ticket", "")[:500], salt=SEEN_SALT, max_age=SEEN_SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if key != code.key or user_id != request.actor.user_id:
        return None
    return datetime.fromtimestamp(seconds, UTC)


@page(SIGNED_IN, methods=("POST",))
def digits(request: PageRequest) -> HttpResponse:
    """The six digits beside the code."""
    form = DigitsForm(request.POST)
    typed = form.cleaned_data["digits"] if form.is_valid() else ""
    try:
        arrival = arrive_by_digits(
            actor=request.actor,
            typed=typed,
            choice=choice_of(request),
            device=device_of(request),
            position=_position(request),
        )
    except DomainError as refusal:
        return _refused(request, refusal)
    return shown(request, arrival, digits=typed)


@page(SIGNED_IN)
def my_code(request: PageRequest) -> HttpResponse:
    """My own code, to be scanned by who leads."""
    return render(request, "attendance/codes/my_code.html", _own_code(request))


@page(SIGNED_IN)
def my_code_part(request: PageRequest) -> HttpResponse:
    """The same without the page around it, for the next half minute."""
    return render(request, "attendance/codes/_code.html", _own_code(request))


def _own_code(request: PageRequest) -> dict[str, object]:
    if request.actor.person_id is None:
        raise NotAllowed
    return code_context(f"o{request.actor.person_id}")


def code_context(scope: str) -> dict[str, object]:
    """What `_code.html` shows of the present code."""
    found = queries.shown_code(scope)
    path = reverse("attendance:scanned", args=[found.code])
    return {"shown": found, "path": path, "qr": qr_svg(path, label=gettext("Code of this half minute"))}


def shown(request: PageRequest, arrival: Arrival, *, digits: str = "") -> HttpResponse:
    """One big yes or no, or the question whether the person comes or goes."""
    if arrival.refusal is not None:
        return _refused(request, arrival.refusal)
    if arrival.outcome is Outcome.ASK:
        context = {"arrival": arrival, "digits": digits, "ticket": request.POST.get("ticket", "")[:500]}
        return render(request, "attendance/codes/ask.html", context)
    return render(request, "attendance/codes/arrived.html", {"arrival": arrival})


def _refused(request: PageRequest, refusal: DomainError) -> HttpResponse:
    status = 409 if refusal.status in (401, 403) else refusal.status
    return render(request, "attendance/codes/refused.html", {"refusal": refusal}, status=status)


def choice_of(request: PageRequest) -> Choice:
    typed = request.POST.get("choice", "")
    return Choice(typed) if typed in list(Choice) else Choice.BY_STATE


def device_of(request: PageRequest) -> str:
    """The digest of today of this browser's own cookie; empty where it has none."""
    return device_digest(request.COOKIES.get(DEVICE_COOKIE, "")[:64], clock.today())


def _with_device(request: PageRequest, response: HttpResponse) -> HttpResponse:
    if DEVICE_COOKIE not in request.COOKIES:
        token = "".join(secrets.choice(SHORT_CODE_ALPHABET) for _ in range(26))
        response.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=DEVICE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            path="/attendance/here/",
        )
    return response


def _position(request: PageRequest) -> Position | None:
    """Where the phone says it is; only with the person's leave, and forgotten once it is judged."""
    parts = [request.POST.get(name, "")[:32] for name in ("latitude", "longitude", "accuracy")]
    return position_from(*parts) if parts[0] else None
