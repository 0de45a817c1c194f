"""What the policy in force does to balances by itself: minutes run out, and what is beyond the cap can only be donated.

For the worker, every so often, and on the day on which a version takes effect. Called again it finds nothing to do. What one
day takes from an account is decided in `replay.settle`, which the dry run calls too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from xinshi.audit.actions import record_many
from xinshi.bank.accounts import donation_accounts
from xinshi.bank.lots import holdings, with_service_until
from xinshi.bank.models import Passbook
from xinshi.bank.queries import timeline
from xinshi.bank.replay import Lot, by_day, settle, spendable
from xinshi.bank.timeline import ExpiryRule, months_after
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import lock_balances, post_batch, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance
from xinshi.messages.actions import NewMessage, send_many

PASSBOOKS_PER_TRANSACTION: Final = 200
WARNING_DAYS: Final = (90, 30, 7)
MONTH_END_DAYS: Final = 3
"""By so much a day may move when months are counted back from it and forward again."""
EXPIRED: Final = gettext_noop("%(hours)s hours in your passbook ran out. Your lifetime hours and your stars stay.")
OVER_CAP: Final = gettext_noop(
    "You hold the most that one person may hold, %(cap)s hours. "
    "What was beyond it, %(hours)s hours, can only be donated now."
)
WARNING: Final = gettext_noop("%(hours)s hours in your passbook can be spent until %(day)s, then they run out.")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was taken: from how many passbooks, and how many minutes."""

    expired_passbooks: int = 0
    expired_minutes: int = 0
    capped_passbooks: int = 0
    donation_minutes: int = 0

    def __add__(self, other: Settlement) -> Settlement:
        return Settlement(
            self.expired_passbooks + other.expired_passbooks,
            self.expired_minutes + other.expired_minutes,
            self.capped_passbooks + other.capped_passbooks,
            self.donation_minutes + other.donation_minutes,
        )


@dataclass(frozen=True, slots=True)
class _Day:
    """What holds on the day that is settled."""

    on: date
    rule: ExpiryRule | None
    cap_minutes: int | None


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is taken from one passbook; `place` is the number of lines its account had, which no later settlement meets."""

    passbook: Passbook
    place: int
    expired_minutes: int
    donation_minutes: int

    @property
    def expiry_key(self) -> str:
        return f"expiry:{self.passbook.account_id}:{self.place}"

    @property
    def cap_key(self) -> str:
        return f"over-cap:{self.passbook.account_id}:{self.place}"


def apply_policy(*, actor: Actor, on: date | None = None) -> Settlement:
    """Let the policy of a day (default: today) take effect on every active passbook, some hundreds per transaction.

    System only. Stars follow by themselves (recognition). Frozen passbooks are left as they are until they are freed.
    """
    if not actor.is_system:
        raise NotAllowed
    policies, day = timeline(), on or clock.today()
    today = _Day(day, policies.expiry_rule(day), policies.on(day).rules.holding_cap_minutes)
    done = Settlement()
    for part in _parts(_candidates(today)):
        done += _settle(actor, part, today)
    return done


def warn_of_expiry(*, actor: Actor, on: date | None = None) -> int:
    """Tell people 90, 30 and 7 days ahead which hours will run out, once each; returns how many warnings were due.

    System only. Where the worker was away, only the nearest warning is sent.
    """
    if not actor.is_system:
        raise NotAllowed
    policies, day = timeline(), on or clock.today()
    last = day + timedelta(days=max(WARNING_DAYS))
    rule = policies.expiry_rule(day)
    if rule is None or rule.not_before > last:
        return 0
    due = 0
    for part in _parts(_with_minutes_until(rule, last)):
        due += _warn(part, rule, day, last)
    return due


def _parts(found: QuerySet[Passbook]) -> Iterator[Sequence[int]]:
    """Ids in the bank's order of locking, some hundreds at a time."""
    ids = list(found.order_by("person_id").values_list("pk", flat=True))
    for start in range(0, len(ids), PASSBOOKS_PER_TRANSACTION):
        yield ids[start : start + PASSBOOKS_PER_TRANSACTION]


def _candidates(today: _Day) -> QuerySet[Passbook]:
    """Active passbooks of which the day may take something."""
    active = Passbook.objects.filter(state=Passbook.State.ACTIVE)
    found = Passbook.objects.none()
    if today.rule is not None and today.rule.not_before < today.on:
        found = _with_minutes_until(today.rule, today.on)
    if today.cap_minutes is not None:
        over = active.filter(_posted_above(today.cap_minutes))
        found = active.filter(pk__in=found.values("pk")) | over if today.rule is not None else over
    return found


def _posted_above(minutes: int) -> Exists:
    return Exists(Balance.objects.filter(account_id=OuterRef("account_id"), posted__gt=minutes))


def _with_minutes_until(rule: ExpiryRule, day: date) -> QuerySet[Passbook]:
    """Active passbooks with a balance that had service early enough for some of it to run out by `day`."""
    active = Passbook.objects.filter(_posted_above(0), state=Passbook.State.ACTIVE)
    return with_service_until(active, months_after(day, -rule.months) + timedelta(days=MONTH_END_DAYS))


@transaction.atomic
def _settle(actor: Actor, passbook_ids: Sequence[int], today: _Day) -> Settlement:
    locked = Passbook.objects.select_for_update(no_key=True).filter(pk__in=passbook_ids, state=Passbook.State.ACTIVE)
    passbooks = list(locked.order_by("person_id"))
    donation = _donation_accounts(passbooks, today)
    accounts = [passbook.account_id for passbook in passbooks]
    balances = lock_balances(account_ids=[*accounts, *donation.values()])
    found, at = holdings(accounts), clock.now()
    taken = []
    for passbook in passbooks:
        holding = found.get(passbook.account_id)
        if holding is None:
            continue
        settled = settle(holding, rule=today.rule, holding_cap_minutes=today.cap_minutes, on=today.on, at=at)
        if settled.expired_minutes or settled.donation_minutes:
            place = balances[passbook.account_id].seq
            taken.append(_Taken(passbook, place, settled.expired_minutes, settled.donation_minutes))
    if taken:
        _book(actor, taken, donation, today)
        _tell(taken, today)
    return Settlement(
        expired_passbooks=sum(1 for row in taken if row.expired_minutes),
        expired_minutes=sum(row.expired_minutes for row in taken),
        capped_passbooks=sum(1 for row in taken if row.donation_minutes),
        donation_minutes=sum(row.donation_minutes for row in taken),
    )


def _donation_accounts(passbooks: Sequence[Passbook], today: _Day) -> dict[int, int]:
    """By person, for those who hold more than the cap; opened before any balance is locked."""
    if today.cap_minutes is None:
        return {}
    accounts = [passbook.account_id for passbook in passbooks]
    rows = Balance.objects.filter(account_id__in=accounts, posted__gt=today.cap_minutes)
    over = set(rows.values_list("account_id", flat=True))
    people = [passbook.person_id for passbook in passbooks if passbook.account_id in over]
    return donation_accounts(people) if people else {}


def _book(actor: Actor, taken: Sequence[_Taken], donation: dict[int, int], today: _Day) -> None:
    expiry = system_account(AccountKind.EXPIRY)
    transfers = []
    for row in taken:
        for key, minutes, kind, to_id in (
            (row.expiry_key, row.expired_minutes, "expiry", expiry),
            (row.cap_key, row.donation_minutes, "over_cap", donation.get(row.passbook.person_id, 0)),
        ):
            if minutes:
                transfers.append(
                    NewTransfer(
                        key=key,
                        debit_id=row.passbook.account_id,
                        credit_id=to_id,
                        minutes=minutes,
                        kind=kind,
                        worked_on=today.on,
                    )
                )
    post_batch(transfers=transfers, actor_ref=actor.reference)
    for action, rows in (
        ("bank.expire_minutes", [(row, row.expired_minutes) for row in taken if row.expired_minutes]),
        ("bank.cap_holding", [(row, row.donation_minutes) for row in taken if row.donation_minutes]),
    ):
        record_many(
            actor=actor,
            action=action,
            objects=[(f"passbook:{row.passbook.pk}", {"minutes": minutes}) for row, minutes in rows],
        )


def _tell(taken: Sequence[_Taken], today: _Day) -> None:
    messages = [
        NewMessage(
            recipient_ref=f"person:{row.passbook.person_id}",
            text=EXPIRED,
            parameters={"hours": hours_figure(row.expired_minutes)},
            object_ref=f"passbook:{row.passbook.pk}",
            key=row.expiry_key,
        )
        for row in taken
        if row.expired_minutes
    ]
    messages += [
        NewMessage(
            recipient_ref=f"person:{row.passbook.person_id}",
            text=OVER_CAP,
            parameters={
                "hours": hours_figure(row.donation_minutes),
                "cap": hours_figure(today.cap_minutes or 0),
            },
            object_ref=f"passbook:{row.passbook.pk}",
            key=row.cap_key,
        )
        for row in taken
        if row.donation_minutes
    ]
    send_many(messages)


@transaction.atomic
def _warn(passbook_ids: Sequence[int], rule: ExpiryRule, day: date, last: date) -> int:
    passbooks = {row.account_id: row for row in Passbook.objects.filter(pk__in=passbook_ids)}
    at = clock.now()
    messages = []
    for account_id, holding in holdings(list(passbooks)).items():
        passbook = passbooks[account_id]
        for ends_on, minutes in _by_last_day(spendable(holding, at=at), rule).items():
            if not day <= ends_on <= last:
                continue
            ahead = min(days for days in WARNING_DAYS if (ends_on - day).days <= days)
            messages.append(
                NewMessage(
                    recipient_ref=f"person:{passbook.person_id}",
                    text=WARNING,
                    parameters={"hours": hours_figure(minutes), "day": ends_on.isoformat()},
                    object_ref=f"passbook:{passbook.pk}",
                    key=f"expiry-warning:{account_id}:{ends_on.isoformat()}:{ahead}",
                )
            )
    send_many(messages)
    return len(messages)


def _by_last_day(lots: Sequence[Lot], rule: ExpiryRule) -> dict[date, int]:
    """What runs out after each day, whatever its kind."""
    sums: dict[date, int] = {}
    for row in by_day(lots, rule):
        sums[row.day] = sums.get(row.day, 0) + row.minutes
    return sums
