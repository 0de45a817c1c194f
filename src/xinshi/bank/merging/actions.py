"""Writes of merging: dismissed, proposed by one, confirmed by another. A merge cannot be undone."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record
from xinshi.bank.access import require_corrector
from xinshi.bank.merging.domain import MergeNotOpen, MergeOfOne, MergeProposedBefore, OwnMerge
from xinshi.bank.merging.moving import carry_over
from xinshi.bank.merging.queries import merge_obstacles
from xinshi.bank.models import MergeProposal, NotDuplicates, Passbook
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person

State = MergeProposal.State


@transaction.atomic
def dismiss_pair(*, actor: Actor, person_id: int, other_id: int, reason: str) -> None:
    """These are two people: the pair is not offered again."""
    require_corrector(actor)
    first, second = sorted((person_id, other_id))
    if first == second:
        raise MergeOfOne
    if Person.objects.filter(pk__in=[first, second]).count() != 2:
        raise NotFound
    assert reason.strip(), "a form asks for the reason"
    row, is_new = NotDuplicates.objects.get_or_create(
        first_id=first,
        second_id=second,
        defaults={"reason": reason.strip()[:300], "said_by_ref": actor.reference, "said_at": clock.now()},
    )
    if is_new:
        record(actor=actor, action="bank.dismiss_pair", object_ref=f"person:{first}", other=second, row=row.pk)


@transaction.atomic
def propose_merge(*, actor: Actor, stays_id: int, goes_id: int, reason: str) -> int:
    """Say that two records are one person and which of them stays; another coordinator confirms it.

    OwnMerge for one of the two; MergeProposedBefore while one of them is in another proposal.
    """
    require_corrector(actor)
    if stays_id == goes_id:
        raise MergeOfOne
    if actor.person_id in (stays_id, goes_id):
        raise OwnMerge
    alive = Person.objects.filter(pk__in=[stays_id, goes_id], merged_into=None, erased_at=None)
    if len(alive.select_for_update(no_key=True).order_by("pk")) != 2:
        raise NotFound
    both = [stays_id, goes_id]
    waiting = MergeProposal.objects.filter(state=State.PROPOSED)
    if waiting.filter(stays_id__in=both).exists() or waiting.filter(goes_id__in=both).exists():
        raise MergeProposedBefore
    assert reason.strip(), "a form asks for the reason"
    try:
        with transaction.atomic():
            row = MergeProposal.objects.create(
                stays_id=stays_id,
                goes_id=goes_id,
                reason=reason.strip()[:300],
                proposed_by_ref=actor.reference,
                proposed_by_person_id=actor.person_id,
                proposed_at=clock.now(),
            )
    except IntegrityError:
        raise MergeProposedBefore from None
    record(actor=actor, action="bank.propose_merge", object_ref=f"merge:{row.pk}", stays=stays_id, goes=goes_id)
    return row.pk


@transaction.atomic
def withdraw_merge(*, actor: Actor, merge_id: int) -> None:
    """Whoever proposed takes it back."""
    require_corrector(actor)
    row = _locked(merge_id)
    if row.proposed_by_ref != actor.reference:
        raise NotFound
    _decide(row, actor, State.WITHDRAWN, "")
    record(actor=actor, action="bank.withdraw_merge", object_ref=f"merge:{row.pk}")


@transaction.atomic
def refuse_merge(*, actor: Actor, merge_id: int, reason: str) -> None:
    """Another coordinator finds that these are two people, or that it must be done otherwise."""
    require_corrector(actor)
    row = _locked(merge_id)
    _require_other(actor, row)
    assert reason.strip(), "a form asks for the reason"
    _decide(row, actor, State.REFUSED, reason)
    record(actor=actor, action="bank.refuse_merge", object_ref=f"merge:{row.pk}")


@transaction.atomic
def confirm_merge(*, actor: Actor, merge_id: int) -> int:
    """Merge as proposed, for ever; returns the minutes that moved.

    Never by who proposed it, nor by one of the two. ObstaclesInTheWay names what must be settled first. No line of either
    book is lost: the balance moves by linked transfers, the former passbook stays readable, lifetime hours count on.
    """
    require_corrector(actor)
    known = MergeProposal.objects.filter(pk=merge_id).values_list("stays_id", "goes_id").first()
    if known is None:
        raise NotFound
    list(Passbook.objects.select_for_update(no_key=True).filter(person_id__in=known).order_by("person_id"))
    row = _locked(merge_id)
    _require_other(actor, row)
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk").in_bulk()
    if any(person.merged_into_id or person.erased_at for person in people.values()):
        raise MergeOfOne
    obstacles = merge_obstacles(row.stays_id, row.goes_id)
    if obstacles:
        raise ObstaclesInTheWay(obstacles=" ".join(str(one) for one in obstacles))
    moved = carry_over(actor, row, stays=people[row.stays_id], goes=people[row.goes_id])
    row.moved_minutes = moved
    _decide(row, actor, State.CONFIRMED, "")
    for person_id in known:
        record(actor=actor, action="bank.merge", object_ref=f"person:{person_id}", merge=row.pk, minutes=moved)
    return moved


def _locked(merge_id: int) -> MergeProposal:
    row = MergeProposal.objects.select_for_update(no_key=True).filter(pk=merge_id).first()
    if row is None:
        raise NotFound
    if row.state != State.PROPOSED:
        raise MergeNotOpen
    return row


def _require_other(actor: Actor, row: MergeProposal) -> None:
    """Not who proposed it, by whichever sign-in, and not one of the two."""
    is_same = actor.reference == row.proposed_by_ref or (
        actor.person_id is not None and actor.person_id == row.proposed_by_person_id
    )
    if is_same or actor.person_id in (row.stays_id, row.goes_id):
        raise OwnMerge


def _decide(row: MergeProposal, actor: Actor, state: MergeProposal.State, note: str) -> None:
    row.state, row.decided_by_ref, row.decided_at = state, actor.reference, clock.now()
    row.decision_note = note.strip()[:300]
    row.save(update_fields=["state", "decided_by_ref", "decided_at", "decision_note", "moved_minutes"])
