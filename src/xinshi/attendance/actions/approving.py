"""Approving service records: one transaction decides, deposits, and tells, set-based for thousands of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from xinshi.activities.access import is_planner, leads
from xinshi.activities.queries import led_activity
from xinshi.attendance import access
from xinshi.attendance.anomalies.queries import open_among
from xinshi.attendance.domain import RECORDS_MAX, Case, Decided, Judge, LeftOut, NothingChosen, judgement
from xinshi.attendance.events import RecordApproved
from xinshi.attendance.models import Approval, ServiceRecord
from xinshi.attendance.presence import too_short
from xinshi.audit.actions import record_many
from xinshi.bank.actions import DepositResult, NewDeposit, deposit_many
from xinshi.bank.queries import passbooks_by_person, policy_in_force, timeline
from xinshi.bank.timeline import Timeline
from xinshi.doors.rows import insert_many, update_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish_many

APPROVED = gettext_noop("Your service in “%(title)s” was approved: %(hours)s hours are in your passbook.")
APPROVED_IN_NOTICE = gettext_noop(
    "Your service in “%(title)s” was approved: %(hours)s hours are in your passbook. "
    "They are in public notice until %(day)s and can be spent afterwards."
)
APPROVED_OTHERWISE = gettext_noop(
    "Your service in “%(title)s” was approved: %(certified)s hours are certified and count for your stars. "
    "By the bank's rules %(hours)s hours can be spent; your passbook says why."
)


@dataclass(slots=True)
class _Sorted:
    """The records asked for: those to deposit now, those that got their first yes, those left as they are."""

    deposit: list[ServiceRecord] = field(default_factory=list)
    advance: list[ServiceRecord] = field(default_factory=list)
    left_out: dict[int, LeftOut] = field(default_factory=dict)


@transaction.atomic
def approve(*, actor: Actor, record_ids: Sequence[int]) -> Decided:
    """Approve what the actor may, deposit its hours, and say of the rest why it was left out.

    Calling it again approves and deposits nothing twice. NotFound where the actor may see none of the records.
    """
    wanted = set(record_ids)
    if not wanted:
        raise NothingChosen
    assert len(wanted) <= RECORDS_MAX, f"at most {RECORDS_MAX} records at once"
    rows = _locked(actor, wanted)
    if not rows:
        raise NotFound
    policies = timeline()
    levels = policies.on(clock.today()).approval_levels
    firsts = _first_approvers(rows)
    plan = _sort(actor, rows, policies, firsts)
    plan.left_out |= dict.fromkeys(wanted.difference(row.pk for row in rows), LeftOut.NOT_FOUND)
    at = clock.now()
    _note_approvals(actor, plan, firsts, at)
    results = deposit_many(actor=actor, deposits=[_deposit(row) for row in plan.deposit])
    _mark_approved(actor, plan.deposit, results, levels, at)
    _audit(actor, plan)
    _tell(plan.deposit, results)
    return Decided(
        done=len(plan.deposit),
        minutes=sum(result.minutes for result in results),
        advanced=len(plan.advance),
        left_out=plan.left_out,
    )


@transaction.atomic
def approve_activity(*, actor: Actor, activity_id: int) -> Decided:
    """Approve everything of one activity that waits for the actor; nothing done where nothing waits any more."""
    led_activity(actor, activity_id)
    waiting = access.waiting_for(actor, policy_in_force().approval_levels).filter(shift__activity_id=activity_id)
    record_ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:RECORDS_MAX])
    return approve(actor=actor, record_ids=record_ids) if record_ids else Decided(done=0)


def approve_settled(*, actor: Actor, rows: Sequence[ServiceRecord]) -> list[DepositResult]:
    """Approve submitted records that an independent decision made, at once and whatever the policy's levels; see `settling`.

    The rows are locked, or new in this transaction, with shift, activity and organiser.
    """
    levels, at = policy_in_force().approval_levels, clock.now()
    plan = _Sorted(deposit=list(rows))
    _note_approvals(actor, plan, {}, at)
    results = deposit_many(actor=actor, deposits=[_deposit(row) for row in rows])
    _mark_approved(actor, rows, results, levels, at)
    _audit(actor, plan)
    _tell(rows, results)
    return results


def _locked(actor: Actor, wanted: set[int]) -> list[ServiceRecord]:
    rows = access.workable_by(actor).filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
    # Many records share few shifts: these are read once, not once more with every record.
    return list(rows.prefetch_related("shift__activity__organizer"))


def _sort(actor: Actor, rows: Sequence[ServiceRecord], policies: Timeline, firsts: Mapping[int, str]) -> _Sorted:
    plan = _Sorted()
    levels = policies.on(clock.today()).approval_levels
    passbooks = passbooks_by_person(list({row.person_id for row in rows}))
    odd = open_among(row.pk for row in rows)
    judge = Judge(
        reference=actor.reference,
        person_id=actor.person_id,
        is_planner=is_planner(actor),
        is_system=actor.is_system,
        levels=levels,
    )
    for row in rows:
        assert leads(actor, row.shift.activity.person_in_charge_id), "only workable records are loaded"
        reason = judgement(case_of(row, firsts, policies), judge)
        passbook = passbooks.get(row.person_id)
        is_last = levels == 1 or row.levels_approved == levels - 1
        if reason is not None:
            plan.left_out[row.pk] = reason
        elif passbook is None or passbook.state != "active":
            plan.left_out[row.pk] = LeftOut.PASSBOOK
        elif row.pk in odd:
            plan.left_out[row.pk] = LeftOut.ANOMALY
        elif is_last:
            plan.deposit.append(row)
        else:
            plan.advance.append(row)
    return plan


def case_of(row: ServiceRecord, firsts: Mapping[int, str], policies: Timeline) -> Case:
    """A record as `judgement` wants to see it; the least presence is that of the policy on the day of service."""
    return Case(
        state=row.state,
        person_id=row.person_id,
        person_in_charge_id=row.shift.activity.person_in_charge_id,
        levels_approved=row.levels_approved,
        first_approver_ref=firsts.get(row.pk, ""),
        is_too_short=too_short(row, policies),
    )


def _first_approvers(rows: Sequence[ServiceRecord]) -> dict[int, str]:
    """Who said the first yes to the present submission, by record, of those that have one."""
    submissions = {row.pk: row.submission for row in rows if row.levels_approved}
    if not submissions:
        return {}
    approvals = Approval.objects.filter(record_id__in=submissions, level=1)
    found = approvals.values_list("record_id", "submission", "approved_by_ref")
    return {pk: reference for pk, submission, reference in found if submissions[pk] == submission}


def _note_approvals(actor: Actor, plan: _Sorted, firsts: Mapping[int, str], at: datetime) -> None:
    """One yes per record; a first yes moves its record on to the second person.

    Where a new policy wants one yes only, and it is the same person's who gave the first, that one stands.
    """
    if plan.advance:
        ServiceRecord.objects.filter(pk__in=[row.pk for row in plan.advance]).update(levels_approved=1)
    said = [row for row in (*plan.advance, *plan.deposit) if firsts.get(row.pk) != actor.reference]
    insert_many(
        Approval,
        each={
            "record_id": [row.pk for row in said],
            "submission": [row.submission for row in said],
            "level": [row.levels_approved + 1 for row in said],
        },
        same={
            "approved_at": at,
            "approved_by_ref": actor.reference,
            "approved_by_person_id": actor.person_id,
        },
    )


def _deposit(row: ServiceRecord) -> NewDeposit:
    activity = row.shift.activity
    assert row.credited_minutes is not None, "a submitted record has its minutes"
    return NewDeposit(
        person_id=row.person_id,
        kind=HoursKind(row.hours_kind),
        category=activity.category,
        title=activity.title,
        organizer=activity.organizer.name,
        raw_minutes=row.credited_minutes,
        worked_on=clock.local_day(row.checked_in_at),
        source_ref=f"service-record:{row.pk}",
        activity_ref=f"activity:{activity.pk}",
    )


def _mark_approved(
    actor: Actor, rows: Sequence[ServiceRecord], results: Sequence[DepositResult], levels: int, at: datetime
) -> None:
    update_many(
        ServiceRecord,
        [row.pk for row in rows],
        each={"deposit_id": [result.deposit_id for result in results]},
        same={
            "state": ServiceRecord.State.APPROVED.value,
            "levels_approved": levels,
            "decided_at": at,
            "decided_by_ref": actor.reference,
            "decided_by_person_id": actor.person_id,
        },
    )


def _audit(actor: Actor, plan: _Sorted) -> None:
    objects = [(f"service-record:{row.pk}", {"credited_minutes": row.credited_minutes}) for row in plan.deposit]
    record_many(actor=actor, action="attendance.approve", objects=objects)
    firsts: list[tuple[str, dict[str, object]]] = [(f"service-record:{row.pk}", {"level": 1}) for row in plan.advance]
    record_many(actor=actor, action="attendance.approve_first", objects=firsts)


def _tell(rows: Sequence[ServiceRecord], results: Sequence[DepositResult]) -> None:
    publish_many(
        RecordApproved(
            record_id=row.pk,
            person_id=row.person_id,
            activity_id=row.shift.activity_id,
            deposit_id=result.deposit_id,
            minutes=result.minutes,
        )
        for row, result in zip(rows, results, strict=True)
    )
    send_many(_approved_message(row, result) for row, result in zip(rows, results, strict=True))


def _approved_message(row: ServiceRecord, result: DepositResult) -> NewMessage:
    """What the volunteer reads; it says so where the policy credits other hours, or sets them aside for public notice."""
    parameters = {"title": row.shift.activity.title, "hours": hours_figure(result.minutes)}
    text = APPROVED
    if result.minutes != row.credited_minutes or result.donation_minutes:
        text = APPROVED_OTHERWISE
        parameters |= {
            "certified": hours_figure(row.credited_minutes or 0),
            "hours": hours_figure(result.minutes - result.donation_minutes),
        }
    elif result.notice_until is not None:
        text = APPROVED_IN_NOTICE
        parameters["day"] = result.notice_until.isoformat()
    return NewMessage(
        recipient_ref=f"person:{row.person_id}",
        text=text,
        parameters=parameters,
        object_ref=f"service-record:{row.pk}",
        key=f"service-record:{row.pk}:approved",
    )
