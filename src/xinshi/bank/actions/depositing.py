"""Putting hours into passbooks, and taking a wrong deposit back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When

from xinshi.audit.actions import record, record_many
from xinshi.bank.access import require_corrector
from xinshi.bank.domain import (
    DepositResult,
    DepositReversedBefore,
    NewDeposit,
    PassbookNotOpen,
    Policy,
    SourceDepositedOtherwise,
)
from xinshi.bank.events import Deposited, DepositReversed
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import post_batch, reverse, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer, PostedTransfer
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish, publish_many

BATCH_ROWS = 2_000
LOOKUP_SIZE = 500


@transaction.atomic
def deposit_many(*, actor: Actor, deposits: Sequence[NewDeposit], partner: str = "") -> list[DepositResult]:
    """Put hours into passbooks, all or none, in the order given; each source once.

    The caller has authorised: a service record was approved, or a partner's file was accepted (`partner` names its
    clearing account; without it the bank itself issues the minutes). PassbookNotOpen where somebody has no active
    passbook; SourceDepositedOtherwise where a source stands in the book with other figures.
    """
    if not deposits:
        return []
    passbooks = _locked_passbooks({new.person_id for new in deposits})
    known = _known({new.source_ref for new in deposits})
    policy = policy_in_force()
    fresh: dict[str, NewDeposit] = {}
    for new in deposits:
        assert new.raw_minutes > 0, "a deposit has at least one minute"
        stored = known.get(new.source_ref)
        meant = _meaning_of(stored) if stored else _meaning(fresh.setdefault(new.source_ref, new), passbooks)
        if meant != _meaning(new, passbooks):
            raise SourceDepositedOtherwise(source=new.source_ref)
    rows = _write(actor, list(fresh.values()), passbooks, policy, partner) if fresh else {}
    results = []
    seen: set[str] = set()
    for new in deposits:
        row = rows.get(new.source_ref) or known[new.source_ref]
        is_new = new.source_ref in rows and new.source_ref not in seen
        seen.add(new.source_ref)
        results.append(DepositResult(row.pk, row.transfer_id, row.credited_minutes, is_new))
    return results


def _locked_passbooks(person_ids: set[int]) -> dict[int, Passbook]:
    """Active passbooks by person, locked in order; PassbookNotOpen counts those who have none."""
    found: dict[int, Passbook] = {}
    people = sorted(person_ids)
    for start in range(0, len(people), LOOKUP_SIZE):
        part = people[start : start + LOOKUP_SIZE]
        rows = Passbook.objects.select_for_update(no_key=True).filter(person_id__in=part, state=Passbook.State.ACTIVE)
        found |= {row.person_id: row for row in rows.order_by("person_id")}
    if len(found) < len(people):
        raise PassbookNotOpen(number=len(people) - len(found))
    return found


def _known(source_refs: set[str]) -> dict[str, Deposit]:
    found: dict[str, Deposit] = {}
    sources = sorted(source_refs)
    for start in range(0, len(sources), LOOKUP_SIZE):
        rows = Deposit.objects.filter(source_ref__in=sources[start : start + LOOKUP_SIZE])
        found |= {row.source_ref: row for row in rows}
    return found


def _meaning(new: NewDeposit, passbooks: Mapping[int, Passbook]) -> tuple[object, ...]:
    """What a source is bound to: whose hours, how many, of which kind, served when."""
    return passbooks[new.person_id].pk, new.raw_minutes, new.kind.value, new.worked_on


def _meaning_of(stored: Deposit) -> tuple[object, ...]:
    return stored.passbook_id, stored.raw_minutes, stored.kind, stored.worked_on


def _write(
    actor: Actor, fresh: Sequence[NewDeposit], passbooks: Mapping[int, Passbook], policy: Policy, partner: str
) -> dict[str, Deposit]:
    source_account = (
        system_account(AccountKind.CLEARING, f"partner:{partner}") if partner else system_account(AccountKind.ISSUANCE)
    )
    posted = post_batch(
        transfers=[
            NewTransfer(
                key=f"deposit:{new.source_ref}",
                debit_id=source_account,
                credit_id=passbooks[new.person_id].account_id,
                minutes=new.raw_minutes,
                kind=f"deposit_{new.kind.value}",
                worked_on=new.worked_on,
                memo=new.title[:200],
            )
            for new in fresh
        ],
        actor_ref=actor.reference,
    )
    rows = Deposit.objects.bulk_create(
        _rows(actor, fresh, passbooks, policy, posted, clock.now()), batch_size=BATCH_ROWS
    )
    certified: dict[int, int] = defaultdict(int)
    for row in rows:
        certified[row.passbook_id] += row.raw_minutes
    _add_certified(certified)
    record_many(
        actor=actor,
        action="bank.deposit",
        objects=[(f"deposit:{row.pk}", {"source": row.source_ref, "minutes": row.credited_minutes}) for row in rows],
    )
    person_of = {passbook.pk: passbook.person_id for passbook in passbooks.values()}
    publish_many(
        Deposited(
            deposit_id=row.pk,
            passbook_id=row.passbook_id,
            person_id=person_of[row.passbook_id],
            minutes=row.credited_minutes,
            kind=row.kind,
        )
        for row in rows
    )
    return {row.source_ref: row for row in rows}


def _rows(
    actor: Actor,
    fresh: Sequence[NewDeposit],
    passbooks: Mapping[int, Passbook],
    policy: Policy,
    posted: Sequence[PostedTransfer],
    at: datetime,
) -> list[Deposit]:
    return [
        Deposit(
            passbook_id=passbooks[new.person_id].pk,
            transfer_id=transfer.id,
            kind=new.kind.value,
            category=new.category,
            title=new.title[:120],
            organizer=new.organizer[:100],
            raw_minutes=new.raw_minutes,
            credited_minutes=new.raw_minutes,
            worked_on=new.worked_on,
            source_ref=new.source_ref,
            approved_by_ref=actor.reference,
            policy_version_id=policy.id,
            memo=new.memo[:200],
            deposited_at=at,
        )
        for new, transfer in zip(fresh, posted, strict=True)
    ]


def _add_certified(minutes_by_passbook: Mapping[int, int]) -> None:
    """Raise lifetime certified minutes, many passbooks per statement."""
    items = sorted(minutes_by_passbook.items())
    for start in range(0, len(items), 400):
        part = items[start : start + 400]
        Passbook.objects.filter(pk__in=[pk for pk, _ in part]).update(
            certified_minutes=F("certified_minutes")
            + Case(
                *(When(pk=pk, then=Value(minutes)) for pk, minutes in part),
                default=Value(0),
                output_field=IntegerField(),
            )
        )


@transaction.atomic
def reverse_deposit(*, actor: Actor, deposit_id: int, reason: str) -> int:
    """Take a wrong deposit back by a linked reversal; returns the reversing transfer. Nothing is edited or deleted.

    InsufficientMinutes where the hours were already redeemed; DepositReversedBefore the second time.
    """
    require_corrector(actor)
    deposit = Deposit.objects.select_related("passbook").filter(pk=deposit_id).first()
    if deposit is None:
        raise NotFound
    passbook = Passbook.objects.select_for_update(no_key=True).get(pk=deposit.passbook_id)
    if DepositReversal.objects.filter(deposit=deposit).exists():
        raise DepositReversedBefore
    assert reason.strip(), "a form asks for the reason"
    posted = reverse(
        transfer_id=deposit.transfer_id,
        key=f"reversal:deposit:{deposit.pk}",
        actor_ref=actor.reference,
        memo=reason[:200],
    )
    DepositReversal.objects.create(
        deposit=deposit,
        transfer_id=posted.id,
        reason=reason[:300],
        reversed_by_ref=actor.reference,
        reversed_at=clock.now(),
    )
    Passbook.objects.filter(pk=passbook.pk).update(certified_minutes=F("certified_minutes") - deposit.raw_minutes)
    record(actor=actor, action="bank.reverse_deposit", object_ref=f"deposit:{deposit.pk}", transfer=posted.id)
    publish(
        DepositReversed(
            deposit_id=deposit.pk,
            passbook_id=passbook.pk,
            person_id=passbook.person_id,
            minutes=deposit.credited_minutes,
        )
    )
    message = NewMessage(
        recipient_ref=f"person:{passbook.person_id}",
        text=gettext_noop("The deposit “%(title)s” of %(hours)s hours was taken back: %(reason)s"),
        parameters={"title": deposit.title, "hours": hours_figure(deposit.credited_minutes), "reason": reason[:300]},
        object_ref=f"deposit:{deposit.pk}",
        key=f"deposit:{deposit.pk}:taken-back",
    )
    send_many([message])
    return posted.id
