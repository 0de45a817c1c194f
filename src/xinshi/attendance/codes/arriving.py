"""Coming and going by a code, whatever way the code came.

One read without a lock answers who changes nothing: the same code again, a question, a refusal. Who comes for the first time
is written by one statement where the database can (`coming`). Everybody else goes the long way, one transaction: lock the
person, read again, write the record, the sign-up or the check against overlap, the trace, the audit line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from xinshi.activities.access import require_lead
from xinshi.activities.actions import mark_attended
from xinshi.activities.models import SignUp
from xinshi.archive.models import QualificationKind
from xinshi.attendance.actions.checking_in import lock_people, open_records
from xinshi.attendance.actions.submitting import SUBMITTED_FIELDS, require_no_overlap, submit
from xinshi.attendance.certificates import missing_certificates
from xinshi.attendance.closing.domain import DEFAULTS
from xinshi.attendance.codes.coming import come, comes_in_one_statement
from xinshi.attendance.codes.domain import (
    CertificateMissing,
    CheckInTakenBack,
    Choice,
    NoShiftHere,
    Outcome,
    Standing,
    decide,
)
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.nearby import Near, places, question
from xinshi.attendance.domain import PresenceOverlaps, StillCheckedIn
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.sites.domain import NOT_ASKED, OutsidePlace, PlaceUnknown, Position, Verdict, judge, wgs84
from xinshi.audit.actions import record as audit
from xinshi.doors.rows import insert_objects
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

BLOCKED = gettext_noop(
    "%(name)s wanted to check in at “%(title)s” and could not: “%(kind)s” is missing or has run out. "
    "Look at the certificate, and check them in by your list."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That somebody is at a place at `moment`. `activity_id` or `shift_id`: whose code it was; none of them at a kiosk."""

    person_id: int
    code_key: str
    way: Trace.Way
    moment: datetime
    activity_id: int | None = None
    shift_id: int | None = None
    signup_id: int | None = None
    choice: Choice = Choice.BY_STATE
    device: str = ""
    position: Position | None = None
    asks_position: bool = True
    """Whether the person's own phone could have been asked where it is; a kiosk's place is known."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of a claim. `at` is the moment that counts; `refusal` is set where it was refused and that is kept."""

    outcome: Outcome
    signup: SignUp
    at: datetime
    record_id: int | None = None
    credited_minutes: int | None = None
    was_known: bool = False
    refusal: DomainError | None = field(default=None)


@dataclass(frozen=True, slots=True)
class _Decided:
    """Coming or going is to be written, by what was read."""

    outcome: Outcome
    one: Near
    verdict: Verdict


def arrive(*, actor: Actor, claim: Claim, near: list[Near] | None = None) -> Arrival:
    """Check the person in or out, as their state or their choice says; ASK changes nothing.

    The caller has judged the code. The actor is the person, the kiosk, or who leads (NotFound otherwise). What was refused
    and must be remembered is returned, not raised. `near`: the person's places, where the caller read them just now.
    """
    found = _decided(actor, claim, near)
    if isinstance(found, Arrival):
        return found
    if found.outcome is Outcome.IN:
        arrival = _come_at_once(actor, found, claim)
        if arrival is not None:
            return arrival
    return _arrive_under_lock(actor, claim)


@transaction.atomic
def _arrive_under_lock(actor: Actor, claim: Claim) -> Arrival:
    lock_people([claim.person_id])
    found = _decided(actor, claim)
    if isinstance(found, Arrival):
        return found
    if found.outcome is Outcome.OUT:
        return _out(actor, found.one, claim, found.verdict)
    return _in(actor, found.one, claim, found.verdict)


def _decided(actor: Actor, claim: Claim, near: list[Near] | None = None) -> Arrival | _Decided:
    """What is to be written, or the answer where nothing is; raises refusals that leave nothing behind."""
    near = _near(claim) if near is None else near
    if not near:
        raise NoShiftHere
    if claim.way == Trace.Way.OWN_CODE:
        require_lead(actor, near[0].shift.activity.person_in_charge_id)
    elif claim.way != Trace.Way.KIOSK and actor.person_id != claim.person_id:
        raise NotFound
    used = next((one for one in near if one.used_for), None)
    if used is not None:
        return _known_already(used)
    early_minutes = near[0].early_minutes
    early = timedelta(minutes=DEFAULTS.early_minutes if early_minutes is None else early_minutes)
    step = decide([_standing(one) for one in near], claim.moment, early=early, choice=claim.choice)
    chosen = next(one for one in near if one.signup.pk == step.signup_id)
    if step.is_done:
        return _known_already(chosen)
    if step.outcome is Outcome.ASK:
        open_record = chosen.record.pk if chosen.record is not None else None
        return Arrival(Outcome.ASK, chosen.signup, claim.moment, open_record)
    return _Decided(step.outcome, chosen, _place(chosen, claim))


def _come_at_once(actor: Actor, found: _Decided, claim: Claim) -> Arrival | None:
    """A first check-in that nothing speaks against, without a transaction around it; None for any other.

    Where something changed since the look, mostly the phone sent twice and the other one was quicker by a moment: another
    look says so, and costs less than the long way.
    """
    one = found.one
    if one.record is not None or one.still_record is not None or one.served_then or _missing_certificate(one.signup):
        return None
    record_id = come(
        actor,
        one.signup,
        moment=claim.moment,
        way=claim.way,
        code_key=claim.code_key,
        device=claim.device,
        verdict=found.verdict,
    )
    if record_id is not None:
        return Arrival(Outcome.IN, one.signup, claim.moment, record_id)
    again = _decided(actor, claim) if comes_in_one_statement() else found
    return again if isinstance(again, Arrival) else None


def _near(claim: Claim) -> list[Near]:
    asked = question(
        moment=claim.moment,
        code_key=claim.code_key,
        activity_id=claim.activity_id,
        shift_id=claim.shift_id,
        signup_id=claim.signup_id,
    )
    return places(asked.about(claim.person_id).ask(), claim.moment)


def _standing(one: Near) -> Standing:
    record = one.record
    state = "done"
    if record is None or record.state == ServiceRecord.State.WITHDRAWN:
        state = "expected"
    elif record.state == ServiceRecord.State.OPEN:
        state = "open"
    return Standing(
        signup_id=one.signup.pk,
        starts_at=one.shift.starts_at,
        ends_at=one.shift.ends_at,
        state=state,
        came_at=record.checked_in_at if record is not None else None,
    )


def _known_already(one: Near) -> Arrival:
    """The code served this person before, or they came just now: what was done then."""
    record, signup = one.record, one.signup
    if record is None or one.used_for == Trace.Event.ELSEWHERE:
        refusal = _still_elsewhere(one)
        return Arrival(Outcome.REFUSED, signup, clock.now(), was_known=True, refusal=refusal)
    if record.state == ServiceRecord.State.WITHDRAWN:
        return Arrival(Outcome.REFUSED, signup, clock.now(), was_known=True, refusal=CheckInTakenBack())
    outcome = Outcome.OUT if one.used_for == Trace.Event.OUT else Outcome.IN
    at = record.checked_out_at if outcome is Outcome.OUT and record.checked_out_at else record.checked_in_at
    return Arrival(outcome, signup, at, record.pk, record.credited_minutes, was_known=True)


def _still_elsewhere(one: Near) -> StillCheckedIn:
    """By name of the place where they are; they may have gone from there since the code was refused."""
    title = (
        ServiceRecord.objects.filter(pk=one.still_record or 0).values_list("shift__activity__title", flat=True).first()
    )
    return StillCheckedIn(name=one.signup.person.name, title=title or "")


def _in(actor: Actor, one: Near, claim: Claim, verdict: Verdict) -> Arrival:
    signup = one.signup
    if one.still_record is not None:
        refusal = _still_elsewhere(one)
        _leave_trace(signup, one.still_record, claim, Trace.Event.ELSEWHERE, verdict)
        return Arrival(Outcome.REFUSED, signup, claim.moment, refusal=refusal)
    if one.served_then:
        raise PresenceOverlaps(name=signup.person.name)
    missing = _missing_certificate(signup)
    if missing:
        _tell_leader(signup, missing)
        return Arrival(Outcome.REFUSED, signup, claim.moment, refusal=CertificateMissing(kind=missing))
    (row,) = open_records(actor, [signup], claim.moment, claim.way.value)
    mark_attended(signup_ids=[signup.pk], at=claim.moment)
    _leave_trace(signup, row.pk, claim, Trace.Event.IN, verdict)
    audit(
        actor=actor,
        action="attendance.check_in",
        object_ref=f"service-record:{row.pk}",
        signup=signup.pk,
        through=claim.way.value,
        at=claim.moment.isoformat(),
    )
    return Arrival(Outcome.IN, signup, claim.moment, row.pk)


def _out(actor: Actor, one: Near, claim: Claim, verdict: Verdict) -> Arrival:
    signup, row = one.signup, one.record
    assert row is not None, "who goes was there"
    row.checked_out_at, row.checked_out_by_ref, row.checked_out_through = claim.moment, actor.reference, claim.way.value
    submit(row, signup.shift, clock.now())
    require_no_overlap([row])
    row.save(update_fields=SUBMITTED_FIELDS)
    _leave_trace(signup, row.pk, claim, Trace.Event.OUT, verdict)
    audit(
        actor=actor,
        action="attendance.check_out",
        object_ref=f"service-record:{row.pk}",
        through=claim.way.value,
        present_minutes=row.present_minutes,
    )
    return Arrival(Outcome.OUT, signup, claim.moment, row.pk, row.credited_minutes)


def _leave_trace(signup: SignUp, record_id: int, claim: Claim, event: Trace.Event, verdict: Verdict) -> None:
    trace = Trace(
        record_id=record_id,
        person_id=claim.person_id,
        shift_id=signup.shift_id,
        event=event,
        way=claim.way,
        code_key=claim.code_key,
        at=claim.moment,
        received_at=clock.now(),
        device=claim.device,
        place=verdict.place,
        distance_hectometres=verdict.hectometres,
    )
    insert_objects([trace])


def _place(one: Near, claim: Claim) -> Verdict:
    """Where the phone was, if the activity asks; OutsidePlace or PlaceUnknown where it demands presence on the spot."""
    asked = one.asked
    if asked is None or not claim.asks_position:
        return NOT_ASKED
    place = wgs84(asked.latitude, asked.longitude, datum=asked.datum)
    verdict = judge(claim.position, place, radius_metres=asked.radius_metres)
    if asked.is_demanded and verdict.place == "outside":
        raise OutsidePlace(metres=(verdict.hectometres or 0) * 100)
    if asked.is_demanded and verdict.place == "unknown":
        raise PlaceUnknown
    return verdict


def _missing_certificate(signup: SignUp) -> str:
    """The name of what the role or the danger asks for and the person lacks on the day; no query where nothing is asked."""
    missing = missing_certificates(signup.shift, [signup.person_id]).get(signup.person_id, "")
    if not missing:
        return ""
    name = QualificationKind.objects.filter(code=missing).values_list("name", flat=True).first()
    return name or missing


def _tell_leader(signup: SignUp, kind: str) -> None:
    activity = signup.shift.activity
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{activity.person_in_charge_id}",
                text=BLOCKED,
                parameters={"name": signup.person.name, "title": activity.title, "kind": kind},
                object_ref=f"activity:{activity.pk}",
                key=f"signup:{signup.pk}:certificate-missing",
            )
        ]
    )
