"""Next week planned in the demo hospital: one period, a plan by the usual rules, and one that may ask more of people."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Final

from xinshi.activities.actions import create_activity
from xinshi.activities.domain import NewActivity, NewRole, NewShift
from xinshi.activities.requirements import Requirements
from xinshi.demo.hospital import LEADER, Hospital
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling.actions import NewPeriod, change_period, create_period, lock, plan_waiting, remove, want_plan
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.models import Assignment, PlanVersion
from xinshi.scheduling.running import in_this_process

NAME: Final = "下周病区陪伴与健康宣教"
COMPANY: Final = "住院病区陪伴服务周"
TALKS: Final = "社区健康宣教周"
ROLES: Final = (
    NewRole(name="陪伴引导", description="陪同检查、聊天、代办小事"),
    NewRole(
        name="手语翻译", description="为听障患者翻译", requirements=Requirements(qualifications=("sign-language",))
    ),
)
DAYS: Final = 5


def plan_next_week(hospital: Hospital, system: Actor) -> None:
    """Two versions: the second allows two shifts a day, weighs interests more, and says what each wish costs."""
    monday = hospital.today + timedelta(days=7 - hospital.today.weekday())
    ids = [
        create_activity(actor=hospital.coordinator, activity=one).activity_id for one in _activities(hospital, monday)
    ]
    period = NewPeriod(
        name=NAME,
        first_day=monday,
        last_day=monday + timedelta(days=6),
        activity_ids=tuple(ids),
    )
    period_id = create_period(actor=hospital.coordinator, period=period)
    _planned(hospital, system, period_id, note="")
    settings = PlanSettings(shifts_a_day_max=2, interest=40, skill=20, profession=10)
    changed = NewPeriod(
        name=NAME,
        first_day=period.first_day,
        last_day=period.last_day,
        activity_ids=period.activity_ids,
        settings=settings,
    )
    change_period(actor=hospital.coordinator, period_id=period_id, period=changed)
    second = _planned(hospital, system, period_id, note="一天可两班，更看重兴趣", weighs_wishes=True)
    rows = list(Assignment.objects.filter(version=second).order_by("shift__starts_at", "pk")[:2])
    lock(actor=hospital.coordinator, assignment_id=rows[0].pk, is_locked=True)
    remove(actor=hospital.coordinator, assignment_id=rows[1].pk)


def _planned(
    hospital: Hospital, system: Actor, period_id: int, *, note: str, weighs_wishes: bool = False
) -> PlanVersion:
    version_id = want_plan(actor=hospital.coordinator, period_id=period_id, note=note, weighs_wishes=weighs_wishes)
    plan_waiting(actor=system, solve=in_this_process)
    version = PlanVersion.objects.get(pk=version_id)
    assert version.state == PlanVersion.State.DONE, version.failure
    return version


def _activities(hospital: Hospital, monday: date) -> list[NewActivity]:
    """Company on the wards, each morning, with an interpreter; talks in the east, two a day."""
    days = [monday + timedelta(days=day) for day in range(DAYS)]
    company = [_shift(day, time(9), time(11), 6, ROLES[0].name) for day in days]
    company += [_shift(day, time(9), time(11), 3, ROLES[1].name) for day in days[:3]]
    talks = [
        _shift(day, hour, end, 4, "") for day in days for hour, end in ((time(10), time(11)), (time(15), time(17)))
    ]
    return [
        _activity(hospital, COMPANY, "本部院区 住院部一楼", "0017", tuple(company), ROLES),
        _activity(hospital, TALKS, "东湖院区 门诊大厅", "0004", tuple(talks), (NewRole(),)),
    ]


def _shift(day: date, starts: time, ends: time, places: int, role: str) -> NewShift:
    return NewShift(
        starts_at=clock.at_local(day, starts),
        ends_at=clock.at_local(day, ends),
        places=places,
        minimum=1,
        role=role,
    )


def _activity(
    hospital: Hospital,
    title: str,
    place: str,
    category: str,
    shifts: tuple[NewShift, ...],
    roles: tuple[NewRole, ...],
) -> NewActivity:
    return NewActivity(
        title=title,
        category=category,
        place=place,
        organizer_id=hospital.organizations["志愿服务站"],
        person_in_charge_id=hospital.person_ids[LEADER],
        shifts=shifts,
        roles=roles,
        recruits="everybody",
        state="published",
    )
