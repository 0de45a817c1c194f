"""Reminders before a shift, who did not come, and the stand-in's own rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from xinshi.activities.actions import (
    cancel_sign_up,
    join_waiting_list,
    mark_no_shows,
    remind,
    say_coming,
    sign_up,
    undo_no_show,
)
from xinshi.activities.actions.holding import deadline
from xinshi.activities.domain import ReasonMissing, TooLateToCancel
from xinshi.activities.groups.actions import release_overdue_holds, sign_up_group
from xinshi.activities.groups.domain import GroupTooLarge, PersonNotPossible
from xinshi.activities.models import Activity, Shift, SignUp, StandInAsk
from xinshi.activities.standing_in.actions import answer_ask, seek_stand_in, tend_searches
from xinshi.activities.standing_in.domain import StandInFound
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_waves import acting
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.messages.models import Message, OutgoingText
from xinshi.people.actions import choose_text
from xinshi.people.models import Person, phone_index


def set_phones(phones: dict[int, str]) -> None:
    for person_id, phone in phones.items():
        Person.objects.filter(pk=person_id).update(phone=phone, phone_index=phone_index(phone))


def told(reference: str, part: str) -> int:
    return Message.objects.filter(recipient_ref=reference, text__contains=part).count()


def test_reminds_twice_and_never_again(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(starts_at=tomorrow_at(9, days=2)).shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    assert remind(actor=SYSTEM) == 0
    with time_machine.travel(tomorrow_at(10, days=1), tick=False):
        assert (remind(actor=SYSTEM), remind(actor=SYSTEM)) == (1, 0)
        late = sign_up(actor=cast.second.actor, shift_id=shift_id)
        assert remind(actor=SYSTEM) == 0
    with time_machine.travel(tomorrow_at(8, days=2), tick=False):
        assert (remind(actor=SYSTEM), remind(actor=SYSTEM)) == (2, 0)
    assert told(cast.volunteer.reference, "Are you coming?") == 2
    assert told(cast.second.reference, "Are you coming?") == 1
    say_coming(actor=cast.volunteer.actor, signup_id=place.signup_id)
    assert SignUp.objects.get(pk=place.signup_id).comes_at is not None
    with pytest.raises(NotFound):
        say_coming(actor=cast.volunteer.actor, signup_id=late.signup_id)
    with pytest.raises(NotAllowed):
        remind(actor=cast.coordinator.actor)


def test_who_left_a_phone_is_reminded_offered_and_asked_by_text_too(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=1, starts_at=tomorrow_at(9, days=2)).shift_ids
    Shift.objects.filter(pk=shift_id).update(reserve=3)
    (other,) = cast.people(1)
    Person.objects.filter(pk=other).update(service_categories=["0004"])
    set_phones({cast.volunteer.person_id: "19900000001", cast.second.person_id: "19900000002", other: "19900000003"})
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    join_waiting_list(actor=cast.second.actor, shift_id=shift_id)
    with time_machine.travel(tomorrow_at(10, days=1), tick=False):
        assert (remind(actor=SYSTEM), remind(actor=SYSTEM)) == (1, 0)
        seek_stand_in(actor=cast.volunteer.actor, signup_id=place.signup_id)
        cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
    sent = {row.purpose: row for row in OutgoingText.objects.exclude(purpose="code")}
    assert (sent["reminder"].to, sent["reminder"].shown_to) == ("19900000001", "199****0001")
    assert f"/activities/sign-ups/{place.signup_id}/" in sent["reminder"].text
    assert sent["reminder"].useless_from == tomorrow_at(9, days=2)
    assert sent["offer"].to == "19900000002"
    assert "/activities/stand-in/" in sent["stand-in"].text


def test_who_declined_a_kind_of_text_reads_it_in_the_inbox_alone(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=2, starts_at=tomorrow_at(9, days=2)).shift_ids
    set_phones({cast.volunteer.person_id: "19900000001", cast.second.person_id: "19900000002"})
    for somebody, purpose in ((cast.volunteer, "reminder"), (cast.second, "offer")):
        choose_text(actor=somebody.actor, person_id=somebody.person_id, purpose=purpose, wanted=False)
        sign_up(actor=somebody.actor, shift_id=shift_id)
    with time_machine.travel(tomorrow_at(10, days=1), tick=False):
        assert remind(actor=SYSTEM) == 2
    assert [told(one.reference, "Are you coming?") for one in (cast.volunteer, cast.second)] == [1, 1]
    assert [row.to for row in OutgoingText.objects.all()] == ["19900000002"]


def test_the_setting_keeps_texts_back(cast: Cast, make_activity: MakeActivity, settings: object) -> None:
    settings.SIGN_UP_RULES = {"by_text": 0}
    (shift_id,) = make_activity(starts_at=tomorrow_at(9, days=2)).shift_ids
    set_phones({cast.volunteer.person_id: "19900000001"})
    sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    with time_machine.travel(tomorrow_at(10, days=1), tick=False):
        assert remind(actor=SYSTEM) == 1
    assert told(cast.volunteer.reference, "Are you coming?") == 1
    assert not OutgoingText.objects.exists()


def test_who_was_never_checked_in_did_not_come_and_that_can_be_undone(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    with time_machine.travel(tomorrow_at(10, days=1), tick=False):
        assert mark_no_shows(actor=SYSTEM) == 0
    with time_machine.travel(tomorrow_at(12, days=1), tick=False):
        assert (mark_no_shows(actor=SYSTEM), mark_no_shows(actor=SYSTEM)) == (1, 0)
        assert (SignUp.objects.get().state, Shift.objects.get(pk=shift_id).taken) == ("no_show", 0)
        with pytest.raises(NotFound):
            undo_no_show(actor=cast.volunteer.actor, signup_id=place.signup_id, reason="我来了")
        with pytest.raises(ReasonMissing):
            undo_no_show(actor=cast.leader.actor, signup_id=place.signup_id, reason=" ")
        undo_no_show(actor=cast.leader.actor, signup_id=place.signup_id, reason="签到漏记")
    assert (SignUp.objects.get().state, Shift.objects.get(pk=shift_id).taken) == ("confirmed", 1)


def test_after_the_deadline_only_a_stand_in_takes_the_place(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=1)
    Activity.objects.filter(pk=made.activity_id).update(cancel_closes_minutes=48 * 60)
    others = cast.people(5)
    Person.objects.filter(pk__in=others).update(service_categories=["0004"])
    place = sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    with pytest.raises(TooLateToCancel):
        cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
    search = seek_stand_in(actor=cast.volunteer.actor, signup_id=place.signup_id, reason="发烧")
    assert seek_stand_in(actor=cast.volunteer.actor, signup_id=place.signup_id) == search
    asks = list(StandInAsk.objects.order_by("pk"))
    assert len(asks) == 3
    with pytest.raises(NotFound):
        answer_ask(actor=cast.second.actor, ask_id=asks[0].pk, accept=True)
    assert answer_ask(actor=acting(asks[0].person_id), ask_id=asks[0].pk, accept=False) is None
    assert StandInAsk.objects.filter(state="asked").count() == 3
    with time_machine.travel(asks[1].answer_until + timedelta(minutes=1), tick=False):
        assert (tend_searches(actor=SYSTEM), StandInAsk.objects.filter(state="lapsed").count()) == (1, 3)
    last = StandInAsk.objects.get(state="asked")
    taken = answer_ask(actor=acting(last.person_id), ask_id=last.pk, accept=True)
    assert taken is not None
    old, new = SignUp.objects.order_by("pk")
    assert (old.state, new.state, new.stands_in_for_id, Shift.objects.get().taken) == (
        "cancelled",
        "confirmed",
        old.pk,
        1,
    )
    with pytest.raises(StandInFound):
        answer_ask(actor=acting(asks[1].person_id), ask_id=asks[1].pk, accept=True)
    assert told(cast.volunteer.reference, "A stand-in takes your place") == 1


def test_friends_are_asked_and_held_places_come_back(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity(places=6, starts_at=tomorrow_at(9, days=9)).shift_ids
    with pytest.raises(PersonNotPossible):
        sign_up_group(actor=cast.volunteer.actor, shift_id=shift_id, name="同事", numbers=["123"])
    with pytest.raises(GroupTooLarge):
        sign_up_group(actor=cast.volunteer.actor, shift_id=shift_id, name="同事", hold=11)
    assert Shift.objects.get(pk=shift_id).taken == 0
    numbers = [cast.volunteer.number, cast.second.number]
    done = sign_up_group(actor=cast.volunteer.actor, shift_id=shift_id, name="同事", numbers=numbers, hold=3)
    rows = {row.person_id: row.state for row in SignUp.objects.all()}
    assert rows == {cast.volunteer.person_id: "confirmed", cast.second.person_id: "offered"}
    assert (done.held, Shift.objects.get(pk=shift_id).taken) == (3, 5)
    with time_machine.travel(tomorrow_at(9, days=4), tick=False):
        assert (release_overdue_holds(actor=SYSTEM), release_overdue_holds(actor=SYSTEM)) == (1, 0)
    assert Shift.objects.get(pk=shift_id).taken == 2


def test_deadlines_are_shorter_near_the_shift_and_never_beyond_it() -> None:
    now = tomorrow_at(9)
    assert deadline(now, now + timedelta(days=9), minutes=1_440, minutes_min=15) == now + timedelta(days=1)
    assert deadline(now, now + timedelta(hours=4), minutes=1_440, minutes_min=15) == now + timedelta(hours=2)
    assert deadline(now, now + timedelta(minutes=20), minutes=1_440, minutes_min=15) == now + timedelta(minutes=15)
    assert deadline(now, now + timedelta(minutes=5), minutes=1_440, minutes_min=15) == now + timedelta(minutes=5)


def test_who_decides_sees_how_often_somebody_came_and_did_not(cast: Cast, make_activity: MakeActivity) -> None:
    person, at = cast.volunteer.person_id, clock.now()
    for days, state in ((-400, "no_show"), (-30, "no_show"), (-20, "confirmed"), (-10, "confirmed"), (-5, "cancelled")):
        made = make_activity(starts_at=tomorrow_at(9, days=days))
        decided = {"decided_at": at, "decided_by_ref": "system:tests"} if state == "no_show" else {}
        if state == "cancelled":
            decided = {"cancelled_at": at, "cancelled_by_ref": "system:tests"}
        SignUp.objects.create(
            shift_id=made.shift_ids[0],
            person_id=person,
            state=state,
            signed_up_at=at,
            signed_up_by_ref="system:tests",
            attended_at=at if state == "confirmed" else None,
            **decided,
        )
    asked = make_activity(title="陪诊", starts_at=tomorrow_at(14))
    Activity.objects.filter(pk=asked.activity_id).update(sign_up_way="on_request")
    sign_up(actor=cast.volunteer.actor, shift_id=asked.shift_ids[0])
    for address in (reverse("activities:to_decide"), reverse("activities:people", args=asked.shift_ids)):
        page = cast.leader.client.get(address, headers={"Accept-Language": "zh-hans"}).text
        assert "近一年到岗：2" in page
        assert "未到：1" in page
    assert "近一年到岗" not in cast.other_leader.client.get(reverse("activities:to_decide")).text
