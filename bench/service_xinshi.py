"""Xinshi as a site to be measured: `prepare FILE` fills a database and describes requests, `serve PORT` serves pages.

Only pages are served; what the worker does with the events of a sign-up afterwards is measured by `deliver`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timedelta
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
    midnight,
    now,
    people_of_rush,
    shift_times,
    sql_of,
)


class Hospital:
    """What was made, by id: people in order, shifts to take, and the activity that is measured alone."""

    def __init__(self, extent: Extent) -> None:
        from xinshi.bank.actions import open_passbooks
        from xinshi.kernel.actor import Actor, Role
        from xinshi.organizations.actions import ensure_departments
        from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

        self.extent = extent
        self.system = Actor.system("bench")
        names = [NewPerson(name=f"志愿者{n}", volunteer_number=f"9{n:017d}") for n in range(extent.people + 1)]
        self.leader, *self.people = register_people(actor=self.system, people=names)
        open_passbooks(actor=self.system, person_ids=[self.leader, *self.people], opened_through="station")
        volunteer, leader = frozenset({Role.VOLUNTEER}), frozenset({Role.VOLUNTEER, Role.LEADER})
        users = [NewUser(username="leader", password=None, person_id=self.leader, roles=leader)]
        users += [NewUser(username=f"v{p}", password=None, person_id=p, roles=volunteer) for p in self.people]
        users.append(NewUser(username="desk", password=None, person_id=None, roles=frozenset({Role.COORDINATOR})))
        self.users = create_users(actor=self.system, users=users)
        self.department = ensure_departments(actor=self.system, names=["门诊部"])["门诊部"]

    def activity(self, title: str, times: list[tuple[datetime, datetime]], *, places: int) -> tuple[int, list[int]]:
        """A published activity: its id and those of its shifts."""
        from xinshi.activities.actions import create_activity
        from xinshi.activities.domain import NewActivity, NewShift

        made = create_activity(
            actor=self.system,
            activity=NewActivity(
                title=title,
                category="0004",
                place="门诊楼一楼大厅",
                organizer_id=self.department,
                person_in_charge_id=self.leader,
                shifts=tuple(NewShift(starts_at=start, ends_at=end, places=places) for start, end in times),
                state="published",
            ),
        )
        return made.activity_id, list(made.shift_ids)

    def cookies(self) -> dict[int, str]:
        """The cookies of everybody signed in, by user id."""
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore
        from django.contrib.sessions.models import Session

        from xinshi.people.models import User

        store, ends = SessionStore(), now() + timedelta(days=7)
        rows = {
            user.pk: Session(
                session_key=f"bench{user.pk:027d}",
                session_data=store.encode(
                    {
                        SESSION_KEY: str(user.pk),
                        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                        HASH_SESSION_KEY: user.get_session_auth_hash(),
                    }
                ),
                expire_date=ends,
            )
            for user in User.objects.filter(pk__in=self.users)
        }
        Session.objects.bulk_create(rows.values(), batch_size=1_000)
        return {pk: f"xinshi_session={row.session_key}; csrftoken={CSRF}" for pk, row in rows.items()}


def fill() -> dict[str, Any]:
    """Everything of the hospital, and the requests that a measurement sends."""
    from django.urls import reverse

    from xinshi.activities.actions import sign_up_many

    hospital, at = Hospital(Extent.from_environment()), now()
    extent, people = hospital.extent, hospital.people
    shifts: list[int] = []
    for number, times in enumerate(shift_times(at)):
        shifts += hospital.activity(f"门诊导医{number}", times, places=PLACES)[1]
    activity, big = hospital.activity("大型义诊", later_times(at, BIG_SHIFTS), places=PLACES)
    rush = hospital.activity("一席难求", later_times(at + timedelta(days=5), RUSH_SHIFTS), places=1)[1]
    today = [(at - timedelta(minutes=5), min(at + timedelta(hours=2), midnight(at) + timedelta(hours=23, minutes=59)))]
    running = hospital.activity("现场签到", today, places=extent.check_ins)[1][0]
    here = people[: extent.check_ins]
    signups = sign_up_many(actor=hospital.system, signups=[(running, person) for person in here])
    pairs = [(big[n % BIG_SHIFTS], person) for n, person in enumerate(people[:BIG_PEOPLE])]
    sign_up_many(actor=hospital.system, signups=pairs)
    cookies, headers = hospital.cookies(), {"HX-Request": "true"}
    by_person = dict(zip([hospital.leader, *people], hospital.users[:-1], strict=True))
    leader, desk = cookies[by_person[hospital.leader]], cookies[hospital.users[-1]]
    token = f"csrfmiddlewaretoken={CSRF}"

    def sign_up(person: int, shift: int) -> dict[str, Any]:
        path = reverse("activities:sign_up", args=[shift])
        return {"path": path, "cookie": cookies[by_person[person]], "form": token, "headers": headers}

    def check_in(signup: int) -> dict[str, Any]:
        path = reverse("attendance:check_in", args=[running])
        return {"path": path, "cookie": leader, "form": f"{token}&signup={signup}&at=", "headers": headers}

    reader = cookies[by_person[people[0]]]
    takers = people[extent.check_ins : extent.check_ins + extent.sign_ups]
    return {
        "list": {"path": reverse("activities:offers"), "cookie": reader},
        "list_pages": [
            {"path": f"{reverse('activities:offers')}?page={number}", "cookie": reader} for number in range(1, 10)
        ],
        "activity": {"path": reverse("activities:detail", args=[activity]), "cookie": reader},
        "desk": {"path": reverse("web:desk"), "cookie": desk},
        "desk_list": {"path": reverse("activities:desk"), "cookie": desk},
        "sign_ups": [sign_up(person, shifts[n % len(shifts)]) for n, person in enumerate(takers)],
        "more_sign_ups": [sign_up(person, shifts[-1 - n]) for n, person in enumerate(here[:60])],
        "check_ins": [check_in(signup) for signup in signups],
        "claims": [
            [sign_up(person, rush[number]) for person in claimants]
            for number, claimants in enumerate(people_of_rush(people))
        ],
        "places_given": "SELECT shift_id, count(*) FROM signup WHERE state = 'confirmed' AND shift_id IN "
        f"({','.join(map(str, rush))}) GROUP BY shift_id",
        "signed_up": "SELECT count(*) FROM signup WHERE state = 'confirmed' AND shift_id IN "
        f"({','.join(map(str, shifts))})",
        "came": "SELECT count(*) FROM service_record WHERE state = 'open'",
    }


def count_statements(found: dict[str, Any]) -> dict[str, int]:
    """Statements per answer; of a sign-up and a check-in the last request is spent for it."""
    from django.test import Client

    wanted = {name: found[name] for name in ("list", "activity", "desk", "desk_list")}
    wanted |= {"sign_up": found["sign_ups"].pop(), "check_in": found["check_ins"].pop()}
    return {name: sql_of(Client(), request, SERVER_NAME="127.0.0.1") for name, request in wanted.items()}


def prepare(target: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)
    found = fill()
    found["sql"] = count_statements(found)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connections.close_all()
    target.write_text(json.dumps(found), encoding="utf-8")


def serve(port: str, processes: int) -> None:
    """Pages as `xinshi serve` serves them, without its worker."""
    os.environ |= {"XINSHI_PORT": port, "XINSHI_WEB_PROCESSES": str(processes)}
    import django

    django.setup()
    from xinshi.config import serving

    serving.serve_pages(processes=processes)


def deliver() -> None:
    """Deliver what waits in the outbox; prints {seconds, processor_seconds}."""
    import django

    django.setup()
    from xinshi.outbox.actions import deliver_due

    began, used = time.perf_counter(), time.process_time()
    while deliver_due():
        pass
    print(json.dumps({"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - used}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    elif sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        deliver()
