"""Opening an account by oneself: the phone is proved by a code, the identity is checked at the station."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from xinshi.bank.actions import open_passbooks
from xinshi.bank.ages import needs_guardian, require_old_enough
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.bank.roster.domain import with_what_the_number_tells
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.messages.codes import TooManyCodes, proved_phone, send_code, spend_proof
from xinshi.messages.limits import allow
from xinshi.people.actions import NewPerson, PersonKnown, create_user, register_people
from xinshi.people.basic_data import PHONE_FORMAT, intake_faults
from xinshi.people.domain import MOBILE_PHONE, masked_phone
from xinshi.people.models import User, phone_index
from xinshi.people.queries import find_by_id_numbers, free_user_name
from xinshi.people.wording import fault_text

PURPOSE: Final = "register"
IDENTITIES_MAX: Final = 5
"""How many documents may be tried with one phone in a day: nobody finds out by trying who is registered."""
BY_ONESELF: Final = "self"


class IdentityNotFree(DomainError):
    code = "identity_not_free"
    message = gettext_noop(
        "No account can be opened here with this document. If you have one already, sign in; otherwise show the document "
        "at the volunteer service station."
    )


class BirthDateMissing(DomainError):
    code = "birth_date_missing"
    message = gettext_noop("Write your date of birth: this kind of document does not tell it.")
    status = 422


@dataclass(frozen=True, slots=True)
class Registered:
    """The new account; `username` is what one signs in with, besides the phone where nobody else has it."""

    person_id: int
    user_id: int
    passbook_id: int
    number: str
    username: str
    needs_guardian: bool


def ask_for_code(*, phone: str, address: str) -> int:
    """Send a code to the phone of whoever wants an account; the code's id. The answer tells nothing about the phone."""
    if not MOBILE_PHONE.fullmatch(phone):
        raise Invalid(field="phone", reason=PHONE_FORMAT)
    return send_code(phone=phone, shown_to=masked_phone(phone), purpose=PURPOSE, address=address)


def phone_has_sign_in(code_id: int | None) -> bool:
    """Whether the phone that was proved signs somebody in already; CodeGone where none was proved."""
    index = phone_index(proved_phone(code_id=code_id, purpose=PURPOSE))
    return User.objects.filter(person__phone_index=index, is_active=True).exists()


def register(*, code_id: int, person: NewPerson, username: str, password: str) -> Registered:
    """Open an account for whoever proved a phone with `code_id`; pending until the station has seen the document.

    CodeGone, TooYoung, IdentityNotFree, Invalid for what does not fit, UserNameTaken, PasswordTooWeak. `person.phone` is
    passed over: it is the phone that was proved. The consent to service is given with this, that to publicity by
    `person.is_public`.
    """
    phone = proved_phone(code_id=code_id, purpose=PURPOSE)
    person = with_what_the_number_tells(replace(person, phone=phone))
    today = clock.today()
    wrong = intake_faults(person, today=today)
    if wrong:
        raise Invalid(field=wrong[0].field, reason=fault_text(wrong[0]))
    if person.birth_date is None:
        raise BirthDateMissing(field="birth_date")
    rules = policy_in_force().rules
    require_old_enough(person.birth_date, rules, today=today)
    tried = f"register:{phone_index(phone)}"
    if not allow(tried, times_max=IDENTITIES_MAX, span=timedelta(days=1)):
        raise TooManyCodes
    return _register(
        code_id,
        person,
        username or free_user_name(),
        password,
        Actor.system("registration"),
        is_minor=needs_guardian(person.birth_date, rules, today=today),
    )


@transaction.atomic
def _register(
    code_id: int, person: NewPerson, username: str, password: str, actor: Actor, *, is_minor: bool
) -> Registered:
    spend_proof(code_id=code_id, purpose=PURPOSE)
    if not person.id_number or find_by_id_numbers([person.id_number]):
        raise IdentityNotFree(field="id_number")
    try:
        [person_id] = register_people(actor=actor, people=[person], given_through=BY_ONESELF)
    except PersonKnown:
        raise IdentityNotFree(field="id_number") from None
    user_id = create_user(
        actor=actor, username=username, password=password, person_id=person_id, roles=frozenset({Role.VOLUNTEER})
    )
    passbook_id = open_passbooks(
        actor=actor,
        person_ids=[person_id],
        opened_through=BY_ONESELF,
        is_checked=settings.REGISTRATION_ACTIVATES,
    )[person_id]
    return Registered(
        person_id=person_id,
        user_id=user_id,
        passbook_id=passbook_id,
        number=Passbook.objects.values_list("number", flat=True).get(pk=passbook_id),
        username=username,
        needs_guardian=is_minor,
    )
