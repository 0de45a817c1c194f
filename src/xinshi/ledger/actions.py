"""Writes of the book. Each joins its caller's transaction, or opens one; each is exactly-once by its key.

Lock order everywhere: balances in ascending account id, then keys, then rows. Authorisation is the business of the rooms
above: this room knows no person, only `actor_ref`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Sum

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
    NewTransfer,
    PostedTransfer,
    TransferUnknown,
    hold_payload_hash,
    insufficient,
    unique_transfers,
)
from xinshi.ledger.engines import engine_post
from xinshi.ledger.models import Account, Balance, Hold, Transfer


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


@transaction.atomic
def post_batch(*, transfers: Sequence[NewTransfer], actor_ref: str) -> list[PostedTransfer]:
    """Book all of `transfers` or none; results in the order of input. Limits hold after every step of the batch."""
    return _post(transfers, actor_ref=actor_ref, hold_ids={})


def _post(transfers: Sequence[NewTransfer], *, actor_ref: str, hold_ids: Mapping[str, int]) -> list[PostedTransfer]:
    batch = unique_transfers(transfers)
    done = engine_post()(batch, actor_ref=actor_ref, at=clock.now(), hold_ids=hold_ids)
    seen: set[str] = set()
    results = []
    for transfer in transfers:
        posting = done[transfer.key]
        is_new = posting.is_new and transfer.key not in seen
        seen.add(transfer.key)
        results.append(PostedTransfer(id=posting.id, key=transfer.key, is_new=is_new, posted_at=posting.posted_at))
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
    assert minutes > 0
    at = clock.now()
    digest = hold_payload_hash(account_id=account_id, to_id=to_id, minutes=minutes, kind=kind)
    balance = _locked_balance(account_id)
    known = Hold.objects.filter(key=key).first()
    if known is not None:
        if known.payload_hash != digest:
            raise KeyReused(key=key)
        return HeldMinutes(id=known.pk, key=key, account_id=account_id, minutes=minutes, is_new=False)
    if Account.objects.filter(pk__in=[account_id, to_id], closed_at__isnull=False).exists():
        raise AccountClosed
    available = balance.posted - balance.held - balance.floor
    if available < minutes:
        available += _expire_overdue(account_id, at)
    if available < minutes:
        raise insufficient(available=available, needed=minutes)
    Balance.objects.filter(pk=account_id).update(held=F("held") + minutes)
    made = Hold.objects.create(
        key=key,
        payload_hash=digest,
        account_id=account_id,
        to_id=to_id,
        minutes=minutes,
        kind=kind,
        expires_at=expires_at,
        made_at=at,
        actor_ref=actor_ref,
        memo=memo,
    )
    return HeldMinutes(id=made.pk, key=key, account_id=account_id, minutes=minutes, is_new=True)


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


def _locked_balance(account_id: int) -> Balance:
    found = Balance.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if found is None:
        raise AccountUnknown
    return found


def _locked_hold(hold_id: int) -> Hold:
    """The hold, read after its account's balance was locked: the order is balances first, everywhere."""
    account_id = Hold.objects.filter(pk=hold_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise HoldNotOpen
    _locked_balance(account_id)
    return Hold.objects.get(pk=hold_id)


def _expire_overdue(account_id: int, at: datetime) -> int:
    """Expire the overdue holds of an account whose balance is locked; returns the minutes given back."""
    overdue = Hold.objects.filter(account_id=account_id, state=Hold.State.OPEN, expires_at__lte=at)
    minutes = overdue.aggregate(total=Sum("minutes"))["total"] or 0
    if minutes:
        overdue.update(state=Hold.State.EXPIRED, ended_at=at)
        Balance.objects.filter(pk=account_id).update(held=F("held") - minutes)
    return minutes
