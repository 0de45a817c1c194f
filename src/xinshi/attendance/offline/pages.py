"""What a phone needs to check in without a network: the worker, a page without anything personal, grants, sending."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control

from xinshi.attendance.codes.domain import Outcome
from xinshi.attendance.codes.pages import SCANNER_POLICY, choice_of, device_of
from xinshi.attendance.offline.actions import new_grant, send_late
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, page, refusal_text
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

KEPT_FILES: Final = (
    "web/base.css",
    "web/components.css",
    "web/xinshi.js",
    "web/icon.svg",
    "vendor/noto-sans-sc/index.css",
    "django_htmx/htmx-2.min.js",
    "vendor/barcode-detector/ponyfill.js",
    "vendor/barcode-detector/zxing_reader.wasm",
    "attendance/scanner.js",
    "attendance/here.js",
)
MILLISECONDS_MAX: Final = 10**14


@page(PUBLIC)
def worker(request: PageRequest) -> HttpResponse:
    """The service worker: answers below Check in when there is no network; nothing else is ever answered by it."""
    context = {"files": [static(name) for name in KEPT_FILES]}
    response = render(request, "attendance/offline/worker.js", context, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)
    return response


@page(PUBLIC)
def shell(request: PageRequest) -> HttpResponse:
    """The page that a phone shows without a network; it says nothing about anybody."""
    response = render(request, "attendance/offline/shell.html")
    response.headers["Content-Security-Policy"] = SCANNER_POLICY
    return response


@page(SIGNED_IN)
def grant(request: PageRequest) -> HttpResponse:
    """What the phone keeps for later, the server's time, and the token without which nothing can be sent."""
    return JsonResponse(
        {
            "grant": new_grant(request.actor),
            "server_seconds": int(clock.now().timestamp()),
            "csrf": get_token(request),
        }
    )


@page(SIGNED_IN, methods=("POST",))
def send(request: PageRequest) -> HttpResponse:
    """One scan that was kept. `final`: the phone forgets it; otherwise it keeps it and tries again."""
    try:
        arrival = send_late(
            actor=request.actor,
            typed=request.POST.get("code", "")[:300],
            claimed_at=_moment(request.POST.get("at", "")),
            grant=request.POST.get("grant", "")[:500],
            choice=choice_of(request),
            device=device_of(request),
        )
    except DomainError as refusal:
        return JsonResponse({"final": True, "ok": False, "code": refusal.code, "text": refusal_text(refusal)})
    if arrival.refusal is not None:
        refused = arrival.refusal
        return JsonResponse({"final": True, "ok": False, "code": refused.code, "text": refusal_text(refused)})
    title = arrival.signup.shift.activity.title
    ok = arrival.outcome is not Outcome.ASK
    return JsonResponse({"final": True, "ok": ok, "code": arrival.outcome.value, "text": title})


def _moment(milliseconds: str) -> datetime:
    """The moment that a phone named, in milliseconds since 1970."""
    if not (milliseconds.isascii() and milliseconds.isdigit()) or int(milliseconds[:20]) > MILLISECONDS_MAX:
        raise Invalid(field="at", reason=gettext_noop("This is no time."))
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
