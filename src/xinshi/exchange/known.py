"""What the database knows that matters for a file: people, lines of earlier files, service of the same days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Sum

from xinshi.attendance.queries import segments
from xinshi.bank.models import DepositReversal, Passbook
from xinshi.doors.lookups import Many
from xinshi.exchange.domain import DOCUMENT_MARK, TENTH_MINUTES, FileRow, KnownTime, plain_name, plain_text
from xinshi.exchange.judging import Keyed, Knowledge, KnownPerson
from xinshi.exchange.models import UNTIMED, HonoraryExportLine, ImportFile, ImportLine, PulledVolunteer
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_bounds
from xinshi.kernel.codes import HoursKind
from xinshi.people.domain import ZHIYUANHUI
from xinshi.people.models import Consent, Person

T = TypeVar("T")
LOOKUP_SIZE = 5_000
TIME_LOOKUPS_MAX = 12
"""So many spans of days at most are looked at for the rows of a portion: fewer would load much that nobody asks for."""
MARGIN = timedelta(days=1)
SUMS_MIN = 2
SOURCE_PREFIX = "exchange-line:"
TAKEN = ("credited", "held_back", "discarded", "already_known")
"""States of lines whose row means that the service is known."""


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """`values` in pieces that one statement can name."""
    rest = list(values)
    for start in range(0, len(rest), LOOKUP_SIZE):
        yield rest[start : start + LOOKUP_SIZE]


def knowledge(
    *,
    actor: Actor,
    partner_id: int,
    file: ImportFile | None,
    rows: Sequence[Keyed],
    named: Mapping[tuple[str, int], int] | None = None,
    is_first_run: bool = False,
) -> Knowledge:
    """Everything that the judge of these rows has to know, by a fixed number of statements per 2,000 rows.

    `named`: person ids that somebody said for rows, by key and occurrence. `is_first_run`: no line of these rows can stand
    in the file already.
    """
    named = named or {}
    numbers = {keyed.row.number for keyed in rows if keyed.row.number}
    tokens = {number for number in numbers if number.startswith(DOCUMENT_MARK)}
    people = _people_by_number(numbers - tokens) | _people_by_document(partner_id, tokens)
    by_name = _people_by_name({keyed.row.name for keyed in rows if not keyed.row.number and keyed.row.name})
    timed = [(_person_of(keyed, people, by_name, named), keyed.row) for keyed in rows if keyed.row.day is not None]
    undated = {keyed.key for keyed in rows if not keyed.row.is_timed}
    undated_rows = [keyed for keyed in rows if keyed.row.day is None]
    involved = {person.id for person in (*people.values(), *by_name.values())} | set(named.values())
    return Knowledge(
        people=people,
        by_name=by_name,
        earlier={} if is_first_run else _earlier(file, rows),
        elsewhere=_elsewhere(partner_id, file, undated.union(*(keyed.untimed for keyed in rows if keyed.untimed))),
        repeated=_repeated(file, {keyed.key for keyed in rows if keyed.occurrence}),
        sent=_sent(partner_id, involved) if undated else frozenset(),
        other_way=_other_way(partner_id, involved) if undated else frozenset(),
        sums=_sums(partner_id, [(_person_of(one, people, by_name, named), one.row.minutes) for one in undated_rows]),
        summed=_summed(partner_id, timed),
        time=_known_time(partner_id, [(person_id, row) for person_id, row in timed if person_id]),
        actor_person_id=actor.person_id,
        now=clock.now().astimezone(clock.HOSPITAL_ZONE),  # As the rows' times are: compared without converting each.
    )


def known_people(person_ids: Iterable[int]) -> dict[int, KnownPerson]:
    """These people as a judge knows them, whatever their number is."""
    found: dict[int, KnownPerson] = {}
    for part in parts(sorted(set(person_ids))):
        rows = list(
            Person.objects.filter(pk__among=Many(part), erased_at=None, merged_into=None).values_list("id", "name")
        )
        refusals = _refusals(pk for pk, _ in rows)
        found |= {pk: KnownPerson(pk, name, refusals.get(pk, "")) for pk, name in rows}
    return found


def _person_of(
    keyed: Keyed,
    people: Mapping[str, KnownPerson],
    by_name: Mapping[str, KnownPerson],
    named: Mapping[tuple[str, int], int],
) -> int | None:
    if (person_id := named.get((keyed.key, keyed.occurrence))) is not None:
        return person_id
    row = keyed.row
    known = people.get(row.number) if row.number else by_name.get(plain_name(row.name))
    return known.id if known else None


def withdrawn_consents(person_ids: Iterable[int]) -> set[int]:
    """Those who took their consent to the exchange with 志愿汇 back and have not given it anew.

    To bring hours here nobody needs to have said more than that they serve: nothing leaves the house.
    """
    found: set[int] = set()
    for part in parts(sorted(set(person_ids))):
        rows = Consent.objects.filter(person_id__among=Many(part), purpose=ZHIYUANHUI)
        consents = list(rows.values_list("person_id", "withdrawn_at"))
        found |= {person_id for person_id, _ in consents} - {pk for pk, withdrawn in consents if withdrawn is None}
    return found


def _people_by_number(numbers: set[str]) -> dict[str, KnownPerson]:
    found: list[tuple[int, str, str]] = []
    for part in parts(sorted(numbers)):
        rows = Person.objects.filter(volunteer_number__among=Many(part), erased_at=None)
        found += [(pk, name, str(number)) for pk, name, number in rows.values_list("id", "name", "volunteer_number")]
    refusals = _refusals(pk for pk, _, _ in found)
    return {number: KnownPerson(pk, name, refusals.get(pk, "")) for pk, name, number in found}


def _people_by_document(partner_id: int, tokens: set[str]) -> dict[str, KnownPerson]:
    """Whom blind indexes of identity numbers mean: by the archive's own number, else by what the partner said of it."""
    found: dict[str, tuple[int, str]] = {}
    for part in parts(sorted(token.removeprefix(DOCUMENT_MARK) for token in tokens)):
        said = PulledVolunteer.objects.filter(partner_id=partner_id, id_index__in=part).select_related(
            "person__merged_into"
        )
        for one in said:
            person = one.person.merged_into or one.person
            if person.erased_at is None:
                found[one.id_index] = (person.pk, person.name)
        own = Person.objects.filter(id_index__in=part, erased_at=None, merged_into=None)
        for own_index, pk, name in own.values_list("id_index", "pk", "name"):
            found[str(own_index)] = (pk, name)
    refusals = _refusals(pk for pk, _ in found.values())
    return {
        f"{DOCUMENT_MARK}{index}": KnownPerson(pk, name, refusals.get(pk, "")) for index, (pk, name) in found.items()
    }


def _people_by_name(names: set[str]) -> dict[str, KnownPerson]:
    found: list[tuple[int, str]] = []
    for part in parts(sorted(names)):
        found += Person.objects.filter(name__among=Many(part), erased_at=None).values_list("id", "name")
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
    states: dict[int, str] = {}
    for part in parts(sorted(wanted)):
        states |= dict(Passbook.objects.filter(person_id__among=Many(part)).values_list("person_id", "state"))
    withdrawn = withdrawn_consents(wanted)
    found: dict[int, str] = {}
    for pk in wanted:
        if pk not in states:
            found[pk] = "passbook_missing"
        elif states[pk] != Passbook.State.ACTIVE:
            found[pk] = "passbook_not_active"
        elif pk in withdrawn:
            found[pk] = "consent_withdrawn"
    return found


def _earlier(file: ImportFile | None, rows: Sequence[Keyed]) -> dict[tuple[str, int], str]:
    """Lines of these rows that an earlier run of the same file left."""
    found: dict[tuple[str, int], str] = {}
    if file is None:
        return found
    for part in parts(sorted({keyed.key for keyed in rows})):
        lines = file.lines.filter(row_key__among=Many(part)).values_list("row_key", "occurrence", "state")
        found |= {(key, place): state for key, place, state in lines}
    return found


def _repeated(file: ImportFile | None, keys: set[str]) -> frozenset[str]:
    """Which of these keys stand further up in the file, in a row that was taken."""
    found: set[str] = set()
    if file is None:
        return frozenset()
    for part in parts(sorted(keys)):
        taken = file.lines.filter(row_key__among=Many(part), state__in=TAKEN)
        found |= set(taken.values_list("row_key", flat=True))
    return frozenset(found)


def _elsewhere(partner_id: int, file: ImportFile | None, keys: set[str]) -> frozenset[str]:
    """Which of these rows without a place in time another file brought already."""
    lines = ImportLine.objects.filter(
        UNTIMED, file__partner_id=partner_id, state__in=["credited", "held_back", "discarded"]
    )
    if file is not None:
        lines = lines.exclude(file=file)
    found: set[str] = set()
    for part in parts(sorted(keys)):
        found |= set(lines.filter(row_key__among=Many(part)).values_list("row_key", flat=True))
    return frozenset(found)


def _sent(partner_id: int, person_ids: set[int]) -> frozenset[tuple[int, int, str]]:
    """What files that went out say of these people: such a row coming back is no service of its own."""
    found: set[tuple[int, int, str]] = set()
    for part in parts(sorted(person_ids)):
        lines = HonoraryExportLine.objects.filter(
            export__partner_id=partner_id, person_id__among=Many(part), tenths__gt=0
        )
        rows = lines.values_list("person_id", "tenths", "reason")
        found |= {(person_id, tenths * TENTH_MINUTES, plain_text(reason)) for person_id, tenths, reason in rows}
    return frozenset(found)


def _other_way(partner_id: int, person_ids: set[int]) -> frozenset[tuple[int, int, bool]]:
    """Honorary hours of these people that came before, by what tells rows of the interface from those of files: a day."""
    found: set[tuple[int, int, bool]] = set()
    for part in parts(sorted(person_ids)):
        lines = ImportLine.objects.filter(
            file__partner_id=partner_id,
            person_id__in=part,
            hours_kind=HoursKind.HONORARY.value,
            state__in=["credited", "held_back"],
        )
        rows = lines.values_list("person_id", "minutes", "day")
        found |= {(pk, minutes, day is not None) for pk, minutes, day in rows if pk is not None}
    return frozenset(found)


def _sums(partner_id: int, rows: Sequence[tuple[int | None, int | None]]) -> frozenset[tuple[int, int]]:
    """(person, minutes) of rows without a day that are sums of services in earlier files; none where they agree by chance.

    A sum is that of one file, of a month of it, or of all files together. Somebody's hours may equal their sum by chance;
    most people's, two at least, do only where these rows are sums.
    """
    summed: Counter[tuple[int, int | None, str]] = Counter()
    for part in parts(sorted({pk for pk, _ in rows if pk})):
        lines = ImportLine.objects.filter(
            file__partner_id=partner_id,
            person_id__in=part,
            hours_kind=HoursKind.VERIFIED.value,
            day__isnull=False,
            state__in=["credited", "held_back"],
        )
        days = lines.values_list("person_id", "file_id", "day").annotate(total=Sum("minutes")).order_by()
        for pk, file_id, day, minutes in days:
            if pk is None or day is None:
                continue
            month = f"{day:%Y-%m}"
            for of in ((file_id, ""), (file_id, month), (None, month), (None, "")):
                summed[pk, *of] += minutes
    known = {(pk, minutes) for (pk, _, _), minutes in summed.items()}
    people = {pk for pk, _ in known}
    asked = [(pk, minutes) for pk, minutes in rows if pk in people]
    found = frozenset((pk, minutes) for pk, minutes in asked if pk and minutes and (pk, minutes) in known)
    return found if len(found) >= SUMS_MIN and len(found) * 2 > len(asked) else frozenset()


def _summed(partner_id: int, rows: Sequence[tuple[int | None, FileRow]]) -> frozenset[int]:
    """People whose services among these rows add up to what a summary without days brought before; none by chance."""
    totals: Counter[int] = Counter()
    for pk, row in rows:
        if pk and row.is_timed:
            totals[pk] += row.minutes or 0
    brought: defaultdict[int, set[int]] = defaultdict(set)
    for part in parts(sorted(totals)):
        lines = ImportLine.objects.filter(
            UNTIMED,
            file__partner_id=partner_id,
            person_id__in=part,
            hours_kind=HoursKind.VERIFIED.value,
            day=None,
            state__in=["credited", "held_back"],
        )
        for pk, minutes in lines.values_list("person_id", "minutes"):
            if pk is not None:
                brought[pk].add(minutes)
    found = frozenset(pk for pk, minutes in brought.items() if totals[pk] in minutes)
    return found if len(found) >= SUMS_MIN and len(found) * 2 > len(brought) else frozenset()


def _known_time(partner_id: int, rows: Sequence[tuple[int, FileRow]]) -> KnownTime:
    """Service known of these people around the days of their rows: presence here, and the partner's earlier files."""
    known = KnownTime()
    for first, last, person_ids in _spans(rows):
        since, until = day_bounds(first)[0], day_bounds(last)[1]
        for part in parts(sorted(person_ids)):
            for segment in segments(part, since - MARGIN, until + MARGIN):
                known.occupy(segment.person_id, segment.starts_at, segment.ends_at)
            _add_lines(known, partner_id, part, since, until)
    return known


def _spans(rows: Sequence[tuple[int, FileRow]]) -> Iterator[tuple[date, date, set[int]]]:
    """The rows' days in a few spans: first day, last day, whose rows fall into it."""
    by_day: dict[date, set[int]] = defaultdict(set)
    for person_id, row in rows:
        assert row.day is not None
        by_day[row.day].add(person_id)
    days = sorted(by_day)
    size = -(-len(days) // TIME_LOOKUPS_MAX) or 1
    for start in range(0, len(days), size):
        span = days[start : start + size]
        yield span[0], span[-1], set().union(*(by_day[day] for day in span))


def _add_lines(known: KnownTime, partner_id: int, person_ids: list[int], since: datetime, until: datetime) -> None:
    """Segments of earlier lines; one whose deposit was taken back is remembered, but its time is free again.

    Every line in these states was found to lie on one day, so that no line of another day is looked for.
    """
    lines = ImportLine.objects.filter(
        person_id__among=Many(person_ids),
        file__partner_id=partner_id,
        state__in=["credited", "held_back", "discarded"],
        starts_at__gte=since,
        starts_at__lt=until,
        ends_at__isnull=False,
    )
    found = list(lines.values_list("pk", "person_id", "starts_at", "ends_at", "minutes", "state"))
    taken_back = _taken_back(person_ids) if found else set()
    for pk, person_id, start, end, minutes, state in found:
        assert start is not None
        assert end is not None
        known.remember(person_id, start, end, minutes)
        if state == ImportLine.State.CREDITED and pk not in taken_back:
            known.occupy(person_id, start, end)


def _taken_back(person_ids: list[int]) -> set[int]:
    """Lines of these people whose deposit was reversed."""
    rows = DepositReversal.objects.filter(
        deposit__passbook__person_id__among=Many(person_ids), deposit__source_ref__startswith=SOURCE_PREFIX
    )
    sources = rows.values_list("deposit__source_ref", flat=True)
    return {int(source.removeprefix(SOURCE_PREFIX)) for source in sources}
