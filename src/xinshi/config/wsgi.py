"""The WSGI application that granian serves."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
django.setup(set_prefix=False)

from xinshi.config.environment import environment  # noqa: E402  # The house stands first.
from xinshi.config.handler import Handler  # noqa: E402

application = Handler()

if environment().worker_inside:
    from xinshi.config.worker import start_in_background

    start_in_background()
