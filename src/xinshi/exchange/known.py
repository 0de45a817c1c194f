"""What the database knows that matters for a file: people, lines of earlier files, service of the same days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from xinshi.attendance.queries import segments
from xinshi.bank.models import DepositReversal, Passbook
from xinshi.bank.queries import passbooks_by_person
from xinshi.exchange.domain import TENTH_MINUTES, FileRow, KnownTime, plain_name, plain_text
from xinshi.exchange.judging import Keyed, Knowledge, KnownPerson
from xinshi.exchange.models import HonoraryExportLine, ImportFile, ImportLine
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_bounds
from xinshi.people.domain import ZHIYUANHUI
from xinshi.people.models import Consent, Person

T = TypeVar("T")
LOOKUP_SIZE = 500
MARGIN = timedelta(days=1)
SOURCE_PREFIX = "exchange-line:"


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in pieces that one statement can name."""
    rest = list(values)
    for start in range(0, len(rest), LOOKUP_SIZE):
        yield rest[start : start + LOOKUP_SIZE]


def knowledge(*, actor: Actor, partner_id: int, file: ImportFile | None, rows: Sequence[Keyed]) -> Knowledge:
    """Everything that the judge of these rows has to know, by a fixed number of statements per 500 rows."""
    people = _people_by_number({keyed.row.number for keyed in rows if keyed.row.number})
    by_name = _people_by_name({keyed.row.name for keyed in rows if not keyed.row.number and keyed.row.name})
    timed = [keyed.row for keyed in rows if keyed.row.day is not None]
    involved = {person.id for person in (*people.values(), *by_name.values())}
    return Knowledge(
        people=people,
        by_name=by_name,
        earlier=_earlier(file),
        elsewhere=_elsewhere(partner_id, file, {keyed.key for keyed in rows if not keyed.row.is_timed}),
        sent=_sent(partner_id, involved),
        time=_known_time(partner_id, involved, timed) if timed else KnownTime(),
        actor_person_id=actor.person_id,
        now=clock.now(),
    )


def withdrawn_consents(person_ids: Iterable[int]) -> set[int]:
    """Those who took their consent to the exchange with 志愿汇 back and have not given it anew.

    To bring hours here nobody needs to have said more than that they serve: nothing leaves the house.
    """
    found: set[int] = set()
    for part in parts(sorted(set(person_ids))):
        rows = Consent.objects.filter(person_id__in=part, purpose=ZHIYUANHUI)
        consents = list(rows.values_list("person_id", "withdrawn_at"))
        found |= {person_id for person_id, _ in consents} - {pk for pk, withdrawn in consents if withdrawn is None}
    return found


def _people_by_number(numbers: set[str]) -> dict[str, KnownPerson]:
    found: list[tuple[int, str, str]] = []
    for part in parts(sorted(numbers)):
        rows = Person.objects.filter(volunteer_number__in=part, erased_at=None)
        found += [(pk, name, str(number)) for pk, name, number in rows.values_list("id", "name", "volunteer_number")]
    refusals = _refusals(pk for pk, _, _ in found)
    return {number: KnownPerson(pk, name, refusals.get(pk, "")) for pk, name, number in found}


def _people_by_name(names: set[str]) -> dict[str, KnownPerson]:
    found: list[tuple[int, str]] = []
    for part in parts(sorted(names)):
        found += Person.objects.filter(name__in=part, erased_at=None).values_list("id", "name")
    count = Counter(plain_name(name) for _, name in found)
    refusals = _refusals(pk for pk, _ in found)
    return {
        plain: KnownPerson(pk, name, refusals.get(pk, ""))
        for pk, name in found
        if count[plain := plain_name(name)] == 1
    }


def _refusals(person_ids: Iterable[int]) -> dict[int, str]:
    """Why hours cannot be deposited for these people: {person id: code}; who may have them is left out."""
    wanted = set(person_ids)
    cards = passbooks_by_person(wanted)
    withdrawn = withdrawn_consents(wanted)
    found: dict[int, str] = {}
    for pk in wanted:
        if pk not in cards:
            found[pk] = "passbook_missing"
        elif cards[pk].state != Passbook.State.ACTIVE:
            found[pk] = "passbook_not_active"
        elif pk in withdrawn:
            found[pk] = "consent_withdrawn"
    return found


def _earlier(file: ImportFile | None) -> dict[tuple[str, int], str]:
    if file is None:
        return {}
    return {(key, place): state for key, place, state in file.lines.values_list("row_key", "occurrence", "state")}


def _elsewhere(partner_id: int, file: ImportFile | None, keys: set[str]) -> frozenset[str]:
    """Which of these rows another file brought already."""
    lines = ImportLine.objects.filter(file__partner_id=partner_id, state__in=["credited", "held_back", "discarded"])
    if file is not None:
        lines = lines.exclude(file=file)
    found: set[str] = set()
    for part in parts(sorted(keys)):
        found |= set(lines.filter(row_key__in=part).values_list("row_key", flat=True))
    return frozenset(found)


def _sent(partner_id: int, person_ids: set[int]) -> frozenset[tuple[int, int, str]]:
    """What files that went out say of these people: such a row coming back is no service of its own."""
    found: set[tuple[int, int, str]] = set()
    for part in parts(sorted(person_ids)):
        lines = HonoraryExportLine.objects.filter(export__partner_id=partner_id, person_id__in=part, tenths__gt=0)
        rows = lines.values_list("person_id", "tenths", "reason")
        found |= {(person_id, tenths * TENTH_MINUTES, plain_text(reason)) for person_id, tenths, reason in rows}
    return frozenset(found)


def _known_time(partner_id: int, person_ids: set[int], rows: Sequence[FileRow]) -> KnownTime:
    """Service known of these people around the days of `rows`, from presence here and from the partner's earlier files."""
    known = KnownTime()
    days = [row.day for row in rows if row.day is not None]
    since, until = day_bounds(min(days))[0] - MARGIN, day_bounds(max(days))[1] + MARGIN
    for part in parts(sorted(person_ids)):
        for segment in segments(part, since, until):
            known.occupy(segment.person_id, segment.starts_at, segment.ends_at)
        _add_lines(known, partner_id, part, since, until)
    return known


def _add_lines(known: KnownTime, partner_id: int, person_ids: list[int], since: datetime, until: datetime) -> None:
    """Segments of earlier lines; one whose deposit was taken back is remembered, but its time is free again."""
    lines = ImportLine.objects.filter(
        person_id__in=person_ids,
        file__partner_id=partner_id,
        state__in=["credited", "held_back", "discarded"],
        starts_at__gte=since,
        starts_at__lt=until,
        ends_at__isnull=False,
    )
    taken_back = _taken_back(person_ids)
    for pk, person_id, start, end, minutes, state in lines.values_list(
        "pk", "person_id", "starts_at", "ends_at", "minutes", "state"
    ):
        assert start is not None
        assert end is not None
        known.remember(person_id, start, end, minutes)
        if state == ImportLine.State.CREDITED and pk not in taken_back:
            known.occupy(person_id, start, end)


def _taken_back(person_ids: list[int]) -> set[int]:
    """Lines of these people whose deposit was reversed."""
    rows = DepositReversal.objects.filter(
        deposit__passbook__person_id__in=person_ids, deposit__source_ref__startswith=SOURCE_PREFIX
    )
    sources = rows.values_list("deposit__source_ref", flat=True)
    return {int(source.removeprefix(SOURCE_PREFIX)) for source in sources}
