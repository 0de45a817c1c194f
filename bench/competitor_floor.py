"""The floor: the same book written by hand in SQL, without keys and without limits; and once more with them.

It has the product's columns, foreign keys and indexes that a statement needs, and leaves out what makes the product
safe: the unique key with its payload hash, the check of limits and of closed accounts, holds and reversals. `keyed` has
the key, the hash, the limit and the closed accounts too: what these promises cost whoever writes them by hand.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from bench.crew import ACCOUNTS, STARTING_MINUTES, serve

DAY = date(2026, 3, 5)
BANK = ACCOUNTS + 1
"""The id of the bank's own account; account number n has the id n + 1."""

TABLES = """
CREATE TABLE account (id bigint PRIMARY KEY, kind text NOT NULL, owner text NOT NULL);
CREATE TABLE balance (account_id bigint PRIMARY KEY REFERENCES account, posted bigint NOT NULL, seq bigint NOT NULL);
CREATE TABLE transfer (
  id {identity}, debit_id bigint NOT NULL REFERENCES account, credit_id bigint NOT NULL REFERENCES account,
  minutes bigint NOT NULL CHECK (minutes > 0), kind text NOT NULL, worked_on date NOT NULL,
  posted_at {moment} NOT NULL, actor_ref text NOT NULL, memo text NOT NULL);
CREATE INDEX transfer_debit ON transfer (debit_id);
CREATE INDEX transfer_credit ON transfer (credit_id);
CREATE TABLE entry (
  account_id bigint NOT NULL REFERENCES account, seq bigint NOT NULL, transfer_id bigint NOT NULL REFERENCES transfer,
  amount bigint NOT NULL, balance_after bigint NOT NULL, PRIMARY KEY (account_id, seq));
CREATE INDEX entry_transfer ON entry (transfer_id);
"""
ONE = """
WITH sent AS (
  INSERT INTO transfer (debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo)
  VALUES (%(debit)s, %(credit)s, %(minutes)s, 'bench', %(day)s, now(), 'bench', '') RETURNING id
), moved AS (
  UPDATE balance SET posted = posted + CASE WHEN account_id = %(debit)s THEN -%(minutes)s ELSE %(minutes)s END,
                     seq = seq + 1
   WHERE account_id IN (%(debit)s, %(credit)s) RETURNING account_id, seq, posted
)
INSERT INTO entry (account_id, seq, transfer_id, amount, balance_after)
SELECT moved.account_id, moved.seq, sent.id,
       CASE WHEN moved.account_id = %(debit)s THEN -%(minutes)s ELSE %(minutes)s END, moved.posted
  FROM moved, sent
"""
UNNEST = """
WITH given AS (
  SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS g(account_id, minutes)
), sent AS (
  INSERT INTO transfer (debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo)
  SELECT %s, account_id, minutes, 'bench', %s, now(), 'bench', '' FROM given RETURNING id, credit_id, minutes
), moved AS (
  UPDATE balance b SET posted = b.posted + s.minutes, seq = b.seq + 1 FROM sent s WHERE b.account_id = s.credit_id
  RETURNING b.account_id, b.seq, s.id, s.minutes, b.posted
)
INSERT INTO entry (account_id, seq, transfer_id, amount, balance_after)
SELECT account_id, seq, id, minutes, posted FROM moved
"""
KEYS = (
    "ALTER TABLE account ADD COLUMN closed_at timestamptz;"
    "ALTER TABLE transfer ADD COLUMN key text NOT NULL UNIQUE, ADD COLUMN payload_hash text NOT NULL;"
)
KEYED_ONE = """
WITH opened AS (
  SELECT count(*) AS number FROM account WHERE id IN (%(debit)s, %(credit)s) AND closed_at IS NULL
), moved AS (
  UPDATE balance SET posted = posted + CASE WHEN account_id = %(debit)s THEN -%(minutes)s ELSE %(minutes)s END,
                     seq = seq + 1
    FROM opened
   WHERE opened.number = 2 AND account_id IN (%(debit)s, %(credit)s)
     AND (account_id <> %(debit)s OR posted >= %(minutes)s)
  RETURNING account_id, seq, posted
), sent AS (
  INSERT INTO transfer (key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo)
  SELECT %(key)s, %(hash)s, %(debit)s, %(credit)s, %(minutes)s, 'bench', %(day)s, now(), 'bench', ''
   WHERE (SELECT count(*) FROM moved) = 2
  ON CONFLICT (key) DO NOTHING RETURNING id
), entered AS (
  INSERT INTO entry (account_id, seq, transfer_id, amount, balance_after)
  SELECT moved.account_id, moved.seq, sent.id,
         CASE WHEN moved.account_id = %(debit)s THEN -%(minutes)s ELSE %(minutes)s END, moved.posted
    FROM moved, sent
)
SELECT id FROM sent
"""
KEYED_UNNEST = """
WITH given AS (
  SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS g(key, hash, account_id, minutes)
), sent AS (
  INSERT INTO transfer (key, payload_hash, debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo)
  SELECT key, hash, %s, account_id, minutes, 'bench', %s, now(), 'bench', ''
    FROM given JOIN account ON account.id = given.account_id AND account.closed_at IS NULL
  ON CONFLICT (key) DO NOTHING RETURNING id, credit_id, minutes
), moved AS (
  UPDATE balance b SET posted = b.posted + s.minutes, seq = b.seq + 1 FROM sent s WHERE b.account_id = s.credit_id
  RETURNING b.account_id, b.seq, s.id, s.minutes, b.posted
), entered AS (
  INSERT INTO entry (account_id, seq, transfer_id, amount, balance_after)
  SELECT account_id, seq, id, minutes, posted FROM moved
)
SELECT count(*) FROM sent
"""


def payload_hash(*parts: object) -> str:
    """What a key is bound to."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


class PostgresFloor:
    MORE = ""
    connection: psycopg.Connection[Any]

    def prepare(self) -> None:
        with psycopg.connect(os.environ["BENCH_DATABASE"]) as connection:
            connection.execute(
                TABLES.format(identity="bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", moment="timestamptz")
                + self.MORE
            )
            connection.execute(
                "INSERT INTO account (id, kind, owner)"
                " SELECT n, CASE WHEN n = %s THEN 'issuance' ELSE 'person' END, 'bench:' || n FROM generate_series(1, %s) n",
                [BANK, BANK],
            )
            connection.execute(
                "INSERT INTO balance SELECT n, %s, 0 FROM generate_series(1, %s) n", [STARTING_MINUTES, ACCOUNTS]
            )

    def connect(self) -> int | None:
        self.connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
        return self.connection.info.backend_pid

    def hot(self, serial: str, payer: int) -> None:  # noqa: ARG002  # a floor has no keys
        values = {"debit": payer + 1, "credit": 1, "minutes": 1, "day": DAY}
        self.connection.execute(ONE, values, prepare=True)

    def batch(self, serial: str, payees: list[int]) -> None:  # noqa: ARG002
        """COPY of transfers and entries, one UPDATE of the balances: what is fastest by hand."""
        at = datetime.now(UTC)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            ids = [payee + 1 for payee in payees]
            rows = cursor.execute(
                "UPDATE balance SET posted = posted + 1, seq = seq + 1 WHERE account_id = ANY(%s)"
                " RETURNING account_id, seq, posted",
                [ids],
                prepare=True,
            )
            after = {account: (seq, posted) for account, seq, posted in rows}
            last = cursor.execute(
                "SELECT setval(pg_get_serial_sequence('transfer', 'id'),"
                " nextval(pg_get_serial_sequence('transfer', 'id')) + %s)",
                [len(ids)],
                prepare=True,
            ).fetchone()
            assert last is not None
            first = last[0] - len(ids) + 1
            columns = "id, debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo"
            with cursor.copy(f"COPY transfer ({columns}) FROM STDIN") as copy:
                for number, account in enumerate(ids, start=first):
                    copy.write_row((number, BANK, account, 1, "bench", DAY, at, "bench", ""))
            with cursor.copy("COPY entry (account_id, seq, transfer_id, amount, balance_after) FROM STDIN") as copy:
                for number, account in enumerate(ids, start=first):
                    seq, posted = after[account]
                    copy.write_row((account, seq, number, 1, posted))

    def unnest(self, serial: str, payees: list[int]) -> None:  # noqa: ARG002
        ids = [payee + 1 for payee in payees]
        self.connection.execute(UNNEST, [ids, [1] * len(ids), BANK, DAY], prepare=True)


class KeyedPostgresFloor(PostgresFloor):
    """With keys that are bound to a payload, a limit and closed accounts; every answer is read."""

    MORE = KEYS

    def hot(self, serial: str, payer: int) -> None:
        key = f"hot:{serial}"
        values = {"debit": payer + 1, "credit": 1, "minutes": 1, "day": DAY, "key": key}
        values["hash"] = payload_hash(key, payer + 1, 1, 1, "bench", DAY)
        booked = self.connection.execute(KEYED_ONE, values, prepare=True).fetchone()
        assert booked is not None, "refused"

    def unnest(self, serial: str, payees: list[int]) -> None:
        keys = [f"b:{serial}:{n}" for n in range(len(payees))]
        ids = [payee + 1 for payee in payees]
        hashes = [payload_hash(key, BANK, pk, 1, "bench", DAY) for key, pk in zip(keys, ids, strict=True)]
        values = [keys, hashes, ids, [1] * len(ids), BANK, DAY]
        booked = self.connection.execute(KEYED_UNNEST, values, prepare=True).fetchone()
        assert booked == (len(ids),), "refused"


class SqliteFloor:
    MORE = ""
    connection: sqlite3.Connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(os.environ["BENCH_DATABASE"], isolation_level=None, timeout=30)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def prepare(self) -> None:
        connection = self._connect()
        connection.executescript(TABLES.format(identity="INTEGER PRIMARY KEY AUTOINCREMENT", moment="text") + self.MORE)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO account (id, kind, owner) VALUES (?, ?, ?)",
            [(n, "issuance" if n == BANK else "person", f"bench:{n}") for n in range(1, BANK + 1)],
        )
        connection.executemany(
            "INSERT INTO balance VALUES (?, ?, 0)", [(n, STARTING_MINUTES) for n in range(1, ACCOUNTS + 1)]
        )
        connection.execute("COMMIT")
        connection.close()

    def connect(self) -> int | None:
        self.connection = self._connect()
        return None

    def _written(self, write: Callable[[sqlite3.Connection], None]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        write(self.connection)
        self.connection.execute("COMMIT")

    def hot(self, serial: str, payer: int) -> None:  # noqa: ARG002
        def write(connection: sqlite3.Connection) -> None:
            number = connection.execute(INSERT_TRANSFER, _transfer_row(payer + 1, 1)).lastrowid
            for account, amount in ((payer + 1, -1), (1, 1)):
                seq, posted = connection.execute(MOVE, (amount, account)).fetchone()
                connection.execute(INSERT_ENTRY, (account, seq, number, amount, posted))

        self._written(write)

    def batch(self, serial: str, payees: list[int]) -> None:  # noqa: ARG002
        def write(connection: sqlite3.Connection) -> None:
            ids = [payee + 1 for payee in payees]
            first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM transfer").fetchone()[0]
            rows = [(n, *_transfer_row(BANK, account)) for n, account in enumerate(ids, start=first)]
            connection.executemany(INSERT_TRANSFER_ID, rows)
            connection.executemany(
                "UPDATE balance SET posted = posted + 1, seq = seq + 1 WHERE account_id = ?", zip(ids)
            )
            connection.execute(
                "INSERT INTO entry SELECT b.account_id, b.seq, t.id, t.minutes, b.posted"
                " FROM transfer t JOIN balance b ON b.account_id = t.credit_id WHERE t.id >= ?",
                (first,),
            )

        self._written(write)


class KeyedSqliteFloor(SqliteFloor):
    """With keys that are bound to a payload, a limit and closed accounts."""

    MORE = (
        "ALTER TABLE account ADD COLUMN closed_at text;"
        "ALTER TABLE transfer ADD COLUMN key text; ALTER TABLE transfer ADD COLUMN payload_hash text;"
        "CREATE UNIQUE INDEX transfer_key ON transfer (key);"
    )

    def hot(self, serial: str, payer: int) -> None:
        key = f"hot:{serial}"
        digest = payload_hash(key, payer + 1, 1, 1, "bench", DAY)

        def write(connection: sqlite3.Connection) -> None:
            known = connection.execute("SELECT id, payload_hash FROM transfer WHERE key = ?", (key,)).fetchone()
            (number,) = connection.execute(OPENED, (payer + 1, 1)).fetchone()
            assert known is None, "booked before"
            assert number == len((payer, 0)), "closed"
            row = (*_transfer_row(payer + 1, 1), key, digest)
            transfer = connection.execute(INSERT_KEYED, row).lastrowid
            for account, amount in ((payer + 1, -1), (1, 1)):
                seq, posted = connection.execute(MOVE_WITHIN, (amount, account, amount)).fetchone()
                connection.execute(INSERT_ENTRY, (account, seq, transfer, amount, posted))

        self._written(write)


OPENED = "SELECT count(*) FROM account WHERE id IN (?, ?) AND closed_at IS NULL"
MOVE_WITHIN = """UPDATE balance SET posted = posted + ?, seq = seq + 1 WHERE account_id = ? AND posted + ? >= 0
RETURNING seq, posted"""
TRANSFER_COLUMNS = "debit_id, credit_id, minutes, kind, worked_on, posted_at, actor_ref, memo"
INSERT_TRANSFER = f"INSERT INTO transfer ({TRANSFER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_KEYED = f"INSERT INTO transfer ({TRANSFER_COLUMNS}, key, payload_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_TRANSFER_ID = f"INSERT INTO transfer (id, {TRANSFER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_ENTRY = "INSERT INTO entry VALUES (?, ?, ?, ?, ?)"
MOVE = "UPDATE balance SET posted = posted + ?, seq = seq + 1 WHERE account_id = ? RETURNING seq, posted"


def _transfer_row(debit: int, credit: int) -> tuple[Any, ...]:
    return debit, credit, 1, "bench", DAY.isoformat(), datetime.now(UTC).isoformat(), "bench", ""


FLOORS = {
    ("postgresql", False): PostgresFloor,
    ("postgresql", True): KeyedPostgresFloor,
    ("sqlite", False): SqliteFloor,
    ("sqlite", True): KeyedSqliteFloor,
}


if __name__ == "__main__":
    engine = "postgresql" if os.environ["BENCH_DATABASE"].startswith("postgresql:") else "sqlite"
    serve(FLOORS[engine, "keyed" in sys.argv]())
