"""The page of texts on their way out: administrators only, codes only while developing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from xinshi.kernel.actor import Actor, Role
from xinshi.messages.models import OutgoingText
from xinshi.messages.tests.test_codes import PHONE, last_code, send
from xinshi.people.actions import NewUser, create_users
from xinshi.people.models import User

PATH = "/messages/outgoing/"


def client_of(role: Role) -> Client:
    new = NewUser(username=role.value, password=None, person_id=None, roles=frozenset({role}))
    create_users(actor=Actor.system("tests"), users=[new])
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(User.objects.get(username=role.value))
    return client


@pytest.mark.django_db
def test_shows_the_text_while_developing_and_never_the_phone() -> None:
    send()
    page = client_of(Role.ADMINISTRATOR).get(PATH).content.decode()
    assert last_code() in page
    assert "139****1111" in page
    assert PHONE not in page
    assert "reach no phone" in page


@pytest.mark.django_db
def test_shows_the_state_and_no_code_with_a_real_gateway(settings: Any) -> None:
    send()
    code = last_code()
    settings.SMS_GATEWAY = "http"
    client = client_of(Role.ADMINISTRATOR)
    page = client.get(PATH).content.decode()
    assert code not in page
    assert "Waits to be sent" in page
    OutgoingText.objects.update(state="failed", last_error="status 503", ended_at="2026-11-25T04:00:00Z")
    assert "status 503" in client.get(f"{PATH}?state=failed").content.decode()
    assert "status 503" not in client.get(f"{PATH}?state=sent").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR, Role.VOLUNTEER])
def test_is_for_administrators_only(role: Role) -> None:
    assert client_of(role).get(PATH).status_code == 403
