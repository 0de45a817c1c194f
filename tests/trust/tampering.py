"""What somebody with the database's own password could do to the past, at random, and whether `xinshi verify` sees it.

Triggers are off, as they are for an administrator of the database. Every table that makes up the book, the deposits and
the trail is changed: a column, a row taken out, a row put in, two rows in each other's place, the end cut off, seals made
anew. What the database itself refuses (a CHECK, a unique key) is drawn again: that is a detection of another kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, models, transaction

from xinshi.audit.models import AuditEntry, AuditSeal
from xinshi.audit.sealing import heads
from xinshi.audit.sealing import seal as seal_records
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.benefits.models import Voucher
from xinshi.ledger.models import Account, Balance, Entry, Hold, Seal, SealNode, Transfer
from xinshi.ledger.queries import seal_head
from xinshi.ledger.sealing import seal
from xinshi.ledger.verification import verify

WHOLE = (Transfer, Entry, Balance, Seal, SealNode, Account, Hold, Deposit, DepositReversal, AuditEntry, AuditSeal)
"""Tables of which every column is protected, but for those in `LEFT`."""
LEFT = {
    Account: {"closed_at"},
    Hold: {"ended_at"},
    AuditSeal: {"id"},
}
"""The moment at which something ended: that it ended is checked against what followed from it. And the number of a seal's
row, which nothing reads: its chain and its place in it say which seal it is."""
GIVEN_BACK = ({"released", "expired"}, {"cancelled", "expired"})
"""How reserved minutes came back makes no difference to anybody's balance: the trail alone says which it was."""
PARTLY = {
    Passbook: {"account_id", "certified_minutes", "person", "number", "opened_at", "opened_through"},
    Voucher: {"hold_id", "minutes", "expires_at", "state", "person"},
}
"""Tables that change in the course of things: these columns must agree with the book."""
MODELS = (*WHOLE, *PARTLY)
KINDS = ("change", "change", "change", "change", "remove", "remove", "put in", "swap", "cut off", "make anew")


@dataclass(slots=True)
class Outcome:
    seed: int
    done: int = 0
    refused_by_the_database: int = 0
    undetected: list[str] = field(default_factory=list)
    by_kind: dict[str, int] = field(default_factory=dict)


class NotPossible(Exception):
    """There is nothing to change in this way."""


def run(*, seed: int, number: int) -> Outcome:
    """Tamper `number` times with the database in use, each time in a savepoint that is given back."""
    outcome, published = Outcome(seed), publish()
    dice = random.Random(seed)
    assert verify(published=published).ok, verify(published=published).first_difference
    without_triggers()
    while outcome.done < number:
        kind, model = dice.choice(KINDS), dice.choice(MODELS)
        try:
            with transaction.atomic():
                said = TAMPERINGS[kind](model, dice)
                detected = not verify(published=published).ok
                outcome.done += 1
                outcome.by_kind[kind] = outcome.by_kind.get(kind, 0) + 1
                if not detected:
                    outcome.undetected.append(said)
                raise _Undo
        except _Undo:
            continue
        except NotPossible:
            continue
        except DatabaseError:
            outcome.refused_by_the_database += 1
    return outcome


class _Undo(Exception):
    """Takes a tampering back."""


def publish() -> list[str]:
    """Seal everything; the heads that are kept outside."""
    seal()
    seal_records()
    return [head for head in (seal_head(), *heads().values()) if head]


def without_triggers() -> None:
    """From here to the end of the transaction, as for an administrator of the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            return
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def _columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns of a table that are protected."""
    fields = [one for one in model._meta.concrete_fields if one.column]
    if model in PARTLY:
        return [one for one in fields if one.name in PARTLY[model]]
    return [one for one in fields if one.name not in LEFT.get(model, ())]


def _rows(model: type[models.Model], dice: random.Random, number: int = 1) -> list[dict[str, Any]]:
    """Different rows as they are stored, by column."""
    names = [one.attname for one in model._meta.concrete_fields if one.column]
    rows = list(model._default_manager.values(*names))
    if len(rows) < number:
        raise NotPossible
    return dice.sample(rows, number)


def _where(model: type[models.Model], row: dict[str, Any]) -> tuple[str, list[Any]]:
    keys = [model._meta.get_field(name) for name in ("account", "seq")] if model is Entry else [model._meta.pk]
    condition = " AND ".join(f"{connection.ops.quote_name(key.column)} = %s" for key in keys)
    return condition, [row[key.attname] for key in keys]


def _stored(one: models.Field[Any, Any], value: Any) -> Any:
    return one.get_db_prep_save(value, connection)


def _execute(statement: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _set(model: type[models.Model], row: dict[str, Any], one: models.Field[Any, Any], value: Any) -> None:
    condition, key = _where(model, row)
    table, column = (connection.ops.quote_name(name) for name in (model._meta.db_table, one.column))
    _execute(f"UPDATE {table} SET {column} = %s WHERE {condition}", [_stored(one, value), *key])


def _other(value: Any, one: models.Field[Any, Any], dice: random.Random) -> Any:
    """Something else of the same type, as near as a forger would stay."""
    if value is None:
        return _instead_of_nothing(one, dice)
    if one.choices:
        same = next((alike for alike in GIVEN_BACK if value in alike), {value})
        return dice.choice([key for key, _ in one.choices if key not in same])
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice((-60, -1, 1, 60, 600))
    if isinstance(value, datetime):
        return value + timedelta(seconds=dice.choice((-3_600, 1, 86_400)))
    if isinstance(value, date):
        return value + timedelta(days=dice.choice((-1, 1, 365)))
    if isinstance(value, dict | list):
        return {**value, "forged": 1} if isinstance(value, dict) else [*value, 1]
    if isinstance(value, bytes | memoryview):
        return bytes(value) + b"x"
    return f"{value[:-1]}{'x' if value[-1:] != 'x' else 'y'}"


def _instead_of_nothing(one: models.Field[Any, Any], dice: random.Random) -> Any:
    if isinstance(one, models.DateTimeField):
        return datetime.fromisoformat("2026-03-05T01:02:03+00:00")
    if isinstance(one, models.ForeignKey | models.IntegerField):
        return dice.randint(1, 20)
    raise NotPossible


def change(model: type[models.Model], dice: random.Random) -> str:
    """Another value in one column of one row."""
    (row,) = _rows(model, dice)
    one = dice.choice(_columns(model))
    value = _other(row[one.attname], one, dice)
    _set(model, row, one, value)
    return f"{model._meta.db_table}.{one.column} of {_where(model, row)[1]}: {row[one.attname]!r} became {value!r}"


def remove(model: type[models.Model], dice: random.Random) -> str:
    """One row less."""
    (row,) = _rows(model, dice)
    condition, key = _where(model, row)
    _execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {condition}", key)
    return f"{model._meta.db_table}: {key} is gone"


def put_in(model: type[models.Model], dice: random.Random) -> str:
    """A forged row before the end: a copy under a number that was free, its unique texts a little different."""
    (row,) = _rows(model, dice)
    copy = dict(row)
    first = dice.choice((0, -1, -5))
    for one in model._meta.concrete_fields:
        if not one.column:
            continue
        if one.primary_key or (model is Entry and one.name == "seq"):
            copy[one.attname] = first if not isinstance(one, models.OneToOneField) else row[one.attname] + 10_000
        elif one.unique and isinstance(copy[one.attname], str):
            copy[one.attname] = f"{copy[one.attname][:-2]}zz"
        elif one.unique:
            copy[one.attname] = None if one.null else first
    fields = [one for one in model._meta.concrete_fields if one.column]
    names = ", ".join(connection.ops.quote_name(one.column) for one in fields)
    places = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(model._meta.db_table)
    _execute(f"INSERT INTO {table} ({names}) VALUES ({places})", [_stored(one, copy[one.attname]) for one in fields])
    return f"{model._meta.db_table}: a row was put in, copied from {_where(model, row)[1]}"


def swap(model: type[models.Model], dice: random.Random) -> str:
    """Two rows in each other's place: everything but the key."""
    if model in PARTLY:
        raise NotPossible
    one, other = _rows(model, dice, 2)
    columns = [
        each
        for each in _columns(model)
        if not each.primary_key and not each.unique and not (model is Entry and each.name in ("account", "seq"))
    ]
    if all(one[each.attname] == other[each.attname] for each in columns):
        raise NotPossible
    for each in columns:
        _set(model, one, each, other[each.attname])
        _set(model, other, each, one[each.attname])
    return f"{model._meta.db_table}: {_where(model, one)[1]} and {_where(model, other)[1]} in each other's place"


def cut_off(model: type[models.Model], dice: random.Random) -> str:
    """The newest rows of a table gone, seals among them."""
    key = "seq" if model is Entry else "pk"
    rows = list(model._default_manager.order_by(f"-{key}")[: dice.randint(1, 5)])
    if not rows:
        raise NotPossible
    for row in rows:
        condition, value = _where(
            model, {one.attname: getattr(row, one.attname) for one in model._meta.concrete_fields}
        )
        _execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {condition}", value)
    return f"{model._meta.db_table}: the last {len(rows)} rows are gone"


def make_anew(model: type[models.Model], dice: random.Random) -> str:
    """A change, or a row less, and then every seal made anew by the program's own hand: only a published head tells."""
    said = dice.choice((change, remove))(model, dice)
    for table in ("ledger_seal", "ledger_seal_node", "audit_seal"):
        _execute(f"DELETE FROM {table}", [])
    publish()
    return f"{said}; seals made anew"


TAMPERINGS = {
    "change": change,
    "remove": remove,
    "put in": put_in,
    "swap": swap,
    "cut off": cut_off,
    "make anew": make_anew,
}
