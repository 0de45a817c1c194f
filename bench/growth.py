"""What reading and booking cost as the book grows: the newest lines, a balance, a deposit, the whole reconciliation.

The same book in several sizes, made in sets with consistent balances so that it reconciles: every account is given 100
minutes, then minutes go round in a ring, each transfer from one account to the next.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from typing import Any, Final

from bench.crew import ACCOUNTS, Crew, crews, serve
from bench.databases import postgres_is_reachable, scratch_folder, scratch_postgres
from bench.report import Report, median

DAY = date(2026, 3, 5)
LINES: Final = 50
TASKS: Final = ("statement", "balance", "deposit")
NUMBERS: Final = {
    "postgresql": "SELECT n FROM generate_series(1, {0}) n",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {0}) SELECT n FROM g",
}
TRANSFER_COLUMNS: Final = (
    "id, key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, group_id, actor_ref, memo"
)
FIRST_TRANSFERS: Final = f"""
INSERT INTO ledger_transfer ({TRANSFER_COLUMNS})
SELECT n, 'first:' || n, '', {{issuance}}, {{first}} + n - 1, 100, 'bench', '2026-01-01', '2026-01-01 00:00:00+00:00',
       '', 'bench', '' FROM ({{numbers}}) x
"""
FIRST_ENTRIES: Final = """
INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
SELECT {first} + n - 1, 1, n, 100, 100 FROM ({numbers}) x
"""
RING_TRANSFERS: Final = f"""
INSERT INTO ledger_transfer ({TRANSFER_COLUMNS})
SELECT {{accounts}} + n, 'ring:' || n, '', {{first}} + (n - 1) % {{accounts}}, {{first}} + n % {{accounts}}, 1, 'bench',
       '2026-01-02', '2026-01-02 00:00:00+00:00', '', 'bench', '' FROM ({{numbers}}) x
"""
RING_ENTRIES: Final = """
INSERT INTO ledger_entry (account_id, seq, transfer_id, amount, balance_after)
SELECT {first} + place, 2 + 2 * turn + is_first, {accounts} + n, amount, CASE is_first WHEN 1 THEN after1 ELSE after0 END
  FROM (
    SELECT n, (n - 1) % {accounts} AS place, (n - 1) / {accounts} AS turn, -1 AS amount,
           CASE (n - 1) % {accounts} WHEN 0 THEN 0 ELSE 1 END AS is_first, 100 AS after1, 99 AS after0 FROM ({numbers}) x
    UNION ALL
    SELECT n, n % {accounts}, (n - 1) / {accounts}, 1,
           CASE n % {accounts} WHEN 0 THEN 1 ELSE 0 END, 100, 101 FROM ({numbers}) x
  ) lines ORDER BY n
"""


class Grown:
    """A book of BENCH_ENTRIES entries, read and written through the product."""

    def prepare(self) -> None:
        import django
        from django.core.management import call_command
        from django.db import connection, connections

        django.setup()
        from xinshi.ledger import actions
        from xinshi.ledger.domain import AccountKind
        from xinshi.ledger.verification import verify

        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        entries = int(os.environ["BENCH_ENTRIES"])
        number = min(ACCOUNTS, entries // 100)
        turns = (entries - number) // (2 * number)
        self.issuance = actions.system_account(AccountKind.ISSUANCE)
        owners = [f"bench:{n}" for n in range(number)]
        self.accounts = list(actions.open_accounts(kind=AccountKind.PERSON, owner_refs=owners).values())
        _fill(connection, issuance=self.issuance, first=self.accounts[0], accounts=number, turns=turns)
        report = verify()
        assert report.ok, report.first_difference
        connections.close_all()

    def connect(self) -> int | None:
        from django.db import connection

        connection.ensure_connection()
        return None

    def _account(self, number: int) -> int:
        return self.accounts[number % len(self.accounts)]

    def statement(self, serial: str, number: int) -> None:  # noqa: ARG002  # the crew calls all tasks alike
        from xinshi.ledger.queries import statement

        assert len(statement(self._account(number), limit=LINES)) == LINES

    def balance(self, serial: str, number: int) -> None:  # noqa: ARG002
        from xinshi.ledger.queries import balance

        assert balance(self._account(number)).posted > 0

    def deposit(self, serial: str, number: int) -> None:
        from xinshi.ledger.actions import post
        from xinshi.ledger.domain import NewTransfer

        transfer = NewTransfer(
            key=f"deposit:{serial}",
            debit_id=self.issuance,
            credit_id=self._account(number),
            minutes=60,
            kind="bench",
            worked_on=DAY,
        )
        post(transfer=transfer, actor_ref="bench")

    def verify(self, serial: str, number: list[int]) -> None:  # noqa: ARG002
        from xinshi.ledger.verification import verify

        report = verify()
        assert report.ok, report.first_difference


def _fill(connection: Any, *, issuance: int, first: int, accounts: int, turns: int) -> None:
    """Everything in sets, without the checks that the reconciliation makes afterwards all at once."""
    on_postgresql = connection.vendor == "postgresql"
    places = {"issuance": issuance, "first": first, "accounts": accounts}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica" if on_postgresql else "PRAGMA foreign_keys = OFF")
        for statement, count in (
            (FIRST_TRANSFERS, accounts),
            (FIRST_ENTRIES, accounts),
            (RING_TRANSFERS, accounts * turns),
            (RING_ENTRIES, accounts * turns),
        ):
            cursor.execute(statement.format(numbers=NUMBERS[connection.vendor].format(count), **places))
        cursor.execute("UPDATE ledger_balance SET posted = 100, seq = %s", [1 + 2 * turns])
        if on_postgresql:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('ledger_transfer', 'id'), (SELECT max(id) FROM ledger_transfer))"
            )
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE ledger_transfer")
            cursor.execute("VACUUM ANALYZE ledger_entry")
            cursor.execute("VACUUM ANALYZE ledger_balance")
        else:
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def measure_growth(report: Report, *, sizes: Sequence[int], rounds: int, seconds: float) -> None:
    """Add rows for every engine and size, and how much the greatest size costs against the smallest."""
    engines = ["SQLite", "PostgreSQL"] if postgres_is_reachable() else ["SQLite"]
    with ExitStack() as stack:
        wanted = {(engine, size): _competitor(stack, engine, size) for engine in engines for size in sizes}
        found = _figures(stack.enter_context(crews(wanted)), rounds, seconds)
    for engine, size in wanted:
        report.row(
            f"As the book grows ({engine})",
            f"{size:,} entries",
            **{name: median(found[(engine, size), name]) for name in (*TASKS, "verify")},
        )
    for engine in engines:
        for task in ("statement", "balance"):
            pairs = zip(found[(engine, sizes[-1]), task], found[(engine, sizes[0]), task], strict=True)
            name = f"{engine}: {task} at {sizes[-1]:,} / {sizes[0]:,} entries"
            report.ratio(name, median([most / least for most, least in pairs]), "<=", 1.5)


def _competitor(stack: ExitStack, engine: str, size: int) -> tuple[list[str], dict[str, str]]:
    url = stack.enter_context(scratch_postgres(f"grown{size}")) if engine == "PostgreSQL" else ""
    environment = {
        "XINSHI_DATA_DIR": str(stack.enter_context(scratch_folder())),
        "XINSHI_DATABASE_URL": url,
        "XINSHI_LOG_LEVEL": "ERROR",
        "BENCH_ENTRIES": str(size),
    }
    return [sys.executable, "-m", "bench.growth"], environment


def _figures(
    teams: Mapping[tuple[str, int], Crew], rounds: int, seconds: float
) -> Mapping[tuple[tuple[str, int], str], list[float]]:
    """Milliseconds of every task, round by round after one to warm up; of the reconciliation once."""
    found: dict[tuple[tuple[str, int], str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for task in TASKS:
            for name, team in teams.items():
                answer = team.run(task, seconds=seconds / 4)
                if number:
                    found[name, task].append(1e3 * answer["seconds"] / answer["done"])
    for name, team in teams.items():
        found[name, "verify"].append(1e3 * team.run("verify", rows=1)["seconds"])
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.book_settings")
    serve(Grown(), clients=1)
