"""Kiosks: set up once, revoked at once, number and PIN with tries that are counted before anything is compared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from xinshi.activities.tests.conftest import SYSTEM, Cast, all_at_once
from xinshi.attendance.actions import check_in
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.kiosk.actions import (
    create_kiosk,
    enrol,
    enter,
    kiosk_of,
    renew_setup_code,
    revoke_kiosk,
    set_pin,
)
from xinshi.attendance.kiosk.domain import (
    KioskBusy,
    KioskNameTaken,
    NotAKiosk,
    NumberNotClear,
    PinLocked,
    PinNotGood,
    PinWrong,
    SetupCodeWrong,
)
from xinshi.attendance.kiosk.models import Kiosk, Pin
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.models import Person, phone_index

PIN = "274913"


@pytest.fixture
def kiosk(cast: Cast) -> tuple[Kiosk, str]:
    """An enrolled kiosk and its device's token."""
    made = create_kiosk(actor=cast.coordinator.actor, name="门诊大厅", place="一楼东门")
    pk, token = enrol(typed=f" {made.code.lower()} ")
    return Kiosk.objects.get(pk=pk), token


@pytest.fixture
def device(kiosk: tuple[Kiosk, str]) -> Client:
    client = Client()
    client.cookies["xinshi_kiosk"] = kiosk[1]
    return client


def phone(person_id: int, number: str) -> None:
    Person.objects.filter(pk=person_id).update(phone=number, phone_index=phone_index(number))


def test_a_kiosk_is_set_up_by_a_code_that_serves_once(cast: Cast, frozen: MoveTo) -> None:
    with pytest.raises(NotAllowed):
        create_kiosk(actor=cast.leader.actor, name="门诊大厅", place="一楼")
    made = create_kiosk(actor=cast.coordinator.actor, name="门诊大厅", place="一楼")
    with pytest.raises(KioskNameTaken):
        create_kiosk(actor=cast.coordinator.actor, name="门诊大厅", place="二楼")
    row = Kiosk.objects.get()
    assert made.code not in (row.setup_digest, row.digest)
    pk, token = enrol(typed=made.code)
    assert kiosk_of(token).pk == pk
    for typed in (made.code, "", "AAAAA-AAAAA"):
        with pytest.raises(SetupCodeWrong):
            enrol(typed=typed)
    again = renew_setup_code(actor=cast.coordinator.actor, kiosk_id=pk)
    frozen(at(9, 31))
    with pytest.raises(SetupCodeWrong):
        enrol(typed=again.code)
    _, new_token = enrol(typed=renew_setup_code(actor=cast.administrator.actor, kiosk_id=pk).code)
    for gone in (token, "", "x" * 90):
        with pytest.raises(NotAKiosk):
            kiosk_of(gone)
    with pytest.raises(NotAllowed):
        revoke_kiosk(actor=cast.volunteer.actor, kiosk_id=pk)
    revoke_kiosk(actor=cast.coordinator.actor, kiosk_id=pk)
    with pytest.raises(NotAKiosk):
        kiosk_of(new_token)
    for action in (revoke_kiosk, renew_setup_code):
        with pytest.raises(NotFound):
            action(actor=cast.coordinator.actor, kiosk_id=pk)


def test_a_pin_is_not_easy_and_only_its_digest_is_kept(cast: Cast) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(birth_date="1956-03-18")
    for pin in ("111111", "123456", "121212", "12345", "1234567", "12345a", "１２３４５６", "560318"):
        with pytest.raises(PinNotGood):
            set_pin(actor=cast.volunteer.actor, pin=pin)
    with pytest.raises(NotAllowed):
        set_pin(actor=SYSTEM, pin=PIN)
    assert not Pin.objects.exists()
    set_pin(actor=cast.volunteer.actor, pin=PIN)
    assert PIN not in Pin.objects.get().digest


def test_five_wrong_pins_lock_and_time_unlocks(cast: Cast, kiosk: tuple[Kiosk, str], frozen: MoveTo) -> None:
    set_pin(actor=cast.volunteer.actor, pin=PIN)

    def try_in(pin: str, number: str = cast.volunteer.number) -> int:
        return enter(kiosk=kiosk[0], number=number, pin=pin)

    for number in ("", "123", cast.second.number, "0000"):
        with pytest.raises(PinWrong):
            try_in(PIN, number)
    for _ in range(4):
        with pytest.raises(PinWrong):
            try_in("999999")
    assert try_in(PIN) == cast.volunteer.person_id
    for _ in range(5):
        with pytest.raises(PinWrong):
            try_in("999999")
    for pin in (PIN, "999999"):
        with pytest.raises(PinLocked):
            try_in(pin)
    frozen(at(9, 14))
    with pytest.raises(PinLocked):
        try_in(PIN)
    frozen(at(9, 15))
    assert try_in(PIN) == cast.volunteer.person_id
    assert (Pin.objects.get().tries, Pin.objects.get().locked_until) == (0, None)


def test_who_tries_many_numbers_is_stopped_at_the_kiosk(cast: Cast, kiosk: tuple[Kiosk, str]) -> None:
    for _ in range(40):
        with pytest.raises(PinWrong):
            enter(kiosk=kiosk[0], number="5555555", pin=PIN)
    with pytest.raises(KioskBusy):
        enter(kiosk=kiosk[0], number="5555555", pin=PIN)


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_five_are_evaluated(cast: Cast, kiosk: tuple[Kiosk, str]) -> None:
    set_pin(actor=cast.volunteer.actor, pin=PIN)
    jobs = [lambda: enter(kiosk=kiosk[0], number=cast.volunteer.number, pin="999999")] * 30
    outcomes = all_at_once(jobs, threads=6)
    assert sum(isinstance(one, PinWrong) for one in outcomes) == 5
    assert sum(isinstance(one, PinLocked) for one in outcomes) == 25


def test_the_last_digits_of_a_phone_do_where_they_are_clear(
    cast: Cast, service: Service, kiosk: tuple[Kiosk, str]
) -> None:
    for one in (cast.volunteer, cast.second, cast.leader):
        phone(one.person_id, "13800000042" if one is not cast.leader else "13800000077")
        set_pin(actor=one.actor, pin=PIN)
    with pytest.raises(PinWrong):
        enter(kiosk=kiosk[0], number="0077", pin=PIN)
    service.shift([cast.volunteer.person_id])
    assert enter(kiosk=kiosk[0], number="0042", pin=PIN) == cast.volunteer.person_id
    service.shift([cast.second.person_id])
    with pytest.raises(NumberNotClear):
        enter(kiosk=kiosk[0], number="0042", pin=PIN)
    set_pin(actor=cast.second.actor, pin="860251")
    assert enter(kiosk=kiosk[0], number="0042", pin="860251") == cast.second.person_id


def test_in_and_out_at_the_kiosk_with_masked_names(
    cast: Cast, service: Service, device: Client, kiosk: tuple[Kiosk, str], frozen: MoveTo
) -> None:
    set_pin(actor=cast.volunteer.actor, pin=PIN)
    shift = service.shift([cast.volunteer.person_id])
    address, act = reverse("attendance:kiosk"), reverse("attendance:kiosk_act")

    def entered() -> str:
        page = device.post(address, {"number": cast.volunteer.number, "pin": PIN})
        assert "李*" in page.content.decode()
        assert "李明" not in page.content.decode()
        return page.context["entry"]

    entry = entered()
    press = {"entry": entry, "signup": shift.signups[0], "choice": "in"}
    assert "已签到" in device.post(act, press).content.decode()
    assert "已签到" in device.post(act, press).content.decode()
    assert Trace.objects.count() == 1
    record = ServiceRecord.objects.get()
    assert (record.checked_in_through, record.checked_in_by_ref) == ("kiosk", f"kiosk:{kiosk[0].pk}")
    frozen(at(10, 30))
    assert device.post(act, press).status_code == 409
    late = {"entry": entered(), "signup": shift.signups[0]}
    asked = device.post(act, late)
    assert asked.context["arrival"].outcome == "ask"
    assert "已签退" in device.post(act, late | {"choice": "out"}).content.decode()
    assert record_of(record.pk).credited_minutes == 90
    for bad in ({"signup": "x"}, {"signup": str(2**70)}, {"signup": check_other(cast, service)}):
        assert device.post(act, {"entry": entered(), **bad}).status_code == 409
    other = Client()
    assert other.post(act, late).status_code == 302
    other.cookies["xinshi_kiosk"] = second_kiosk(cast)
    assert other.post(act, late).status_code == 409


def check_other(cast: Cast, service: Service) -> int:
    """The sign-up of somebody else."""
    return service.shift([cast.people(1)[0]]).signups[0]


def second_kiosk(cast: Cast) -> str:
    name = f"第{Kiosk.objects.count()}台"
    return enrol(typed=create_kiosk(actor=cast.coordinator.actor, name=name, place="二楼").code)[1]


def test_the_pages_of_kiosks_and_pins(cast: Cast, frozen: MoveTo) -> None:
    desk = cast.coordinator.client
    made = desk.post(reverse("attendance:kiosks"), {"name": "急诊", "place": "急诊大厅"})
    code = made.context["code"]
    device, address = Client(), reverse("attendance:kiosk")
    assert device.get(reverse("attendance:kiosk_code")).status_code == 302
    assert "设置码" in device.get(address).content.decode()
    assert "attendance" in device.post(address, {"code": "AAAAAAAAAA"}).templates[0].name
    enrolled = device.post(address, {"code": code})
    cookie = enrolled.cookies["xinshi_kiosk"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/attendance/kiosk/")
    assert "急诊大厅" in device.get(address).content.decode()
    assert "data-code" in device.get(reverse("attendance:kiosk_code")).content.decode()
    wrong = device.post(address, {"number": "1", "pin": "111111"})
    assert wrong.context["form"].non_field_errors()
    pk = Kiosk.objects.get().pk
    assert desk.post(reverse("attendance:renew_kiosk", args=[pk])).status_code == 200
    assert desk.post(reverse("attendance:revoke_kiosk", args=[pk])).status_code == 302
    assert "设置码" in device.get(address).content.decode()
    me = cast.volunteer.client
    pin = reverse("attendance:pin")
    assert me.post(pin, {"pin": PIN, "again": "000000"}).status_code == 200
    assert me.post(pin, {"pin": "111111", "again": "111111"}).status_code == 200
    assert not Pin.objects.exists()
    assert me.post(pin, {"pin": PIN, "again": PIN}).status_code == 302
    assert Pin.objects.get().person_id == cast.volunteer.person_id


def test_who_was_checked_in_by_the_leader_leaves_at_the_kiosk(
    cast: Cast, service: Service, device: Client, frozen: MoveTo
) -> None:
    set_pin(actor=cast.volunteer.actor, pin=PIN)
    shift = service.shift([cast.volunteer.person_id])
    check_in(actor=cast.leader.actor, signup_ids=shift.signups)
    frozen(at(10, 55) + timedelta(seconds=5))
    page = device.post(reverse("attendance:kiosk"), {"number": cast.volunteer.number, "pin": PIN})
    press = {"entry": page.context["entry"], "signup": shift.signups[0], "choice": "out"}
    assert device.post(reverse("attendance:kiosk_act"), press).status_code == 200
    assert ServiceRecord.objects.get().checked_out_through == "kiosk"
