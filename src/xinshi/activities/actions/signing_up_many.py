"""Writing down places that many people have already: a fixed number of statements, whatever their number.

For what is known and not to be decided any more: service entered afterwards, the demo hospital, measurements. Whether
somebody may take a place is not asked here (`sign_up` and `offer_places` do that); that nobody is in two places, that no
shift is overfull and that everybody has an active passbook is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from xinshi.activities import access
from xinshi.activities.domain import (
    ActivityNotOpen,
    AlreadySignedUp,
    PassbookMissing,
    PassbookNotActive,
    ShiftFull,
    TimeConflict,
    overlapping_pairs,
)
from xinshi.activities.events import SignedUp
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record_many
from xinshi.bank.queries import passbooks_by_person
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.outbox.actions import publish_many
from xinshi.people.models import Person

SIGN_UPS_MAX: Final = 20_000
BATCH_ROWS: Final = 2_000
TAKES_SIGN_UPS: Final = frozenset({Activity.State.PUBLISHED, Activity.State.FINISHED})


@transaction.atomic
def sign_up_many(*, actor: Actor, signups: Sequence[tuple[int, int]]) -> list[int]:
    """All of `(shift_id, person_id)` or none; the sign-ups' ids in the order given.

    Planners only. Eligibility is not asked: callers write down what is known, such as who served on a day that is past.
    """
    access.require_planner(actor)
    assert len(signups) <= SIGN_UPS_MAX, f"at most {SIGN_UPS_MAX} sign-ups at once"
    if not signups:
        return []
    at = clock.now()
    shifts = _lock({person for _shift, person in signups}, {shift for shift, _person in signups})
    _require_passbooks({person for _shift, person in signups})
    _require_free_times(signups, shifts)
    rows = SignUp.objects.bulk_create(
        [
            SignUp(shift_id=shift_id, person_id=person_id, signed_up_at=at, signed_up_by_ref=actor.reference)
            for shift_id, person_id in signups
        ],
        batch_size=BATCH_ROWS,
    )
    _count_taken(list(shifts))
    record_many(
        actor=actor,
        action="activities.sign_up",
        objects=[(f"signup:{row.pk}", {"shift": row.shift_id, "person": row.person_id}) for row in rows],
    )
    publish_many(
        SignedUp(signup_id=row.pk, shift_id=row.shift_id, person_id=row.person_id)
        for row in rows
        if shifts[row.shift_id].ends_at > at
    )
    return [row.pk for row in rows]


def _lock(person_ids: set[int], shift_ids: set[int]) -> dict[int, Shift]:
    """Lock people, then shifts, each in order; NotFound for what is not there."""
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=person_ids, erased_at=None).order_by("pk")
    if len(people.values_list("pk", flat=True)) != len(person_ids):
        raise NotFound
    locked = Shift.objects.select_for_update().filter(pk__in=shift_ids).order_by("pk")
    shifts = {shift.pk: shift for shift in locked}
    if len(shifts) != len(shift_ids):
        raise NotFound
    # Asked only now: whoever called an activity off held its shifts until then.
    activities = Activity.objects.filter(pk__in={shift.activity_id for shift in shifts.values()})
    if activities.exclude(state__in=TAKES_SIGN_UPS).exists():
        raise ActivityNotOpen
    return shifts


def _require_passbooks(person_ids: set[int]) -> None:
    passbooks = passbooks_by_person(list(person_ids))
    if len(passbooks) != len(person_ids):
        raise PassbookMissing
    if any(passbook.state != "active" for passbook in passbooks.values()):
        raise PassbookNotActive


def _require_free_times(signups: Sequence[tuple[int, int]], shifts: dict[int, Shift]) -> None:
    """Nobody twice in a shift, nobody in two shifts at once, no shift overfull."""
    wanted = set(signups)
    if len(wanted) != len(signups):
        raise AlreadySignedUp
    known = SignUp.objects.filter(
        state__in=["confirmed", "offered"],
        person_id__in={person for _shift, person in signups},
        shift__starts_at__lt=max(shift.ends_at for shift in shifts.values()),
        shift__ends_at__gt=min(shift.starts_at for shift in shifts.values()),
    ).values_list("shift_id", "person_id", "shift__starts_at", "shift__ends_at")
    times: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    for shift_id, person_id, starts_at, ends_at in known:
        if (shift_id, person_id) in wanted:
            raise AlreadySignedUp
        times[person_id].append((shift_id, starts_at, ends_at))
    new_places: dict[int, int] = defaultdict(int)
    for shift_id, person_id in signups:
        shift = shifts[shift_id]
        times[person_id].append((shift_id, shift.starts_at, shift.ends_at))
        new_places[shift_id] += 1
    for stretches in times.values():
        late = overlapping_pairs(stretches)
        if late:
            raise TimeConflict(title=Shift.objects.get(pk=min(late)).activity.title)
    if any(shift.taken + new_places[shift.pk] > shift.places for shift in shifts.values()):
        raise ShiftFull


def _count_taken(shift_ids: list[int]) -> None:
    """`taken` anew from the confirmed sign-ups; the shifts are locked."""
    confirmed = (
        SignUp.objects.filter(shift_id=OuterRef("pk"), state=SignUp.State.CONFIRMED)
        .order_by()
        .values("shift_id")
        .annotate(number=Count("pk"))
        .values("number")
    )
    Shift.objects.filter(pk__in=shift_ids).update(taken=Coalesce(Subquery(confirmed, output_field=IntegerField()), 0))
