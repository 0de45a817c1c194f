"""Opening an account by oneself: phone, code, person; nothing tells who is registered."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.ages import TooYoung
from xinshi.bank.domain import PassbookNotOpen
from xinshi.bank.models import Passbook
from xinshi.bank.registration import registering
from xinshi.bank.registration.registering import BirthDateMissing, IdentityNotFree
from xinshi.bank.registration.tests.conftest import (
    ADULT,
    MINOR,
    PASSWORD,
    PHONE,
    Cast,
    Register,
    last_code,
    newcomer,
    proved,
    set_rules,
)
from xinshi.bank.roster.tests.conftest import id_number
from xinshi.bank.tests.conftest import SYSTEM
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid
from xinshi.messages.codes import CodeGone, TooManyCodes
from xinshi.messages.models import OneTimeCode, OutgoingText
from xinshi.people.actions import NewPerson, PasswordTooWeak, UserNameTaken
from xinshi.people.models import Consent, Person, User


def typed(serial: int = 0, **changes: str) -> dict[str, str]:
    """What a newcomer types on the last page."""
    fields = {
        "name": "赵　新",
        "id_kind": "01",
        "id_number": id_number(serial),
        "group": "citizen",
        "username": "",
        "password": PASSWORD,
        "password_again": PASSWORD,
        "has_consented": "on",
    }
    return fields | changes


def walk_to_person(browser: Client, phone: str = PHONE) -> None:
    assert browser.post("/bank/register/", {"phone": phone}).headers["Location"] == "/bank/register/code/"
    answer = browser.post("/bank/register/code/", {"code": last_code()})
    assert answer.headers["Location"] == "/bank/register/person/"


def test_a_newcomer_registers_and_sees_a_pending_passbook_that_says_what_to_do(browser: Client) -> None:
    walk_to_person(browser)
    answer = browser.post("/bank/register/person/", typed(is_public="on"))
    assert answer.headers["Location"] == "/bank/"
    person = Person.objects.get()
    assert (person.name, person.sex, person.birth_date, person.phone) == ("赵新", "1", date(1990, 5, 21), PHONE)
    given = Consent.objects.order_by("purpose").values_list("purpose", "given_through")
    assert list(given) == [("publicity", "self"), ("service", "self")]
    passbook = Passbook.objects.get()
    assert (passbook.state, passbook.opened_through) == ("pending", "self")
    page = browser.get("/bank/").content.decode()
    assert "Show your identity card at the volunteer service station" in page
    assert passbook.number in page
    assert "Find a shift" not in page
    assert Client().login(username=PHONE, password=PASSWORD)


def test_a_pending_passbook_takes_no_deposit(register: Register) -> None:
    done = register()
    deposit = NewDeposit(
        person_id=done.person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="导医",
        organizer="门诊部",
        raw_minutes=60,
        worked_on=clock.today(),
        source_ref="service-record:1",
    )
    with pytest.raises(PassbookNotOpen):
        deposit_many(actor=SYSTEM, deposits=[deposit])
    assert Passbook.objects.get().certified_minutes == 0


def test_the_rule_of_the_environment_activates_adults_at_once(register: Register, settings: Any) -> None:
    settings.REGISTRATION_ACTIVATES = True
    with time_machine.travel("2026-11-25 04:00:00+00:00"):
        register(0)
        register(1, birth=MINOR, phone="13900004444")
    assert list(Passbook.objects.order_by("id").values_list("state", flat=True)) == ["active", "pending"]


def words(answer: HttpResponse) -> str:
    """The page without the tokens against forged requests, which differ from visitor to visitor."""
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode())


def test_the_answer_is_the_same_whether_the_phone_is_known_or_not(browser: Client, register: Register) -> None:
    register()
    before = OneTimeCode.objects.count()
    known = browser.post("/bank/register/", {"phone": PHONE}, follow=True)
    stranger = Client(headers={"Accept-Language": "en"})
    unknown = stranger.post("/bank/register/", {"phone": "13900002222"}, follow=True)
    assert words(known) == words(unknown)
    assert OneTimeCode.objects.count() == before + 2


def test_a_registered_document_is_refused_without_saying_whose(register: Register, browser: Client) -> None:
    register(name="李已有")
    walk_to_person(browser, "13900003333")
    page = browser.post("/bank/register/person/", typed(username="other-name")).content.decode()
    assert "No account can be opened here with this document." in page
    assert "李已有" not in page
    assert (Person.objects.count(), User.objects.count(), Passbook.objects.count()) == (1, 1, 1)


def test_a_refused_document_leaves_the_proved_phone_to_try_again(register: Register) -> None:
    register()
    code_id = proved("13900003333")
    with pytest.raises(IdentityNotFree):
        registering.register(code_id=code_id, person=newcomer(0), username="second", password=PASSWORD)
    done = registering.register(code_id=code_id, person=newcomer(1), username="second", password=PASSWORD)
    assert Passbook.objects.get(pk=done.passbook_id).number == done.number


def test_nobody_finds_out_by_trying_who_is_registered(register: Register) -> None:
    for serial in range(6):
        register(serial, phone=f"1390000900{serial}")
    code_id = proved("13900003333")
    for serial in range(5):
        with pytest.raises(IdentityNotFree):
            registering.register(code_id=code_id, person=newcomer(serial), username="guesser", password=PASSWORD)
    with pytest.raises(TooManyCodes):
        registering.register(code_id=code_id, person=newcomer(7), username="guesser", password=PASSWORD)
    assert Person.objects.count() == 6


@pytest.mark.django_db
def test_one_code_opens_one_account_and_only_for_an_hour() -> None:
    code_id = proved()
    registering.register(code_id=code_id, person=newcomer(), username="first", password=PASSWORD)
    with pytest.raises(CodeGone):
        registering.register(code_id=code_id, person=newcomer(1), username="second", password=PASSWORD)
    late = proved()
    with time_machine.travel(clock.now() + timedelta(minutes=61)), pytest.raises(CodeGone):
        registering.register(code_id=late, person=newcomer(1), username="second", password=PASSWORD)
    assert Person.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"id_number": "110101199003070000"}, Invalid),
        ({"id_number": ""}, Invalid),
        ({"name": "123"}, Invalid),
        ({"id_kind": "05", "id_number": "E12345678"}, BirthDateMissing),
        ({"birth_date": date(1991, 1, 1)}, Invalid),
    ],
)
def test_refuses_what_does_not_fit_and_opens_nothing(changes: dict[str, object], refusal: type[Exception]) -> None:
    person: NewPerson = replace(newcomer(), **changes)  # type: ignore[arg-type]  # one field of NewPerson each
    with pytest.raises(refusal):
        registering.register(code_id=proved(), person=person, username="newcomer", password=PASSWORD)
    assert (Person.objects.count(), User.objects.count(), Passbook.objects.count()) == (0, 0, 0)


def test_a_name_that_is_taken_or_a_weak_password_opens_nothing(register: Register) -> None:
    register(username="taken-name")
    code_id = proved("13900003333")
    with pytest.raises(UserNameTaken):
        registering.register(code_id=code_id, person=newcomer(1), username="taken-name", password=PASSWORD)
    with pytest.raises(PasswordTooWeak):
        registering.register(code_id=code_id, person=newcomer(1), username="free-name", password="1234567890")
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_the_policys_least_age_is_kept_and_the_day_is_said() -> None:
    set_rules(age_min_years=16)
    with time_machine.travel("2026-11-25 04:00:00+00:00"), pytest.raises(TooYoung) as refusal:
        registering.register(code_id=proved(), person=newcomer(birth=MINOR), username="young", password=PASSWORD)
    assert refusal.value.parameters == {"years": 16, "day": date(2027, 3, 10)}
    assert Person.objects.count() == 0


def test_whoever_shares_a_phone_needs_a_user_name(register: Register, browser: Client) -> None:
    register()
    walk_to_person(browser)
    page = browser.post("/bank/register/person/", typed(1))
    assert "Somebody signs in with this phone already" in page.content.decode()
    assert Person.objects.count() == 1
    assert browser.post("/bank/register/person/", typed(1, username="second-of-two")).status_code == 302
    assert Client().login(username="second-of-two", password=PASSWORD)


def test_three_codes_an_hour_and_then_the_same_refusal_for_everybody(browser: Client) -> None:
    for _ in range(3):
        assert browser.post("/bank/register/", {"phone": PHONE}).status_code == 302
    page = browser.post("/bank/register/", {"phone": PHONE}).content.decode()
    assert "Codes were asked for too often." in page
    assert OutgoingText.objects.count() == 3


def test_the_pages_come_one_after_the_other(browser: Client) -> None:
    assert browser.get("/bank/register/code/").headers["Location"] == "/bank/register/"
    assert browser.get("/bank/register/person/").headers["Location"] == "/bank/register/"
    browser.post("/bank/register/", {"phone": PHONE})
    assert browser.get("/bank/register/person/").headers["Location"] == "/bank/register/"
    wrong = "000000" if last_code() != "000000" else "000001"
    answer = browser.post("/bank/register/code/", {"code": wrong})
    assert "This is not the code of the last text." in answer.content.decode()


@pytest.mark.django_db
def test_without_a_gateway_the_station_is_named(browser: Client, settings: Any) -> None:
    settings.SMS_GATEWAY = "off"
    assert "cannot send texts" in browser.get("/bank/register/").content.decode()
    assert "cannot send texts" in browser.post("/bank/register/", {"phone": PHONE}).content.decode()
    assert OneTimeCode.objects.count() == 0


def test_no_phone_and_no_number_stand_in_clear_in_sessions_or_texts(browser: Client) -> None:
    walk_to_person(browser)
    code = last_code()
    browser.post("/bank/register/person/", typed())
    for session in Session.objects.all():
        assert PHONE not in str(session.get_decoded())
        assert id_number(0) not in str(session.get_decoded())
    with connection.cursor() as cursor:
        cursor.execute('SELECT "to", text, shown_to FROM outgoing_text')
        stored = [value for row in cursor.fetchall() for value in row]
        cursor.execute("SELECT phone, digest FROM one_time_code")
        stored += [value for row in cursor.fetchall() for value in row]
    assert len(stored) == 5
    assert not any(PHONE in value or f" {code}" in value for value in stored)


def test_no_account_without_the_consent_to_service(browser: Client) -> None:
    walk_to_person(browser)
    fields = typed()
    del fields["has_consented"]
    page = browser.post("/bank/register/person/", fields).content.decode()
    assert "Without this consent no account can be opened." in page
    assert Person.objects.count() == 0


def test_whoever_is_signed_in_is_led_to_their_passbook(cast: Cast) -> None:
    assert cast.volunteer.client.get("/bank/register/").headers["Location"] == "/bank/"


def test_adults_and_minors_are_told_apart_by_the_policy(register: Register) -> None:
    with time_machine.travel("2026-11-25 04:00:00+00:00"):
        assert register(0, birth=ADULT).needs_guardian is False
        assert register(1, birth=MINOR, phone="13900004444").needs_guardian is True
