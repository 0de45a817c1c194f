"""Sending hours to another bank, and bringing hours from one: by the person whose hours they are."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.domain import PassbookNotOpen
from xinshi.bank.models import Passbook
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.domain import Direction
from xinshi.exchange.partners.queries import require_open, require_within_limits
from xinshi.interbank.identity.actions import make_tokens
from xinshi.interbank.identity.queries import purpose_of, token_of
from xinshi.interbank.moving.access import require_person
from xinshi.interbank.moving.domain import (
    FORM_KEY_LENGTH_MAX,
    LIFETIME,
    FormUsed,
    NoConsent,
    NotEnoughOwnHours,
    NoToken,
    PartnerUnknown,
    new_key,
)
from xinshi.interbank.moving.holdings import month_minutes, own_lots, sendable_minutes
from xinshi.interbank.moving.models import Transfer
from xinshi.interbank.moving.writing import hold_and_send, locked_partner, whole_second, write_message
from xinshi.interbank.protocol.bodies import MINUTES_MAX, MessageType
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import lock_balances
from xinshi.people.models import Consent

TOO_FEW = gettext_noop("Enter at least one minute.")
TOO_MANY = gettext_noop("That is more than one transfer can carry. Enter fewer hours.")


@transaction.atomic
def ask_transfer(*, actor: Actor, partner_id: int, minutes: int, kind: HoursKind, form_key: str) -> int:
    """Send hours that were earned here to another bank: held now, booked away when it confirms. Returns the transfer's id.

    `form_key` makes one form send once. Refusals: NoConsent, NoToken, PartnerUnknown, NotEnoughOwnHours, a passbook that is
    not active, the partner's state, contract and limits.
    """
    person_id = require_person(actor)
    _check(minutes, form_key)
    partner = _bank(partner_id)
    earlier = _earlier(person_id, form_key, partner, Transfer.Direction.OUT, minutes, kind)
    if earlier is not None:
        return earlier
    require_open(partner)
    token = _token(actor, person_id, partner)
    passbook = _active_passbook(person_id)
    require_within_limits(
        partner,
        Direction.OUT,
        minutes,
        hours_kind=kind.value,
        person_month_minutes=month_minutes(person_id, partner.pk, Transfer.Direction.OUT),
    )
    lock_balances(account_ids=[passbook.account_id])
    lots = own_lots(passbook, kind.value)
    there = sendable_minutes(passbook, kind.value, lots)
    if there < minutes:
        raise NotEnoughOwnHours(hours=hours_figure(there))
    transfer = hold_and_send(
        partner,
        passbook,
        lots,
        key=new_key(),
        minutes=minutes,
        kind=kind.value,
        token=token,
        is_asked_here=True,
        by_ref=actor.reference,
        form_key=form_key,
    )
    record(
        actor=actor,
        action="interbank.ask_transfer",
        object_ref=f"bank-transfer:{transfer.pk}",
        partner=partner.code,
        minutes=minutes,
        kind=kind.value,
    )
    return transfer.pk


@transaction.atomic
def ask_to_bring(*, actor: Actor, partner_id: int, minutes: int, kind: HoursKind, form_key: str) -> int:
    """Ask another bank to send this person's hours here; nothing is booked before they come. Returns the transfer's id.

    Refusals: as of `ask_transfer`, without the hours: only the other bank knows whether they are there.
    """
    person_id = require_person(actor)
    _check(minutes, form_key)
    partner = _bank(partner_id)
    earlier = _earlier(person_id, form_key, partner, Transfer.Direction.IN, minutes, kind)
    if earlier is not None:
        return earlier
    require_open(partner)
    token = _token(actor, person_id, partner)
    _active_passbook(person_id)
    require_within_limits(
        partner,
        Direction.IN,
        minutes,
        hours_kind=kind.value,
        person_month_minutes=month_minutes(person_id, partner.pk, Transfer.Direction.IN),
    )
    at = clock.now()
    transfer = Transfer.objects.create(
        partner=partner,
        person_id=person_id,
        direction=Transfer.Direction.IN,
        is_asked_here=True,
        key=new_key(),
        minutes=minutes,
        kind=kind.value,
        state=Transfer.State.ASKED,
        form_key=form_key,
        expires_at=whole_second(at + LIFETIME),
        due_at=at,
        begun_at=at,
        begun_by_ref=actor.reference,
    )
    write_message(partner, kind=MessageType.REQUEST, token=token, of=transfer)
    record(
        actor=actor,
        action="interbank.ask_to_bring",
        object_ref=f"bank-transfer:{transfer.pk}",
        partner=partner.code,
        minutes=minutes,
        kind=kind.value,
    )
    return transfer.pk


def _check(minutes: int, form_key: str) -> None:
    assert 0 < len(form_key) <= FORM_KEY_LENGTH_MAX, f"a form's key has 1 to {FORM_KEY_LENGTH_MAX} signs"
    if not 1 <= minutes <= MINUTES_MAX:
        raise Invalid(field="minutes", reason=TOO_FEW if minutes < 1 else TOO_MANY)


def _bank(partner_id: int) -> Partner:
    try:
        partner = locked_partner(partner_id)
    except NotFound:
        raise PartnerUnknown from None
    if not partner.address:
        raise PartnerUnknown
    return partner


def _earlier(
    person_id: int, form_key: str, partner: Partner, direction: Transfer.Direction, minutes: int, kind: HoursKind
) -> int | None:
    """The transfer that this form began before; FormUsed where it said something else."""
    found = Transfer.objects.filter(person_id=person_id, form_key=form_key).first()
    if found is None:
        return None
    if (found.partner_id, found.direction, found.minutes, found.kind) != (partner.pk, direction, minutes, kind):
        raise FormUsed
    return found.pk


def _token(actor: Actor, person_id: int, partner: Partner) -> str:
    """The person's token, made now where the consent is so new that nobody has made it yet."""
    purpose = purpose_of(partner)
    if not Consent.objects.filter(person_id=person_id, purpose=purpose, withdrawn_at=None).exists():
        raise NoConsent
    found = token_of(person_id, partner)
    if found is None:
        make_tokens(actor=actor, partner_id=partner.pk, person_ids=[person_id])
        found = token_of(person_id, partner)
    if found is None:
        raise NoToken
    return found


def _active_passbook(person_id: int) -> Passbook:
    rows = Passbook.objects.select_for_update(no_key=True).filter(person_id=person_id, state=Passbook.State.ACTIVE)
    found = rows.first()
    if found is None:
        raise PassbookNotOpen(number=1)
    return found
