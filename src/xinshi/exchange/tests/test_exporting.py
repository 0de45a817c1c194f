"""Hours that go out: each once, none that came from there, nothing lost by one decimal."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from xinshi.bank.actions import reverse_deposit
from xinshi.documents.sheets import read_sheets
from xinshi.exchange.actions import ExportReport, export_zhiyuanhui
from xinshi.exchange.actions.exporting import PeriodBackwards
from xinshi.exchange.domain import joined_reason, rounded_down, tenths_text
from xinshi.exchange.models import ExportCarry, HonoraryExport, ImportLine
from xinshi.exchange.tests.conftest import SYSTEM, Bank, Cast, Somebody, outcome, summary, take
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.verification import verify
from xinshi.people.actions import withdraw_consent
from xinshi.people.domain import ZHIYUANHUI

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


def send(period: tuple[date, date] = OCTOBER) -> ExportReport:
    return export_zhiyuanhui(actor=SYSTEM, from_day=period[0], to_day=period[1])


def rows_of(report: ExportReport) -> list[list[str]]:
    """The file's rows below its header: name, number, hours, reason."""
    [sheet] = read_sheets(report.workbook, file_name="out.xlsx")
    return [[str(cell) for cell in row[1:]] for row in sheet.rows[3:]]


def carry_of(who: Somebody) -> int:
    return ExportCarry.objects.get(person_id=who.person_id).minutes


@given(st.lists(st.integers(min_value=-2_000, max_value=5_000), max_size=30))
def test_tenths_and_carry_always_make_the_minutes(changes: list[int]) -> None:
    carry, tenths = 0, 0
    for minutes in changes:
        rounded = rounded_down(carry, minutes)
        carry, tenths = rounded.carry, tenths + rounded.tenths
        assert rounded.tenths >= 0
        assert carry <= 5
    assert tenths * 6 + carry == sum(changes)


def test_the_file_is_the_honorary_template_with_text_cells(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 150)
    bank.served(cast.li, 45, title="健康讲座")
    report = send()
    [sheet] = read_sheets(report.workbook, file_name="out.xlsx")
    assert sheet.name == "Sheet1"
    assert [str(cell) for cell in sheet.rows[2]] == ["序号", "姓名*", "志愿者编号*", "荣誉时数值*", "补录原因*"]
    assert rows_of(report) == [[cast.li.name, cast.li.number, "3.2", "门诊导医、健康讲座"]]
    assert (report.minutes, report.tenths, report.carried_minutes) == (195, 32, 3)


def test_what_rounding_keeps_back_goes_with_the_next_file(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 64)
    assert rows_of(send())[0][2] == "1.0"
    assert carry_of(cast.li) == 4
    bank.served(cast.li, 62, day=date(2026, 11, 2))
    assert rows_of(send(NOVEMBER))[0][2] == "1.1"
    assert carry_of(cast.li) == 0
    assert verify().ok


def test_each_deposit_goes_out_once_and_the_same_file_is_written_again(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 60)
    first, again = send(), send()
    assert (first.is_new, again.is_new, again.export_id) == (True, False, first.export_id)
    assert again.workbook == first.workbook
    assert HonoraryExport.objects.count() == 1
    bank.served(cast.li, 120)
    late = send()
    assert (late.is_new, rows_of(late)[0][2]) == (True, "2.0")


def test_a_rest_below_a_tenth_is_carried_without_a_row(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 5)
    report = send()
    assert (rows_of(report), report.people, report.carried_minutes) == ([], 0, 5)
    bank.served(cast.li, 1, day=date(2026, 11, 2))
    assert rows_of(send(NOVEMBER))[0][2] == "0.1"


def test_hours_that_came_from_there_never_go_back(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    take(summary([cast.li.name, cast.li.number, "8"]))
    assert (rows_of(send(NOVEMBER)), HonoraryExport.objects.count()) == ([], 0)


def test_our_own_file_coming_back_is_held_back(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 60)
    report = send()
    assert outcome(take(report.workbook)) == {"held_back": 1}
    assert ImportLine.objects.get().code == "sent_by_us"


def test_a_deposit_taken_back_before_the_file_is_not_in_it(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 60)
    reverse_deposit(actor=SYSTEM, deposit_id=bank.served(cast.li, 120), reason="记错了")
    assert rows_of(send())[0][2] == "1.0"


def test_a_deposit_taken_back_after_its_file_lowers_a_later_one(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    wrong = bank.served(cast.li, 120)
    send()
    reverse_deposit(actor=SYSTEM, deposit_id=wrong, reason="记错了")
    assert rows_of(send())[0][2] == "2.0", "the same period writes the same file"
    bank.served(cast.li, 90, day=date(2026, 11, 2))
    assert rows_of(send(NOVEMBER)) == []
    assert carry_of(cast.li) == -30
    bank.served(cast.li, 60, day=date(2026, 12, 2))
    assert rows_of(send((date(2026, 12, 1), date(2026, 12, 31))))[0][2] == "0.5"
    assert carry_of(cast.li) == 0
    assert verify().ok


def test_only_who_agreed_and_has_a_number_is_in_the_file(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.agrees(cast.wang)
    for who in (cast.li, cast.wang, cast.coordinator):
        bank.served(who, 60)
    withdraw_consent(actor=SYSTEM, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    report = send()
    assert [row[0] for row in rows_of(report)] == [cast.li.name]
    assert (report.without_consent, report.without_number) == (2, 0)
    bank.agrees(cast.wang)
    assert [row[0] for row in rows_of(send())] == [cast.wang.name], "what was left out is not lost"


def test_a_name_that_looks_like_a_formula_stays_text(cast: Cast, bank: Bank) -> None:
    from xinshi.people.models import Person

    bank.agrees(cast.li)
    Person.objects.filter(pk=cast.li.person_id).update(name="=1+1")
    bank.served(cast.li, 60)
    import io
    import zipfile

    text = zipfile.ZipFile(io.BytesIO(send().workbook)).read("xl/sharedStrings.xml").decode()
    assert "'=1+1" in text


def test_only_keepers_send_and_a_period_runs_forwards(cast: Cast, bank: Bank) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 60)
    for who in (cast.li, cast.auditor):
        with pytest.raises(NotAllowed):
            export_zhiyuanhui(actor=who.actor, from_day=OCTOBER[0], to_day=OCTOBER[1])
    with pytest.raises(PeriodBackwards):
        send((OCTOBER[1], OCTOBER[0]))
    assert HonoraryExport.objects.count() == 0


def test_by_command(cast: Cast, bank: Bank, tmp_path: Path) -> None:
    bank.agrees(cast.li)
    bank.served(cast.li, 64)
    out, path = StringIO(), tmp_path / "荣誉时数.xlsx"
    call_command("export_zhiyuanhui", str(path), "--from", "2026-10-01", "--to", "2026-10-31", "--json", stdout=out)
    figures = json.loads(out.getvalue())
    assert {name: figures[name] for name in ("rows", "hours", "minutes", "carried_minutes")} == {
        "rows": 1,
        "hours": "1.0",
        "minutes": 64,
        "carried_minutes": 4,
    }
    assert len(read_sheets(path.read_bytes(), file_name=path.name)[0].rows) == 4
    with pytest.raises(CommandError):
        call_command("export_zhiyuanhui", str(path), "--from", "2026-10-1", "--to", "2026-10-31")


def test_a_reason_names_activities_as_far_as_they_fit() -> None:
    assert joined_reason(["导医", "导医", "义诊"], general="其他") == "导医、义诊"
    assert joined_reason([], general="其他") == "其他"
    long = joined_reason([f"活动{index}" * 5 for index in range(10)], general="其他")
    assert long.endswith("等")
    assert len(long) <= 60
    assert tenths_text(145) == "14.5"
