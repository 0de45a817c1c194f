"""A partner's state: paused and let go on by people, stopped loudly by the house where both sides disagree."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Q

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper, require_partner_keeper
from xinshi.exchange.events import PartnerStateChanged
from xinshi.exchange.models import Partner, PartnerStateChange
from xinshi.exchange.partners.actions.registering import locked
from xinshi.exchange.partners.domain import REASON_LENGTH_MAX, StateNotPossible, check_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.people.queries import people_with_role

State = Partner.State
DISPUTED: Final = gettext_noop(
    "What %(partner)s and this bank say does not fit together. The exchange stands still until you have looked at it."
)


@transaction.atomic
def pause(*, actor: Actor, partner_id: int, reason: str) -> None:
    """Let nothing new in or out; coordinators may, so that stopping is never late. StateNotPossible unless active."""
    require_keeper(actor)
    why = check_text("reason", reason, REASON_LENGTH_MAX)
    partner = locked(partner_id)
    if partner.state != State.ACTIVE:
        raise StateNotPossible
    _set(actor, partner, State.PAUSED, why)


@transaction.atomic
def resume(*, actor: Actor, partner_id: int, reason: str) -> None:
    """Let the exchange go on after a pause or a dispute; the reason says what was found. StateNotPossible if active."""
    require_partner_keeper(actor)
    why = check_text("reason", reason, REASON_LENGTH_MAX)
    partner = locked(partner_id)
    if partner.state == State.ACTIVE:
        raise StateNotPossible
    _set(actor, partner, State.ACTIVE, why)


@transaction.atomic
def dispute(*, actor: Actor, partner_id: int, reason: str) -> bool:
    """Stop the exchange because what both sides say does not fit together, and raise the alarm; False if it is known.

    Called by the house itself (a broken chain, a reconciliation), whatever the state was; `reason` is a message id without
    personal data.
    """
    require_keeper(actor)
    why = check_text("reason", reason, REASON_LENGTH_MAX)
    partner = locked(partner_id)
    if partner.state == State.DISPUTED:
        return False
    change = _set(actor, partner, State.DISPUTED, why)
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=DISPUTED,
            key=f"partner-disputed:{change.pk}:{person_id}",
            object_ref=f"exchange-partner:{partner.pk}",
            parameters={"partner": partner.name},
        )
        for person_id in people_with_role(Role.ADMINISTRATOR)
    )
    return True


def note_heard(*, partner_id: int) -> None:
    """The partner answered or sent something that was understood, now. Cheap: one conditional update, no audit line."""
    at = clock.now()
    Partner.objects.filter(Q(last_heard_at=None) | Q(last_heard_at__lt=at), pk=partner_id).update(last_heard_at=at)


def _set(actor: Actor, partner: Partner, state: State, reason: str) -> PartnerStateChange:
    at = clock.now()
    partner.state, partner.state_reason = state.value, "" if state is State.ACTIVE else reason
    partner.state_since, partner.state_by_ref = at, actor.reference
    partner.save(update_fields=["state", "state_reason", "state_since", "state_by_ref"])
    change = PartnerStateChange.objects.create(
        partner=partner, state=state.value, reason=reason, at=at, by_ref=actor.reference
    )
    record(actor=actor, action="exchange.partner_state", object_ref=f"exchange-partner:{partner.pk}", state=state.value)
    publish(PartnerStateChanged(partner_id=partner.pk, partner=partner.code, state=state.value))
    return change
