"""What goes on in the demo hospital besides service: gifts, the pool, a request, accounts to check, a proposed version."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from xinshi.appeals.actions import ask
from xinshi.appeals.domain import Asked, CorrectionKind, NewRequest
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.sealing import seal as seal_trail
from xinshi.bank.actions import open_passbooks, propose_policy
from xinshi.bank.queries import passbooks_by_person, policy_in_force
from xinshi.bank.rules import Coefficient
from xinshi.demo.hospital import Hospital, Progress
from xinshi.demo.people import FIVE_STAR_MEMBER
from xinshi.giving.actions import (
    answer_relative,
    ask_relative,
    decide_grant,
    decide_group_hours,
    donate,
    donate_group_hours,
    enter_group_hours,
    give,
    propose_grant,
)
from xinshi.giving.domain import Decision, Relation
from xinshi.kernel.actor import Actor, Role
from xinshi.ledger.checking import check_book
from xinshi.liabilities.actions import take_snapshot
from xinshi.people.actions import NewPerson, register_people
from xinshi.people.models import Person

HOUR: Final = 60
ELDER_SISTER: Final = 40
RELATIVE: Final = 41
DONORS: Final = range(42, 48)
IN_NEED: Final = 60
ALSO_IN_NEED: Final = 61
SOME_SHIFTS_AGO: Final = 9
LONGER_BY: Final = timedelta(minutes=30)
TO_CHECK: Final = (
    NewPerson(name="方知夏", phone="19900000101", area="示范市东湖区"),
    NewPerson(name="江一帆", phone="19900000102", area="示范市西山区"),
)


def let_things_happen(hospital: Hospital, system: Actor, *, progress: Progress) -> None:
    """Every room has something to show, made by the people who would make it."""
    steps = (_give, _help, _ask, _wait_for_a_check, _propose)
    for done, step in enumerate(steps, start=1):
        step(hospital)
        progress(done, len(steps))
    take_snapshot(actor=system)
    seal_trail()


def look_at_the_book(hospital: Hospital) -> None:
    """The auditor has reconciled the book once."""
    check_book(actor=hospital.actors[Role.AUDITOR])


def _person(hospital: Hospital, index: int) -> Actor:
    """Somebody in the archive, acting for themselves."""
    person_id = hospital.person_ids[index]
    return Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))


def _give(hospital: Hospital) -> None:
    """Somebody gave to an elder sister; a question whether two are related is still open; six people gave to the pool."""
    sister = _person(hospital, RELATIVE)
    names = dict(Person.objects.filter(pk__in=hospital.person_ids[:100]).values_list("pk", "name"))
    cards = passbooks_by_person(hospital.person_ids[:100])

    def related(asker: Actor, index: int, relation: Relation) -> int:
        other = hospital.person_ids[index]
        return ask_relative(actor=asker, passbook_number=cards[other].number, name=names[other], relation=relation)

    relative = related(sister, ELDER_SISTER, Relation.SIBLING)
    answer_relative(actor=_person(hospital, ELDER_SISTER), relative_id=relative, accept=True)
    give(actor=sister, relative_id=relative, minutes=HOUR, key="demo:gift", note="姐姐辛苦了")
    related(_person(hospital, RELATIVE + 1), ELDER_SISTER, Relation.OTHER)
    for place, index in enumerate(DONORS):
        minutes = HOUR * (1 + place % 3)
        donate(actor=_person(hospital, index), minutes=minutes, key=f"demo:pool:{index}", is_anonymous=place == 0)


def _help(hospital: Hospital) -> None:
    """A team's hours went to the pool, one grant out of it is decided, another waits."""
    coordinator, administrator = hospital.coordinator, hospital.actors[Role.ADMINISTRATOR]
    team = hospital.organizations["东湖街道志愿服务队"]
    entered = enter_group_hours(
        actor=coordinator,
        organization_id=team,
        title="重阳节义诊后勤",
        worked_on=hospital.today - timedelta(days=20),
        minutes=24 * HOUR,
        evidence="签到表与现场照片存于志愿服务站",
        key="demo:group",
    )
    decide_group_hours(actor=administrator, group_hours_id=entered.id, decision=Decision.APPROVE)
    donate_group_hours(
        actor=coordinator, organization_id=team, minutes=18 * HOUR, reason="全队商定捐入公益池", key="demo:group:pool"
    )
    granted, waiting = (
        propose_grant(
            actor=coordinator,
            person_id=hospital.person_ids[index],
            minutes=hours * HOUR,
            reason="独居，术后需要陪同复诊",
            key=f"demo:grant:{index}",
        )
        for index, hours in ((IN_NEED, 6), (ALSO_IN_NEED, 4))
    )
    decide_grant(actor=administrator, grant_id=granted.id, decision=Decision.APPROVE)
    assert waiting.is_new


def _ask(hospital: Hospital) -> None:
    """The member stayed half an hour longer than was credited, and asks that it be put right."""
    member = hospital.actors[Role.VOLUNTEER]
    approved = ServiceRecord.objects.filter(person=hospital.person_ids[FIVE_STAR_MEMBER], state="approved")
    record = approved.order_by("-checked_in_at")[SOME_SHIFTS_AGO]
    assert record.checked_out_at is not None, "what was approved has its times"
    ask(
        actor=member,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{record.pk}",
            text="下班时陪一位老人办完手续才离开，晚签退了半小时。",
            asked=Asked(starts_at=record.checked_in_at, ends_at=record.checked_out_at + LONGER_BY),
        ),
    )


def _wait_for_a_check(hospital: Hospital) -> None:
    """Two accounts wait for the look at their cards."""
    ids = register_people(actor=hospital.coordinator, people=TO_CHECK, given_through="self")
    open_passbooks(actor=hospital.coordinator, person_ids=ids, opened_through="self", is_checked=False)


def _propose(hospital: Hospital) -> None:
    """A version that another administrator may put in force, with something of every kind of rule in its dry run."""
    rules = policy_in_force().rules
    propose_policy(
        actor=hospital.actors[Role.ADMINISTRATOR],
        rules=replace(
            rules,
            coefficients=(Coefficient(category="0013", percent=150), Coefficient(skill="手语", percent=120)),
            day_cap_minutes=8 * HOUR,
            holding_cap_minutes=600 * HOUR,
            notice_days=3,
            presence_min_percent=60,
        ),
        note="应急救援与手语服务加权；每人持有上限600小时；公示3天",
    )
