"""Checking people in. Locks: the people, then the records; whoever holds a person's row owns their sign-ups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypedDict

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from xinshi.activities.access import require_lead
from xinshi.activities.actions import mark_attended, unmark_attended
from xinshi.activities.domain import SignUpGone
from xinshi.activities.models import SignUp
from xinshi.activities.queries import PERSON_UNSEEN
from xinshi.attendance import access
from xinshi.attendance.actions.submitting import KNOWN_STATES
from xinshi.attendance.domain import (
    WAYS,
    AlreadyCheckedIn,
    NotCheckedIn,
    PresenceOverlaps,
    ShiftAlreadyOver,
    StillCheckedIn,
    check_moment,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.actions import record, record_many
from xinshi.doors.prepared import PreparedRead
from xinshi.doors.rows import insert_objects
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person

AT_ONCE_MAX: Final = 5_000


class _Busy(TypedDict):
    """What the person of a sign-up does at the moment of checking in, besides."""

    still_at: str | None
    served_then: bool


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    BusySignUp = WithAnnotations[SignUp, _Busy]


@transaction.atomic
def check_in(
    *, actor: Actor, signup_ids: Sequence[int], at: datetime | None = None, through: str = "leader"
) -> list[int]:
    """Open a service record for each sign-up, all or none; the records' ids in the order given.

    `at` is when they really came (now by default): on the day of the shift, not in the future, before the shift's end.
    """
    assert through in WAYS, "a way of checking in is a code that this room knows"
    assert len(signup_ids) <= AT_ONCE_MAX, f"at most {AT_ONCE_MAX} people at once"
    now = clock.now()
    moment = at or now
    signups = _locked_signups(signup_ids, moment)
    for signup in signups:
        require_lead(actor, signup.shift.activity.person_in_charge_id)
    for signup in signups:
        _require_may_come(signup, moment, now)
    _require_each_once(signups)
    records = open_records(actor, signups, moment, through)
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
    unmark_attended(signup_ids=[found.own_signup_id])
    record(actor=actor, action="attendance.take_back_check_in", object_ref=f"service-record:{record_id}")


LOCK_ONE: Final = PreparedRead(
    lambda person: (
        Person.objects.select_for_update(no_key=True, of=("self",)).filter(pk=person).order_by("pk").values_list("pk")
    ),
    person=int,
)


def lock_people(person_ids: Collection[int] | QuerySet[Any, Any]) -> None:
    """Lock people in order of id; whoever changes their presence waits here."""
    if isinstance(person_ids, list) and len(person_ids) == 1:
        LOCK_ONE.rows(person=person_ids[0])
        return
    people = Person.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=person_ids)
    list(people.order_by("pk").values_list("pk"))


def _locked_signups(signup_ids: Sequence[int], moment: datetime) -> list[BusySignUp]:
    """The sign-ups with shift, activity, person, record, and what else the person does; their people locked first."""
    wanted = set(signup_ids)
    lock_people(SignUp.objects.filter(pk__in=wanted).values("person_id"))
    others = ServiceRecord.objects.filter(person_id=OuterRef("person_id")).exclude(signup_id=OuterRef("pk"))
    still_open = others.filter(state=ServiceRecord.State.OPEN, shift__ends_at__gt=moment)
    served = others.filter(state__in=KNOWN_STATES, checked_in_at__lte=moment, checked_out_at__gt=moment)
    rows = SignUp.objects.filter(pk__in=wanted).annotate(
        still_at=Subquery(still_open.values("shift__activity__title")[:1]), served_then=Exists(served)
    )
    signups = list(rows.select_related("shift__activity", "person", "record").defer(*PERSON_UNSEEN).order_by("pk"))
    if len(signups) != len(wanted) or not wanted:
        raise NotFound
    return signups


def _require_may_come(signup: BusySignUp, moment: datetime, now: datetime) -> None:
    shift, name = signup.shift, signup.person.name
    if signup.state != SignUp.State.CONFIRMED:
        raise SignUpGone
    known = _record_of(signup)
    if known is not None and known.state != ServiceRecord.State.WITHDRAWN:
        raise AlreadyCheckedIn(name=name)
    check_moment(moment, shift_day=clock.local_day(shift.starts_at), now=now)
    if moment >= shift.ends_at:
        raise ShiftAlreadyOver
    if signup.still_at is not None:
        raise StillCheckedIn(name=name, title=signup.still_at)
    if signup.served_then:
        raise PresenceOverlaps(name=name)


def _require_each_once(signups: Sequence[SignUp]) -> None:
    """Nobody comes to two shifts by one check-in."""
    come: dict[int, SignUp] = {}
    for signup in signups:
        first = come.setdefault(signup.person_id, signup)
        if first is not signup:
            raise StillCheckedIn(name=signup.person.name, title=first.shift.activity.title)


def _record_of(signup: SignUp) -> ServiceRecord | None:
    return getattr(signup, "record", None)


def open_records(actor: Actor, signups: Sequence[SignUp], moment: datetime, through: str) -> list[ServiceRecord]:
    """New rows, or withdrawn ones opened again."""
    again = [row for signup in signups if (row := _record_of(signup)) is not None]
    withdrawn = {row.signup_id for row in again}
    if again:
        ServiceRecord.objects.filter(pk__in=[row.pk for row in again]).update(
            state=ServiceRecord.State.OPEN,
            checked_in_at=moment,
            checked_in_by_ref=actor.reference,
            checked_in_through=through,
            entry_reason="",
        )
    fresh = insert_objects(
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
        ]
    )
    return [*again, *fresh]
