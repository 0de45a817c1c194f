"""What becomes of a page's rows: hours are judged and credited exactly as a file's rows are; people and teams are noted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from xinshi.exchange.actions.portions import ROW_CONTEXT, write_decisions
from xinshi.exchange.domain import DOCUMENT_MARK, RowState, canonical_row
from xinshi.exchange.judging import Judge, keyed_rows
from xinshi.exchange.known import knowledge
from xinshi.exchange.models import ImportFile, Partner, PulledDepartment, PulledVolunteer
from xinshi.exchange.pulling.domain import COLUMNS, DEPARTMENT, KINDS, VOLUNTEER, row_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.domain import VOLUNTEER_NUMBER
from xinshi.people.models import Person, id_index
from xinshi.vault.cipher import blind_index

Rows = Sequence[Mapping[str, str]]
WAITING: Final = (RowState.HELD_BACK, RowState.UNMATCHED)
ID_SIGNS_MAX: Final = 32


def take_rows(*, actor: Actor, partner: Partner, resource: str, day: date, rows: Rows) -> Counter[str]:
    """Take a page's rows in; figures by state, with `minutes` credited. The caller holds the partner locked."""
    if resource == DEPARTMENT:
        return _note_departments(partner, rows)
    if resource == VOLUNTEER:
        return _note_volunteers(partner, rows)
    return _take_hours(actor, partner, resource, day, rows)


def document_token(idcard: str) -> str:
    """What stands for an identity number from here on: its blind index; empty for none and for one that is starred out."""
    signs = "".join(idcard.split())
    if not signs or "*" in signs or len(signs) > ID_SIGNS_MAX:
        return ""
    return f"{DOCUMENT_MARK}{id_index(signs)}"


def _take_hours(actor: Actor, partner: Partner, resource: str, day: date, rows: Rows) -> Counter[str]:
    kind = KINDS[resource]
    file = _file(actor, partner, resource, day)
    read = [
        row_of(found, resource=resource, row_number=number, who=document_token(found.get("idcard", "")))
        for number, found in enumerate(rows, start=file.row_count + 1)
    ]
    keyed = keyed_rows((row, blind_index(canonical_row(row, kind), context=ROW_CONTEXT)) for row in read)
    judge = Judge(kind, knowledge(actor=actor, partner_id=partner.pk, file=file, rows=keyed))
    decisions = [judge.decide(one) for one in keyed]
    write_decisions(actor, file, kind, decisions)
    file.row_count = file.lines.count()
    file.save(update_fields=["row_count"])
    found = Counter(decision.state.value for decision in decisions)
    found["minutes"] = sum(one.row.minutes or 0 for one in decisions if one.state is RowState.CREDITED)
    return found


def _file(actor: Actor, partner: Partner, resource: str, day: date) -> ImportFile:
    """What a resource said of a day, as one file that grows page by page."""
    at = clock.now()
    content_hash = hashlib.sha256(f"pull/{resource}/{day:%Y%m%d}".encode()).hexdigest()
    file, is_new = ImportFile.objects.get_or_create(
        partner=partner,
        content_hash=content_hash,
        defaults={
            "kind": KINDS[resource].value,
            "file_name": f"{resource}-{day:%Y%m%d}",
            "row_count": 0,
            "titles": [[field, name] for field, name in COLUMNS.items() if field != "number"],
            "first_imported_at": at,
            "first_imported_by_ref": actor.reference,
            "last_imported_at": at,
        },
    )
    if not is_new:
        file.runs += 1
        file.last_imported_at = at
        file.save(update_fields=["runs", "last_imported_at"])
    return file


def _note_departments(partner: Partner, rows: Rows) -> Counter[str]:
    """Teams by their codes; the personal data of their administrators are passed over."""
    at = clock.now()
    noted = 0
    for found in rows:
        code, name = found.get("code", "")[:64], found.get("name", "")[:200]
        if not code or not name:
            continue
        values = {"name": name, "parent_code": found.get("parentCode", "")[:64], "seen_at": at}
        PulledDepartment.objects.update_or_create(partner=partner, code=code, defaults=values)
        noted += 1
    return Counter(noted=noted)


def _note_volunteers(partner: Partner, rows: Rows) -> Counter[str]:
    """Which volunteer number goes with which document, for people of the archive; everybody else is passed over."""
    pairs: dict[str, str] = {}
    for found in rows:
        token, number = document_token(found.get("idcard", "")), found.get("vcode", "")
        if token and VOLUNTEER_NUMBER.fullmatch(number):
            pairs[token.removeprefix(DOCUMENT_MARK)] = number
    by_index, by_number = {}, {}
    people = Person.objects.filter(erased_at=None, merged_into=None)
    for pk, index in people.filter(id_index__in=list(pairs)).values_list("pk", "id_index"):
        by_index[str(index)] = pk
    for pk, number_ in people.filter(volunteer_number__in=list(pairs.values())).values_list("pk", "volunteer_number"):
        by_number[str(number_)] = pk
    at, noted = clock.now(), 0
    for index, number in pairs.items():
        known = {pk for pk in (by_index.get(index), by_number.get(number)) if pk is not None}
        if len(known) != 1:
            continue  # Nobody of ours, or two of ours: then nothing is concluded.
        values = {"person_id": known.pop(), "volunteer_number": number, "seen_at": at}
        PulledVolunteer.objects.update_or_create(partner=partner, id_index=index, defaults=values)
        noted += 1
    return Counter(noted=noted)
