"""Creating, publishing, changing, calling off and finishing activities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine

from xinshi.activities.actions import (
    cancel_activity,
    cancel_sign_up,
    change_activity,
    create_activities_many,
    create_activity,
    ensure_programmes,
    finish_past_activities,
    publish,
    sign_up,
)
from xinshi.activities.domain import (
    LAST_DAY,
    MoveConflicts,
    NewActivity,
    NewShift,
    NotADraft,
    NothingToChange,
    PlacesTaken,
    ReasonMissing,
    ShiftHasPeople,
)
from xinshi.activities.models import Activity, Programme, Shift, SignUp
from xinshi.activities.repeating import Repeat, Repetition, repeated
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent


def written() -> tuple[object, ...]:
    """Everything that an action of this room could have changed."""
    return (
        list(Activity.objects.order_by("pk").values_list()),
        list(Shift.objects.order_by("pk").values_list()),
        list(SignUp.objects.order_by("pk").values_list()),
        [table.objects.count() for table in (Programme, AuditEntry, StoredEvent, Message)],
    )


def refused(error: type[DomainError], action: Callable[[], object]) -> None:
    """The action is refused, and nothing at all changed."""
    before = written()
    with pytest.raises(error):
        action()
    assert written() == before


def new_activity(cast: Cast, **more: object) -> NewActivity:
    values: dict[str, object] = {
        "title": "门诊导医",
        "category": "0004",
        "place": "门诊楼",
        "organizer_id": cast.department.pk,
        "person_in_charge_id": cast.leader.person_id,
        "shifts": (NewShift(starts_at=tomorrow_at(9), ends_at=tomorrow_at(11), places=3),),
    }
    return NewActivity(**values | more)


def as_it_is(activity_id: int, **more: object) -> NewActivity:
    row = Activity.objects.get(pk=activity_id)
    values: dict[str, object] = {
        "title": row.title,
        "category": row.category,
        "place": row.place,
        "description": row.description,
        "organizer_id": row.organizer_id,
        "person_in_charge_id": row.person_in_charge_id,
        "shifts": tuple(
            NewShift(shift_id=shift.pk, starts_at=shift.starts_at, ends_at=shift.ends_at, places=shift.places)
            for shift in row.shifts.order_by("starts_at")
        ),
    }
    return NewActivity(**values | more)


def test_creates_a_draft_with_its_shifts(cast: Cast) -> None:
    made = create_activity(actor=cast.coordinator.actor, activity=new_activity(cast, title="  门诊导医 "))
    row, shift = Activity.objects.get(), Shift.objects.get()
    assert (row.pk, row.title, row.state, row.published_at) == (made.activity_id, "门诊导医", "draft", None)
    assert row.created_by_ref == cast.coordinator.actor.reference
    assert (shift.pk, shift.places, shift.taken, shift.is_open) == (made.shift_ids[0], 3, 0, False)
    assert AuditEntry.objects.filter(action="activities.create", object_ref=f"activity:{row.pk}").count() == 1


def test_only_planners_plan(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(state="draft")
    for somebody in (cast.volunteer, cast.leader, cast.auditor, cast.clerk):
        actor = somebody.actor
        refused(NotAllowed, lambda who=actor: create_activity(actor=who, activity=new_activity(cast)))
        refused(NotAllowed, lambda who=actor: publish(actor=who, activity_id=made.activity_id))
        refused(NotAllowed, lambda who=actor: cancel_activity(actor=who, activity_id=made.activity_id, reason="不办了"))
        refused(
            NotAllowed,
            lambda who=actor: change_activity(
                actor=who, activity_id=made.activity_id, activity=as_it_is(made.activity_id)
            ),
        )
        refused(NotAllowed, lambda who=actor: finish_past_activities(actor=who))
        refused(NotAllowed, lambda who=actor: ensure_programmes(actor=who, names=["我志愿"]))


def test_refuses_what_an_activity_cannot_be(cast: Cast) -> None:
    good = new_activity(cast)
    (shift,) = good.shifts
    for wrong in (
        replace(good, title=" "),
        replace(good, title="很" * 81),
        replace(good, place=""),
        replace(good, place="很" * 121),
        replace(good, description="很" * 2_001),
        replace(good, risks="很" * 1_001),
        replace(good, category="4321"),
        replace(good, organizer_id=2**60),
        replace(good, person_in_charge_id=2**60),
        replace(good, programme_id=2**60),
        replace(good, shifts=()),
        replace(good, shifts=(shift,) * 61),
        replace(good, shifts=(replace(shift, ends_at=shift.starts_at),)),
        replace(good, shifts=(replace(shift, ends_at=shift.ends_at + timedelta(days=1)),)),
        replace(good, shifts=(replace(shift, places=0),)),
        replace(good, shifts=(replace(shift, places=5_001),)),
        replace(good, shifts=(replace(shift, starts_at=clock.at_local(date(1970, 1, 1), shift.starts_at.time())),)),
    ):
        refused(
            Invalid,
            lambda bad=wrong: create_activities_many(actor=cast.coordinator.actor, activities=[good, bad]),
        )


def test_creates_many_in_order_by_sets(cast: Cast, django_assert_max_num_queries: object) -> None:
    wanted = [new_activity(cast, title=f"活动{n}", state="published") for n in range(50)]
    with django_assert_max_num_queries(16):
        made = create_activities_many(actor=SYSTEM, activities=wanted)
    titles = dict(Activity.objects.values_list("pk", "title"))
    assert [titles[one.activity_id] for one in made] == [new.title for new in wanted]
    assert Shift.objects.filter(is_open=True).count() == 50
    assert StoredEvent.objects.filter(name="activities.published").count() == 50


def test_makes_each_programme_once(cast: Cast) -> None:
    first = ensure_programmes(actor=SYSTEM, names=["我志愿", "学雷锋", "我志愿"])
    assert ensure_programmes(actor=SYSTEM, names=["学雷锋", "我志愿"]) == first
    assert Programme.objects.count() == 2


def test_publishes_a_draft_once(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(state="draft", shifts=2)
    publish(actor=cast.coordinator.actor, activity_id=made.activity_id)
    assert Activity.objects.get().state == "published"
    assert Shift.objects.filter(is_open=True).count() == 2
    refused(NotADraft, lambda: publish(actor=cast.coordinator.actor, activity_id=made.activity_id))
    refused(NotFound, lambda: publish(actor=cast.coordinator.actor, activity_id=2**60))


def test_a_change_tells_those_who_have_a_place(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])

    def change(**more: object) -> list[str]:
        return change_activity(
            actor=cast.coordinator.actor, activity_id=made.activity_id, activity=as_it_is(made.activity_id, **more)
        )

    before = written()
    assert change() == []
    assert written() == before
    assert change(description="带好水杯") == ["description"]
    assert Message.objects.count() == 0
    assert change(place="住院楼") == ["place"]
    assert Message.objects.get().recipient_ref == cast.volunteer.reference


def test_a_change_adds_resizes_and_removes_shifts(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=2)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    first, second = as_it_is(made.activity_id).shifts
    third = NewShift(starts_at=tomorrow_at(14), ends_at=tomorrow_at(16), places=7)

    def change(*shifts: NewShift) -> list[str]:
        return change_activity(
            actor=cast.coordinator.actor,
            activity_id=made.activity_id,
            activity=as_it_is(made.activity_id, shifts=shifts),
        )

    refused(ShiftHasPeople, lambda: change(second))
    refused(NotFound, lambda: change(first, replace(second, shift_id=2**60)))
    assert change(replace(first, places=9), third) == ["shifts"]
    assert list(Shift.objects.order_by("starts_at").values_list("places", "taken", "is_open")) == [
        (9, 1, True),
        (7, 0, True),
    ]
    sign_up(actor=cast.second.actor, shift_id=made.shift_ids[0])
    refused(PlacesTaken, lambda: change(replace(first, places=1), third))


def test_a_shift_is_not_moved_into_somebodys_other_shift(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    noon = make_activity(starts_at=tomorrow_at(12), title="义诊")
    for shift in (*made.shift_ids, *noon.shift_ids):
        sign_up(actor=cast.volunteer.actor, shift_id=shift)
    (shift,) = as_it_is(made.activity_id).shifts

    def move(hour: int) -> list[str]:
        moved = replace(shift, starts_at=tomorrow_at(hour), ends_at=tomorrow_at(hour + 2))
        return change_activity(
            actor=cast.coordinator.actor,
            activity_id=made.activity_id,
            activity=as_it_is(made.activity_id, shifts=(moved,)),
        )

    refused(MoveConflicts, lambda: move(11))
    assert move(10) == ["shifts"]


def test_calling_off_tells_everybody_why(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=2)
    for shift in made.shift_ids:
        sign_up(actor=cast.volunteer.actor, shift_id=shift)
    place = sign_up(actor=cast.second.actor, shift_id=made.shift_ids[0])
    cancel_sign_up(actor=cast.second.actor, signup_id=place.signup_id)

    def call_off(reason: str) -> int:
        return cancel_activity(actor=cast.coordinator.actor, activity_id=made.activity_id, reason=reason)

    refused(ReasonMissing, lambda: call_off(" \n"))
    assert call_off("台风") == 1
    row = Activity.objects.get()
    assert (row.state, row.cancellation_reason) == ("cancelled", "台风")
    assert list(Shift.objects.values_list("taken", "is_open")) == [(0, False), (0, False)]
    assert set(SignUp.objects.values_list("state", flat=True)) == {"cancelled"}
    told = Message.objects.filter(recipient_ref=cast.volunteer.reference)
    assert [message.parameters["reason"] for message in told] == ["台风"]
    assert not Message.objects.filter(recipient_ref=cast.second.reference).exists()
    refused(NothingToChange, lambda: call_off("台风"))
    refused(
        NothingToChange,
        lambda: change_activity(
            actor=cast.coordinator.actor, activity_id=row.pk, activity=as_it_is(row.pk, title="新名字")
        ),
    )


def test_finishes_what_is_over_and_nothing_else(cast: Cast, make_activity: MakeActivity) -> None:
    over, coming = make_activity(), make_activity(shifts=2)
    draft = make_activity(state="draft")
    with time_machine.travel(tomorrow_at(11), tick=False):
        assert finish_past_activities(actor=SYSTEM) == 1
        assert finish_past_activities(actor=SYSTEM) == 0
    states = dict(Activity.objects.values_list("pk", "state"))
    assert states == {over.activity_id: "finished", coming.activity_id: "published", draft.activity_id: "draft"}
    assert set(Shift.objects.filter(activity_id=over.activity_id).values_list("is_open", flat=True)) == {False}
    assert Shift.objects.filter(activity_id=coming.activity_id, is_open=True).count() == 2


MONDAY = date(2026, 3, 2)


def shift_on(day: date) -> NewShift:
    return NewShift(
        starts_at=clock.at_local(day, tomorrow_at(9).astimezone(clock.HOSPITAL_ZONE).time()),
        ends_at=clock.at_local(day, tomorrow_at(11).astimezone(clock.HOSPITAL_ZONE).time()),
        places=3,
    )


@pytest.mark.parametrize(
    ("step", "until", "days"),
    [
        (Repeat.WEEKLY, date(2026, 3, 23), [2, 9, 16, 23]),
        (Repeat.WEEKLY, date(2026, 3, 22), [2, 9, 16]),
        (Repeat.WORKING_DAYS, date(2026, 3, 9), [2, 3, 4, 5, 6, 9]),
        (Repeat.DAILY, date(2026, 3, 5), [2, 3, 4, 5]),
        (Repeat.DAILY, date(2026, 2, 1), [2]),
    ],
)
def test_repeats_shifts_by_the_hospitals_clock(step: Repeat, until: date, days: list[int]) -> None:
    found = repeated([shift_on(MONDAY)], Repetition(step=step, until=until)).shifts
    assert [clock.local_day(shift.starts_at).day for shift in found] == days
    assert {clock.whole_minutes_between(shift.starts_at, shift.ends_at) for shift in found} == {120}


def test_refuses_a_repetition_without_end(cast: Cast) -> None:
    with pytest.raises(Invalid):
        repeated([shift_on(MONDAY)], Repetition(step=Repeat.DAILY, until=LAST_DAY))
