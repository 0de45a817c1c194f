"""Rows of nobody: a person says whose they are, or that they are not ours; or they flow on once their person is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from xinshi.audit.actions import record_many
from xinshi.doors.lookups import Many
from xinshi.doors.rows import update_many
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.deciding import REASON_LENGTH_MAX, LineNotWaiting
from xinshi.exchange.actions.portions import counted, credit_rows, locked_partner, outcome
from xinshi.exchange.domain import VOLUNTEER_NUMBER, FileKind, FileRow, RowState
from xinshi.exchange.judging import Decision, Judge, Keyed
from xinshi.exchange.known import knowledge, known_people, parts
from xinshi.exchange.models import ImportFile, ImportLine, Partner
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.people.actions import give_volunteer_number
from xinshi.people.models import Person

AT_ONCE_MAX: Final = 2_000
ROUNDS_MAX: Final = 100
UNMATCHED: Final = ImportLine.State.UNMATCHED


@transaction.atomic
def match_lines(
    *, actor: Actor, line_ids: Sequence[int], person_id: int, remember_number: bool = False
) -> dict[str, int]:
    """Say whose waiting rows these are; they are judged as in an import. Returns rows by what they became, and `minutes`.

    `remember_number`: a person without a volunteer number gets that of the rows, so that later rows find them.
    LineNotWaiting where somebody decided on one before; NotFound for an unknown line or person.
    """
    require_keeper(actor)
    partner = locked_partner()
    lines = _locked(line_ids)
    if person_id not in known_people([person_id]):
        raise NotFound
    if remember_number:
        _remember(actor, lines, person_id)
    found = _judge(actor, partner, lines, person_id=person_id)
    record_many(
        actor=actor,
        action="exchange.match_line",
        objects=[
            (f"exchange-line:{pk}", {"person": person_id, "became": decision.state.value}) for pk, decision in found
        ],
    )
    return dict(counted([decision for _, decision in found]))


@transaction.atomic
def lines_not_ours(*, actor: Actor, line_ids: Sequence[int], reason: str) -> int:
    """Lay waiting rows aside as those of people of another hospital, and say why; returns how many."""
    require_keeper(actor)
    if not reason.strip():
        raise Invalid(field="reason", reason=gettext_noop("Say why these rows are not ours."))
    locked_partner()
    lines = _locked(line_ids)
    update_many(
        ImportLine,
        [line.pk for line in lines],
        same={
            "state": ImportLine.State.NOT_OURS.value,
            "decided_at": clock.now(),
            "decided_by_ref": actor.reference,
            "decision_reason": reason.strip()[:REASON_LENGTH_MAX],
        },
    )
    record_many(
        actor=actor,
        action="exchange.line_not_ours",
        objects=[(f"exchange-line:{line.pk}", {"minutes": line.minutes}) for line in lines],
    )
    return len(lines)


def look_again(*, actor: Actor, person_ids: Iterable[int] | None = None) -> dict[str, int]:
    """Judge waiting rows anew: those of these people or of their numbers, or all. Returns rows by what they became.

    Called when somebody registers, gets a number or a passbook; each row flows on once, because it waits no more then.
    """
    require_keeper(actor)
    waiting = _waiting_of(person_ids) if person_ids is not None else ImportLine.objects.filter(state=UNMATCHED)
    total: dict[str, int] = defaultdict(int)
    if not waiting.exists():
        return {}
    after = 0
    for _ in range(ROUNDS_MAX):
        with transaction.atomic():
            partner = locked_partner()
            rows = waiting.filter(pk__gt=after).order_by("pk").select_related("file")
            lines = list(rows.select_for_update(of=("self",))[:AT_ONCE_MAX])
            if not lines:
                break
            found = _judge(actor, partner, lines)
            moved = [(pk, one) for pk, one in found if one.state is not RowState.UNMATCHED]
            record_many(
                actor=actor,
                action="exchange.flow_on",
                objects=[(f"exchange-line:{pk}", {"became": one.state.value}) for pk, one in moved],
            )
        after = lines[-1].pk
        for name, number in counted([one for _, one in found]).items():
            total[name] += number
    return dict(total)


def _waiting_of(person_ids: Iterable[int]) -> QuerySet[ImportLine]:
    ids = sorted(set(person_ids))
    numbers = Person.objects.filter(pk__among=Many(ids), volunteer_number__isnull=False, erased_at=None)
    texts = [str(number) for number in numbers.values_list("volunteer_number", flat=True)]
    whose = Q(person_id__among=Many(ids)) | Q(volunteer_number__among=Many(texts))
    return ImportLine.objects.filter(whose, state=UNMATCHED)


def _locked(line_ids: Sequence[int]) -> list[ImportLine]:
    """Waiting lines with their files, in order of their ids."""
    wanted = sorted(set(line_ids))
    if not wanted:
        raise NotFound
    lines: list[ImportLine] = []
    for part in parts(wanted):
        rows = ImportLine.objects.select_for_update(of=("self",)).select_related("file")
        lines += rows.filter(pk__among=Many(part)).order_by("pk")
    if len(lines) < len(wanted):
        raise NotFound
    if any(line.state != UNMATCHED for line in lines):
        raise LineNotWaiting
    return lines


def _remember(actor: Actor, lines: Sequence[ImportLine], person_id: int) -> None:
    """Give the rows' number to their person, if it is one number and they have none."""
    numbers = {line.volunteer_number for line in lines}
    if len(numbers) != 1:
        return
    [number] = numbers
    if VOLUNTEER_NUMBER.fullmatch(number):
        give_volunteer_number(actor=actor, person_id=person_id, number=number)


def _judge(
    actor: Actor, partner: Partner, lines: Sequence[ImportLine], *, person_id: int | None = None
) -> list[tuple[int, Decision]]:
    """Judge waiting lines, file by file, write what they became and credit what can be credited."""
    by_file: dict[int, list[ImportLine]] = defaultdict(list)
    for line in lines:
        by_file[line.file_id].append(line)
    at = clock.now()
    found: list[tuple[int, Decision]] = []
    for of_file in by_file.values():
        file, kind = of_file[0].file, FileKind(of_file[0].file.kind)
        rows = [Keyed(_row(file, line), line.row_key, line.occurrence) for line in of_file]
        named = {(row.key, row.occurrence): person_id for row in rows} if person_id is not None else {}
        known = knowledge(actor=actor, partner_id=partner.pk, file=file, rows=rows, named=named)
        people = known_people(named.values())
        judge = Judge(kind, known, named={line: people[pk] for line, pk in named.items()})
        decided = list(zip((line.pk for line in of_file), map(judge.decide, rows), strict=True))
        update_many(ImportLine, [pk for pk, _ in decided], each=outcome([one for _, one in decided], actor, at))
        credit_rows(actor, kind, decided)
        found += decided
    return found


def _row(file: ImportFile, line: ImportLine) -> FileRow:
    """The row as it came, from its line."""
    titles = dict(file.titles)
    hours = next((titles[name] for name in ("verified", "honorary", "hours") if name in titles), "")
    return FileRow(
        sheet=line.sheet,
        row_number=line.row_number,
        name=line.name,
        number=line.volunteer_number,
        minutes=line.minutes,
        title=line.title,
        day=line.day,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        columns={**titles, "hours": hours},
        texts=[line.cells.get(name, "") for name in titles] if line.cells else (),
    )
