"""Writes of the book. Each joins its caller's transaction, or opens one; each is exactly-once by its key.

Lock order everywhere: balances in ascending account id, then keys, then rows. Authorisation is the business of the rooms
above: this room knows no person, only `actor_ref`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Sum, Value, When

from xinshi.kernel import clock
from xinshi.ledger.domain import (
    AccountClosed,
    AccountKind,
    AccountNotEmpty,
    AccountUnknown,
    AlreadyReversed,
    HeldMinutes,
    HoldNotOpen,
    KeyReused,
    NewHold,
    NewTransfer,
    PostedTransfer,
    TransferUnknown,
    hold_payload_hash,
    insufficient,
    unique_transfers,
)
from xinshi.ledger.engines import engine_post
from xinshi.ledger.models import Account, Balance, Hold, Transfer

T = TypeVar("T")


@transaction.atomic
def open_accounts(*, kind: AccountKind, owner_refs: Sequence[str], floor_minutes: int = 0) -> dict[str, int]:
    """One account per owner: {owner_ref: account id} in the order given; an owner who has one already keeps it."""
    at = clock.now()
    wanted = list(dict.fromkeys(owner_refs))
    Account.objects.bulk_create(
        [Account(kind=kind.value, owner_ref=owner, opened_at=at) for owner in wanted],
        ignore_conflicts=True,
        batch_size=2_000,
    )
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = Account.objects.filter(kind=kind.value, owner_ref__in=part).values_list("owner_ref", "id")
        found |= dict(rows)
    if kind.is_bounded:
        Balance.objects.bulk_create(
            [Balance(account_id=found[owner], floor=floor_minutes) for owner in wanted],
            ignore_conflicts=True,
            batch_size=2_000,
        )
    return {owner: found[owner] for owner in wanted}


def system_account(kind: AccountKind, owner_ref: str = "") -> int:
    """The account of the bank itself (or of one partner), opened at its first use."""
    assert not kind.is_bounded, "people's accounts are opened by name"
    row = Account.objects.filter(kind=kind.value, owner_ref=owner_ref).values_list("id", flat=True).first()
    return row if row is not None else open_accounts(kind=kind, owner_refs=[owner_ref])[owner_ref]


def post(*, transfer: NewTransfer, actor_ref: str) -> PostedTransfer:
    """Book one transfer; the same key again gives the first result, with other figures KeyReused."""
    return post_batch(transfers=[transfer], actor_ref=actor_ref)[0]


def post_batch(*, transfers: Sequence[NewTransfer], actor_ref: str) -> list[PostedTransfer]:
    """Book all of `transfers` or none; results in the order of input. Limits hold after every step of the batch.

    The engine joins the caller's transaction or makes one of its own; after a refusal the caller's goes on.
    """
    return _post(transfers, actor_ref=actor_ref, hold_ids={})


def _post(transfers: Sequence[NewTransfer], *, actor_ref: str, hold_ids: Mapping[str, int]) -> list[PostedTransfer]:
    batch = unique_transfers(transfers)
    done = engine_post()(batch, actor_ref=actor_ref, at=clock.now(), hold_ids=hold_ids)
    if len(done) == len(transfers):
        return [done[transfer.key] for transfer in transfers]
    seen: set[str] = set()
    results = []
    for transfer in transfers:
        posted = done[transfer.key]
        results.append(replace(posted, is_new=False) if transfer.key in seen else posted)
        seen.add(transfer.key)
    return results


@transaction.atomic
def hold(
    *,
    key: str,
    account_id: int,
    to_id: int,
    minutes: int,
    kind: str,
    expires_at: datetime,
    actor_ref: str,
    memo: str = "",
) -> HeldMinutes:
    """Set `minutes` aside on `account_id` for a later capture to `to_id`; InsufficientMinutes where they are not there."""
    new = NewHold(
        key=key, account_id=account_id, to_id=to_id, minutes=minutes, kind=kind, expires_at=expires_at, memo=memo
    )
    return hold_many(holds=[new], actor_ref=actor_ref)[0]


@transaction.atomic
def hold_many(*, holds: Sequence[NewHold], actor_ref: str) -> list[HeldMinutes]:
    """Set minutes aside for all of `holds` (each key once) or for none, in a fixed number of statements per 500."""
    at = clock.now()
    rows = {
        new.key: Hold(
            key=new.key,
            payload_hash=hold_payload_hash(
                account_id=new.account_id, to_id=new.to_id, minutes=new.minutes, kind=new.kind
            ),
            account_id=new.account_id,
            to_id=new.to_id,
            minutes=new.minutes,
            kind=new.kind,
            expires_at=new.expires_at,
            made_at=at,
            actor_ref=actor_ref,
            memo=new.memo,
        )
        for new in holds
    }
    assert len(rows) == len(holds), "a hold is asked for once"
    balances = lock_balances(account_ids=[new.account_id for new in holds])
    known = _known_holds(rows)
    fresh = [row for key, row in rows.items() if key not in known]
    _refuse_closed({account_id for row in fresh for account_id in (row.account_id, row.to_id)})
    _set_aside(fresh, balances, at)
    made = Hold.objects.bulk_create(fresh, batch_size=2_000)
    ids = known | {row.key: row.pk for row in made}
    return [
        HeldMinutes(
            id=ids[new.key], key=new.key, account_id=new.account_id, minutes=new.minutes, is_new=new.key not in known
        )
        for new in holds
    ]


def _known_holds(rows: Mapping[str, Hold]) -> dict[str, int]:
    """Ids of the holds that were made before, by key; KeyReused where one was made with another payload."""
    found: dict[str, int] = {}
    for keys in _parts(list(rows)):
        for key, pk, digest in Hold.objects.filter(key__in=keys).values_list("key", "id", "payload_hash"):
            if digest != rows[key].payload_hash:
                raise KeyReused(key=key)
            found[key] = pk
    return found


def _refuse_closed(account_ids: set[int]) -> None:
    for part in _parts(sorted(account_ids)):
        if Account.objects.filter(pk__in=part, closed_at__isnull=False).exists():
            raise AccountClosed


def _set_aside(rows: Sequence[Hold], balances: Mapping[int, Balance], at: datetime) -> None:
    """Raise what is held, account by account; overdue holds are given back where they are in the way."""
    needed: dict[int, int] = defaultdict(int)
    for row in rows:
        needed[row.account_id] += row.minutes
    for account_id, minutes in needed.items():
        balance = balances[account_id]
        available = balance.posted - balance.held - balance.floor
        if available < minutes:
            available += _expire_overdue(account_id, at)
        if available < minutes:
            raise insufficient(available=available, needed=minutes)
    for part in _parts(sorted(needed)):
        Balance.objects.filter(pk__in=part).update(
            held=F("held") + Case(*(When(pk=pk, then=Value(needed[pk])) for pk in part), output_field=BigIntegerField())
        )


@transaction.atomic
def postpone_hold(*, hold_id: int, expires_at: datetime) -> None:
    """Keep an open hold for longer; HoldNotOpen where it was used, given back, or has run out."""
    found = _locked_hold(hold_id)
    if found.state != Hold.State.OPEN or found.expires_at <= clock.now():
        raise HoldNotOpen
    assert expires_at > found.expires_at, "a hold is only ever prolonged"
    Hold.objects.filter(pk=hold_id).update(expires_at=expires_at)


@transaction.atomic
def capture(*, hold_id: int, actor_ref: str, worked_on: date | None = None) -> PostedTransfer:
    """Book what a hold set aside; once: a second capture gives the first result. HoldNotOpen if it was given back."""
    found = _locked_hold(hold_id)
    if found.state == Hold.State.CAPTURED:
        stored = Transfer.objects.get(hold_id=hold_id)
        return PostedTransfer(id=stored.pk, key=stored.key, is_new=False, posted_at=stored.posted_at)
    if found.state != Hold.State.OPEN:
        raise HoldNotOpen
    transfer = NewTransfer(
        key=f"{found.key}:capture",
        debit_id=found.account_id,
        credit_id=found.to_id,
        minutes=found.minutes,
        kind=found.kind,
        worked_on=worked_on or clock.today(),
        memo=found.memo,
    )
    Hold.objects.filter(pk=hold_id).update(state=Hold.State.CAPTURED, ended_at=clock.now())
    return _post([transfer], actor_ref=actor_ref, hold_ids={transfer.key: hold_id})[0]


@transaction.atomic
def release(*, hold_id: int, actor_ref: str) -> bool:  # noqa: ARG001  # kept for the audit of callers
    """Give a hold's minutes back; False where it was given back before. HoldNotOpen if they were used."""
    found = _locked_hold(hold_id)
    if found.state == Hold.State.CAPTURED:
        raise HoldNotOpen
    if found.state != Hold.State.OPEN:
        return False
    Hold.objects.filter(pk=hold_id).update(state=Hold.State.RELEASED, ended_at=clock.now())
    Balance.objects.filter(pk=found.account_id).update(held=F("held") - found.minutes)
    return True


@transaction.atomic
def reverse(*, transfer_id: int, key: str, actor_ref: str, memo: str = "") -> PostedTransfer:
    """Book the opposite of a transfer, linked to it, once; a reversal itself is not reversed."""
    original = Transfer.objects.filter(pk=transfer_id).first()
    if original is None:
        raise TransferUnknown
    if original.reverses_id is not None:
        raise AlreadyReversed
    for account_id in sorted((original.debit_id, original.credit_id)):
        Balance.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    earlier = Transfer.objects.filter(reverses_id=transfer_id).first()
    if earlier is not None and earlier.key != key:
        raise AlreadyReversed
    transfer = NewTransfer(
        key=key,
        debit_id=original.credit_id,
        credit_id=original.debit_id,
        minutes=original.minutes,
        kind="reversal",
        worked_on=original.worked_on,
        memo=memo,
        group_id=original.group_id,
        reverses_id=transfer_id,
    )
    return post(transfer=transfer, actor_ref=actor_ref)


@transaction.atomic
def close_account(*, account_id: int) -> None:
    """Close a bounded account that holds nothing; nothing is booked on it afterwards."""
    balance = _locked_balance(account_id)
    if balance.posted != 0 or balance.held != 0:
        raise AccountNotEmpty
    Account.objects.filter(pk=account_id, closed_at=None).update(closed_at=clock.now())


def expire_holds(*, limit: int = 500) -> int:
    """Give overdue holds back, account by account; for the worker. Correctness never waits for it."""
    at = clock.now()
    overdue = Hold.objects.filter(state=Hold.State.OPEN, expires_at__lte=at).order_by("account_id")
    accounts = list(overdue.values_list("account_id", flat=True).distinct()[:limit])
    for account_id in accounts:
        with transaction.atomic():
            _locked_balance(account_id)
            _expire_overdue(account_id, at)
    return len(accounts)


def lock_balances(*, account_ids: Sequence[int]) -> dict[int, Balance]:
    """Lock bounded accounts in ascending order, until the caller's transaction ends; AccountUnknown for a missing one."""
    wanted = sorted(set(account_ids))
    found: dict[int, Balance] = {}
    for part in _parts(wanted):
        rows = Balance.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("pk")
        found |= {row.pk: row for row in rows}
    if len(found) < len(wanted):
        raise AccountUnknown
    return found


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in parts that fit into one statement's variables."""
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def _locked_balance(account_id: int) -> Balance:
    found = Balance.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if found is None:
        raise AccountUnknown
    return found


def _locked_hold(hold_id: int) -> Hold:
    """The hold, read after the balances of both its sides were locked: balances first, in ascending order, everywhere.

    Of both sides, because a capture books on both: who locks the payer alone first deadlocks with the opposite capture.
    """
    sides = Hold.objects.filter(pk=hold_id).values_list("account_id", "to_id").first()
    if sides is None:
        raise HoldNotOpen
    list(Balance.objects.select_for_update(no_key=True).filter(pk__in=sides).order_by("pk").values_list("pk"))
    return Hold.objects.get(pk=hold_id)


def _expire_overdue(account_id: int, at: datetime) -> int:
    """Expire the overdue holds of an account whose balance is locked; returns the minutes given back."""
    overdue = Hold.objects.filter(account_id=account_id, state=Hold.State.OPEN, expires_at__lte=at)
    minutes = overdue.aggregate(total=Sum("minutes"))["total"] or 0
    if minutes:
        overdue.update(state=Hold.State.EXPIRED, ended_at=at)
        Balance.objects.filter(pk=account_id).update(held=F("held") - minutes)
    return minutes
