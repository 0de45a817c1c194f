"""What signing up looks like in the middle of a month: full shifts with people who wait, requests, waves, a group."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from xinshi.activities.actions import (
    cancel_sign_up,
    create_activity,
    join_waiting_list,
    sign_up,
    sign_up_many,
)
from xinshi.activities.domain import CreatedActivity, NewActivity, NewRole, NewShift
from xinshi.activities.groups.actions import sign_up_group
from xinshi.activities.models import SignUp
from xinshi.activities.requirements import Requirements
from xinshi.activities.standing_in.actions import seek_stand_in
from xinshi.activities.waves.actions import set_quotas, set_waves
from xinshi.activities.waves.domain import Audience, NewQuota, NewWave
from xinshi.demo.hospital import LEADER, Hospital
from xinshi.demo.people import FIVE_STAR_MEMBER
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role

LOOKED_AT: Final = slice(1_200, 1_500)
"""Indexes of people among whom are enough that have no shift in the next weeks."""
TAKERS, WAITERS = 12, 6
NOTES: Final = ("做过三年社区陪护", "退休护士，周末都有空", "", "会手语")


def let_people_sign_up(hospital: Hospital) -> None:
    """Through the actions that the people themselves would use."""
    people = _free_people(hospital)
    takers, waiters, askers = people[:TAKERS], people[TAKERS : TAKERS + WAITERS], people[TAKERS + WAITERS :]
    _full_with_waiting_list(hospital, takers, waiters)
    _on_request(hospital, askers)
    _in_waves(hospital, takers)


def _free_people(hospital: Hospital) -> list[int]:
    """Who of some volunteers has no shift in the next weeks: whatever the day, nobody is in two places."""
    some = hospital.person_ids[LOOKED_AT]
    busy = set(
        SignUp.objects.filter(person_id__in=some, shift__ends_at__gt=clock.now()).values_list("person_id", flat=True)
    )
    return [person_id for person_id in some if person_id not in busy][: TAKERS + WAITERS + len(NOTES)]


def _day(hospital: Hospital, weekday: int, weeks: int = 1) -> date:
    """The weekday (Monday is 0) of a coming week."""
    monday = hospital.today - timedelta(days=hospital.today.weekday())
    return monday + timedelta(days=7 * weeks + weekday)


def _activity(hospital: Hospital, *, role: NewRole, shifts: list[NewShift], **values: str) -> CreatedActivity:
    return create_activity(
        actor=hospital.coordinator,
        activity=NewActivity(
            category="0004",
            organizer_id=hospital.organizations["志愿服务站"],
            person_in_charge_id=hospital.person_ids[LEADER],
            shifts=tuple(shifts),
            roles=(role,),
            state="published",
            **values,  # type: ignore[arg-type]  # texts and codes only
        ),
    )


def _shift(day: date, begins: time, ends: time, places: int, role: str, reserve: int = 0) -> NewShift:
    return NewShift(
        starts_at=clock.at_local(day, begins),
        ends_at=clock.at_local(day, ends),
        places=places,
        reserve=reserve,
        role=role,
    )


def _somebody(person_id: int) -> Actor:
    return Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))


def _full_with_waiting_list(hospital: Hospital, takers: list[int], waiters: list[int]) -> None:
    """Two full Sundays with people who wait; one place was just given back and is offered to the member."""
    days = [_day(hospital, 6, weeks) for weeks in (1, 2)]
    made = _activity(
        hospital,
        title="银龄伴诊·周日专场",
        place="门诊楼二楼老年病科",
        description="陪独自就诊的老人挂号、候诊、取药，送到医院门口。",
        role=NewRole(name="陪诊"),
        shifts=[_shift(day, time(8, 30), time(11, 30), 6, "陪诊", 8) for day in days],
    )
    taken = [(shift, person) for shift in made.shift_ids for person in takers[:6]]
    signups = sign_up_many(actor=hospital.coordinator, signups=taken)
    first = made.shift_ids[0]
    join_waiting_list(actor=hospital.actors[Role.VOLUNTEER], shift_id=first)
    for shift in made.shift_ids:
        for person in waiters:
            join_waiting_list(actor=_somebody(person), shift_id=shift)
    cancel_sign_up(actor=_somebody(takers[0]), signup_id=signups[0])
    seek_stand_in(actor=_somebody(takers[1]), signup_id=signups[7], reason="家里老人住院，来不了")


def _on_request(hospital: Hospital, askers: list[int]) -> None:
    """Company in the palliative ward: the person in charge chooses."""
    days = [_day(hospital, weekday) for weekday in (2, 3)]
    made = _activity(
        hospital,
        title="安宁病房陪伴",
        place="安宁疗护病区",
        description="读报、聊天、陪坐。由负责人与您通话后确认。",
        sign_up_way="on_request",
        role=NewRole(name="陪伴", requirements=Requirements(age_min=18)),
        shifts=[_shift(day, time(15), time(17), 2, "陪伴", 2) for day in days],
    )
    for place, (person, note) in enumerate(zip(askers, NOTES, strict=True)):
        sign_up(actor=_somebody(person), shift_id=made.shift_ids[place % 2], note=note)


def _in_waves(hospital: Hospital, takers: list[int]) -> None:
    """A popular festival opens step by step; a university has places kept; a volunteer holds three for colleagues."""
    made = _activity(
        hospital,
        title="新春送福进病房",
        place="住院部各病区",
        description="写春联、送福袋，给住院的病友拜早年。",
        role=NewRole(name="送福"),
        shifts=[_shift(_day(hospital, 5, 3), time(9), time(11), 30, "送福", 10)],
    )
    at = clock.now()
    set_quotas(
        actor=hospital.coordinator,
        activity_id=made.activity_id,
        quotas=[
            NewQuota(
                organization_id=hospital.organizations["示范大学志愿服务爱心基地"],
                places=8,
                kept_until=at + timedelta(days=7),
            )
        ],
    )
    sign_up_many(actor=hospital.coordinator, signups=[(made.shift_ids[0], person) for person in takers])
    sign_up_group(actor=hospital.actors[Role.VOLUNTEER], shift_id=made.shift_ids[0], name="林若兰和同事们", hold=3)
    set_waves(
        actor=hospital.coordinator,
        activity_id=made.activity_id,
        waves=[
            NewWave(opens_at=at, audience=Audience.NEWCOMERS, places=20),
            NewWave(opens_at=at + timedelta(days=2), audience=Audience.SELDOM, below_shifts=3),
            NewWave(opens_at=at + timedelta(days=5)),
        ],
    )
    assert SignUp.objects.filter(person_id=hospital.person_ids[FIVE_STAR_MEMBER], state=SignUp.State.OFFERED).exists()
