"""Calls for empty posts: the right people, in batches, never too many, nobody twice on a day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.utils.translation import override

from xinshi.activities.actions import sign_up
from xinshi.activities.models import Shift
from xinshi.archive.models import Profile
from xinshi.campaigns import actions
from xinshi.campaigns.domain import NothingEmpty
from xinshi.campaigns.models import Call, CalledPerson, CampaignPost
from xinshi.campaigns.queries.candidates import candidates
from xinshi.campaigns.tests.conftest import SYSTEM, Cast, Surge, recruits
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.messages.models import Message, OutgoingText
from xinshi.people.actions import choose_text
from xinshi.people.models import Person, phone_index


def later(minutes: int) -> datetime:
    return clock.now() + timedelta(minutes=minutes)


def called(call_id: int) -> set[int]:
    return set(CalledPerson.objects.filter(call_id=call_id).values_list("person_id", flat=True))


def start(cast: Cast, surge: Surge, posts: list[CampaignPost], *, people: int = 50, batch: int = 2) -> int:
    return actions.call(
        actor=cast.coordinator.actor,
        campaign_id=surge.row.pk,
        post_ids=[post.pk for post in posts],
        people_max=people,
        batch_per_place=batch,
        wait_minutes=10,
    )


def test_who_wants_no_calls_by_text_is_called_in_the_inbox(cast: Cast, open_surge: Surge) -> None:
    for number, person_id in enumerate(recruits(cast, open_surge, 2), start=1):
        phone = f"1990000000{number}"
        Person.objects.filter(pk=person_id).update(phone=phone, phone_index=phone_index(phone))
    choose_text(actor=SYSTEM, person_id=person_id, purpose="call", wanted=False)
    start(cast, open_surge, open_surge.posts()[:1])
    assert Message.objects.filter(text__contains="needs people").count() == 2
    assert [row.to for row in OutgoingText.objects.filter(purpose="call")] == ["19900000001"]


def test_a_text_is_in_the_language_of_texts_whoever_calls(cast: Cast, open_surge: Surge) -> None:
    [person_id] = recruits(cast, open_surge, 1)
    Person.objects.filter(pk=person_id).update(phone="19900000007", phone_index=phone_index("19900000007"))
    with override("en"):
        start(cast, open_surge, open_surge.posts()[:1])
    [text] = OutgoingText.objects.filter(purpose="call")
    assert "需要人手" in text.text
    assert (text.to, text.shown_to) == ("19900000007", "199****0007")


def test_candidates_have_pledged_are_free_and_had_least(cast: Cast, open_surge: Surge) -> None:
    [busy, served, fresh] = recruits(cast, open_surge, 3)
    unpledged = cast.people(1)
    actions.recruit_many(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, person_ids=unpledged)
    posts = open_surge.posts()
    post, same_time = posts[0], posts[1]
    later_post = next(one for one in posts if one.day > post.day)
    assert same_time.shift_id is not None
    assert later_post.shift_id is not None
    sign_up(actor=cast.coordinator.actor, shift_id=same_time.shift_id, person_id=busy)
    sign_up(actor=cast.coordinator.actor, shift_id=later_post.shift_id, person_id=served)
    assert candidates(post, limit=10) == [fresh, served]
    assert candidates(post, limit=1) == [fresh]
    assert candidates(post, limit=10, without=[fresh]) == [served]


def test_nobody_is_called_whom_sign_up_would_refuse(cast: Cast, open_surge: Surge) -> None:
    """Rest, weekly limits and nights were looked at by sign-up only, so people were called in vain."""
    tired, rested, limited = recruits(cast, open_surge, 3)
    Profile.objects.create(
        person_id=limited,
        minutes_a_week_max=30,
        limits_said_at=clock.now(),
        changed_at=clock.now(),
        changed_by_ref="test",
    )
    posts = open_surge.posts()
    last = next(post for post in reversed(posts) if post.day == posts[0].day)
    first = next(post for post in posts if post.day > last.day)
    assert last.shift is not None
    assert first.shift is not None
    assert first.shift.starts_at - last.shift.ends_at > timedelta(hours=11)
    Shift.objects.filter(pk=last.shift.pk).update(ends_at=first.shift.starts_at - timedelta(hours=8))
    sign_up(actor=cast.coordinator.actor, shift_id=last.shift.pk, person_id=tired)
    assert candidates(first, limit=10) == [rested]


def test_a_call_goes_on_in_batches_and_stops_when_the_post_is_full(cast: Cast, open_surge: Surge) -> None:
    ids = recruits(cast, open_surge, 9)
    post = open_surge.posts()[0]
    assert post.shift_id is not None
    call_id = start(cast, open_surge, [post])
    first = called(call_id)
    assert len(first) == 4  # Two places, two people for each.
    assert actions.go_on_with_calls(actor=SYSTEM) == 0
    sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=min(first))
    with time_machine.travel(later(11), tick=False):
        assert actions.go_on_with_calls(actor=SYSTEM) == 1
    second = called(call_id) - first
    assert len(second) == 2
    sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=min(second))
    with time_machine.travel(later(22), tick=False):
        actions.go_on_with_calls(actor=SYSTEM)
    assert Call.objects.get(pk=call_id).state == "filled"
    assert called(call_id) == first | second < set(ids)
    assert Message.objects.filter(object_ref="campaign-path:flu").count() == 6


def test_a_call_that_goes_on_beyond_midnight_asks_others(cast: Cast, open_surge: Surge) -> None:
    recruits(cast, open_surge, 6)
    with time_machine.travel(clock.at_local(clock.today(), time(23, 55)), tick=False):
        call_id = start(cast, open_surge, [open_surge.posts()[0]])
        first, soon = called(call_id), later(11)
    with time_machine.travel(soon, tick=False):
        assert actions.go_on_with_calls(actor=SYSTEM) == 1
    assert (len(first), len(called(call_id) - first), CalledPerson.objects.count()) == (4, 2, 6)
    assert Message.objects.filter(object_ref="campaign-path:flu").count() == 6


def test_nobody_is_written_to_twice_on_a_day(cast: Cast, open_surge: Surge) -> None:
    recruits(cast, open_surge, 5)
    posts = open_surge.posts()
    one = start(cast, open_surge, [posts[0]])
    other = start(cast, open_surge, [posts[4]])
    assert (len(called(one)), len(called(other))) == (4, 1)
    assert not called(one) & called(other)
    third = start(cast, open_surge, [posts[8]])
    assert called(third) == set()
    assert Call.objects.get(pk=third).state == "nobody_left"


def test_the_quota_of_people_is_never_exceeded(cast: Cast, open_surge: Surge) -> None:
    recruits(cast, open_surge, 8)
    call_id = start(cast, open_surge, open_surge.posts()[:2], people=5, batch=4)
    assert len(called(call_id)) == 5
    with time_machine.travel(later(11), tick=False):
        actions.go_on_with_calls(actor=SYSTEM)
    assert (len(called(call_id)), Call.objects.get(pk=call_id).state) == (5, "quota_used")


def test_a_stopped_call_writes_to_nobody_more(cast: Cast, open_surge: Surge) -> None:
    recruits(cast, open_surge, 8)
    call_id = start(cast, open_surge, [open_surge.posts()[0]])
    with pytest.raises(NotAllowed):
        actions.stop_call(actor=cast.leader.actor, call_id=call_id)
    actions.stop_call(actor=cast.coordinator.actor, call_id=call_id)
    with time_machine.travel(later(11), tick=False):
        assert actions.go_on_with_calls(actor=SYSTEM) == 0
    assert len(called(call_id)) == 4


def test_full_posts_and_those_of_others_are_not_called_for(cast: Cast, open_surge: Surge) -> None:
    [first, second] = recruits(cast, open_surge, 2)
    post = open_surge.posts()[0]
    assert post.shift_id is not None
    for person_id in (first, second):
        sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=person_id)
    with pytest.raises(NothingEmpty):
        start(cast, open_surge, [post])
    with pytest.raises(NotFound):
        actions.call(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, post_ids=[10**6], people_max=5)
    with pytest.raises(NotAllowed):
        actions.call(actor=cast.leader.actor, campaign_id=open_surge.row.pk, post_ids=[post.pk], people_max=5)
    assert not Call.objects.exists()
    assert not CalledPerson.objects.exists()
