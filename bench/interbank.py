"""How many transfers a second go between two instances, each with its own database, server and worker."""

from __future__ import annotations

import time
from typing import Any

from tests.trust import jepsen, two_banks
from tests.trust.scratch import migrated

SEED = 20_261_126
ROUNDS = 3
WITHIN_SECONDS = 600


def transfers(quick: bool) -> list[dict[str, Any]]:  # noqa: FBT001  # how every part of a measurement is called
    """One row per round: forms that became transfers, and the seconds until all of them had ended at both banks.

    Half of the volunteers send, half bring, at both banks at once; the network is honest. Asking is part of the time.
    """
    number, rounds = (20, 1) if quick else (400, ROUNDS)
    rows = []
    with migrated() as template:
        jepsen.prepare(template, records=24)
        for turn in range(rounds):
            with two_banks.pair(template, seed=SEED + turn, is_faulty=False) as banks:
                rows.append(_measured(banks, number, SEED + turn))
    return rows


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
