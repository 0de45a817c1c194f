"""The WSGI application that granian serves."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  # The house stands first.
from django.core.cache import close_caches  # noqa: E402
from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import reset_queries  # noqa: E402

from xinshi.config.environment import environment  # noqa: E402
from xinshi.config.handler import Handler  # noqa: E402

application = Handler()

if not settings.DEBUG:  # Both looked at every request for what is not there: kept statements, caches with an open line.
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)

if environment().worker_inside:
    from xinshi.config.worker import start_in_background

    start_in_background()
