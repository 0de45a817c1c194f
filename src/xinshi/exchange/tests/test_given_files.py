"""The files of the brief, by command: the figures that a correct import finds."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import read_sheets
from xinshi.documents.workbook import cell_text
from xinshi.exchange.models import ImportFile, ImportLine
from xinshi.exchange.tests.conftest import DATA
from xinshi.ledger.queries import system_totals
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.usefixtures("members")
NONE = {"credited": 0, "minutes": 0, "no_sign_out": 0, "held_back": 0, "already_known": 0, "unmatched": 0}


def run(path: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_zhiyuanhui", str(path), "--json", *options, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_the_honorary_template_credits_60_rows() -> None:
    expected = NONE | {"kind": "honorary", "rows": 60, "credited": 60, "minutes": 26_040, "rejected": []}
    assert run(DATA / "honorary.xlsx") == expected
    assert set(Deposit.objects.values_list("kind", flat=True)) == {"honorary"}
    assert Deposit.objects.values("passbook").distinct().count() == 60


def test_the_summary_credits_40_rows() -> None:
    expected = NONE | {"kind": "verified", "rows": 40, "credited": 40, "minutes": 11_886, "rejected": []}
    assert run(DATA / "summary.csv") == expected


def test_the_detail_holds_overlaps_back_and_finds_20_without_sign_out() -> None:
    figures = run(DATA / "detail.xlsx")
    assert figures == NONE | {
        "kind": "verified",
        "rows": 200,
        "credited": 177,
        "minutes": 23_100,
        "no_sign_out": 20,
        "held_back": 3,
        "rejected": [],
    }
    held = ImportLine.objects.filter(state="held_back")
    assert set(held.values_list("code", flat=True)) == {"overlaps"}
    assert 23_100 + sum(held.values_list("minutes", flat=True)) == 23_280


def test_all_three_pass_through_the_clearing_account_and_verify() -> None:
    for name in ("honorary.xlsx", "detail.xlsx", "summary.csv"):
        run(DATA / name)
    totals = {(one.kind, one.owner_ref): one.minutes for one in system_totals()}
    assert totals == {("clearing", "partner:zhiyuanhui"): -(26_040 + 23_100 + 11_886)}
    report = verify()
    assert (report.ok, report.first_difference) == (True, "")


@pytest.mark.parametrize("name", ["honorary.xlsx", "detail.xlsx", "summary.csv"])
def test_the_same_file_again_changes_nothing(name: str) -> None:
    first = run(DATA / name)
    lines = list(ImportLine.objects.order_by("pk").values_list("pk", "state"))
    second = run(DATA / name)
    known = first["credited"] + first["held_back"]
    assert second == first | {"credited": 0, "minutes": 0, "held_back": 0, "already_known": known}
    assert list(ImportLine.objects.order_by("pk").values_list("pk", "state")) == lines
    assert Deposit.objects.count() == first["credited"]
    assert ImportFile.objects.get().runs == 2


def test_the_same_content_saved_otherwise_is_the_same_file(tmp_path: Path) -> None:
    run(DATA / "honorary.xlsx")
    [sheet] = read_sheets((DATA / "honorary.xlsx").read_bytes(), file_name="honorary.xlsx")
    shuffled = [*sheet.rows[2:3], *reversed(sheet.rows[3:])]
    text = "\r\n".join(",".join(cell_text(cell) for cell in row) for row in shuffled)
    saved = tmp_path / "另存为.csv"
    saved.write_bytes(text.encode("gb18030"))
    known = {"kind": "honorary", "rows": 60, "already_known": 60, "rejected": []}
    assert run(saved) == NONE | known
    assert run(DATA / "honorary.xls") == NONE | known
    assert (ImportFile.objects.count(), Deposit.objects.count()) == (1, 60)


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    would = run(DATA / "detail.xlsx", "--dry-run")
    assert (ImportFile.objects.count(), ImportLine.objects.count(), Deposit.objects.count()) == (0, 0, 0)
    assert run(DATA / "detail.xlsx") == would


def test_several_files_at_once_answer_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    out = StringIO()
    paths = [str(DATA / "summary.csv"), str(tmp_path / "other.csv"), str(DATA / "honorary.xlsx")]
    with pytest.raises(SystemExit) as stopped:
        call_command("import_zhiyuanhui", *paths, "--json", stdout=out, stderr=StringIO())
    assert stopped.value.code == 2
    answers = json.loads(out.getvalue())["files"]
    assert [answer.get("credited", answer.get("error", {}).get("code")) for answer in answers] == [
        40,
        "header_not_found",
        60,
    ]
