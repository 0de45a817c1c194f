"""Planning a campaign: the matrix, publishing it in bulk, changing the need, closing a site."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import sign_up
from xinshi.activities.domain import PlacesTaken
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.requirements import Requirements
from xinshi.audit.models import AuditEntry
from xinshi.campaigns import actions
from xinshi.campaigns.domain import (
    CampaignClosed,
    CodeTaken,
    NewSite,
    NothingToPublish,
    SiteClosed,
    SiteNameTaken,
    days_between,
)
from xinshi.campaigns.models import Campaign, CampaignPost
from xinshi.campaigns.tests.conftest import Cast, MakeSurge, Surge, new_campaign, recruits
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message


def test_only_planners_plan(cast: Cast, surge: Surge) -> None:
    for somebody in (cast.volunteer, cast.leader, cast.auditor, cast.clerk):
        with pytest.raises(NotAllowed):
            actions.create_campaign(actor=somebody.actor, campaign=new_campaign(cast, code="other"))
        with pytest.raises(NotAllowed):
            actions.set_posts(actor=somebody.actor, campaign_id=surge.row.pk, needs=[surge.need()])
        with pytest.raises(NotAllowed):
            actions.publish_posts(actor=somebody.actor, campaign_id=surge.row.pk)
        with pytest.raises(NotAllowed):
            actions.close_site(actor=somebody.actor, site_id=surge.east.pk, reason="下雨")
    assert Campaign.objects.count() == 1
    assert CampaignPost.objects.count() == 0


def test_a_short_address_is_taken_once(cast: Cast, surge: Surge) -> None:
    with pytest.raises(CodeTaken):
        actions.create_campaign(actor=cast.coordinator.actor, campaign=new_campaign(cast))
    with pytest.raises(SiteNameTaken):
        actions.add_site(
            actor=cast.coordinator.actor,
            campaign_id=surge.row.pk,
            site=NewSite(name="东站", place="别处", leader_id=cast.leader.person_id),
        )
    assert (Campaign.objects.count(), surge.row.sites.count()) == (1, 2)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"windows": ()}, "windows"),
        ({"roles": ()}, "roles"),
        ({"activation_places": 5, "activation_reason": " "}, "activation_reason"),
        ({"is_dangerous": True}, "insurance_until"),
        ({"category": "9999"}, "category"),
        ({"category": "3201"}, "risks"),
    ],
)
def test_what_is_not_whole_is_refused(cast: Cast, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        actions.create_campaign(actor=cast.coordinator.actor, campaign=new_campaign(cast, **more))
    assert refusal.value.parameters["field"] == field
    assert not Campaign.objects.exists()


def test_the_matrix_becomes_one_activity_per_site_and_day(cast: Cast, surge: Surge) -> None:
    done = actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=surge.everywhere(3, 2))
    assert (done.added, done.changed, done.removed) == (16, 0, 0)
    made = actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    assert (made.activities, made.posts, made.places) == (4, 16, 48)
    assert surge.fresh().state == Campaign.State.OPEN
    for post in surge.posts():
        shift = post.shift
        assert shift is not None
        assert (shift.places, shift.minimum, shift.is_open, shift.role.name) == (3, 2, True, post.role.name)
        assert shift.activity.title == f"流感疫苗接种 · {post.site.name}"
        assert shift.activity.person_in_charge_id == post.site.leader_id
        assert Requirements.from_stored(shift.role.requirements).qualifications == ("pledge",)
    with pytest.raises(NothingToPublish):
        actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    assert Activity.objects.count() == 4


def test_publishing_takes_as_many_statements_for_many_sites(cast: Cast, make_surge: MakeSurge) -> None:
    counts = []
    for code, sites in (("few", 2), ("many", 24)):
        one = make_surge(code=code)
        actions.add_sites(
            actor=cast.coordinator.actor,
            campaign_id=one.row.pk,
            sites=[NewSite(name=f"点位{n}", place="街道", leader_id=cast.leader.person_id) for n in range(sites)],
        )
        every = list(one.row.sites.all())
        needs = [
            one.need(site=site, day=day, window=window) for site in every for day in range(2) for window in range(2)
        ]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            actions.set_posts(actor=cast.coordinator.actor, campaign_id=one.row.pk, needs=needs)
            actions.publish_posts(actor=cast.coordinator.actor, campaign_id=one.row.pk)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 2, counts


def test_need_is_raised_and_lowered_at_any_hour_but_sends_nobody_away(cast: Cast, open_surge: Surge) -> None:
    actor = cast.coordinator.actor
    post = open_surge.posts()[0]
    assert post.shift is not None
    (recruit,) = recruits(cast, open_surge, 1)
    sign_up(actor=cast.coordinator.actor, shift_id=post.shift.pk, person_id=recruit)
    Message.objects.all().delete()
    need = open_surge.need(places=5, minimum=3)
    assert actions.set_posts(actor=actor, campaign_id=open_surge.row.pk, needs=[need]).changed == 1
    post.shift.refresh_from_db()
    assert (post.shift.places, post.shift.minimum, post.shift.taken) == (5, 3, 1)
    with pytest.raises(PlacesTaken):
        actions.set_posts(actor=actor, campaign_id=open_surge.row.pk, needs=[open_surge.need(places=0, minimum=0)])
    post.shift.refresh_from_db()
    post.refresh_from_db()
    assert (post.shift.places, post.places, post.shift.is_open) == (5, 5, True)
    assert not Message.objects.filter(recipient_ref=f"person:{recruit}").exists()


def test_a_post_that_nobody_needs_closes_and_opens_again(cast: Cast, open_surge: Surge) -> None:
    actor, pk = cast.coordinator.actor, open_surge.row.pk
    shift_id = open_surge.posts()[0].shift_id
    actions.set_posts(actor=actor, campaign_id=pk, needs=[open_surge.need(places=0, minimum=0)])
    assert not Shift.objects.get(pk=shift_id).is_open
    actions.set_posts(actor=actor, campaign_id=pk, needs=[open_surge.need(places=1)])
    shift = Shift.objects.get(pk=shift_id)
    assert (shift.is_open, shift.places) == (True, 1)


def test_posts_of_another_campaign_are_not_there(cast: Cast, surge: Surge, make_surge: MakeSurge) -> None:
    other = make_surge(code="other")
    with pytest.raises(NotFound):
        actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=[other.need()])
    with pytest.raises(Invalid):
        actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=[surge.need(day=5)])
    assert not CampaignPost.objects.exists()


def test_a_closed_site_tells_its_people_once_and_offers_the_others(cast: Cast, open_surge: Surge) -> None:
    [person, other] = recruits(cast, open_surge, 2)
    east = [post for post in open_surge.posts() if post.site_id == open_surge.east.pk]
    west = next(post for post in open_surge.posts() if post.site_id == open_surge.west.pk)
    for post in (east[0], east[2]):
        assert post.shift_id is not None
        sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=person)
    assert west.shift_id is not None
    sign_up(actor=cast.coordinator.actor, shift_id=west.shift_id, person_id=other)
    told = actions.close_site(actor=cast.coordinator.actor, site_id=open_surge.east.pk, reason="场地停电")
    assert told == 1
    texts = Message.objects.filter(object_ref="campaign-path:flu")
    assert [message.recipient_ref for message in texts] == [f"person:{person}"]
    assert "/campaigns/join/flu/shifts/" in texts[0].parameters["address"]
    states = SignUp.objects.filter(person_id=person).values_list("state", "reason")
    assert list(states) == [("cancelled", "场地停电")] * 2
    assert Shift.objects.filter(campaign_post__site=open_surge.east, is_open=True).count() == 0
    assert Shift.objects.filter(campaign_post__site=open_surge.east, taken__gt=0).count() == 0
    assert Shift.objects.get(pk=west.shift_id).taken == 1
    assert AuditEntry.objects.filter(action="campaigns.close_site").count() == 1
    with pytest.raises(SiteClosed):
        actions.close_site(actor=cast.coordinator.actor, site_id=open_surge.east.pk, reason="再关一次")
    with pytest.raises(SiteClosed):
        actions.set_posts(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, needs=[open_surge.need()])


def test_nothing_of_a_closed_campaign_is_changed(cast: Cast, open_surge: Surge) -> None:
    actions.close_campaign(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk)
    with pytest.raises(CampaignClosed):
        actions.set_posts(
            actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, needs=[open_surge.need(places=9)]
        )
    assert {post.places for post in open_surge.posts()} == {2}


def test_a_change_keeps_roles_and_windows_that_have_posts(cast: Cast, open_surge: Surge) -> None:
    plan = new_campaign(cast, roles=new_campaign(cast).roles[:1])
    with pytest.raises(Invalid):
        actions.change_campaign(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, campaign=plan)
    longer = new_campaign(cast, ends_on=open_surge.first + timedelta(days=3), name="加长的接种")
    changed = actions.change_campaign(actor=cast.coordinator.actor, campaign_id=open_surge.row.pk, campaign=longer)
    assert changed == ["ends_on", "name"]
    assert open_surge.row.roles.count() == 2


def test_days_are_counted_with_both_ends(surge: Surge) -> None:
    assert len(days_between(surge.first, surge.row.ends_on)) == 2
