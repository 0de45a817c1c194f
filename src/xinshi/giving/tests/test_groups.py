"""Hours that a group earned as a group: approved by another, kept apart, and given to the pool only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xinshi.bank.accounts import group_account
from xinshi.bank.rules import GroupHours, Rules
from xinshi.giving import actions, domain, queries
from xinshi.giving.domain import Decision, Given
from xinshi.giving.models import GroupHoursEntry
from xinshi.giving.tests.conftest import Cast, Somebody, earn, group, pool_minutes, propose, put_rules, refused
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db


def enter(who: Somebody, organization_id: int, *, key: str = "k", **fields: object) -> Given:
    values = {"title": "敬老院义务劳动", "worked_on": clock.today(), "minutes": 720, "evidence": "签到表两页"}
    return actions.enter_group_hours(actor=who.actor, organization_id=organization_id, key=key, **(values | fields))


def decide(who: Somebody, entry: int, decision: Decision = Decision.APPROVE, *, reason: str = "") -> None:
    actions.decide_group_hours(actor=who.actor, group_hours_id=entry, decision=decision, reason=reason)


def donate(who: Somebody, organization_id: int, minutes: int, *, key: str = "d", reason: str = "队委会决定") -> Given:
    return actions.donate_group_hours(
        actor=who.actor, organization_id=organization_id, minutes=minutes, reason=reason, key=key
    )


def test_approved_hours_stand_in_the_groups_account_and_go_to_the_pool(cast: Cast) -> None:
    team = group()
    entry = enter(cast.coordinator, team).id
    assert queries.group_minutes(team) == 0
    decide(cast.colleague, entry)
    assert balance(group_account(team)).posted == 720
    assert donate(cast.coordinator, team, 500).is_new
    assert not donate(cast.coordinator, team, 500).is_new
    assert (queries.group_minutes(team), pool_minutes()) == (220, 500)
    assert [(row.name, row.is_group, row.minutes) for row in queries.donors()] == [("南城公交巾帼志愿队", True, 500)]
    assert [(row.name, row.minutes) for row in queries.group_accounts(cast.auditor.actor)] == [
        ("南城公交巾帼志愿队", 220)
    ]
    assert verify().ok, verify().first_difference


def test_another_than_who_entered_them_approves(cast: Cast) -> None:
    entry = enter(cast.coordinator, group()).id
    refused(domain.OwnProposal, lambda: decide(cast.coordinator, entry))
    for somebody in (cast.volunteer, cast.auditor):
        refused(NotAllowed, lambda who=somebody: decide(who, entry))
    decide(cast.colleague, entry)
    refused(domain.RequestNotOpen, lambda: decide(cast.colleague, entry))


def test_refused_hours_are_not_booked_and_can_be_entered_anew(cast: Cast) -> None:
    team = group()
    entry = enter(cast.coordinator, team).id
    refused(Invalid, lambda: decide(cast.colleague, entry, Decision.REFUSE))
    refused(domain.GroupHoursEntered, lambda: enter(cast.colleague, team))
    decide(cast.colleague, entry, Decision.REFUSE, reason="签到表不清楚")
    again = enter(cast.coordinator, team, key="again").id
    actions.withdraw_group_hours(actor=cast.coordinator.actor, group_hours_id=again)
    refused(domain.RequestNotOpen, lambda: decide(cast.colleague, again))
    assert queries.group_minutes(team) == 0


def test_a_form_enters_hours_once(cast: Cast) -> None:
    team = group()
    assert [enter(cast.coordinator, team).is_new for _ in range(2)] == [True, False]
    refused(domain.FormUsed, lambda: enter(cast.coordinator, team, title="别的服务"))


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": 0},
        {"title": " "},
        {"evidence": ""},
        {"evidence": "x" * 501},
        {"worked_on": clock.today() + timedelta(days=2)},
        {"worked_on": clock.today() - timedelta(days=367)},
    ],
)
def test_what_does_not_fit_is_refused(cast: Cast, fields: dict[str, object]) -> None:
    team = group()
    refused(Invalid, lambda: enter(cast.coordinator, team, **fields))


def test_a_group_donates_what_it_has_with_a_reason(cast: Cast) -> None:
    team = group()
    earn(cast, team, minutes=60)
    refusal = refused(domain.GroupTooSmall, lambda: donate(cast.coordinator, team, 61))
    assert refusal.parameters == {"group_hours": "1", "needed_hours": "1.02"}
    refused(Invalid, lambda: donate(cast.coordinator, team, 60, reason=" "))
    refused(NotAllowed, lambda: donate(cast.volunteer, team, 60))


def test_hours_of_a_group_are_taken_back_unless_they_are_donated(cast: Cast) -> None:
    team = group()
    entry = earn(cast, team, minutes=60)
    gift = donate(cast.coordinator, team, 60)
    take = lambda: actions.reverse_group_hours(  # noqa: E731
        actor=cast.coordinator.actor, group_hours_id=entry, reason="重复录入"
    )
    refused(domain.GoneOn, take)
    actions.reverse_donation(actor=cast.colleague.actor, donation_id=gift.id, reason="误捐")
    take()
    refused(domain.TakenBackBefore, take)
    assert (queries.group_minutes(team), pool_minutes(), GroupHoursEntry.objects.get().state) == (0, 0, "reversed")
    assert verify().ok, verify().first_difference


def test_with_hours_of_groups_off_nothing_is_entered_approved_or_donated(cast: Cast) -> None:
    team = group()
    earn(cast, team, minutes=60)
    entry = enter(cast.coordinator, team).id
    put_rules(Rules(donations=True, gifts=True))
    refused(domain.GroupHoursOff, lambda: enter(cast.coordinator, team, key="other", title="别的"))
    refused(domain.GroupHoursOff, lambda: decide(cast.colleague, entry))
    refused(domain.GroupHoursOff, lambda: donate(cast.coordinator, team, 60))
    put_rules(Rules(group_hours=GroupHours.DONATE_ONLY))
    refused(domain.DonationsOff, lambda: donate(cast.coordinator, team, 60))


def test_the_pool_helps_with_what_groups_gave(cast: Cast) -> None:
    team = group()
    earn(cast, team, minutes=600)
    donate(cast.coordinator, team, 600)
    grant = propose(cast, cast.second, minutes=600)
    actions.decide_grant(actor=cast.colleague.actor, grant_id=grant, decision=Decision.APPROVE)
    assert (pool_minutes(), cast.second.balance.posted) == (0, 600)
    assert verify().ok, verify().first_difference
