"""The station's side of accounts for programs: what waits, approving, refusing, guardians on paper, closing.

Registering by oneself has no endpoint: a code by text proves a person at a page, not a program.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field, StringConstraints

from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.registration import closing, deciding, guardians, queries
from xinshi.bank.registration.guardians import NewGuardian
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.people.domain import masked_id, masked_phone, plain_name
from xinshi.people.models import Guardianship

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]


class AccountToCheckOut(Schema):
    """A pending account; numbers are masked. `may_be_double` where somebody has the same phone, or name and birthday."""

    passbook_id: int
    person_id: int
    number: str
    name: str
    id_kind: str
    masked_id_number: str
    masked_phone: str
    birth_date: date | None
    age_years: int | None
    is_minor: bool
    is_too_young: bool
    waits_for_guardian: bool
    may_be_double: bool
    opened_at: datetime
    opened_through: str


class AccountDecidedOut(Schema):
    """The state of the passbook after the decision."""

    passbook_id: int
    state: Passbook.State


class RefusalIn(Schema):
    reason: Reason


class GuardianIn(Schema):
    """A minor's guardian. With `note` (what was signed, where the paper is) their consent on paper is recorded too."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    relation: Guardianship.Relation
    id_number: Annotated[str, Field(min_length=18, max_length=18, pattern=NO_NUL)]
    phone: Annotated[str, Field(max_length=20, pattern=NO_NUL)] = ""
    note: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""


class GuardianOut(Schema):
    """`until`: the birthday from which no guardian is needed."""

    guardianship_id: int
    has_consented: bool
    until: date


class ObstacleOut(Schema):
    text: str
    object: str


class ClosingOut(Schema):
    """What the end of an account depends on. `wish` is what the volunteer asked for themselves; empty where they did not."""

    passbook_id: int
    left_minutes: int
    wish: str
    obstacles: list[ObstacleOut]


class CloseIn(Schema):
    """What becomes of the hours that are left: `keep` is refused while there are any."""

    hours: ClosingWish.Hours
    reason: Reason


class SettledOut(Schema):
    donated_minutes: int
    lapsed_minutes: int


@router.get("/accounts-to-check", response=CursorPage[AccountToCheckOut])
def list_accounts_to_check(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Pending accounts, newest first; coordinators and administrators."""
    return cursor_page(queries.accounts_to_check(actor_of(request)), cursor=cursor, limit=limit, render=_to_check)


@router.post("/accounts-to-check/{passbook_id}/approval", response=AccountDecidedOut)
@idempotent
def approve_an_account(request: HttpRequest, passbook_id: Identifier) -> AccountDecidedOut:
    """The document was seen and fits. Refused for who is too young, and without a guardian's consent for minors."""
    deciding.approve_account(actor=actor_of(request), passbook_id=passbook_id)
    return AccountDecidedOut(passbook_id=passbook_id, state=Passbook.State.ACTIVE)


@router.post("/accounts-to-check/{passbook_id}/refusal", response=AccountDecidedOut)
@idempotent
def refuse_an_account(request: HttpRequest, passbook_id: Identifier, payload: RefusalIn) -> AccountDecidedOut:
    """The account does not open; document number and phone are forgotten."""
    deciding.refuse_account(actor=actor_of(request), passbook_id=passbook_id, reason=payload.reason)
    return AccountDecidedOut(passbook_id=passbook_id, state=Passbook.State.CLOSED)


@router.post("/people/{person_id}/guardian", response=GuardianOut)
@idempotent
def name_a_guardian(request: HttpRequest, person_id: Identifier, payload: GuardianIn) -> GuardianOut:
    """Name a minor's guardian at the station, who replaces an earlier one; the answer holds none of their data."""
    actor = actor_of(request)
    new = NewGuardian(
        name=plain_name(payload.name),
        relation=payload.relation,
        id_number=payload.id_number.upper(),
        phone=payload.phone,
    )
    guardianship_id = guardians.name_guardian(actor=actor, ward_id=person_id, guardian=new)
    if payload.note.strip():
        guardians.record_paper_consent(actor=actor, ward_id=person_id, note=payload.note)
    row = Guardianship.objects.get(pk=guardianship_id)
    return GuardianOut(guardianship_id=row.pk, has_consented=row.consented_at is not None, until=row.until)


@router.get("/passbooks/{passbook_id}/closing", response=ClosingOut)
def show_closing(request: HttpRequest, passbook_id: Identifier) -> ClosingOut:
    """What is left and what stands in the way; coordinators and administrators."""
    found = queries.closing(actor_of(request), passbook_id)
    return ClosingOut(
        passbook_id=passbook_id,
        left_minutes=found.left_minutes,
        wish=found.wish.hours if found.wish else "",
        obstacles=[ObstacleOut(text=str(one), object=one.object_ref) for one in found.obstacles],
    )


@router.post("/passbooks/{passbook_id}/closing", response=SettledOut)
@idempotent
def close_an_account(request: HttpRequest, passbook_id: Identifier, payload: CloseIn) -> SettledOut:
    """Settle the hours that are left and close for ever, in one transaction."""
    settled = closing.close_account(
        actor=actor_of(request), passbook_id=passbook_id, hours=payload.hours, reason=payload.reason
    )
    return SettledOut(donated_minutes=settled.donated_minutes, lapsed_minutes=settled.lapsed_minutes)


def _to_check(row: Passbook) -> AccountToCheckOut:
    card = queries.cards_of([row])[0]
    person = row.person
    return AccountToCheckOut(
        passbook_id=row.pk,
        person_id=person.pk,
        number=row.number,
        name=person.name,
        id_kind=person.id_kind,
        masked_id_number=masked_id(person.id_number),
        masked_phone=masked_phone(person.phone),
        birth_date=person.birth_date,
        age_years=card.age_years,
        is_minor=card.is_minor,
        is_too_young=card.is_too_young,
        waits_for_guardian=card.waits_for_guardian,
        may_be_double=card.may_be_double,
        opened_at=row.opened_at,
        opened_through=row.opened_through,
    )
