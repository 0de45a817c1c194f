"""Who may ask, see and answer requests for correction."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from xinshi.appeals.domain import FIRST_LEVEL, OPEN_STATES, ROLE_OF_LEVEL, levels_answered, references_of
from xinshi.appeals.models import CorrectionRequest, RequestPart
from xinshi.attendance.domain import HadPart
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.models import RoleGrant

ANSWERERS: Final = frozenset(ROLE_OF_LEVEL.values())
SEE_ALL: Final = ANSWERERS | {Role.AUDITOR}
ASSISTANTS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
"""Who writes a request down for somebody without a phone."""


def asker_ref_of(actor: Actor) -> str:
    """By which reference the actor asks for themself."""
    return actor.reference if actor.person_id is None else f"person:{actor.person_id}"


def sees_all(actor: Actor) -> bool:
    return actor.has(*SEE_ALL)


def visible_to(actor: Actor) -> QuerySet[CorrectionRequest]:
    """All for who answers and audits; otherwise what one asked, and what is about one's own hours."""
    if sees_all(actor):
        return CorrectionRequest.objects.all()
    own = Q(asker_ref=asker_ref_of(actor))
    if actor.person_id is not None:
        own |= Q(person_id=actor.person_id)
    return CorrectionRequest.objects.filter(own)


def may_read_texts(actor: Actor, request: CorrectionRequest) -> bool:
    """Whose hours somebody else objects to learns that and what was decided, not who objected in which words."""
    return sees_all(actor) or is_asker(actor, request)


def is_asker(actor: Actor, request: CorrectionRequest) -> bool:
    return request.asker_ref == asker_ref_of(actor)


def with_part_of(actor: Actor) -> Exists:
    """Whether the actor had a part in what a request is about."""
    references = references_of(actor.reference, actor.person_id)
    return Exists(RequestPart.objects.filter(request_id=OuterRef("pk"), actor_ref__in=references))


def answerable_by(actor: Actor) -> QuerySet[CorrectionRequest]:
    """The open requests of the actor's level in which they had no part."""
    levels = levels_answered(actor.roles)
    return CorrectionRequest.objects.filter(level__in=levels, state__in=OPEN_STATES).exclude(with_part_of(actor))


def require_answerer(actor: Actor, level: int) -> None:
    """Coordinators answer first, administrators on the second level; the system answers nothing."""
    if level not in levels_answered(actor.roles):
        raise NotAllowed


def require_independent(actor: Actor, request: CorrectionRequest) -> None:
    references = references_of(actor.reference, actor.person_id)
    if request.parts.filter(actor_ref__in=references).exists():
        raise HadPart


def require_asker(actor: Actor, request: CorrectionRequest) -> str:
    """In which role the actor speaks for the asker: themself, or whoever wrote it down for them. Else it is not there."""
    if is_asker(actor, request):
        return "asker"
    if request.is_assisted and actor.has(*ASSISTANTS):
        return "station"
    raise NotFound


def require_assistant(actor: Actor) -> None:
    if not actor.has(*ASSISTANTS):
        raise NotAllowed


def role_of(actor: Actor, level: int) -> str:
    """In which role somebody answers on a level."""
    require_answerer(actor, level)
    return ROLE_OF_LEVEL[level].value


def answerers(level: int) -> list[tuple[frozenset[str], int | None]]:
    """Everybody who answers on a level: by which references they are known, and their person."""
    grants = RoleGrant.objects.filter(role=ROLE_OF_LEVEL[level], user__is_active=True).order_by("user_id")
    return [
        (references_of(f"user:{user_id}", person_id), person_id)
        for user_id, person_id in grants.values_list("user_id", "user__person_id")
    ]


def first_level_for(parts: set[str]) -> int:
    """The first level, unless nobody of it is independent."""
    is_anybody = any(references.isdisjoint(parts) for references, _person in answerers(FIRST_LEVEL))
    return FIRST_LEVEL if is_anybody else FIRST_LEVEL + 1
