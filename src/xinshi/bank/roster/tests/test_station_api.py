"""Opening accounts by the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from xinshi.bank.models import Passbook
from xinshi.bank.roster.tests.conftest import id_number, row, volunteer_number, workbook
from xinshi.documents.sheets import read_sheets
from xinshi.kernel.actor import Role
from xinshi.people.models import Person

Browser = Callable[..., Client]
ACCOUNT = {
    "name": "王芳",
    "id_kind": "01",
    "id_number": id_number(3),
    "volunteer_number": volunteer_number(3),
    "phone": "19900000003",
    "has_consented": True,
}


def open_account(client: Client, *, key: str = "", **changes: object) -> HttpResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/bank/accounts", ACCOUNT | changes, content_type="application/json", headers=headers)


def send_roster(client: Client, data: bytes, *, key: str = "", dry_run: str = "") -> HttpResponse:
    form: dict[str, object] = {"file": SimpleUploadedFile("名单.xlsx", data)}
    if dry_run:
        form["dry_run"] = dry_run
    return client.post("/api/v1/bank/rosters", form, headers={"Idempotency-Key": key} if key else {})


def test_opens_one_account_once(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    first = open_account(client, key="k")
    passbook = Passbook.objects.get()
    assert first.json() == {
        "person_id": passbook.person_id,
        "passbook_id": passbook.pk,
        "passbook_number": passbook.number,
    }
    assert open_account(client, key="k").json() == first.json()
    assert open_account(client).json()["code"] == "person_known"
    assert Person.objects.get().birth_date.isoformat() == "1990-05-21"


@pytest.mark.parametrize(
    "changes",
    [
        {"has_consented": False},
        {"name": ""},
        {"name": "a\0b"},
        {"id_number": "1"},
        {"phone": "12"},
        {"sex": "3"},
        {"birth_date": "1990-13-01"},
        {"service_categories": ["9999"]},
        {"organization_id": 2**63},
    ],
)
def test_refuses_what_does_not_fit(browser: Browser, changes: dict[str, object]) -> None:
    answer = open_account(browser(Role.COORDINATOR), **changes)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert Person.objects.count() == 0


def test_an_organisation_that_is_not_there_is_not_found(browser: Browser) -> None:
    assert open_account(browser(Role.COORDINATOR), organization_id=999).status_code == 404
    assert Person.objects.count() == 0


def test_imports_a_roster_and_gives_the_rejected_rows_back(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    data = workbook([row(0), row(1, 姓名="")])
    would = send_roster(client, data, dry_run="true").json()
    assert (would["accounts"], would["dry_run"], Person.objects.count()) == (1, True, 0)
    done = send_roster(client, data, key="k").json()
    assert (done["rows"], done["accounts"], done["already_known"], done["dry_run"]) == (2, 1, 0, False)
    assert [one["code"] for one in done["rejected"]] == ["name_missing"]
    assert send_roster(client, data, key="k").json() == done
    assert send_roster(client, data).json()["already_known"] == 1
    download = client.get(f"/api/v1/bank/rosters/rejected/{done['rejected_key']}")
    [sheet] = read_sheets(download.content, file_name="x.xlsx")
    assert len(sheet.rows) == 2
    assert browser(Role.COORDINATOR).get(f"/api/v1/bank/rosters/rejected/{done['rejected_key']}").status_code == 404


def test_refuses_a_file_that_is_no_roster(browser: Browser) -> None:
    client = browser(Role.COORDINATOR)
    answer = send_roster(client, b"%PDF")
    assert (answer.status_code, answer.json()["code"]) == (422, "file_not_readable")
    assert client.post("/api/v1/bank/rosters").status_code == 422


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x\ty"])
def test_a_form_without_its_boundary_is_no_server_error(browser: Browser, content_type: str) -> None:
    answer = browser(Role.COORDINATOR).post("/api/v1/bank/rosters", b"x", content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (400, "body_not_readable")


def test_a_body_beyond_the_limit_is_no_server_error(browser: Browser, settings: object) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = open_account(browser(Role.COORDINATOR), area="区" * 60, key="k")
    assert (answer.status_code, answer.json()["code"]) == (400, "body_not_readable")
    assert Person.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEADER, Role.CLERK, Role.AUDITOR])
def test_others_open_nothing(browser: Browser, role: Role) -> None:
    client = browser(role)
    assert open_account(client).status_code == 403
    assert send_roster(client, workbook([row(0)])).status_code == 403
    assert open_account(Client()).status_code == 401
    assert Person.objects.count() == 0
