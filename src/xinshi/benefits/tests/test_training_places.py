"""A place in a course as a reward: the voucher is the place, and the place goes with the voucher."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from xinshi.benefits.actions import call_off_slot, cancel, link_training
from xinshi.benefits.domain import NotATrainingDate
from xinshi.benefits.models import Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, Made, make, take
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.training import actions as training
from xinshi.training.domain import NewSession, SessionFull
from xinshi.training.models import Place, Session


def session_in(days: int, *, cast: Cast, places: int = 1) -> int:
    begins = clock.at_local(clock.today() + timedelta(days=days), time(14))
    return training.create_session(
        actor=SYSTEM,
        session=NewSession(
            course_id=None,
            title="急救员培训",
            place="技能培训中心",
            starts_at=begins,
            ends_at=begins + timedelta(hours=2),
            trainer_id=cast.coordinator.person_id,
            places=places,
            reserve=1,
        ),
    )


@pytest.fixture
def linked(cast: Cast) -> tuple[Made, int]:
    """A course of ten hours in three days with two places of its own, in a session with one place."""
    for who in (cast.volunteer, cast.second):
        cast.give(who, hours=20)
    made = make(name="急救员培训名额", kind="course", places=(2,))
    session_id = session_in(3, cast=cast)
    assert link_training(actor=cast.coordinator.actor, slot_id=made.slots[0], session_id=session_id)
    return made, session_id


def test_reserving_the_reward_is_having_the_place(cast: Cast, linked: tuple[Made, int]) -> None:
    made, session_id = linked
    voucher = take(cast.volunteer, made)
    place = Place.objects.get()
    assert (place.session_id, place.person_id, place.source_ref, place.state) == (
        session_id,
        cast.volunteer.person_id,
        f"voucher:{voucher.voucher_id}",
        "confirmed",
    )
    before = (Voucher.objects.count(), Slot.objects.get(pk=made.slots[0]).taken, cast.second.balance)
    with pytest.raises(SessionFull):
        take(cast.second, made)
    assert (Voucher.objects.count(), Slot.objects.get(pk=made.slots[0]).taken, cast.second.balance) == before
    training.sign_up(actor=cast.second.actor, session_id=session_id)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher.voucher_id)
    assert list(Place.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "confirmed"]
    assert Session.objects.get().taken == 1


def test_a_day_that_is_called_off_gives_the_places_back(cast: Cast, linked: tuple[Made, int]) -> None:
    made, _ = linked
    take(cast.volunteer, made)
    call_off_slot(actor=cast.coordinator.actor, slot_id=made.slots[0], reason="场地停电")
    assert (Place.objects.get().state, Session.objects.get().taken) == ("cancelled", 0)


def test_only_a_free_day_of_a_course_on_the_same_day_is_a_training(cast: Cast) -> None:
    course, check = make(kind="course", places=(2,)), make(name="体检", places=(2,))
    same, other = session_in(3, cast=cast), session_in(4, cast=cast)
    coordinator = cast.coordinator.actor
    for slot_id, session_id in ((course.slots[0], other), (check.slots[0], same)):
        with pytest.raises(NotATrainingDate):
            link_training(actor=coordinator, slot_id=slot_id, session_id=session_id)
    with pytest.raises(NotAllowed):
        link_training(actor=cast.volunteer.actor, slot_id=course.slots[0], session_id=same)
    cast.give(cast.volunteer, hours=20)
    take(cast.volunteer, course)
    with pytest.raises(NotATrainingDate):
        link_training(actor=coordinator, slot_id=course.slots[0], session_id=same)
    assert not Slot.objects.exclude(training_session=None).exists()


def test_the_session_is_chosen_on_the_days_page(cast: Cast) -> None:
    course = make(kind="course", places=(2,))
    session_id = session_in(3, cast=cast)
    client = cast.coordinator.client
    page = client.get(f"/benefits/manage/slots/{course.slots[0]}/")
    assert f'<option value="{session_id}"' in page.text
    client.post(f"/benefits/manage/slots/{course.slots[0]}/training/", {"session": session_id})
    assert Slot.objects.get(pk=course.slots[0]).training_session_id == session_id
    client.post(f"/benefits/manage/slots/{course.slots[0]}/training/", {"session": ""})
    assert Slot.objects.get(pk=course.slots[0]).training_session_id is None
