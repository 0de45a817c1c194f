"""The archive for programs: numbers masked, one's own data, consents. Sign-ins and whole secrets stay with the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field, StringConstraints

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound
from xinshi.people import actions, queries
from xinshi.people.access import require_archive_reader
from xinshi.people.actions import NewPerson
from xinshi.people.domain import TEXT_PURPOSES, masked_id, masked_phone, plain_name
from xinshi.people.models import Person, User

router = Router(tags=["people"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str, Field(max_length=64, pattern=NO_NUL)]
Words = Annotated[list[Word], Field(max_length=30)]
Phone = Annotated[str, Field(max_length=20, pattern=NO_NUL)]
Group = Literal["staff", "student", "citizen"]
Purpose = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^(service|publicity|exchange:[A-Za-z0-9._-]{1,32})$")
]


class PersonCardOut(Schema):
    """Somebody in a list; the phone is masked."""

    id: int
    name: str
    volunteer_number: str
    masked_phone: str
    group: str


class PersonOut(Schema):
    """Basic data of 民政部令67, with masked numbers. `sex`: 1 male, 2 female, empty not given."""

    id: int
    name: str
    sex: str
    birth_date: date | None
    id_kind: str
    masked_id_number: str
    volunteer_number: str
    masked_phone: str
    area: str
    group: str
    skills: list[str]
    service_categories: list[str]
    is_public: bool
    registered_at: datetime


class ConsentOut(Schema):
    """Whether somebody consents to `purpose` now, and since when."""

    purpose: str
    given_at: datetime | None
    given_through: str


class TextChoiceOut(Schema):
    """Whether texts of this purpose go to the person's phone; the inbox has the same in any case."""

    purpose: str
    wanted: bool


class MeOut(Schema):
    """Who calls. `person` is null for a sign-in without a person, such as a clerk's."""

    user_name: str
    roles: list[Role]
    person: PersonOut | None
    consents: list[ConsentOut]


class PersonIn(Schema):
    """The whole of somebody's basic data: what is left out is emptied, but for the numbers: null keeps them."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    sex: Literal["", "1", "2"] = ""
    birth_date: date | None = None
    id_kind: Annotated[str, Field(max_length=2, pattern=NO_NUL)] = ""
    id_number: Word | None = None
    volunteer_number: Word = ""
    phone: Phone | None = None
    area: Word = ""
    group: Group = "citizen"
    skills: Words = []
    service_categories: Words = []


class ContactIn(Schema):
    """What people keep up to date themselves: what is left out is emptied."""

    phone: Phone = ""
    area: Word = ""
    skills: Words = []
    service_categories: Words = []


class ChangedOut(Schema):
    """The names of the columns that changed."""

    changed: list[str]


class AccountReasonIn(Schema):
    reason: Annotated[str, Field(min_length=2, max_length=200, pattern=NO_NUL)]


class RevealedOut(Schema):
    id_number: str
    phone: str


class ConsentIn(Schema):
    """`given` false withdraws; one's consent to service itself ends with the account, at the station."""

    purpose: Purpose
    given: bool


class TextChoiceIn(Schema):
    purpose: Literal["reminder", "offer", "stand-in", "call"]
    wanted: bool


@router.get("", response=CursorPage[PersonCardOut])
def list_people(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=64)] = "",
    group: Group | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Newest first, for those who keep or audit the archive.

    `q` is a part of the name, or a whole volunteer number, phone or identity number.
    """
    actor = actor_of(request)
    require_archive_reader(actor)
    found = queries.search(actor, term=q, groups=[group] if group else [])
    return cursor_page(found, cursor=cursor, limit=limit, render=_card)


@router.get("/me", response=MeOut)
def show_me(request: HttpRequest) -> MeOut:
    actor = actor_of(request)
    user_id = actor.user_id or 0
    return MeOut(
        user_name=User.objects.values_list("username", flat=True).get(pk=user_id),
        roles=sorted(actor.roles),
        person=_out(queries.person(actor, actor.person_id)) if actor.person_id else None,
        consents=_consents(actor.person_id) if actor.person_id else [],
    )


@router.put("/me/contact", response=ChangedOut)
@idempotent
def change_my_contact(request: HttpRequest, payload: ContactIn) -> ChangedOut:
    changed = actions.change_own_contact(
        actor=actor_of(request),
        phone=payload.phone,
        area=payload.area,
        skills=tuple(payload.skills),
        service_categories=tuple(payload.service_categories),
    )
    return ChangedOut(changed=changed)


@router.post("/me/consents", response=ConsentOut)
@idempotent
def change_my_consent(request: HttpRequest, payload: ConsentIn) -> ConsentOut:
    """Give or withdraw one of one's own consents."""
    actor = actor_of(request)
    if actor.person_id is None:
        raise NotFound
    return _change_consent(actor, actor.person_id, payload, through="self")


@router.get("/me/texts", response=list[TextChoiceOut])
def list_my_texts(request: HttpRequest) -> list[TextChoiceOut]:
    """The kinds of texts that one may decline. Codes, and what was decided about the account, always go out."""
    return _texts(_own(actor_of(request)))


@router.post("/me/texts", response=list[TextChoiceOut])
@idempotent
def choose_my_text(request: HttpRequest, payload: TextChoiceIn) -> list[TextChoiceOut]:
    """Have one kind of texts sent to one's own phone, or kept back."""
    actor = actor_of(request)
    return _choose_text(actor, _own(actor), payload)


@router.get("/{person_id}", response=PersonOut)
def show_person(request: HttpRequest, person_id: Identifier) -> PersonOut:
    """Oneself, or anybody for those who keep or audit the archive."""
    return _out(queries.person(actor_of(request), person_id))


@router.put("/{person_id}", response=ChangedOut)
@idempotent
def change_person(request: HttpRequest, person_id: Identifier, payload: PersonIn) -> ChangedOut:
    """Put these basic data in the place of somebody's; coordinators and administrators."""
    actor = actor_of(request)
    known = queries.person(actor, person_id)
    data = NewPerson(
        name=plain_name(payload.name),
        sex=payload.sex,
        birth_date=payload.birth_date,
        id_kind=payload.id_kind,
        id_number=known.id_number if payload.id_number is None else payload.id_number.upper(),
        volunteer_number=payload.volunteer_number,
        phone=known.phone if payload.phone is None else payload.phone,
        area=payload.area,
        group=payload.group,
        skills=tuple(payload.skills),
        service_categories=tuple(payload.service_categories),
    )
    return ChangedOut(changed=actions.change_person(actor=actor, person_id=person_id, data=data))


@router.post("/{person_id}/reveal", response=RevealedOut)
def reveal_numbers(request: HttpRequest, person_id: Identifier, payload: AccountReasonIn) -> RevealedOut:
    """Whole numbers, for those who keep the archive and say why; each look is on record. The answer is never kept."""
    found = actions.reveal(actor=actor_of(request), person_id=person_id, reason=payload.reason)
    return RevealedOut(id_number=found.id_number, phone=found.phone)


@router.get("/{person_id}/consents", response=list[ConsentOut])
def list_consents(request: HttpRequest, person_id: Identifier) -> list[ConsentOut]:
    """Every purpose that people are asked about, given or not."""
    return _consents(queries.person(actor_of(request), person_id).pk)


@router.post("/{person_id}/consents", response=ConsentOut)
@idempotent
def change_consent(request: HttpRequest, person_id: Identifier, payload: ConsentIn) -> ConsentOut:
    """A consent given or withdrawn on paper at the station; coordinators and administrators."""
    actor = actor_of(request)
    queries.person(actor, person_id)
    return _change_consent(actor, person_id, payload, through="station")


@router.get("/{person_id}/texts", response=list[TextChoiceOut])
def list_texts(request: HttpRequest, person_id: Identifier) -> list[TextChoiceOut]:
    """Which kinds of texts go to somebody's phone."""
    return _texts(queries.person(actor_of(request), person_id).pk)


@router.post("/{person_id}/texts", response=list[TextChoiceOut])
@idempotent
def choose_text(request: HttpRequest, person_id: Identifier, payload: TextChoiceIn) -> list[TextChoiceOut]:
    """As the person said it at the station; coordinators and administrators."""
    actor = actor_of(request)
    queries.person(actor, person_id)
    return _choose_text(actor, person_id, payload)


def _own(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotFound
    return actor.person_id


def _choose_text(actor: Actor, person_id: int, payload: TextChoiceIn) -> list[TextChoiceOut]:
    actions.choose_text(actor=actor, person_id=person_id, purpose=payload.purpose, wanted=payload.wanted)
    return _texts(person_id)


def _texts(person_id: int) -> list[TextChoiceOut]:
    unwanted = queries.unwanted_texts(person_id)
    return [TextChoiceOut(purpose=purpose, wanted=purpose not in unwanted) for purpose in TEXT_PURPOSES]


def _change_consent(actor: Actor, person_id: int, payload: ConsentIn, *, through: str) -> ConsentOut:
    if payload.given:
        actions.give_consent(actor=actor, person_id=person_id, purpose=payload.purpose, through=through)
    else:
        actions.withdraw_consent(actor=actor, person_id=person_id, purpose=payload.purpose)
    return next(one for one in _consents(person_id) if one.purpose == payload.purpose)


def _consents(person_id: int) -> list[ConsentOut]:
    return [
        ConsentOut(purpose=one.purpose, given_at=one.given_at, given_through=one.given_through)
        for one in queries.consents(person_id)
    ]


def _card(person: Person) -> PersonCardOut:
    card = queries.card_of(person)
    return PersonCardOut(
        id=card.id,
        name=card.name,
        volunteer_number=card.volunteer_number,
        masked_phone=card.masked_phone,
        group=card.group,
    )


def _out(person: Person) -> PersonOut:
    return PersonOut(
        id=person.pk,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        id_kind=person.id_kind,
        masked_id_number=masked_id(person.id_number),
        volunteer_number=person.volunteer_number or "",
        masked_phone=masked_phone(person.phone),
        area=person.area,
        group=person.group,
        skills=person.skills,
        service_categories=person.service_categories,
        is_public=person.is_public,
        registered_at=person.registered_at,
    )
