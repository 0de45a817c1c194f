"""Filling places again: in turn after a no, and at once when somebody drops out. Locks: invitation, people, shift."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from xinshi.activities.actions import offer_places
from xinshi.activities.domain import ShiftStarted
from xinshi.activities.models import Shift, SignUp
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.scheduling.access import require_planner
from xinshi.scheduling.inviting.choosing import POOL_MAX, ranked
from xinshi.scheduling.inviting.domain import FOLLOWERS_MAX, REFILL_MINUTES_DEFAULT, NoFreePlace
from xinshi.scheduling.inviting.writing import next_until, sent
from xinshi.scheduling.models import Invitation, Publication
from xinshi.scheduling.suggesting.domain import Reason

FILLED_AT_ONCE_MAX: Final = 50
TRIED_MAX: Final = 5
"""So many of the ranking are tried: somebody may have taken something else at this very moment."""


def fill_again(*, actor: Actor, limit: int = FILLED_AT_ONCE_MAX) -> int:
    """Invite the next for each place that was declined, not answered, or could not be offered; returns how many settled.

    For the worker: each place in a transaction of its own. Where nobody is left the place stands open for sign-up.
    A place that somebody gave back after a yes is a coordinator's to fill; it is settled here once it is taken or over.
    """
    if not actor.is_system:
        raise NotAllowed
    ids = list(_unsettled(clock.now()).order_by("shift__starts_at", "pk").values_list("pk", flat=True)[:limit])
    return sum(_settle(actor, invitation_id) for invitation_id in ids)


def _unsettled(at: datetime) -> QuerySet[Invitation]:
    free = Q(signup=None) | Q(signup__state=SignUp.State.DECLINED)
    over = Q(signup__state=SignUp.State.CANCELLED) & (
        Q(shift__starts_at__lte=at) | Q(shift__is_open=False) | Q(shift__taken__gte=F("shift__places"))
    )
    return Invitation.objects.filter(free | over, outcome="")


@transaction.atomic
def _settle(actor: Actor, invitation_id: int) -> bool:
    """The invitation's row is the lock: another worker finds it settled already. False where somebody else has it."""
    at = clock.now()
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    row = rows.select_related("shift__activity").filter(pk=invitation_id, outcome="").first()
    if row is None:
        return False
    outcome = _outcome(row, at)
    if outcome is None:
        outcome = _invite_next(actor, row, at)
    Invitation.objects.filter(pk=row.pk).update(outcome=outcome, settled_at=at)
    record_many(
        actor=actor,
        action="scheduling.settle_place",
        objects=[(f"invitation:{row.pk}", {"shift": row.shift_id, "outcome": outcome.value})],
    )
    return True


def _outcome(row: Invitation, at: datetime) -> Invitation.Outcome | None:
    """What became of the place without anybody being invited; None where it is free and somebody should be."""
    shift = row.shift
    if shift.starts_at <= at:
        return Invitation.Outcome.BEGUN
    if not shift.is_open:
        return Invitation.Outcome.OFF
    if shift.taken >= shift.places:
        return Invitation.Outcome.TAKEN
    return None


def _invite_next(actor: Actor, row: Invitation, at: datetime) -> Invitation.Outcome:
    if Invitation.objects.filter(shift_id=row.shift_id).count() >= FOLLOWERS_MAX + row.shift.places:
        return Invitation.Outcome.OPEN
    terms = Publication.objects.filter(version_id=row.version_id).first() if row.version_id else None
    until = next_until(row.shift, at=at, minutes=terms.refill_minutes if terms else REFILL_MINUTES_DEFAULT)
    for proposal in ranked(row.shift_id, at=at, limit=TRIED_MAX):
        pair = (row.shift_id, proposal.person_id)
        done = offer_places(actor=actor, wanted=[pair], answer_until=until)
        if done.taken:
            (made,) = sent(
                done.taken,
                {pair: proposal.fit.reasons},
                actor=actor,
                at=at,
                way=Invitation.Way.REFILL,
                version_id=row.version_id,
                instead_of=row,
            )
            made.save(force_insert=True)
            return Invitation.Outcome.INVITED
        if done.passed_over[0].reason.code == "shift_full":
            return Invitation.Outcome.TAKEN
    return Invitation.Outcome.OPEN


@transaction.atomic
def invite(*, actor: Actor, shift_id: int, person_id: int) -> int:
    """Invite one person to a free place, in the stead of whoever dropped out; the invitation's id. Planners only.

    Until half of the time before the shift, at least a quarter of an hour. What stands against it is the refusal.
    """
    require_planner(actor)
    at = clock.now()
    shift = Shift.objects.select_related("activity").filter(pk=shift_id).first()
    if shift is None:
        raise NotFound
    if shift.starts_at <= at:
        raise ShiftStarted
    dropped = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .filter(Q(signup__state=SignUp.State.CANCELLED), shift_id=shift_id, outcome="")
        .order_by("pk")
        .first()
    )
    until = next_until(shift, at=at, minutes=REFILL_MINUTES_DEFAULT)
    reasons = _reasons(shift_id, person_id, at)
    done = offer_places(actor=actor, wanted=[(shift_id, person_id)], answer_until=until)
    if done.passed_over:
        refusal = done.passed_over[0].reason
        raise NoFreePlace if refusal.code == "shift_full" else refusal
    (made,) = sent(
        done.taken,
        {(shift_id, person_id): reasons},
        actor=actor,
        at=at,
        way=Invitation.Way.BY_HAND,
        version_id=dropped.version_id if dropped else None,
        instead_of=dropped,
    )
    made.save(force_insert=True)
    if dropped is not None:
        Invitation.objects.filter(pk=dropped.pk).update(outcome=Invitation.Outcome.INVITED, settled_at=at)
    record(
        actor=actor, action="scheduling.invite", object_ref=f"invitation:{made.pk}", shift=shift_id, person=person_id
    )
    return made.pk


def _reasons(shift_id: int, person_id: int, at: datetime) -> tuple[Reason, ...]:
    """Why this person, as the ranking says; nothing for somebody whom it does not name."""
    found = [one for one in ranked(shift_id, at=at, limit=POOL_MAX) if one.person_id == person_id]
    return found[0].fit.reasons if found else ()
