"""Forgotten check-outs: closed by rule, never beyond the shift, honorary until somebody vouches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.models import SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.attendance.actions import check_in, check_out, correct_presence
from xinshi.attendance.closing.actions import change_settings, close_forgotten
from xinshi.attendance.closing.domain import Settings, closing_moment
from xinshi.attendance.closing.queries import settings_in_force
from xinshi.attendance.codes.actions import arrive_by_code
from xinshi.attendance.codes.domain import code_from
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.models import PresenceSettings, ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed
from xinshi.messages.models import Message


def test_a_forgotten_check_out_is_closed_at_the_shifts_end_and_told(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    _, (pk,) = service.there()
    frozen(at(13))
    before = written()
    assert close_forgotten(actor=SYSTEM) == 0
    assert written() == before
    with pytest.raises(NotAllowed):
        close_forgotten(actor=cast.coordinator.actor)
    frozen(at(13, 1))
    assert (close_forgotten(actor=SYSTEM), close_forgotten(actor=SYSTEM)) == (1, 0)
    record = record_of(pk)
    assert (record.state, record.checked_out_at, record.credited_minutes) == ("submitted", at(11), 120)
    assert (record.checked_out_through, record.hours_kind) == ("rule", "honorary")
    told = Message.objects.get(recipient_ref=cast.volunteer.reference)
    assert (told.object_ref, told.parameters["left"]) == (f"service-record:{pk}", "11:00")


def test_who_leads_says_when_and_the_hours_are_verified_again(cast: Cast, service: Service, frozen: MoveTo) -> None:
    _, (pk,) = service.there()
    frozen(at(14))
    close_forgotten(actor=SYSTEM)
    correct_presence(
        actor=cast.leader.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10, 30), reason="看着离开的"
    )
    record = record_of(pk)
    assert (record.credited_minutes, record.hours_kind, record.submission) == (90, "verified", 2)


def test_nobody_is_closed_into_another_service(cast: Cast, service: Service, frozen: MoveTo) -> None:
    me = cast.volunteer.person_id
    _, (forgotten,) = service.there(me)
    later = service.shift([me], starts_at=at(13))
    frozen(at(13))
    (other,) = check_in(actor=cast.leader.actor, signup_ids=later.signups)
    frozen(at(15))
    check_out(actor=cast.leader.actor, record_ids=[other])
    assert close_forgotten(actor=SYSTEM) == 1
    assert (record_of(forgotten).credited_minutes, record_of(other).credited_minutes) == (120, 120)


def test_last_seen_takes_a_check_in_back_that_nothing_followed(cast: Cast, service: Service, frozen: MoveTo) -> None:
    change_settings(actor=cast.coordinator.actor, settings=Settings(closes="last_seen", grace_minutes=0))
    me = cast.volunteer.person_id
    shift, (pk,) = service.there(me, hours=3)
    other = service.shift([me], starts_at=at(12), title="讲座")
    _, (alone,) = service.there(cast.second.person_id, hours=3)
    frozen(at(11, 30))
    arrive_by_code(actor=cast.volunteer.actor, code=code_from(new_code(f"a{other.activity_id}", clock.now())))
    frozen(at(12, 1))
    assert close_forgotten(actor=SYSTEM) == 2
    assert (record_of(pk).checked_out_at, record_of(pk).credited_minutes) == (at(11, 30), 150)
    assert (record_of(alone).state, record_of(alone).checked_out_at) == ("withdrawn", None)
    assert SignUp.objects.get(record=alone).attended_at is None
    assert Message.objects.filter(recipient_ref=cast.second.reference).count() == 1
    assert SignUp.objects.get(pk=shift.signups[0]).attended_at == at(9)


def test_closing_many_is_a_fixed_number_of_statements(
    cast: Cast, service: Service, frozen: MoveTo, django_assert_max_num_queries: object
) -> None:
    service.there(*cast.people(30), places=30)
    frozen(at(14))
    with django_assert_max_num_queries(14):
        assert close_forgotten(actor=SYSTEM) == 30
    assert ServiceRecord.objects.filter(checked_out_through="rule", credited_minutes=120).count() == 30


def test_settings_are_the_planners_and_bounded(cast: Cast) -> None:
    assert settings_in_force() == Settings()
    with pytest.raises(NotAllowed):
        change_settings(actor=cast.leader.actor, settings=Settings(early_minutes=10))
    for wrong in (Settings(early_minutes=241), Settings(grace_minutes=-1), Settings(closes="never")):
        with pytest.raises(Invalid):
            change_settings(actor=cast.coordinator.actor, settings=wrong)
    assert not PresenceSettings.objects.exists()
    client, address = cast.coordinator.client, reverse("attendance:settings")
    assert client.get(address).status_code == 200
    typed = {"early_minutes": "30", "grace_minutes": "60", "closes": "last_seen", "offline_hours": "24"}
    assert client.post(address, typed | {"grace_minutes": "9999"}).status_code == 200
    assert client.post(address, typed).status_code == 302
    assert settings_in_force() == Settings(early_minutes=30, grace_minutes=60, closes="last_seen", offline_hours=24)


MINUTES = st.integers(0, 300)


@given(
    MINUTES, MINUTES, st.none() | MINUTES, st.lists(st.tuples(MINUTES, st.integers(1, 60)), max_size=3), st.booleans()
)
def test_a_moment_by_rule_is_within_the_shift_and_no_other_service(
    came: int, end: int, seen: int | None, others: list[tuple[int, int]], at_end: bool
) -> None:
    def minute(number: int) -> object:
        return at(9) + timedelta(minutes=number)

    stretches = [(minute(start), minute(start + length)) for start, length in others]
    left = closing_moment(
        came_at=minute(came),
        shift_end=minute(end),
        last_seen=None if seen is None else minute(seen),
        others=stretches,
        closes="shift_end" if at_end else "last_seen",
    )
    if left is None:
        return
    assert minute(came) + timedelta(minutes=1) <= left <= minute(end)
    assert not any(minute(came) <= start < left for start, _end in stretches)
    if not at_end:
        assert seen is not None
        assert left <= minute(seen)
