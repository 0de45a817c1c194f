"""Checking people in. Locks: the people, then the records; whoever holds a person's row owns their sign-ups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from xinshi.activities.access import require_lead
from xinshi.activities.actions import mark_attended, unmark_attended
from xinshi.activities.domain import SignUpGone
from xinshi.activities.models import SignUp
from xinshi.attendance import access
from xinshi.attendance.domain import (
    WAYS,
    AlreadyCheckedIn,
    NotCheckedIn,
    ShiftAlreadyOver,
    StillCheckedIn,
    check_moment,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person

AT_ONCE_MAX: Final = 5_000


@transaction.atomic
def check_in(
    *, actor: Actor, signup_ids: Sequence[int], at: datetime | None = None, through: str = "leader"
) -> list[int]:
    """Open a service record for each sign-up, all or none; the records' ids in the order given.

    `at` is when they really came (now by default): on the day of the shift, not in the future, before the shift's end.
    """
    assert through in WAYS, "a way of checking in is a code that this room knows"
    assert len(signup_ids) <= AT_ONCE_MAX, f"at most {AT_ONCE_MAX} people at once"
    signups = _locked_signups(signup_ids)
    for signup in signups:
        require_lead(actor, signup.shift.activity.person_in_charge_id)
    moment = at or clock.now()
    known = _records_of_people(signups)
    for signup in signups:
        _require_may_come(signup, moment, known)
    records = _open_records(actor, signups, known, moment, through)
    mark_attended(signup_ids=[signup.pk for signup in signups], at=moment)
    record_many(
        actor=actor,
        action="attendance.check_in",
        objects=[
            (f"service-record:{row.pk}", {"signup": row.signup_id, "through": through, "at": moment.isoformat()})
            for row in records
        ],
    )
    ids = {row.signup_id: row.pk for row in records}
    return [ids[signup_id] for signup_id in signup_ids]


@transaction.atomic
def take_back_check_in(*, actor: Actor, record_id: int) -> None:
    """Undo a check-in that was a mistake; the row stays, withdrawn, and a later check-in opens it again."""
    found = access.workable_by(actor).filter(pk=record_id).first()
    if found is None:
        raise NotFound
    lock_people([found.person_id])
    taken_back = ServiceRecord.objects.filter(pk=record_id, state=ServiceRecord.State.OPEN).update(
        state=ServiceRecord.State.WITHDRAWN
    )
    if not taken_back:
        raise NotCheckedIn
    unmark_attended(signup_ids=[found.signup_id])
    record(actor=actor, action="attendance.take_back_check_in", object_ref=f"service-record:{record_id}")


def lock_people(person_ids: Sequence[int]) -> None:
    """Lock people in order of id; whoever changes their presence waits here."""
    list(_people_for_update().filter(pk__in=set(person_ids)).values_list("pk"))


def _people_for_update() -> QuerySet[Person]:
    return Person.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _locked_signups(signup_ids: Sequence[int]) -> list[SignUp]:
    """The sign-ups with shift, activity and person, their people locked first."""
    wanted = set(signup_ids)
    people = SignUp.objects.filter(pk__in=wanted).values("person_id")
    list(_people_for_update().filter(pk__in=people).values_list("pk"))
    rows = SignUp.objects.filter(pk__in=wanted).select_related("shift__activity", "person").order_by("pk")
    signups = list(rows)
    if len(signups) != len(wanted) or not wanted:
        raise NotFound
    return signups


def _records_of_people(signups: Sequence[SignUp]) -> list[ServiceRecord]:
    """What these people's other records say: those still open, and those of these very sign-ups."""
    rows = ServiceRecord.objects.filter(person_id__in={signup.person_id for signup in signups})
    rows = rows.filter(state=ServiceRecord.State.OPEN) | rows.filter(signup__in=signups)
    return list(rows.select_related("shift__activity"))


def _require_may_come(signup: SignUp, moment: datetime, known: Sequence[ServiceRecord]) -> None:
    shift, name = signup.shift, signup.person.name
    if signup.state != SignUp.State.CONFIRMED:
        raise SignUpGone
    check_moment(moment, shift_day=clock.local_day(shift.starts_at), now=clock.now())
    if moment >= shift.ends_at:
        raise ShiftAlreadyOver
    for other in known:
        if other.person_id != signup.person_id:
            continue
        if other.signup_id == signup.pk and other.state != ServiceRecord.State.WITHDRAWN:
            raise AlreadyCheckedIn(name=name)
        if other.state == ServiceRecord.State.OPEN and other.shift.ends_at > moment:
            raise StillCheckedIn(name=name, title=other.shift.activity.title)


def _open_records(
    actor: Actor, signups: Sequence[SignUp], known: Sequence[ServiceRecord], moment: datetime, through: str
) -> list[ServiceRecord]:
    """New rows, or withdrawn ones opened again."""
    withdrawn = {row.signup_id: row for row in known if row.state == ServiceRecord.State.WITHDRAWN}
    again = [withdrawn[signup.pk] for signup in signups if signup.pk in withdrawn]
    if again:
        ServiceRecord.objects.filter(pk__in=[row.pk for row in again]).update(
            state=ServiceRecord.State.OPEN,
            checked_in_at=moment,
            checked_in_by_ref=actor.reference,
            checked_in_through=through,
        )
    fresh = ServiceRecord.objects.bulk_create(
        [
            ServiceRecord(
                signup=signup,
                person_id=signup.person_id,
                shift=signup.shift,
                hours_kind=signup.shift.activity.hours_kind,
                scheduled_minutes=clock.whole_minutes_between(signup.shift.starts_at, signup.shift.ends_at),
                checked_in_at=moment,
                checked_in_by_ref=actor.reference,
                checked_in_through=through,
            )
            for signup in signups
            if signup.pk not in withdrawn
        ],
        batch_size=2_000,
    )
    return [*again, *fresh]
