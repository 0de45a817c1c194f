"""Guardians of minors 监护人: named, their consent by a code to their phone or on paper, ended by the birthday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record, record_many
from xinshi.bank.ages import age_years, guardian_until, needs_guardian
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.messages.codes import check_code, send_code
from xinshi.people.access import require_archive_keeper
from xinshi.people.basic_data import NAME_FORMAT, PHONE_FORMAT, resident_id_fault
from xinshi.people.domain import MOBILE_PHONE, id_birth_date, masked_phone
from xinshi.people.models import Guardianship, Person
from xinshi.people.queries import find_known, guardianship_of
from xinshi.people.wording import fault_text

PURPOSE: Final = "guardian"
GUARDIAN_AGE_MIN_YEARS: Final = 18
NAME_LENGTH_MAX: Final = 64
ENDS_PER_RUN_MAX: Final = 500
OF_AGE: Final = gettext_noop("You no longer need a guardian at the time bank: from today only you see your passbook.")


class NoGuardianNeeded(DomainError):
    code = "no_guardian_needed"
    message = gettext_noop("No guardian is needed at this age.")


class GuardianTooYoung(DomainError):
    code = "guardian_too_young"
    message = gettext_noop("A guardian is an adult. Compare the number with the guardian's card.")
    status = 422


class OwnGuardian(DomainError):
    code = "own_guardian"
    message = gettext_noop("Nobody is their own guardian: write the guardian's number and phone, not your own.")
    status = 422


class PhoneOfTheWard(DomainError):
    code = "phone_of_the_ward"
    message = gettext_noop(
        "This is the phone of the account itself. Give the guardian's own phone, or let the guardian sign at the station."
    )
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuardian:
    """Who answers for a minor; without a phone the consent is given on paper."""

    name: str
    relation: Guardianship.Relation
    id_number: str
    phone: str = ""


@transaction.atomic
def name_guardian(*, actor: Actor, ward_id: int, guardian: NewGuardian) -> int:
    """Name a minor's guardian, by the minor or the station; who was named before is replaced. Consent comes after."""
    if actor.person_id != ward_id:
        require_archive_keeper(actor)
    ward = Person.objects.select_for_update(no_key=True).filter(pk=ward_id, erased_at=None, merged_into=None).first()
    if ward is None:
        raise NotFound
    rules, today = policy_in_force().rules, clock.today()
    until = guardian_until(ward.birth_date, rules)
    if until is None or not needs_guardian(ward.birth_date, rules, today=today):
        raise NoGuardianNeeded
    _require_sound(guardian, ward, today)
    at = clock.now()
    Guardianship.objects.filter(ward=ward, ended_at=None).update(ended_at=at)
    row = Guardianship.objects.create(
        ward=ward,
        guardian_id=_member(guardian),
        name=guardian.name,
        relation=guardian.relation,
        phone=guardian.phone,
        id_number=guardian.id_number,
        named_at=at,
        named_by_ref=actor.reference,
        until=until,
    )
    record(actor=actor, action="bank.name_guardian", object_ref=f"person:{ward_id}", guardianship=row.pk)
    return row.pk


def _require_sound(guardian: NewGuardian, ward: Person, today: date) -> None:
    if not 0 < len(guardian.name) <= NAME_LENGTH_MAX or any(sign.isdigit() for sign in guardian.name):
        raise Invalid(field="name", reason=NAME_FORMAT)
    fault = resident_id_fault(guardian.id_number, today=today)
    if fault:
        raise Invalid(field="id_number", reason=fault_text(fault))
    born = id_birth_date(guardian.id_number)
    assert born is not None, "a sound number has a birth date"
    if guardian.id_number == ward.id_number.upper():
        raise OwnGuardian(field="id_number")
    if age_years(born, today=today) < GUARDIAN_AGE_MIN_YEARS:
        raise GuardianTooYoung(field="id_number")
    if guardian.phone and not MOBILE_PHONE.fullmatch(guardian.phone):
        raise Invalid(field="phone", reason=PHONE_FORMAT)


def _member(guardian: NewGuardian) -> int | None:
    """The guardian's own record, where number and name are those of somebody in the archive."""
    by_id, _ = find_known(id_numbers=[guardian.id_number], volunteer_numbers=[])
    found = by_id.get(guardian.id_number)
    return found.id if found is not None and found.name == guardian.name else None


def send_guardian_code(*, actor: Actor, ward_id: int, address: str) -> int:
    """Send a code to the phone of the guardian who was named; the code's id. PhoneOfTheWard where both have one phone."""
    if actor.person_id != ward_id:
        require_archive_keeper(actor)
    named = _awaited(ward_id)
    if not named.phone or named.phone == named.ward.phone:
        raise PhoneOfTheWard
    return send_code(phone=named.phone, shown_to=masked_phone(named.phone), purpose=PURPOSE, address=address)


def confirm_guardian(*, actor: Actor, ward_id: int, code_id: int, typed: str) -> None:
    """The guardian agreed: they read the code from their own phone. CodeWrong, CodeGone."""
    if actor.person_id != ward_id:
        require_archive_keeper(actor)
    named = _awaited(ward_id)
    phone = check_code(code_id=code_id, purpose=PURPOSE, typed=typed)
    if phone != named.phone:
        raise NotFound
    _consent(actor, named, Guardianship.Through.TEXT, "")


@transaction.atomic
def record_paper_consent(*, actor: Actor, ward_id: int, note: str) -> None:
    """The guardian signed at the station; `note` says what was seen and where the paper is kept."""
    require_archive_keeper(actor)
    if actor.person_id == ward_id:
        raise NotAllowed
    assert note.strip(), "a form asks for the note"
    _consent(actor, _awaited(ward_id), Guardianship.Through.PAPER, note)


def _awaited(ward_id: int) -> Guardianship:
    """The guardian who was named and has not agreed yet."""
    named = guardianship_of(ward_id)
    if named is None or named.consented_at is not None:
        raise NotFound
    return named


@transaction.atomic
def _consent(actor: Actor, named: Guardianship, through: Guardianship.Through, note: str) -> None:
    changed = Guardianship.objects.filter(pk=named.pk, consented_at=None, ended_at=None).update(
        consented_at=clock.now(), consented_through=through, consent_note=note.strip()[:200]
    )
    if not changed:
        raise NotFound
    record(
        actor=actor,
        action="bank.guardian_consents",
        object_ref=f"person:{named.ward_id}",
        guardianship=named.pk,
        through=through.value,
    )


@transaction.atomic
def end_guardianships(*, actor: Actor) -> int:
    """Note that minors came of age, and tell them; their guardians see nothing from that day on anyway. System only."""
    if not actor.is_system:
        raise NotAllowed
    at = clock.now()
    due = Guardianship.objects.filter(ended_at=None, until__lte=clock.today()).order_by("pk")
    ended = list(due.select_for_update(no_key=True)[:ENDS_PER_RUN_MAX])
    Guardianship.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=at)
    record_many(
        actor=actor,
        action="bank.end_guardianship",
        objects=[(f"person:{row.ward_id}", {"guardianship": row.pk}) for row in ended],
    )
    send_many(
        NewMessage(recipient_ref=f"person:{row.ward_id}", text=OF_AGE, key=f"guardianship:{row.pk}:ended")
        for row in ended
    )
    return len(ended)
