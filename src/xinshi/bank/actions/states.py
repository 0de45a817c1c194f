"""Freezing, freeing and closing passbooks."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.access import require_corrector
from xinshi.bank.domain import STATE_CHANGES, OwnPassbook, PassbookStateNotPossible
from xinshi.bank.events import PassbookStateChanged
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.ledger.actions import close_account
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish

SENTENCES: Final = {
    Passbook.State.ACTIVE: gettext_noop("Your passbook is active: %(reason)s"),
    Passbook.State.FROZEN: gettext_noop("Your passbook was frozen: %(reason)s"),
    Passbook.State.CLOSED: gettext_noop("Your passbook was closed: %(reason)s"),
}


@transaction.atomic
def change_passbook_state(*, actor: Actor, passbook_id: int, state: Passbook.State, reason: str) -> None:
    """Freeze a passbook (nothing in, nothing out), free it, or close it for ever; the person is told why.

    Not one's own. PassbookStateNotPossible for a step that STATE_CHANGES does not have; AccountNotEmpty where hours or
    reservations are left on a passbook that is to be closed.
    """
    require_corrector(actor)
    passbook = Passbook.objects.select_for_update(no_key=True).filter(pk=passbook_id).first()
    if passbook is None:
        raise NotFound
    if passbook.person_id == actor.person_id:
        raise OwnPassbook
    if state not in STATE_CHANGES[passbook.state]:
        raise PassbookStateNotPossible(state=str(Passbook.State(passbook.state).label))
    assert reason.strip(), "a form asks for the reason"
    if state == Passbook.State.CLOSED:
        close_account(account_id=passbook.account_id)
    before = passbook.state
    passbook.state, passbook.state_reason = state, reason[:300]
    passbook.save(update_fields=["state", "state_reason"])
    record(
        actor=actor,
        action="bank.change_passbook_state",
        object_ref=f"passbook:{passbook.pk}",
        before=before,
        after=state,
    )
    publish(PassbookStateChanged(passbook_id=passbook.pk, person_id=passbook.person_id, state=state))
    message = NewMessage(
        recipient_ref=f"person:{passbook.person_id}",
        text=SENTENCES[state],
        parameters={"reason": reason[:300]},
        object_ref=f"passbook:{passbook.pk}",
        key=f"passbook:{passbook.pk}:state:{clock.now():%Y%m%d%H%M%S%f}",
    )
    send_many([message])
