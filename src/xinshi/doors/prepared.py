"""Reads that run at every sign-up or at every request: the ORM writes their SQL once, the driver runs it again and again.

Putting a query together costs Django more than the database needs to answer it. A `PreparedRead` is put together at its
first use; on PostgreSQL the server keeps its plan as well (ADR 0006). Rows are what `values_list` gives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import JSONField, Model, QuerySet
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=Model)
Kind = type[int] | type[str] | type[date] | type[datetime]
FIRST_NUMBER: Final = 2_000_000_011
FIRST_MOMENT: Final = datetime(9001, 1, 1, tzinfo=UTC)
FIRST_DAY: Final = date(9101, 1, 1)


Answer = list[tuple[Any, ...]]
"""Rows as the driver gives them."""


@dataclass(frozen=True, slots=True)
class Question:
    """SQL about one person, whose id stands in it as `{person}`, once and after every `%s`; the first column is never null.

    So it may be asked by itself, or within a statement that finds out who the person is.
    """

    sql: str
    parameters: Sequence[Any]

    def about(self, person: str | int) -> Question:
        """The question with the person's id, or with the column in which it stands, in its place."""
        if isinstance(person, str):
            return Question(self.sql.format(person=person), self.parameters)
        return Question(self.sql.format(person="%s"), [*self.parameters, person])

    def ask(self) -> Answer:
        return run(self.sql, self.parameters)[0]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`places`: by parameter of the SQL, the name of the value that goes there, or the constant itself in a tuple.

    `statement`: the SQL as PostgreSQL reads it.
    """

    sql: str
    places: Sequence[str | tuple[object]]
    converters: Mapping[int, Any]
    compiler: Any
    statement: bytes = b""

    def converted(self, rows: list[tuple[Any, ...]], *, binary: bool) -> list[tuple[Any, ...]]:
        """The rows as the ORM gives them. In binary form the driver has read JSON already."""
        wanted = {place: one for place, one in self.converters.items() if not (binary and _is_json(one[1]))}
        return list(map(tuple, self.compiler.apply_converters(rows, wanted))) if wanted else rows


class PreparedRead:
    """A query with open places; `build` depends on nothing but the values it is given, and has a fixed number of columns.

    `kinds` says what each of them is. A query that locks is compiled inside its transaction like any other.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **kinds: Kind) -> None:
        self._build, self._kinds = build, kinds
        self._compiled: dict[str, _Compiled] = {}
        self._lock = threading.Lock()

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows for these values, all at once."""
        assert values.keys() == self._kinds.keys(), "every open place is given a value"
        database = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(database.vendor)
        if compiled is None:
            compiled = self._compile(database)
        if database.vendor == "postgresql" and not is_watched(database):
            return compiled.converted(_prepared(database, compiled, values), binary=True)
        return compiled.converted(_executed(database, compiled, values), binary=False)

    def _compile(self, database: Any) -> _Compiled:
        with self._lock:
            markers = {name: _marker(kind, number) for number, (name, kind) in enumerate(self._kinds.items())}
            compiler = self._build(**markers).query.get_compiler(DEFAULT_DB_ALIAS)
            sql, parameters = compiler.as_sql()
            converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
            known = {_key(_stored(database, marker)): name for name, marker in markers.items()}
            places = tuple(known.get(_key(parameter), (parameter,)) for parameter in parameters)
            assert {place for place in places if isinstance(place, str)} == set(markers), "every value is used"
            found = _Compiled(sql, places, converters, compiler)
            if database.vendor == "postgresql":
                found = _numbered(database, found)
            self._compiled[database.vendor] = found
            return found


def _marker(kind: Kind, number: int) -> int | str | date:
    """A value that nothing else in a query is."""
    if kind is int:
        return FIRST_NUMBER + number
    if kind is str:
        return f"\N{SECTION SIGN}place {number}"
    return (FIRST_MOMENT if kind is datetime else FIRST_DAY) + timedelta(days=number)


def _is_json(expression: Any) -> bool:
    return isinstance(expression.output_field, JSONField)


def _stored(database: Any, value: Any) -> Any:
    """What the ORM hands the driver for a value."""
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    return database.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _key(value: object) -> tuple[type, object]:
    return (type(value), value if isinstance(value, int | str | date) else id(value))


def _numbered(database: Any, compiled: _Compiled) -> _Compiled:
    """For PostgreSQL: `$1` where values go, constants written out, so that partial indexes can be seen to fit."""
    parts = compiled.sql.split("%s")
    assert len(parts) == len(compiled.places) + 1, "the SQL has as many places as parameters"
    names = [place for place in dict.fromkeys(compiled.places) if isinstance(place, str)]
    written = [
        f"${names.index(place) + 1}" if isinstance(place, str) else database.ops.compose_sql("%s", [place[0]])
        for place in compiled.places
    ]
    parts = [part.replace("%%", "%") for part in parts]
    sql = parts[0] + "".join(place + part for place, part in zip(written, parts[1:], strict=True))
    return _Compiled(sql, tuple(names), compiled.converters, compiled.compiler, sql.encode())


def _prepared(database: Any, compiled: _Compiled, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    from xinshi.doors.driver import line_of  # Here and below: a bank on SQLite starts without the driver.

    database.ensure_connection()
    with database.wrap_database_errors:
        texts = texts_of([values[str(name)] for name in compiled.places])
        # In binary form moments are read by the driver's compiled code; as text Django reads them by a pattern.
        return line_of(database).ask(compiled.statement, texts, binary=True)[0]


def run(sql: str, parameters: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
    """A statement written by hand, with `%s` where values go: what it returns, and how many rows it changed.

    The server keeps its plan where it is PostgreSQL; the SQL comes from our code alone, and is the same each time.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or is_watched(database):
        with database.cursor() as cursor:
            cursor.execute(sql, [_stored(database, value) for value in parameters])
            return cursor.fetchall() if cursor.description else [], cursor.rowcount
    from xinshi.doors.driver import line_of, numbered

    database.ensure_connection()
    with database.wrap_database_errors:
        return line_of(database).ask(numbered(sql), texts_of(parameters), binary=False)


def known_row(model: type[Row], columns: Mapping[str, Any], **related: Model | None) -> Row:
    """A stored row of which these columns were read, by their attribute, and related rows that are known with it.

    Another column is fetched where somebody asks for it: Django, too, leaves a deferred column out of the object. Its own
    way to make one tells two signals, to which nobody listens, and looks at every column; a scan makes six.
    """
    assert _names(model).issuperset(columns), "only columns of the model are read"
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    found = model.__new__(model)
    found.__dict__.update(columns, _state=state)
    for name, row in related.items():
        relation: Any = model._meta.get_field(name)
        relation.set_cached_value(found, row)
    return found


@lru_cache(maxsize=64)
def _names(model: type[Model]) -> frozenset[str]:
    return frozenset(field.attname for field in model._meta.concrete_fields)


def is_watched(database: Any) -> bool:
    """Somebody counts or watches statements: they are to see this one."""
    return bool(database.execute_wrappers) or bool(database.queries_logged)


def texts_of(values: Sequence[object]) -> list[str | None]:
    """Values go as text whose types the server takes from the statement: one plan, however large a number is."""
    return [
        value if value is None or value.__class__ is str else str(value) if value.__class__ is int else _text(value)
        for value in values
    ]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _executed(database: Any, compiled: _Compiled, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    stored = {name: _stored(database, value) for name, value in values.items()}
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            sql = compiled.sql.replace("%", "%%")
            for number in range(len(compiled.places), 0, -1):
                sql = sql.replace(f"${number}", f"%(value{number})s")
            cursor.execute(sql, {f"value{n}": stored[str(name)] for n, name in enumerate(compiled.places, start=1)})
        else:
            cursor.execute(
                compiled.sql, [stored[place] if isinstance(place, str) else place[0] for place in compiled.places]
            )
        return [tuple(row) for row in cursor.fetchall()]
