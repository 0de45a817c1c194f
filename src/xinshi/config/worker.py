"""The worker: delivers events, seals and verifies the book, gives overdue holds back, tidies up. Any number may run."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.core.management import call_command
from django.db import close_old_connections, connection, connections

from xinshi.activities.actions import finish_past_activities, mark_no_shows, remind
from xinshi.activities.actions import tend_waiting_lists as tend_shift_lists
from xinshi.activities.groups.actions import release_overdue_holds
from xinshi.activities.standing_in.actions import tend_searches
from xinshi.appeals.actions import end_settled_notices, escalate_overdue
from xinshi.archive.actions import remind_holders
from xinshi.attendance.actions import remind_of_due, renew_due_days
from xinshi.attendance.anomalies.actions import examine_all
from xinshi.attendance.closing.actions import close_forgotten
from xinshi.attendance.outcomes.actions import ask_for_reports
from xinshi.audit import tasks as audit_tasks
from xinshi.bank import tasks as bank_tasks
from xinshi.bank.registration.guardians import end_guardianships
from xinshi.benefits.actions import expire_overdue, remind_owners, tend_waiting_lists
from xinshi.campaigns.actions import go_on_with_calls
from xinshi.doors.models import IdempotencyKey
from xinshi.exchange.actions import go_on_with_imports
from xinshi.exchange.partners.actions import tell_of_silence
from xinshi.exchange.pulling.actions import pull_if_due
from xinshi.interbank.identity.actions import tend_tokens
from xinshi.interbank.moving.sending import send_due as send_to_banks
from xinshi.interbank.overlaps.actions import set_aside_waiting
from xinshi.interbank.reconciling.tending import compare_daily, warn_of_overdue
from xinshi.interbank.statements.actions import issue_due
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger import tasks as ledger_tasks
from xinshi.liabilities.actions import take_snapshot
from xinshi.messages.codes import forget_old_codes
from xinshi.messages.limits import forget_old_counts
from xinshi.messages.texting import deliver_texts, forget_old_texts
from xinshi.organizations.agreements.actions import tend_agreements
from xinshi.outbox.actions import beat, deliver_due, forget_delivered
from xinshi.outbox.waking import WOKEN, listen
from xinshi.recognition.actions import promote_all
from xinshi.scheduling.actions import plan_waiting
from xinshi.scheduling.inviting.filling import fill_again
from xinshi.training.actions import remind_of_expiry, remind_of_sessions

IDLE_SECONDS: Final = 1.0
SHORTEST_IDLE_SECONDS: Final = 0.05
"""What is overdue because its last time still goes on is looked at again after this."""
WOKEN_FOR: Final = 0.0
"""When a duty is due that the worker was woken for: long ago."""
IDEMPOTENCY_KEPT: Final = timedelta(days=2)
DELIVERIES_KEPT: Final = timedelta(days=30)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Duty:
    """Something the worker does every so often; `due_at` is on the monotonic clock."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    is_long: bool = False
    """May take minutes: it is done beside the others, in a thread of its own, one at a time."""
    is_watched: bool = False
    """Somebody may be watching a page for it: it is done at once when the worker is woken."""
    due_at: float = field(default=WOKEN_FOR)


def duties(name: str) -> list[Duty]:
    """What a worker does, in this order when several are due. Each duty may run in several workers at once."""
    system = Actor.system("worker")
    return [
        Duty("heartbeat", 10, lambda: beat(worker=name)),
        Duty("deliver events", IDLE_SECONDS, lambda: deliver_due(rounds_max=50)),
        Duty("send texts", IDLE_SECONDS, deliver_texts),
        Duty("hours between banks", IDLE_SECONDS, send_to_banks, is_long=True, is_watched=True),
        Duty("seal the book", 60, ledger_tasks.seal_tail),
        Duty("seal the trail", 60, audit_tasks.seal_records),
        Duty("let vouchers run out", 60, lambda: expire_overdue(actor=system)),
        Duty("waiting lists", 60, lambda: tend_waiting_lists(actor=system)),
        Duty("reminders of vouchers", 600, lambda: remind_owners(actor=system)),
        Duty("reminders of qualifications", 3_600, lambda: remind_holders(actor=system)),
        Duty("release overdue holds", 60, ledger_tasks.release_overdue),
        Duty("reminders of training sessions", 600, lambda: remind_of_sessions(actor=system)),
        Duty("certificates that run out", 21_600, lambda: remind_of_expiry(actor=system)),
        Duty("waiting lists of shifts", 30, lambda: tend_shift_lists(actor=system)),
        Duty("stand-ins", 60, lambda: tend_searches(actor=system)),
        Duty("places of plans to fill again", 15, lambda: fill_again(actor=system)),
        Duty("places held for groups", 60, lambda: release_overdue_holds(actor=system)),
        Duty("reminders of shifts", 60, lambda: remind(actor=system)),
        Duty("who did not come", 300, lambda: mark_no_shows(actor=system)),
        Duty("finish past activities", 300, lambda: finish_past_activities(actor=system)),
        Duty("close forgotten check-outs", 300, lambda: close_forgotten(actor=system)),
        Duty("what looks odd about presence", 60, lambda: examine_all(actor=system)),
        Duty("last days by the calendar of holidays", 21_600, lambda: renew_due_days(actor=system)),
        Duty("reminders of records that are due", 3_600, lambda: remind_of_due(actor=system)),
        Duty("files of partners", 2, go_on_with_imports, is_long=True),
        Duty("calls for empty posts", 15, lambda: go_on_with_calls(actor=system)),
        Duty("ask what came of activities", 3_600, lambda: ask_for_reports(actor=system)),
        Duty("requests for correction that are overdue", 300, lambda: escalate_overdue(actor=system)),
        Duty("public notices that a dispute kept running", 3_600, lambda: end_settled_notices(actor=system)),
        Duty("agreements that end", 3_600, lambda: tend_agreements(actor=system)),
        Duty("guardians of who came of age", 3_600, lambda: end_guardianships(actor=system)),
        Duty("what the bank owes as the month begins", 3_600, lambda: take_snapshot(actor=system)),
        Duty("hours that may have been counted twice", 3_600, lambda: set_aside_waiting(actor=system)),
        Duty("differences that are overdue", 3_600, lambda: warn_of_overdue(actor=system)),
        Duty("statements of the month that is over", 3_600, lambda: issue_due(actor=system)),
        Duty("lists of other banks", 3_600, lambda: compare_daily(actor=system), is_long=True),
        Duty("tokens of people for other banks", 86_400, lambda: tend_tokens(actor=system), is_long=True),
        Duty("partners that fell silent", 600, lambda: tell_of_silence(actor=system)),
        Duty("pull from 志愿汇", 900, lambda: pull_if_due(actor=system), is_long=True),
        Duty("plans of shifts", 2, lambda: plan_waiting(actor=system), is_long=True),
        Duty("balances by the policy in force", 3_600, bank_tasks.settle_balances, is_long=True),
        Duty("warn of hours that run out", 21_600, bank_tasks.warn, is_long=True),
        Duty("stars of a policy that takes effect", 3_600, lambda: promote_all(actor=system), is_long=True),
        Duty("tidy up", 3_600, tidy_up),
        Duty("verify the book", 300, ledger_tasks.verify_nightly, is_long=True),
    ]


def tidy_up() -> None:
    """Forget what was only kept for a while: ended sessions, answered keys, delivered events."""
    call_command("clearsessions")
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - IDEMPOTENCY_KEPT).delete()
    forget_delivered(before=clock.now() - DELIVERIES_KEPT)
    forget_old_codes()
    forget_old_counts()
    forget_old_texts()


def work(stop: threading.Event) -> None:
    """Do every duty when it is due, until `stop`; a duty that fails is logged and tried again at its next time."""
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    plan = duties(name)
    beside: dict[str, threading.Thread] = {}
    if connection.vendor == "postgresql":
        threading.Thread(target=listen, args=(stop,), name="listener for wakes", daemon=True).start()
    log.info("worker started")
    while not stop.is_set():
        is_woken = WOKEN.is_set()
        WOKEN.clear()
        for duty in plan:
            if is_woken and duty.is_watched:
                duty.due_at = WOKEN_FOR
            if time.monotonic() >= duty.due_at and not stop.is_set():
                if duty.is_long:
                    perform_beside(duty, beside)
                else:
                    perform(duty)
        WOKEN.wait(idle_seconds(plan))
    log.info("worker stopped")


def idle_seconds(plan: list[Duty]) -> float:
    """How long to rest: until the next duty is due, so that none is missed by a moment and waits for one round more."""
    until_due = min(duty.due_at for duty in plan) - time.monotonic()
    return min(max(until_due, SHORTEST_IDLE_SECONDS), IDLE_SECONDS)


def perform(duty: Duty) -> None:
    _do(duty)
    duty.due_at = time.monotonic() + duty.every_seconds


def _do(duty: Duty) -> None:
    close_old_connections()
    try:
        duty.work()
    except Exception:  # One failing duty must not stop the others.
        log.exception("duty failed", extra={"duty": duty.name})
    finally:
        close_old_connections()


def perform_beside(duty: Duty, beside: dict[str, threading.Thread]) -> None:
    """Perform a long duty in a thread of its own, unless its last time still goes on."""
    running = beside.get(duty.name)
    if running is not None and running.is_alive():
        return
    duty.due_at = time.monotonic() + duty.every_seconds
    beside[duty.name] = threading.Thread(target=_perform_and_close, args=(duty,), name=duty.name, daemon=True)
    beside[duty.name].start()


def _perform_and_close(duty: Duty) -> None:
    _do(duty)
    # Woken meanwhile, perhaps for what came too late for this time, it is due again at once.
    if duty.due_at != WOKEN_FOR:
        duty.due_at = time.monotonic() + duty.every_seconds
    connections.close_all()


def start_in_background() -> None:
    """Run the worker in a thread of this process (SQLite, where one process writes)."""
    threading.Thread(target=work, args=(threading.Event(),), name="worker", daemon=True).start()
