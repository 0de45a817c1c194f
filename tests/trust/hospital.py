"""`python -m tests.trust.hospital NUMBER_OF_RECORDS`: invented people, tokens and service for the harnesses, as JSON.

`python -m tests.trust.hospital close` does what the worker would do by and by: delivers events, makes the last seals.
"""

from __future__ import annotations

import json
import sys
from datetime import date, time, timedelta
from typing import Any

VOLUNTEERS = 24
COORDINATORS = CLERKS = 2
SHIFTS_A_DAY = 8
FIRST_HOURS = 10
STOCK = 60
PRICES_MINUTES = (30, 45, 60)
RECORDS_AT_ONCE = 2_000


def found(records: int) -> dict[str, Any]:
    """Make the hospital in an empty, migrated database; what the clients need to know of it."""
    from xinshi.activities.actions import create_activities_many, ensure_programmes
    from xinshi.bank.actions import open_passbooks
    from xinshi.benefits.actions import create_benefit
    from xinshi.benefits.domain import NewBenefit, Supply
    from xinshi.kernel.actor import Actor, Role
    from xinshi.organizations.actions import ensure_departments
    from xinshi.people.actions import NewPerson, register_people

    system = Actor.system("trust")
    people = register_people(
        actor=system,
        people=[NewPerson(name=f"志愿者{n}", volunteer_number=f"7{n:017d}") for n in range(VOLUNTEERS + 1)],
    )
    leader, volunteers = people[0], people[1:]
    passbooks = open_passbooks(actor=system, person_ids=people, opened_through="station")
    _first_hours(volunteers)
    tokens = {
        "volunteer": _tokens(Role.VOLUNTEER, volunteers),
        "coordinator": _tokens(Role.COORDINATOR, [None] * COORDINATORS),
        "clerk": _tokens(Role.CLERK, [None] * CLERKS),
        "auditor": _tokens(Role.AUDITOR, [None]),
    }
    benefits = [
        create_benefit(
            actor=system,
            benefit=NewBenefit(
                name=f"餐券{price}",
                kind="meal",
                supply=Supply.STOCK if price == PRICES_MINUTES[-1] else Supply.UNLIMITED,
                price_minutes=price,
                stars_min=0,
                stock=STOCK if price == PRICES_MINUTES[-1] else None,
                place="食堂",
                is_active=True,
            ),
        )
        for price in PRICES_MINUTES
    ]
    organizer = ensure_departments(actor=system, names=["门诊部"])["门诊部"]
    programme = ensure_programmes(actor=system, names=["我志愿·我先行"])["我志愿·我先行"]
    days = -(-records // (SHIFTS_A_DAY * VOLUNTEERS))
    create_activities_many(
        actor=system, activities=[_activity(number, leader, organizer, programme) for number in range(days)]
    )
    return {
        "volunteers": [
            {"person": person, "passbook": passbooks[person], "token": token}
            for person, token in zip(volunteers, tokens["volunteer"], strict=True)
        ],
        "coordinators": tokens["coordinator"],
        "clerks": tokens["clerk"],
        "auditor": tokens["auditor"][0],
        "benefits": [[pk, price] for pk, price in zip(benefits, PRICES_MINUTES, strict=True)],
        "records": _records(volunteers, records),
        "first_minutes": FIRST_HOURS * 60,
    }


def _first_hours(volunteers: list[int]) -> None:
    from xinshi.bank.actions import NewDeposit, deposit_many
    from xinshi.kernel.actor import Actor
    from xinshi.kernel.codes import HoursKind

    deposit_many(
        actor=Actor.system("trust"),
        deposits=[
            NewDeposit(
                person_id=person,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=FIRST_HOURS * 60,
                worked_on=date(2024, 3, 5),
                source_ref=f"first:{person}",
            )
            for person in volunteers
        ],
    )


def _tokens(role: Any, people: list[Any]) -> list[str]:
    from xinshi.kernel.actor import Actor
    from xinshi.people.access import actor_for
    from xinshi.people.actions import NewUser, create_users
    from xinshi.people.actions.tokens import issue_token
    from xinshi.people.models import User

    users = create_users(
        actor=Actor.system("trust"),
        users=[
            NewUser(username=f"{role.value}-{n}", password=None, person_id=person, roles=frozenset({role}))
            for n, person in enumerate(people)
        ],
    )
    return [issue_token(actor=actor_for(User.objects.get(pk=pk)), name="trust") for pk in users]


def _activity(number: int, leader: int, organizer: int, programme: int) -> Any:
    from xinshi.activities.domain import NewActivity, NewShift
    from xinshi.kernel import clock

    day = clock.today() - timedelta(days=2 + number)
    return NewActivity(
        title="门诊导医",
        programme_id=programme,
        category="0004",
        place="门诊大厅",
        organizer_id=organizer,
        person_in_charge_id=leader,
        state="finished",
        shifts=tuple(
            NewShift(
                starts_at=clock.at_local(day, time(8 + hour)),
                ends_at=clock.at_local(day, time(9 + hour)),
                places=VOLUNTEERS,
            )
            for hour in range(SHIFTS_A_DAY)
        ),
    )


def _records(volunteers: list[int], number: int) -> list[list[int]]:
    """Submitted service records that wait for approval: [record, person, minutes], mixed by person."""
    from xinshi.activities.models import Shift
    from xinshi.attendance.actions import record_many
    from xinshi.attendance.domain import NewRecord
    from xinshi.attendance.models import ServiceRecord
    from xinshi.kernel.actor import Actor

    new = [
        NewRecord(
            shift_id=shift.pk,
            person_id=person,
            checked_in_at=shift.starts_at,
            checked_out_at=shift.starts_at + timedelta(minutes=30 + person % 30),
            through="leader",
        )
        for shift in Shift.objects.order_by("pk")
        for person in volunteers
    ][:number]
    for start in range(0, len(new), RECORDS_AT_ONCE):
        record_many(actor=Actor.system("trust"), records=new[start : start + RECORDS_AT_ONCE])
    rows = ServiceRecord.objects.order_by("pk").values_list("pk", "person_id", "credited_minutes")
    return [list(row) for row in rows]


def close() -> dict[str, Any]:
    """Deliver what is due and seal everything."""
    from xinshi.audit.sealing import seal as seal_records
    from xinshi.ledger.sealing import seal
    from xinshi.outbox.actions import deliver_due

    return {"delivered": deliver_due(), "sealed": sum(seal() for _ in range(5)), "records": seal_records()}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(close() if sys.argv[1] == "close" else found(int(sys.argv[1]))))
