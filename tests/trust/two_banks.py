"""Two real banks, each with its own database, server and worker; a faulty network between them; SIGKILL at any time.

`python -m tests.trust.two_banks meet CODE OTHER ADDRESS` makes two copies of a hospital partners of each other;
`… act CODE OTHER SEED NUMBER [PAUSE]` lets volunteers send and bring hours, each form until it is answered.
Judged past the programs, by both databases: nothing is lost, nothing twice, everything ends, both lists are the same.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.trust.faulty import FaultyProxy
from tests.trust.scratch import ROOT, Scratch, Server, scratch

CODES = ("bank-a", "bank-b")
KEY_ID = "trust"
SECRET = "B" * 52
TRIES_MAX = 60
HEALED_WITHIN_SECONDS = 120
FAULTS_MIN = 6
FINAL = "('confirmed', 'rejected', 'declined', 'applied', 'refused')"


def _hurrying(table: str, key: str, change: str, where: str) -> str:
    """A change of rows that nobody is busy with: who waits for locks in another order than the program does, deadlocks."""
    free = f"SELECT {key} FROM {table} WHERE {where} FOR UPDATE SKIP LOCKED"
    return f"UPDATE {table} SET {change} WHERE {key} IN ({free}) RETURNING {key}"


HURRYING = (
    _hurrying("interbank_transfer", "id", "due_at = now()", "due_at > now()"),
    _hurrying("interbank_stream", "partner_id", "due_at = now()", "due_at > now()"),
    _hurrying("interbank_stream", "partner_id", "leased_until = NULL", "leased_until > now()"),
)
"""What waits for a pause between tries, or for the lease of a dead process, is due now."""
LISTS = """
SELECT m.type, m.key, m.message_hash, m.minutes,
       CASE WHEN t.state IN ('confirmed', 'granted', 'applied', 'refused') THEN 'applied'
            WHEN t.state IN ('rejected', 'declined') THEN 'refused' ELSE 'open' END
  FROM interbank_outgoing m JOIN interbank_transfer t ON t.partner_id = m.partner_id AND t.key = m.key ORDER BY m.id
"""
PROMISES = """
SELECT m.type, m.key, m.message_hash, m.minutes, o.state FROM interbank_incoming m
  JOIN interbank_outcome o ON o.message_hash = m.message_hash ORDER BY m.sequence
"""
PEOPLES_MINUTES = "SELECT coalesce(sum(posted), 0) FROM ledger_balance"
STILL_HELD = "SELECT count(*) FROM ledger_hold WHERE state = 'open' AND starts_with(key, 'interbank:')"
"""Holds of transfers alone: hours that may have been counted twice are set aside for a person."""
CLEARING = """
SELECT coalesce(sum(CASE WHEN t.credit_id = a.id THEN t.minutes ELSE -t.minutes END), 0) FROM ledger_account a
  JOIN ledger_transfer t ON a.id IN (t.debit_id, t.credit_id) WHERE a.kind = 'clearing'
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many forms per bank, and how often a server and a worker are killed meanwhile; the rest is chance."""

    seed: int
    transfers: int
    kills: int
    seconds_max: float


@dataclass(slots=True)
class Found:
    transfers: int = 0
    states: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    healed_seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Pair:
    """Both banks with their servers, and the ways between them."""

    over: list[Scratch]
    servers: list[Server]
    ways: list[FaultyProxy]

    def run_both(self, *arguments: list[str]) -> list[subprocess.Popen[str]]:
        return [
            subprocess.Popen(
                [sys.executable, "-m", "tests.trust.two_banks", *given],
                env=database.environment(),
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for database, given in zip(self.over, arguments, strict=True)
        ]

    def stop(self) -> None:
        for server in self.servers:
            server.kill()
        for way in self.ways:
            way.stop()


@contextlib.contextmanager
def pair(template: Scratch, *, seed: int, is_faulty: bool = True) -> Iterator[Pair]:
    """Two copies of a hospital, partners of each other, with servers that run."""
    with scratch(template) as one, scratch(template) as two:
        more = {"outgoing_networks": '["127.0.0.0/8"]', "web_processes": "1"}
        over = [
            replace(database, settings=more | {"bank_code": code})
            for database, code in zip((one, two), CODES, strict=True)
        ]
        servers = [Server(database) for database in over]
        ways = [FaultyProxy(server.port, seed + n, is_faulty) for n, server in enumerate(servers)]
        found = Pair(over, servers, ways)
        try:
            addresses = [f"http://127.0.0.1:{way.port}" for way in reversed(ways)]
            joined(
                found.run_both(
                    *(["meet", *codes, url] for codes, url in zip((CODES, CODES[::-1]), addresses, strict=True))
                )
            )
            for way, server in zip(ways, servers, strict=True):
                way.start()
                server.start()
            yield found
        finally:
            found.stop()


def joined(processes: list[subprocess.Popen[str]], seconds: float = 300) -> list[str]:
    said = []
    for process in processes:
        out, error = process.communicate(timeout=seconds)
        if process.returncode:
            raise RuntimeError(error[-4_000:])
        said.append(out)
    return said


def run(plan: Plan, template: Scratch) -> Found:
    """Let people act and things break, heal, wait until everything has ended, and judge."""
    found, dice, started = Found(), random.Random(plan.seed), time.monotonic()
    with pair(template, seed=plan.seed) as banks:
        before = [database.rows(PEOPLES_MINUTES)[0][0] for database in banks.over]
        acting = banks.run_both(
            *(["act", *codes, str(plan.seed), str(plan.transfers)] for codes in (CODES, CODES[::-1]))
        )
        while any(one.poll() is None for one in acting) or found.kills < plan.kills or _is_too_kind(banks):
            if time.monotonic() - started > plan.seconds_max:
                break
            time.sleep(dice.random() * 1.5)
            if found.kills < plan.kills:
                found.kills += _kill(banks, dice)
        said = joined(acting)
        found.transfers = sum(json.loads(line)["done"] for line in said)
        for way in banks.ways:
            way.is_faulty = False
            found.faults |= {name: found.faults.get(name, 0) + times for name, times in way.faults.items()}
        _heal(banks, found)
        _judge(banks, before, found)
    found.seconds = round(time.monotonic() - started, 1)
    return found


def _is_too_kind(banks: Pair) -> bool:
    """The network has hardly done anything yet, and there is still something to do it to."""
    faults = sum(times for way in banks.ways for name, times in way.faults.items() if name != "none")
    return faults < FAULTS_MIN and any(open_number(database) for database in banks.over)


def _kill(banks: Pair, dice: random.Random) -> int:
    """SIGKILL for a whole server, which is started again, or for one of its processes, which it starts again itself."""
    server = dice.choice(banks.servers)
    if dice.random() < 0.4 or server.has_ended():
        server.kill()
        time.sleep(dice.random())
        server.start()
        return 1
    return int(server.kill_one_of(server.children(), dice.randrange(1_000)))


def _heal(banks: Pair, found: Found) -> None:
    """Wait until every transfer has ended; long pauses between tries are cut short, and leases of the dead."""
    started = time.monotonic()
    for server in banks.servers:
        if server.has_ended():
            server.kill()
            server.start()
    while time.monotonic() - started < HEALED_WITHIN_SECONDS:
        if not any(open_number(database) for database in banks.over):
            break
        for database in banks.over:
            for hurrying in HURRYING:
                database.rows(hurrying)
        time.sleep(1)
    found.healed_seconds = round(time.monotonic() - started, 1)


def open_number(database: Scratch) -> int:
    statement = f"""SELECT (SELECT count(*) FROM interbank_transfer WHERE state NOT IN {FINAL})
                         + (SELECT count(*) FROM interbank_stream WHERE delivered_next < out_next)"""
    return int(database.rows(statement)[0][0])


def _judge(banks: Pair, before: list[int], found: Found) -> None:
    one, two = banks.over
    for database, other in ((one, two), (two, one)):
        left = open_number(database)
        if left:
            found.wrong.append(f"{left} have not ended")
        sent, promised = database.rows(LISTS), other.rows(PROMISES)
        found.wrong += [f"differs: {row}" for row in sorted(set(sent) ^ set(promised))[:10]]
        told = database.verify()["first_difference"]
        if told:
            found.wrong.append(told)
        for state, number in database.rows("SELECT state, count(*) FROM interbank_transfer GROUP BY state"):
            found.states[state] = found.states.get(state, 0) + number
    after = [database.rows(PEOPLES_MINUTES)[0][0] for database in banks.over]
    if sum(after) != sum(before):
        found.wrong.append(f"{sum(before)} minutes before, {after} after")
    if any(database.rows(STILL_HELD)[0][0] for database in banks.over):
        found.wrong.append("minutes are still held")
    if sum(int(database.rows(CLEARING)[0][0]) for database in banks.over):
        found.wrong.append("the clearing accounts do not mirror each other")


def become_partners(code: str, other: str, address: str) -> Any:
    """In the bank `code`: the other as a partner, with contract, keys by which each trusts the other, and a shared key."""
    from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
    from xinshi.interbank.identity.models import SharedKey
    from xinshi.interbank.moving.models import OwnKey
    from xinshi.interbank.protocol.vectors import private_key_of
    from xinshi.kernel import clock

    now = clock.now()
    at = now - timedelta(days=2)

    def public(of: str) -> str:
        return base64.b64encode(private_key_of(of).public_key().public_bytes_raw()).decode()

    OwnKey.objects.create(
        key_id=KEY_ID,
        public_key=public(code),
        private_key=private_key_of(code).private_bytes_raw().hex(),
        made_at=now,
        signs_from=now,
        made_by_ref="trust",
        confirmed_at=now,
        confirmed_by_ref="trust:2",
    )
    partner = Partner.objects.create(code=other, name=other, address=address, created_at=at)
    PartnerContract.objects.create(
        partner=partner,
        number=1,
        starts_on=clock.local_day(at),
        hours_kinds_in=["verified"],
        hours_kinds_out=["verified"],
        written_by_ref="trust:1",
        written_at=at,
        enforced_by_ref="trust:2",
        enforced_at=at,
    )
    PartnerKey.objects.create(
        partner=partner,
        key_id=KEY_ID,
        public_key=public(other),
        valid_from=at,
        added_by_ref="trust:1",
        confirmed_by_ref="trust:2",
        confirmed_at=at,
    )
    SharedKey.objects.create(
        partner=partner,
        number=1,
        secret=SECRET,
        check_code="TRUSTS",
        is_made_here=code < other,
        known_since=at,
        known_by_ref="trust",
        sends_from=at,
    )
    return partner


def meet(code: str, other: str, address: str) -> dict[str, Any]:
    """In one bank: the other as a partner; every volunteer has a number and agrees."""
    from xinshi.interbank.identity.actions import make_tokens
    from xinshi.interbank.identity.queries import purpose_of
    from xinshi.kernel.actor import Actor
    from xinshi.people.actions import give_consent
    from xinshi.people.models import Person, id_index, id_trace

    system, partner = Actor.system("trust"), become_partners(code, other, address)
    for person in Person.objects.exclude(passbook=None).order_by("pk"):
        number = f"TRUST{person.pk:06d}"
        Person.objects.filter(pk=person.pk).update(
            id_kind="05", id_number=number, id_index=id_index(number), id_trace=id_trace(number)
        )
        give_consent(actor=system, person_id=person.pk, purpose=purpose_of(partner))
    made = make_tokens(actor=system, partner_id=partner.pk)
    return {"tokens": made.made}


def act(code: str, other: str, seed: str, number: str, pause_seconds: str = "0.4") -> dict[str, Any]:
    """In one bank: volunteers send and bring hours, one form after the other, each until it is answered."""
    from django.db import Error

    from xinshi.bank.models import Passbook
    from xinshi.exchange.models import Partner
    from xinshi.interbank.moving.actions import ask_to_bring, ask_transfer
    from xinshi.kernel.actor import Actor, Role
    from xinshi.kernel.codes import HoursKind
    from xinshi.kernel.errors import DomainError

    dice = random.Random(f"{seed}/{code}")
    partner_id = Partner.objects.get(code=other).pk
    people = list(Passbook.objects.order_by("person_id").values_list("person_id", flat=True))
    done = refused = 0
    for form in range(int(number)):
        person_id = dice.choice(people)
        actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
        verb = dice.choice((ask_transfer, ask_to_bring))
        minutes = dice.randint(1, 300)
        for _ in range(TRIES_MAX):
            try:
                verb(
                    actor=actor,
                    partner_id=partner_id,
                    minutes=minutes,
                    kind=HoursKind.VERIFIED,
                    form_key=f"{code}:{form}",
                )
                done += 1
                break
            except DomainError:
                refused += 1
                break
            except Error:
                time.sleep(0.1)
        time.sleep(dice.random() * float(pause_seconds))
    return {"done": done, "refused": refused}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps({"meet": meet, "act": act}[sys.argv[1]](*sys.argv[2:])))
