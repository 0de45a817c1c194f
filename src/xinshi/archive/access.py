"""Who may see and change the archive of what people can do.

Keepers are those of the archive of people: coordinators and administrators. Auditors read, but see no proof and no remark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db.models import QuerySet

from xinshi.archive.domain import OwnQualification
from xinshi.archive.models import Qualification
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound
from xinshi.people.access import is_archive_keeper, is_own, require_archive_keeper, require_archive_reader
from xinshi.people.models import Person

READERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR})
KEEPERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})

Leading = Callable[[Actor, int], bool]
_LEADING: dict[str, Leading] = {}


def register_leading(name: str, leads: Leading) -> None:
    """Let a room above say whether an actor leads service in which a person takes part now."""
    _LEADING[name] = leads


def leads_now(actor: Actor, person_id: int) -> bool:
    """True for who leads the person's service today: they may see whom to call in an emergency."""
    return any(leads(actor, person_id) for leads in _LEADING.values())


def require_may_call(actor: Actor, person_id: int) -> None:
    """The station, and who leads the person's service today; for everybody else the person is not there."""
    if not is_archive_keeper(actor) and not leads_now(actor, person_id):
        raise NotFound


def is_self(actor: Actor, person_id: int) -> bool:
    return actor.person_id is not None and actor.person_id == person_id


def require_own_or_keeper(actor: Actor, person_id: int) -> None:
    """Oneself, or the station on behalf of somebody; for everybody else the person is not there."""
    if not is_self(actor, person_id) and not is_archive_keeper(actor):
        raise NotFound


def require_own_or_reader(actor: Actor, person_id: int) -> None:
    if not is_self(actor, person_id) and not actor.has(*READERS):
        raise NotFound


def require_keeper(actor: Actor) -> None:
    require_archive_keeper(actor)


def require_reader(actor: Actor) -> None:
    require_archive_reader(actor)


def require_decider(actor: Actor, person_id: int) -> None:
    """The station decides on qualifications, nobody on their own."""
    require_archive_keeper(actor)
    if is_self(actor, person_id):
        raise OwnQualification


def qualifications_visible_to(actor: Actor) -> QuerySet[Qualification]:
    """All for who keeps or audits the archive, otherwise one's own."""
    if actor.has(*READERS):
        return Qualification.objects.all()
    return Qualification.objects.filter(is_own(actor))


def may_see_proofs(actor: Actor, person_id: int) -> bool:
    return is_self(actor, person_id) or is_archive_keeper(actor)


def locked_person(person_id: int) -> Person:
    """The person's row, locked; NotFound for who was erased or merged."""
    row = Person.objects.select_for_update(no_key=True).filter(pk=person_id, erased_at=None, merged_into=None).first()
    if row is None:
        raise NotFound
    return row
