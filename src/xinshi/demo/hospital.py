"""The order in which the demo hospital comes to be: people, policy, service, and what is still to come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from xinshi.activities.actions import create_activities_many, ensure_programmes, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.attendance.actions import approve, record_many
from xinshi.attendance.domain import NewRecord
from xinshi.bank.actions import open_passbooks, propose_policy, put_policy_in_force
from xinshi.bank.rules import GroupHours, Rules
from xinshi.demo import people as invention
from xinshi.demo import service
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.organizations.actions import create_organization, ensure_departments, join_many
from xinshi.organizations.models import Organization
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

SEED: Final = 20261124
PASSWORD: Final = "xinshi-demo-2026"  # noqa: S105  # Printed at every start: it guards invented people only.
PASSWORD_ROLES: Final = tuple(Role)
"""One sign-in per role; its user name is the role's own name."""
SECONDS: Final = {"coordinator2": Role.COORDINATOR, "administrator2": Role.ADMINISTRATOR}
"""Whom a second pair of eyes needs: nobody decides about their own proposal or their own approval."""
KEEPERS: Final = {"partner": "示范大学志愿服务爱心基地", "department": "门诊部"}
"""A partner's administrator and a department's contact: volunteers who keep one organisation each."""
DEMO_ACCOUNTS: Final = (*(role.value for role in PASSWORD_ROLES), *SECONDS, *KEEPERS)
LEADER: Final = 3
COORDINATOR: Final = 9
OTHER_LEADERS: Final = range(10, 40)
EXPIRY_MONTHS: Final = 36
GIFT_YEAR_CAP_MINUTES: Final = 100 * 60
STAR_THRESHOLDS_HOURS: Final = (20, 50, 150, 500, 1_000)
DAYS_AHEAD: Final = 35
PEOPLE_AT_ONCE: Final = 1_000
RECORDS_AT_ONCE: Final = 2_000
SIGN_UPS_AT_ONCE: Final = 1_000
MEMBER_SHIFTS_AHEAD: Final = 3
NEWCOMER_EVERY: Final = 24
NEWCOMER_DAYS: Final = 12

PARTNERS: Final = (
    ("示范大学志愿服务爱心基地", Organization.Kind.UNIVERSITY),
    ("示范医学院青年志愿者协会", Organization.Kind.UNIVERSITY),
    ("示范师范学院手语社", Organization.Kind.UNIVERSITY),
    ("示范职业技术学院护理分院", Organization.Kind.UNIVERSITY),
    ("东湖街道志愿服务队", Organization.Kind.PARTNER),
    ("西山区红十字志愿服务队", Organization.Kind.PARTNER),
    ("示范市中心血站", Organization.Kind.PARTNER),
    ("云溪县敬老院", Organization.Kind.PARTNER),
    ("示范市残疾人联合会志愿者之家", Organization.Kind.PARTNER),
    ("示范市消防救援志愿队", Organization.Kind.PARTNER),
    ("南城公交巾帼志愿队", Organization.Kind.PARTNER),
    ("示范市图书馆朗读志愿队", Organization.Kind.PARTNER),
)
RISKS: Final = "可能接触病人；请佩戴口罩，不做超出岗位说明的事。"


class Progress(Protocol):
    def __call__(self, done: int, total: int) -> None: ...


@dataclass(slots=True)
class Hospital:
    """What was created so far and is needed later on."""

    dice: random.Random
    today: date
    person_ids: list[int] = field(default_factory=list)
    organizations: dict[str, int] = field(default_factory=dict)
    programmes: dict[str, int] = field(default_factory=dict)
    actors: dict[Role, Actor] = field(default_factory=dict)

    @property
    def coordinator(self) -> Actor:
        return self.actors[Role.COORDINATOR]


@dataclass(frozen=True, slots=True)
class Presence:
    """Who came to which shift of an activity that is over."""

    activity: service.InventedActivity
    shift: int
    people: tuple[int, ...]


def found_hospital(system: Actor, *, today: date, progress: Progress) -> Hospital:
    """Departments, partners, policy, people with passbooks, and the sign-ins of every role."""
    hospital = Hospital(random.Random(SEED), today)  # noqa: S311  # Invention, not cryptography.
    hospital.organizations = dict(ensure_departments(actor=system, names=invention.DEPARTMENTS))
    for name, kind in PARTNERS:
        hospital.organizations[name] = create_organization(actor=system, name=name, kind=kind)
    number = propose_policy(
        actor=system,
        rules=Rules(
            star_thresholds_minutes=tuple(hours * 60 for hours in STAR_THRESHOLDS_HOURS),
            expiry_months=EXPIRY_MONTHS,
            gifts=True,
            gift_year_cap_minutes=GIFT_YEAR_CAP_MINUTES,
            donations=True,
            group_hours=GroupHours.DONATE_ONLY,
        ),
        note="示范医院的星级标准：20、50、150、500、1000 小时",
    )
    put_policy_in_force(actor=system, number=number, effective_from=today - timedelta(days=service.DAYS_OF_HISTORY))
    _register(hospital, system, progress)
    _give_sign_ins(hospital, system)
    hospital.programmes = ensure_programmes(actor=system, names=[plan.programme for plan in service.PLANS])
    return hospital


def _register(hospital: Hospital, system: Actor, progress: Progress) -> None:
    invented = invention.invent_people(hospital.dice, today=hospital.today)
    for start in range(0, len(invented), PEOPLE_AT_ONCE):
        part = invented[start : start + PEOPLE_AT_ONCE]
        ids = register_people(actor=system, people=[_new_person(person) for person in part])
        open_passbooks(actor=system, person_ids=ids, opened_through="station")
        hospital.person_ids += ids
        progress(len(hospital.person_ids), len(invented))
    universities = [name for name, kind in PARTNERS if kind is Organization.Kind.UNIVERSITY]
    teams = [name for name, kind in PARTNERS if kind is Organization.Kind.PARTNER]
    memberships = []
    for person_id, person in zip(hospital.person_ids, invented, strict=True):
        if person.department:
            memberships.append((person_id, hospital.organizations[person.department]))
        elif person.group == "student":
            memberships.append((person_id, hospital.organizations[hospital.dice.choice(universities)]))
        elif hospital.dice.random() < 0.5:
            memberships.append((person_id, hospital.organizations[hospital.dice.choice(teams)]))
    begun = hospital.today - timedelta(days=service.DAYS_OF_HISTORY)
    newcomers = [pair for place, pair in enumerate(memberships) if place % NEWCOMER_EVERY == 0]
    join_many(actor=system, memberships=sorted(set(memberships) - set(newcomers)), since=begun)
    join_many(actor=system, memberships=newcomers, since=hospital.today - timedelta(days=NEWCOMER_DAYS))


def _new_person(person: invention.InventedPerson) -> NewPerson:
    return NewPerson(
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        id_kind="01",
        id_number=person.id_number,
        volunteer_number=person.volunteer_number,
        phone=person.phone,
        area=person.area,
        group=person.group,
        skills=person.skills,
        service_categories=person.service_categories,
        is_public=person.is_public,
    )


def _give_sign_ins(hospital: Hospital, system: Actor) -> None:
    person_of = {
        Role.VOLUNTEER: hospital.person_ids[invention.FIVE_STAR_MEMBER],
        Role.LEADER: hospital.person_ids[LEADER],
        Role.COORDINATOR: hospital.person_ids[COORDINATOR],
    }
    roles = {role: frozenset({role}) for role in PASSWORD_ROLES} | {
        Role.LEADER: frozenset({Role.LEADER, Role.VOLUNTEER}),
        Role.COORDINATOR: frozenset({Role.COORDINATOR, Role.VOLUNTEER}),
    }
    users = [
        NewUser(username=role.value, password=PASSWORD, person_id=person_of.get(role), roles=roles[role])
        for role in PASSWORD_ROLES
    ]
    users += [
        NewUser(username=name, password=PASSWORD, person_id=None, roles=frozenset({role}))
        for name, role in SECONDS.items()
    ]
    for role, user_id in zip(PASSWORD_ROLES, create_users(actor=system, users=users), strict=False):
        hospital.actors[role] = Actor(
            reference=f"user:{user_id}", user_id=user_id, person_id=person_of.get(role), roles=roles[role]
        )


def enter_history(hospital: Hospital, *, progress: Progress) -> None:
    """Two years of service: activities, presence, approval; the last days still wait for their approval."""
    first = hospital.today - timedelta(days=service.DAYS_OF_HISTORY)
    last = hospital.today - timedelta(days=1)
    invented = list(service.activities_between(first, last))
    crowd = service.Crowd(hospital.dice)
    presences = [
        Presence(activity, shift, tuple(crowd.take(activity, activity.plan.places)))
        for activity in invented
        for shift in range(len(activity.plan.shifts))
    ]
    shift_ids = _create(hospital, invented, state="finished")
    waiting_from = hospital.today - timedelta(days=service.DAYS_WAITING)
    total = sum(len(presence.people) for presence in presences)
    done = 0
    for batch in _batches(presences, RECORDS_AT_ONCE):
        records = [record for presence in batch for record in _records(hospital, presence, shift_ids)]
        ids = record_many(actor=hospital.coordinator, records=records)
        approve_ids = [
            pk for pk, new in zip(ids, records, strict=True) if clock.local_day(new.checked_in_at) < waiting_from
        ]
        own = hospital.coordinator.person_id
        _approve(hospital, [pk for pk, new in zip(ids, records, strict=True) if new.person_id != own], approve_ids)
        done += len(ids)
        progress(done, total)


def _approve(hospital: Hospital, of_others: Sequence[int], due: Sequence[int]) -> None:
    """The coordinator approves the rest; nobody approves their own service, so theirs is the administrator's to approve."""
    others = set(of_others)
    if first := [pk for pk in due if pk in others]:
        approve(actor=hospital.coordinator, record_ids=first)
    if own := [pk for pk in due if pk not in others]:
        approve(actor=hospital.actors[Role.ADMINISTRATOR], record_ids=own)


def _create(
    hospital: Hospital, invented: Sequence[service.InventedActivity], *, state: str
) -> dict[tuple[service.InventedActivity, int], int]:
    """Create the activities; the shift ids by (activity, index of the shift)."""
    found: dict[tuple[service.InventedActivity, int], int] = {}
    for start in range(0, len(invented), PEOPLE_AT_ONCE):
        part = invented[start : start + PEOPLE_AT_ONCE]
        created = create_activities_many(
            actor=hospital.coordinator, activities=[_new_activity(hospital, activity, state) for activity in part]
        )
        for activity, made in zip(part, created, strict=True):
            found |= {(activity, index): shift_id for index, shift_id in enumerate(made.shift_ids)}
    return found


def _new_activity(hospital: Hospital, activity: service.InventedActivity, state: str) -> NewActivity:
    plan = activity.plan
    in_charge = LEADER if plan is service.PLANS[0] else OTHER_LEADERS[service.PLANS.index(plan)]
    return NewActivity(
        title=plan.title,
        category=plan.category,
        place=plan.place,
        organizer_id=hospital.organizations[plan.organizer],
        person_in_charge_id=hospital.person_ids[in_charge],
        programme_id=hospital.programmes[plan.programme],
        risks=RISKS if plan.category in ("0004", "0013", "0017", "3201") else "",
        hours_kind=HoursKind(plan.hours_kind),
        state=state,
        shifts=tuple(
            NewShift(
                starts_at=clock.at_local(activity.day, start),
                ends_at=clock.at_local(activity.day, end),
                places=plan.places,
            )
            for start, end in plan.shifts
        ),
    )


def _batches(presences: Sequence[Presence], rows: int) -> list[list[Presence]]:
    """Whole shifts together, at most about `rows` people each."""
    found: list[list[Presence]] = [[]]
    size = 0
    for presence in presences:
        if size + len(presence.people) > rows:
            found.append([])
            size = 0
        found[-1].append(presence)
        size += len(presence.people)
    return found


def _records(
    hospital: Hospital, presence: Presence, shift_ids: dict[tuple[service.InventedActivity, int], int]
) -> list[NewRecord]:
    start, end = presence.activity.plan.shifts[presence.shift]
    opens, closes = clock.at_local(presence.activity.day, start), clock.at_local(presence.activity.day, end)
    return [
        NewRecord(
            shift_id=shift_ids[presence.activity, presence.shift],
            person_id=hospital.person_ids[index],
            checked_in_at=_came(hospital, index, opens),
            checked_out_at=_left(hospital, index, closes),
            through="leader",
        )
        for index in presence.people
    ]


def _came(hospital: Hospital, index: int, opens: datetime) -> datetime:
    early = 0 if index == invention.FIVE_STAR_MEMBER else hospital.dice.randint(0, 9)
    return opens - timedelta(minutes=early)


def _left(hospital: Hospital, index: int, closes: datetime) -> datetime:
    if index == invention.FIVE_STAR_MEMBER:
        return closes
    late = hospital.dice.randint(0, 8) if hospital.dice.random() < 0.95 else -hospital.dice.randint(10, 30)
    return closes + timedelta(minutes=late)


def plan_ahead(hospital: Hospital, *, progress: Progress) -> None:
    """Today's and the next weeks' activities, with the places that are taken already."""
    last = hospital.today + timedelta(days=DAYS_AHEAD)
    invented = list(service.activities_between(hospital.today, last))
    shift_ids = _create(hospital, invented, state="published")
    crowd = service.Crowd(hospital.dice)
    crowd.member_times = {}
    tomorrow = hospital.today + timedelta(days=1)
    sign_ups: list[tuple[int, int]] = []
    for (activity, _shift), shift_id in shift_ids.items():
        if activity.day >= tomorrow:
            crowd.member_times.setdefault(service.PLANS[0].title, MEMBER_SHIFTS_AHEAD)
        distance = (activity.day - hospital.today).days
        share = max(0.15, 0.95 - distance * 0.025) * hospital.dice.uniform(0.6, 1.05)
        taken = crowd.take(activity, min(activity.plan.places, round(activity.plan.places * share)))
        sign_ups += [(shift_id, hospital.person_ids[index]) for index in taken]
    for start in range(0, len(sign_ups), SIGN_UPS_AT_ONCE):
        part = sign_ups[start : start + SIGN_UPS_AT_ONCE]
        sign_up_many(actor=hospital.coordinator, signups=part)
        progress(start + len(part), len(sign_ups))
