"""One portion of a file's rows: judged, written and credited in one transaction with the cursor of the run.

Whoever dies in between has written nothing of the portion; whoever takes the run up goes on at its cursor.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any, Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.actions import deposit_many
from xinshi.doors.lookups import Many
from xinshi.doors.pipeline import nothing
from xinshi.doors.rows import drawn_ids, insert_many, update_many
from xinshi.exchange.actions.crediting import new_deposit
from xinshi.exchange.domain import (
    ZHIYUANHUI,
    FileKind,
    FileRow,
    RowState,
    are_times_together,
    canonical_row,
    without_time,
)
from xinshi.exchange.events import HoursImported
from xinshi.exchange.judging import Decision, Judge, Keyed, keyed_rows
from xinshi.exchange.known import knowledge, parts
from xinshi.exchange.models import ImportFile, ImportLine, ImportRun, Partner
from xinshi.exchange.partners.queries import require_open
from xinshi.exchange.reporting import TO_CORRECT
from xinshi.exchange.zhiyuanhui.reading import PORTION_ROWS, ReadFile, read_file
from xinshi.exchange.zhiyuanhui.tables import Said
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.collecting import collected_afterwards
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.outbox.actions import publish
from xinshi.vault.cipher import blind_indexes

ROW_CONTEXT: Final = "exchange.row"
KEY_DIGITS: Final = 32
Line = tuple[str, int]
"""A row's key and occurrence."""


class RunStopped(DomainError):
    code = "run_stopped"
    message = gettext_noop("This import was stopped. What was credited stays; go on with it whenever you like.")


def locked_partner() -> Partner:
    """志愿汇's row, locked: files go in and out one after the other. PartnerPaused or PartnerDisputed while nothing may."""
    partner = Partner.objects.select_for_update().get(code=ZHIYUANHUI)
    require_open(partner)
    return partner


@dataclass(slots=True)
class KeyedFile:
    """A file that was read, with the digest of each of its rows: what stands in memory is small."""

    read: ReadFile
    content_hash: str
    """What identifies the file: its rows in any order, however it was saved and named."""
    repeated: frozenset[str]
    """Digests that several rows have."""
    _packed_keys: list[bytes]
    """By portion."""

    @classmethod
    def of(cls, data: bytes, *, file_name: str, said: Said | None = None) -> KeyedFile:
        """Read a file; the refusals of `read_file`."""
        packed: list[bytes] = []

        def note(kind: FileKind, rows: Sequence[FileRow]) -> None:
            keys = blind_indexes([canonical_row(row, kind) for row in rows], context=ROW_CONTEXT)
            packed.append(bytes.fromhex("".join(keys)))

        read = read_file(data, file_name=file_name, said=said, each_portion=note)
        return cls(read, *_content(read.kind, packed), packed)

    @property
    def row_count(self) -> int:
        return self.read.row_count

    def portions(self, *, first: int = 0) -> Iterator[list[Keyed]]:
        """The rows with their keys, from the portion `first` on; equal ones are counted from the file's beginning."""
        before = self._packed_keys[:first] if self.repeated else ()
        seen = Counter(key for packed in before for key in _keys(packed) if key in self.repeated)
        for rows, packed in zip(self.read.portions(first=first), self._packed_keys[first:], strict=True):
            keyed = keyed_rows(zip(rows, _keys(packed), strict=True), seen, counted=self.repeated)
            yield _with_untimed(keyed, self.read.kind)


def _with_untimed(portion: list[Keyed], kind: FileKind) -> list[Keyed]:
    """The rows with the keys that they would have without their times, where times stand together in one cell."""
    columns = {id(keyed.row.columns): keyed.row.columns for keyed in portion}
    if not any(map(are_times_together, columns.values())):
        return portion
    plain = [[canonical_row(row, kind) for row in without_time(keyed.row)] for keyed in portion]
    return [
        Keyed(*keyed[:3], tuple(blind_indexes(texts, context=ROW_CONTEXT))) if texts else keyed
        for keyed, texts in zip(portion, plain, strict=True)
    ]


def _keys(packed: bytes) -> list[str]:
    text = packed.hex()
    return [text[place : place + KEY_DIGITS] for place in range(0, len(text), KEY_DIGITS)]


def _content(kind: FileKind, packed_keys: Sequence[bytes]) -> tuple[str, frozenset[str]]:
    """The digest of a file's content, and the keys that several rows have."""
    digest = hashlib.sha256(kind.value.encode())
    repeated: set[str] = set()
    before = ""
    for key in merge(*map(sorted, map(_keys, packed_keys))):
        digest.update(f"\n{key}".encode())
        if key == before:
            repeated.add(key)
        before = key
    return digest.hexdigest(), frozenset(repeated)


def take_portion(
    *, actor: Actor, run_id: int, file: ImportFile, kind: FileKind, rows: Sequence[Keyed], first: int
) -> list[Decision] | None:
    """Judge, write and credit the rows that begin at the place `first`; None where somebody else did it meanwhile.

    RunStopped where the run goes on no more, PartnerPaused; nothing of the portion is written then.
    """
    with collected_afterwards(), transaction.atomic():
        partner = locked_partner()
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state != ImportRun.State.RUNNING:
            raise RunStopped
        if run.done_rows != first:
            return None
        file.refresh_from_db(fields=["runs"])  # Another run of the same file may have begun since.
        known = knowledge(actor=actor, partner_id=partner.pk, file=file, rows=rows, is_first_run=file.runs == 1)
        judge = Judge(kind, known)
        decisions = [judge.decide(keyed) for keyed in rows]
        write_decisions(actor, file, kind, decisions)
        _move_on(actor, run, decisions)
    return decisions


def counted(decisions: Sequence[Decision]) -> Counter[str]:
    """Rows by state, and the minutes that were credited."""
    states = Counter(decision.state for decision in decisions)
    found: Counter[str] = Counter({state.value: number for state, number in states.items()})
    found["minutes"] = sum(one.row.minutes or 0 for one in decisions if one.state is RowState.CREDITED)
    return found


def _move_on(actor: Actor, run: ImportRun, decisions: Sequence[Decision]) -> None:
    at = clock.now()
    run.done_rows += len(decisions)
    run.figures = dict(Counter(run.figures) + counted(decisions))
    run.beat_at = at
    run.save(update_fields=["done_rows", "figures", "beat_at"])
    if run.done_rows == run.row_count:
        end_run(actor, run)


def end_run(actor: Actor, run: ImportRun) -> None:
    """The last portion was taken: say so to the trail and to whoever listens."""
    run.state, run.ended_at = ImportRun.State.DONE, clock.now()
    run.save(update_fields=["state", "ended_at"])
    figures = {state.value: run.figures.get(state.value, 0) for state in RowState}
    minutes = run.figures.get("minutes", 0)
    record(
        actor=actor,
        action="exchange.import",
        object_ref=f"exchange-file:{run.file_id}",
        rows=run.row_count,
        minutes=minutes,
        **figures,
    )
    publish(
        HoursImported(
            file_id=run.file_id,
            partner=ZHIYUANHUI,
            rows=run.row_count,
            credited=figures["credited"],
            minutes=minutes,
            held_back=figures["held_back"],
        )
    )


def write_decisions(actor: Actor, file: ImportFile, kind: FileKind, decisions: Sequence[Decision]) -> None:
    """Lines for rows that are new; lines of an earlier run that were looked at again are brought up to date."""
    at = clock.now()
    earlier = _lines_of_earlier_runs(file, decisions)
    open_ = [one for one in decisions if not one.is_settled]
    new = [one for one in open_ if (one.keyed.key, one.keyed.occurrence) not in earlier]
    again = [one for one in open_ if (one.keyed.key, one.keyed.occurrence) in earlier]
    again_ids = [earlier[one.keyed.key, one.keyed.occurrence] for one in again]
    ids = drawn_ids(ImportLine, len(new)) if new else []

    def write_lines() -> None:
        insert_many(ImportLine, each=_what_came(new) | outcome(new, actor, at), same=_same_of(file, kind), ids=ids)
        update_many(ImportLine, again_ids, each=outcome(again, actor, at))

    decided = [*zip(ids, new, strict=True), *zip(again_ids, again, strict=True)]
    credit_rows(actor, kind, decided, meanwhile=write_lines)


def credit_rows(
    actor: Actor, kind: FileKind, rows: Sequence[tuple[int, Decision]], *, meanwhile: Callable[[], object] = nothing
) -> None:
    """Deposit what was decided to be credited, each line once. `meanwhile`: a write that goes along."""
    today = clock.today()
    deposits = [
        new_deposit(
            line_id=line_id,
            person_id=one.person_id,
            hours_kind=kind.hours_kind,
            title=one.row.title[:500],
            minutes=one.row.minutes or 0,
            worked_on=one.row.day or today,
        )
        for line_id, one in rows
        if one.state is RowState.CREDITED and one.person_id is not None
    ]
    deposit_many(actor=actor, deposits=deposits, partner=ZHIYUANHUI, meanwhile=meanwhile)


def _lines_of_earlier_runs(file: ImportFile, decisions: Sequence[Decision]) -> dict[Line, int]:
    if file.runs == 1:
        return {}
    found: dict[Line, int] = {}
    for part in parts(sorted({one.keyed.key for one in decisions if not one.is_settled})):
        lines = file.lines.filter(row_key__among=Many(part)).values_list("row_key", "occurrence", "pk")
        found |= {(key, occurrence): pk for key, occurrence, pk in lines}
    return found


def _same_of(file: ImportFile, kind: FileKind) -> dict[str, Any]:
    return {"file_id": file.pk, "hours_kind": kind.hours_kind.value, "decision_reason": ""}


def _what_came(decisions: Sequence[Decision]) -> dict[str, list[Any]]:
    """The columns that say what stood in the file."""
    rows = [decision.keyed.row for decision in decisions]
    return {
        "sheet": [row.sheet[:64] for row in rows],
        "row_number": [row.row_number for row in rows],
        "row_key": [decision.keyed.key for decision in decisions],
        "occurrence": [decision.keyed.occurrence for decision in decisions],
        "name": [row.name[:64] for row in rows],
        "volunteer_number": [row.number[:64] for row in rows],
        "title": [row.title[:500] for row in rows],
        "day": [row.day for row in rows],
        "starts_at": [row.starts_at for row in rows],
        "ends_at": [row.ends_at for row in rows],
        "minutes": [row.minutes or 0 for row in rows],
    }


def outcome(decisions: Sequence[Decision], actor: Actor, at: datetime) -> dict[str, list[Any]]:
    """The columns that say what became of it."""
    is_credited = [decision.state is RowState.CREDITED for decision in decisions]
    return {
        "person_id": [decision.person_id for decision in decisions],
        "state": [decision.state.value for decision in decisions],
        "code": [decision.fault.code if decision.fault else "" for decision in decisions],
        "parameters": [dict(decision.fault.parameters) if decision.fault else {} for decision in decisions],
        "column": [decision.fault.column[:64] if decision.fault else "" for decision in decisions],
        "cells": [dict(decision.row.cells) if decision.state in TO_CORRECT else {} for decision in decisions],
        "decided_at": [at if credited else None for credited in is_credited],
        "decided_by_ref": [actor.reference if credited else "" for credited in is_credited],
    }


def portion_of(place: int) -> int:
    """In which portion the row at this place stands, both counted from 0."""
    return place // PORTION_ROWS
