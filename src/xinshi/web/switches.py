"""Language, brightness and size of type: small posts that set a cookie and lead back; and the web app's manifest."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext

from xinshi.doors.pages import PUBLIC, PageRequest, back, page
from xinshi.web.display import BRIGHTNESS_COOKIE, BRIGHTNESSES, KEPT_SECONDS, TYPE_COOKIE, TYPES

PAPER: Final = "#f8f3ea"
PINE: Final = "#12493a"


@page(PUBLIC, methods=("POST",))
def language(request: PageRequest) -> HttpResponse:
    """Read the site in another language; one that it does not speak changes nothing."""
    response = back(request, fallback="web:home")
    wanted = request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, wanted)
    return response


@page(PUBLIC, methods=("POST",))
def appearance(request: PageRequest) -> HttpResponse:
    """Choose brightness or size of type; what is not offered changes nothing."""
    response = back(request, fallback="web:home")
    brightness, type_ = request.POST.get("brightness", ""), request.POST.get("type", "")
    if brightness in BRIGHTNESSES:
        _keep(response, BRIGHTNESS_COOKIE, brightness)
    if type_ in TYPES:
        _keep(response, TYPE_COOKIE, type_)
    return response


@page(PUBLIC)
def manifest(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # Every asker gets the same answer.
    """What a phone needs to put the site on its home screen."""
    icons = [
        {"src": static("web/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        {"src": static("web/icon-maskable.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "maskable"},
        {"src": static("web/icon-180.png"), "sizes": "180x180", "type": "image/png", "purpose": "any"},
        {"src": static("web/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
    ]
    told = {
        "name": gettext("Time Bank"),
        "short_name": "心时 Xinshi",
        "description": gettext("The time bank stores service, never money."),
        "lang": "en" if get_language() == "en" else "zh-Hans",
        "start_url": reverse("web:start"),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PINE,
        "icons": icons,
        "shortcuts": [{"name": gettext("Check in and out"), "url": reverse("attendance:here")}],
    }
    return JsonResponse(told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


def _keep(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
