"""Transfers between two instances, each with its own database, server and worker: how many a second; how long one takes.

`python -m bench.interbank CODE OTHER NUMBER` is one volunteer of the bank CODE who sends and brings hours one by one.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from tests.trust import jepsen, two_banks
from tests.trust.scratch import migrated

SEED = 20_261_126
ROUNDS = 3
QUIET_TRANSFERS = 9
WITHIN_SECONDS = 600
LOOKED_EVERY_SECONDS = 0.01
PEOPLE_MAX = 24


def transfers(quick: bool) -> list[dict[str, Any]]:  # noqa: FBT001  # how every part of a measurement is called
    """One row per round: forms that became transfers, and the seconds until all of them had ended at both banks.

    Half of the volunteers send, half bring, at both banks at once; the network is honest. Asking is part of the time.
    Before the first round, while nothing else goes on, a row for one transfer sent, and one for one brought.
    """
    number, rounds = (20, 1) if quick else (400, ROUNDS)
    rows = []
    with migrated() as template:
        jepsen.prepare(template, records=PEOPLE_MAX)
        for turn in range(rounds):
            with two_banks.pair(template, seed=SEED + turn, is_faulty=False) as banks:
                if turn == 0:
                    rows += _quiet(banks)
                rows.append(_measured(banks, number, SEED + turn))
    return rows


def _quiet(banks: two_banks.Pair) -> list[dict[str, Any]]:
    """From the form to the hours' end, as the asking bank stores it, one at a time; the first of each way only warms up."""
    while not all(server.answers_well() for server in banks.servers):
        time.sleep(0.2)
    done = banks.over[0].run("bench.interbank", *two_banks.CODES, str(QUIET_TRANSFERS + 1), seconds=WITHIN_SECONDS)
    return [
        {
            "part": "One transfer between two quiet banks (PostgreSQL)",
            "what": way,
            "transfers": len(seconds) - 1,
            "median_seconds": round(statistics.median(seconds[1:]), 3),
            "slowest_seconds": round(max(seconds[1:]), 3),
        }
        for way, seconds in json.loads(done.stdout.splitlines()[-1]).items()
    ]


def _one_by_one(other: str, number: int) -> dict[str, list[float]]:
    """Seconds of each transfer of one minute, sent and brought, by a volunteer who waits for each."""
    from xinshi.bank.models import Deposit
    from xinshi.exchange.models import Partner
    from xinshi.interbank.moving.actions import ask_to_bring, ask_transfer
    from xinshi.interbank.moving.models import Transfer
    from xinshi.kernel.actor import Actor, Role
    from xinshi.kernel.codes import HoursKind

    partner_id = Partner.objects.get(code=other).pk
    person_id = Deposit.objects.order_by("pk").values_list("passbook__person_id", flat=True)[0]
    actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
    found: dict[str, list[float]] = {"sent": [], "brought": []}
    good = {"sent": Transfer.State.CONFIRMED, "brought": Transfer.State.APPLIED}
    for turn in range(number):
        for way, verb in (("sent", ask_transfer), ("brought", ask_to_bring)):
            began = time.perf_counter()
            asked = verb(
                actor=actor, partner_id=partner_id, minutes=1, kind=HoursKind.VERIFIED, form_key=f"quiet:{way}:{turn}"
            )
            while (transfer := Transfer.objects.get(pk=asked)).ended_at is None:
                if time.perf_counter() - began > WITHIN_SECONDS / number:
                    raise RuntimeError(f"a transfer does not end: {transfer.state}")
                time.sleep(LOOKED_EVERY_SECONDS)
            found[way].append(time.perf_counter() - began)
            assert transfer.state == good[way], transfer.state
    return found


def _measured(banks: two_banks.Pair, number: int, seed: int) -> dict[str, Any]:
    started = time.monotonic()
    acting = banks.run_both(
        *(["act", *codes, str(seed), str(number), "0"] for codes in (two_banks.CODES, two_banks.CODES[::-1]))
    )
    two_banks.joined(acting, WITHIN_SECONDS)
    asked_seconds = time.monotonic() - started
    while any(two_banks.open_number(database) for database in banks.over):
        if time.monotonic() - started > WITHIN_SECONDS:
            raise RuntimeError("transfers do not end")
        time.sleep(0.1)
    seconds = time.monotonic() - started
    ended = sum(database.rows("SELECT count(*) FROM interbank_transfer")[0][0] for database in banks.over) // 2
    return {
        "part": "Transfers between two banks (PostgreSQL)",
        "what": "two instances",
        "transfers": ended,
        "seconds": round(seconds, 1),
        "asking_seconds": round(asked_seconds, 1),
        "per_second": round(ended / seconds, 1),
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(_one_by_one(sys.argv[2], int(sys.argv[3]))))
