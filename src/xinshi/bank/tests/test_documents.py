"""The statement on paper and as a spreadsheet: complete, in the reader's language, and never a program."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation
from python_calamine import CalamineWorkbook

from xinshi.bank import printing
from xinshi.bank.actions import issue_statement, reverse_deposit
from xinshi.bank.queries import WHOLE, StatementFilter
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn, Somebody
from xinshi.documents.typesetting import typeset
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.queries import seal_head
from xinshi.people.models import Person


def paper_of(who: Somebody, wanted: StatementFilter = WHOLE) -> printing.Document:
    """The statement as they would print it."""
    issue = issue_statement(actor=who.actor, passbook_id=who.passbook.pk, wanted=wanted)
    return printing.statement_pdf(issue.passbook, issue)


HOSTILE = '#panic("x") [*_$`\\ "quoted" // /* @ref <label> = 1 + #sys.inputs \n\t\x07 😀'
"""A title that would be a program, if it ever became source."""


def text_of(pdf: bytes, folder: Path) -> str:
    """The PDF's text without any space, by poppler, where this machine has it; otherwise empty."""
    tool = shutil.which("pdftotext")
    if tool is None:
        return ""
    (folder / "statement.pdf").write_bytes(pdf)
    done = subprocess.run([tool, folder / "statement.pdf", "-"], check=True, capture_output=True)
    return "".join(done.stdout.decode().split())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_prints_the_passbook_in_the_readers_language(
    cast: Cast, put_in: PutIn, seal_now: Callable[[], int], tmp_path: Path, language: str
) -> None:
    put_in(cast.volunteer, 600)
    put_in(cast.volunteer, 90, kind=HoursKind.HONORARY, category="0013", title="应急演练")
    seal_now()
    with translation.override(language):
        document = paper_of(cast.volunteer)
    assert document.content.startswith(b"%PDF-")
    assert document.name.startswith(f"passbook-{cast.volunteer.passbook.number}-")
    text = text_of(document.content, tmp_path)
    for expected in ("李明", "应急演练", "11.5", seal_head()) if text else ():
        assert expected in text
    category = "Emergencyrescue" if language == "en" else "应急救援"
    assert not text or category in text


def test_what_people_wrote_is_never_source(cast: Cast, put_in: PutIn, tmp_path: Path) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(name=HOSTILE[:60])
    put_in(cast.volunteer, 60, title=HOSTILE, organizer=HOSTILE)
    document = paper_of(cast.volunteer)
    text = text_of(document.content, tmp_path)
    assert not text or '#panic("x")' in text


def test_prints_three_hundred_lines_and_long_names(cast: Cast, put_in: PutIn, tmp_path: Path) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(name="阿不都热合曼·买买提依明" * 5)
    for number in range(300):
        put_in(cast.volunteer, 150, title=f"第{number:03d}次：" + "门诊导医与病房陪伴" * (1 + number % 12))
    document = paper_of(cast.volunteer)
    text = text_of(document.content, tmp_path)
    assert not text or all(f"第{number:03d}次" in text for number in range(300))


def test_says_where_paper_leaves_lines_out(cast: Cast, put_in: PutIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "PRINTED_LINES_MAX", 2)
    for _ in range(3):
        put_in(cast.volunteer)
    set_by: list[dict[str, object]] = []
    monkeypatch.setattr(printing, "typeset", lambda _, data: set_by.append(data) or b"")
    with translation.override("en"):
        paper_of(cast.volunteer)
    assert len(set_by[0]["lines"]) == 2
    assert set_by[0]["more"] == "Only the newest 2 lines are printed; the spreadsheet has all of them."


def test_an_empty_passbook_is_printed_too(cast: Cast) -> None:
    assert paper_of(cast.volunteer).content.startswith(b"%PDF-")


def test_the_template_takes_its_data_from_nowhere_else(tmp_path: Path) -> None:
    template = tmp_path / "echo.typ"
    template.write_text("#let d = json(bytes(sys.inputs.data))\n#d.name")
    first, second = typeset(template, {"name": "李明"}), typeset(template, {"name": "王芳"})
    assert first != second
    assert "王芳" in (text_of(second, tmp_path) or "王芳")


def rows_of(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_spreadsheet_has_every_line_with_numbers_to_count_with(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 150)
    taken = put_in(cast.volunteer, 60)
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    with translation.override("en"):
        rows = rows_of(printing.statement_workbook(cast.volunteer.passbook, WHOLE).content)
    lines = [row for row in rows if isinstance(row[0], float)]
    assert [row[6] for row in lines] == [-1.0, 1.0, 2.5]
    assert [row[7] for row in lines] == [2.5, 3.5, 2.5]
    assert lines[2][1] == "2026-03-05"
    assert lines[0][9] == f"deposit:{taken}"


def test_spreadsheet_is_narrowed_as_the_page_was(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 150)
    put_in(cast.volunteer, 60, worked_on=date(2025, 1, 1))
    wanted = StatementFilter(year=2025)
    rows = rows_of(printing.statement_workbook(cast.volunteer.passbook, wanted).content)
    assert [row[6] for row in rows if isinstance(row[0], float)] == [1.0]
    answer = cast.volunteer.client.get(
        reverse("bank:passbook_xlsx", args=[cast.volunteer.passbook.pk]) + "?year=2025&kind=verified"
    )
    assert [row[6] for row in rows_of(answer.content) if isinstance(row[0], float)] == [1.0]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_the_spreadsheet_is_a_formula(cast: Cast, put_in: PutIn, start: str) -> None:
    evil = f'{start}HYPERLINK("http://evil")'
    Person.objects.filter(pk=cast.volunteer.person_id).update(name=evil)
    put_in(cast.volunteer, 60, title=evil, organizer=evil)
    content = printing.statement_workbook(cast.volunteer.passbook, WHOLE).content
    cells = [cell for row in rows_of(content) for cell in row if isinstance(cell, str) and cell]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_documents_come_as_downloads_that_nobody_caches(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer)
    for name, kind in (("bank:passbook_pdf", printing.PDF), ("bank:passbook_xlsx", printing.XLSX)):
        answer = cast.volunteer.client.get(reverse(name, args=[cast.volunteer.passbook.pk]))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="passbook-86')
        assert answer.headers["Cache-Control"] == "private, no-store"
