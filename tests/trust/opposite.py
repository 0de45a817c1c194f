"""Opposite transfers between the same accounts, from many processes or threads: no deadlock reaches a caller, no drift.

A known time bank lost 248 of 400 such transfers to deadlocks, and the balances of the rest drifted. Here single transfers,
batches in reversed orders, rings, and holds that are captured or given back are mixed.

`python -m tests.trust.opposite SEED PROCESS NUMBER ACCOUNT…` is one of the processes.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.trust.scratch import ROOT, Scratch

FIRST_MINUTES = 600
PEOPLE = 3
DAY = date(2026, 3, 5)


@dataclass(slots=True)
class Outcome:
    """What one process or thread did: jobs done, refused for want of minutes, and what should never reach it."""

    done: int = 0
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    moved: Counter[int] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.done += other.done
        self.refused += other.refused
        self.failures += other.failures
        self.moved.update(other.moved)


def open_book() -> list[int]:
    """Accounts of three people with minutes on them; the ids."""
    from xinshi.ledger import actions
    from xinshi.ledger.domain import AccountKind, NewTransfer

    people = list(actions.open_accounts(kind=AccountKind.PERSON, owner_refs=[f"p:{n}" for n in range(PEOPLE)]).values())
    issuance = actions.system_account(AccountKind.ISSUANCE)
    for person in people:
        new = NewTransfer(
            key=f"first:{person}",
            debit_id=issuance,
            credit_id=person,
            minutes=FIRST_MINUTES,
            kind="work",
            worked_on=DAY,
        )
        actions.post(transfer=new, actor_ref="trust")
    return people


def work(*, seed: int, process: int, number: int, people: list[int]) -> Outcome:
    """Do `number` jobs, one after the other."""
    from xinshi.ledger.domain import HoldNotOpen, InsufficientMinutes

    dice, outcome = random.Random(f"{seed}/{process}"), Outcome()
    for serial in range(number):
        key = f"{process}-{serial}"
        job = dice.choice((_single, _batch, _batch, _ring, _held))
        try:
            moved = job(key, people, dice)
        except (InsufficientMinutes, HoldNotOpen):
            outcome.refused += 1
        except Exception as error:  # noqa: BLE001  # Whatever it is, a caller should not have seen it.
            outcome.failures.append(f"{job.__name__.strip('_')} {key}: {type(error).__name__} {error}"[:300])
        else:
            outcome.done += 1
            outcome.moved.update(moved)
    return outcome


def _new(key: str, giver: int, taker: int, minutes: int) -> Any:
    from xinshi.ledger.domain import NewTransfer

    return NewTransfer(key=key, debit_id=giver, credit_id=taker, minutes=minutes, kind="work", worked_on=DAY)


def _book(transfers: list[Any]) -> Counter[int]:
    from xinshi.ledger import actions

    actions.post_batch(transfers=transfers, actor_ref="trust")
    moved: Counter[int] = Counter()
    for new in transfers:
        moved[new.debit_id] -= new.minutes
        moved[new.credit_id] += new.minutes
    return moved


def _single(key: str, people: list[int], dice: random.Random) -> Counter[int]:
    giver, taker = dice.sample(people[:2], 2)
    return _book([_new(key, giver, taker, dice.randint(1, 40))])


def _batch(key: str, people: list[int], dice: random.Random) -> Counter[int]:
    """There and back again, in one order or the other."""
    giver, taker = dice.sample(people[:2], 2)
    transfers = [_new(f"{key}a", giver, taker, dice.randint(1, 40)), _new(f"{key}b", taker, giver, dice.randint(1, 40))]
    return _book(transfers)


def _ring(key: str, people: list[int], dice: random.Random) -> Counter[int]:
    order = dice.sample(people, len(people))
    following = [*order[1:], order[0]]
    pairs = zip(order, following, strict=True)
    return _book([_new(f"{key}r{n}", *pair, dice.randint(1, 20)) for n, pair in enumerate(pairs)])


def _held(key: str, people: list[int], dice: random.Random) -> Counter[int]:
    """Minutes set aside, then used or given back."""
    from xinshi.kernel import clock
    from xinshi.ledger import actions

    giver, taker = dice.sample(people[:2], 2)
    minutes = dice.randint(1, 40)
    held = actions.hold(
        key=f"{key}h",
        account_id=giver,
        to_id=taker,
        minutes=minutes,
        kind="work",
        expires_at=clock.now() + timedelta(hours=1),
        actor_ref="trust",
    )
    if dice.random() < 0.3:
        actions.release(hold_id=held.id, actor_ref="trust")
        return Counter()
    actions.capture(hold_id=held.id, actor_ref="trust")
    return Counter({giver: -minutes, taker: minutes})


def in_processes(over: Scratch, *, seed: int, processes: int, number: int, people: list[int]) -> Outcome:
    """`processes` at once, `number` jobs in all."""
    share = -(-number // processes)
    command = [sys.executable, "-m", "tests.trust.opposite", str(seed)]
    running = [
        subprocess.Popen(
            [*command, str(process), str(share), *map(str, people)],
            env=over.environment(),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in range(processes)
    ]
    total = Outcome()
    try:
        for process in running:
            told, errors = process.communicate(timeout=540)
            if process.returncode:
                total.failures.append(errors[-500:])
                continue
            answer = json.loads(told)
            moved = Counter({int(account): minutes for account, minutes in answer.pop("moved").items()})
            total.add(Outcome(**answer, moved=moved))
    finally:
        for process in running:
            process.kill()
    return total


def differences(outcome: Outcome, balances: dict[int, int]) -> list[str]:
    """What is wrong after all of it: failures that reached a caller, and sums that are not exact."""
    found = list(outcome.failures)
    for account, posted in balances.items():
        expected = FIRST_MINUTES + outcome.moved[account]
        if posted != expected:
            found.append(f"account {account}: {posted} minutes, the jobs that were done make {expected}")
    if sum(balances.values()) != FIRST_MINUTES * PEOPLE:
        found.append(f"{sum(balances.values())} minutes in all instead of {FIRST_MINUTES * PEOPLE}")
    return found


def balances(over: Scratch, people: list[int]) -> dict[int, int]:
    return dict(over.rows("SELECT account_id, posted FROM ledger_balance WHERE account_id = ANY(%s)", people))


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "open":
        print(json.dumps(open_book()))
    else:
        seed_, process_, number_ = (int(text) for text in sys.argv[1:4])
        done = work(seed=seed_, process=process_, number=number_, people=[int(text) for text in sys.argv[4:]])
        print(json.dumps({"done": done.done, "refused": done.refused, "failures": done.failures, "moved": done.moved}))
