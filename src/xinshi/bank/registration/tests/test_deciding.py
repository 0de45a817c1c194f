"""The station's check: approved, refused, never by oneself; minors only with their guardian."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import change_passbook_state, open_passbooks
from xinshi.bank.ages import GuardianMissing, TooYoung
from xinshi.bank.domain import OwnPassbook, PassbookStateNotPossible
from xinshi.bank.models import Passbook
from xinshi.bank.registration.deciding import approve_account, refuse_account
from xinshi.bank.registration.tests.conftest import MINOR, PASSWORD, PHONE, Cast, Register, set_rules
from xinshi.bank.roster.domain import with_what_the_number_tells
from xinshi.bank.roster.tests.conftest import id_number
from xinshi.bank.tests.conftest import SYSTEM
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message, OutgoingText
from xinshi.people.actions import NewPerson, register_people
from xinshi.people.models import Person, User

NOW = "2026-11-25 04:00:00+00:00"


def test_approving_activates_and_tells_by_message_and_text(cast: Cast, register: Register) -> None:
    done = register()
    approve_account(actor=cast.coordinator.actor, passbook_id=done.passbook_id)
    assert Passbook.objects.get(pk=done.passbook_id).state == "active"
    assert Message.objects.filter(recipient_ref=f"person:{done.person_id}").count() == 1
    assert OutgoingText.objects.filter(purpose="notice").count() == 1
    with pytest.raises(PassbookStateNotPossible):
        approve_account(actor=cast.coordinator.actor, passbook_id=done.passbook_id)


@pytest.mark.usefixtures("bank_checks")
def test_refusing_ends_the_sign_in_and_lets_the_right_person_register(cast: Cast, register: Register) -> None:
    done = register()
    assert Client().login(username="newcomer-0", password=PASSWORD)
    refuse_account(actor=cast.coordinator.actor, passbook_id=done.passbook_id, reason="姓名与证件不符")
    passbook = Passbook.objects.get(pk=done.passbook_id)
    assert (passbook.state, passbook.state_reason) == ("closed", "姓名与证件不符")
    person = Person.objects.get(pk=done.person_id)
    assert (person.id_number, person.phone, person.id_trace) == ("", "", "")
    assert User.objects.get(pk=done.user_id).is_active is False
    assert not Client().login(username="newcomer-0", password=PASSWORD)
    again = register(0, username="the-right-one")
    assert again.person_id != done.person_id
    assert verify().ok
    assert id_number(0) not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize("role", ["volunteer", "leader", "clerk", "auditor"])
def test_only_coordinators_and_administrators_decide(cast: Cast, register: Register, role: str) -> None:
    done, who = register(), cast.of_role(role)
    with pytest.raises(NotAllowed):
        approve_account(actor=who.actor, passbook_id=done.passbook_id)
    with pytest.raises(NotAllowed):
        refuse_account(actor=who.actor, passbook_id=done.passbook_id, reason="x")
    assert who.client.get(reverse("bank:accounts_to_check")).status_code == 403
    assert Passbook.objects.get(pk=done.passbook_id).state == "pending"


def test_nobody_activates_their_own_account(cast: Cast) -> None:
    passbook = cast.coordinator.passbook
    Passbook.objects.filter(pk=passbook.pk).update(state="pending")
    with pytest.raises(OwnPassbook):
        approve_account(actor=cast.coordinator.actor, passbook_id=passbook.pk)
    assert cast.coordinator.passbook.state == "pending"


@time_machine.travel(NOW)
def test_a_minor_and_who_is_too_young_stay_pending(cast: Cast, register: Register) -> None:
    done, coordinator = register(birth=MINOR), cast.coordinator.actor
    with pytest.raises(GuardianMissing):
        approve_account(actor=coordinator, passbook_id=done.passbook_id)
    with pytest.raises(GuardianMissing):
        change_passbook_state(actor=coordinator, passbook_id=done.passbook_id, state=Passbook.State.ACTIVE, reason="x")
    set_rules(age_min_years=16)
    with pytest.raises(TooYoung):
        approve_account(actor=coordinator, passbook_id=done.passbook_id)
    assert Passbook.objects.get(pk=done.passbook_id).state == "pending"


@pytest.mark.django_db
@time_machine.travel(NOW)
def test_minors_of_a_roster_open_pending_and_adults_active() -> None:
    people = [
        with_what_the_number_tells(NewPerson(name="小一", id_kind="01", id_number=id_number(1, born=MINOR))),
        with_what_the_number_tells(NewPerson(name="大二", id_kind="01", id_number=id_number(2))),
    ]
    ids = register_people(actor=SYSTEM, people=people)
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="roster")
    assert list(Passbook.objects.order_by("id").values_list("state", flat=True)) == ["pending", "active"]


@time_machine.travel(NOW)
def test_the_queue_shows_masked_numbers_and_what_is_missing(cast: Cast, register: Register) -> None:
    done = register(birth=MINOR)
    client = cast.coordinator.client
    page = client.get(reverse("bank:accounts_to_check")).content.decode()
    assert "赵新" in page
    assert "Guardian has not agreed" in page
    detail = client.get(reverse("bank:account_to_check", args=[done.passbook_id])).content.decode()
    for text in (page, detail):
        assert PHONE not in text
        assert id_number(0, born=MINOR) not in text
    assert "139****1111" in detail


def test_the_pages_approve_and_refuse(cast: Cast, register: Register) -> None:
    first, second = register(0), register(1, phone="13900005555")
    client = cast.coordinator.client
    assert client.post(reverse("bank:approve_account", args=[first.passbook_id])).status_code == 302
    page = client.post(reverse("bank:account_to_check", args=[second.passbook_id]), {"reason": ""})
    assert page.status_code == 200
    assert Passbook.objects.get(pk=second.passbook_id).state == "pending"
    client.post(reverse("bank:account_to_check", args=[second.passbook_id]), {"reason": "照片看不清"})
    states = dict(Passbook.objects.values_list("id", "state"))
    assert (states[first.passbook_id], states[second.passbook_id]) == ("active", "closed")
    assert client.get(reverse("bank:account_to_check", args=[first.passbook_id])).status_code == 404
