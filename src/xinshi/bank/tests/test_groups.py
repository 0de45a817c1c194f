"""Teams: leaders, invitations by link, membership with dates, and the hours served together."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from xinshi.bank.achieved import achieved
from xinshi.bank.groups import group_hours
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.organizations.actions import create_organization, join_many, leave
from xinshi.organizations.figures import Achieved
from xinshi.organizations.membership import AlreadyMember, consent_on_paper
from xinshi.organizations.models import Invitation, Membership, Organization
from xinshi.organizations.queries import team_members
from xinshi.organizations.teams import (
    InvitationGone,
    InvitationTooWide,
    StationKeepsStaff,
    end_invitation,
    invite,
    join_by_invitation,
    leave_by_oneself,
    set_leader,
)


@pytest.fixture
def team(cast: Cast) -> int:
    """A team that the leader leads and the first volunteer belongs to, since 1 March."""
    made = create_organization(actor=SYSTEM, name="急救队", kind=Organization.Kind.TEAM)
    join_many(actor=SYSTEM, memberships=[(cast.leader.person_id, made), (cast.volunteer.person_id, made)])
    Membership.objects.update(since=date(2026, 3, 1))
    set_leader(actor=cast.coordinator.actor, organization_id=made, person_id=cast.leader.person_id, leads=True)
    return made


def test_hours_count_while_one_belongs_and_not_before_or_after(cast: Cast, put_in: PutIn, team: int) -> None:
    put_in(cast.volunteer, 60, worked_on=date(2026, 2, 28))
    put_in(cast.volunteer, 90, worked_on=date(2026, 3, 1))
    put_in(cast.leader, 30, worked_on=date(2026, 3, 9))
    put_in(cast.second, 500, worked_on=date(2026, 3, 9))
    Membership.objects.filter(person_id=cast.volunteer.person_id).update(until=date(2026, 3, 10))
    put_in(cast.volunteer, 20, worked_on=date(2026, 3, 10))
    put_in(cast.volunteer, 40, worked_on=date(2026, 3, 11))
    with time_machine.travel("2027-01-15 04:00:00+00:00"):
        hours = group_hours(cast.leader.actor, team)
    assert (hours.minutes, hours.minutes_this_year, hours.people) == (140, 0, 2)
    assert hours.held_as_group_minutes is None


def test_what_a_tree_achieved_counts_each_service_once(cast: Cast, put_in: PutIn, team: int) -> None:
    top = create_organization(actor=SYSTEM, name="示范大学", kind=Organization.Kind.UNIVERSITY)
    Organization.objects.filter(pk=team).update(parent_id=top)
    join_many(actor=SYSTEM, memberships=[(cast.volunteer.person_id, top)], since=date(2026, 2, 1))
    put_in(cast.volunteer, 60, worked_on=date(2026, 2, 27))
    put_in(cast.volunteer, 90, worked_on=date(2026, 3, 1))
    put_in(cast.leader, 30, worked_on=date(2026, 3, 9))
    put_in(cast.second, 500, worked_on=date(2026, 3, 9))
    whole = achieved([team, top, 10**6], date(2026, 1, 1), date(2026, 12, 31))
    assert whole == {team: Achieved(120, 2, 2), top: Achieved(180, 3, 2)}
    assert achieved([top], date(2026, 3, 1), date(2026, 3, 1)) == {top: Achieved(90, 1, 1)}


def test_who_does_not_belong_finds_nothing(cast: Cast, team: int) -> None:
    with pytest.raises(NotFound):
        group_hours(cast.second.actor, team)
    assert team_members(cast.second.actor, team) == []
    assert cast.second.client.get(reverse("bank:group", args=[team])).status_code == 404
    assert cast.volunteer.client.get(reverse("bank:group", args=[team])).status_code == 200


def test_names_are_whole_for_leaders_with_consent_and_masked_for_members(cast: Cast, team: int) -> None:
    def names(who: object) -> list[str]:
        return [member.shown_name for member in team_members(who, team)]  # type: ignore[arg-type]

    assert names(cast.leader.actor) == ["陈静", "李*"]
    consent_on_paper(actor=SYSTEM, memberships=list(Membership.objects.values_list("pk", flat=True)))
    assert names(cast.leader.actor) == ["陈静", "李明"]
    assert names(cast.coordinator.actor) == ["陈静", "李明"]
    assert names(cast.volunteer.actor) == ["陈*", "李明"]


def test_a_link_lets_people_join_until_its_places_are_taken(cast: Cast, team: int) -> None:
    word = invite(actor=cast.leader.actor, organization_id=team, places=1, days=7)
    assert word not in str(list(Invitation.objects.values()))
    with pytest.raises(AlreadyMember):
        join_by_invitation(actor=cast.volunteer.actor, word=word)
    assert join_by_invitation(actor=cast.second.actor, word=word) == team
    with pytest.raises(InvitationGone):
        join_by_invitation(actor=cast.clerk.actor, word=word)
    assert Membership.objects.filter(organization_id=team, until=None).count() == 3
    assert Invitation.objects.get().taken == 1


def test_a_link_ends_by_time_and_by_hand(cast: Cast, team: int) -> None:
    first = invite(actor=cast.leader.actor, organization_id=team, places=5, days=7)
    with time_machine.travel(clock.now() + timedelta(days=7, seconds=1)), pytest.raises(InvitationGone):
        join_by_invitation(actor=cast.second.actor, word=first)
    end_invitation(actor=cast.leader.actor, organization_id=team, invitation_id=Invitation.objects.get().pk)
    for word in (first, "nothing"):
        with pytest.raises(InvitationGone):
            join_by_invitation(actor=cast.second.actor, word=word)
    assert Membership.objects.filter(person_id=cast.second.person_id).count() == 0


def test_only_leaders_and_the_station_invite_and_end(cast: Cast, team: int) -> None:
    with pytest.raises(NotFound):
        invite(actor=cast.volunteer.actor, organization_id=team, places=1, days=1)
    with pytest.raises(NotFound):
        leave(actor=cast.volunteer.actor, person_id=cast.leader.person_id, organization_id=team)
    with pytest.raises(NotAllowed):
        set_leader(actor=cast.leader.actor, organization_id=team, person_id=cast.volunteer.person_id, leads=True)
    with pytest.raises(InvitationTooWide):
        invite(actor=cast.leader.actor, organization_id=team, places=501, days=1)
    department = create_organization(actor=SYSTEM, name="门诊部", kind=Organization.Kind.DEPARTMENT)
    join_many(actor=SYSTEM, memberships=[(cast.volunteer.person_id, department)])
    with pytest.raises(StationKeepsStaff):
        leave_by_oneself(actor=cast.volunteer.actor, organization_id=department)
    leave(actor=cast.leader.actor, person_id=cast.volunteer.person_id, organization_id=team)
    assert Membership.objects.filter(organization_id=team, until=None).get().person_id == cast.leader.person_id


def test_members_leave_by_themselves_and_a_leader_leads_no_more(cast: Cast, team: int) -> None:
    leave_by_oneself(actor=cast.leader.actor, organization_id=team)
    row = Membership.objects.get(person_id=cast.leader.person_id)
    assert (row.until, row.is_leader) == (clock.today(), False)
    with pytest.raises(NotFound):
        leave_by_oneself(actor=cast.leader.actor, organization_id=team)
    with pytest.raises(NotFound):
        invite(actor=cast.leader.actor, organization_id=team, places=1, days=1)


def test_the_pages_invite_show_a_qr_and_join(cast: Cast, team: int) -> None:
    page = cast.leader.client.post(reverse("organizations:invite", args=[team]), {"places": 3, "days": 7})
    text = page.content.decode()
    assert "<svg" in text
    found = re.search(r"/organizations/join/([\w-]+)/", text)
    assert found is not None
    path = found[0]
    stranger = Client(headers={"Accept-Language": "en"})
    assert "急救队" in stranger.get(path).content.decode()
    assert stranger.post(path).headers["Location"].startswith("/account/login/")
    joined = cast.second.client.post(path)
    assert joined.headers["Location"] == reverse("organizations:mine")
    assert "急救队" in cast.second.client.get(reverse("people:me")).content.decode()
    assert cast.volunteer.client.get(reverse("organizations:invite", args=[team])).status_code == 404
