"""Changing the need of many shifts at any hour, and closing shifts, without touching what else the activity says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet

from xinshi.activities.access import require_planner
from xinshi.activities.actions.locking import ATTEMPTS_MAX
from xinshi.activities.domain import (
    PLACES_MAX,
    REASON_LENGTH_MAX,
    ActivityBusy,
    NothingToChange,
    PlacesTaken,
    ReasonMissing,
)
from xinshi.activities.events import SignUpCancelled
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.outbox.actions import publish_many
from xinshi.people.models import Person

SHIFTS_AT_ONCE_MAX: Final = 10_000
BATCH_ROWS: Final = 1_000
LIVE: Final = (SignUp.State.REQUESTED, SignUp.State.WAITING, SignUp.State.OFFERED, SignUp.State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class LostPlace:
    """A sign-up that ended because its shift was closed; `held` where it was a place and not a wait for one."""

    signup_id: int
    shift_id: int
    person_id: int
    held: bool


@transaction.atomic
def resize_shifts(*, actor: Actor, sizes: Mapping[int, tuple[int, int]]) -> list[int]:
    """`(places, minimum)` by shift; a closed shift of a published activity opens again. The ids that changed.

    PlacesTaken where more people have a place already; nobody is told, because nobody's place changes.
    """
    require_planner(actor)
    assert len(sizes) <= SHIFTS_AT_ONCE_MAX, f"at most {SHIFTS_AT_ONCE_MAX} shifts at once"
    rows = _locked(sorted(sizes))
    changed: list[Shift] = []
    for row in rows:
        places, minimum = sizes[row.pk]
        if not 1 <= places <= PLACES_MAX or not 0 <= minimum <= places:
            raise Invalid(field=gettext_noop("Places"), reason=gettext_noop("A shift has between 1 and 5000 places."))
        if row.activity.state not in (Activity.State.DRAFT, Activity.State.PUBLISHED):
            raise NothingToChange
        if places < row.taken:
            raise PlacesTaken(taken=row.taken)
        is_open = row.activity.state == Activity.State.PUBLISHED
        if (row.places, row.minimum, row.is_open) != (places, minimum, is_open):
            row.places, row.minimum, row.is_open = places, minimum, is_open
            changed.append(row)
    Shift.objects.bulk_update(changed, ["places", "minimum", "is_open"], batch_size=BATCH_ROWS)
    record_many(
        actor=actor,
        action="activities.resize_shift",
        objects=[(f"shift:{row.pk}", {"places": row.places, "minimum": row.minimum}) for row in changed],
    )
    return [row.pk for row in changed]


@transaction.atomic
def close_shifts(*, actor: Actor, shift_ids: Sequence[int], reason: str) -> list[LostPlace]:
    """Nobody is needed in these shifts any more: they take nobody, and whoever had not come yet has no place there now.

    Who was checked in keeps their place and their record. The caller tells the people, who may need more than a word.
    """
    require_planner(actor)
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    assert len(shift_ids) <= SHIFTS_AT_ONCE_MAX, f"at most {SHIFTS_AT_ONCE_MAX} shifts at once"
    ids = sorted(set(shift_ids))
    if not ids:
        return []
    _lock_people_then(ids)
    affected = list(_leaving(ids).order_by("pk").values_list("pk", "shift_id", "person_id", "state"))
    lost = [
        LostPlace(pk, shift_id, person_id, state in (SignUp.State.CONFIRMED, SignUp.State.OFFERED))
        for pk, shift_id, person_id, state in affected
    ]
    _leaving(ids).update(
        state=SignUp.State.CANCELLED, cancelled_at=clock.now(), cancelled_by_ref=actor.reference, reason=reason
    )
    _close(ids)
    record_many(
        actor=actor, action="activities.close_shift", objects=[(f"shift:{pk}", {"reason": reason}) for pk in ids]
    )
    publish_many(
        SignUpCancelled(signup_id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id) for place in lost
    )
    return lost


def _leaving(shift_ids: Sequence[int]) -> QuerySet[SignUp]:
    return SignUp.objects.filter(shift_id__in=shift_ids, state__in=LIVE, attended_at=None)


def _close(shift_ids: Sequence[int]) -> None:
    """`taken` is who came; the shifts are locked."""
    came = dict(
        SignUp.objects.filter(shift_id__in=shift_ids, state=SignUp.State.CONFIRMED)
        .values_list("shift_id")
        .annotate(number=Count("pk"))
    )
    Shift.objects.filter(pk__in=shift_ids).update(is_open=False, taken=0)
    for shift_id, number in came.items():
        Shift.objects.filter(pk=shift_id).update(taken=number)


def _lock_people_then(shift_ids: Sequence[int]) -> None:
    """Lock who has or wants a place, then the shifts; whoever came in between makes it begin anew (see `locking`)."""
    for _ in range(ATTEMPTS_MAX):
        savepoint = transaction.savepoint()
        people = Person.objects.select_for_update(no_key=True).filter(pk__in=_people_of(shift_ids)).order_by("pk")
        locked = set(people.values_list("pk", flat=True))
        _locked(shift_ids)
        if set(_people_of(shift_ids)) <= locked:
            transaction.savepoint_commit(savepoint)
            return
        transaction.savepoint_rollback(savepoint)
    raise ActivityBusy


def _locked(shift_ids: Sequence[int]) -> list[Shift]:
    """The shifts, locked in order; NotFound where one is not there."""
    rows = Shift.objects.select_for_update(of=("self",)).filter(pk__in=shift_ids).select_related("activity")
    found = list(rows.order_by("pk"))
    if len(found) != len(shift_ids):
        raise NotFound
    return found


def _people_of(shift_ids: Sequence[int]) -> list[int]:
    rows = SignUp.objects.filter(shift_id__in=shift_ids, state__in=LIVE)
    return list(rows.order_by("person_id").values_list("person_id", flat=True).distinct())


@transaction.atomic
def hand_over(*, actor: Actor, activity_ids: Sequence[int], person_in_charge_id: int) -> int:
    """Somebody else is in charge of these activities from now on, as far as they are not over; returns how many changed."""
    require_planner(actor)
    if not Person.objects.filter(pk=person_in_charge_id, erased_at=None).exists():
        raise NotFound
    rows = Activity.objects.select_for_update(no_key=True).filter(
        pk__in=activity_ids, state__in=[Activity.State.DRAFT, Activity.State.PUBLISHED]
    )
    changed = list(rows.exclude(person_in_charge_id=person_in_charge_id).order_by("pk").values_list("pk", flat=True))
    Activity.objects.filter(pk__in=changed).update(person_in_charge_id=person_in_charge_id)
    record_many(
        actor=actor,
        action="activities.hand_over",
        objects=[(f"activity:{pk}", {"person_in_charge": person_in_charge_id}) for pk in changed],
    )
    return len(changed)
