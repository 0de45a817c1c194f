"""ephios as its own documentation sets it up, filled with the same hospital; runs in the bench's own environment.

`prepare FILE` fills its database and describes the requests. What makes it faster than its default is on: connections to
the database stay open, so that its share can be measured at all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.service_data import (
    BIG_PEOPLE,
    BIG_SHIFTS,
    CSRF,
    PLACES,
    RUSH_SHIFTS,
    Extent,
    later_times,
    now,
    people_of_rush,
    shift_times,
    sql_of,
)

COMMANDS = (
    ["migrate", "--verbosity", "0", "--no-input"],
    ["generate_vapid_key"],
    ["collectstatic", "--verbosity", "0", "--no-input"],
    ["compilejsi18n"],
)
"""What has to be run before it can be served; its documentation has more, for mail, a reverse proxy and a timer."""
HEADERS = {"X-Forwarded-Proto": "https"}


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """Its settings, all of them required but DATA_DIR, CONN_MAX_AGE and TRUST_X_FORWARDED_PROTO."""
    return {
        "DJANGO_SETTINGS_MODULE": "ephios.settings",
        "ENV_PATH": str(folder / "none.env"),
        "DEBUG": "False",
        "DATA_DIR": str(folder),
        "ALLOWED_HOSTS": "*",
        "SITE_URL": "https://127.0.0.1",
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'db.sqlite3'}",
        "EMAIL_URL": "dummymail://",
        "DEFAULT_FROM_EMAIL": "ephios@127.0.0.1",
        "SERVER_EMAIL": "ephios@127.0.0.1",
        "ADMINS": "Bench <bench@127.0.0.1>",
        "TRUST_X_FORWARDED_PROTO": "True",
        "CONN_MAX_AGE": "3600",
    }


def serve(port: str) -> None:
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", "ephios.wsgi:application", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    run()


class Hospital:
    def __init__(self, extent: Extent) -> None:
        from django.contrib.auth.hashers import make_password
        from django.contrib.auth.models import Group
        from ephios.core.models import EventType, UserProfile

        self.extent = extent
        password, born = make_password(None), now().date() - timedelta(days=12_000)
        people = UserProfile.objects.bulk_create(
            [
                UserProfile(
                    email=f"v{n}@127.0.0.1", display_name=f"志愿者{n}", date_of_birth=born, password=password,
                    preferred_language="en",
                )
                for n in range(extent.people)
            ],
            batch_size=1_000,
        )  # fmt: skip
        self.people = [person.pk for person in people]
        self.group = Group.objects.create(name="Volunteers")
        UserProfile.groups.through.objects.bulk_create(
            [UserProfile.groups.through(userprofile_id=pk, group_id=self.group.pk) for pk in self.people],
            batch_size=1_000,
        )
        self.type = EventType.objects.create(title="Service")

    def event(self, title: str, times: Sequence[tuple[Any, Any]], *, places: int) -> tuple[str, list[int]]:
        """A published event: its path and the ids of its shifts."""
        from ephios.core.models import Event, Shift
        from guardian.shortcuts import assign_perm

        event = Event.objects.create(title=title, type=self.type, location="Hall", active=True, description="")
        assign_perm("core.view_event", self.group, event)
        made = [
            Shift.objects.create(
                event=event,
                meeting_time=start,
                start_time=start,
                end_time=end,
                signup_flow_slug="instant_confirmation",
                signup_flow_configuration={"signup_until": None, "user_can_decline_confirmed": True},
                structure_slug="uniform",
                structure_configuration={"maximum_number_of_participants": places},
            )
            for start, end in times
        ]
        return event.get_absolute_url(), [shift.pk for shift in made]

    def cookies(self) -> dict[int, str]:
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.cached_db import SessionStore
        from django.contrib.sessions.models import Session
        from ephios.core.models import UserProfile

        store, ends = SessionStore(), now() + timedelta(days=7)
        rows = {}
        for user in UserProfile.objects.filter(pk__in=self.people):
            data = {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: "ephios.extra.permissions.ObjectSupportingModelBackend",
                HASH_SESSION_KEY: user.get_session_auth_hash(),
            }
            key = f"bench{user.pk:027d}"
            rows[user.pk] = Session(session_key=key, session_data=store.encode(data), expire_date=ends)
        Session.objects.bulk_create(rows.values(), batch_size=1_000)
        return {pk: f"sessionid={row.session_key}; csrftoken={CSRF}" for pk, row in rows.items()}


def fill() -> dict[str, Any]:
    from django.urls import reverse
    from ephios.core.models import AbstractParticipation, LocalParticipation

    hospital, at = Hospital(Extent.from_environment()), now()
    people, shifts = hospital.people, []
    for number, times in enumerate(shift_times(at)):
        shifts += hospital.event(f"Guiding patients {number}", times, places=PLACES)[1]
    big_path, big = hospital.event("Big clinic", later_times(at, BIG_SHIFTS), places=PLACES)
    _, rush = hospital.event("One place", later_times(at + timedelta(days=5), RUSH_SHIFTS), places=1)
    for number, person in enumerate(people[:BIG_PEOPLE]):
        LocalParticipation.objects.create(
            shift_id=big[number % BIG_SHIFTS], user_id=person, state=AbstractParticipation.States.CONFIRMED
        )
    cookies = hospital.cookies()

    def sign_up(person: int, shift: int) -> dict[str, Any]:
        form = f"csrfmiddlewaretoken={CSRF}&quick_action=1&signup_choice=sign_up"
        path = reverse("core:signup_action", args=[shift])
        return {"path": path, "cookie": cookies[person], "form": form, "headers": HEADERS}

    reader, takers = cookies[people[0]], people[BIG_PEOPLE : BIG_PEOPLE + hospital.extent.peer_sign_ups]
    counted = "SELECT {} FROM abstractparticipation WHERE state = 1 AND shift_id IN ({})"
    return {
        "list": {"path": reverse("core:event_list"), "cookie": reader, "headers": HEADERS},
        "activity": {"path": big_path, "cookie": reader, "headers": HEADERS},
        "sign_ups": [sign_up(person, shifts[n % len(shifts)]) for n, person in enumerate(takers)],
        "claims": [
            [sign_up(person, rush[number]) for person in claimants]
            for number, claimants in enumerate(people_of_rush(people))
        ],
        "places_given": counted.format("shift_id, count(*)", ",".join(map(str, rush))) + " GROUP BY shift_id",
        "signed_up": counted.format("count(*)", ",".join(map(str, shifts))),
    }


def prepare(target: Path) -> None:
    import django

    django.setup()
    from django.core.management import execute_from_command_line
    from django.db import connections, transaction
    from django.test import Client

    for command in COMMANDS:
        execute_from_command_line(["ephios", *command])
    with transaction.atomic():
        found = fill()
    wanted = {"list": found["list"], "activity": found["activity"], "sign_up": found["sign_ups"].pop()}
    # The client in this process says itself that it came by HTTPS.
    found["sql"] = {
        name: sql_of(Client(), request, SERVER_NAME="127.0.0.1", secure=True) for name, request in wanted.items()
    }
    connections.close_all()
    target.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # Django takes psycopg2 then, as ephios needs it.
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        serve(sys.argv[2])
