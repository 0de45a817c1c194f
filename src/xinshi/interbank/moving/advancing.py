"""What an event makes of a transfer: the protocol's machine, with the book and the partner moved in the same step."""

from __future__ import annotations

from typing import Any, Final

from xinshi.audit.actions import record
from xinshi.exchange.partners.actions import dispute
from xinshi.interbank.moving.models import Decision, Transfer
from xinshi.interbank.protocol.states import AskerState, Effect, Event, PayerState, asker_step, payer_step
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import capture, release
from xinshi.messages.actions import NewMessage, send_many

SYSTEM: Final = Actor.system("interbank")
CONTRADICTED: Final = gettext_noop("This partner now says the opposite of what is in the book about a transfer.")
ENDED_WELL: Final = gettext_noop("Your %(hours)s hours have arrived at %(bank)s.")
ENDED_BADLY: Final = gettext_noop("Your %(hours)s hours did not go to %(bank)s. They are in your passbook again.")
NOT_BROUGHT: Final = gettext_noop("Your %(hours)s hours did not come from %(bank)s. They are still there.")


def advance(transfer: Transfer, event: Event, *, code: str = "", actor: Actor = SYSTEM) -> None:
    """Store what `event` makes of a transfer; the caller has locked its partner and opened the transaction."""
    if transfer.direction == Transfer.Direction.OUT:
        payer, effect = payer_step(PayerState(transfer.state), event)
        state, is_final = payer.value, payer.is_final
    else:
        asker, effect = asker_step(AskerState(transfer.state), event)
        state, is_final = asker.value, asker.is_final
    if effect is Effect.ALARM:
        dispute(actor=SYSTEM, partner_id=transfer.partner_id, reason=CONTRADICTED)
        record(
            actor=SYSTEM, action="interbank.contradiction", object_ref=f"bank-transfer:{transfer.pk}", event=event.value
        )
        return
    if state == transfer.state:
        return
    _move(transfer, effect, actor)
    changed: dict[str, Any] = {"state": state}
    if is_final:
        changed |= {"ended_at": clock.now(), "due_at": None, "code": code if state != PayerState.CONFIRMED else ""}
    elif state == AskerState.GRANTED:
        changed |= {"due_at": None}
    done = Transfer.objects.filter(pk=transfer.pk, state=transfer.state).update(**changed)
    assert done == 1, "a transfer moves under its partner's lock"
    record(
        actor=actor,
        action="interbank.transfer",
        object_ref=f"bank-transfer:{transfer.pk}",
        state=state,
        event=event.value,
    )
    if is_final:
        if transfer.state == PayerState.UNKNOWN:  # Nobody decides about anything else.
            Decision.objects.filter(transfer=transfer, decided_at=None, is_withdrawn=False).update(is_withdrawn=True)
        _tell(transfer, state)
    transfer.state = state


def _move(transfer: Transfer, effect: Effect, actor: Actor) -> None:
    if effect is Effect.NONE:
        return
    assert transfer.hold_id is not None, "only held minutes move"
    if effect is Effect.CAPTURE:
        capture(hold_id=transfer.hold_id, actor_ref=actor.reference, worked_on=transfer.worked_on)
    else:
        release(hold_id=transfer.hold_id, actor_ref=actor.reference)


def _tell(transfer: Transfer, state: str) -> None:
    """Tell the person how it ended."""
    text = {PayerState.CONFIRMED.value: ENDED_WELL, PayerState.REJECTED.value: ENDED_BADLY}.get(state, NOT_BROUGHT)
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{transfer.person_id}",
                text=text,
                key=f"bank-transfer:{transfer.pk}:ended",
                object_ref=f"bank-transfer:{transfer.pk}",
                parameters={"hours": hours_figure(transfer.minutes), "bank": transfer.partner.name},
            )
        ]
    )
