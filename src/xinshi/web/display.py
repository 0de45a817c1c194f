"""How a reader wants the pages: brightness and size of type, kept in cookies so that it holds without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

BRIGHTNESS_COOKIE: Final = "xinshi_brightness"
TYPE_COOKIE: Final = "xinshi_type"
BRIGHTNESSES: Final = ("auto", "light", "dark")
TYPES: Final = ("normal", "elder")
KEPT_SECONDS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Display:
    """`elder` type is the elder-friendly mode 关怀版: larger type, higher contrast, fewer choices."""

    brightness: str = "auto"
    type: str = "normal"

    @property
    def is_elder(self) -> bool:
        return self.type == "elder"


def display_of(request: HttpRequest) -> Display:
    """What the cookies say; anything unknown is the default."""
    brightness, type_ = request.COOKIES.get(BRIGHTNESS_COOKIE, ""), request.COOKIES.get(TYPE_COOKIE, "")
    return Display(
        brightness=brightness if brightness in BRIGHTNESSES else "auto", type=type_ if type_ in TYPES else "normal"
    )
