"""Personal data: sealed in the database, masked on pages and in answers, absent from logs, trail and events."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import connection

from xinshi.audit.models import AuditEntry
from xinshi.doors.logs import PersonalDataFilter
from xinshi.outbox.models import StoredEvent
from xinshi.people.actions import change_own_contact, issue_token, renew_password
from xinshi.people.models import ApiToken, Person
from xinshi.people.tests.conftest import PASSWORD, PEOPLE, Cast, browser, id_number

SECRETS = tuple(number for person in PEOPLE.values() for number in (person.id_number, person.phone) if number)


def raw_rows(table: str) -> str:
    """What the database itself holds, as text."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return str(cursor.fetchall())


def test_the_database_holds_no_readable_number(cast: Cast) -> None:
    held = raw_rows("person")
    assert "李明兰" in held
    assert not [secret for secret in SECRETS if secret in held]
    assert held.count("v1:") == 5


def test_equal_numbers_look_different_at_rest(cast: Cast) -> None:
    with connection.cursor() as cursor:
        Person.objects.filter(name__in=["李明兰", "王芳"]).update(phone="19911111111")
        cursor.execute("SELECT DISTINCT phone FROM person WHERE name = '李明兰' OR name = '王芳'")
        assert len(cursor.fetchall()) == 1, "one statement writes one sealed value"
        for name in ("李明兰", "王芳"):
            person = Person.objects.get(name=name)
            person.save(update_fields=["phone"])
        cursor.execute("SELECT DISTINCT phone FROM person WHERE name = '李明兰' OR name = '王芳'")
        assert len(cursor.fetchall()) == 2


def test_passwords_and_tokens_are_stored_as_digests_only(cast: Cast) -> None:
    token = issue_token(actor=cast.li.actor, name="脚本")
    given = renew_password(actor=cast.coordinator.actor, user_id=cast.wang.user.pk)
    assert token not in raw_rows("api_token")
    assert not [secret for secret in (given.password, PASSWORD) if secret in raw_rows("user_account")]
    assert ApiToken.objects.get().digest != token


@pytest.mark.parametrize("viewer", ["coordinator", "administrator", "auditor", "clerk"])
def test_pages_show_masked_numbers_only(cast: Cast, viewer: str) -> None:
    client = getattr(cast, viewer).client
    shown = "".join(
        client.get(path).content.decode()
        for path in (
            "/people/",
            f"/people/{cast.li.person_id}/",
            f"/api/v1/people/{cast.li.person_id}",
            "/api/v1/people",
        )
    )
    assert "199****0001" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_ones_own_page_is_masked_too(cast: Cast) -> None:
    client = cast.li.client
    shown = client.get("/people/me/").content.decode() + client.get("/api/v1/people/me").content.decode()
    assert f"990000********{id_number(1)[-4:]}" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_only_the_answer_to_a_reason_shows_whole_numbers(cast: Cast) -> None:
    client = cast.coordinator.client
    answer = client.post(f"/people/{cast.li.person_id}/reveal/", {"reason": "核对证件"})
    assert id_number(1) in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert id_number(1) not in client.get(f"/people/{cast.li.person_id}/").content.decode()
    assert AuditEntry.objects.filter(action="people.reveal", object_ref=f"person:{cast.li.person_id}").count() == 1


def test_the_trail_and_the_events_name_nobody(cast: Cast) -> None:
    change_own_contact(actor=cast.li.actor, phone="19912345678", area="秘密区", skills=("手语",), service_categories=())
    cast.coordinator.client.post(f"/people/{cast.li.person_id}/reveal/", {"reason": "核对证件"})
    told = str(list(AuditEntry.objects.values_list())) + str(list(StoredEvent.objects.values_list()))
    for secret in (*SECRETS, "19912345678", "秘密区", *(person.name for person in PEOPLE.values())):
        assert secret not in told


def test_requests_leave_log_lines_without_personal_data(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    client = cast.coordinator.client
    with caplog.at_level(logging.INFO):
        client.get(f"/people/?q={id_number(1)}")
        client.post(f"/people/{cast.li.person_id}/reveal/", {"reason": "打电话给李明兰 19900000001"})
        browser().post("/account/login/", {"login": "19900000001", "password": PASSWORD})
        client.get("/people/19900000001/")
    lines = [json.dumps(record.__dict__, default=str, ensure_ascii=False) for record in caplog.records]
    assert [line for line in lines if '"route": "/people/"' in line]
    for secret in (id_number(1), "19900000001", "李明兰", PASSWORD):
        assert not [line for line in lines if secret in line and '"name": "xinshi.requests"' in line]


def test_what_slips_into_a_log_message_is_masked() -> None:
    record = logging.makeLogRecord(
        {"msg": "import of %s failed", "args": (id_number(1),), "note": "19900000001", "number": "1234567890123"}
    )
    assert PersonalDataFilter().filter(record)
    assert (record.getMessage(), record.note) == ("import of ****************** failed", "1**********")
    assert record.number == "1234567890123"


def test_what_slips_into_a_traceback_is_masked() -> None:
    try:
        raise ValueError(id_number(1))
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "x", "exc_info": (type(error), error, error.__traceback__)})
    PersonalDataFilter().filter(record)
    assert "ValueError: ******************" in record.exc_text
