"""Looking at submitted records, set-based; and deciding about what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from xinshi.attendance import access
from xinshi.attendance.actions.checking_in import lock_people
from xinshi.attendance.actions.submitting import KNOWN_STATES
from xinshi.attendance.anomalies.domain import (
    EXACT_IN_A_ROW,
    SELF_SERVICE,
    AnomalyDecided,
    Look,
    Neighbour,
    NoteMissing,
    OwnAnomaly,
    Seen,
    exact_run,
    findings,
    is_exact,
)
from xinshi.attendance.anomalies.models import Anomaly, Examined
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.domain import CLOSED_BY_RULE, REASON_LENGTH_MAX
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.sites.domain import Position, wgs84
from xinshi.attendance.sites.models import ActivitySite
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound

AT_ONCE: Final = 1_000
ROUNDS_MAX: Final = 20
AROUND: Final = timedelta(hours=12)


def examine_all(*, actor: Actor) -> int:
    """Look at every record that nobody has looked at yet; how many were."""
    total = 0
    for _ in range(ROUNDS_MAX):
        done = examine(actor=actor)
        total += done
        if done < AT_ONCE:
            break
    return total


@transaction.atomic
def examine(*, actor: Actor) -> int:
    """Look at up to AT_ONCE records that wait for approval and were not looked at since they were submitted.

    A fixed number of queries. Looking twice finds nothing twice.
    """
    if not actor.is_system:
        raise NotAllowed
    fresh = Q(examined=None) | Q(examined__submission__lt=F("submission"))
    rows = list(
        ServiceRecord.objects.filter(fresh, state=ServiceRecord.State.SUBMITTED)
        .select_related("shift")
        .order_by("pk")[:AT_ONCE]
    )
    if not rows:
        return 0
    now = clock.now()
    found = [(row, findings(look)) for row, look in zip(rows, _looks(rows), strict=True)]
    Anomaly.objects.bulk_create(
        [
            Anomaly(
                record=row,
                submission=row.submission,
                person_id=row.person_id,
                kind=kind,
                detail=detail,
                found_at=now,
            )
            for row, odd in found
            for kind, detail in odd.items()
        ],
        ignore_conflicts=True,
    )
    Examined.objects.bulk_create(
        [Examined(record=row, submission=row.submission, examined_at=now) for row in rows],
        update_conflicts=True,
        unique_fields=["record"],
        update_fields=["submission", "examined_at"],
    )
    record_many(
        actor=actor,
        action="attendance.find_anomaly",
        objects=[(f"service-record:{row.pk}", {"kinds": sorted(odd)}) for row, odd in found if odd],
    )
    return len(rows)


def _looks(rows: Sequence[ServiceRecord]) -> list[Look]:
    places = _places()
    seen, neighbours, runs = _seen(rows), _neighbours(rows, places), _exact_runs(rows)
    looks = []
    for row in rows:
        assert row.checked_out_at is not None, "a submitted record has both times"
        assert row.submitted_at is not None, "a submitted record says when"
        looks.append(
            Look(
                record_id=row.pk,
                activity_id=row.shift.activity_id,
                stretch=(row.checked_in_at, row.checked_out_at),
                shift=(row.shift.starts_at, row.shift.ends_at),
                through=(row.checked_in_through, row.checked_out_through),
                submitted_at=row.submitted_at,
                seen=seen[row.pk],
                place=places.get(row.shift.activity_id),
                neighbours=[one for one in neighbours[row.person_id] if one.record_id != row.pk and _near(row, one)],
                exact_in_a_row=runs.get(row.pk, 0),
            )
        )
    return looks


def _near(row: ServiceRecord, other: Neighbour) -> bool:
    return other.stretch[0] < row.checked_in_at + 2 * AROUND and other.stretch[1] > row.checked_in_at - AROUND


def _places() -> dict[int, Position]:
    """The activities that are held at a site on the map, by id, in WGS-84."""
    rows = ActivitySite.objects.values_list("activity_id", "site__latitude", "site__longitude", "site__datum")
    return {pk: wgs84(float(lat), float(lon), datum=datum) for pk, lat, lon, datum in rows}


def _seen(rows: Sequence[ServiceRecord]) -> defaultdict[int, list[Seen]]:
    traces = list(
        Trace.objects.filter(record_id__in=[row.pk for row in rows]).select_related("shift").order_by("at", "pk")
    )
    devices = {trace.device for trace in traces if trace.device}
    counted = Trace.objects.filter(device__in=devices).order_by().values_list("device")
    people: dict[str, int] = dict(counted.annotate(n=Count("person_id", distinct=True))) if devices else {}
    found: defaultdict[int, list[Seen]] = defaultdict(list)
    for trace in traces:
        found[trace.record_id].append(
            Seen(
                event=trace.event,
                way=trace.way,
                at=trace.at,
                place=trace.place,
                hectometres=trace.distance_hectometres,
                activity_id=trace.shift.activity_id,
                people_on_device=people.get(trace.device, 0),
            )
        )
    return found


def _neighbours(rows: Sequence[ServiceRecord], places: Mapping[int, Position]) -> defaultdict[int, list[Neighbour]]:
    """Known presence of the same people around these records at sites on the map."""
    found: defaultdict[int, list[Neighbour]] = defaultdict(list)
    if not places:
        return found
    known = ServiceRecord.objects.filter(
        person_id__in={row.person_id for row in rows},
        state__in=KNOWN_STATES,
        checked_in_at__gt=min(row.checked_in_at for row in rows) - 2 * AROUND,
        checked_in_at__lt=max(row.checked_in_at for row in rows) + 2 * AROUND,
        shift__activity__presence_site__isnull=False,
    ).values_list("pk", "person_id", "checked_in_at", "checked_out_at", "shift__activity_id")
    for pk, person_id, start, end, activity_id in known:
        if end is not None:
            found[person_id].append(Neighbour(record_id=pk, stretch=(start, end), place=places[activity_id]))
    return found


def _exact_runs(rows: Sequence[ServiceRecord]) -> dict[int, int]:
    """For the newest record of each person by self-service: how many of the latest were exact to the minute in a row."""
    place = Window(RowNumber(), partition_by=F("person_id"), order_by=["-checked_in_at", "-pk"])
    latest = (
        ServiceRecord.objects.filter(
            person_id__in={row.person_id for row in rows},
            state__in=KNOWN_STATES,
            checked_in_through__in=SELF_SERVICE,
            checked_out_through__in=SELF_SERVICE,
        )
        .annotate(place=place)
        .filter(place__lte=EXACT_IN_A_ROW)
        .order_by("person_id", "place")
        .values_list("person_id", "pk", "checked_in_at", "checked_out_at", "shift__starts_at", "shift__ends_at")
    )
    flags: defaultdict[int, list[bool]] = defaultdict(list)
    newest: dict[int, int] = {}
    for person_id, pk, start, end, shift_start, shift_end in latest:
        assert end is not None, "known presence has both times"
        newest.setdefault(person_id, pk)
        flags[person_id].append(is_exact((start, end), (shift_start, shift_end)))
    return {pk: exact_run(flags[person_id]) for person_id, pk in newest.items()}


@transaction.atomic
def review(*, actor: Actor, anomaly_id: int, accepts: bool, note: str) -> None:
    """Decide about something odd: accept it, so that the record can be approved, or uphold it, so that it cannot be.

    Who leads, or a planner; never the volunteer. Who accepts a check-out that a rule made vouches for it: the hours are of
    the activity's kind again.
    """
    note = note.strip()[:REASON_LENGTH_MAX]
    seen = Anomaly.objects.filter(pk=anomaly_id, record__in=access.workable_by(actor)).first()
    if seen is None:
        raise NotFound
    if actor.person_id == seen.person_id:
        raise OwnAnomaly
    if not note:
        raise NoteMissing
    lock_people([seen.person_id])
    decided = Anomaly.objects.filter(pk=anomaly_id, state=Anomaly.State.OPEN).update(
        state=Anomaly.State.ACCEPTED if accepts else Anomaly.State.UPHELD,
        decided_at=clock.now(),
        decided_by_ref=actor.reference,
        decided_by_person_id=actor.person_id,
        note=note,
    )
    if not decided:
        raise AnomalyDecided
    if accepts and seen.kind == Anomaly.Kind.CLOSED_BY_RULE:
        _vouch(actor, seen)
    record(
        actor=actor,
        action="attendance.review_anomaly",
        object_ref=f"service-record:{seen.record_id}",
        kind=seen.kind,
        accepts=accepts,
    )


def _vouch(actor: Actor, seen: Anomaly) -> None:
    row = ServiceRecord.objects.select_related("shift__activity").get(pk=seen.record_id)
    if row.state != ServiceRecord.State.SUBMITTED or row.submission != seen.submission:
        return
    if row.checked_out_through != CLOSED_BY_RULE or row.checked_in_through == "entered":
        return
    ServiceRecord.objects.filter(pk=row.pk).update(
        hours_kind=row.shift.activity.hours_kind,
        checked_out_through=ServiceRecord.Through.LEADER,
        checked_out_by_ref=actor.reference,
    )
