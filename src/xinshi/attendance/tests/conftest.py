"""One frozen Tuesday on which people serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from xinshi.activities.actions import sign_up_many
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, cast, make_activity
from xinshi.attendance.actions import check_in, check_out, record_many
from xinshi.attendance.domain import NewRecord
from xinshi.attendance.models import Approval, Correction, ServiceRecord
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.models import Deposit
from xinshi.bank.rules import Rules
from xinshi.kernel import clock
from xinshi.ledger.models import Transfer
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent

__all__ = ["cast", "make_activity"]
TUESDAY = date(2026, 3, 3)
MoveTo = Callable[[datetime], None]


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A moment on the Tuesday, or some days after it, by the hospital's clock."""
    return clock.at_local(TUESDAY + timedelta(days=days), time(hour, minute))


@pytest.fixture(autouse=True)
def frozen() -> Iterator[MoveTo]:
    """It is nine o'clock on the Tuesday until a test moves on."""
    with time_machine.travel(at(9), tick=False) as traveller:
        yield traveller.move_to


@dataclass(frozen=True)
class Shift:
    activity_id: int
    shift_id: int
    people: list[int]
    signups: list[int]


@dataclass
class Service:
    """Makes shifts from nine to eleven on the Tuesday and lets people serve in them."""

    cast: Cast
    make: MakeActivity
    move_to: MoveTo

    def shift(self, people: Sequence[int], **activity: object) -> Shift:
        """A shift in which these people have a place."""
        options = {"starts_at": at(9), "places": max(2, len(people))} | activity
        made = self.make(**options)
        signups = sign_up_many(actor=SYSTEM, signups=[(made.shift_ids[0], person) for person in people])
        return Shift(made.activity_id, made.shift_ids[0], list(people), signups)

    def there(self, *people: int, **activity: object) -> tuple[Shift, list[int]]:
        """The shift, and the records of these people, who were checked in at nine and are still there."""
        shift = self.shift(people or [self.cast.volunteer.person_id], **activity)
        return shift, check_in(actor=self.cast.leader.actor, signup_ids=shift.signups)

    def submitted(self, *people: int, **activity: object) -> tuple[Shift, list[int]]:
        """The shift, and the records of these people, who were there from nine to eleven; it is noon now."""
        shift, records = self.there(*people, **activity)
        self.move_to(at(12))
        check_out(actor=self.cast.leader.actor, record_ids=records, at=at(11))
        return shift, records

    def many(self, number: int) -> tuple[Shift, list[int]]:
        """A shift of many, entered in bulk as the leader's list said; it is noon now."""
        people = self.cast.people(number)
        shift = self.shift(people, places=number)
        self.move_to(at(12))
        new = [
            NewRecord(
                shift_id=shift.shift_id,
                person_id=person,
                checked_in_at=at(9),
                checked_out_at=at(11),
                through="leader",
            )
            for person in people
        ]
        return shift, record_many(actor=self.cast.coordinator.actor, records=new)


@pytest.fixture
def service(cast: Cast, make_activity: MakeActivity, frozen: MoveTo) -> Service:
    return Service(cast, make_activity, frozen)


@pytest.fixture
def two_levels(cast: Cast) -> None:
    """From now on the policy wants two people's approval."""
    number = propose_policy(
        actor=SYSTEM,
        rules=Rules(star_thresholds_minutes=(6_000, 18_000, 36_000, 60_000, 90_000), approval_levels=2),
    )
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=TUESDAY)


def written() -> tuple[object, ...]:
    """Everything that an action of this room could have changed."""
    records = ServiceRecord.objects.order_by("pk").values_list(
        "pk", "state", "levels_approved", "checked_in_at", "checked_out_at", "credited_minutes", "deposit_id"
    )
    tables = (Approval, Correction, Deposit, Transfer, AuditEntry, StoredEvent, Message)
    return (list(records), [table.objects.count() for table in tables])


def record_of(pk: int) -> ServiceRecord:
    return ServiceRecord.objects.get(pk=pk)
