"""The end of an account: what the volunteer wishes, what becomes of the hours, and closing, in one transaction.

Hours can be kept until they are spent (then nothing is closed yet), donated to the pool where the policy allows
donations, or let lapse. Lifetime hours, stars, statement and service records stay for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.accounts import known_donation_accounts, pool_account
from xinshi.bank.actions.states import SENTENCES, enter_state, locked_passbook_of_another
from xinshi.bank.domain import PassbookStateNotPossible
from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.obstacles import require_no_obstacles
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.ledger import queries as ledger
from xinshi.ledger.actions import close_account as close_ledger_account
from xinshi.ledger.actions import post_batch, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.domain import SERVICE
from xinshi.people.models import Consent

Hours = ClosingWish.Hours
DECLINED: Final = gettext_noop("Your account stays open: %(reason)s")


class WishKnown(DomainError):
    code = "closing_wish_known"
    message = gettext_noop("The station knows already that you want to close your account. You may take that back.")


class DonationsOff(DomainError):
    code = "donations_off"
    message = gettext_noop("This hospital takes no donated hours at the moment. Choose something else for the hours.")


class HoursLeft(DomainError):
    code = "hours_left"
    message = gettext_noop(
        "There are hours left to be spent, so the account stays open. Decide what becomes of them first."
    )


class WishOtherwise(DomainError):
    code = "wish_otherwise"
    message = gettext_noop("The volunteer wished otherwise for these hours. Ask them again before anything is closed.")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the hours of a closed account, in minutes."""

    donated_minutes: int
    lapsed_minutes: int


@transaction.atomic
def ask_to_close(*, actor: Actor, hours: ClosingWish.Hours, note: str) -> int:
    """Volunteers ask the station to close their account, and say what should become of their hours."""
    passbook = Passbook.objects.select_for_update(no_key=True).filter(person_id=actor.person_id or 0).first()
    if passbook is None:
        raise NotFound
    if passbook.state == Passbook.State.CLOSED:
        raise PassbookStateNotPossible(state=str(Passbook.State(passbook.state).label))
    if ClosingWish.objects.filter(passbook=passbook, outcome="").exists():
        raise WishKnown
    _require_possible(hours)
    row = ClosingWish.objects.create(passbook=passbook, hours=hours, note=note.strip()[:300], asked_at=clock.now())
    record(actor=actor, action="bank.ask_to_close", object_ref=f"passbook:{passbook.pk}", hours=hours.value)
    return row.pk


@transaction.atomic
def withdraw_wish(*, actor: Actor) -> None:
    """Volunteers take back that they want to close their account."""
    wish = _open_wish(Passbook.objects.filter(person_id=actor.person_id or 0).first())
    if wish is None:
        raise NotFound
    _end(wish, actor, ClosingWish.Outcome.WITHDRAWN)
    record(actor=actor, action="bank.withdraw_closing", object_ref=f"passbook:{wish.passbook_id}")


@transaction.atomic
def decline_wish(*, actor: Actor, passbook_id: int, reason: str) -> None:
    """The account stays open, as where hours shall be spent first; the volunteer is told why."""
    passbook = locked_passbook_of_another(actor, passbook_id)
    wish = _open_wish(passbook)
    if wish is None:
        raise NotFound
    assert reason.strip(), "a form asks for the reason"
    _end(wish, actor, ClosingWish.Outcome.DECLINED)
    record(actor=actor, action="bank.decline_closing", object_ref=f"passbook:{passbook.pk}")
    message = NewMessage(
        recipient_ref=f"person:{passbook.person_id}",
        text=DECLINED,
        parameters={"reason": reason.strip()[:300]},
        object_ref=f"passbook:{passbook.pk}",
        key=f"closing-wish:{wish.pk}:declined",
    )
    send_many([message])


@transaction.atomic
def close_account(*, actor: Actor, passbook_id: int, hours: ClosingWish.Hours, reason: str) -> Settled:
    """Settle what is left on a passbook, close it for ever, and end the consent to service; the person is told.

    Without a wish of the volunteer's own the reason records theirs, as they said it at the station. HoursLeft for KEEP with
    hours; ObstaclesInTheWay while vouchers, shifts or records are open; WishOtherwise, DonationsOff.
    """
    passbook = locked_passbook_of_another(actor, passbook_id)
    if passbook.state == Passbook.State.CLOSED:
        raise PassbookStateNotPossible(state=str(Passbook.State(passbook.state).label))
    assert reason.strip(), "a form asks for the reason"
    require_no_obstacles(passbook.person_id)
    wish = _open_wish(passbook)
    settled = _settle(actor, passbook, hours, wish, reason)
    if wish is None:
        wish = ClosingWish.objects.create(
            passbook=passbook, hours=hours, note=reason.strip()[:300], asked_at=clock.now()
        )
    _end(wish, actor, ClosingWish.Outcome.CLOSED)
    text, parameters = SENTENCES[Passbook.State.CLOSED], {"reason": reason[:300]}
    enter_state(actor, passbook, Passbook.State.CLOSED, reason=reason, text=text, parameters=parameters)
    Consent.objects.filter(person_id=passbook.person_id, purpose=SERVICE, withdrawn_at=None).update(
        withdrawn_at=clock.now()
    )
    record(
        actor=actor,
        action="bank.close_account",
        object_ref=f"passbook:{passbook.pk}",
        hours=hours.value,
        donated_minutes=settled.donated_minutes,
        lapsed_minutes=settled.lapsed_minutes,
    )
    return settled


def _settle(
    actor: Actor, passbook: Passbook, hours: ClosingWish.Hours, wish: ClosingWish | None, reason: str
) -> Settled:
    """Empty the person's accounts as wished, and close them in the book."""
    accounts = accounts_of(passbook)
    left = {account_id: ledger.balance(account_id).posted for account_id in accounts}
    total = sum(left.values())
    if total and hours == Hours.KEEP:
        raise HoursLeft
    if total and wish is not None and wish.hours != hours:
        raise WishOtherwise
    if total:
        _require_possible(hours)
        target = pool_account() if hours == Hours.DONATE else system_account(AccountKind.EXPIRY)
        transfers = [
            NewTransfer(
                key=f"closing:{passbook.pk}:{account_id}",
                debit_id=account_id,
                credit_id=target,
                minutes=minutes,
                kind="closing_donation" if hours == Hours.DONATE else "lapse",
                worked_on=clock.today(),
                memo=reason.strip()[:200],
            )
            for account_id, minutes in sorted(left.items())
            if minutes
        ]
        post_batch(transfers=transfers, actor_ref=actor.reference)
    for account_id in sorted(accounts):
        close_ledger_account(account_id=account_id)
    donated = total if hours == Hours.DONATE else 0
    return Settled(donated_minutes=donated, lapsed_minutes=total - donated)


def accounts_of(passbook: Passbook) -> list[int]:
    """The ledger accounts of a passbook: its own, and that of minutes which can only be donated."""
    return [passbook.account_id, *known_donation_accounts(passbook.person_id)]


def _require_possible(hours: ClosingWish.Hours) -> None:
    if hours == Hours.DONATE and not policy_in_force().rules.donations:
        raise DonationsOff


def _open_wish(passbook: Passbook | None) -> ClosingWish | None:
    return ClosingWish.objects.select_for_update(no_key=True).filter(passbook=passbook, outcome="").first()


def _end(wish: ClosingWish, actor: Actor, outcome: ClosingWish.Outcome) -> None:
    wish.outcome, wish.ended_at, wish.ended_by_ref = outcome, clock.now(), actor.reference
    wish.save(update_fields=["outcome", "ended_at", "ended_by_ref"])
