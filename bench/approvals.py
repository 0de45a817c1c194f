"""`./run bench approvals`: 2,000 service records approved by the page's own action, and where the time goes.

One transaction: records, approvals, deposits, the ledger, audit lines, events and messages. Then the worker's delivery of
the events, by which stars are given: every twentieth volunteer stands just below one. Each round approves the same records
in a fresh copy of one database.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final
from urllib.parse import urlparse

from bench.crew import cpu_seconds
from bench.databases import postgres_is_reachable, scratch_folder, scratch_postgres
from bench.report import Report, median, publish

RECORDS: Final = 2_000
RISE_EVERY: Final = 20
"""Every so many volunteers reach a star by this approval."""
STARS: Final = "stars, by the worker"
SECONDS_MAX: Final = 1.5
PARTS: Final = {
    "lock and load": ("xinshi.attendance.actions.approving", "_locked"),
    "judge": ("xinshi.attendance.actions.approving", "_sort"),
    "approvals": ("xinshi.attendance.actions.approving", "_note_approvals"),
    "marks on the records": ("xinshi.attendance.actions.approving", "_mark_approved"),
    "deposits": ("xinshi.attendance.actions.approving", "deposit_many"),
    "ledger": ("xinshi.bank.actions.depositing", "post_batch"),
    "audit of deposits": ("xinshi.bank.actions.depositing", "record_many"),
    "events of deposits": ("xinshi.bank.actions.depositing", "publish_many"),
    "audit of approvals": ("xinshi.attendance.actions.approving", "record_many"),
    "events of approvals": ("xinshi.attendance.actions.approving", "publish_many"),
    "messages": ("xinshi.attendance.actions.approving", "send_many"),
}
"""Where the parts of the action begin; what a part calls of another part is counted there."""


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    report = Report(name="approvals", title=f"{RECORDS:,} approvals")
    with ExitStack() as stack:
        running = {}
        for engine in ["SQLite", "PostgreSQL"] if postgres_is_reachable() else ["SQLite"]:
            url = stack.enter_context(scratch_postgres("approvals")) if engine == "PostgreSQL" else ""
            environment = {
                **os.environ,
                "XINSHI_DATABASE_URL": url,
                "XINSHI_DATA_DIR": str(stack.enter_context(scratch_folder())),
                "XINSHI_LOG_LEVEL": "ERROR",
                "DJANGO_SETTINGS_MODULE": "xinshi.config.settings",
                "BENCH_ROUNDS": "5" if quick else "9",
            }
            command = [sys.executable, "-m", "bench.approvals"]
            running[engine] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
            )
        for process in running.values():  # They make their records side by side and are timed one after the other.
            assert process.stdout is not None
            process.stdout.readline()
        for engine, process in running.items():
            _tell(report, engine, process.communicate("go\n")[0])
    return publish(report, as_json="--json" in arguments, quick=quick)


def _tell(report: Report, engine: str, answer: str) -> None:
    rounds: list[dict[str, list[float]]] = json.loads(answer)

    def seconds(part: str, clock: int = 0) -> float:
        return median([parts[part][clock] for parts in rounds])

    for part in rounds[0]:
        report.row(engine, part, milliseconds=1e3 * seconds(part), processor_ms=1e3 * seconds(part, 1))
    goal: tuple[Any, ...] = ("<=", SECONDS_MAX) if engine == "PostgreSQL" else ()
    report.ratio(f"{engine}: processor seconds for {RECORDS:,} approvals", seconds("whole", 1))
    report.ratio(f"{engine}: seconds for {RECORDS:,} approvals", seconds("whole"), *goal)
    report.ratio(f"{engine}: µs a record beyond the ledger", 1e6 * (seconds("whole") - seconds("ledger")) / RECORDS)


class _Watch:
    """Seconds, and this process's processor seconds, spent in each part without what it spends in another part."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.open: list[str] = []
        self.since = (0.0, 0.0)

    def begin(self) -> None:
        self.since = (time.perf_counter(), time.process_time())

    def turn(self) -> None:
        """Book the time since the last turn on the innermost part that is open."""
        wall, processor = self.since
        self.begin()
        spent = self.spent[self.open[-1] if self.open else "rest"]
        spent[0] += self.since[0] - wall
        spent[1] += self.since[1] - processor

    def over(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            self.turn()
            self.open.append(part)
            try:
                return function(*arguments, **named)
            finally:
                self.turn()
                self.open.pop()

        return watched


def _prepare() -> tuple[int, list[int]]:
    """A leader's activity with records of 2,000 people that wait for approval: the leader's user id, and the records."""
    from django.core.management import call_command

    from xinshi.activities.actions import create_activity, sign_up_many
    from xinshi.activities.domain import NewActivity, NewShift
    from xinshi.attendance.actions import record_many
    from xinshi.attendance.domain import NewRecord
    from xinshi.bank.actions import open_passbooks
    from xinshi.kernel import clock
    from xinshi.kernel.actor import Actor, Role
    from xinshi.organizations.actions import ensure_departments
    from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    system = Actor.system("bench")
    people = [NewPerson(name=f"志愿者{n}", volunteer_number=f"9{n:017d}") for n in range(RECORDS + 1)]
    leader, *volunteers = register_people(actor=system, people=people)
    open_passbooks(actor=system, person_ids=[leader, *volunteers], opened_through="station")
    _deposit_almost_a_star(volunteers[::RISE_EVERY])
    user = NewUser(username="leader", password=None, person_id=leader, roles=frozenset({Role.VOLUNTEER, Role.LEADER}))
    (user_id,) = create_users(actor=system, users=[user])
    starts_at: datetime = clock.day_bounds(clock.today() - timedelta(days=1))[0] + timedelta(hours=9)
    made = create_activity(
        actor=system,
        activity=NewActivity(
            title="门诊导医",
            category="0004",
            place="门诊楼一楼大厅",
            organizer_id=ensure_departments(actor=system, names=["门诊部"])["门诊部"],
            person_in_charge_id=leader,
            shifts=(NewShift(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), places=RECORDS),),
            state="published",
        ),
    )
    sign_up_many(actor=system, signups=[(made.shift_ids[0], person) for person in volunteers])
    new = [
        NewRecord(
            shift_id=made.shift_ids[0],
            person_id=person,
            checked_in_at=starts_at,
            checked_out_at=starts_at + timedelta(hours=2),
            through="leader",
        )
        for person in volunteers
    ]
    return user_id, record_many(actor=system, records=new)


def _deposit_almost_a_star(people: list[int]) -> None:
    """An hour less than the first star, served a month ago."""
    from xinshi.bank.actions import deposit_many
    from xinshi.bank.domain import NewDeposit
    from xinshi.bank.queries import policy_in_force
    from xinshi.kernel import clock
    from xinshi.kernel.actor import Actor
    from xinshi.kernel.codes import HoursKind
    from xinshi.outbox.actions import deliver_due

    minutes = policy_in_force().star_thresholds_minutes[0] - 60
    deposit_many(
        actor=Actor.system("bench"),
        deposits=[
            NewDeposit(
                person_id=person,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=minutes,
                worked_on=clock.today() - timedelta(days=30),
                source_ref=f"bench:{person}",
            )
            for person in people
        ],
    )
    deliver_due()


@contextmanager
def _copy_in_use() -> Iterator[None]:
    """Let the connection use a fresh copy of the database that was prepared."""
    from django.db import connection, connections

    home = connection.settings_dict["NAME"]
    on_postgresql = connection.vendor == "postgresql"
    connections.close_all()
    with ExitStack() as stack:
        if on_postgresql:
            copy = urlparse(stack.enter_context(scratch_postgres("copy", template=str(home)))).path.lstrip("/")
        else:
            copy = str(stack.enter_context(scratch_folder()) / "copy.sqlite3")
            shutil.copyfile(home, copy)
        connection.settings_dict["NAME"] = copy
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = home


def _round(user_id: int, record_ids: list[int]) -> dict[str, list[float]]:
    from xinshi.attendance.actions import approve
    from xinshi.outbox.actions import deliver_due
    from xinshi.people.access import actor_for
    from xinshi.people.models import User
    from xinshi.recognition.models import StarPromotion

    with _copy_in_use(), ExitStack() as stack:
        actor = actor_for(User.objects.get(pk=user_id))
        watch = _Watch()
        for part, (module, name) in PARTS.items():
            stack.enter_context(_replaced(sys.modules[module], name, watch, part))
        server = server_process()
        server_before = cpu_seconds(server)
        watch.begin()
        decided = approve(actor=actor, record_ids=record_ids)
        watch.turn()
        assert decided.done == RECORDS, decided
        watch.over(STARS, deliver_due)()
        assert StarPromotion.objects.count() == RECORDS // RISE_EVERY, "who reached a star has it"
        parts = {part: watch.spent[part] for part in (*PARTS, STARS, "rest")}
        parts["the server's process"] = [0.0, cpu_seconds(server) - server_before]
        return {"whole": [sum(both) for both in zip(*parts.values(), strict=True)], **parts}


def server_process() -> int | None:
    """The process of the database server that serves this connection; None on SQLite."""
    from django.db import connection

    return connection.connection.info.backend_pid if connection.vendor == "postgresql" else None


@contextmanager
def _replaced(module: Any, name: str, watch: _Watch, part: str) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, watch.over(part, original))
    try:
        yield
    finally:
        setattr(module, name, original)


def probe() -> None:
    """One engine's measurement, in a process of its own: prepare, wait for the word, then every round."""
    import django
    from django.db import connection

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    django.setup()
    user_id, record_ids = _prepare()
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        connection.cursor().execute("ANALYZE")
    print("ready", file=answers, flush=True)
    sys.stdin.readline()
    rounds = [_round(user_id, record_ids) for _ in range(int(os.environ["BENCH_ROUNDS"]) + 1)]
    print(json.dumps(rounds[1:]), file=answers, flush=True)


if __name__ == "__main__":
    probe()
