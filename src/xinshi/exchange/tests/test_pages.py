"""The exchange's pages by role: preview before anything is written, decisions, files that go out."""

from __future__ import annotations

import re
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import read_sheets
from xinshi.exchange import forms
from xinshi.exchange.models import HonoraryExport, ImportFile, ImportLine
from xinshi.exchange.tests.conftest import Bank, Cast, Somebody, held, honorary, summary, take, written

LISTS = ("overview", "held_back", "export")
COUNTED = ("Credited", "Held back", "Person not found", "To correct")


def page(who: Somebody, name: str, *args: object) -> HttpResponse:
    return who.client.get(reverse(f"exchange:{name}", args=args))


def upload(who: Somebody, data: bytes, name: str = "hours.xlsx") -> HttpResponse:
    return who.client.post(reverse("exchange:import"), {"file": SimpleUploadedFile(name, data), "sender": "志愿汇"})


def words(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def file(cast: Cast) -> ImportFile:
    """李's two hours, once credited and once held back; one row without a name, one of nobody."""
    row = [cast.li.name, cast.li.number, "2", "导医"]
    take(honorary(row, row, ["", cast.li.number, "3", "导医"], ["赵新", "9" * 18, "4", "导医"]), file_name="十月.xlsx")
    return ImportFile.objects.get()


@pytest.mark.parametrize("name", LISTS)
def test_keepers_and_auditors_open_the_lists_and_volunteers_do_not(cast: Cast, file: ImportFile, name: str) -> None:
    answers = {role: page(getattr(cast, role), name).status_code for role in ("coordinator", "auditor", "li")}
    assert answers == {"coordinator": 200, "auditor": 200, "li": 403}


def test_the_overview_tells_what_came_and_what_waits(cast: Cast, file: ImportFile) -> None:
    text = words(page(cast.auditor, "overview"))
    assert "2 hours came from 志愿汇" in text
    assert "1 row held back" in text
    assert "十月.xlsx" in text
    assert "Import a file" not in text
    assert "Import a file" in words(page(cast.coordinator, "overview"))


def test_a_file_says_the_same_of_its_rows_as_the_overview(cast: Cast, file: ImportFile) -> None:
    """One row has no name, one is of nobody: once the overview said that one row was to be corrected, its table that two."""
    answer = page(cast.coordinator, "overview")
    [card] = answer.context["cards"]
    overview = answer.context["overview"]
    assert (card.unmatched, card.rejected) == (overview.unmatched, overview.to_correct) == (1, 1)
    cells = {title: re.search(f'data-title="{title}">(.*?)</td>', answer.content.decode()) for title in COUNTED}
    assert {title: found and found[1] for title, found in cells.items()} == dict.fromkeys(COUNTED, "1")
    text = words(page(cast.coordinator, "file", file.pk))
    assert "1 row of a person not found" in text
    assert "Find the people" in text
    assert "Find the people" not in words(page(cast.auditor, "file", file.pk))


def test_an_upload_is_shown_before_it_is_written_and_confirmed_without_uploading_again(cast: Cast) -> None:
    answer = upload(cast.coordinator, summary([cast.li.name, cast.li.number, "2"], ["赵新", "9" * 18, "4"]))
    address = answer.headers["Location"]
    text = words(cast.coordinator.client.get(address))
    assert "Nothing is written yet" in text
    assert "1 row to credit" in text
    assert (Deposit.objects.count(), ImportFile.objects.count()) == (0, 0)
    done = cast.coordinator.client.post(address, follow=True)
    found = ImportFile.objects.get()
    assert done.redirect_chain == [(reverse("exchange:file", args=[found.pk]), 302)]
    assert "Rows of people who were not found: 1." in words(done)
    assert Deposit.objects.count() == 1
    again = cast.coordinator.client.post(address)
    assert again.headers["Location"] == reverse("exchange:import")
    assert (Deposit.objects.count(), found.lines.count()) == (1, 2)


def test_hours_of_the_other_kind_in_the_same_file_are_not_left_out_in_silence(cast: Cast) -> None:
    data = f"姓名,志愿者编号,信用时数,荣誉时数\n{cast.li.name},{cast.li.number},2,5\n".encode()
    address = upload(cast.coordinator, data, "both.csv").headers["Location"]
    text = words(cast.coordinator.client.get(address))
    assert "The column “荣誉时数” is left out" in text
    assert "1 row to credit 2 hours to credit" in text
    alone = upload(cast.coordinator, summary([cast.li.name, cast.li.number, "2"])).headers["Location"]
    assert "is left out" not in words(cast.coordinator.client.get(alone))


def test_a_preview_writes_no_workbook(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(**_: object) -> bytes:
        raise AssertionError("nobody asked for the file")

    monkeypatch.setattr("xinshi.exchange.reporting.write_workbook", write)
    address = upload(cast.coordinator, honorary(["", cast.li.number, "3", "导医"])).headers["Location"]
    assert "Rows to correct as a spreadsheet" in words(cast.coordinator.client.get(address))


def test_another_keeper_cannot_open_the_preview(cast: Cast) -> None:
    address = upload(cast.coordinator, summary([cast.li.name, cast.li.number, "2"])).headers["Location"]
    assert cast.administrator.client.post(address).headers["Location"] == reverse("exchange:import")
    assert Deposit.objects.count() == 0


def test_a_file_that_cannot_be_read_is_told_at_the_form(cast: Cast) -> None:
    answer = upload(cast.coordinator, b"name,phone\n1,2\n", "phones.csv")
    assert answer.status_code == 200
    assert "No row with the column names" in words(answer)
    assert upload(cast.auditor, b"x").status_code == 403


def test_rows_to_correct_can_be_downloaded_from_preview_and_file(cast: Cast, file: ImportFile) -> None:
    data = honorary(["", cast.li.number, "3", "导医"])
    address = upload(cast.coordinator, data).headers["Location"]
    for answer in (
        cast.coordinator.client.get(address + "rows-to-correct.xlsx"),
        page(cast.auditor, "to_correct", file.pk),
    ):
        [sheet] = read_sheets(answer.content, file_name="rows.xlsx")
        assert sheet.rows[0][:5] == ["序号", "姓名*", "志愿者编号*", "荣誉时数值*", "补录原因*"]
        assert sheet.rows[1][1:4] == ["", cast.li.number, "3"]
        assert "name is missing" in str(sheet.rows[1][5])


def test_a_file_shows_its_rows_by_state(cast: Cast, file: ImportFile) -> None:
    assert words(page(cast.auditor, "file", file.pk)).count("导医") == 4
    only = cast.auditor.client.get(reverse("exchange:file", args=[file.pk]), {"state": "unmatched"})
    assert words(only).count("导医") == 1
    assert page(cast.auditor, "file", 2**70).status_code == 404


def test_a_line_is_open_to_whom_it_concerns(cast: Cast, file: ImportFile) -> None:
    line = ImportLine.objects.get(state="credited")
    deposit = Deposit.objects.get()
    mine = page(cast.li, "line", line.pk)
    assert reverse("bank:deposit", args=[deposit.pk]) in mine.content.decode()
    answers = {role: page(getattr(cast, role), "line", line.pk).status_code for role in ("wang", "auditor")}
    assert answers == {"wang": 404, "auditor": 200}
    assert page(cast.li, "line", 2**70).status_code == 404


def test_chosen_rows_are_credited_or_discarded_together(cast: Cast, file: ImportFile) -> None:
    client = cast.coordinator.client
    assert "stands twice in this file" in words(page(cast.coordinator, "held_back"))
    before = written()
    client.post(reverse("exchange:accept"), {})
    client.post(reverse("exchange:discard"), {"line": held(), "reason": ""})
    assert client.post(reverse("exchange:accept"), {"line": "x"}).status_code == 404
    assert cast.auditor.client.post(reverse("exchange:accept"), {"line": held()}).status_code == 403
    assert written() == before
    client.post(reverse("exchange:accept"), {"line": held(), "reason": "两次"})
    assert (held(), Deposit.objects.count()) == ([], 2)


def test_a_file_is_written_and_downloaded_as_it_was(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 60)
    form = {"from_day": "2026-10-01", "to_day": "2026-10-31"}
    address = reverse("exchange:export")
    assert cast.auditor.client.post(address, form).status_code == 403
    text = words(cast.coordinator.client.post(address, form, follow=True))
    assert "The file is ready: 1 person, 1.0 hours." in text
    export = HonoraryExport.objects.get()
    answer = page(cast.auditor, "export_file", export.pk)
    assert read_sheets(answer.content, file_name="out.xlsx")[0].rows[3][2] == cast.li.number
    text = words(cast.coordinator.client.post(address, form, follow=True))
    assert "Nothing is new in this period." in text
    wrong = cast.coordinator.client.post(address, {"from_day": "2026-10-31", "to_day": "2026-10-01"})
    assert "before the first" in words(wrong)
    assert HonoraryExport.objects.count() == 1


@pytest.mark.parametrize(
    ("sent_until", "begins", "ends"),
    [
        (None, "2026-10-01", "2026-10-31"),
        ("2026-10-15", "2026-10-16", "2026-10-31"),
        ("2026-10-31", "2026-11-01", "2026-11-19"),
        ("2026-11-19", "2026-11-20", "2026-11-20"),
    ],
)
def test_the_next_file_begins_after_the_last_and_ends_with_days_that_are_over(
    cast: Cast, sent_until: str | None, begins: str, ends: str
) -> None:
    """Once it was one day long where the last month had gone out already."""
    with patch.object(forms, "first_day_not_sent") as after:
        after.return_value = date.fromisoformat(sent_until) + timedelta(days=1) if sent_until else None
        text = page(cast.coordinator, "export").content.decode()
    assert re.findall(r'type="date" name="\w+" value="([-0-9]+)"', text) == [begins, ends]


def test_a_preview_shows_no_row_of_zeros(cast: Cast) -> None:
    address = upload(cast.coordinator, summary([cast.li.name, cast.li.number, "2"])).headers["Location"]
    text = words(cast.coordinator.client.get(address))
    assert "1 row read 1 row to credit 2 hours to credit Credit 1 row" in text
    assert "Rows to correct" not in text
    nobody = upload(cast.coordinator, summary(["赵新", "9" * 18, "4"])).headers["Location"]
    text = words(cast.coordinator.client.get(nobody))
    assert "1 of a person not found" in text
    assert "Is a number mistyped?" in text
    assert "Rows to correct Download" not in text
