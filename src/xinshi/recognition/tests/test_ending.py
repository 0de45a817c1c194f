"""What rooms above the bank say stands in the way of ending an account, and what shows under the record that stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xinshi.activities import ending as activities_ending
from xinshi.activities.models import Activity, ActivityRole, Shift, SignUp
from xinshi.attendance import ending as attendance_ending
from xinshi.attendance.access import visible_to as visible_records
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.actions import open_passbooks
from xinshi.bank.merging.actions import confirm_merge, propose_merge
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.organizations.models import Organization
from xinshi.people.actions import NewPerson, register_people
from xinshi.recognition.models import StarPromotion
from xinshi.recognition.queries import own_promotions

FIRST, SECOND = Actor.system("first"), Actor.system("second")


@pytest.fixture
def two(db: None) -> tuple[int, int]:
    """Who stays, and who goes."""
    ids = register_people(actor=FIRST, people=[NewPerson(name="李明"), NewPerson(name="李明")])
    open_passbooks(actor=FIRST, person_ids=ids, opened_through="station")
    return ids[0], ids[1]


def sign_up(person_id: int, *, ended: bool) -> SignUp:
    starts = clock.now() + timedelta(days=-2 if ended else 2)
    organizer, _ = Organization.objects.get_or_create(
        name="门诊部", defaults={"kind": Organization.Kind.DEPARTMENT, "created_at": clock.now()}
    )
    activity = Activity.objects.create(
        organizer=organizer,
        title="导医",
        category="0004",
        person_in_charge_id=person_id,
        created_at=clock.now(),
        place="门诊大厅",
    )
    role = ActivityRole.objects.create(activity=activity)
    shift = Shift.objects.create(
        activity=activity, role=role, starts_at=starts, ends_at=starts + timedelta(hours=2), places=3, taken=1
    )
    return SignUp.objects.create(shift=shift, person_id=person_id, signed_up_at=clock.now(), signed_up_by_ref="user:1")


def record_of(signup: SignUp, state: str) -> ServiceRecord:
    return ServiceRecord.objects.create(
        signup=signup,
        person_id=signup.person_id,
        shift=signup.shift,
        hours_kind="verified",
        state=state,
        scheduled_minutes=120,
        checked_in_at=signup.shift.starts_at,
        checked_in_by_ref="user:1",
        checked_in_through="leader",
    )


def merge(stays: int, goes: int) -> None:
    merge_id = propose_merge(actor=FIRST, stays_id=stays, goes_id=goes, reason="同一人")
    confirm_merge(actor=SECOND, merge_id=merge_id)


def test_a_place_in_a_coming_shift_stands_in_the_way(two: tuple[int, int]) -> None:
    sign_up(two[1], ended=False)
    assert [one.parameters for one in activities_ending.obstacles(two[1])] == [{"number": 1}]
    with pytest.raises(ObstaclesInTheWay):
        merge(*two)


def test_a_shift_that_is_over_does_not_but_its_open_record_does(two: tuple[int, int]) -> None:
    signup = sign_up(two[1], ended=True)
    assert activities_ending.obstacles(two[1]) == []
    record_of(signup, "open")
    assert [one.parameters for one in attendance_ending.obstacles(two[1])] == [{"number": 1}]
    with pytest.raises(ObstaclesInTheWay):
        merge(*two)


def test_records_and_stars_of_the_old_record_show_under_the_one_that_stays(two: tuple[int, int]) -> None:
    signup = sign_up(two[1], ended=True)
    record = record_of(signup, "withdrawn")
    passbook = record.person.passbook
    StarPromotion.objects.create(
        person_id=two[1],
        passbook_id=passbook.pk,
        level=1,
        promoted_at=clock.now(),
        certified_minutes=6_000,
        policy_number=1,
    )
    owner = Actor(reference="user:9", user_id=9, person_id=two[0], roles=frozenset({Role.VOLUNTEER}))
    assert not visible_records(owner).exists()
    merge(*two)
    assert visible_records(owner).get().pk == record.pk
    assert own_promotions(owner).get().level == 1
    assert ServiceRecord.objects.get().person_id == two[1]
