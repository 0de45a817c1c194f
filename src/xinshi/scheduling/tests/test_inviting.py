"""A plan becomes invitations; what is declined or not answered is filled in turn; what is given back is proposed at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db.models import Count, F, Q
from django.urls import reverse

from xinshi.activities.actions import TakenPlace, answer_offer, cancel_sign_up, remind, sign_up, tend_waiting_lists
from xinshi.activities.domain import OfferOver, ShiftFull, ShiftStarted, SignUpGone
from xinshi.activities.feeds.actions import make_address
from xinshi.activities.feeds.ical import Status
from xinshi.activities.feeds.queries import own_events
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.reasons import PlaceOffered
from xinshi.activities.tests.conftest import (
    SYSTEM,
    Cast,
    MakeActivity,
    all_at_once,
    cast,
    make_activity,
)
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.organizations.models import Membership
from xinshi.people.models import Person
from xinshi.scheduling.domain import PlanNotReady
from xinshi.scheduling.inviting.actions import answer, publish_version, set_team_rule
from xinshi.scheduling.inviting.choosing import ranked
from xinshi.scheduling.inviting.domain import NoFreePlace, PublishedAlready
from xinshi.scheduling.inviting.filling import fill_again, invite
from xinshi.scheduling.models import Invitation, PlanVersion, Publication
from xinshi.scheduling.suggesting.actions import choose, decline_kind
from xinshi.scheduling.tests.inviting_cast import proposal

__all__ = ["cast", "make_activity"]


def in_hours(hours: float) -> datetime:
    return clock.now() + timedelta(hours=hours)


def own(person_id: int) -> Actor:
    return Actor(
        reference=f"user:{person_id}", user_id=person_id, person_id=person_id, roles=frozenset({Role.VOLUNTEER})
    )


def published(cast: Cast, pairs: list[tuple[int, int]], **terms: object) -> PlanVersion:
    version = proposal(pairs)
    publish_version(actor=cast.coordinator.actor, version_id=version.pk, answer_until=in_hours(6), **terms)  # type: ignore[arg-type]
    return version


def invitation(person_id: int) -> Invitation:
    return Invitation.objects.select_related("signup").get(person_id=person_id)


def state(person_id: int) -> str:
    found = invitation(person_id).signup
    return found.state if found else ""


def counts_are_right() -> bool:
    """No shift holds more than its places, and each counts exactly the places that people hold."""
    holding = Count("signups", filter=Q(signups__state__in=["confirmed", "offered"]))
    rows = Shift.objects.annotate(holding=holding)
    return not rows.exclude(taken=F("holding")).exists() and not rows.filter(taken__gt=F("places")).exists()


def test_a_published_version_asks_everybody_and_nobody_is_assigned_without_a_yes(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=3).shift_ids
    one, two, three = cast.people(3)
    sign_up(actor=SYSTEM, shift_id=shift, person_id=three)
    version = proposal([(shift, one), (shift, two), (shift, three)])
    done = publish_version(actor=cast.coordinator.actor, version_id=version.pk, answer_until=in_hours(6))
    assert (done.invited, done.given, done.kept, done.passed_over) == (2, 0, 1, 0)
    assert PlanVersion.objects.get().state == "published"
    assert set(SignUp.objects.values_list("person_id", "state")) == {
        (one, "offered"),
        (two, "offered"),
        (three, "confirmed"),
    }
    assert invitation(one).reasons == [{"code": "interest", "points": 25}]
    assert AuditEntry.objects.filter(action="scheduling.publish_plan").count() == 1
    assert answer(actor=own(one), invitation_id=invitation(one).pk, accept=True).state == "confirmed"
    assert [state(one), state(two)] == ["confirmed", "offered"]
    with pytest.raises(NotFound):
        answer(actor=own(one), invitation_id=invitation(two).pk, accept=True)
    with pytest.raises(PublishedAlready):
        publish_version(actor=cast.coordinator.actor, version_id=version.pk, answer_until=in_hours(6))
    assert counts_are_right()


@pytest.mark.any_database
def test_publishing_is_for_planners_a_finished_plan_and_a_fair_time(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity().shift_ids
    version = proposal([(shift, cast.volunteer.person_id)])
    for actor, until, error in (
        (cast.leader.actor, 6, NotAllowed),
        (cast.coordinator.actor, 0.1, Invalid),
        (cast.coordinator.actor, 31 * 24, Invalid),
    ):
        with pytest.raises(error):
            publish_version(actor=actor, version_id=version.pk, answer_until=in_hours(until))
    PlanVersion.objects.update(state="failed", failure="x")
    with pytest.raises(PlanNotReady):
        publish_version(actor=cast.coordinator.actor, version_id=version.pk, answer_until=in_hours(6))
    assert (SignUp.objects.count(), Invitation.objects.count(), Publication.objects.count()) == (0, 0, 0)


def test_a_no_is_followed_by_whom_it_suits_best_and_so_on_until_nobody_is_left(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=1, category="0004").shift_ids
    first, likes, other = cast.people(3)
    Person.objects.filter(pk=likes).update(service_categories=["0004"])
    choose(actor=own(other), is_wanted=True)
    for somebody in (cast.volunteer, cast.second, cast.leader, cast.other_leader, cast.coordinator):
        choose(actor=somebody.actor, is_wanted=False)
    for somebody in (cast.administrator, cast.clerk, cast.auditor):
        decline_kind(actor=somebody.actor, category="0004")
    published(cast, [(shift, first)])
    assert fill_again(actor=SYSTEM) == 0
    answer(actor=own(first), invitation_id=invitation(first).pk, accept=False, not_this_kind=True)
    assert fill_again(actor=SYSTEM) == 1
    assert (invitation(first).outcome, state(likes)) == ("invited", "offered")
    assert invitation(likes).instead_of_id == invitation(first).pk
    assert [row["code"] for row in invitation(likes).reasons] == ["seldom", "interest"]
    answer(actor=own(likes), invitation_id=invitation(likes).pk, accept=False)
    assert (fill_again(actor=SYSTEM), state(other)) == (1, "offered")
    until = invitation(other).signup.offered_until
    with time_machine.travel(until + timedelta(seconds=1)):
        tend_waiting_lists(actor=SYSTEM)
        assert fill_again(actor=SYSTEM) == 1
    assert invitation(other).outcome == "open"
    assert (Shift.objects.get(pk=shift).taken, Shift.objects.get(pk=shift).is_open) == (0, True)
    assert fill_again(actor=SYSTEM) == 0
    assert AuditEntry.objects.filter(action="scheduling.settle_place").count() == 3


def test_who_cannot_be_invited_any_more_is_passed_over_with_why_and_the_place_is_filled(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=2).shift_ids
    (clash,) = make_activity(places=5).shift_ids
    busy, out = cast.people(2)
    version = proposal([(shift, busy), (shift, out)])
    sign_up(actor=SYSTEM, shift_id=clash, person_id=busy)
    choose(actor=own(out), is_wanted=False)
    done = publish_version(actor=cast.coordinator.actor, version_id=version.pk, answer_until=in_hours(6))
    assert (done.invited, done.passed_over) == (0, 2)
    assert {invitation(busy).refusal, invitation(out).refusal} == {"time_conflict", "suggestions_not_wanted"}
    assert invitation(busy).refusal_words["parameters"] == {"title": "门诊导医"}
    assert Message.objects.filter(recipient_ref=f"person:{out}").count() == 0
    assert fill_again(actor=SYSTEM) == 2
    assert Invitation.objects.filter(way="refill", signup__state="offered").count() == 2
    assert counts_are_right()


def test_a_team_may_say_that_its_members_are_assigned_with_notice_and_may_decline(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=2).shift_ids
    member, stranger = cast.people(2)
    Membership.objects.create(person_id=member, organization=cast.department, since=clock.today())
    with pytest.raises(NotAllowed):
        set_team_rule(actor=cast.leader.actor, organization_id=cast.department.pk, assigns_directly=True)
    set_team_rule(actor=cast.coordinator.actor, organization_id=cast.department.pk, assigns_directly=True)
    published(cast, [(shift, member), (shift, stranger)])
    assert [state(member), state(stranger)] == ["confirmed", "offered"]
    answer(actor=own(member), invitation_id=invitation(member).pk, accept=False)
    assert (state(member), counts_are_right()) == ("cancelled", True)


def test_whoever_drops_out_is_replaced_by_one_click_of_the_coordinator(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    ill, next_best, other = cast.people(3)
    Person.objects.filter(pk=next_best).update(service_categories=["0004"])
    version = published(cast, [(shift, ill)])
    answer(actor=own(ill), invitation_id=invitation(ill).pk, accept=True)
    with pytest.raises(NoFreePlace):
        invite(actor=cast.coordinator.actor, shift_id=shift, person_id=other)
    with time_machine.travel(Shift.objects.get().starts_at - timedelta(hours=2), tick=False):
        cancel_sign_up(actor=own(ill), signup_id=invitation(ill).signup_id or 0)
        assert fill_again(actor=SYSTEM) == 0
        found = ranked(shift, at=clock.now(), limit=3)
        assert found[0].person_id == next_best
        assert ill not in [one.person_id for one in found]
        with pytest.raises(NotAllowed):
            invite(actor=cast.leader.actor, shift_id=shift, person_id=next_best)
        invite(actor=cast.coordinator.actor, shift_id=shift, person_id=next_best)
        made = invitation(next_best)
        assert made.signup.offered_until == clock.now() + timedelta(hours=1)
        assert (made.way, made.version_id, made.instead_of_id) == ("by_hand", version.pk, invitation(ill).pk)
        assert invitation(ill).outcome == "invited"
    with (
        time_machine.travel(Shift.objects.get().starts_at + timedelta(minutes=1)),
        pytest.raises(ShiftStarted),
    ):
        invite(actor=cast.coordinator.actor, shift_id=shift, person_id=other)


def test_a_later_version_adds_to_what_stands(cast: Cast, make_activity: MakeActivity) -> None:
    first, second = make_activity(places=2, shifts=2).shift_ids
    yes, waits, new = cast.people(3)
    version = published(cast, [(first, yes), (first, waits)])
    answer(actor=own(yes), invitation_id=invitation(yes).pk, accept=True)
    later = proposal([(first, waits), (second, new)], period=version.period)
    done = publish_version(actor=cast.coordinator.actor, version_id=later.pk, answer_until=in_hours(6))
    assert (done.invited, done.kept, done.passed_over) == (1, 1, 0)
    assert [state(person) for person in (yes, waits, new)] == ["confirmed", "offered", "offered"]
    assert [row.state for row in PlanVersion.objects.order_by("number")] == ["replaced", "published"]
    # What the earlier version invited to is filled again still.
    answer(actor=own(waits), invitation_id=invitation(waits).pk, accept=False)
    assert (fill_again(actor=SYSTEM), invitation(waits).outcome) == (1, "invited")
    assert counts_are_right()


def test_calendars_and_reminders_serve_the_invited_as_everybody(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    person = cast.volunteer.person_id
    word = make_address(actor=cast.volunteer.actor)
    published(cast, [(shift, person)])
    assert [event.status for event in own_events(word)] == [Status.TENTATIVE]
    answer(actor=cast.volunteer.actor, invitation_id=invitation(person).pk, accept=True)
    assert [event.status for event in own_events(word)] == [Status.CONFIRMED]
    SignUp.objects.update(signed_up_at=in_hours(-48))
    with time_machine.travel(Shift.objects.get().starts_at - timedelta(hours=1)):
        assert remind(actor=SYSTEM) == 1
        cancel_sign_up(actor=SYSTEM, signup_id=invitation(person).signup_id or 0)
        assert [event.status for event in own_events(word)] == [Status.CANCELLED]


def test_what_nobody_may_count_changes_nothing(cast: Cast, make_activity: MakeActivity) -> None:
    """Sex, where somebody lives, what sort of document they have, and their stars are not part of any ranking."""
    (shift,) = make_activity(places=1).shift_ids
    people = cast.people(6)
    before = ranked(shift, at=clock.now(), limit=20)
    Person.objects.filter(pk__in=people[:3]).update(sex="1", area="外地", id_kind="HZ")
    Person.objects.filter(pk__in=people[3:]).update(sex="2", area="本区", id_kind="SF")
    assert ranked(shift, at=clock.now(), limit=20) == before
    assert {one.person_id for one in before} >= set(people)


@pytest.mark.django_db(transaction=True)
def test_at_once_two_workers_fill_a_place_once_and_a_late_yes_gets_none(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=2).shift_ids
    one, two, spare, late = cast.people(4)
    published(cast, [(shift, one), (shift, two)])
    answer(actor=own(one), invitation_id=invitation(one).pk, accept=False)
    signup = invitation(two).signup_id or 0
    jobs = [
        partial(fill_again, actor=SYSTEM),
        partial(fill_again, actor=SYSTEM),
        partial(answer_offer, actor=own(two), signup_id=signup, accept=True),
        partial(answer_offer, actor=own(two), signup_id=signup, accept=False),
        partial(invite, actor=cast.coordinator.actor, shift_id=shift, person_id=spare),
        partial(sign_up, actor=own(late), shift_id=shift),
    ]
    results = all_at_once(jobs, threads=len(jobs))
    allowed = int | TakenPlace | SignUpGone | NoFreePlace | ShiftFull | PlaceOffered
    assert all(isinstance(result, allowed) for result in results), results
    assert Invitation.objects.filter(instead_of=invitation(one)).count() <= 1
    assert counts_are_right()


@pytest.mark.django_db(transaction=True)
def test_a_yes_at_the_deadline_is_a_yes_or_a_no_but_never_both(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    (person,) = cast.people(1)
    published(cast, [(shift, person)])
    signup = invitation(person).signup_id or 0
    SignUp.objects.filter(pk=signup).update(offered_until=clock.now() + timedelta(milliseconds=30))
    jobs = [
        partial(answer_offer, actor=own(person), signup_id=signup, accept=True),
        *[partial(tend_waiting_lists, actor=SYSTEM)] * 3,
        *[partial(fill_again, actor=SYSTEM)] * 2,
    ]
    results = all_at_once(jobs, threads=4)
    if isinstance(results[0], TakenPlace):
        assert state(person) == "confirmed"
    else:
        assert isinstance(results[0], OfferOver | SignUpGone)
        assert state(person) in ("offered", "declined")
    assert counts_are_right()


def test_the_pages_lead_from_the_proposal_to_the_answer_and_the_refill(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=2).shift_ids
    version = proposal([(shift, cast.volunteer.person_id), (shift, cast.second.person_id)])
    desk, volunteer = cast.coordinator.client, cast.volunteer.client
    english = {"accept-language": "en"}
    publish = reverse("scheduling:publish", args=[version.pk])
    assert "people are asked" in desk.get(publish, headers=english).content.decode()
    tomorrow = clock.today() + timedelta(days=1)
    typed = {"day": tomorrow.isoformat(), "time": "00:30", "refill_hours": "12"}
    assert desk.post(publish, typed | {"day": "2020-01-01"}, headers=english).status_code == 200
    assert not Invitation.objects.exists()
    answered = desk.post(publish, typed, headers=english)
    overview = reverse("scheduling:version_invitations", args=[version.pk])
    assert answered.headers["Location"] == overview
    page = desk.get(overview, headers=english).content.decode()
    assert "李明" in page
    assert "No answer yet" in page
    own_page = volunteer.get(reverse("scheduling:mine"), headers=english).content.decode()
    assert "Please answer until" in own_page
    assert "you said you like" in own_page
    mine = invitation(cast.volunteer.person_id)
    volunteer.post(reverse("scheduling:answer", args=[mine.pk]), {"answer": "yes"})
    listed = volunteer.get("/api/v1/scheduling/invitations").json()
    assert [(one["id"], one["state"]) for one in listed] == [(mine.pk, "confirmed")]
    other = invitation(cast.second.person_id)
    refused = volunteer.post(
        f"/api/v1/scheduling/invitations/{other.pk}/answer", {"accept": True}, content_type="application/json"
    )
    assert (refused.status_code, state(cast.second.person_id)) == (404, "offered")
    assert volunteer.get(reverse("scheduling:refill", args=[shift])).status_code == 403
    cancel_sign_up(actor=cast.volunteer.actor, signup_id=mine.signup_id or 0)
    assert "门诊导医" in desk.get(reverse("scheduling:invitations")).content.decode()
    page = desk.get(reverse("scheduling:refill", args=[shift]), headers=english).content.decode()
    assert "李明 gave the place back" in page
    assert "had few shifts lately" in page
    chosen = ranked(shift, at=clock.now(), limit=1)[0].person_id
    desk.post(reverse("scheduling:invite", args=[shift]), {"person_id": chosen})
    assert state(chosen) == "offered"
    assert desk.post(reverse("scheduling:invite", args=[shift]), {"person_id": "x"}).status_code == 404
    assert "shifts for which nobody is left" not in desk.get(reverse("web:desk"), headers=english).content.decode()
    desk.post(reverse("scheduling:teams"), {"organization_id": cast.department.pk, "direct": "yes"})
    assert "assigned directly" in desk.get(reverse("scheduling:teams"), headers=english).content.decode()
    assert desk.get(reverse("scheduling:version_invitations", args=[proposal([]).pk])).status_code == 404
