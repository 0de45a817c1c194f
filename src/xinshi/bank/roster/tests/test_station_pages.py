"""The station's pages: one account, and a roster from upload over preview to result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from xinshi.bank.models import Passbook
from xinshi.bank.roster.tests.conftest import HEADERS, id_number, row, volunteer_number, workbook
from xinshi.documents.sheets import read_sheets
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.organizations.models import Membership, Organization
from xinshi.people.models import Consent, Person

Browser = Callable[..., Client]
START = "/bank/import/volunteers/"


def upload(client: Client, data: bytes, name: str = "花名册.xlsx") -> HttpResponse:
    return client.post(START, {"file": SimpleUploadedFile(name, data)})


def previewed(client: Client, *rows: tuple[str, ...]) -> str:
    """The address of the preview of these rows."""
    answer = upload(client, workbook(rows))
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_the_preview_counts_shows_masked_people_and_writes_nothing(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    page = client.get(previewed(client, row(0), row(1, 姓名=""), row(2)))
    assert {name: page.context["answer"][name] for name in ("rows", "accounts", "already_known")} == {
        "rows": 3,
        "accounts": 2,
        "already_known": 0,
    }
    text = text_of(page)
    assert "The name is missing." in text
    assert "199****0000" in text
    assert f"990000********{id_number(0)[-4:]}" in text
    assert id_number(0) not in text
    assert "19900000000" not in text
    assert (Person.objects.count(), Passbook.objects.count()) == (0, 0)


def test_confirming_imports_the_previewed_file_without_another_upload(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    address = previewed(client, row(0), row(1, 姓名=""))
    answer = client.post(address, follow=True)
    assert answer.context["answer"]["accounts"] == 1
    assert Passbook.objects.count() == 1
    download = client.get(f"/bank/import/volunteers/rejected/{answer.context['answer']['rejected_key']}.xlsx")
    [sheet] = read_sheets(download.content, file_name="x.xlsx")
    assert (sheet.rows[0][:9], len(sheet.rows)) == (list(HEADERS), 2)


def test_confirming_twice_imports_once(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    address = previewed(client, row(0))
    client.post(address)
    again = client.post(address, follow=True)
    assert again.redirect_chain[-1][0] == START
    assert "it was used already, or an hour has passed" in text_of(again)
    assert Passbook.objects.count() == 1


def test_the_rows_to_correct_can_be_had_before_anything_is_written(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    address = previewed(client, row(0), row(1, 姓名=""))
    answer = client.get(f"{address}rejected.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="rejected-rows.xlsx"'
    [sheet] = read_sheets(answer.content, file_name="x.xlsx")
    assert len(sheet.rows) == 2
    assert Person.objects.count() == 0


def test_an_upload_belongs_to_who_brought_it(browser: Browser) -> None:
    address = previewed(browser(Role.COORDINATOR), row(0))
    other = browser(Role.COORDINATOR)
    assert other.get(address).headers["Location"] == START
    assert other.post(address).headers["Location"] == START
    assert other.get(f"{address}rejected.xlsx").status_code == 404
    assert Person.objects.count() == 0


def test_an_upload_is_sealed_and_expires(browser: Browser, settings: object) -> None:
    client = browser(Role.COORDINATOR)
    address = previewed(client, row(0))
    stored = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert not stored[0].read_bytes().startswith(b"PK")
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=2)):
        assert client.post(address).headers["Location"] == START
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.pdf", b"%PDF-1.7", "This is not a spreadsheet that can be read."),
        ("a.xlsx", b"", "The file has no rows."),
        ("a.csv", "姓名,时数\n李明,3\n".encode(), "No row with the column names"),
    ],
)
def test_what_is_no_roster_is_refused_at_the_upload(browser: Browser, name: str, data: bytes, says: str) -> None:
    client = browser(Role.COORDINATOR)
    answer = upload(client, data, name)
    assert (answer.status_code, says in text_of(answer)) == (200, True)
    assert not client.post(START).context["form"].is_valid()
    assert Person.objects.count() == 0


def test_everybody_known_leaves_nothing_to_confirm(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    client.post(previewed(client, row(0)))
    page = client.get(previewed(client, row(0)))
    assert "There is nothing to do." in text_of(page)


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEADER, Role.CLERK, Role.AUDITOR])
def test_others_do_not_get_in(browser: Browser, role: Role) -> None:
    address = previewed(browser(Role.ADMINISTRATOR), row(0))
    client = browser(role)
    for path in (START, address, "/bank/open-account/", f"{START}template.xlsx"):
        assert client.get(path).status_code == 403
    assert upload(client, workbook([row(1)])).status_code == 403
    assert client.post("/bank/open-account/", typed()).status_code == 403
    assert Person.objects.count() == 0


def test_the_empty_roster_can_be_imported_once_filled_in(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    data = client.get(f"{START}template.xlsx").content
    page = client.get(upload(client, data).headers["Location"])
    assert (page.context["answer"]["rows"], page.context["answer"]["accounts"]) == (1, 1)


def typed(**changes: str) -> dict[str, str]:
    """The form at the station as somebody fills it in; an empty change leaves a field out."""
    fields = {
        "name": "王芳",
        "sex": "",
        "birth_date": "",
        "id_kind": "01",
        "id_number": id_number(3, sex=2).lower(),
        "volunteer_number": volunteer_number(3),
        "phone": "199 0000 0003",
        "group": "citizen",
        "has_consented": "on",
    }
    return {name: value for name, value in (fields | changes).items() if value}


def test_one_account_is_opened_at_the_desk(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    department = Organization.objects.create(name="门诊部", kind="department", created_at=clock.now())
    assert client.get("/bank/open-account/").status_code == 200
    answer = client.post("/bank/open-account/", typed(organization=str(department.pk), is_public="on"))
    person = Person.objects.get()
    passbook = Passbook.objects.get()
    assert answer.headers["Location"] == f"/people/{person.pk}/"
    assert (person.name, person.sex, person.birth_date.isoformat(), person.phone, person.is_public) == (
        "王芳",
        "2",
        "1990-05-21",
        "19900000003",
        True,
    )
    assert (passbook.person_id, passbook.opened_through) == (person.pk, "station")
    assert Membership.objects.get().organization == department
    assert sorted(Consent.objects.values_list("purpose", flat=True)) == ["publicity", "service"]
    assert passbook.number in text_of(client.get(answer.headers["Location"]))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"has_consented": ""}, "has_consented"),
        ({"name": ""}, "name"),
        ({"phone": "1"}, "phone"),
        ({"id_number": "1"}, "id_number"),
        ({"id_number": "", "id_kind": "", "volunteer_number": ""}, "id_number"),
        ({"organization": "999"}, "organization"),
        ({"birth_date": "1990-05-22"}, "birth_date"),
    ],
)
def test_the_desk_says_beside_the_field_what_is_wrong(browser: Browser, changes: dict[str, str], field: str) -> None:
    answer = browser(Role.COORDINATOR).post("/bank/open-account/", typed(**changes))
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert (Person.objects.count(), Passbook.objects.count()) == (0, 0)


def test_nobody_gets_a_second_account(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    client.post("/bank/open-account/", typed())
    again = client.post("/bank/open-account/", typed())
    assert "is registered already" in text_of(again)
    renamed = client.post("/bank/open-account/", typed(name="王芬"))
    assert list(renamed.context["form"].errors) == ["name"]
    assert (Person.objects.count(), Passbook.objects.count()) == (1, 1)


def test_a_slip_for_who_has_no_phone_is_printed_once_and_its_password_must_be_changed(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    fields = {
        "name": "钱无机",
        "id_kind": "01",
        "id_number": id_number(7),
        "group": "citizen",
        "has_consented": "on",
        "gives_sign_in": "on",
    }
    page = client.post("/bank/open-account/", fields)
    given = page.context["given"]
    assert given.password in text_of(page)
    slip = client.get(f"/bank/open-account/slip/{page.context['key']}.pdf")
    assert (slip.headers["Content-Type"], slip.content[:5]) == ("application/pdf", b"%PDF-")
    other = browser(Role.COORDINATOR).get(f"/bank/open-account/slip/{page.context['key']}.pdf")
    assert other.status_code == 404
    newcomer = Client()
    assert newcomer.login(username=given.username, password=given.password)
    assert newcomer.get("/bank/").headers["Location"].startswith("/account/password/change/")
    assert Passbook.objects.get().state == "active"
