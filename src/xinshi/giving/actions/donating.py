"""Donating hours to the pool for those in need: one's own, what can only be donated, and those of a group."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.accounts import donation_accounts, group_account, pool_account
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import Policy
from xinshi.giving import access
from xinshi.giving.actions.locking import giving_passbook, locked_organization, locked_passbooks
from xinshi.giving.actions.telling import tell
from xinshi.giving.domain import (
    KEY_LENGTH_MAX,
    FormUsed,
    Given,
    GroupTooSmall,
    Source,
    check_minutes,
    check_reason,
    require_donations,
    require_group_hours,
)
from xinshi.giving.events import Donated
from xinshi.giving.models import Donation
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import post
from xinshi.ledger.domain import InsufficientMinutes, NewTransfer
from xinshi.ledger.queries import balance
from xinshi.outbox.actions import publish


@transaction.atomic
def donate(
    *, actor: Actor, minutes: int, key: str, source: Source = Source.SPENDABLE, is_anonymous: bool = False
) -> Given:
    """Donate one's own minutes to the pool; `key` makes one form give once. Lifetime hours never move.

    Refusals: DonationsOff, a passbook that is not active, InsufficientMinutes.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    assert source is not Source.GROUP, "a group's hours go through donate_group_hours"
    person = access.require_person(actor)
    check_minutes(minutes)
    passbooks = locked_passbooks([person])
    earlier = Donation.objects.filter(person_id=person, key=key).first()
    if earlier is not None:
        if (earlier.minutes, earlier.source, earlier.is_anonymous) != (minutes, source.value, is_anonymous):
            raise FormUsed
        return Given(earlier.pk, is_new=False)
    policy = policy_in_force()
    require_donations(policy.rules)
    passbook = giving_passbook(passbooks, person)
    account = passbook.account_id if source is Source.SPENDABLE else donation_accounts([person])[person]
    donation = Donation(person_id=person, source=source.value, is_anonymous=is_anonymous)
    _book(actor, policy, donation, from_account=account, minutes=minutes, key=key)
    text = gettext_noop("Thank you: your %(hours)s hours are in the pool and will help somebody in need.")
    tell([person], text, object_ref=f"donation:{donation.pk}", what="thanks", minutes=minutes)
    return Given(donation.pk, is_new=True)


@transaction.atomic
def donate_group_hours(*, actor: Actor, organization_id: int, minutes: int, reason: str, key: str) -> Given:
    """Donate hours that a group earned, by a coordinator on its behalf, who says why (what the group decided).

    Refusals: GroupHoursOff, DonationsOff, GroupTooSmall.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    access.require_keeper(actor)
    check_minutes(minutes)
    why = check_reason(reason)
    organization = locked_organization(organization_id)
    earlier = Donation.objects.filter(organization=organization, key=key).first()
    if earlier is not None:
        if earlier.minutes != minutes:
            raise FormUsed
        return Given(earlier.pk, is_new=False)
    policy = policy_in_force()
    require_group_hours(policy.rules)
    require_donations(policy.rules)
    account = group_account(organization.pk)
    donation = Donation(organization=organization, source=Source.GROUP.value, reason=why)
    try:
        _book(actor, policy, donation, from_account=account, minutes=minutes, key=key)
    except InsufficientMinutes:
        raise GroupTooSmall(
            group_hours=hours_figure(balance(account).available), needed_hours=hours_figure(minutes)
        ) from None
    return Given(donation.pk, is_new=True)


def _book(actor: Actor, policy: Policy, donation: Donation, *, from_account: int, minutes: int, key: str) -> None:
    """Write the donation, then move its minutes to the pool."""
    donation.minutes, donation.key, donation.policy_version_id = minutes, key, policy.id
    donation.given_on, donation.given_at, donation.given_by_ref = clock.today(), clock.now(), actor.reference
    donation.save(force_insert=True)
    posted = post(
        transfer=NewTransfer(
            key=f"donation:{donation.pk}",
            debit_id=from_account,
            credit_id=pool_account(),
            minutes=minutes,
            kind="donation",
            worked_on=donation.given_on,
        ),
        actor_ref=actor.reference,
    )
    record(
        actor=actor,
        action="giving.donate",
        object_ref=f"donation:{donation.pk}",
        minutes=minutes,
        source=donation.source,
        transfer=posted.id,
    )
    publish(
        Donated(
            donation_id=donation.pk,
            person_id=donation.person_id,
            organization_id=donation.organization_id,
            minutes=minutes,
        )
    )
