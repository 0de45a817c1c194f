"""Files and cells as people and programs write them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.documents.workbook import write_workbook
from xinshi.exchange.domain import FileKind, canonical_row, names_agree
from xinshi.exchange.zhiyuanhui.cells import CellNotReadable, minutes_in, moment_in
from xinshi.exchange.zhiyuanhui.reading import ReadFile, read_file
from xinshi.kernel.clock import HOSPITAL_ZONE

NUMBER = "430360003452278712"


def naive(*parts: int) -> datetime:
    """A moment on the hospital's clock, as a cell says it."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2.5", 150),
        ("0.7", 42),
        ("2.5小时", 150),
        ("3个小时", 180),
        ("2小时30分", 150),
        ("2小时30分钟", 150),
        ("150分钟", 150),
        ("2:30", 150),
        ("1,110.5", 66_630),
        ("3h", 180),
        ("0", 0),
        ("两小时", 120),
        ("2小时半", 150),
        ("一个半小时", 90),
        ("两个半钟头", 150),
        ("半小时", 30),
        ("半个小时", 30),
        ("十二个小时", 720),
        ("二十小时", 1_200),
    ],
)
def test_a_figure_of_hours_is_read(text: str, minutes: int) -> None:
    assert minutes_in(text, in_minutes=False) == minutes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "小时",
        "个小时",
        "两",
        "十十小时",
        "零小时",
        "半小时半",
        "两天",
        "1.2.3",
        "nan",
        "inf",
        "1e400",
        "9" * 60,
        "2/3",
        "-1",
    ],
)
def test_what_is_no_figure_is_refused(text: str) -> None:
    with pytest.raises(CellNotReadable):
        minutes_in(text, in_minutes=False)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-08 07:10:00", naive(2026, 10, 8, 7, 10)),
        ("2026/10/8 7:10", naive(2026, 10, 8, 7, 10)),
        ("2026.10.8 7:10", naive(2026, 10, 8, 7, 10)),
        ("2026年10月8日 下午3:10", naive(2026, 10, 8, 15, 10)),
        ("2026年10月8日(周四)7时10分", naive(2026, 10, 8, 7, 10)),
        ("2026-10-08T07:10", naive(2026, 10, 8, 7, 10)),
        ("20261008071000", naive(2026, 10, 8, 7, 10)),
        ("46303.298611", naive(2026, 10, 8, 7, 10)),
        ("2026-10-08 24:00", naive(2026, 10, 9)),
        ("2026-10-08", date(2026, 10, 8)),
        ("20261008", date(2026, 10, 8)),
        ("7:10", time(7, 10)),
        ("", None),
        ("未签退", None),
    ],
)
def test_a_moment_is_read(text: str, moment: object) -> None:
    assert moment_in(text) == moment


@pytest.mark.parametrize("text", ["2026-13-01 07:10", "2026-02-30", "25:00", "8日", "上午", "2026-10-08 07:61"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(CellNotReadable):
        moment_in(text)


@given(st.text(max_size=40))
def test_no_cell_breaks_the_reader(text: str) -> None:
    for read in (moment_in, lambda cell: minutes_in(cell, in_minutes=True)):
        try:
            read(text)
        except CellNotReadable:
            continue


def csv_file(text: str, encoding: str = "utf-8-sig") -> ReadFile:
    return read_file(text.encode(encoding), file_name="file.csv")


def test_the_header_is_found_below_titles_and_the_footer_is_no_row() -> None:
    found = csv_file(
        "某医院志愿服务队,,\n导出时间：2026-10-31,,\n,,\n志愿者编号,备注,信用时长（小时）,姓名\n"
        f"{NUMBER},,１．５,尹磊\n,,,\n合计,,1.5,\n制表人：张三,,,\n第1页,,,\n",
        "gb18030",
    )
    assert found.kind is FileKind.VERIFIED_SUMMARY
    assert [(row.name, row.number, row.minutes, row.row_number) for row in found.rows] == [("尹磊", NUMBER, 90, 5)]


def test_a_row_without_a_number_is_no_footer_as_long_as_it_has_hours() -> None:
    found = csv_file("姓名,志愿者编号,信用时数\n单位员工,,2\n")
    assert [row.fault.code for row in found.rows if row.fault] == ["number_missing"]


def test_the_header_again_in_the_middle_is_no_row() -> None:
    head = "姓名,志愿者编号,信用时数\n"
    assert len(csv_file(f"{head}尹磊,{NUMBER},2\n{head}尹磊,{NUMBER},3\n").rows) == 2


def test_full_width_digits_and_a_leading_apostrophe_are_a_number() -> None:
    wide = NUMBER.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    found = csv_file(f"姓名,志愿者编号,信用时数\n尹磊,{wide},２\n尹磊,'{NUMBER},3\n")
    assert [(row.number, row.minutes, row.fault) for row in found.rows] == [(NUMBER, 120, None), (NUMBER, 180, None)]


def test_a_column_of_minutes_says_so_in_its_title() -> None:
    found = csv_file(f"姓名,志愿者编号,服务时长(分钟)\n尹磊,{NUMBER},150\n")
    assert [row.minutes for row in found.rows] == [150]


def test_a_day_column_and_times_of_day_make_a_segment() -> None:
    found = csv_file(f"姓名,志愿者编号,服务日期,开始时间,结束时间,服务时长\n尹磊,{NUMBER},2026/10/8,9:00,11:00,2\n")
    [row] = found.rows
    assert found.kind is FileKind.VERIFIED_DETAIL
    assert row.starts_at == datetime(2026, 10, 8, 9, tzinfo=HOSPITAL_ZONE)
    assert row.ends_at == datetime(2026, 10, 8, 11, tzinfo=HOSPITAL_ZONE)


def test_dates_that_are_real_cells_are_read() -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet, form = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, ["姓名", "志愿者编号", "签到时间", "签退时间", "信用时数"])
    sheet.write_row(1, 0, ["尹磊", NUMBER])
    sheet.write_datetime(1, 2, naive(2026, 10, 8, 9), form)
    sheet.write_datetime(1, 3, naive(2026, 10, 8, 11, 30), form)
    sheet.write_number(1, 4, 2.5)
    book.close()
    [row] = read_file(stream.getvalue(), file_name="file.xlsx").rows
    assert (row.minutes, row.fault) == (150, None)
    assert row.ends_at == datetime(2026, 10, 8, 11, 30, tzinfo=HOSPITAL_ZONE)


@pytest.mark.parametrize("kinds", [("信用时数", "荣誉时数"), ("荣誉时数", "信用时数")])
def test_titles_in_two_rows_say_which_hours_are_which(kinds: tuple[str, str]) -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 4, "志愿者时数统计表")
    for column, title in enumerate(("序号", "姓名", "志愿者编号")):
        sheet.merge_range(1, column, 2, column, title)
    sheet.merge_range(1, 3, 1, 4, "时数")
    sheet.write_row(2, 3, kinds)
    sheet.write_row(3, 0, ["1", "尹磊", NUMBER, *("2" if kind == "信用时数" else "5" for kind in kinds)])
    book.close()
    found = read_file(stream.getvalue(), file_name="file.xlsx")
    assert (found.kind, found.titles["verified"]) == (FileKind.VERIFIED_SUMMARY, "信用时数")
    assert [(row.row_number, row.minutes, row.fault) for row in found.rows] == [(4, 120, None)]


def test_a_wide_title_above_or_a_wide_name_beside_changes_nothing() -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 3, "志愿者时数统计表")
    sheet.merge_range(1, 0, 1, 1, "姓名")
    sheet.write_row(1, 2, ["志愿者编号", "信用时数"])
    sheet.write_row(2, 0, ["尹磊", "", NUMBER, "2"])
    book.close()
    found = read_file(stream.getvalue(), file_name="file.xlsx")
    assert [(row.name, row.number, row.minutes) for row in found.rows] == [("尹磊", NUMBER, 120)]


def test_merged_names_are_repeated_and_hours_are_not() -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "志愿者编号", "荣誉时数值", "补录原因"])
    sheet.merge_range(1, 0, 2, 0, "尹磊")
    sheet.merge_range(1, 1, 2, 1, NUMBER)
    sheet.merge_range(1, 2, 2, 2, "2")
    sheet.write(1, 3, "导医")
    sheet.write(2, 3, "义诊")
    book.close()
    found = read_file(stream.getvalue(), file_name="file.xlsx").rows
    assert [(row.name, row.number, row.minutes) for row in found] == [("尹磊", NUMBER, 120), ("尹磊", NUMBER, None)]


def test_a_number_that_the_program_rounded_is_told() -> None:
    data = write_workbook(
        sheet_name="Sheet1", headers=("姓名", "志愿者编号", "信用时数"), rows=[("尹磊", Decimal(NUMBER), "2")]
    )
    [row] = read_file(data, file_name="file.xlsx").rows
    assert row.fault is not None
    assert row.fault.code == "number_rounded"


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("尹磊", " 尹 磊 ", True),
        ("阿依·古丽", "阿依•古丽", True),
        ("尹*", "尹磊", True),
        ("尹磊(组长)", "尹磊", True),
        ("尹磊", "尹雷", False),
        ("**", "尹磊", False),
        ("", "尹磊", False),
    ],
)
def test_names_agree_but_for_what_varies_between_files(one: str, other: str, agree: bool) -> None:
    assert names_agree(one, other) is agree


def test_a_row_means_the_same_however_it_is_written() -> None:
    first = csv_file(f"序号,姓名,志愿者编号,荣誉时数值,补录原因\n1,尹磊,{NUMBER},2.0,门诊 导医\n")
    second = csv_file(f"补录原因,荣誉时数值,志愿者编号,姓名\n门诊导医,２,{NUMBER},尹 磊\n", "gb18030")
    assert canonical_row(first.rows[0], first.kind) == canonical_row(second.rows[0], second.kind)
