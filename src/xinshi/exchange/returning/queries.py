"""Reads of comparisons with what came back."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet

from xinshi.exchange.access import is_keeper, require_reader
from xinshi.exchange.models import ReturnedDifference, ReturnedFile
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound


def comparisons(actor: Actor) -> QuerySet[ReturnedFile]:
    """Comparisons with how many differences each found and how many are open, the newest first."""
    require_reader(actor)
    return (
        ReturnedFile.objects.select_related("export")
        .annotate(found=Count("differences"), waiting=Count("differences", filter=Q(differences__decision="")))
        .order_by("-pk")
    )


def comparison(actor: Actor, returned_id: int) -> ReturnedFile:
    """One comparison; NotFound for an unknown one."""
    found = comparisons(actor).filter(pk=returned_id).first()
    if found is None:
        raise NotFound
    return found


def differences(actor: Actor, returned_id: int, *, kind: str = "") -> QuerySet[ReturnedDifference]:
    """A comparison's differences, the open ones first."""
    require_reader(actor)
    rows = ReturnedDifference.objects.filter(file_id=returned_id)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.order_by(F("decided_at").asc(nulls_first=True), "volunteer_number")


def open_count(actor: Actor) -> int:
    """How many differences wait for a decision of the actor's."""
    if not is_keeper(actor):
        return 0
    rows = ReturnedDifference.objects.filter(decision="")
    return rows.exclude(person_id=actor.person_id).count() if actor.person_id is not None else rows.count()
