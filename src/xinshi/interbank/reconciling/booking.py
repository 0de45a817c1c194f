"""What accepting theirs books, by the verbs of the bank and of the book: reversals and correcting transfers, never edits."""

from __future__ import annotations

from datetime import date
from typing import Final

from xinshi.bank.actions import NewDeposit, deposit_many, reverse_deposit
from xinshi.bank.models import Passbook
from xinshi.interbank.reconciling.lists import Behind, lists
from xinshi.interbank.reconciling.models import Difference
from xinshi.interbank.reconciling.queries import said_otherwise
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.kernel.ids import has_valid_check_digit
from xinshi.ledger.actions import post, reverse, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer

SOURCE: Final = "interbank-correction"
KIND: Final = "interbank_correction"


class StillOpenHere(DomainError):
    code = "transfer_still_open"
    message = gettext_noop("This transfer is still open here. Decide it on its own page, then compare again.")


class OwnHours(DomainError):
    code = "own_hours"
    message = gettext_noop("These are your own hours. Ask another coordinator.")


class NothingToReverse(DomainError):
    code = "nothing_to_reverse"
    message = gettext_noop("What was booked for this message is not known here, so it cannot be taken back from here.")


class SaidDifferently(DomainError):
    code = "said_differently"
    message = gettext_noop(
        "A later comparison says something else of this message. Accept theirs there, and end this one as settled outside."
    )


class BookedBefore(DomainError):
    code = "booked_before"
    message = gettext_noop(
        "Another list about this message was accepted and booked already. Correct that booking, then end this one as "
        "settled outside."
    )


def book_theirs(*, actor: Actor, found: Difference, reason: str, passbook_number: str) -> str:
    """Book what follows from the partner's figures; returns `deposit:ID` or `transfer:ID`, empty where nothing follows.

    Inside the caller's transaction. StillOpenHere, SaidDifferently, BookedBefore, OwnHours, NothingToReverse, Invalid
    (`passbook_number`), and the refusals of the book, such as InsufficientMinutes.
    """
    if found.ours and found.ours["state"] == "open":
        raise StillOpenHere
    if not found.owed_minutes:
        return ""
    _require_said_last(found)
    behind = lists().behind(found.partner, found.stream, found.key)
    passbook = _passbook(behind, passbook_number)
    if passbook.person_id == actor.person_id:
        raise OwnHours
    if found.stream == "in":
        return _in(actor, found, behind, passbook, reason)
    return _out(actor, found, behind, passbook, reason)


def _require_said_last(found: Difference) -> None:
    """One message is booked once, by what was said of it last: each difference counts what is owed for all of it.

    Two that one comparison saw are two entries of one list, and stand for themselves.
    """
    others = said_otherwise(found)
    if any(one.last_seen_in_id > found.last_seen_in_id for one in others):
        raise SaidDifferently
    if any(one.booking_ref for one in others):
        raise BookedBefore


def _passbook(behind: Behind, number: str) -> Passbook:
    """Of whom our entry is; where we have none, of the number that was typed."""
    if behind.person_id is not None:
        found = Passbook.objects.select_related("merged_into").filter(person_id=behind.person_id).first()
        if found is not None:
            return found.merged_into or found
    plain = "".join(sign for sign in number if sign.isdigit())
    typed = Passbook.objects.filter(number=plain).first() if has_valid_check_digit(plain) else None
    if typed is None:
        raise Invalid(
            field="passbook_number",
            reason=gettext_noop(
                "Type the number of the passbook whose hours these are; ask your partner whom they mean."
            ),
        )
    return typed


def _in(actor: Actor, found: Difference, behind: Behind, passbook: Passbook, reason: str) -> str:
    """Hours that came in: too many are taken back with their deposit, what is missing is deposited."""
    missing = found.owed_minutes
    if found.owed_minutes < 0:
        if behind.deposit_id is None:
            raise NothingToReverse
        reverse_deposit(actor=actor, deposit_id=behind.deposit_id, reason=reason)
        missing = _moved(found.theirs)
        if not missing:
            return f"deposit:{behind.deposit_id}"
    side = found.theirs or found.ours
    new = NewDeposit(
        person_id=passbook.person_id,
        kind=HoursKind(side["kind"]),
        category=behind.category,
        title=found.partner.name,
        organizer=found.partner.name,
        raw_minutes=missing,
        worked_on=found.sent_on,
        source_ref=f"{SOURCE}:{found.pk}",
        memo=reason[:200],
    )
    return f"deposit:{deposit_many(actor=actor, deposits=[new], partner=found.partner.code)[0].deposit_id}"


def _out(actor: Actor, found: Difference, behind: Behind, passbook: Passbook, reason: str) -> str:
    """Hours that went out: what did not arrive is given back by a reversal, what arrived unbooked is booked now."""
    leaving = found.owed_minutes
    if found.owed_minutes < 0:
        if behind.transfer_id is None:
            raise NothingToReverse
        reversal = reverse(
            transfer_id=behind.transfer_id,
            key=f"{SOURCE}:{found.pk}:back",
            actor_ref=actor.reference,
            memo=reason[:200],
        )
        leaving = _moved(found.theirs)
        if not leaving:
            return f"transfer:{reversal.id}"
    return f"transfer:{_leave(actor, found, passbook, leaving, found.sent_on, reason)}"


def _leave(actor: Actor, found: Difference, passbook: Passbook, minutes: int, worked_on: date, reason: str) -> int:
    transfer = NewTransfer(
        key=f"{SOURCE}:{found.pk}",
        debit_id=passbook.account_id,
        credit_id=system_account(AccountKind.CLEARING, f"partner:{found.partner.code}"),
        minutes=minutes,
        kind=KIND,
        worked_on=worked_on,
        memo=reason[:200],
    )
    return post(transfer=transfer, actor_ref=actor.reference).id


def _moved(side: dict[str, object]) -> int:
    minutes = side.get("minutes", 0)
    return int(str(minutes)) if side.get("state") == "applied" else 0
