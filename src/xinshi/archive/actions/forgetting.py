"""What becomes of somebody's archive when they are erased, and when two records are one person."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from xinshi.archive.models import Profile, Qualification, QualificationProof
from xinshi.archive.storing import PROOFS
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.access import require_archive_keeper
from xinshi.people.models import Person

State = Qualification.State
KEPT_REASON = "—"
FILLED = (
    "profession",
    "professional_title",
    "employer",
    "languages",
    "skills",
    "weekly",
    "exceptions",
    "sites",
    "health_remark",
)
"""Columns that the record which stays takes over, each by itself, where it has nothing."""
LIMITS = (
    "limits_said_at",
    "minutes_a_week_max",
    "shifts_a_week_max",
    "shifts_a_day_max",
    "takes_nights",
    "may_lift",
)
EMERGENCY = ("emergency_name", "emergency_phone", "emergency_relation")


@transaction.atomic
def forget_person(*, actor: Actor, person_id: int) -> None:
    """Part of erasing somebody: the profile goes, numbers, issuers, reasons and proofs of qualifications are emptied.

    That they had a qualification of a kind, and when, stays: services were served on the strength of it. What still
    waited for a check is refused. The caller erases the person in the same transaction; the files go once it commits.
    """
    require_archive_keeper(actor)
    at = clock.now()
    Profile.objects.filter(pk=person_id).delete()
    held = Qualification.objects.filter(person_id=person_id)
    held.filter(state=State.SUBMITTED).update(
        state=State.REFUSED, decided_at=at, decided_by_ref=actor.reference, reason=KEPT_REASON
    )
    held.update(number="", issued_by="")
    held.exclude(reason="").update(reason=KEPT_REASON)
    proofs = QualificationProof.objects.filter(qualification__person_id=person_id)
    paths = list(proofs.values_list("path", flat=True))
    proofs.delete()
    transaction.on_commit(partial(PROOFS.delete, paths))
    record(actor=actor, action="archive.forget", object_ref=f"person:{person_id}", proofs=len(paths))


@transaction.atomic
def carry_over(*, actor: Actor, stays: Person, goes: Person) -> int:
    """Part of merging two records, both locked: the profile and every qualification go on under the one that stays.

    What the record that stays says itself wins. Of two that wait for a check of one kind, the older is refused as handed
    in twice. Returns how many qualifications moved.
    """
    _profile(stays, goes, actor)
    waiting = Qualification.objects.filter(state=State.SUBMITTED)
    twice = waiting.filter(person=goes, kind__in=waiting.filter(person=stays).values("kind"))
    twice.update(state=State.REFUSED, decided_at=clock.now(), decided_by_ref=actor.reference, reason=KEPT_REASON)
    moved = Qualification.objects.filter(person=goes).update(person=stays)
    record(actor=actor, action="archive.carry_over", object_ref=f"person:{stays.pk}", other=goes.pk, moved=moved)
    return moved


def _profile(stays: Person, goes: Person, actor: Actor) -> None:
    going = Profile.objects.filter(pk=goes.pk).first()
    if going is None:
        return
    staying = Profile.objects.filter(pk=stays.pk).first() or Profile(person_id=stays.pk)
    names = [name for name in FILLED if getattr(staying, name) in ("", None, [], {})]
    if staying.limits_said_at is None:
        names += LIMITS
    if not staying.emergency_phone:
        names += EMERGENCY
    for name in names:
        setattr(staying, name, getattr(going, name))
    staying.changed_at, staying.changed_by_ref = clock.now(), actor.reference
    staying.save()
    going.delete()
