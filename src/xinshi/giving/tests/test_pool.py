"""Donations to the pool and help out of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from xinshi.bank.actions import change_passbook_state
from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.registration.closing import close_account
from xinshi.bank.rules import Rules
from xinshi.giving import actions, domain, queries
from xinshi.giving.domain import Decision, RequestState, Source
from xinshi.giving.models import Donation, Grant
from xinshi.giving.tests.conftest import (
    SYSTEM,
    Cast,
    fill_pool,
    give_beyond_cap,
    give_hours,
    pool_minutes,
    propose,
    put_rules,
    refused,
)
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.people.actions import give_consent

pytestmark = pytest.mark.django_db


def decide(cast: Cast, grant: int, decision: Decision = Decision.APPROVE, *, reason: str = "") -> None:
    actions.decide_grant(actor=cast.colleague.actor, grant_id=grant, decision=decision, reason=reason)


def test_a_donation_moves_minutes_to_the_pool_and_thanks(cast: Cast) -> None:
    made = fill_pool(cast.volunteer, minutes=300)
    assert (cast.volunteer.balance.posted, pool_minutes()) == (0, 300)
    assert cast.volunteer.passbook.certified_minutes == 300
    told = Message.objects.get(object_ref=f"donation:{made}")
    assert (told.recipient_ref, told.parameters) == (f"person:{cast.volunteer.person_id}", {"hours": "5"})
    figures = queries.pool_figures()
    assert (figures.holds_minutes, figures.given_minutes, figures.donations) == (300, 300, 1)
    assert verify().ok, verify().first_difference


def test_a_form_donates_once(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=300)
    results = [actions.donate(actor=cast.volunteer.actor, minutes=100, key="k") for _ in range(2)]
    assert (results[0].id, [r.is_new for r in results], pool_minutes()) == (results[1].id, [True, False], 100)
    refused(domain.FormUsed, lambda: actions.donate(actor=cast.volunteer.actor, minutes=99, key="k"))
    give_hours(cast.second, minutes=100)
    assert actions.donate(actor=cast.second.actor, minutes=100, key="k").is_new


def test_hours_beyond_the_cap_go_to_the_pool_and_leave_the_balance_alone(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=300)
    account = give_beyond_cap(cast.volunteer, minutes=200)
    assert queries.own_means(cast.volunteer.actor).donation_only_minutes == 200
    give = lambda minutes: actions.donate(  # noqa: E731
        actor=cast.volunteer.actor, minutes=minutes, key=f"k{minutes}", source=Source.BEYOND_CAP
    )
    refused(InsufficientMinutes, lambda: give(201))
    give(200)
    assert (cast.volunteer.balance.posted, balance(account).posted, pool_minutes()) == (300, 0, 200)
    assert verify().ok, verify().first_difference


def test_nobody_donates_what_they_do_not_have_or_from_a_frozen_passbook(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=60)
    give = lambda minutes: actions.donate(actor=cast.volunteer.actor, minutes=minutes, key="k")  # noqa: E731
    refused(InsufficientMinutes, lambda: give(61))
    refused(Invalid, lambda: give(0))
    refused(NotAllowed, lambda: actions.donate(actor=SYSTEM, minutes=1, key="k"))
    change_passbook_state(
        actor=SYSTEM, passbook_id=cast.volunteer.passbook.pk, state=Passbook.State.FROZEN, reason="核对"
    )
    refused(domain.OwnPassbookNotActive, lambda: give(60))


def test_the_public_list_names_only_who_consented_and_wants_it(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=60)
    assert [row.name for row in queries.donors()] == [""]
    give_consent(actor=cast.volunteer.actor, person_id=cast.volunteer.person_id, purpose="publicity", through="test")
    assert [row.name for row in queries.donors()] == ["李明"]
    give_hours(cast.volunteer, minutes=60)
    actions.donate(actor=cast.volunteer.actor, minutes=60, key="quietly", is_anonymous=True)
    assert [row.name for row in queries.donors()] == ["", "李明"]


def test_what_is_left_to_the_pool_when_a_passbook_is_closed_counts_as_given(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=100)
    give_beyond_cap(cast.volunteer, minutes=20)
    close_account(
        actor=cast.coordinator.actor,
        passbook_id=cast.volunteer.passbook.pk,
        hours=ClosingWish.Hours.DONATE,
        reason="迁居",
    )
    figures = queries.pool_figures()
    assert (figures.holds_minutes, figures.given_minutes, figures.donations) == (120, 120, 0)
    assert verify().ok, verify().first_difference


def test_a_donation_is_taken_back_to_where_it_came_from(cast: Cast) -> None:
    account = give_beyond_cap(cast.volunteer, minutes=200)
    made = actions.donate(actor=cast.volunteer.actor, minutes=200, key="k", source=Source.BEYOND_CAP)
    actions.reverse_donation(actor=cast.coordinator.actor, donation_id=made.id, reason="误捐")
    assert (balance(account).posted, pool_minutes(), queries.donors()) == (200, 0, [])
    assert verify().ok, verify().first_difference


def test_a_donation_that_was_granted_on_is_not_taken_back(cast: Cast) -> None:
    made = fill_pool(cast.volunteer, minutes=300)
    decide(cast, propose(cast, cast.second, minutes=1))
    refused(
        domain.GoneOn,
        lambda: actions.reverse_donation(actor=cast.coordinator.actor, donation_id=made, reason="误捐"),
    )


def test_help_is_proposed_by_one_and_approved_by_another_and_the_receiver_is_told(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=300)
    grant = propose(cast, cast.second, minutes=120)
    assert (pool_minutes(), cast.second.balance.posted) == (300, 0)
    decide(cast, grant)
    assert (pool_minutes(), cast.second.balance.posted, cast.second.passbook.certified_minutes) == (180, 120, 0)
    assert Message.objects.get(object_ref=f"grant:{grant}").recipient_ref == f"person:{cast.second.person_id}"
    figures = queries.pool_figures()
    assert (figures.granted_minutes, figures.helped) == (120, 1)
    assert verify().ok, verify().first_difference


def test_who_proposed_or_receives_does_not_decide(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=300)
    grant = propose(cast, cast.second, minutes=60)
    by = lambda who, pk: actions.decide_grant(actor=who.actor, grant_id=pk, decision=Decision.APPROVE)  # noqa: E731
    refused(domain.OwnProposal, lambda: by(cast.coordinator, grant))
    for somebody in (cast.volunteer, cast.second, cast.auditor, cast.clerk):
        refused(NotAllowed, lambda who=somebody: by(who, grant))
    refused(domain.OwnGrant, lambda: propose(cast, cast.coordinator, minutes=60))
    for_colleague = propose(cast, cast.colleague, minutes=60)
    refused(domain.OwnGrant, lambda: by(cast.colleague, for_colleague))


def test_the_pool_never_gives_what_it_does_not_hold(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=100)
    grant = propose(cast, cast.second, minutes=101)
    refusal = refused(domain.PoolTooSmall, lambda: decide(cast, grant))
    assert refusal.parameters == {"pool_hours": "1.67", "needed_hours": "1.68"}
    assert pool_minutes() == 100


def test_one_person_gets_so_much_a_year(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "GRANT_YEAR_MINUTES_MAX", 200)
    fill_pool(cast.volunteer, minutes=900)
    first, second = propose(cast, cast.second, minutes=150), propose(cast, cast.second, minutes=150)
    decide(cast, first)
    refused(domain.GrantYearLimit, lambda: decide(cast, second))
    refused(domain.GrantYearLimit, lambda: propose(cast, cast.second, minutes=51))
    actions.reverse_grant(actor=cast.colleague.actor, grant_id=first, reason="弄错了人")
    decide(cast, second)
    assert cast.second.balance.posted == 150
    assert verify().ok, verify().first_difference


def test_help_is_no_way_around_the_most_that_one_may_hold(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=300)
    grant = propose(cast, cast.second, minutes=120)
    put_rules(Rules(donations=True, holding_cap_minutes=119))
    refused(domain.ReceiverHoldsTooMuch, lambda: decide(cast, grant))


def test_a_proposal_is_refused_or_sent_back_with_a_reason_and_changed_by_its_proposer(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=300)
    refused_one, returned = propose(cast, cast.second, minutes=60), propose(cast, cast.stranger, minutes=60)
    for decision in (Decision.REFUSE, Decision.RETURN):
        refused(Invalid, lambda how=decision: decide(cast, refused_one, how))
    decide(cast, refused_one, Decision.REFUSE, reason="已有其他救助")
    decide(cast, returned, Decision.RETURN, reason="请写明需要多少")
    refused(domain.RequestNotOpen, lambda: decide(cast, returned))
    change = lambda who: actions.change_grant(  # noqa: E731
        actor=who.actor, grant_id=returned, minutes=30, reason="每周透析两次"
    )
    refused(domain.NotOwnProposal, lambda: change(cast.colleague))
    change(cast.coordinator)
    decide(cast, returned)
    assert (cast.stranger.balance.posted, cast.second.balance.posted, pool_minutes()) == (30, 0, 270)
    assert Grant.objects.get(pk=refused_one).state == RequestState.REFUSED
    refused(domain.RequestNotOpen, lambda: change(cast.coordinator))


def test_a_proposal_is_taken_back_by_its_proposer_alone(cast: Cast) -> None:
    grant = propose(cast, cast.second, minutes=60)
    take = lambda who: actions.withdraw_grant(actor=who.actor, grant_id=grant)  # noqa: E731
    refused(domain.NotOwnProposal, lambda: take(cast.colleague))
    take(cast.coordinator)
    refused(domain.RequestNotOpen, lambda: decide(cast, grant))


def test_a_proposal_sent_twice_is_one(cast: Cast) -> None:
    assert propose(cast, cast.second, minutes=60, key="k") == propose(cast, cast.second, minutes=60, key="k")
    refused(domain.FormUsed, lambda: propose(cast, cast.stranger, minutes=60, key="k"))


def test_why_somebody_is_in_need_is_sealed_and_read_by_those_who_decide_alone(cast: Cast) -> None:
    from django.db import connection

    fill_pool(cast.volunteer, minutes=300)
    grant = propose(cast, cast.second, minutes=60)
    with pytest.raises(NotFound):
        queries.grant(cast.second.actor, grant)
    decide(cast, grant, reason="情况属实")
    assert queries.grant(cast.colleague.actor, grant).reason == "术后行动不便，独居"
    assert queries.grant(cast.auditor.actor, grant).reason == ""
    own = queries.grant(cast.second.actor, grant)
    assert (own.minutes, own.reason, own.decision_reason, own.proposed_by) == (60, "", "", "")
    with pytest.raises(NotFound):
        queries.grant(cast.volunteer.actor, grant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, decision_reason FROM pool_grant")
        assert not {"术后行动不便，独居", "情况属实"} & set(cursor.fetchone())


def test_a_grant_that_was_spent_is_not_taken_back(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=300)
    grant = propose(cast, cast.second, minutes=60)
    take = lambda who: actions.reverse_grant(actor=who.actor, grant_id=grant, reason="弄错了人")  # noqa: E731
    refused(domain.RequestNotOpen, lambda: take(cast.colleague))
    decide(cast, grant)
    actions.donate(actor=cast.second.actor, minutes=1, key="k")
    refused(domain.GoneOn, lambda: take(cast.colleague))
    give_hours(cast.second, minutes=1)
    take(cast.colleague)
    refused(domain.TakenBackBefore, lambda: take(cast.colleague))
    assert (cast.second.balance.posted, pool_minutes()) == (0, 301)
    assert verify().ok, verify().first_difference


OFF: dict[str, Callable[[Cast, int], object]] = {
    "donating": lambda cast, grant: actions.donate(actor=cast.volunteer.actor, minutes=1, key="k"),
    "donating beyond the cap": lambda cast, grant: actions.donate(
        actor=cast.volunteer.actor, minutes=1, key="k", source=Source.BEYOND_CAP
    ),
    "proposing": lambda cast, grant: propose(cast, cast.second, minutes=1),
    "changing": lambda cast, grant: actions.change_grant(
        actor=cast.coordinator.actor, grant_id=grant, minutes=1, reason="x"
    ),
    "approving": decide,
}


@pytest.mark.parametrize("what", OFF)
def test_with_donations_off_nothing_goes_in_or_out(cast: Cast, what: str) -> None:
    fill_pool(cast.volunteer, minutes=300)
    give_hours(cast.volunteer, minutes=60)
    give_beyond_cap(cast.volunteer, minutes=60)
    grant = propose(cast, cast.second, minutes=60)
    put_rules(Rules(gifts=True))
    refused(domain.DonationsOff, lambda: OFF[what](cast, grant))
    assert (Donation.objects.count(), pool_minutes()) == (1, 300)
