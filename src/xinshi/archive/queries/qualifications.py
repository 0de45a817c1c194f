"""Qualifications as people and the station see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from xinshi.archive import access
from xinshi.archive.domain import PLEDGE, REMINDER_DAYS, masked_number
from xinshi.archive.models import Qualification, QualificationProof
from xinshi.archive.queries.lists import name_of
from xinshi.archive.storing import PROOFS
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import names_by_reference

State = Qualification.State
SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class QualificationCard:
    """A qualification in a list. `standing` is a word for its state on the day: also `ended` and `ending` (90 days)."""

    id: int
    person_id: int
    person_name: str
    kind_id: int
    code: str
    name: str
    category: str
    standing: str
    masked_number: str
    issued_by: str
    issued_on: date
    expires_on: date | None
    submitted_at: datetime
    reason: str


def card_of(row: Qualification, *, today: date) -> QualificationCard:
    """Of a row with its kind and person."""
    return QualificationCard(
        id=row.pk,
        person_id=row.person_id,
        person_name=row.person.name,
        kind_id=row.kind_id,
        code=row.kind.code,
        name=name_of(row.kind),
        category=row.kind.category,
        standing=standing_of(row, today=today),
        masked_number=masked_number(row.number),
        issued_by=row.issued_by,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        submitted_at=row.submitted_at,
        reason=row.reason,
    )


def standing_of(row: Qualification, *, today: date) -> str:
    if row.state != State.VERIFIED or row.expires_on is None:
        return row.state
    if row.expires_on < today:
        return "ended"
    return "ending" if row.expires_on <= today + timedelta(days=REMINDER_DAYS[0]) else row.state


def of_person(actor: Actor, person_id: int) -> list[QualificationCard]:
    """What somebody has and had, newest first, at most SHOWN_MAX; for themselves and for who keeps or audits the archive."""
    access.require_own_or_reader(actor, person_id)
    rows = Qualification.objects.filter(person_id=person_id).select_related("kind", "person").order_by("-pk")
    today = clock.today()
    return [card_of(row, today=today) for row in rows[:SHOWN_MAX]]


def to_check(actor: Actor) -> QuerySet[Qualification]:
    """What waits for the station, oldest first; not the actor's own."""
    access.require_reader(actor)
    rows = Qualification.objects.filter(state=State.SUBMITTED, person__erased_at=None)
    return rows.exclude(person_id=actor.person_id or 0).select_related("kind", "person").order_by("submitted_at", "pk")


def running_out(actor: Actor, *, days: int = REMINDER_DAYS[0], kind_id: int | None = None) -> QuerySet[Qualification]:
    """What runs out within so many days and was not renewed, soonest first."""
    access.require_reader(actor)
    return (
        _ending(clock.today(), days=days, kind_id=kind_id).select_related("kind", "person").order_by("expires_on", "pk")
    )


def _ending(today: date, *, days: int, kind_id: int | None = None) -> QuerySet[Qualification]:
    verified = Qualification.objects.filter(state=State.VERIFIED)
    longer = verified.filter(person=OuterRef("person"), kind=OuterRef("kind")).filter(
        Q(expires_on=None) | Q(expires_on__gt=OuterRef("expires_on"))
    )
    rows = verified.filter(expires_on__gte=today, expires_on__lte=today + timedelta(days=days))
    rows = rows.filter(~Exists(longer), person__erased_at=None, person__merged_into=None)
    return rows.filter(kind_id=kind_id) if kind_id is not None else rows


def search(actor: Actor, *, state: str = "", kind_id: int | None = None, term: str = "") -> QuerySet[Qualification]:
    """Everything that was ever handed in or granted, newest first; by whole beginning of the name."""
    access.require_reader(actor)
    rows = Qualification.objects.filter(person__erased_at=None).select_related("kind", "person").order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if kind_id is not None:
        rows = rows.filter(kind_id=kind_id)
    wanted = term.strip().replace("\0", "")
    return rows.filter(Q(person__name__startswith=wanted) | Q(person__volunteer_number=wanted)) if wanted else rows


@dataclass(frozen=True, slots=True)
class DeskSummary:
    """What of qualifications waits for the desk. `ending` counts what runs out within 30 days and was not renewed."""

    to_check: int
    ending: int


def desk_summary(actor: Actor) -> DeskSummary:
    """Two queries."""
    return DeskSummary(to_check=to_check(actor).count(), ending=_ending(clock.today(), days=REMINDER_DAYS[1]).count())


@dataclass(frozen=True, slots=True)
class QualificationDetail:
    """One qualification with its proofs and who did what. `decided_by` is empty for who may not know."""

    card: QualificationCard
    proofs: list[QualificationProof]
    submitted_by: str
    decided_by: str
    decided_at: datetime | None
    is_own: bool
    may_decide: bool
    """The actor may verify, refuse or revoke it: a keeper of the archive, and not its holder."""


def detail(actor: Actor, qualification_id: int) -> QualificationDetail:
    """NotFound for anybody else's."""
    row = access.qualifications_visible_to(actor).select_related("kind", "person").filter(pk=qualification_id).first()
    if row is None:
        raise NotFound
    is_reader = actor.has(*access.READERS)
    names = names_by_reference([row.submitted_by_ref, row.decided_by_ref]) if is_reader else {}
    sees_proofs = access.may_see_proofs(actor, row.person_id)
    is_own = access.is_self(actor, row.person_id)
    return QualificationDetail(
        card=card_of(row, today=clock.today()),
        proofs=list(row.proofs.order_by("pk")) if sees_proofs else [],
        submitted_by=names.get(row.submitted_by_ref, ""),
        decided_by=names.get(row.decided_by_ref, ""),
        decided_at=row.decided_at,
        is_own=is_own,
        may_decide=actor.has(*access.KEEPERS) and not is_own and row.person.erased_at is None,
    )


def proof_of(actor: Actor, proof_id: int) -> tuple[QualificationProof, bytes]:
    """A file and its content, for its owner and for the station; NotFound for everybody else."""
    found = QualificationProof.objects.select_related("qualification").filter(pk=proof_id).first()
    if found is None or not access.may_see_proofs(actor, found.qualification.person_id):
        raise NotFound
    return found, PROOFS.content(found.path)


def with_pledge(person_ids: Collection[int], *, on: date) -> set[int]:
    """Who of these people has signed the pledge, and it counts on that day."""
    rows = Qualification.objects.filter(person_id__in=person_ids, kind__code=PLEDGE, state=State.VERIFIED)
    return set(rows.filter(Q(expires_on=None) | Q(expires_on__gte=on)).values_list("person_id", flat=True))
