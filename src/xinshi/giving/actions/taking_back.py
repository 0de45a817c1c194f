"""What was given by mistake is taken back by a linked reversal, once, by somebody who had no part in it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.giving import access
from xinshi.giving.actions.locking import locked_grant, locked_group_hours, locked_organization, locked_passbooks
from xinshi.giving.actions.telling import tell
from xinshi.giving.domain import GoneOn, RequestNotOpen, RequestState, TakenBackBefore, check_reason
from xinshi.giving.events import GivingTakenBack
from xinshi.giving.models import Donation, Gift, Grant, TakenBack
from xinshi.giving.queries import transfer_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.ledger.actions import reverse
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.outbox.actions import publish

BACK = gettext_noop(
    "A gift of %(hours)s hours was taken back by the volunteer station. Open it to see what was booked."
)


@transaction.atomic
def reverse_gift(*, actor: Actor, gift_id: int, reason: str) -> int:
    """Take a gift back to its giver; returns the reversing transfer. Both are told.

    GoneOn where the receiver does not have the hours any more; TakenBackBefore the second time. It counts no longer
    against the giver's yearly cap. Works whatever the policy says today: a mistake stays a mistake.
    """
    access.require_keeper(actor)
    why = check_reason(reason)
    gift = Gift.objects.filter(pk=gift_id).first()
    if gift is None:
        raise NotFound
    access.require_not_own_giving(actor, gift.giver_id, gift.receiver_id)
    locked_passbooks([gift.giver_id, gift.receiver_id])
    booked = _take_back(actor, f"gift:{gift.pk}", why, minutes=gift.minutes, gift=gift)
    tell([gift.giver_id, gift.receiver_id], BACK, object_ref=f"gift:{gift.pk}", what="back", minutes=gift.minutes)
    return booked


@transaction.atomic
def reverse_donation(*, actor: Actor, donation_id: int, reason: str) -> int:
    """Take a donation back to where it came from; GoneOn where the pool has granted the hours on."""
    access.require_keeper(actor)
    why = check_reason(reason)
    donation = Donation.objects.filter(pk=donation_id).first()
    if donation is None:
        raise NotFound
    access.require_not_own_giving(actor, donation.person_id)
    people = [] if donation.person_id is None else [donation.person_id]
    locked_passbooks(people)
    if donation.organization_id is not None:
        locked_organization(donation.organization_id)
    booked = _take_back(actor, f"donation:{donation.pk}", why, minutes=donation.minutes, donation=donation)
    text = gettext_noop("A donation of %(hours)s hours was taken back by the volunteer station; you have them again.")
    tell(people, text, object_ref=f"donation:{donation.pk}", what="back", minutes=donation.minutes)
    return booked


@transaction.atomic
def reverse_grant(*, actor: Actor, grant_id: int, reason: str) -> int:
    """Take an approved grant back into the pool; GoneOn where the receiver has spent the hours."""
    access.require_keeper(actor)
    why = check_reason(reason)
    person_id = Grant.objects.filter(pk=grant_id).values_list("person_id", flat=True).first()
    if person_id is None:
        raise NotFound
    access.require_not_own_giving(actor, person_id)
    locked_passbooks([person_id])
    grant = locked_grant(grant_id)
    _require_approved(grant.state)
    booked = _take_back(actor, f"grant:{grant.pk}", why, minutes=grant.minutes, grant=grant)
    grant.state = RequestState.REVERSED
    grant.save(update_fields=["state"])
    text = gettext_noop("%(hours)s hours from the pool were taken back by the volunteer station. Ask there why.")
    tell([person_id], text, object_ref=f"grant:{grant.pk}", what="back", minutes=grant.minutes)
    return booked


@transaction.atomic
def reverse_group_hours(*, actor: Actor, group_hours_id: int, reason: str) -> int:
    """Take approved hours of a group out of the book; GoneOn where the group has donated them."""
    access.require_keeper(actor)
    why = check_reason(reason)
    entry = locked_group_hours(group_hours_id)
    _require_approved(entry.state)
    booked = _take_back(actor, f"group-hours:{entry.pk}", why, minutes=entry.minutes, group_hours=entry)
    entry.state = RequestState.REVERSED
    entry.save(update_fields=["state"])
    return booked


def _require_approved(state: str) -> None:
    if state == RequestState.REVERSED:
        raise TakenBackBefore
    if state != RequestState.APPROVED:
        raise RequestNotOpen


def _take_back(actor: Actor, object_ref: str, why: str, *, minutes: int, **what: Any) -> int:
    """Reverse the booking that `object_ref` names and write down why; `what` is the row by its column."""
    if TakenBack.objects.filter(**what).exists():
        raise TakenBackBefore
    try:
        posted = reverse(transfer_id=transfer_of(object_ref), key=f"reversal:{object_ref}", actor_ref=actor.reference)
    except InsufficientMinutes:
        raise GoneOn from None
    TakenBack.objects.create(reason=why, taken_back_by_ref=actor.reference, taken_back_at=clock.now(), **what)
    record(actor=actor, action="giving.take_back", object_ref=object_ref, minutes=minutes, transfer=posted.id)
    publish(GivingTakenBack(object_ref=object_ref, minutes=minutes))
    return posted.id
