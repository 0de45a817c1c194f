"""The opening minute of a vaccination day: everybody scans the code at once, twice, and a web process is killed meanwhile.

`python -m tests.trust.rush NUMBER` makes NUMBER people with a place in one shift that runs now, as JSON for the clients.
Judged past the program: one record for each, none twice, none lost; and how long people waited.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.trust.phones import Phones, Request, request_text
from tests.trust.scratch import Scratch, Server
from xinshi.config.environment import Environment
from xinshi.config.serving import THREADS_OF_SEVERAL

TRIES_MAX = 40
WELL_WITHIN_SECONDS = 60
TOLD_WITHIN_SECONDS = 120
IDLE_SHARE = 0.2
"""Of a processor: so little the worker does when nothing is to be done."""
AGAIN_AFTER_SECONDS = 1.0
"""Nobody presses again sooner."""
AT_ONCE = 1_000
AS_DELIVERED = {
    "web_processes": str(Environment.model_fields["web_processes"].default),
    "web_threads": str(THREADS_OF_SEVERAL),
}
"""The house serves as it does where nobody set anything."""
TIMES_SENT = 2
SETTLED_SECONDS = 5
"""By then every process of a bare server has loaded its program."""


@dataclass(slots=True)
class Rush:
    """What came of it; seconds as the people felt them, from their first send to their first yes."""

    people: int
    killed: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    retries: int = 0
    wrong: list[str] = field(default_factory=list)
    done: int = 0
    """People who were answered as often as they had sent."""

    def wait(self, share: float) -> float:
        ordered = sorted(self.waits)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


def run(over: Scratch, *, people: int, seed: int) -> Rush:
    """Found the shift in a migrated database, let everybody scan, and judge."""
    crowd = json.loads(over.run("tests.trust.rush", str(people)).stdout)
    server, found = Server(replace(over, settings=over.settings | AS_DELIVERED)), Rush(people)
    try:
        server.start()
        _wait_until_well(server)
        _wait_until_told(over)
        _wait_until_idle(server)
        _scan(server, crowd, found, random.Random(seed))
    finally:
        server.kill()
    found.wrong += differences(over, crowd)
    return found


def run_bare(over: Scratch, *, people: int, seed: int) -> Rush:
    """The same people, phones and kill against a bare Django view over an empty database: the yardstick."""
    crowd = json.loads(over.run("tests.trust.bare", str(people)).stdout)
    served_alike = replace(over, settings=over.settings | AS_DELIVERED)
    server, found = Server(served_alike, module=("tests.trust.bare", "serve")), Rush(people)
    try:
        server.start()
        time.sleep(SETTLED_SECONDS)
        _scan(server, crowd, found, random.Random(seed))
    finally:
        server.kill()
    held = over.rows("SELECT count(*) FROM bare_record")[0][0]
    if held != people:
        found.wrong.append(f"records: {held} instead of {people}")
    return found


def differences(over: Scratch, crowd: dict[str, Any]) -> list[str]:
    """What the database holds other than one open record, one trace and one attended place for each person."""
    wanted, shift = len(crowd["tokens"]), crowd["shift"]
    counts = {
        "records": "SELECT count(*) FROM service_record WHERE shift_id = %s AND state = 'open'",
        "people with a record": "SELECT count(DISTINCT person_id) FROM service_record WHERE shift_id = %s",
        "traces": "SELECT count(*) FROM presence_trace WHERE shift_id = %s AND event = 'in'",
        "places attended": "SELECT count(*) FROM signup WHERE shift_id = %s AND attended_at IS NOT NULL",
    }
    found = []
    for what, statement in counts.items():
        held = over.rows(statement, shift)[0][0]
        if held != wanted:
            found.append(f"{what}: {held} instead of {wanted}")
    lines = "SELECT count(*) FROM audit_entry WHERE action = 'attendance.check_in'"
    if over.rows(lines)[0][0] != wanted:
        found.append("the trail does not hold each check-in once")
    return found


def _wait_until_well(server: Server) -> None:
    """The house is open, its worker at work, before people come: they are not to wait for its programs to load."""
    deadline = time.monotonic() + WELL_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.answers_well():
            return
        time.sleep(0.1)
    raise RuntimeError("the server is not well")


def _wait_until_told(over: Scratch) -> None:
    """Everybody signed up long before: what was to be told of it was told."""
    deadline = time.monotonic() + TOLD_WITHIN_SECONDS
    while over.rows("SELECT count(*) FROM outbox_delivery WHERE state = 'due' AND due_at <= now()")[0][0]:
        if time.monotonic() > deadline:
            raise RuntimeError("the worker does not come to an end")
        time.sleep(0.2)


def _wait_until_idle(server: Server) -> None:
    """The house has been open for a while: the worker has done once what it does at its start."""
    deadline = time.monotonic() + TOLD_WITHIN_SECONDS
    before = _worked_seconds(server)
    while time.monotonic() < deadline:
        time.sleep(1)
        after = _worked_seconds(server)
        if after - before < IDLE_SHARE:
            return
        before = after
    raise RuntimeError("the worker does not come to rest")


def _worked_seconds(server: Server) -> float:
    """Processor time of the worker so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in _workers(server)]
    return sum(int(user) + int(system) for user, system in (row[11:13] for row in fields)) / os.sysconf("SC_CLK_TCK")


def _scan(server: Server, crowd: dict[str, Any], found: Rush, dice: random.Random) -> None:
    """Everybody comes at the same moment; one web process gets SIGKILL once a third of the people were served."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    phones = Phones(server.port)
    screen = Screen(phones, crowd)
    people = [Visitor(phones, screen, token, found) for token in crowd["tokens"]]
    try:
        screen.renew()
        phones.run(until=lambda: bool(screen.code))
        started = time.monotonic()
        for person in people:
            person.come()

        def is_over() -> bool:
            if not found.killed and len(found.waits) * 3 >= found.people:
                found.killed += server.kill_one_of(_web_processes(server), dice.randrange(1_000))
            return found.done == len(people)

        phones.run(until=is_over)
        found.seconds = round(time.monotonic() - started, 2)
    finally:
        phones.close()


def _web_processes(server: Server) -> list[int]:
    """The children that answer requests, without the one that delivers and seals."""
    workers = _workers(server)
    return [pid for pid in server.children() if pid not in workers]


def _workers(server: Server) -> list[int]:
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in server.children()}
    return [pid for pid, line in words.items() if b"worker" in line]


@dataclass(slots=True)
class Screen:
    """The tablet at the place: asks for the present code each second."""

    phones: Phones
    crowd: dict[str, Any]
    code: str = ""

    def renew(self) -> None:
        path = f"/api/v1/attendance/shifts/{self.crowd['shift']}/code"
        text = request_text("GET", path, self.crowd["leader"], None)

        def answered(status: int, body: Any) -> None:
            self.code = body["code"] if status == 200 else self.code
            self.phones.send(request, after_seconds=1)

        request = Request(lambda: text, answered)
        self.phones.send(request)


@dataclass(slots=True)
class Visitor:
    """One person: two sends at the same time; waits until the first yes, and both must end in the same record."""

    phones: Phones
    screen: Screen
    token: str
    found: Rush
    started: float = 0.0
    records: list[int | None] = field(default_factory=list)

    def come(self) -> None:
        self.started = time.monotonic()
        for _ in range(TIMES_SENT):
            self._send()

    def _send(self) -> None:
        tries = 0

        def answered(status: int, body: Any) -> None:
            """Asks again where the connection broke or the server was down, with the code that is shown then."""
            nonlocal tries
            tries += 1
            if status == 200:
                self._ended(int(body["record_id"]))
            elif status not in (0, 409, 500, 502, 503):
                self.found.wrong.append(f"{status}: {str(body)[:200]}")
                self._ended(None)
            elif tries == TRIES_MAX:
                self._ended(None)
            else:
                self.found.retries += 1
                self.phones.send(request, after_seconds=AGAIN_AFTER_SECONDS)

        request = Request(self._text, answered)
        self.phones.send(request)

    def _text(self) -> bytes:
        return request_text("POST", "/api/v1/attendance/codes", self.token, {"code": self.screen.code})

    def _ended(self, record: int | None) -> None:
        self.records.append(record)
        if len(self.records) == 1:
            self.found.waits.append(time.monotonic() - self.started)
        if len(self.records) == TIMES_SENT:
            self.found.done += 1
            if len(set(self.records)) != 1 or record is None:
                self.found.wrong.append(f"one person was told of {self.records}")


def crowd(number: int) -> dict[str, Any]:
    """People with a token each and a place in a shift that began just now; who leads has a token too."""
    from xinshi.activities.actions import create_activity, sign_up_many
    from xinshi.activities.domain import NewActivity, NewShift
    from xinshi.bank.actions import open_passbooks
    from xinshi.kernel import clock
    from xinshi.kernel.actor import Actor, Role
    from xinshi.organizations.actions import ensure_departments
    from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
    from xinshi.people.models import ApiToken

    system = Actor.system("trust")
    people = register_people(
        actor=system,
        people=[NewPerson(name=f"接种日志愿者{n}", volunteer_number=f"6{n:017d}") for n in range(number + 1)],
    )
    open_passbooks(actor=system, person_ids=people, opened_through="station")
    roles = [Role.LEADER] + [Role.VOLUNTEER] * number
    users = create_users(
        actor=system,
        users=[
            NewUser(username=f"rush-{n}", password=None, person_id=person, roles=frozenset({role}))
            for n, (person, role) in enumerate(zip(people, roles, strict=True))
        ],
    )
    tokens = [f"xinshi_rush_{hashlib.sha256(str(user).encode()).hexdigest()}" for user in users]
    at = clock.now()
    ApiToken.objects.bulk_create(
        ApiToken(
            user_id=user, name="rush", digest=hashlib.sha256(token.encode()).hexdigest(), created_at=at, last_used_at=at
        )
        for user, token in zip(users, tokens, strict=True)
    )
    until = min(at + timedelta(hours=2), clock.day_bounds(clock.local_day(at))[1] - timedelta(minutes=1))
    made = create_activity(
        actor=system,
        activity=NewActivity(
            title="新冠疫苗接种日",
            category="0004",
            place="体育馆",
            organizer_id=ensure_departments(actor=system, names=["门诊部"])["门诊部"],
            person_in_charge_id=people[0],
            state="published",
            shifts=(NewShift(starts_at=at + timedelta(minutes=1), ends_at=until, places=number),),
        ),
    )
    shift = made.shift_ids[0]
    for start in range(1, number + 1, AT_ONCE):
        sign_up_many(actor=system, signups=[(shift, person) for person in people[start : start + AT_ONCE]])
    return {"shift": shift, "leader": tokens[0], "tokens": tokens[1:]}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(crowd(int(sys.argv[1]))))
