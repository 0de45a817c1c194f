"""The yardstick of the rush: a bare Django view that checks people in, written as anybody would, on the house's own server.

Django's own middleware, kept connections, a token, one record for each person by `get_or_create`; no rule, no trail, no
lock, no signed code. `python -m tests.trust.bare NUMBER` makes its tables and people, `… serve` serves them.
"""

from __future__ import annotations

import json

from django.conf import settings

from xinshi.config.environment import environment

APP = "bare"
DJANGOS_OWN = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
"""What `django-admin startproject` puts before every view."""


def _configure() -> None:
    import django
    from psycopg.conninfo import conninfo_to_dict

    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = conninfo_to_dict(environment().database_url)
    settings.configure(
        SECRET_KEY="bare",  # nosec B106  # Signs nothing.
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.trust.bare",
        MIDDLEWARE=DJANGOS_OWN,
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        USE_TZ=True,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 600}
            | {names[key]: value for key, value in given.items() if key in names}
        },
    )
    django.setup()


if not settings.configured:  # Server processes are forked from one that has them.
    _configure()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # The settings stand first.
from django.db import models  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


class Person(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = APP


class Token(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    key = models.CharField(max_length=100, unique=True)

    class Meta:
        app_label = APP


class Record(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE)
    came_at = models.DateTimeField()

    class Meta:
        app_label = APP


def show_code(_: HttpRequest, shift: int) -> HttpResponse:
    return JsonResponse({"code": f"of shift {shift}"})


@csrf_exempt
def use_code(request: HttpRequest) -> HttpResponse:
    token = Token._default_manager.select_related("person").get(
        key=request.headers["Authorization"].removeprefix("Bearer ")
    )
    json.loads(request.body)["code"]
    record, _ = Record._default_manager.get_or_create(person=token.person, defaults={"came_at": timezone.now()})
    return JsonResponse({"record_id": record.pk})


urlpatterns = [path("api/v1/attendance/shifts/<int:shift>/code", show_code), path("api/v1/attendance/codes", use_code)]
application = get_wsgi_application()
