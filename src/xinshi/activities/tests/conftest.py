"""A small cast of people and a helper that makes activities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from xinshi.activities.actions import create_activity
from xinshi.activities.domain import CreatedActivity, NewActivity, NewShift
from xinshi.bank.actions import open_passbooks
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError
from xinshi.organizations.models import Organization
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")


@dataclass
class Somebody:
    """A person with a sign-in: acts through `actor`, browses through `client`."""

    user: User
    number: str

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def reference(self) -> str:
        return f"person:{self.person_id}"

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def client(self) -> Client:
        client = Client()
        client.force_login(self.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
        return client


@dataclass
class Cast:
    """李 and 王 volunteer; 陈 leads the activities made here, 赵 leads others; 周 coordinates, 郑 administers; 冯 and 吴
    are clerk and auditor."""

    volunteer: Somebody
    second: Somebody
    leader: Somebody
    other_leader: Somebody
    coordinator: Somebody
    administrator: Somebody
    clerk: Somebody
    auditor: Somebody
    department: Organization
    made: int = field(default=0)

    def people(self, number: int) -> list[int]:
        """`number` more volunteers with active passbooks; their ids."""
        people = [
            NewPerson(name=f"志愿者{self.made + index}", volunteer_number=f"9{self.made + index:017d}")
            for index in range(number)
        ]
        self.made += number
        ids = register_people(actor=SYSTEM, people=people)
        open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
        return ids


@pytest.fixture
def cast(db: None) -> Cast:
    roles = {
        "volunteer": ("李明", {Role.VOLUNTEER}),
        "second": ("王芳", {Role.VOLUNTEER}),
        "leader": ("陈静", {Role.VOLUNTEER, Role.LEADER}),
        "other_leader": ("赵强", {Role.VOLUNTEER, Role.LEADER}),
        "coordinator": ("周敏", {Role.COORDINATOR}),
        "administrator": ("郑洁", {Role.ADMINISTRATOR}),
        "clerk": ("冯丽", {Role.CLERK}),
        "auditor": ("吴刚", {Role.AUDITOR}),
    }
    numbers = [f"8{index:017d}" for index in range(len(roles))]
    ids = register_people(
        actor=SYSTEM,
        people=[
            NewPerson(name=name, volunteer_number=number)
            for (name, _), number in zip(roles.values(), numbers, strict=True)
        ],
    )
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=key, password=None, person_id=person_id, roles=frozenset(held))
            for (key, (_, held)), person_id in zip(roles.items(), ids, strict=True)
        ],
    )
    people = {
        key: Somebody(user=User.objects.get(username=key), number=number)
        for key, number in zip(roles, numbers, strict=True)
    }
    department = Organization.objects.create(name="门诊部", kind="department", created_at=clock.now())
    return Cast(**people, department=department)


MakeActivity = Callable[..., CreatedActivity]


@pytest.fixture
def make_activity(cast: Cast) -> MakeActivity:
    """An activity of 陈静's that begins in `starts_in` (default: tomorrow at nine), published unless said otherwise."""

    def make(
        *,
        title: str = "门诊导医",
        starts_at: datetime | None = None,
        hours: int = 2,
        places: int = 2,
        shifts: int = 1,
        state: str = "published",
        leader: Somebody | None = None,
        category: str = "0004",
        hours_kind: HoursKind = HoursKind.VERIFIED,
    ) -> CreatedActivity:
        first = starts_at or tomorrow_at(9)
        return create_activity(
            actor=SYSTEM,
            activity=NewActivity(
                title=title,
                category=category,
                place="门诊楼一楼大厅",
                organizer_id=cast.department.pk,
                person_in_charge_id=(leader or cast.leader).person_id,
                shifts=tuple(
                    NewShift(
                        starts_at=first + timedelta(days=day),
                        ends_at=first + timedelta(days=day, hours=hours),
                        places=places,
                    )
                    for day in range(shifts)
                ),
                state=state,
                hours_kind=hours_kind,
            ),
        )

    return make


def all_at_once(jobs: Sequence[Callable[[], object]], *, threads: int) -> list[object]:
    """The jobs' results or refusals, in order, each in a thread with its own connection; anything else is raised."""
    begin = Barrier(min(threads, len(jobs)))

    def attempt(position: int, job: Callable[[], object]) -> object:
        try:
            if position < begin.parties:
                begin.wait(timeout=30)
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(attempt, range(len(jobs)), jobs))


def tomorrow_at(hour: int, *, days: int = 0) -> datetime:
    return clock.at_local(clock.today() + timedelta(days=1 + days), time(hour))
