"""The opening rush over HTTP: more people than places, all at the same moment, by the API of a running server.

`python -m tests.trust.places PEOPLE SHIFTS` prepares a hospital in the database of the environment and prints what the
clients need: shifts of one place each, and people with tokens.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1/activities"
ANSWER_SECONDS_MAX = 60


@dataclass(slots=True)
class Rush:
    """What came back: how many answers of each sort, and which shifts were taken by how many."""

    answers: Counter[str] = field(default_factory=Counter)
    taken: Counter[int] = field(default_factory=Counter)


def prepare(people: int, shifts: int) -> dict[str, Any]:
    """A published activity with `shifts` of one place and a waiting list, each on a day of its own; people with tokens."""
    from datetime import time, timedelta

    from xinshi.activities.actions import create_activity
    from xinshi.activities.domain import NewActivity, NewShift
    from xinshi.bank.actions import open_passbooks
    from xinshi.kernel import clock
    from xinshi.kernel.actor import Actor, Role
    from xinshi.organizations.actions import create_organization
    from xinshi.organizations.models import Organization
    from xinshi.people.access import actor_for
    from xinshi.people.actions import NewPerson, NewUser, create_users, issue_token, register_people
    from xinshi.people.models import User

    system = Actor.system("trust")
    ids = register_people(actor=system, people=[NewPerson(name=f"志愿者{number}") for number in range(people)])
    open_passbooks(actor=system, person_ids=ids, opened_through="station")
    users = create_users(
        actor=system,
        users=[
            NewUser(username=f"rush{pk}", password=None, person_id=pk, roles=frozenset({Role.VOLUNTEER})) for pk in ids
        ],
    )
    tokens = [issue_token(actor=actor_for(User.objects.get(pk=pk)), name="rush") for pk in users]
    organizer = create_organization(actor=system, name="门诊部", kind=Organization.Kind.DEPARTMENT)
    days = [clock.today() + timedelta(days=2 + number) for number in range(shifts)]
    made = create_activity(
        actor=system,
        activity=NewActivity(
            title="抢名额",
            category="0004",
            place="门诊楼",
            organizer_id=organizer,
            person_in_charge_id=ids[0],
            shifts=tuple(
                NewShift(
                    starts_at=clock.at_local(day, time(9)),
                    ends_at=clock.at_local(day, time(11)),
                    places=1,
                    reserve=people,
                )
                for day in days
            ),
            state="published",
        ),
    )
    return {"tokens": tokens, "shifts": list(made.shift_ids)}


def ask(port: int, token: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One POST on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", f"{API}{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] == b"{" else {}
    finally:
        connection.close()


def claim_all(port: int, hospital: dict[str, Any], *, at_once: int) -> Rush:
    """Everybody claims every shift, shift by shift, all of them waiting for one another before each."""
    rush, lock = Rush(), threading.Lock()
    claimants = hospital["tokens"][:at_once]
    barrier = threading.Barrier(len(claimants))

    def claim(token: str) -> None:
        for shift in hospital["shifts"]:
            barrier.wait(timeout=ANSWER_SECONDS_MAX)
            status, answer = ask(port, token, f"/shifts/{shift}/sign-ups", {})
            with lock:
                rush.answers["taken" if status == 200 else f"{status} {answer.get('code', '')}"] += 1
                rush.taken[shift] += status == 200

    with ThreadPoolExecutor(len(claimants)) as pool:
        for done in [pool.submit(claim, token) for token in claimants]:
            done.result(timeout=600)
    return rush


def come_and_go(port: int, hospital: dict[str, Any], *, at_once: int) -> Counter[str]:
    """On one shift people sign up, wait, give back, and say yes or no to what they are offered, all at once."""
    answers: Counter[str] = Counter()
    lock, shift = threading.Lock(), hospital["shifts"][0]

    def act(number: int, token: str) -> None:
        for turn in range(3):
            status, answer = ask(port, token, f"/shifts/{shift}/sign-ups", {})
            if status == 409:
                status, answer = ask(port, token, f"/shifts/{shift}/waiting-list", {})
            note(status, answer)
            if status == 200 and (number + turn) % 3:
                note(*ask(port, token, f"/sign-ups/{answer['id']}/cancel", {}))
            elif status == 200:
                note(*ask(port, token, f"/sign-ups/{answer['id']}/answer", {"accept": bool(turn)}))

    def note(status: int, answer: dict[str, Any]) -> None:
        with lock:
            answers[f"{status} {answer.get('code', answer.get('state', ''))}"] += 1

    with ThreadPoolExecutor(at_once) as pool:
        jobs = [pool.submit(act, number, token) for number, token in enumerate(hospital["tokens"][:at_once])]
        for done in jobs:
            done.result(timeout=600)
    return answers


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare(*(int(text) for text in sys.argv[1:3]))))
