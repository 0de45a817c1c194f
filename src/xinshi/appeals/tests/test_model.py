"""Histories that hypothesis invents: asking, adding, answering, escalating, withdrawing, appealing, against a plain model.

After every step each request must be where the model says, the disputed hours held exactly while they are in dispute, and
nobody who had a part may ever have answered; now and then the whole book must reconcile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.activities.tests.conftest import SYSTEM, Somebody
from xinshi.appeals.actions import (
    appeal,
    ask,
    ask_more,
    escalate_overdue,
    give_more,
    grant,
    leave_open,
    refuse,
    withdraw,
)
from xinshi.appeals.domain import (
    AlreadyAsked,
    Asked,
    CorrectionKind,
    Given,
    NewRequest,
    NotAppealable,
    RequestEnded,
    StepNotPossible,
)
from xinshi.appeals.models import CorrectionRequest, RequestPart
from xinshi.appeals.tests.conftest import REASON, TEXT, available, more_staff
from xinshi.attendance.actions import approve, check_in, check_out
from xinshi.attendance.domain import HadPart
from xinshi.attendance.tests.conftest import at
from xinshi.bank.models import Deposit
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.ledger.verification import verify
from xinshi.organizations.models import Organization

RECORDS = 3
FIRST, SECOND = ("coordinator-a", "coordinator-b"), ("administrator-a",)
ENDED = ("granted", "partly", "refused", "withdrawn")


@dataclass
class Known:
    """A request in the plainest possible way; `record` is the index of what it is about."""

    id: int
    record: int
    kind: CorrectionKind
    level: int = 1
    state: str = "open"
    is_appeal: bool = False
    is_appealed: bool = False
    barred: frozenset[str] = frozenset()
    """Who answered the earlier request, so they answer this one not."""


@dataclass
class Model:
    requests: list[Known] = field(default_factory=list)
    minutes: list[int] = field(default_factory=lambda: [120] * RECORDS)
    """What stands of each record in the passbook."""

    def open(self, kind: CorrectionKind, record: int) -> bool:
        return any(one.kind == kind and one.record == record and one.state not in ENDED for one in self.requests)

    def held(self) -> int:
        return sum(
            self.minutes[one.record]
            for one in self.requests
            if one.kind == CorrectionKind.DEPOSIT and one.state not in ENDED
        )


class AppealsMachine(RuleBasedStateMachine):
    """李 served three times; coordinator C checked her in and approved. A and B had no part, one administrator had none."""

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(at(9, days=7), tick=False)
        self.now = self.travel.start()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.volunteer = more_staff("volunteer-m", "李明", Role.VOLUNTEER)
        self.staff = {
            name: more_staff(name, name, Role.COORDINATOR if name.startswith("co") else Role.ADMINISTRATOR)
            for name in (*FIRST, *SECOND, "coordinator-c")
        }
        self.model = Model()
        self.subjects = [self._serve(day) for day in range(RECORDS)]

    def _serve(self, day: int) -> tuple[int, int]:
        """A record of two hours on its own day, and its deposit; led, checked in and approved by coordinator C."""
        judge = self.staff["coordinator-c"]
        department = Organization.objects.get_or_create(
            name="门诊部", defaults={"kind": "department", "created_at": clock.now()}
        )[0]
        made = create_activity(
            actor=SYSTEM,
            activity=NewActivity(
                title=f"导医{day}",
                category="0004",
                place="大厅",
                organizer_id=department.pk,
                person_in_charge_id=judge.person_id,
                shifts=(NewShift(starts_at=at(9, days=day), ends_at=at(11, days=day), places=1),),
                state="finished",
            ),
        )
        (signup,) = sign_up_many(actor=SYSTEM, signups=[(made.shift_ids[0], self.volunteer.person_id)])
        (record,) = check_in(actor=judge.actor, signup_ids=[signup], at=at(9, days=day))
        check_out(actor=judge.actor, record_ids=[record], at=at(11, days=day))
        approve(actor=judge.actor, record_ids=[record])
        return record, Deposit.objects.get(source_ref=f"service-record:{record}").pk

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.travel.stop()

    def _refused(self, refusals: type[DomainError] | tuple[type[DomainError], ...], work: Any) -> None:
        with pytest.raises(refusals), transaction.atomic():
            work()

    def _may(self, who: str, known: Known) -> bool:
        return who in (FIRST if known.level == 1 else SECOND) and who not in known.barred

    @rule(record=st.integers(0, RECORDS - 1), kind=st.sampled_from([CorrectionKind.RECORD, CorrectionKind.DEPOSIT]))
    def ask(self, record: int, kind: CorrectionKind) -> None:
        record_id, deposit_id = self.subjects[record]
        subject_ref = f"service-record:{record_id}" if kind == CorrectionKind.RECORD else f"deposit:{deposit_id}"
        asked = Asked(minutes=60) if kind == CorrectionKind.RECORD else Asked()
        new = NewRequest(kind=kind, subject_ref=subject_ref, text=TEXT, asked=asked)

        def work() -> int:
            return ask(actor=self.volunteer.actor, request=new)

        if kind == CorrectionKind.DEPOSIT and self.model.minutes[record] == 0:
            self._refused(NotFound, work)
        elif self.model.open(kind, record):
            self._refused(AlreadyAsked, work)
        else:
            self.model.requests.append(Known(work(), record, kind))

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), who=st.sampled_from([*FIRST, *SECOND, "coordinator-c", "volunteer"]), ends=st.integers(0, 2))
    def grant(self, data: st.DataObject, who: str, ends: int) -> None:
        known = data.draw(st.sampled_from(self.model.requests))
        if known.kind == CorrectionKind.DEPOSIT:
            given = Given()
        else:
            day = known.record
            given = Given(starts_at=at(9, days=day), ends_at=at(10, 30 * (ends % 2), days=day))
        minutes = 0 if known.kind == CorrectionKind.DEPOSIT else 60 + 30 * (ends % 2)
        other_in_dispute = known.kind == CorrectionKind.RECORD and self.model.open(CorrectionKind.DEPOSIT, known.record)

        def work() -> object:
            return grant(actor=self._actor(who), request_id=known.id, reason=REASON, given=given)

        if not self._answers(who, known, work, "granted"):
            return
        if other_in_dispute:
            return  # Its minutes are set aside, or its deposit is about to change: not this model's business.
        work()
        row = CorrectionRequest.objects.get(pk=known.id)
        if known.kind == CorrectionKind.RECORD:
            known.state = "granted" if minutes == 60 else "partly"
            self.subjects[known.record] = (row.new_record_id, row.new_deposit_id)
            for one in self.model.requests:
                if one.record == known.record and one is not known and one.state in ENDED:
                    one.is_appealed = True  # What it was about stands no more.
        else:
            known.state = "granted"
        known.barred |= {who}
        self.model.minutes[known.record] = minutes

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), who=st.sampled_from([*FIRST, *SECOND, "coordinator-c", "volunteer"]))
    def refuse(self, data: st.DataObject, who: str) -> None:
        known = data.draw(st.sampled_from(self.model.requests))

        def work() -> object:
            return refuse(actor=self._actor(who), request_id=known.id, reason=REASON)

        if self._answers(who, known, work, "refused"):
            work()
            known.state = "refused"
            known.barred |= {who}

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), who=st.sampled_from([*FIRST, *SECOND]), leaves=st.booleans())
    def ask_for_more_or_leave_open(self, data: st.DataObject, who: str, leaves: bool) -> None:
        known = data.draw(st.sampled_from(self.model.requests))

        def work() -> None:
            if leaves:
                leave_open(actor=self._actor(who), request_id=known.id, reason=REASON)
            else:
                ask_more(actor=self._actor(who), request_id=known.id, question=REASON)

        if self._answers(who, known, work, "more_asked"):
            if known.state == "more_asked":
                self._refused(StepNotPossible, work)
                return
            work()
            known.state = known.state if leaves else "more_asked"

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), is_withdrawn=st.booleans())
    def add_or_withdraw(self, data: st.DataObject, is_withdrawn: bool) -> None:
        known = data.draw(st.sampled_from(self.model.requests))

        def work() -> None:
            if is_withdrawn:
                withdraw(actor=self.volunteer.actor, request_id=known.id)
            else:
                give_more(actor=self.volunteer.actor, request_id=known.id, text=TEXT)

        if known.state in ENDED:
            self._refused(RequestEnded, work)
            return
        work()
        known.state = "withdrawn" if is_withdrawn else "open"

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data())
    def appeal(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from(self.model.requests))
        may = known.state in ("refused", "partly") and known.level == 1 and not known.is_appealed

        def work() -> int:
            return appeal(actor=self.volunteer.actor, request_id=known.id, text=TEXT)

        if not may or (known.kind == CorrectionKind.DEPOSIT and self.model.minutes[known.record] == 0):
            self._refused((NotAppealable, AlreadyAsked), work)
            return
        if self.model.open(known.kind, known.record):
            self._refused((AlreadyAsked, NotAppealable), work)
            return
        known.is_appealed = True
        self.model.requests.append(
            Known(work(), known.record, known.kind, level=2, is_appeal=True, barred=known.barred)
        )

    @rule(days=st.integers(0, 30))
    def time_passes(self, days: int) -> None:
        self.now.shift(timedelta(days=days))
        today = clock.today()
        late = [one for one in self.model.requests if one.state == "open" and self._row(one).due_on < today]
        told = [one for one in late if one.level == 2 and self._row(one).overdue_told_at is not None]
        assert escalate_overdue(actor=SYSTEM) == len(late) - len(told)
        for one in late:
            one.level = 2
        assert escalate_overdue(actor=SYSTEM) == 0

    def _row(self, known: Known) -> CorrectionRequest:
        return CorrectionRequest.objects.get(pk=known.id)

    def _actor(self, who: str) -> Any:
        somebody: Somebody = self.volunteer if who == "volunteer" else self.staff[who]
        return somebody.actor

    def _answers(self, who: str, known: Known, work: Any, _what: str) -> bool:
        """True where the step is to be tried; otherwise it was seen to be refused."""
        if known.state in ENDED:  # Whoever answered it hears that it is over, others that they may not.
            self._refused((RequestEnded, HadPart, NotAllowed), work)
            return False
        if not self._may(who, known):
            self._refused((HadPart, NotAllowed), work)
            return False
        return True

    @invariant()
    def requests_are_where_the_model_has_them(self) -> None:
        stored = dict(CorrectionRequest.objects.values_list("pk", "state"))
        assert stored == {one.id: one.state for one in self.model.requests}
        levels = dict(CorrectionRequest.objects.values_list("pk", "level"))
        assert levels == {one.id: one.level for one in self.model.requests}

    @invariant()
    def hours_are_set_aside_while_they_are_in_dispute(self) -> None:
        assert available(self.volunteer.person_id) == sum(self.model.minutes) - self.model.held()

    @invariant()
    def nobody_who_had_a_part_has_answered(self) -> None:
        for row in CorrectionRequest.objects.exclude(decided_by_ref=""):
            parts = set(RequestPart.objects.filter(request=row).values_list("actor_ref", flat=True))
            assert row.decided_by_ref not in parts
            assert f"person:{row.decided_by_person_id}" not in parts

    @rule()
    def everything_reconciles(self) -> None:
        report = verify()
        assert report.ok, report.first_difference


@pytest.mark.django_db
def test_no_history_breaks_a_request() -> None:
    run_state_machine_as_test(
        AppealsMachine,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
