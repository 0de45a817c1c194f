"""Guardians of minors: named, agreed by code or on paper, seeing the passbook, ended by the birthday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from xinshi.bank.access import visible_to
from xinshi.bank.ages import age_years, birthday
from xinshi.bank.models import Passbook
from xinshi.bank.registration.deciding import approve_account
from xinshi.bank.registration.guardians import (
    GuardianTooYoung,
    NewGuardian,
    NoGuardianNeeded,
    OwnGuardian,
    PhoneOfTheWard,
    confirm_guardian,
    end_guardianships,
    name_guardian,
    record_paper_consent,
    send_guardian_code,
)
from xinshi.bank.registration.registering import Registered
from xinshi.bank.registration.tests.conftest import MINOR, PHONE, Cast, Register, last_code, set_rules
from xinshi.bank.roster.tests.conftest import id_number
from xinshi.bank.tests.conftest import SYSTEM, Somebody
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.codes import CodeWrong
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import Guardianship, User

PARENT_RELATION, OTHER = Guardianship.Relation.PARENT, Guardianship.Relation.OTHER
PARENT = NewGuardian(
    name="赵父", relation=PARENT_RELATION, id_number=id_number(9, born="19800101"), phone="13900008888"
)
Minor = tuple[Registered, Somebody]


@pytest.fixture(autouse=True)
def in_2026() -> Iterator[None]:
    with time_machine.travel("2026-11-25 04:00:00+00:00"):
        yield


@pytest.fixture
def minor(register: Register) -> Minor:
    done = register(birth=MINOR)
    return done, Somebody(user=User.objects.get(pk=done.user_id))


def test_the_guardians_code_lets_the_station_activate(cast: Cast, minor: Minor) -> None:
    done, ward = minor
    name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=PARENT)
    code_id = send_guardian_code(actor=ward.actor, ward_id=done.person_id, address="192.0.2.1")
    digits = last_code()
    wrong = f"{(int(digits) + 1) % 10**6:06d}"
    with pytest.raises(CodeWrong):
        confirm_guardian(actor=ward.actor, ward_id=done.person_id, code_id=code_id, typed=wrong)
    assert Guardianship.objects.get().consented_at is None
    confirm_guardian(actor=ward.actor, ward_id=done.person_id, code_id=code_id, typed=digits)
    row = Guardianship.objects.get()
    assert (row.consented_through, row.until) == ("text", date(2029, 3, 10))
    approve_account(actor=cast.coordinator.actor, passbook_id=done.passbook_id)
    assert Passbook.objects.get(pk=done.passbook_id).state == "active"


def test_paper_at_the_station_is_recorded_with_its_note(cast: Cast, minor: Minor) -> None:
    done, ward = minor
    name_guardian(actor=cast.coordinator.actor, ward_id=done.person_id, guardian=PARENT)
    with pytest.raises(NotAllowed):
        record_paper_consent(actor=ward.actor, ward_id=done.person_id, note="我同意")
    record_paper_consent(actor=cast.coordinator.actor, ward_id=done.person_id, note="见同意书，档案柜 3")
    row = Guardianship.objects.get()
    assert (row.consented_through, row.consent_note) == ("paper", "见同意书，档案柜 3")


@pytest.mark.parametrize(
    ("guardian", "refusal"),
    [
        (NewGuardian(name="赵父", relation=PARENT_RELATION, id_number="1"), Invalid),
        (NewGuardian(name="", relation=PARENT_RELATION, id_number=PARENT.id_number), Invalid),
        (NewGuardian(name="赵姐", relation=OTHER, id_number=id_number(8, born="20100101")), GuardianTooYoung),
        (NewGuardian(name="赵新", relation=OTHER, id_number=id_number(0, born=MINOR)), OwnGuardian),
    ],
)
def test_refuses_who_cannot_be_a_guardian(minor: Minor, guardian: NewGuardian, refusal: type[Exception]) -> None:
    done, ward = minor
    with pytest.raises(refusal):
        name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=guardian)
    assert Guardianship.objects.count() == 0


def test_the_code_never_goes_to_the_minors_own_phone(minor: Minor) -> None:
    done, ward = minor
    own = NewGuardian(name="赵父", relation=PARENT_RELATION, id_number=PARENT.id_number, phone=PHONE)
    name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=own)
    with pytest.raises(PhoneOfTheWard):
        send_guardian_code(actor=ward.actor, ward_id=done.person_id, address="192.0.2.1")


def test_adults_need_none_and_nobody_names_for_others(cast: Cast, register: Register) -> None:
    adult = register(3)
    with pytest.raises(NoGuardianNeeded):
        name_guardian(actor=cast.coordinator.actor, ward_id=adult.person_id, guardian=PARENT)
    with pytest.raises(NotAllowed):
        name_guardian(actor=cast.volunteer.actor, ward_id=adult.person_id, guardian=PARENT)
    with pytest.raises(NotFound):
        name_guardian(actor=cast.coordinator.actor, ward_id=10**9, guardian=PARENT)
    assert Guardianship.objects.count() == 0


def test_below_fourteen_a_guardian_is_law_whatever_the_policy_says(register: Register) -> None:
    set_rules(guardian_below_years=0)
    assert register(0, birth="20130101").needs_guardian is True
    assert register(1, birth="20121101", phone="13900006666").needs_guardian is False


def parent_who_is_a_member() -> Somebody:
    [person_id] = register_people(
        actor=SYSTEM, people=[NewPerson(name="赵父", id_kind="01", id_number=PARENT.id_number)]
    )
    new = NewUser(username="father", password=None, person_id=person_id, roles=frozenset())
    create_users(actor=SYSTEM, users=[new])
    return Somebody(user=User.objects.get(username="father"))


def test_a_guardian_who_is_a_member_sees_the_passbook_until_the_birthday(cast: Cast, minor: Minor) -> None:
    done, ward = minor
    father = parent_who_is_a_member()
    name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=PARENT)
    assert not visible_to(father.actor).filter(pk=done.passbook_id).exists()
    record_paper_consent(actor=cast.coordinator.actor, ward_id=done.person_id, note="同意书")
    assert visible_to(father.actor).filter(pk=done.passbook_id).exists()
    with time_machine.travel("2029-03-09 04:00:00+00:00"):
        assert visible_to(father.actor).filter(pk=done.passbook_id).exists()
        assert end_guardianships(actor=SYSTEM) == 0
    with time_machine.travel("2029-03-10 04:00:00+00:00"):
        assert not visible_to(father.actor).filter(pk=done.passbook_id).exists()
        assert end_guardianships(actor=SYSTEM) == 1
        assert end_guardianships(actor=SYSTEM) == 0
    with pytest.raises(NotAllowed):
        end_guardianships(actor=cast.coordinator.actor)


def test_somebody_of_the_same_number_and_another_name_is_not_linked(minor: Minor) -> None:
    done, ward = minor
    father = parent_who_is_a_member()
    wrong = NewGuardian(name="别人", relation=PARENT_RELATION, id_number=PARENT.id_number, phone=PARENT.phone)
    name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=wrong)
    assert Guardianship.objects.get().guardian_id is None
    name_guardian(actor=ward.actor, ward_id=done.person_id, guardian=PARENT)
    assert Guardianship.objects.get(ended_at=None).guardian_id == father.person_id
    assert Guardianship.objects.count() == 2


def test_the_minors_own_pages_walk_through_naming_and_code(minor: Minor) -> None:
    _, ward = minor
    client = ward.client
    assert "Let your guardian agree" in client.get("/bank/").content.decode()
    fields = {"name": "赵父", "relation": "parent", "id_number": PARENT.id_number, "phone": PARENT.phone}
    assert client.post("/bank/guardian/", fields).headers["Location"] == "/bank/guardian/code/"
    assert client.post("/bank/guardian/code/", {"code": last_code()}).headers["Location"] == "/bank/"
    assert Guardianship.objects.get().consented_through == "text"
    assert PARENT.id_number not in client.get("/bank/guardian/").content.decode()


def test_the_desk_names_and_signs_in_one_form(cast: Cast, minor: Minor) -> None:
    done, _ = minor
    path = reverse("bank:guardian_of", args=[done.person_id])
    fields = {"name": "赵父", "relation": "parent", "id_number": PARENT.id_number, "note": "同意书第 12 号"}
    assert cast.coordinator.client.post(path, fields).status_code == 302
    assert Guardianship.objects.get().consented_through == "paper"
    assert "Minor" in cast.coordinator.client.get(reverse("people:person", args=[done.person_id])).content.decode()


def test_ages_turn_on_the_birthday_and_leap_days_on_the_first_of_march() -> None:
    assert birthday(date(2012, 2, 29), 18) == date(2030, 3, 1)
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)
    assert age_years(date(2010, 11, 25), today=date(2026, 11, 25)) == 16
    assert age_years(date(2010, 11, 25), today=date(2026, 11, 24)) == 15
