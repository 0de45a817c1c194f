"""What every page's shell needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from xinshi.web.display import display_of
from xinshi.web.navigation import menu_of


def shell(request: HttpRequest) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "actor": getattr(request, "actor", None),
        "hospital_name": settings.HOSPITAL_NAMES.get(language, settings.HOSPITAL_NAMES["zh-hans"]),
        "display": display_of(request),
        "menu": SimpleLazyObject(lambda: menu_of(request)),
        "language": language,
    }
