"""The station of the demo hospital: sites on the map, kiosks, and presence that somebody has to look at."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.activities.models import Activity, Shift
from xinshi.attendance.actions import check_in, record_many
from xinshi.attendance.anomalies.actions import examine_all
from xinshi.attendance.closing.actions import close_forgotten
from xinshi.attendance.codes.arriving import Claim, arrive
from xinshi.attendance.codes.domain import Choice
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.domain import NewRecord
from xinshi.attendance.kiosk.actions import create_kiosk, enrol, set_pin
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.sites.actions import NewSite, put_activity_at, save_site
from xinshi.attendance.sites.domain import Position
from xinshi.demo.hospital import Hospital
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role

CARE_OF_GROUPS: Final = "0017"
DEMO_PIN: Final = "740926"
SITES: Final = (
    ("本部门诊楼", "30.274150", "120.155150", 250),
    ("东湖院区", "30.251820", "120.211460", 300),
    ("示范市中心血站", "30.293310", "120.183920", 200),
)
"""Invented; degrees in GCJ-02, the radius in metres."""
KIOSKS: Final = (("门诊大厅东门", "门诊楼一楼志愿服务站"), ("急诊入口", "急诊楼一楼"))
HELD_AT: Final = ("门诊导医", "住院陪伴", "无偿献血宣传")
FORGOT: Final = 5
SHARED_PHONE: Final = 3
ENTERED_LATE: Final = 2
NEEDED: Final = FORGOT + SHARED_PHONE + 2 + ENTERED_LATE
FAR_AWAY: Final = Position(30.32, 120.30, 20)
NEARBY: Final = Position(30.2763, 120.1505, 30)


def open_the_station(hospital: Hospital, system: Actor) -> None:
    """Sites, kiosks, a PIN, and some odd presence of the last days."""
    sites = [
        save_site(
            actor=hospital.coordinator,
            site=NewSite(name=name, latitude=Decimal(lat), longitude=Decimal(lon), radius_metres=radius),
        )
        for name, lat, lon, radius in SITES
    ]
    held = Activity.objects.filter(state=Activity.State.PUBLISHED, title__in=HELD_AT).order_by("pk")
    for activity_id in held.values_list("pk", flat=True)[:20]:
        put_activity_at(actor=hospital.coordinator, activity_id=activity_id, site_id=sites[0])
    made = [create_kiosk(actor=hospital.coordinator, name=name, place=place) for name, place in KIOSKS]
    enrol(typed=made[0].code)
    set_pin(actor=hospital.actors[Role.VOLUNTEER], pin=DEMO_PIN)
    _be_odd(hospital, sites[0])
    close_forgotten(actor=system)
    examine_all(actor=system)


def _be_odd(hospital: Hospital, site_id: int) -> None:
    """People who forgot to check out, shared a phone, were elsewhere, had no network, or were entered late."""
    shift = _held(hospital, "病房流动书车", days_ago=1)
    people = _free_people(hospital, shift)
    put_activity_at(actor=hospital.coordinator, activity_id=shift.activity_id, site_id=site_id)
    signups = sign_up_many(actor=hospital.coordinator, signups=[(shift.pk, person) for person in people])
    check_in(actor=hospital.coordinator, signup_ids=signups[:FORGOT], at=shift.starts_at + timedelta(minutes=3))
    shared = people[FORGOT : FORGOT + SHARED_PHONE]
    for place, person in enumerate(shared):
        _serve(shift, person, Trace.Way.QR, device="5f0c1e5a9d3b7c24", position=NEARBY, late=place + 1)
    outside, offline = people[FORGOT + SHARED_PHONE : FORGOT + SHARED_PHONE + 2]
    _serve(shift, outside, Trace.Way.QR, device="a1d2c3b4e5f60718", position=FAR_AWAY, late=4)
    _serve(shift, offline, Trace.Way.OFFLINE, device="b7e6d5c4a3f20918", position=None, late=6)
    late = _held(hospital, "雨天借伞服务", days_ago=6)
    new = [_entered(late, person) for person in _free_people(hospital, late)[:ENTERED_LATE]]
    record_many(actor=hospital.coordinator, records=new)


def _held(hospital: Hospital, title: str, *, days_ago: int) -> Shift:
    """An activity of the leader's in the afternoon some days ago, with places for all who are odd."""
    day = hospital.today - timedelta(days=days_ago)
    leader = hospital.actors[Role.LEADER].person_id
    assert leader is not None, "the leader is in the archive"
    made = create_activity(
        actor=hospital.coordinator,
        activity=NewActivity(
            title=title,
            category=CARE_OF_GROUPS,
            place="住院部一楼大厅",
            organizer_id=next(iter(hospital.organizations.values())),
            person_in_charge_id=leader,
            state="finished",
            shifts=(
                NewShift(
                    starts_at=clock.at_local(day, time(14)),
                    ends_at=clock.at_local(day, time(17)),
                    places=NEEDED + 2,
                ),
            ),
        ),
    )
    return Shift.objects.select_related("activity").get(pk=made.shift_ids[0])


def _free_people(hospital: Hospital, shift: Shift) -> list[int]:
    """People who served nowhere on the day of the shift and are signed up nowhere then."""
    first, after = clock.day_bounds(clock.local_day(shift.starts_at))
    day = {"starts_at__gte": first, "starts_at__lt": after}
    busy = set(Shift.objects.filter(**day).values_list("signups__person_id", flat=True))
    busy |= set(ServiceRecord.objects.filter(shift__in=Shift.objects.filter(**day)).values_list("person_id", flat=True))
    busy.add(shift.activity.person_in_charge_id)
    return [person for person in hospital.person_ids[200:1_200] if person not in busy][:NEEDED]


def _serve(shift: Shift, person_id: int, way: Trace.Way, *, device: str, position: Position | None, late: int) -> None:
    """Come and go by phone; the code's key is that of the half minute."""
    actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
    moments: tuple[tuple[Choice, datetime], ...] = (
        (Choice.IN, shift.starts_at + timedelta(minutes=late)),
        (Choice.OUT, shift.ends_at - timedelta(minutes=late)),
    )
    for choice, moment in moments:
        claim = Claim(
            person_id=person_id,
            code_key=f"a{shift.activity_id}:{int(moment.timestamp()) // 30}",
            way=way,
            moment=moment,
            activity_id=shift.activity_id,
            choice=choice,
            device=device,
            position=position,
            asks_position=way != Trace.Way.OFFLINE,
        )
        arrive(actor=actor, claim=claim)


def _entered(shift: Shift, person_id: int) -> NewRecord:
    return NewRecord(
        shift_id=shift.pk,
        person_id=person_id,
        checked_in_at=shift.starts_at + timedelta(minutes=2),
        checked_out_at=shift.ends_at,
        reason="当天手机没电，凭签到表补录",
    )
