"""Putting hours into passbooks, and taking a wrong deposit back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Sum

from xinshi.audit.actions import record, record_many
from xinshi.bank.access import require_corrector
from xinshi.bank.accounts import donation_accounts
from xinshi.bank.crediting import Credit, Served, Tally, credit, why_text
from xinshi.bank.domain import (
    DepositResult,
    DepositReversedBefore,
    NewDeposit,
    PassbookNotOpen,
    SourceDepositedOtherwise,
)
from xinshi.bank.events import Deposited, DepositReversed
from xinshi.bank.merging.correcting import bring_back, locked_for_reversal
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.bank.queries import timeline
from xinshi.bank.replay import NOTICE, donation_key, main_key, notice_key
from xinshi.bank.rules import Policy, Rules
from xinshi.bank.timeline import Timeline
from xinshi.doors.lookups import Many
from xinshi.doors.pipeline import nothing, pipelined
from xinshi.doors.rows import drawn_ids, insert_many, update_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import hold_many, post_batch, release, reverse, system_account
from xinshi.ledger.domain import AccountKind, NewHold, NewTransfer
from xinshi.ledger.queries import balances, open_hold
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.people.queries import skills_of

LOOKUP_SIZE = 5_000


class _Book(NamedTuple):
    """What of a passbook matters here, once its row is locked."""

    pk: int
    person_id: int
    account_id: int


class _Row(NamedTuple):
    """A deposit as it will stand in the table, but for its transfers: the names are those of its columns."""

    passbook_id: int
    kind: str
    category: str
    title: str
    organizer: str
    raw_minutes: int
    credited_minutes: int
    donation_minutes: int
    why: str
    worked_on: date
    source_ref: str
    activity_ref: str
    partner: str
    approved_by_ref: str
    policy_version_id: int
    memo: str
    deposited_at: datetime


ROW_COLUMNS = tuple(_Row.__annotations__)


@transaction.atomic
def deposit_many(
    *, actor: Actor, deposits: Sequence[NewDeposit], partner: str = "", meanwhile: Callable[[], object] = nothing
) -> list[DepositResult]:
    """Put hours into passbooks, all or none, in the order given; each source once.

    The caller has authorised: a service record was approved, or a partner's file was accepted (`partner` names its
    clearing account; without it the bank itself issues the minutes). PassbookNotOpen where somebody has no active
    passbook; SourceDepositedOtherwise where a source stands in the book with other figures.

    What is credited is decided in `crediting`; the deposit names the version of the policy that held on the day of service.
    Public notice and the most that one may hold are those of today. `meanwhile`: a write of the caller's own, at which the
    database works while the deposits are put together; as in `pipelined`, it asks for no answer.
    """
    if not deposits:
        meanwhile()
        return []
    passbooks = _locked_passbooks({new.person_id for new in deposits})
    known = _known({new.source_ref for new in deposits})
    policies = timeline()
    fresh: dict[str, NewDeposit] = {}
    for new in deposits:
        assert new.raw_minutes > 0, "a deposit has at least one minute"
        stored = known.get(new.source_ref)
        if stored is None and fresh.setdefault(new.source_ref, new) is new:
            continue
        meant = _meaning_of(stored) if stored else _meaning(fresh[new.source_ref], passbooks)
        if meant != _meaning(new, passbooks):
            raise SourceDepositedOtherwise(source=new.source_ref)
    batch = _Batch(actor, list(fresh.values()), passbooks, policies, partner)
    if fresh:
        written = _write(batch, meanwhile)
    else:
        meanwhile()
        written = {}
    results = []
    seen: set[str] = set()
    for new in deposits:
        result = written.get(new.source_ref) or _result_of(known[new.source_ref])
        results.append(result.again() if new.source_ref in seen else result)
        seen.add(new.source_ref)
    return results


def _result_of(stored: Deposit) -> DepositResult:
    return DepositResult(
        stored.pk,
        stored.transfer_id,
        stored.credited_minutes,
        is_new=False,
        donation_minutes=stored.donation_minutes,
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """New deposits to be written, with all that decides about them."""

    actor: Actor
    fresh: Sequence[NewDeposit]
    passbooks: Mapping[int, _Book]
    policies: Timeline
    partner: str

    @property
    def today(self) -> Policy:
        return self.policies.on(clock.today())

    @property
    def notice_until(self) -> date | None:
        """The last day of the public notice that begins today; None without one."""
        days = self.today.rules.notice_days
        return clock.today() + timedelta(days=days) if days else None

    def of_day(self, new: NewDeposit) -> Policy:
        return self.policies.on(new.worked_on)


def _locked_passbooks(person_ids: set[int]) -> dict[int, _Book]:
    """Active passbooks by person, locked in order; PassbookNotOpen counts those who have none."""
    found: dict[int, _Book] = {}
    people = sorted(person_ids)
    for start in range(0, len(people), LOOKUP_SIZE):
        part = people[start : start + LOOKUP_SIZE]
        rows = Passbook.objects.select_for_update(no_key=True).filter(
            person_id__among=Many(part), state=Passbook.State.ACTIVE
        )
        columns = rows.order_by("person_id").values_list("pk", "person_id", "account_id")
        found |= {person_id: _Book(pk, person_id, account_id) for pk, person_id, account_id in columns}
    if len(found) < len(people):
        raise PassbookNotOpen(number=len(people) - len(found))
    return found


def _known(source_refs: set[str]) -> dict[str, Deposit]:
    found: dict[str, Deposit] = {}
    sources = sorted(source_refs)
    for start in range(0, len(sources), LOOKUP_SIZE):
        rows = Deposit.objects.filter(source_ref__among=Many(sources[start : start + LOOKUP_SIZE]))
        found |= {row.source_ref: row for row in rows}
    return found


def _meaning(new: NewDeposit, passbooks: Mapping[int, _Book]) -> tuple[object, ...]:
    """What a source is bound to: whose hours, how many, of which kind, served when."""
    return passbooks[new.person_id].pk, new.raw_minutes, new.kind.value, new.worked_on


def _meaning_of(stored: Deposit) -> tuple[object, ...]:
    return stored.passbook_id, stored.raw_minutes, stored.kind, stored.worked_on


def _write(batch: _Batch, meanwhile: Callable[[], object]) -> dict[str, DepositResult]:
    """Write the new deposits, and before them what else the caller writes: results by their sources.

    The ledger is asked last, for nothing else needs an answer: what is put together here takes the program less time than
    the database needs for what it was sent before.
    """
    source_account_id = _source_account(batch.partner)
    ids = drawn_ids(Deposit, len(batch.fresh))
    with pipelined(rows=len(ids)):
        meanwhile()
        credited = _credits(batch)
        _tell(batch, credited, ids)
        columns = _columns(batch, credited)
        posted = _posted(batch, credited, source_account_id)
        main = [posted.get(main_key(new.source_ref)) for new in batch.fresh]
        donation = [posted.get(donation_key(new.source_ref)) for new in batch.fresh]
        insert_many(Deposit, each=columns | {"transfer_id": main, "donation_transfer_id": donation}, ids=ids)
        results = _results(batch, credited, ids, main)
    _hold_for_notice(batch, credited)
    passbook_ids = sorted({batch.passbooks[new.person_id].pk for new in batch.fresh})
    publish(Deposited(deposit_ids=tuple(ids), passbook_ids=tuple(passbook_ids)))
    return results


def _results(
    batch: _Batch, credited: Sequence[Credit], ids: Sequence[int], transfer_ids: Sequence[int | None]
) -> dict[str, DepositResult]:
    until = batch.notice_until
    return {
        new.source_ref: DepositResult(
            pk,
            transfer_id,
            one.minutes,
            is_new=True,
            donation_minutes=one.donation_minutes,
            notice_until=None if transfer_id is None else until,
        )
        for new, one, pk, transfer_id in zip(batch.fresh, credited, ids, transfer_ids, strict=True)
    }


def _credits(batch: _Batch) -> list[Credit]:
    """What each new deposit brings, in order; only what a rule in force asks for is looked up."""
    rules = [batch.of_day(new).rules for new in batch.fresh]
    cap = batch.today.rules.holding_cap_minutes
    tally = Tally()
    if cap is not None:
        _count_held(tally, batch.passbooks)
    if not batch.partner:
        _count_credited(tally, batch, rules)
    knows_skills = not batch.partner and any(row.skill for one in rules for row in one.coefficients)
    skills = skills_of(batch.passbooks) if knows_skills else {}
    return [
        credit(
            Served(
                person_id=new.person_id,
                category=new.category,
                raw_minutes=new.raw_minutes,
                worked_on=new.worked_on,
                activity_ref=new.activity_ref,
                skills=skills.get(new.person_id, ()),
                is_partners=bool(batch.partner),
                partner_percent=new.partner_percent,
            ),
            of_day,
            holding_cap_minutes=cap,
            tally=tally,
        )
        for new, of_day in zip(batch.fresh, rules, strict=True)
    ]


def _count_held(tally: Tally, passbooks: Mapping[int, _Book]) -> None:
    found = balances([passbook.account_id for passbook in passbooks.values()])
    for person_id, passbook in passbooks.items():
        tally.held[person_id] = found[passbook.account_id].posted


def _count_credited(tally: Tally, batch: _Batch, rules: Sequence[Rules]) -> None:
    """What stands in the book for the days and activities that a cap speaks of, taken-back deposits left out."""
    pairs = list(zip(batch.fresh, rules, strict=True))
    days = {new.worked_on for new, one in pairs if one.day_cap_minutes is not None}
    activities = {new.activity_ref for new, one in pairs if one.activity_cap_minutes is not None} - {""}
    if not days and not activities:
        return
    person_of = {passbook.pk: passbook.person_id for passbook in batch.passbooks.values()}
    passbook_ids = sorted(person_of)
    for start in range(0, len(passbook_ids), LOOKUP_SIZE):
        part = passbook_ids[start : start + LOOKUP_SIZE]
        standing = Deposit.objects.filter(reversal=None, partner="", passbook__in=part).order_by()
        if days:
            rows = standing.filter(worked_on__gte=min(days), worked_on__lte=max(days))
            for pk, day, minutes in rows.values_list("passbook_id", "worked_on").annotate(Sum("credited_minutes")):
                tally.by_day[person_of[pk], day] += minutes
        if activities:
            rows = standing.filter(activity_ref__in=activities)
            for pk, ref, minutes in rows.values_list("passbook_id", "activity_ref").annotate(Sum("credited_minutes")):
                tally.by_activity[person_of[pk], ref] += minutes


def _source_account(partner: str) -> int:
    return (
        system_account(AccountKind.CLEARING, f"partner:{partner}") if partner else system_account(AccountKind.ISSUANCE)
    )


def _tell(batch: _Batch, credited: Sequence[Credit], ids: Sequence[int]) -> None:
    """Enter each deposit into the audit trail, and its minutes into what its passbook says was certified."""
    record_many(
        actor=batch.actor,
        action="bank.deposit",
        objects=[
            (f"deposit:{pk}", {"source": new.source_ref, "minutes": one.minutes})
            for pk, new, one in zip(ids, batch.fresh, credited, strict=True)
        ],
    )
    _add_certified(batch)


def _posted(batch: _Batch, credited: Sequence[Credit], source_account_id: int) -> dict[str, int]:
    """Book both parts of every deposit, the balance's and the one that can only be donated: transfer ids by key."""
    pairs = list(zip(batch.fresh, credited, strict=True))
    givers = {new.person_id for new, one in pairs if one.donation_minutes}
    donation = donation_accounts(sorted(givers)) if givers else {}
    kinds = {kind: f"deposit_{kind.value}" for kind in {new.kind for new in batch.fresh}}
    transfers = []
    for new, one in pairs:
        for key, minutes, account_id in (
            (main_key(new.source_ref), one.spendable_minutes, batch.passbooks[new.person_id].account_id),
            (donation_key(new.source_ref), one.donation_minutes, donation.get(new.person_id, 0)),
        ):
            if minutes:
                transfers.append(
                    NewTransfer(
                        key=key,
                        debit_id=source_account_id,
                        credit_id=account_id,
                        minutes=minutes,
                        kind=kinds[new.kind],
                        worked_on=new.worked_on,
                        memo=new.title[:200],
                    )
                )
    return {one.key: one.id for one in post_batch(transfers=transfers, actor_ref=batch.actor.reference)}


def _columns(batch: _Batch, credited: Sequence[Credit]) -> dict[str, list[Any]]:
    """The deposits as they will stand in the table, but for their transfers."""
    at = clock.now()
    rows = [
        _Row(
            passbook_id=batch.passbooks[new.person_id].pk,
            kind=new.kind.value,
            category=new.category,
            title=new.title[:120],
            organizer=new.organizer[:100],
            raw_minutes=new.raw_minutes,
            credited_minutes=one.minutes,
            donation_minutes=one.donation_minutes,
            why=why_text(one.why),
            worked_on=new.worked_on,
            source_ref=new.source_ref,
            activity_ref=new.activity_ref,
            partner=batch.partner,
            approved_by_ref=batch.actor.reference,
            policy_version_id=batch.of_day(new).id,
            memo=new.memo[:200],
            deposited_at=at,
        )
        for new, one in zip(batch.fresh, credited, strict=True)
    ]
    return dict(zip(ROW_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def _hold_for_notice(batch: _Batch, credited: Sequence[Credit]) -> None:
    """Set the spendable part of each deposit aside until its public notice (公示) is over."""
    until = batch.notice_until
    wanted = [(new, one) for new, one in zip(batch.fresh, credited, strict=True) if one.spendable_minutes]
    if until is None or not wanted:
        return
    correction = system_account(AccountKind.CORRECTION)
    hold_many(
        holds=[
            NewHold(
                key=notice_key(new.source_ref),
                account_id=batch.passbooks[new.person_id].account_id,
                to_id=correction,
                minutes=one.spendable_minutes,
                kind=NOTICE,
                expires_at=clock.day_bounds(until)[1],
                memo=new.title[:200],
            )
            for new, one in wanted
        ],
        actor_ref=batch.actor.reference,
    )


def _add_certified(batch: _Batch) -> None:
    """Raise lifetime certified minutes, and those of them that are verified."""
    certified: dict[int, int] = defaultdict(int)
    verified: dict[int, int] = defaultdict(int)
    for new in batch.fresh:
        passbook_id = batch.passbooks[new.person_id].pk
        certified[passbook_id] += new.raw_minutes
        verified[passbook_id] += new.raw_minutes if new.kind is HoursKind.VERIFIED else 0
    passbook_ids = sorted(certified)
    update_many(
        Passbook,
        passbook_ids,
        add={
            "certified_minutes": [certified[pk] for pk in passbook_ids],
            "verified_minutes": [verified[pk] for pk in passbook_ids],
        },
    )


@transaction.atomic
def reverse_deposit(*, actor: Actor, deposit_id: int, reason: str) -> int | None:
    """Take a wrong deposit back by linked reversals; returns the one of the balance, None where it had no part in it.

    Nothing is edited or deleted; a public notice that still ran ends with it. InsufficientMinutes where the hours were
    already redeemed or donated; DepositReversedBefore the second time.
    """
    require_corrector(actor)
    deposit = Deposit.objects.select_related("passbook").filter(pk=deposit_id).first()
    if deposit is None:
        raise NotFound
    former, passbook = locked_for_reversal(deposit)
    if DepositReversal.objects.filter(deposit=deposit).exists():
        raise DepositReversedBefore
    assert reason.strip(), "a form asks for the reason"
    held = open_hold(notice_key(deposit.source_ref))
    if held is not None:
        release(hold_id=held, actor_ref=actor.reference)
    bring_back(actor_ref=actor.reference, deposit=deposit, former=former, counting=passbook)
    main, donation = (
        reverse(transfer_id=transfer_id, key=key, actor_ref=actor.reference, memo=reason[:200]).id
        if transfer_id is not None
        else None
        for transfer_id, key in (
            (deposit.transfer_id, f"reversal:deposit:{deposit.pk}"),
            (deposit.donation_transfer_id, f"reversal:deposit:{deposit.pk}:donation"),
        )
    )
    DepositReversal.objects.create(
        deposit=deposit,
        transfer_id=main,
        donation_transfer_id=donation,
        reason=reason[:300],
        reversed_by_ref=actor.reference,
        reversed_at=clock.now(),
    )
    is_verified = deposit.kind == Deposit.Kind.VERIFIED
    Passbook.objects.filter(pk=passbook.pk).update(
        certified_minutes=F("certified_minutes") - deposit.raw_minutes,
        verified_minutes=F("verified_minutes") - (deposit.raw_minutes if is_verified else 0),
    )
    record(actor=actor, action="bank.reverse_deposit", object_ref=f"deposit:{deposit.pk}", transfer=main)
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
        parameters={"title": deposit.title, "hours": hours_figure(deposit.raw_minutes), "reason": reason[:300]},
        object_ref=f"deposit:{deposit.pk}",
        key=f"deposit:{deposit.pk}:taken-back",
    )
    send_many([message])
    return main
