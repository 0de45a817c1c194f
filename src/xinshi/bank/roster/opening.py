"""Opening one account at the station 志愿服务站: register a person, and their passbook with them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from xinshi.bank.access import require_opener
from xinshi.bank.actions import open_passbooks
from xinshi.bank.models import Passbook
from xinshi.bank.roster.domain import RosterRow, judge, with_what_the_number_tells
from xinshi.bank.roster.known import known_people
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid
from xinshi.organizations.actions import join_many
from xinshi.organizations.queries import organization
from xinshi.people.actions import NewPerson, OneTimeSignIn, PersonKnown, give_sign_in, register_people
from xinshi.people.basic_data import intake_faults
from xinshi.people.models import User
from xinshi.people.wording import fault_text


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    person_id: int
    passbook_id: int
    number: str
    """The passbook's number, to be written on the volunteer's card."""
    sign_in: OneTimeSignIn | None = None
    """What is handed over on paper, where a sign-in was asked for."""


@transaction.atomic
def open_account(
    *, actor: Actor, person: NewPerson, organization_id: int | None = None, gives_sign_in: bool = False
) -> OpenedAccount:
    """Register `person` and open their passbook; who is in the archive without a passbook gets one.

    Invalid where basic data do not fit or contradict the archive; PersonKnown where the account is open already.
    """
    require_opener(actor)
    person = with_what_the_number_tells(person)
    wrong = intake_faults(person, today=clock.today())
    if wrong:
        raise Invalid(field=wrong[0].field, reason=fault_text(wrong[0]))
    if organization_id is not None:
        organization(actor, organization_id)
    by_id, by_number = known_people([person])
    judgement = judge([RosterRow(number=0, person=person, department="", cells=())], by_id=by_id, by_number=by_number)
    if judgement.rejected:
        [(_, faults)] = judgement.rejected
        raise Invalid(field=faults[0].field, reason=fault_text(faults[0]))
    if judgement.already_known:
        raise PersonKnown
    [person_id] = judgement.without_passbook or register_people(actor=actor, people=[person])
    if organization_id is not None:
        join_many(actor=actor, memberships=[(person_id, organization_id)])
    passbook_id = open_passbooks(actor=actor, person_ids=[person_id], opened_through="station")[person_id]
    number = Passbook.objects.values_list("number", flat=True).get(pk=passbook_id)
    has_sign_in = User.objects.filter(person_id=person_id).exists()
    given = give_sign_in(actor=actor, person_id=person_id) if gives_sign_in and not has_sign_in else None
    return OpenedAccount(person_id=person_id, passbook_id=passbook_id, number=number, sign_in=given)
