"""`./run bench surge [--quick] [--json]`: two thousand people arrive at a campaign within a minute, for too few places.

A real server (`xinshi serve`, two processes) over a PostgreSQL database of its own. Everybody is somebody else, signed in,
with the pledge signed. They open the campaign's page, look at its shifts, and take one, most of them the same few; who finds
it full looks again and takes another. Arrivals are spread evenly over the time whether or not the server keeps up, and a
step's time includes waiting for a free client, so that a slow server is not flattered.
"""

from __future__ import annotations

import http.client
import json
import queue
import random
import re
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import time as clock_time
from datetime import timedelta
from typing import Any, Final

from bench.report import Report, publish

PEOPLE: Final = 2_000
SECONDS: Final = 60.0
QUICK_PEOPLE: Final = 300
QUICK_SECONDS: Final = 9.0
CLIENTS: Final = 48
PLACES_SHARE: Final = 0.6
"""So many places for each person: four of ten find everything full."""
SITES, DAYS = 10, 2
LOOKS_MAX: Final = 2
TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
OFFERED: Final = re.compile(r'name="shift" value="(\d+)"')
P99_MS_MAX: Final = 2_000.0


def main(arguments: list[str]) -> int:
    from tests.trust.scratch import Server, migrated

    quick = "--quick" in arguments
    people, seconds = (QUICK_PEOPLE, QUICK_SECONDS) if quick else (PEOPLE, SECONDS)
    report = Report(
        name="surge",
        title=f"{people:,} people arrive within {seconds:g} seconds",
        notes=[
            f"{SITES} sites, {int(people * PLACES_SHARE):,} places; server, database and {CLIENTS} clients on one machine.",
            "A step's milliseconds count from when the person wanted it.",
        ],
    )
    with migrated() as database:
        database.run("xinshi", "collectstatic", "--noinput", "-v0")
        made: dict[str, Any] = json.loads(database.run("bench.surge", str(people)).stdout)
        server = Server(database)
        server.start()
        try:
            _warm(server.port, made)
            found = rush(server.port, made, seconds=seconds)
        finally:
            server.kill()
        overfull = database.rows(
            "SELECT count(*) FROM shift s WHERE (SELECT count(*) FROM signup u WHERE u.shift_id = s.id"
            " AND u.state IN ('confirmed', 'offered')) > s.places"
        )[0][0]
        taken = database.rows("SELECT count(*) FROM signup WHERE state = 'confirmed'")[0][0]
        waiting = database.rows("SELECT count(*) FROM signup WHERE state = 'waiting'")[0][0]
        twice = database.rows(
            "SELECT count(*) FROM (SELECT 1 FROM signup WHERE state = 'confirmed' GROUP BY person_id HAVING count(*) > 1) t"
        )[0][0]
    _tell(report, found, people=people, places=made["places"], taken=taken, waiting=waiting)
    report.ratio("posts with more people than places", overfull, "<=", 0)
    report.ratio("people with two places", twice, "<=", 0)
    return publish(report, as_json="--json" in arguments, quick=quick)


@dataclass(slots=True)
class Found:
    """What the visitors met: milliseconds by step, answers that were no answer, seconds until the last was served."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    served: int = 0


def _tell(report: Report, found: Found, *, people: int, places: int, taken: int, waiting: int) -> None:
    for step, times in found.milliseconds.items():
        times.sort()
        report.row(
            "Steps",
            step,
            answers=len(times),
            p50_ms=times[len(times) // 2],
            p99_ms=times[min(len(times) - 1, len(times) * 99 // 100)],
        )
        report.ratio(f"{step}: p99 in ms", times[min(len(times) - 1, len(times) * 99 // 100)], "<=", P99_MS_MAX)
    report.row("In all", "people", arrived=people, places=places, got_a_place=taken, on_waiting_lists=waiting)
    for error in found.errors[:5]:
        print(error, file=sys.stderr)
    report.ratio("answers that were errors", len(found.errors), "<=", 0)
    report.ratio("people who came to an end of the path", found.served, ">=", people)
    report.ratio(
        "places left empty while somebody went without", max(0, min(places, people) - taken), "<=", places * 0.02
    )
    report.ratio("seconds until the last was served", round(found.seconds, 1))


def rush(port: int, made: dict[str, Any], *, seconds: float) -> Found:
    """Everybody arrives at their own moment; `CLIENTS` threads serve as their phones."""
    found = Found()
    arrivals: queue.SimpleQueue[tuple[float, int] | None] = queue.SimpleQueue()
    started = time.monotonic() + 0.2
    sessions = made["sessions"]
    for number in range(len(sessions)):
        arrivals.put((started + seconds * number / len(sessions), number))
    for _ in range(CLIENTS):
        arrivals.put(None)
    lock = threading.Lock()

    def phone() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while (arrival := arrivals.get()) is not None:
            moment, number = arrival
            time.sleep(max(0.0, moment - time.monotonic()))
            visitor = Visitor(connection, made["code"], sessions[number], random.Random(number))
            try:
                visitor.walk(moment)
            except (OSError, http.client.HTTPException) as error:
                visitor.errors.append(f"{type(error).__name__}")
                connection.close()
            with lock:
                for step, milliseconds in visitor.times:
                    found.milliseconds[step].append(milliseconds)
                found.errors += visitor.errors
                found.served += not visitor.errors
        connection.close()

    threads = [threading.Thread(target=phone) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.monotonic() - started
    return found


class Visitor:
    """One person with a phone, who knows only what the pages say."""

    def __init__(self, connection: http.client.HTTPConnection, code: str, session: str, dice: random.Random) -> None:
        self.connection, self.dice = connection, dice
        self.path = f"/campaigns/join/{code}/"
        self.cookies = {"xinshi_session": session}
        self.times: list[tuple[str, float]] = []
        self.errors: list[str] = []

    def walk(self, arrived: float) -> None:
        """Open, choose, take; where it was full look again, a few times."""
        if self._ask("open the campaign's page", "GET", self.path, since=arrived) is None:
            return
        for _ in range(LOOKS_MAX):
            page = self._ask("look at the shifts", "GET", f"{self.path}shifts/")
            token = TOKEN.search(page or "")
            offered = OFFERED.findall(page or "")
            if page is None or not offered or token is None:
                return
            # Most want one of the first few: so the rush is for the same places.
            chosen = offered[min(int(self.dice.expovariate(0.4)), len(offered) - 1)]
            body = f"csrfmiddlewaretoken={token[1]}&shift={chosen}"
            self._ask("take a place", "POST", f"{self.path}shifts/", body=body)
            if self.last_location.endswith("/done/"):
                self._ask("where I am expected", "GET", f"{self.path}done/")
                return

    def _ask(self, step: str, method: str, path: str, *, body: str = "", since: float | None = None) -> str | None:
        """The page, or None where the answer was neither a page nor a way on."""
        begun = time.monotonic() if since is None else since
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Language": "zh-CN",
        }
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Referer"] = f"http://127.0.0.1:{self.connection.port}{path}"
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        self.times.append((step, 1e3 * (time.monotonic() - begun)))
        self.last_location = answer.headers.get("Location", "")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in (200, 302):
            self.errors.append(f"{step}: {answer.status}")
            return None
        return text


def _warm(port: int, made: dict[str, Any]) -> None:
    """Every process has imported what it needs before the first person is timed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(16):
        connection.request("GET", f"/campaigns/join/{made['code']}/")
        connection.getresponse().read()
        connection.close()


def prepare(people: int) -> dict[str, Any]:
    """A campaign for today and the days after, and its people with a session each."""
    from xinshi.campaigns import actions
    from xinshi.kernel.actor import Actor

    system = Actor.system("bench")
    ids, users = _people(system, people)
    campaign_id, places = _campaign(system, people, leader_id=ids[0])
    actions.recruit_many(actor=system, campaign_id=campaign_id, person_ids=ids, has_pledged=True)
    return {"code": "rush", "sessions": _sessions(users), "places": places}


def _people(system: Any, number: int) -> tuple[list[int], list[int]]:
    """People with passbooks and sign-ins: their ids, and those of their users."""
    from xinshi.bank.actions import open_passbooks
    from xinshi.kernel.actor import Role
    from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

    ids: list[int] = []
    for start in range(0, number, 1_000):
        some = range(start, min(start + 1_000, number))
        ids += register_people(actor=system, people=[NewPerson(name=f"志愿者{one}") for one in some])
    open_passbooks(actor=system, person_ids=ids, opened_through="bench")
    new = [NewUser(username=f"b{pk}", password=None, person_id=pk, roles=frozenset({Role.VOLUNTEER})) for pk in ids]
    return ids, create_users(actor=system, users=new)


def _campaign(system: Any, people: int, *, leader_id: int) -> tuple[int, int]:
    """A published campaign and how many places it has."""
    from xinshi.campaigns import actions
    from xinshi.campaigns.domain import Need, NewCampaign, NewRole, NewSite, days_between
    from xinshi.campaigns.models import Campaign
    from xinshi.kernel import clock
    from xinshi.organizations.models import Organization

    office = Organization.objects.create(name="门诊部", kind="department", created_at=clock.now())
    first = clock.today() + timedelta(days=1)
    campaign_id = actions.create_campaign(
        actor=system,
        campaign=NewCampaign(
            name="全员核酸",
            code="rush",
            purpose="协助采样点登记与引导",
            risks="可能接触感染者",
            category="3201",
            starts_on=first,
            ends_on=first + timedelta(days=DAYS - 1),
            target_people=people,
            organizer_id=office.pk,
            person_in_charge_id=leader_id,
            roles=(NewRole(name="登记"),),
            windows=((clock_time(8), clock_time(12)), (clock_time(13), clock_time(17))),
        ),
    )
    new = [NewSite(name=f"采样点{number}", place="社区广场", leader_id=leader_id) for number in range(SITES)]
    sites = actions.add_sites(actor=system, campaign_id=campaign_id, sites=new)
    campaign = Campaign.objects.get(pk=campaign_id)
    days = days_between(campaign.starts_on, campaign.ends_on)
    cells = [(site, day, window.pk) for site in sites for day in days for window in campaign.windows.all()]
    role_id = campaign.roles.get().pk
    each = max(1, round(people * PLACES_SHARE / len(cells)))
    needs = [Need(site_id=s, day=d, window_id=w, role_id=role_id, places=each) for s, d, w in cells]
    actions.set_posts(actor=system, campaign_id=campaign_id, needs=needs)
    actions.publish_posts(actor=system, campaign_id=campaign_id)
    return campaign_id, each * len(cells)


def _sessions(users: list[int]) -> list[str]:
    """Keys of sessions in which these users are signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from xinshi.people.models import User

    ends, store, rows = timezone.now() + timedelta(days=1), SessionStore(), []
    for user in User.objects.filter(pk__in=users).order_by("pk"):
        values = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "xinshi.people.authentication.UserNameOrPhoneBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        rows.append(Session(session_key=f"bench{user.pk:027d}", session_data=store.encode(values), expire_date=ends))
    Session.objects.bulk_create(rows, batch_size=1_000)
    return [row.session_key for row in rows]


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare(int(sys.argv[1]))))
