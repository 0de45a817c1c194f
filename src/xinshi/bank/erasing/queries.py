"""Reads of erasing: one's own request, what waits at the desk, what must be settled first, the copy of one's data."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Case, QuerySet, When

from xinshi.bank.access import require_corrector
from xinshi.bank.erasing.models import OPEN_STATES, ErasureRequest
from xinshi.bank.erasing.registry import rooms
from xinshi.bank.models import Passbook
from xinshi.bank.obstacles import Obstacle, obstacles_of
from xinshi.bank.registration.closing import accounts_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger import queries as ledger
from xinshi.organizations.models import Membership
from xinshi.people.access import guardianships_in_force
from xinshi.people.models import Person, RoleGrant
from xinshi.people.queries import people_of

IN_MEMORY_BYTES_MAX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Erasure:
    """A request with what must be settled before it can be fulfilled."""

    row: ErasureRequest
    obstacles: list[Obstacle]

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN_STATES


def own_request(actor: Actor) -> ErasureRequest | None:
    """The actor's request that waits, or else their last answer; None where they never asked."""
    rows = ErasureRequest.objects.filter(person_id=actor.person_id or 0)
    return rows.order_by(Case(When(state__in=OPEN_STATES, then=0), default=1), "-pk").first()


def erasures(actor: Actor) -> QuerySet[ErasureRequest]:
    """Every request, those that wait first, the oldest of them first; for who may decide."""
    require_corrector(actor)
    waits = Case(When(state__in=OPEN_STATES, then=0), default=1)
    return ErasureRequest.objects.select_related("person").order_by(waits, "asked_at", "pk")


def waiting_count(actor: Actor) -> int:
    return erasures(actor).filter(state__in=OPEN_STATES).count()


def erasure(actor: Actor, erasure_id: int) -> Erasure:
    found = erasures(actor).filter(pk=erasure_id).first()
    if found is None:
        raise NotFound
    return Erasure(found, erasing_obstacles(found.person_id) if found.state in OPEN_STATES else [])


def erasing_obstacles(person_id: int) -> list[Obstacle]:
    """What must be settled before somebody can be erased: hours, disputes, open matters, duties of theirs and of keeping."""
    found: list[Obstacle] = []
    for one in people_of(person_id):
        found += _open_account(one)
        found += obstacles_of(one)
        found += [need for room in rooms().values() if room.still_needed for need in room.still_needed(one)]
    return [*found, *_duties(person_id)]


def _open_account(person_id: int) -> list[Obstacle]:
    book = Passbook.objects.filter(person_id=person_id).first()
    if book is None or book.state == Passbook.State.CLOSED:
        return []
    left = sum(ledger.balance(account_id).posted for account_id in accounts_of(book))
    text = gettext_noop("The account is open, with %(hours)s hours: close it first, and say what becomes of them.")
    return [Obstacle(text, {"hours": hours_figure(left)}, f"passbook:{book.pk}")]


def _duties(person_id: int) -> list[Obstacle]:
    """What others rely on them for."""
    found = []
    if RoleGrant.objects.filter(user__person_id=person_id).exclude(role=Role.VOLUNTEER.value).exists():
        found.append(Obstacle(gettext_noop("They have a role at the hospital: an administrator takes it away first.")))
    if guardianships_in_force().filter(guardian_id=person_id).exists():
        found.append(Obstacle(gettext_noop("They answer for a minor: another guardian must be named first.")))
    if Membership.objects.filter(person_id=person_id, until=None, is_leader=True).exists():
        found.append(Obstacle(gettext_noop("They keep an organisation: name another keeper first.")))
    return found


def copy_for(person_ids: Sequence[int]) -> dict[str, Any]:
    """Everything that the rooms hold about these records of one person, by room."""
    data: dict[str, Any] = {"taken_at": clock.now()}
    for name, room in rooms().items():
        data[name] = dict(room.copy_of(person_ids))
    return data


def copy_file(person: Person) -> IO[bytes]:
    """A zip at its beginning: `data.json`, and the papers that were handed in. Large ones wait on the disk."""
    ids = people_of(person.pk)
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES_MAX)  # noqa: SIM115  # the answer closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(copy_for(ids), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        for room in rooms().values():
            for name, content in room.papers_of(ids) if room.papers_of else ():
                archive.writestr(f"papers/{name}", content)
    file.seek(0)
    return file
