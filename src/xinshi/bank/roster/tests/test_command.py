"""`xinshi import volunteers FILE`."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from xinshi.bank.models import Passbook
from xinshi.bank.roster.tests.conftest import REAL_ROSTER, row, workbook
from xinshi.documents.sheets import read_sheets

pytestmark = pytest.mark.django_db


def run(path: Path, *options: str) -> tuple[int, str, str]:
    """(exit status, standard output, standard error)."""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("import_volunteers", str(path), *options, stdout=out, stderr=errors)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """One good row and one bad."""
    path = tmp_path / "名单.xlsx"
    path.write_bytes(workbook([row(0), row(1, 姓名="")]))
    return path


def test_prints_the_counts_as_json_and_again_knows_everybody() -> None:
    first = {"rows": 120, "accounts": 120, "already_known": 0, "rejected": []}
    again = {"rows": 120, "accounts": 0, "already_known": 120, "rejected": []}
    for expected in (first, again):
        status, out, _ = run(REAL_ROSTER, "--json")
        assert (status, json.loads(out)) == (0, expected)
    assert Passbook.objects.count() == 120


def test_a_bad_row_is_said_and_the_exit_status_is_one(mixed: Path) -> None:
    status, out, _ = run(mixed, "--json")
    answer = json.loads(out)
    assert (status, answer["accounts"]) == (1, 1)
    [one] = answer["rejected"]
    assert (one["row"], one["column"], one["code"], sorted(one)) == (
        4,
        "姓名",
        "name_missing",
        ["code", "column", "message", "row"],
    )


def test_people_read_sentences(mixed: Path) -> None:
    status, out, errors = run(mixed)
    assert (status, out) == (1, "2 rows: 1 passbooks opened, 0 known before.\n")
    assert "row 4, 姓名 (name_missing): " in errors
    assert "--rejected-to OUT.xlsx" in errors


def test_writes_the_bad_rows_where_one_wants_them(mixed: Path, tmp_path: Path) -> None:
    target = tmp_path / "bad.xlsx"
    run(mixed, "--json", "--rejected-to", str(target))
    [sheet] = read_sheets(target.read_bytes(), file_name="bad.xlsx")
    assert len(sheet.rows) == 2


def test_a_dry_run_writes_nothing(mixed: Path) -> None:
    status, out, _ = run(mixed, "--json", "--dry-run")
    assert (status, json.loads(out)["accounts"], Passbook.objects.count()) == (1, 1, 0)


def test_a_file_that_is_not_there_or_no_spreadsheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("import_volunteers", str(tmp_path / "nothing.xlsx"))
    assert refused.value.returncode == 2
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"%PDF")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_volunteers", str(broken), "--json", stdout=out)
    assert json.loads(out.getvalue())["error"]["code"] == "file_not_readable"


def test_where_the_bad_rows_cannot_be_written_it_is_said(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("import_volunteers", str(mixed), "--rejected-to", str(tmp_path / "no" / "folder.xlsx"))
    assert refused.value.returncode == 2
