"""Keeping the archive: registering people, changing their basic data, looking at whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record, record_many
from xinshi.doors.logs import masked
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.outbox.actions import publish
from xinshi.people.access import require_archive_keeper
from xinshi.people.basic_data import faults
from xinshi.people.domain import PUBLICITY, SERVICE
from xinshi.people.events import VolunteerNumberGiven
from xinshi.people.models import Consent, Person, id_index, id_trace, phone_index
from xinshi.people.wording import fault_text

REASON_LENGTH_MIN: Final = 2


class PersonKnown(DomainError):
    code = "person_known"
    message = gettext_noop(
        "Somebody with this identity number or volunteer number is registered already. Search for them."
    )


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = gettext_noop("Say in a few words why you need to see this.")
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Basic data of somebody new; checked by the caller's form or importer (see `people.domain`)."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    id_kind: str = ""
    id_number: str = ""
    volunteer_number: str = ""
    phone: str = ""
    area: str = ""
    group: str = Person.Group.CITIZEN
    skills: tuple[str, ...] = ()
    service_categories: tuple[str, ...] = ()
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class RevealedNumbers:
    """What `reveal` shows once."""

    id_number: str
    phone: str


@transaction.atomic
def register_people(*, actor: Actor, people: Sequence[NewPerson], given_through: str = "station") -> list[int]:
    """Add people to the archive with their consents (`service`, and `publicity` where public); their ids in order.

    Callers look duplicates up first (`people.queries`); PersonKnown where one came in between.
    """
    require_archive_keeper(actor)
    at = clock.now()
    for new in people:
        _require_sound(new)
    try:
        with transaction.atomic():
            rows = Person.objects.bulk_create([_person(new, at) for new in people], batch_size=1_000)
    except IntegrityError:
        raise PersonKnown from None
    Consent.objects.bulk_create(
        [
            Consent(person=row, purpose=purpose, given_at=at, given_through=given_through)
            for row in rows
            for purpose in ((SERVICE, PUBLICITY) if row.is_public else (SERVICE,))
        ],
        batch_size=2_000,
    )
    record_many(actor=actor, action="people.register", objects=[(f"person:{row.pk}", {}) for row in rows])
    return [row.pk for row in rows]


def _require_sound(data: NewPerson) -> None:
    found = faults(data, today=clock.today())
    if found:
        raise Invalid(field=found[0].field, reason=fault_text(found[0]))


def _person(new: NewPerson, at: datetime) -> Person:
    return Person(registered_at=at, is_public=new.is_public, **_columns(new))


def _columns(data: NewPerson) -> dict[str, Any]:
    """The columns that basic data fill, indexes included."""
    return {
        "name": data.name,
        "sex": data.sex,
        "birth_date": data.birth_date,
        "id_kind": data.id_kind,
        "id_number": data.id_number.upper(),
        "id_index": id_index(data.id_number),
        "id_trace": id_trace(data.id_number),
        "volunteer_number": data.volunteer_number or None,
        "phone": data.phone,
        "phone_index": phone_index(data.phone),
        "area": data.area,
        "group": data.group,
        "skills": list(data.skills),
        "service_categories": list(data.service_categories),
    }


@transaction.atomic
def change_person(*, actor: Actor, person_id: int, data: NewPerson) -> list[str]:
    """Put `data` in the place of somebody's basic data; returns the names of the columns that changed.

    Archive keepers change everything but publicity, which is a consent. PersonKnown where a number is somebody else's.
    """
    require_archive_keeper(actor)
    _require_sound(data)
    return _change(actor, person_id, _columns(data))


@transaction.atomic
def change_own_contact(
    *, actor: Actor, phone: str, area: str, skills: tuple[str, ...], service_categories: tuple[str, ...]
) -> list[str]:
    """What people keep up to date themselves; their identity is changed by the archive's keepers only."""
    if actor.person_id is None:
        raise NotFound
    person = Person.objects.get(pk=actor.person_id)
    _require_sound(
        NewPerson(
            name=person.name,
            group=person.group,
            phone=phone,
            area=area,
            skills=skills,
            service_categories=service_categories,
        )
    )
    columns = {
        "phone": phone,
        "phone_index": phone_index(phone),
        "area": area,
        "skills": list(skills),
        "service_categories": list(service_categories),
    }
    return _change(actor, actor.person_id, columns)


@transaction.atomic
def change_service_words(
    *, actor: Actor, person_id: int, skills: tuple[str, ...], service_categories: tuple[str, ...]
) -> list[str]:
    """Somebody's skills and kinds of service, by themselves or by the archive's keepers; the columns that changed."""
    if actor.person_id != person_id:
        require_archive_keeper(actor)
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise NotFound
    _require_sound(
        NewPerson(name=person.name, group=person.group, skills=skills, service_categories=service_categories)
    )
    return _change(actor, person_id, {"skills": list(skills), "service_categories": list(service_categories)})


@transaction.atomic
def give_volunteer_number(*, actor: Actor, person_id: int, number: str) -> bool:
    """Note the number of 志愿汇 for somebody who has none; False where they have one. PersonKnown where it is another's."""
    require_archive_keeper(actor)
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise NotFound
    return not person.volunteer_number and bool(_change(actor, person_id, {"volunteer_number": number}))


def _change(actor: Actor, person_id: int, columns: dict[str, Any]) -> list[str]:
    row = Person.objects.select_for_update().filter(pk=person_id, erased_at=None).first()
    if row is None:
        raise NotFound
    changed = sorted(name for name, value in columns.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, columns[name])
    if not changed:
        return []
    try:
        with transaction.atomic():
            row.save(update_fields=changed)
    except IntegrityError:
        raise PersonKnown from None
    record(actor=actor, action="people.change_person", object_ref=f"person:{person_id}", columns=changed)
    if columns.get("volunteer_number") and "volunteer_number" in changed:
        publish(VolunteerNumberGiven(person_id=person_id))
    return changed


@transaction.atomic
def reveal(*, actor: Actor, person_id: int, reason: str) -> RevealedNumbers:
    """Somebody's whole identity number and phone, for archive keepers who say why; each look is in the audit trail."""
    require_archive_keeper(actor)
    row = Person.objects.filter(pk=person_id).first()
    if row is None:
        raise NotFound
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise ReasonMissing
    record(actor=actor, action="people.reveal", object_ref=f"person:{person_id}", reason=masked(reason.strip()[:200]))
    return RevealedNumbers(id_number=row.id_number, phone=row.phone)
