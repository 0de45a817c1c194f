"""Bugs that a bank could have, planted one at a time: a harness that does not find one is no harness.

Each `plant_…` changes the program as it runs, by a context manager. None of it is reachable from the product.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import mock

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Max

from xinshi.audit import sealing as audit_sealing
from xinshi.ledger import actions, engines, sealing
from xinshi.ledger.domain import HoldNotOpen, NewTransfer, PostedTransfer
from xinshi.ledger.models import Balance, Hold, Transfer

SERIAL = itertools.count(1)
Plant = Callable[[], contextlib.AbstractContextManager[object]]


def _post_instead(change: Callable[[Any], Any]) -> contextlib.AbstractContextManager[object]:
    """Another engine, made from the one of the database in use."""
    return mock.patch.object(actions, "engine_post", side_effect=lambda: change(engines.engine_post()))


@contextlib.contextmanager
def no_key() -> Iterator[None]:
    """A repeated booking is booked again: its key is made unique before it reaches the engine."""

    def change(post: Any) -> Any:
        def posted(batch: Any, **more: Any) -> Any:
            renamed = {key: f"{key}/{next(SERIAL)}" for key in batch}
            other = {
                renamed[key]: (dataclasses.replace(new, key=renamed[key]), digest)
                for key, (new, digest) in batch.items()
            }
            hold_ids = {renamed[key]: value for key, value in more.pop("hold_ids").items() if key in renamed}
            done = post(other, hold_ids=hold_ids, **more)
            return {key: dataclasses.replace(done[renamed[key]], key=key) for key in batch}

        return posted

    with _post_instead(change):
        yield


@contextlib.contextmanager
def limit_unchecked() -> Iterator[None]:
    """Accounts may go below nothing."""
    opened = actions.open_accounts

    def open_accounts(**wanted: Any) -> Any:
        return opened(**(wanted | {"floor_minutes": -(10**9)}))

    with mock.patch.object(actions, "open_accounts", open_accounts):
        yield


@contextlib.contextmanager
def reversal_twice() -> Iterator[None]:
    """A reversal does not say what it reverses, so it is made as often as it is asked for."""

    def reverse(*, transfer_id: int, key: str, actor_ref: str, memo: str = "") -> Any:
        original = Transfer.objects.get(pk=transfer_id)
        mirror = NewTransfer(
            key=key,
            debit_id=original.credit_id,
            credit_id=original.debit_id,
            minutes=original.minutes,
            kind="reversal",
            worked_on=original.worked_on,
            memo=memo,
        )
        return actions.post(transfer=mirror, actor_ref=actor_ref)

    with mock.patch.object(actions, "reverse", reverse):
        yield


@contextlib.contextmanager
def held_minutes_ignored() -> Iterator[None]:
    """A hold is written down, but the minutes can be spent all the same."""
    hold = actions.hold

    def forgetful(**wanted: Any) -> Any:
        made = hold(**wanted)
        if made.is_new:
            Balance.objects.filter(pk=wanted["account_id"]).update(held=F("held") - wanted["minutes"])
        return made

    with mock.patch.object(actions, "hold", forgetful):
        yield


@contextlib.contextmanager
def refund_on_time_out() -> Iterator[None]:
    """A capture that is asked for again, because its answer was lost, is taken for a failure and given back."""
    capture = actions.capture

    def timid(*, hold_id: int, actor_ref: str, **more: Any) -> Any:
        posted = capture(hold_id=hold_id, actor_ref=actor_ref, **more)
        if not posted.is_new:
            with contextlib.suppress(actions.AlreadyReversed):
                actions.reverse(transfer_id=posted.id, key=f"refund:{posted.key}", actor_ref=actor_ref)
        return posted

    with mock.patch.object(actions, "capture", timid):
        yield


@contextlib.contextmanager
def entry_without_balance() -> Iterator[None]:
    """Now and then a booking leaves its line, but not the balance behind it."""

    def change(post: Any) -> Any:
        def posted(batch: Any, **more: Any) -> Any:
            done = post(batch, **more)
            fresh = [new for key, (new, _) in batch.items() if done[key].is_new and done[key].id % 3 == 0]
            for new in fresh:
                Balance.objects.filter(pk=new.credit_id).update(posted=F("posted") - new.minutes)
            return done

        return posted

    with _post_instead(change):
        yield


@contextlib.contextmanager
def released_holds_captured() -> Iterator[None]:
    """Whoever cancelled, or never came, pays all the same."""
    capture = actions.capture

    def greedy(*, hold_id: int, actor_ref: str, **more: Any) -> Any:
        try:
            return capture(hold_id=hold_id, actor_ref=actor_ref, **more)
        except HoldNotOpen:
            found = Hold.objects.get(pk=hold_id)
            late = NewTransfer(
                key=f"{found.key}:late",
                debit_id=found.account_id,
                credit_id=found.to_id,
                minutes=found.minutes,
                kind=found.kind,
                worked_on=found.made_at.date(),
            )
            return actions.post(transfer=late, actor_ref=actor_ref)

    with mock.patch.object(actions, "capture", greedy):
        yield


@contextlib.contextmanager
def last_step_of_a_batch_lost() -> Iterator[None]:
    """A batch is cut off before its last row, and nobody is told."""

    def change(post: Any) -> Any:
        def posted(batch: Any, **more: Any) -> Any:
            kept = dict(list(batch.items())[: max(1, len(batch) - 1)])
            done = post(kept, **more)
            return {key: done.get(key, next(iter(done.values()))) for key in batch}

        return posted

    with _post_instead(change):
        yield


@contextlib.contextmanager
def seal_skips_a_late_id() -> Iterator[None]:
    """Seals go up to the greatest id that is visible, whether or not smaller ones may still commit."""

    def greatest(model: Any) -> int:
        return model.objects.aggregate(top=Max("pk"))["top"] or 0

    with (
        mock.patch.object(sealing, "safe_horizon", greatest),
        mock.patch.object(audit_sealing, "safe_horizon", greatest),
    ):
        yield


@contextlib.contextmanager
def no_lock() -> Iterator[None]:
    """Balances are read without a lock: whoever books last wins."""
    query_set = type(Balance.objects.all())
    locks = (
        mock.patch.object(query_set, "select_for_update", lambda rows, **_: rows),
        mock.patch.object(actions, "engine_post", side_effect=lambda: _post_by_reading_and_writing),
    )
    with locks[0], locks[1]:
        yield


def _post_by_reading_and_writing(batch: Any, *, actor_ref: str, at: Any, hold_ids: Any) -> Any:
    """The engine that most time banks have: read the balances, add, write them back."""
    done = {}
    for key, (new, digest) in batch.items():
        balances = {row.account_id: row for row in Balance.objects.filter(pk__in=(new.debit_id, new.credit_id))}
        time.sleep(0.002)
        made = Transfer.objects.create(
            key=key,
            payload_hash=digest,
            debit_id=new.debit_id,
            credit_id=new.credit_id,
            minutes=new.minutes,
            kind=new.kind,
            worked_on=new.worked_on,
            posted_at=at,
            hold_id=hold_ids.get(key),
            actor_ref=actor_ref,
        )
        for account_id, amount in ((new.debit_id, -new.minutes), (new.credit_id, new.minutes)):
            if (row := balances.get(account_id)) is not None:
                row.posted += amount
                row.save(update_fields=["posted"])
        done[key] = PostedTransfer(id=made.pk, key=key, is_new=True, posted_at=at)
    return done


IN_THE_BOOK: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        no_key,
        limit_unchecked,
        reversal_twice,
        held_minutes_ignored,
        refund_on_time_out,
        entry_without_balance,
        released_holds_captured,
        last_step_of_a_batch_lost,
    )
}
"""Bugs that the model of the book must find."""


def lossy(application: Any) -> Any:
    """No bug, but the world: every ninth answer to a write is lost on its way, after the write was done."""

    def serve(environ: Any, start_response: Any) -> Iterable[bytes]:
        is_lost = environ["REQUEST_METHOD"] == "POST" and not next(SERIAL) % 9
        answer = application(environ, (lambda *_: None) if is_lost else start_response)
        try:
            for part in answer:
                if not is_lost:
                    yield part
        finally:
            if hasattr(answer, "close"):
                answer.close()  # Only then does the request end, and give its connection back.
        if is_lost:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            yield b"lost"

    return serve


def acknowledge_before_commit(application: Any) -> Any:
    """A WSGI application that answers first and commits afterwards."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)

    def hasty(environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            if environ["REQUEST_METHOD"] != "POST":
                yield from application(environ, start_response)
                return
            with transaction.atomic():
                yield from application(environ, start_response)
                time.sleep(0.15)
        finally:
            connection.close()

    return hasty


def idempotency_off(application: Any) -> Any:
    """Keys are not looked at: what is sent again is done again."""

    def forgetful(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_IDEMPOTENCY_KEY"):
            environ["HTTP_IDEMPOTENCY_KEY"] = f"{environ['HTTP_IDEMPOTENCY_KEY']}/{next(SERIAL)}"
        return application(environ, start_response)

    return forgetful


def cancelled_voucher_redeemed(application: Any) -> Any:
    """The desk redeems whatever it is shown: cancelled vouchers and those of people who never came."""
    from xinshi.benefits.actions import ending

    ending.redeem_refusal = lambda **_: None
    contextlib.ExitStack().enter_context(released_holds_captured())  # For the life of this process.
    ending.capture = actions.capture
    return application


OVER_HTTP: dict[str, Callable[[Any], Any]] = {
    plant.__name__: plant for plant in (acknowledge_before_commit, idempotency_off, cancelled_voucher_redeemed)
}
"""Bugs that the clients and the nemesis must find; `tests.trust.planted_server NAME` serves with one of them."""
