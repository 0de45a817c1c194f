"""An invented hospital for the tests of this room: people of every sort, shifts of every sort, quickly made."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from xinshi.activities.models import Activity, ActivityRole, Shift, SignUp
from xinshi.archive.availability import WEEKLY_MAX
from xinshi.archive.models import Inclusion, Profile, Qualification, QualificationKind, Site, Skill
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.organizations.models import Membership, Organization
from xinshi.people.models import Person
from xinshi.scheduling.models import PlanningPeriod

KINDS = (("nurse", "licence"), ("first-aid", "certificate"), ("insurance", "insurance"), ("pledge", "pledge"))
SITES = (("main", "本部院区"), ("east", "东湖院区"))
SKILLS = (("english", "英语", "English"), ("nursing", "护理", "Nursing"))
PLACES = ("本部院区 门诊楼", "东湖院区 一楼", "云溪社区")
CATEGORIES = ("0004", "0013", "0017")


@dataclass(frozen=True)
class Hospital:
    """Keys of what was made, and the Monday of the week that is planned."""

    monday: date
    department: Organization
    team: Organization
    people: Sequence[Person]
    shifts: Sequence[Shift]

    def period(self, **more: Any) -> PlanningPeriod:
        return PlanningPeriod.objects.create(
            name="一周",
            first_day=self.monday,
            last_day=self.monday + timedelta(days=6),
            created_at=clock.now(),
            created_by_ref="system:tests",
            **more,
        )


def next_monday() -> date:
    today = clock.today()
    return today + timedelta(days=7 - today.weekday())


def invent(seed: int, *, people: int, shifts: int, busy: float = 0.4, plain: bool = False) -> Hospital:
    """`busy`: what share of people hold some shift around the week; `plain`: nobody and nothing asks for anything."""
    dice = random.Random(seed)
    now, monday = clock.now(), next_monday()
    department = Organization.objects.create(name=f"门诊部{seed}", kind="department", created_at=now)
    team = Organization.objects.create(name=f"青年队{seed}", kind="team", created_at=now)
    kinds = {
        code: QualificationKind.objects.create(code=code, name=f"{code}证", category=category)
        for code, category in KINDS
    }
    Inclusion.objects.create(kind=kinds["nurse"], included=kinds["first-aid"])
    Site.objects.bulk_create([Site(code=code, name=name) for code, name in SITES])
    Skill.objects.bulk_create([Skill(code=code, name=name, name_en=english) for code, name, english in SKILLS])
    found = _people(dice, people, now, plain=plain)
    if not plain:
        _archive(dice, found, kinds, monday)
        Membership.objects.bulk_create(
            [Membership(person=one, organization=team, since=monday) for one in found if dice.random() < 0.4]
        )
    planned = _shifts(dice, shifts, monday, department, team, found[0], plain=plain)
    _hold(dice, found, planned, monday, department, busy, now)
    return Hospital(monday, department, team, found, planned)


def _people(dice: random.Random, number: int, now: datetime, *, plain: bool) -> list[Person]:
    born = [None, date(1990, 2, 28), date(1950, 6, 1), date(2008, 2, 29), date(2009, 12, 3), date(2014, 5, 5)]
    rows = Person.objects.bulk_create(
        [
            Person(
                name=f"志愿者{index}",
                birth_date=None if plain else dice.choice(born),
                group="citizen" if plain else dice.choice(("staff", "student", "citizen")),
                sex=dice.choice(("1", "2")),
                area=dice.choice(("东湖区", "西山区")),
                service_categories=[] if plain else dice.sample(CATEGORIES, dice.randint(0, 2)),
                registered_at=now,
            )
            for index in range(number)
        ]
    )
    states = ["active"] if plain else ["active"] * 12 + ["pending", "frozen"]
    Passbook.objects.bulk_create(
        [
            Passbook(
                person=one,
                number=f"{one.pk:016d}",
                account_id=one.pk + 10_000_000,
                state=dice.choice(states),
                opened_at=now,
                opened_through="station",
            )
            for one in rows
        ]
    )
    return rows


def _archive(dice: random.Random, people: Sequence[Person], kinds: dict[str, QualificationKind], monday: date) -> None:
    now = clock.now()
    Qualification.objects.bulk_create(
        [
            Qualification(
                person=one,
                kind=kind,
                state="verified",
                issued_on=monday - timedelta(days=400),
                expires_on=dice.choice((None, monday - timedelta(days=9), monday + timedelta(days=2))),
                source_ref=f"{code}:{one.pk}",
                submitted_at=now,
                submitted_by_ref="system:tests",
                decided_at=now,
                decided_by_ref="system:tests",
            )
            for one in people
            for code, kind in kinds.items()
            if dice.random() < 0.6
        ]
    )
    rows = []
    for one in people:
        if dice.random() < 0.2:
            continue
        first = monday + timedelta(days=dice.randint(-2, 6))
        exception = {"first": first.isoformat(), "last": (first + timedelta(days=1)).isoformat(), "note": ""}
        limited = dice.random() < 0.4
        rows.append(
            Profile(
                person=one,
                profession=dice.choice(("护士", "教师", "")),
                skills=dice.choice(({}, {"english": 3}, {"nursing": 1, "english": 2})),
                weekly=dice.choice((None, WEEKLY_MAX, dice.getrandbits(28), WEEKLY_MAX ^ 0b1111)),
                exceptions=dice.choice(
                    (
                        [],
                        [exception | {"is_free": False}],
                        [exception | {"is_free": True}, exception | {"is_free": False}],
                    )
                ),
                sites=dice.choice((None, ["main"], ["main", "east"])),
                limits_said_at=now if limited else None,
                minutes_a_week_max=dice.choice((None, 180, 480)) if limited else None,
                shifts_a_week_max=dice.choice((None, 1, 3)) if limited else None,
                shifts_a_day_max=dice.choice((None, 1, 2)) if limited else None,
                takes_nights=dice.random() < 0.5 if limited else True,
                may_lift=dice.random() < 0.5 if limited else True,
                changed_at=now,
                changed_by_ref="system:tests",
            )
        )
    Profile.objects.bulk_create(rows)


def _shifts(
    dice: random.Random,
    number: int,
    monday: date,
    department: Organization,
    team: Organization,
    leader: Person,
    *,
    plain: bool,
) -> list[Shift]:
    made = []
    asked: list[dict[str, Any]] = [
        {},
        {"qualifications": ["first-aid"]},
        {"qualifications": ["nurse", "pledge"]},
        {"groups": ["staff", "student"]},
        {"age_min": 18, "age_max": 70},
        {"is_heavy": True},
    ]
    for index in range(number):
        activity = Activity.objects.create(
            title=f"活动{index}",
            category="0004" if plain else dice.choice(CATEGORIES),
            description="" if plain else dice.choice(("", "英语导医", "协助护士")),
            place=PLACES[0] if plain else dice.choice(PLACES),
            organizer=department,
            person_in_charge=leader,
            recruits="everybody" if plain else dice.choice(("everybody", "everybody", "team", "invited")),
            team=team,
            is_dangerous=not plain and dice.random() < 0.2,
            state="published",
            created_by_ref="system:tests",
            created_at=clock.now(),
            published_at=clock.now(),
        )
        role = ActivityRole.objects.create(activity=activity, requirements={} if plain else dice.choice(asked))
        day, hour = index % 7, 9 if plain else dice.choice((4, 8, 9, 13, 18, 21))
        starts = clock.at_local(monday + timedelta(days=day), time(hour))
        hours = 2 if plain else dice.choice((1, 2, 3)) if hour > 18 else dice.choice((2, 3, 9))
        ends = starts + timedelta(hours=min(hours, 23 - hour))
        made.append(
            Shift.objects.create(
                activity=activity,
                role=role,
                starts_at=starts,
                ends_at=ends,
                minimum=1 if plain else dice.randint(0, 2),
                places=2 if plain else dice.randint(2, 4),
                is_open=True,
            )
        )
    return made


def _hold(
    dice: random.Random,
    people: Sequence[Person],
    shifts: Sequence[Shift],
    monday: date,
    department: Organization,
    busy: float,
    now: datetime,
) -> None:
    """Some hold a shift of the week itself, or one of their own around it that is full."""
    rows, extra = [], []
    role = shifts[0].role
    for one in people:
        if dice.random() >= busy:
            continue
        day, hour = dice.randint(-2, 8), dice.choice((6, 9, 12, 20))
        starts = clock.at_local(monday + timedelta(days=day), time(hour))
        extra.append(
            Shift(
                activity=dice.choice(shifts).activity,
                role=role,
                starts_at=starts,
                ends_at=starts + timedelta(hours=dice.choice((1, 3))),
                places=1,
                taken=1,
                is_open=True,
            )
        )
        rows.append((one, len(extra) - 1, dice.choice(("confirmed", "offered", "waiting", "cancelled"))))
    made = Shift.objects.bulk_create(extra)
    signups = [_signup(one, made[at], state, now) for one, at, state in rows]
    busy_people = {one for one, _at, _state in rows}
    signups += [
        _signup(one, dice.choice(shifts), dice.choice(("confirmed", "requested")), now)
        for one in people
        if dice.random() < busy / 2 and one not in busy_people
    ]
    SignUp.objects.bulk_create(signups)


def _signup(person: Person, shift: Shift, state: str, now: datetime) -> SignUp:
    return SignUp(
        person=person,
        shift=shift,
        state=state,
        signed_up_at=now,
        signed_up_by_ref="system:tests",
        offered_until=now + timedelta(days=1) if state == "offered" else None,
        cancelled_at=now if state == "cancelled" else None,
        cancelled_by_ref="system:tests" if state == "cancelled" else "",
    )
