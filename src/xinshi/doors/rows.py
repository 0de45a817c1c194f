"""Writing thousands of rows by one statement, where the ORM's own bulk writes would take most of the time.

Values come by column and as the columns store them: JSON as Python values, moments aware. On PostgreSQL a column travels
as one array; on SQLite the driver repeats a prepared statement. No model's `save` and no default takes part, so every column
without a default of the database's own is named by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models

from xinshi.doors.pipeline import send
from xinshi.doors.prepared import run

Row = TypeVar("Row", bound=models.Model)
Columns = Mapping[str, Sequence[Any]]
"""Values by name of the column (`event_id`, not `event`), as many in each."""


def insert_many(
    model: type[models.Model],
    *,
    each: Columns,
    same: Mapping[str, Any] | None = None,
    ids: Sequence[int] | None = None,
    ignore_conflicts: bool = False,
    wants_ids: bool = True,
) -> list[int]:
    """Insert one row per value of `each`, all with the values of `same`; returns the new ids in order.

    `ids`: those of `drawn_ids`, where the caller had to know them before. Rows that a unique constraint refuses are passed
    over where `ignore_conflicts` says so; then, and where nobody `wants_ids`, no ids are returned. Within `pipelined` nobody
    waits for rows whose ids are not asked of the database.
    """
    size = _size(each)
    if not size:
        return []
    known = [] if ids is None else list(ids)
    if known:
        each = {_key(model): known, **each}
    is_asked = wants_ids and not ignore_conflicts and not known
    each, same = _split(each, same or {}, size)
    if connection.vendor != "postgresql":
        columns = {**{name: [value] * size for name, value in same.items()}, **each}
        last = _insert_on_sqlite(model, columns, ignore_conflicts=ignore_conflicts)
        return list(range(last - size + 1, last + 1)) if is_asked else known
    end = f"RETURNING {connection.ops.quote_name(_key(model))}" if is_asked else ""
    statement = _insertion(model, tuple(each), tuple(same), "ON CONFLICT DO NOTHING" if ignore_conflicts else end)
    constants = [_text(model, name)(value) for name, value in same.items()]
    parameters = [*constants, *(_array(model, name, values) for name, values in each.items())]
    if not is_asked:
        send(statement, parameters)
        return known
    rows, _changed = run(statement, parameters)
    return [row[0] for row in rows]


def drawn_ids(model: type[models.Model], count: int) -> list[int]:
    """So many new ids, in order, for rows that this transaction will insert; on PostgreSQL they are nobody else's."""
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        # As a query of its own the sequence is looked up once and not for each id, which took ten times as long.
        drawn = "SELECT nextval((SELECT pg_get_serial_sequence(%s, %s)::regclass)) FROM generate_series(1, %s)"
        rows, _changed = run(drawn, [table, _key(model), count])
        return [row[0] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + count + 1))


def insert_objects(rows: Sequence[Row]) -> Sequence[Row]:
    """Store new objects of one model, none of which has an id yet; they have it afterwards."""
    if rows:
        model = type(rows[0])
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        each = {str(field.column): [getattr(row, field.attname) for row in rows] for field in fields}
        for row, key in zip(rows, insert_many(model, each=each), strict=True):
            row.pk = key
            row._state.adding = False  # noqa: SLF001  # as Django's own bulk_create does
    return rows


def insert_object_if(row: models.Model, *, update: str, values: Sequence[Any]) -> bool:
    """Store a new object if `update`, an UPDATE with `%s` where `values` go, changes a row; False, and nothing stored, else.

    On PostgreSQL both are one statement: whoever waits for the changed row waits less.
    """
    if connection.vendor != "postgresql":
        _rows, changed = run(update, values)
        if changed:
            insert_objects([row])
        return bool(changed)
    model = type(row)
    names = tuple(str(field.column) for field in model._meta.concrete_fields if not field.primary_key)
    own = [_text(model, name)(getattr(row, _field(model, name).attname)) for name in names]
    rows, _changed = run(_insertion_if(model, names, update), [*values, *own])
    if rows:
        row.pk = rows[0][0]
        row._state.adding = False  # noqa: SLF001  # as Django's own bulk_create does
    return bool(rows)


@lru_cache(maxsize=256)
def _insertion_if(model: type[models.Model], names: tuple[str, ...], update: str) -> str:
    quote = connection.ops.quote_name
    columns, own = ", ".join(map(quote, names)), ", ".join(f"%s::{_type(model, name)}" for name in names)
    parts = (
        f"WITH changed AS ({update} RETURNING 1)",
        f"INSERT INTO {quote(model._meta.db_table)} ({columns})",
        "SELECT",
        own,
        f"FROM changed RETURNING {quote(_key(model))}",
    )
    return " ".join(parts)


@lru_cache(maxsize=256)
def _insertion(model: type[models.Model], each: tuple[str, ...], same: tuple[str, ...], end: str) -> str:
    """The statement for PostgreSQL, the same for any number of rows."""
    quote = connection.ops.quote_name
    parts = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, (*each, *same)))})",
        "SELECT",
        ", ".join([*(f"g.{quote(name)}" for name in each), *(f"%s::{_type(model, name)}" for name in same)]),
        f"FROM {_unnested(model, each)}",
        end,
    )
    return " ".join(parts)


def update_many(
    model: type[models.Model],
    ids: Sequence[int],
    *,
    each: Columns | None = None,
    add: Columns | None = None,
    same: Mapping[str, Any] | None = None,
) -> None:
    """Change the rows with these ids, which are different: set what is in `each` and `same`, raise by what is in `add`."""
    each, add, same = each or {}, add or {}, same or {}
    assert len(set(ids)) == len(ids), "a row is changed once"
    if not ids:
        return
    quote = connection.ops.quote_name
    update, key = f"UPDATE {quote(model._meta.db_table)} AS t", quote(_key(model))
    values: Columns = {_key(model): ids, **each, **add}
    assert _size(values) == len(ids), "each row has its values"
    if connection.vendor != "postgresql":
        sets = [f"{quote(n)} = %s" for n in (*same, *each)] + [f"{quote(n)} = {quote(n)} + %s" for n in add]
        constants = [_stored(model, name)(value) for name, value in same.items()]
        columns = [list(map(_stored(model, name), column)) for name, column in (*each.items(), *add.items())]
        rows = [(*constants, *row) for row in zip(*columns, ids, strict=True)]
        with connection.cursor() as cursor:
            cursor.executemany(" ".join((update, "SET", ", ".join(sets), f"WHERE {key} = %s")), rows)
        return
    sets = [f"{quote(name)} = %s::{_type(model, name)}" for name in same]
    sets += [f"{quote(name)} = g.{quote(name)}" for name in each]
    sets += [f"{quote(name)} = t.{quote(name)} + g.{quote(name)}" for name in add]
    joined = (f"FROM {_unnested(model, values)}", f"WHERE t.{key} = g.{key}")
    send(
        " ".join((update, "SET", ", ".join(sets), *joined)),
        [
            *(_text(model, name)(value) for name, value in same.items()),
            *(_array(model, name, column) for name, column in values.items()),
        ],
    )


def _insert_on_sqlite(model: type[models.Model], columns: Columns, *, ignore_conflicts: bool) -> int:
    """The last new id: there is one writer at a time, and its rows are numbered one after the other."""
    quote = connection.ops.quote_name
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))})",
        f"VALUES ({', '.join(['%s'] * len(columns))})",
        "ON CONFLICT DO NOTHING" if ignore_conflicts else "",
    )
    stored = [list(map(_stored(model, name), values)) for name, values in columns.items()]
    with connection.cursor() as cursor:
        cursor.executemany(" ".join(statement), list(zip(*stored, strict=True)))
    (last,) = connection.connection.execute("SELECT last_insert_rowid()").fetchone()
    return int(last)


def _split(each: Columns, same: Mapping[str, Any], size: int) -> tuple[Columns, Mapping[str, Any]]:
    """Columns of one value only travel as one value; at least one column says how many rows there are."""
    single = [name for name, values in each.items() if size > 1 and values.count(values[0]) == size]
    single = single[: len(each) - 1]
    return {n: v for n, v in each.items() if n not in single}, {**same, **{name: each[name][0] for name in single}}


def _size(columns: Columns) -> int:
    sizes = {len(values) for values in columns.values()}
    assert len(sizes) <= 1, "every column has as many values"
    return sizes.pop() if sizes else 0


def _key(model: type[models.Model]) -> str:
    column = model._meta.pk.column
    assert isinstance(model._meta.pk, models.AutoField | models.BigAutoField), "the database numbers the rows"
    return str(column)


@lru_cache(maxsize=1_024)
def _field(model: type[models.Model], column: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.column == column)


@lru_cache(maxsize=1_024)
def _type(model: type[models.Model], column: str) -> str:
    field = _field(model, column)
    found = field.rel_db_type(connection) if field.is_relation or field.primary_key else field.db_type(connection)
    assert found is not None
    # A cast to varchar(64) would cut a longer text off unseen; as text it meets the column, which refuses it.
    return "text" if found.startswith("varchar") else found


def _unnested(model: type[models.Model], columns: Iterable[str]) -> str:
    quote = connection.ops.quote_name
    arrays = ", ".join(f"%s::{_type(model, name)}[]" for name in columns)
    return f"unnest({arrays}) AS g({', '.join(map(quote, columns))})"


@lru_cache(maxsize=1_024)
def _stored(model: type[models.Model], column: str) -> Callable[[Any], Any]:
    """How SQLite stores a value of this column."""
    field = _field(model, column)
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, models.DateTimeField):
        return _sqlite_moment
    if isinstance(field, models.DateField):
        return _iso
    return _same


@lru_cache(maxsize=1_024)
def _text(model: type[models.Model], column: str) -> Callable[[Any], Any]:
    """How PostgreSQL reads a value of this column as text."""
    field = _field(model, column)
    if isinstance(field, models.JSONField):
        return json.dumps
    return _iso if isinstance(field, models.DateField) else _same


def _array(model: type[models.Model], column: str, values: Sequence[Any]) -> str:
    """An array as PostgreSQL writes it; the driver's own way costs several times as much."""
    text = _text(model, column)
    if text is _iso:  # Many rows say the same day, and many the same moment: each is written out once.
        written = {value: _iso(value) for value in set(values)}
        return array_text([written[value] for value in values])
    return array_text(values if text is _same else list(map(text, values)))


def array_text(values: Sequence[Any]) -> str:
    """Numbers, texts and None as PostgreSQL writes an array of them."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        joined = "\0".join(values)
        if "\\" not in joined and '"' not in joined and joined.count("\0") == len(values) - 1:
            return '{"' + joined.replace("\0", '","') + '"}'
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _same(value: Any) -> Any:
    return value


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _sqlite_moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
