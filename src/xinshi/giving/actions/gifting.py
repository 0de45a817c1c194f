"""Giving hours to a registered relative: one booking from passbook to passbook."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from xinshi.audit.actions import record
from xinshi.bank.lots import holdings
from xinshi.bank.queries import policy_in_force
from xinshi.bank.replay import spendable
from xinshi.bank.rules import Policy
from xinshi.giving import access
from xinshi.giving.actions.locking import giving_passbook, locked_passbooks, receiving_passbook
from xinshi.giving.actions.telling import tell
from xinshi.giving.domain import (
    KEY_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    FormUsed,
    Given,
    NotRelatives,
    RelativeState,
    check_gift,
    check_minutes,
    require_gifts,
)
from xinshi.giving.events import GiftGiven
from xinshi.giving.models import Gift, Relative
from xinshi.giving.queries import given_in_year
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.ledger.actions import post
from xinshi.ledger.domain import NewTransfer
from xinshi.ledger.queries import balance
from xinshi.outbox.actions import publish


@transaction.atomic
def give(*, actor: Actor, relative_id: int, minutes: int, key: str, note: str = "") -> Given:
    """Give minutes to a relative who has accepted; `key` makes one form give once. Lifetime hours never move.

    Refusals: GiftsOff, NotRelatives, passbooks that are not active, GiftYearCap, ReceiverHoldsTooMuch,
    InsufficientMinutes (hours that are reserved or in notice cannot be given).
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    giver = access.require_person(actor)
    check_minutes(minutes)
    receiver = _other_of(giver, relative_id)
    passbooks = locked_passbooks([giver, receiver])
    earlier = Gift.objects.filter(giver_id=giver, key=key).first()
    if earlier is not None:
        if (earlier.relative_id, earlier.minutes) != (relative_id, minutes):
            raise FormUsed
        return Given(earlier.pk, is_new=False)
    policy = policy_in_force()
    require_gifts(policy.rules)
    from_passbook, to_passbook = giving_passbook(passbooks, giver), receiving_passbook(passbooks, receiver)
    if not Relative.objects.filter(pk=relative_id, state=RelativeState.ACCEPTED).exists():
        raise NotRelatives
    check_gift(
        policy.rules,
        minutes=minutes,
        given_minutes=given_in_year(giver, clock.today().year),
        receiver_minutes=balance(to_passbook.account_id).posted,
    )
    gift = _write(actor, policy, giver, receiver, relative_id=relative_id, minutes=minutes, key=key, note=note)
    posted = post(
        transfer=NewTransfer(
            key=f"gift:{gift.pk}",
            debit_id=from_passbook.account_id,
            credit_id=to_passbook.account_id,
            minutes=minutes,
            kind="gift",
            worked_on=_served_on(from_passbook.account_id, minutes),
        ),
        actor_ref=actor.reference,
    )
    record(
        actor=actor,
        action="giving.give",
        object_ref=f"gift:{gift.pk}",
        giver=giver,
        receiver=receiver,
        minutes=minutes,
        transfer=posted.id,
    )
    publish(GiftGiven(gift_id=gift.pk, giver_id=giver, receiver_id=receiver, minutes=minutes))
    text = gettext_noop("A relative gave you %(hours)s hours. They are in your passbook.")
    tell([receiver], text, object_ref=f"gift:{gift.pk}", what="received", minutes=minutes)
    return Given(gift.pk, is_new=True)


def _served_on(account_id: int, minutes: int) -> date:
    """The day of the newest service among the minutes that go: the oldest go first, as with everything that is spent.

    So no gift makes minutes younger than the service they come from, and a policy that lets them expire is not gone around.
    """
    found = holdings([account_id]).get(account_id)
    day = clock.today()
    for lot in spendable(found, at=clock.now()) if found is not None else ():
        if lot.minutes:
            day, minutes = lot.worked_on, minutes - lot.minutes
        if minutes <= 0:
            break
    return day


def _other_of(giver: int, relative_id: int) -> int:
    """The other side of a registration; NotFound where the giver is not one of the two."""
    row = Relative.objects.filter(Q(asker_id=giver) | Q(other_id=giver), pk=relative_id).first()
    if row is None:
        raise NotFound
    return row.other_id if row.asker_id == giver else row.asker_id


def _write(
    actor: Actor, policy: Policy, giver: int, receiver: int, *, relative_id: int, minutes: int, key: str, note: str
) -> Gift:
    return Gift.objects.create(
        giver_id=giver,
        receiver_id=receiver,
        relative_id=relative_id,
        minutes=minutes,
        note=note.strip()[:NOTE_LENGTH_MAX],
        key=key,
        policy_version_id=policy.id,
        given_on=clock.today(),
        given_at=clock.now(),
        given_by_ref=actor.reference,
    )
