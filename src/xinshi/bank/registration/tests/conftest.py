"""Newcomers, the texts that reach them, and the bank's cast at the desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from xinshi.bank.models import PolicyVersion
from xinshi.bank.registration import registering
from xinshi.bank.registration.registering import Registered
from xinshi.bank.roster.tests.conftest import id_number
from xinshi.bank.tests.conftest import Cast, bank_checks, cast, put_in
from xinshi.kernel import clock
from xinshi.messages.codes import check_code
from xinshi.messages.models import OutgoingText
from xinshi.people.actions import NewPerson

__all__ = ["Cast", "bank_checks", "cast", "put_in"]
PASSWORD = "一个足够长的密码 26"
PHONE = "13900001111"
ADULT, MINOR = "19900521", "20110310"


def last_code() -> str:
    """The digits of the newest text."""
    row = OutgoingText.objects.order_by("-id").first()
    assert row is not None, "a text was put in line"
    found = re.search(r"\d{6}", row.text)
    assert found is not None, row.text
    return found[0]


def proved(phone: str = PHONE) -> int:
    """A code that proved this phone."""
    code_id = registering.ask_for_code(phone=phone, address="192.0.2.1")
    check_code(code_id=code_id, purpose=registering.PURPOSE, typed=last_code())
    return code_id


def newcomer(serial: int = 0, *, birth: str = ADULT, name: str = "赵新") -> NewPerson:
    return NewPerson(name=name, id_kind="01", id_number=id_number(serial, born=birth))


Register = Callable[..., Registered]


@pytest.fixture
def register(db: None) -> Register:
    """Register somebody by phone; each serial is another document."""

    def make(
        serial: int = 0, *, phone: str = PHONE, birth: str = ADULT, username: str = "", name: str = "赵新"
    ) -> Registered:
        return registering.register(
            code_id=proved(phone),
            person=newcomer(serial, birth=birth, name=name),
            username=username or f"newcomer-{serial}",
            password=PASSWORD,
        )

    return make


@pytest.fixture
def browser(db: None) -> Client:
    return Client(headers={"Accept-Language": "en"})


def set_rules(**rules: object) -> None:
    """Let the policy in force say something else: what a new version would do from today on."""
    version = PolicyVersion.objects.filter(effective_from__lte=clock.today()).order_by("-effective_from").first()
    assert version is not None
    PolicyVersion.objects.filter(pk=version.pk).update(rules={**version.rules, **rules})
