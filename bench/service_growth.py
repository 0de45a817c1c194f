"""Whether pages cost the same in a large hospital: everything is copied many times in the database, then asked again.

Rows are copied by SQL with the database's own checks of references switched off; what a copy refers to is copied too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from bench.report import Report

if TYPE_CHECKING:
    from bench.service import Site

STRIDE: Final = 10_000_000
"""What a copy's ids are higher by than those that they were copied from."""
KEPT: Final = frozenset({"organizer_id", "team_id", "programme_id", "person_in_charge_id", "user_id", "request_id"})
"""References of a copy that stay those of the original."""
FUTURE_COPIES: Final = 10
"""So many copies of the shifts are still to come; the others are past."""
SPECIAL: Final[dict[tuple[str, str], str]] = {
    ("person", "volunteer_number"): "lpad((t.id + n * 10000000)::text, 18, '8')",
    ("passbook", "number"): "lpad((t.id + n * 10000000)::text, 12, '8')",
    ("shift", "starts_at"): "t.starts_at - CASE WHEN n < 10 THEN interval '0' ELSE (60 + n) * interval '1 day' END",
    ("shift", "ends_at"): "t.ends_at - CASE WHEN n < 10 THEN interval '0' ELSE (60 + n) * interval '1 day' END",
}
PEOPLE_TABLES: Final = ("person", "passbook")
SHIFT_TABLES: Final = ("activity", "activity_role", "shift")
BOTH_TABLES: Final = ("signup", "service_record")
PAGES: Final = {
    "list": "list of shifts",
    "activity": "one activity",
    "desk": "desk",
    "desk_list": "table of activities",
}
FLAT: Final = 1.5


def grow(site: Site, report: Report, *, quick: bool) -> None:
    people, shifts = (9, 19) if quick else (24, 99)
    before = _measured(site, 0)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for tables, copies in ((PEOPLE_TABLES, people), (SHIFT_TABLES, shifts), (BOTH_TABLES, min(people, shifts))):
            for table in tables:
                _copy(connection, table, copies)
        connection.execute("ANALYZE")
        sizes = {table: _count(connection, table) for table in ("person", "shift", "signup")}
    after = _measured(site, 1)
    part = "The same pages in a hospital of {person:,} volunteers, {shift:,} shifts and {signup:,} sign-ups".format(
        **sizes
    )
    for name, cost in before.items():
        report.row(part, name, before_ms=cost, after_ms=after[name])
        if name != "desk":  # The desk shows sums over the whole hospital.
            report.ratio(f"{name}: cost in the large hospital / before", after[name] / cost, "<=", FLAT)
        else:
            report.ratio(f"{name}: cost in the large hospital / before", after[name] / cost)


def _measured(site: Site, turn: int) -> dict[str, float]:
    """Processor milliseconds per answer."""
    found = {}
    for what, name in PAGES.items():
        site.measured(site.page(what, 4), 4)
        found[name] = site.measured(site.page(what, 12), 4)[1]["processor_ms"]
    found["sign-up"] = site.measured(site.requests("more_sign_ups")[turn::2], 4)[1]["processor_ms"]
    return found


def _copy(connection: psycopg.Connection[Any], table: str, copies: int) -> None:
    """Every row of `table` so many times more."""
    columns = [
        row[0]
        for row in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
    ]
    values = [sql.SQL(_expression(table, column)) for column in columns]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} t CROSS JOIN generate_series(1, {}) n").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(values),
            sql.Identifier(table),
            sql.Literal(copies),
        )
    )


def _expression(table: str, column: str) -> str:
    if (table, column) in SPECIAL:
        return SPECIAL[table, column]
    is_reference = column == "id" or column.endswith("_id")
    return f't."{column}" + n * {STRIDE}' if is_reference and column not in KEPT else f't."{column}"'


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])
