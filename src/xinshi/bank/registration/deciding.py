"""The station's check of an account that somebody opened: approved, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext, override

from xinshi.audit.actions import record
from xinshi.bank.actions.states import enter_state, locked_passbook_of_another, require_ready
from xinshi.bank.domain import PassbookStateNotPossible
from xinshi.bank.models import Passbook
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.actions import close_account as close_ledger_account
from xinshi.messages.gateways import is_ready
from xinshi.messages.texting import TEXT_LANGUAGE, send_text
from xinshi.people.domain import masked_phone
from xinshi.people.models import Person, User

APPROVED: Final = gettext_noop("Your account is open: the station has checked it. Now you can take a shift.")
REFUSED: Final = gettext_noop("Your account was not opened: %(reason)s")
APPROVED_BY_TEXT: Final = gettext_noop("Your time bank account is open. Sign in and take your first shift.")
REFUSED_BY_TEXT: Final = gettext_noop("Your time bank account was not opened: %(reason)s")
NOTICE: Final = "notice"
NOTICE_USEFUL_FOR: Final = timedelta(days=1)
"""Nobody knows the language of a phone; the hospital's is Chinese."""


@transaction.atomic
def approve_account(*, actor: Actor, passbook_id: int) -> None:
    """The document was seen and fits: the pending account becomes active. TooYoung, GuardianMissing, OwnPassbook."""
    passbook = _locked_pending(actor, passbook_id)
    require_ready(passbook)
    enter_state(actor, passbook, Passbook.State.ACTIVE, reason="", text=APPROVED, parameters={})
    _tell(passbook.person, APPROVED_BY_TEXT, {})


@transaction.atomic
def refuse_account(*, actor: Actor, passbook_id: int, reason: str) -> None:
    """The account does not open. Its sign-in ends, and what was not proved is forgotten: the document's number, the phone.

    So whoever really has this document, or comes again with the right one, can open an account.
    """
    passbook = _locked_pending(actor, passbook_id)
    assert reason.strip(), "a form asks for the reason"
    close_ledger_account(account_id=passbook.account_id)
    told = {"reason": reason[:200]}
    enter_state(actor, passbook, Passbook.State.CLOSED, reason=reason, text=REFUSED, parameters=told)
    _tell(passbook.person, REFUSED_BY_TEXT, told)
    User.objects.filter(person_id=passbook.person_id).update(is_active=False)
    Person.objects.filter(pk=passbook.person_id).update(
        id_number="", id_index=None, id_trace="", phone="", phone_index=""
    )
    record(actor=actor, action="people.forget_identity", object_ref=f"person:{passbook.person_id}")


def _locked_pending(actor: Actor, passbook_id: int) -> Passbook:
    passbook = locked_passbook_of_another(actor, passbook_id)
    if passbook.state != Passbook.State.PENDING:
        raise PassbookStateNotPossible(state=str(Passbook.State(passbook.state).label))
    return passbook


def _tell(person: Person, text: str, parameters: dict[str, str]) -> None:
    """By text as well, where the person has a phone: whoever waits does not sign in to look."""
    if not person.phone or not is_ready():
        return
    with override(TEXT_LANGUAGE):
        words = gettext(text)
    send_text(
        to=person.phone,
        shown_to=masked_phone(person.phone),
        text=words % parameters if parameters else words,
        purpose=NOTICE,
        useful_for=NOTICE_USEFUL_FOR,
    )
