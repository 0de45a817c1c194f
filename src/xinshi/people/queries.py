"""Reads of the archive."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound
from xinshi.people.access import visible_to
from xinshi.people.domain import ID_NUMBER, MOBILE_PHONE, PURPOSES, TEXT_PURPOSES, masked_name, masked_phone
from xinshi.people.models import (
    ApiToken,
    Consent,
    Guardianship,
    Person,
    UnwantedText,
    User,
    id_index,
    phone_index,
)
from xinshi.people.purposes import partner_purposes

T = TypeVar("T")
LOOKUP_SIZE = 500


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What a list shows of somebody; the phone is masked."""

    id: int
    name: str
    volunteer_number: str
    masked_phone: str
    group: str
    is_public: bool

    @property
    def public_name(self) -> str:
        """The name for places where anybody looks: whole only with consent."""
        return self.name if self.is_public else masked_name(self.name)


def _parts(values: Iterable[T]) -> Iterator[list[T]]:
    rest = list(values)
    for start in range(0, len(rest), LOOKUP_SIZE):
        yield rest[start : start + LOOKUP_SIZE]


def find_by_id_numbers(numbers: Iterable[str]) -> dict[str, int]:
    """Who is known by an identity number: {number as given: person id}; whoever was merged is who stayed."""
    by_index = {index: number for number in numbers if (index := id_index(number))}
    found: dict[str, int] = {}
    for part in _parts(by_index):
        rows = Person.objects.filter(id_index__in=part).values_list("id_index", Coalesce("merged_into_id", "id"))
        for index, pk in rows:
            found[by_index[str(index)]] = pk
    return found


def find_by_volunteer_numbers(numbers: Iterable[str]) -> dict[str, int]:
    """Who is known by a volunteer number: {number: person id}."""
    found: dict[str, int] = {}
    for part in _parts({number for number in numbers if number}):
        numbered = Person.objects.filter(volunteer_number__in=part)
        rows = numbered.values_list("volunteer_number", Coalesce("merged_into_id", "id"))
        found |= {str(number): pk for number, pk in rows}
    return found


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody found by a number, as far as an importer must know them to tell people apart."""

    id: int
    name: str
    volunteer_number: str
    has_id_number: bool


def find_known(
    *, id_numbers: Iterable[str], volunteer_numbers: Iterable[str]
) -> tuple[dict[str, FoundPerson], dict[str, FoundPerson]]:
    """Who is known by identity numbers and by volunteer numbers: ({number: person}, {number: person})."""
    by_index = {index: number for number in id_numbers if (index := id_index(number))}
    columns = (Coalesce("merged_into_id", "id"), "name", "volunteer_number", "id_index")
    by_id: dict[str, FoundPerson] = {}
    for part in _parts(by_index):
        for pk, name, number, index in Person.objects.filter(id_index__in=part).values_list(*columns):
            by_id[by_index[str(index)]] = FoundPerson(pk, name, number or "", has_id_number=True)
    by_number: dict[str, FoundPerson] = {}
    for numbers in _parts({number for number in volunteer_numbers if number}):
        for pk, name, number, index in Person.objects.filter(volunteer_number__in=numbers).values_list(*columns):
            by_number[str(number)] = FoundPerson(pk, name, str(number), has_id_number=index is not None)
    return by_id, by_number


def cards(person_ids: Iterable[int]) -> dict[int, PersonCard]:
    """Cards by person id."""
    found: dict[int, PersonCard] = {}
    for part in _parts(set(person_ids)):
        for person in Person.objects.filter(pk__in=part):
            found[person.pk] = card_of(person)
    return found


def card_of(person: Person) -> PersonCard:
    return PersonCard(
        id=person.pk,
        name=person.name,
        volunteer_number=person.volunteer_number or "",
        masked_phone=masked_phone(person.phone),
        group=person.group,
        is_public=person.is_public,
    )


def person(actor: Actor, person_id: int) -> Person:
    """One person whom `actor` may see; NotFound otherwise."""
    found = visible_to(actor).filter(pk=person_id).first()
    if found is None:
        raise NotFound
    return found


def search(actor: Actor, *, term: str = "", groups: Sequence[str] = ()) -> QuerySet[Person]:
    """People whom `actor` may see, by part of the name, or by a whole volunteer number, phone or identity number."""
    people = visible_to(actor).filter(erased_at=None, merged_into=None)
    wanted = term.strip().replace("\0", "")
    if wanted:
        condition = Q(name__contains=wanted) | Q(volunteer_number=wanted)
        if MOBILE_PHONE.fullmatch(wanted):
            condition |= Q(phone_index=phone_index(wanted))
        if ID_NUMBER.fullmatch(wanted.upper()):
            condition |= Q(id_index=id_index(wanted))
        people = people.filter(condition)
    if groups:
        people = people.filter(group__in=groups)
    return people


def users(*, term: str = "") -> QuerySet[User]:
    """Sign-ins by user name or part of their person's name, with their roles; for administrators' pages."""
    rows = User.objects.select_related("person").prefetch_related("role_grants").order_by("username")
    wanted = term.strip().replace("\0", "")
    return rows.filter(Q(username__contains=wanted) | Q(person__name__contains=wanted)) if wanted else rows


def free_user_name() -> str:
    """A user name that nobody has chosen, for whom no other suits."""
    return f"v{secrets.randbelow(10**10):010d}"


def user(user_id: int) -> User:
    """One sign-in with its person and roles; NotFound otherwise."""
    found = User.objects.select_related("person").prefetch_related("role_grants").filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def names_by_reference(references: Iterable[str]) -> dict[str, str]:
    """Names behind `user:ID` references: of the person, or the user name of who has none; others are left out."""
    wanted = {number for kind, _, number in (reference.partition(":") for reference in references) if kind == "user"}
    rows = User.objects.filter(pk__in=[int(number) for number in wanted if number.isdigit()])
    return {f"user:{pk}": name or username for pk, name, username in rows.values_list("pk", "person__name", "username")}


def guardianship_of(ward_id: int) -> Guardianship | None:
    """The guardian who was named for a minor and not replaced; their consent may still be awaited, or have ended by age."""
    return Guardianship.objects.filter(ward_id=ward_id, ended_at=None).first()


def with_guardians_consent(ward_ids: Collection[int], *, on: date) -> set[int]:
    """Who of these minors has a guardian that agreed, on that day."""
    found: set[int] = set()
    for part in _parts(ward_ids):
        rows = Guardianship.objects.filter(ward_id__in=part, ended_at=None, consented_at__isnull=False, until__gt=on)
        found.update(rows.values_list("ward_id", flat=True))
    return found


def people_of(person_id: int) -> list[int]:
    """A person's record and those that were merged into it: all are this one human being."""
    merged = Person.objects.filter(merged_into_id=person_id).order_by("pk").values_list("pk", flat=True)
    return [person_id, *merged]


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """Whether a person consents to a purpose now, and since when."""

    purpose: str
    given_at: datetime | None
    given_through: str


def consents(person_id: int) -> list[ConsentStatus]:
    """Every purpose that people are asked about, given or not."""
    given = {row.purpose: row for row in Consent.objects.filter(person_id=person_id, withdrawn_at=None)}
    return [
        ConsentStatus(
            purpose=purpose,
            given_at=given[purpose].given_at if purpose in given else None,
            given_through=given[purpose].given_through if purpose in given else "",
        )
        for purpose in (*PURPOSES, *partner_purposes())
    ]


def unwanted_texts(person_id: int) -> frozenset[str]:
    """Purposes of texts that somebody does not want on their phone."""
    return frozenset(UnwantedText.objects.filter(person_id=person_id).values_list("purpose", flat=True))


def phones_for_text(person_ids: Iterable[int], *, purpose: str) -> dict[int, str]:
    """Whole phones, by person, of those who left one and want texts of this purpose. For sending, never for showing."""
    assert purpose in TEXT_PURPOSES, "what nobody may decline is sent by whoever decides it"
    wanted, found = sorted(set(person_ids)), dict[int, str]()
    for start in range(0, len(wanted), LOOKUP_SIZE):
        rows = Person.objects.filter(pk__in=wanted[start : start + LOOKUP_SIZE]).exclude(phone_index="")
        declined = UnwantedText.objects.filter(person=OuterRef("pk"), purpose=purpose)
        found |= {one.pk: one.phone for one in rows.exclude(Exists(declined)).only("pk", "phone")}
    return found


def tokens(actor: Actor) -> list[ApiToken]:
    """The actor's own tokens that still work, newest first."""
    return list(ApiToken.objects.filter(user_id=actor.user_id or 0, revoked_at=None).order_by("-id"))


def skills_of(person_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The skills of these people, by person."""
    found: dict[int, frozenset[str]] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), 500):
        rows = Person.objects.filter(pk__in=wanted[start : start + 500]).values_list("pk", "skills")
        found |= {pk: frozenset(skills) for pk, skills in rows}
    return found


def people_with_role(role: Role) -> list[int]:
    """The people whose active sign-in holds a role: whom a task tells what concerns that role."""
    holders = User.objects.filter(is_active=True, person__isnull=False, role_grants__role=role.value)
    return sorted(holders.values_list("person_id", flat=True))
