"""Comparing what 志愿汇 says it has with what was sent, and ending each difference by a decision with its reason."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Max, Sum

from xinshi.audit.actions import record, record_many
from xinshi.doors.lookups import Many
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.importing import understood
from xinshi.exchange.domain import TENTH_MINUTES, VOLUNTEER_NUMBER, ZHIYUANHUI, FileKind, canonical_row
from xinshi.exchange.known import parts
from xinshi.exchange.models import (
    HonoraryExport,
    HonoraryExportLine,
    Partner,
    ReturnedDifference,
    ReturnedFile,
)
from xinshi.exchange.returning.comparing import Difference, Side, compared
from xinshi.exchange.zhiyuanhui.reading import ReadFile
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.people.models import Person

REASON_LENGTH_MAX: Final = 300
BATCH_ROWS: Final = 1_000
Decision = ReturnedDifference.Decision
REPLACED_BECAUSE: Final = "后来又对了一次账"


class DifferenceDecided(DomainError):
    code = "difference_decided"
    message = gettext_noop("Somebody has decided on one of these differences already. Load the list again.")


class OwnDifference(DomainError):
    code = "own_difference"
    message = gettext_noop("Nobody decides on their own hours. Ask another coordinator.")


class VerifiedHoursCameBack(DomainError):
    code = "verified_hours_came_back"
    message = gettext_noop(
        "The column “%(title)s” has verified hours, but what went to 志愿汇 are honorary ones. Save a copy that has only "
        "the honorary hours, and compare that."
    )
    status = 422


class NothingWasSent(DomainError):
    code = "nothing_was_sent"
    message = gettext_noop("No file went to 志愿汇 yet, so there is nothing to compare with.")


@transaction.atomic
def compare_returned(*, actor: Actor, data: bytes, file_name: str, export_id: int | None = None) -> int:
    """Compare a file of 志愿汇 with one export, or with everything that was sent; returns the comparison's id.

    Open differences of an earlier comparison with the same are replaced; what was decided on the same figures stays
    decided. NothingWasSent, NotFound, VerifiedHoursCameBack, and the refusals of reading.
    """
    require_keeper(actor)
    read = understood(data, file_name)
    if read.kind is not FileKind.HONORARY and (title := read.titles.get("verified")):
        raise VerifiedHoursCameBack(title=title)
    partner = Partner.objects.select_for_update().get(code=ZHIYUANHUI)
    exports = HonoraryExport.objects.filter(partner=partner)
    export = exports.filter(pk=export_id).first() if export_id is not None else None
    if export_id is not None and export is None:
        raise NotFound
    if not exports.exists():
        raise NothingWasSent
    there, unreadable, content_hash = _there(read)
    found = compared(_here(partner, export), there)
    row = ReturnedFile.objects.create(
        partner=partner,
        export=export,
        content_hash=content_hash,
        file_name=file_name.replace("\0", "")[-200:],
        rows=read.row_count,
        unreadable_rows=unreadable,
        matched_people=found.matched_people,
        matched_minutes=found.matched_minutes,
        compared_at=clock.now(),
        compared_by_ref=actor.reference,
    )
    _note_differences(actor, row, found.differences)
    figures = {"matched": found.matched_people, "differences": len(found.differences)}
    record(actor=actor, action="exchange.compare_returned", object_ref=f"exchange-returned:{row.pk}", **figures)
    return row.pk


@transaction.atomic
def decide_differences(*, actor: Actor, difference_ids: Sequence[int], decision: str, reason: str) -> int:
    """End differences by one decision and say why; returns how many. Nobody decides on their own."""
    require_keeper(actor)
    if decision not in Decision.values or decision == Decision.REPLACED:
        raise Invalid(field="decision", reason=gettext_noop("Choose what is right."))
    if not reason.strip():
        raise Invalid(field="reason", reason=gettext_noop("Say why, so that others can follow it later."))
    wanted = sorted(set(difference_ids))
    rows = list(ReturnedDifference.objects.select_for_update().filter(pk__among=Many(wanted)).order_by("pk"))
    if not wanted or len(rows) < len(wanted):
        raise NotFound
    if any(row.decision for row in rows):
        raise DifferenceDecided
    if any(row.person_id is not None and row.person_id == actor.person_id for row in rows):
        raise OwnDifference
    ReturnedDifference.objects.filter(pk__among=Many(wanted)).update(
        decision=decision,
        reason=reason.strip()[:REASON_LENGTH_MAX],
        decided_at=clock.now(),
        decided_by_ref=actor.reference,
    )
    record_many(
        actor=actor,
        action="exchange.decide_difference",
        objects=[
            (f"exchange-difference:{row.pk}", {"decision": decision, "minutes": row.here_minutes - row.there_minutes})
            for row in rows
        ],
    )
    return len(rows)


def _there(read: ReadFile) -> tuple[dict[str, Side], int, str]:
    """What their file says by number; rows that cannot be read or have no number are counted apart."""
    minutes: dict[str, int] = defaultdict(int)
    names: dict[str, str] = {}
    unreadable = 0
    digest = hashlib.sha256()
    for rows in read.portions():
        for row in rows:
            digest.update(canonical_row(row, read.kind).encode() + b"\n")
            if row.fault or row.minutes is None or not VOLUNTEER_NUMBER.fullmatch(row.number):
                unreadable += 1
                continue
            minutes[row.number] += row.minutes
            names.setdefault(row.number, row.name)
    return {number: Side(names[number], total) for number, total in minutes.items()}, unreadable, digest.hexdigest()


def _here(partner: Partner, export: HonoraryExport | None) -> dict[str, Side]:
    """What was sent, by number."""
    lines = HonoraryExportLine.objects.filter(export__partner=partner)
    if export is not None:
        lines = lines.filter(export=export)
    rows = lines.order_by().values_list("volunteer_number").annotate(Max("name"), Sum("tenths"))
    return {number: Side(name, tenths * TENTH_MINUTES) for number, name, tenths in rows}


def _note_differences(actor: Actor, file: ReturnedFile, differences: Sequence[Difference]) -> None:
    at = clock.now()
    earlier = ReturnedDifference.objects.filter(file__partner_id=file.partner_id, file__export_id=file.export_id)
    decided = {
        (row.volunteer_number, row.here_minutes, row.there_minutes): row
        for row in earlier.exclude(decision="").exclude(decision=Decision.REPLACED).order_by("pk")
    }
    earlier.filter(decision="").update(
        decision=Decision.REPLACED, reason=REPLACED_BECAUSE, decided_at=at, decided_by_ref=actor.reference
    )
    people = _people([one.number for one in differences])
    rows = []
    for one in differences:
        before = decided.get((one.number, one.here_minutes, one.there_minutes))
        rows.append(
            ReturnedDifference(
                file=file,
                kind=one.kind,
                volunteer_number=one.number,
                name=one.name[:64],
                person_id=people.get(one.number),
                here_minutes=one.here_minutes,
                there_minutes=one.there_minutes,
                decision=before.decision if before else "",
                reason=before.reason if before else "",
                decided_at=before.decided_at if before else None,
                decided_by_ref=before.decided_by_ref if before else "",
            )
        )
    ReturnedDifference.objects.bulk_create(rows, batch_size=BATCH_ROWS)


def _people(numbers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts(sorted(set(numbers))):
        rows = Person.objects.filter(volunteer_number__among=Many(part)).values_list("volunteer_number", "pk")
        found |= {str(number): pk for number, pk in rows}
    return found
