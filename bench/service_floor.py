"""The floor: bare Django views on the product's own server, with no session, no template and no rule.

`/` answers two bytes; `/take/N` takes a place by one conditional UPDATE and one INSERT in a transaction.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlparse

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PLACES = 1_000_000


def configure() -> None:
    parts = urlparse(os.environ["BENCH_DATABASE"])
    settings.configure(
        SECRET_KEY="floor",  # nosec B106  # Signs nothing.
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.service_floor",
        MIDDLEWARE=[],
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username or "",
                "PASSWORD": parts.password or "",
                "HOST": parts.hostname or "",
                "PORT": parts.port or "",
                "CONN_MAX_AGE": 600,
            }
        },
    )
    import django

    django.setup()


def nothing(_: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


def take(_: HttpRequest, person: int) -> HttpResponse:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE floor_shift SET taken = taken + 1 WHERE id = %s AND taken < places", [person % 500 + 1])
        cursor.execute("INSERT INTO floor_signup (shift_id, person_id) VALUES (%s, %s)", [person % 500 + 1, person])
    return HttpResponse(b"ok")


def prepare(target: Path) -> None:
    from django.db import connection, connections

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor_shift (id bigint PRIMARY KEY, taken int NOT NULL, places int NOT NULL)")
        cursor.execute("CREATE TABLE floor_signup (id bigserial PRIMARY KEY, shift_id bigint, person_id bigint)")
        cursor.execute("INSERT INTO floor_shift SELECT n, 0, %s FROM generate_series(1, 500) n", [PLACES])
    connections.close_all()
    count = int(os.environ["BENCH_EXTENT"].split(",")[1])
    found = {
        "list": {"path": "/"},
        "activity": {"path": "/"},
        "sign_ups": [{"path": f"/take/{person}", "form": "x=1"} for person in range(1, count + 1)],
        "sql": {"list": 0, "sign_up": 2},
    }
    target.write_text(json.dumps(found), encoding="utf-8")


def serve(port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "bench.service_floor:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=8,
        backlog=1024,
        websockets=False,
        log_level=LogLevels("error"),
    ).serve()


if not settings.configured:  # Server processes are forked from one that has them.
    configure()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # The settings stand first.
from django.urls import path  # noqa: E402

urlpatterns = [path("", nothing), path("take/<int:person>", take)]
application = get_wsgi_application()

if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        serve(int(sys.argv[2]))
