"""What every page's shell needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "actor": getattr(request, "actor", None),
        "hospital_name": settings.HOSPITAL_NAMES.get(get_language() or "", settings.HOSPITAL_NAMES["zh-hans"]),
    }
