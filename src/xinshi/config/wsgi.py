"""The WSGI application that granian serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
application = get_wsgi_application()

from xinshi.config.environment import environment  # noqa: E402  # The house stands first.

if environment().worker_inside:
    from xinshi.config.worker import start_in_background

    start_in_background()
