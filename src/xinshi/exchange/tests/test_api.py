"""The exchange by the REST API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import read_sheets
from xinshi.exchange.models import ImportFile, ImportLine
from xinshi.exchange.tests.conftest import Bank, Cast, Somebody, held, summary, take
from xinshi.people.actions import issue_token

BASE = "/api/v1/exchange"


def get(who: Somebody, path: str) -> HttpResponse:
    return who.client.get(BASE + path)


def post(who: Somebody, path: str, payload: dict[str, Any], *, key: str = "") -> HttpResponse:
    headers = {"Authorization": f"Bearer {issue_token(actor=who.actor, name='test')}"}
    if key:
        headers["Idempotency-Key"] = key
    return who.client.post(BASE + path, payload, content_type="application/json", headers=headers)


def upload(who: Somebody, data: bytes, *, dry_run: bool = False, key: str = "") -> HttpResponse:
    headers = {"Authorization": f"Bearer {issue_token(actor=who.actor, name='test')}"}
    if key:
        headers["Idempotency-Key"] = key
    form = {"file": SimpleUploadedFile("hours.xlsx", data), "dry_run": "true" if dry_run else "false"}
    return who.client.post(f"{BASE}/imports", form, headers=headers)


def test_a_file_is_tried_and_then_imported_once(cast: Cast) -> None:
    data = summary([cast.li.name, cast.li.number, "2"], [cast.wang.name, cast.wang.number, "x"])
    tried = upload(cast.coordinator, data, dry_run=True).json()
    assert (tried["credited"], tried["minutes"], tried["file_id"], Deposit.objects.count()) == (1, 120, None, 0)
    done = upload(cast.coordinator, data, key="one").json()
    assert [one["code"] for one in done["rejected"]] == ["hours_not_readable"]
    assert upload(cast.coordinator, data, key="one").json() == done
    assert upload(cast.coordinator, data).json()["already_known"] == 1
    assert (Deposit.objects.count(), ImportFile.objects.get().runs) == (1, 2)


def test_files_and_lines_are_listed_for_whom_they_concern(cast: Cast) -> None:
    row = [cast.li.name, cast.li.number, "2"]
    take(summary(row, row, [cast.wang.name, cast.wang.number, "3"]))
    [file] = get(cast.auditor, "/files").json()["items"]
    assert (file["rows"], file["states"], file["credited_minutes"]) == (3, {"credited": 2, "held_back": 1}, 300)
    assert get(cast.auditor, f"/files/{file['id']}").json() == file
    assert {one["name"] for one in get(cast.li, "/lines").json()["items"]} == {cast.li.name}
    [line] = get(cast.auditor, f"/lines?state=held_back&file_id={file['id']}").json()["items"]
    assert (line["code"], line["minutes"]) == ("repeats_in_file", 120)
    assert get(cast.li, f"/lines/{line['id']}").json()["deposit_id"] is None
    assert get(cast.wang, f"/lines/{line['id']}").status_code == 404


def test_lines_are_accepted_and_discarded(cast: Cast) -> None:
    row = [cast.li.name, cast.li.number, "2"]
    take(summary(row, row, row))
    first, second = held()
    assert post(cast.auditor, "/held-back/accept", {"line_ids": [first]}).status_code == 403
    accepted = post(cast.coordinator, "/held-back/accept", {"line_ids": [first]}, key="a")
    assert accepted.json() == {"lines": 1, "minutes": 120}
    assert post(cast.coordinator, "/held-back/accept", {"line_ids": [first]}, key="a").json() == accepted.json()
    assert post(cast.coordinator, "/held-back/discard", {"line_ids": [second], "reason": " "}).status_code == 422
    assert post(cast.coordinator, "/held-back/discard", {"line_ids": [second], "reason": "重复"}).json()["lines"] == 1
    assert post(cast.coordinator, "/held-back/accept", {"line_ids": [second]}).json()["code"] == "line_not_waiting"
    assert Deposit.objects.count() == 2


def test_an_honorary_file_is_written_and_read(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 64)
    period = {"from_day": "2026-10-01", "to_day": "2026-10-31"}
    written = post(cast.coordinator, "/exports", period).json()
    assert (written["rows"], written["hours"], written["carried_minutes"]) == (1, "1.0", 4)
    [listed] = get(cast.auditor, "/exports").json()["items"]
    assert listed["id"] == written["export_id"]
    answer = get(cast.auditor, f"/exports/{listed['id']}/hours.xlsx")
    assert read_sheets(answer.content, file_name="out.xlsx")[0].rows[3][3] == "1.0"


@pytest.mark.parametrize(
    "path", ["/files", "/files/1", "/files/1/rows-to-correct.xlsx", "/exports", "/exports/1/hours.xlsx"]
)
def test_volunteers_see_no_files(cast: Cast, path: str) -> None:
    assert get(cast.li, path).status_code == 403


@pytest.mark.parametrize("path", ["/files/9999", f"/lines/{2**63 - 1}", "/exports/9999/hours.xlsx"])
def test_what_is_not_there_is_not_found(cast: Cast, path: str) -> None:
    assert get(cast.auditor, path).status_code == 404


def test_what_does_not_fit_is_refused(cast: Cast) -> None:
    for answer in (
        post(cast.coordinator, "/held-back/accept", {"line_ids": []}),
        post(cast.coordinator, "/held-back/accept", {"line_ids": [2**63]}),
        post(cast.coordinator, "/held-back/discard", {"line_ids": [1], "reason": "a\0b"}),
        post(cast.coordinator, "/exports", {"from_day": "2026-02-30", "to_day": "2026-03-01"}),
        upload(cast.coordinator, b""),
        upload(cast.coordinator, b"\0\1\2"),
        get(cast.auditor, f"/lines/{2**63}"),
        get(cast.auditor, "/lines?state=lost"),
    ):
        assert answer.status_code == 422, answer.content
    assert ImportLine.objects.count() == 0
