"""The product's settings with the rooms up to the ledger: a book alone, ready in a moment, reconciled by itself."""

from __future__ import annotations

from xinshi.config.settings import *  # noqa: F403  # Everything but what is said below.
from xinshi.config.settings import ROOMS

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    *[f"xinshi.{room}" for room in ROOMS[: ROOMS.index("ledger") + 1]],
]
AUTH_USER_MODEL = "auth.User"
