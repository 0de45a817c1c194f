"""Freezing, freeing, activating and closing passbooks."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.access import require_corrector
from xinshi.bank.ages import GuardianMissing, needs_guardian, require_old_enough
from xinshi.bank.domain import STATE_CHANGES, OwnPassbook, PassbookStateNotPossible
from xinshi.bank.events import PassbookStateChanged
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.ledger.actions import close_account
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.people.queries import with_guardians_consent

SENTENCES: Final = {
    Passbook.State.ACTIVE: gettext_noop("Your passbook is active: %(reason)s"),
    Passbook.State.FROZEN: gettext_noop("Your passbook was frozen: %(reason)s"),
    Passbook.State.CLOSED: gettext_noop("Your passbook was closed: %(reason)s"),
}


@transaction.atomic
def change_passbook_state(*, actor: Actor, passbook_id: int, state: Passbook.State, reason: str) -> None:
    """Freeze a passbook (nothing in, nothing out), free it, or close it for ever; the person is told why.

    Not one's own. PassbookStateNotPossible for a step that STATE_CHANGES does not have; TooYoung or GuardianMissing for
    whom a pending passbook must not become active; AccountNotEmpty where hours or reservations are left on a passbook
    that is to be closed.
    """
    passbook = locked_passbook_of_another(actor, passbook_id)
    if state not in STATE_CHANGES[passbook.state]:
        raise PassbookStateNotPossible(state=str(Passbook.State(passbook.state).label))
    assert reason.strip(), "a form asks for the reason"
    if passbook.state == Passbook.State.PENDING and state == Passbook.State.ACTIVE:
        require_ready(passbook)
    if state == Passbook.State.CLOSED:
        close_account(account_id=passbook.account_id)
    enter_state(actor, passbook, state, reason=reason, text=SENTENCES[state], parameters={"reason": reason[:300]})


def locked_passbook_of_another(actor: Actor, passbook_id: int) -> Passbook:
    """The passbook, locked for who may change its state: never for its own person."""
    require_corrector(actor)
    passbook = Passbook.objects.select_for_update(no_key=True).filter(pk=passbook_id).first()
    if passbook is None:
        raise NotFound
    if passbook.person_id == actor.person_id:
        raise OwnPassbook
    return passbook


def require_ready(passbook: Passbook) -> None:
    """TooYoung, or GuardianMissing, where the person may not have an active passbook yet."""
    rules, today = policy_in_force().rules, clock.today()
    born = passbook.person.birth_date
    require_old_enough(born, rules, today=today)
    if needs_guardian(born, rules, today=today) and not with_guardians_consent({passbook.person_id}, on=today):
        raise GuardianMissing


def enter_state(
    actor: Actor, passbook: Passbook, state: Passbook.State, *, reason: str, text: str, parameters: dict[str, Any]
) -> None:
    """Write the new state of a locked passbook, with its audit line, its event, and the sentence to the person, if any."""
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
    if not text:
        return
    message = NewMessage(
        recipient_ref=f"person:{passbook.person_id}",
        text=text,
        parameters=parameters,
        object_ref=f"passbook:{passbook.pk}",
        key=f"passbook:{passbook.pk}:state:{clock.now():%Y%m%d%H%M%S%f}",
    )
    send_many([message])
