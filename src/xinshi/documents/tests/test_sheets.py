"""Reading spreadsheets: what a hospital receives, and what nobody should send."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
import xlsxwriter
import xlwt
from xlwt.CompoundDoc import XlsDoc

from xinshi.documents.sheets import (
    ROUNDED_NUMBER,
    FileEmpty,
    FileEncrypted,
    FileNotReadable,
    FileTooLarge,
    FileTooWide,
    QuoteWithoutEnd,
    find_header,
    read_sheets,
)
from xinshi.documents.workbook import write_csv, write_workbook
from xinshi.kernel.errors import DomainError

SHEET = "xl/worksheets/sheet1.xml"
WANTED = {"name": ("姓名",), "number": ("志愿者编号", "编号"), "hours": ("信用时数",)}


def small_workbook() -> bytes:
    return write_workbook(sheet_name="名单", headers=["姓名"], rows=[["甲"]])


def with_member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in source.infolist():
            content = source.read(member)
            archive.writestr(member.filename, change(content) if member.filename == name else content)
    return target.getvalue()


def added_to_sheet(xml: bytes) -> bytes:
    return with_member(small_workbook(), SHEET, lambda content: content.replace(b"</sheetData>", xml + b"</sheetData>"))


def many_references_to_one_long_text() -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(3, 60_000))
    return with_member(
        added_to_sheet(rows), "xl/sharedStrings.xml", lambda content: content.replace("姓名".encode(), b"A" * 100_000)
    )


def archive_that_lies_about_its_size() -> bytes:
    data = bytearray(added_to_sheet(b" " * 20_000_000))
    real = struct.pack("<I", zipfile.ZipFile(io.BytesIO(data)).getinfo(SHEET).file_size)
    place = data.find(real)
    while place >= 0:
        data[place : place + 4] = struct.pack("<I", 5_000)
        place = data.find(real, place + 4)
    return bytes(data)


def encrypted_xlsx() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


def zip_with_password() -> bytes:
    data = bytearray(small_workbook())
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


def encrypted_xls() -> bytes:
    """An old workbook that says behind its first record how the rest is encrypted."""
    book = xlwt.Workbook()
    book.add_sheet("名单").write(0, 0, "x")
    records = book.get_biff_data()
    begin = 4 + struct.unpack_from("<H", records, 2)[0]
    stream = io.BytesIO()
    file_pass = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + b"\x11" * 48
    XlsDoc().save(stream, records[:begin] + file_pass + records[begin:])
    return stream.getvalue()


def encrypted_ods() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest><manifest:encryption-data/></manifest:manifest>")
        archive.writestr("content.xml", bytes(range(256)) * 9)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (encrypted_xls(), FileEncrypted),
        (encrypted_ods(), FileEncrypted),
        (b"", FileEmpty),
        (b" \r\n", FileEmpty),
        (b"\xef\xbb\xbf", FileEmpty),
        (b"<html><p>x</p></html>", FileNotReadable),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", FileNotReadable),
        (b"%PDF-1.7 something", FileNotReadable),
        (b"\x89PNG\r\n\x1a\n" + b"\1\2\3" * 99, FileNotReadable),
        (bytes(range(256)) * 40, FileNotReadable),
        (b"PK\x03\x04" + b"x" * 500, FileNotReadable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 2_000, FileNotReadable),
        (encrypted_xlsx(), FileEncrypted),
    ],
)
def test_refuses_what_is_no_readable_spreadsheet(data: bytes, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        read_sheets(data, file_name="志愿者.xls")


@pytest.mark.parametrize(
    ("make", "refusals"),
    [
        (lambda: added_to_sheet(b" " * 130_000_000), (FileTooLarge,)),
        (lambda: added_to_sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), (FileTooWide,)),
        (many_references_to_one_long_text, (FileTooLarge,)),
        (archive_that_lies_about_its_size, (FileTooLarge, FileNotReadable)),
        (zip_with_password, (FileEncrypted,)),
        (lambda: small_workbook()[:2_000], (FileNotReadable,)),
        (lambda: with_member(small_workbook(), "xl/workbook.xml", lambda _: b"<x/>"), (FileNotReadable, FileEmpty)),
        (lambda: b"a," * 300 + b"\n", (FileTooWide,)),
        (lambda: b"x" * (20 * 1024 * 1024 + 1), (FileTooLarge,)),
    ],
)
def test_refuses_bombs_in_bounded_memory(make: Callable[[], bytes], refusals: tuple[type[DomainError], ...]) -> None:
    with pytest.raises(refusals):
        read_sheets(make(), file_name="名单.xlsx")


def test_reads_xls_by_its_content_whatever_its_name_says() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("花名册")
    for column, text in enumerate(["姓名", "志愿者编号", "５．５"]):
        sheet.write(0, column, text)
    stream = io.BytesIO()
    book.save(stream)
    [found] = read_sheets(stream.getvalue(), file_name="x.csv")
    assert (found.name, found.rows) == ("花名册", [["姓名", "志愿者编号", "5.5"]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_reads_csv_in_every_encoding_that_occurs(encoding: str) -> None:
    data = "姓名\t编号\r\n　张三 \t１２３\r\n".encode(encoding)
    [sheet] = read_sheets(data, file_name="导出.csv")
    assert sheet.rows == [["姓名", "编号"], ["张三", "123"]]


def test_an_xls_that_begins_in_another_column_keeps_its_places_and_merged_areas() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for column, text in enumerate(("活动", "姓名", "编号"), start=2):
        sheet.write(1, column, text)
    sheet.write_merge(2, 3, 2, 2, "导医")
    sheet.write(2, 3, "甲")
    sheet.write(3, 3, "乙")
    stream = io.BytesIO()
    book.save(stream)
    [found] = read_sheets(stream.getvalue(), file_name="x.xls")
    assert found.rows[1] == ["", "", "活动", "姓名", "编号"]
    assert found.merged == [(2, 2, 3, 2)]


def test_a_length_of_time_in_an_xls_is_read_as_its_cell_shows_it() -> None:
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, 26.5 / 24, xlwt.easyxf(num_format_str="[h]:mm"))
    stream = io.BytesIO()
    book.save(stream)
    assert read_sheets(stream.getvalue(), file_name="x.xls")[0].rows == [["26:30:00"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("姓名;时数\n甲;2,5\n乙;1,5\n", [["姓名", "时数"], ["甲", "2,5"], ["乙", "1,5"]]),
        ("姓名\t原因\n甲\ta,b,c,d,e\n", [["姓名", "原因"], ["甲", "a,b,c,d,e"]]),
        (
            "说明：甲，乙，丙\n注：一，二，三\n姓名,编号,时数\n甲,1,2\n",
            [["说明:甲,乙,丙"], ["注:一,二,三"], ["姓名", "编号", "时数"], ["甲", "1", "2"]],
        ),
        ('姓名,原因\n甲,"导医\n分诊, 取药"\n', [["姓名", "原因"], ["甲", "导医 分诊, 取药"]]),
        ("姓名|时数\n甲|2\n", [["姓名", "时数"], ["甲", "2"]]),
        ("姓名，时数\n甲，2\n", [["姓名", "时数"], ["甲", "2"]]),
        ('姓名,编号\n甲,="430360003452278712"\n', [["姓名", "编号"], ["甲", "430360003452278712"]]),
        ("姓名,编号\n甲,4.30360003452278E17\n", [["姓名", "编号"], ["甲", ROUNDED_NUMBER]]),
        ('姓名,原因\r\n甲,"导医\r\n与分诊"\r\n', [["姓名", "原因"], ["甲", "导医 与分诊"]]),
        ("姓名,编号\n\u200e甲,\u202d123\u202c\n\x1a", [["姓名", "编号"], ["甲", "123"]]),
    ],
)
def test_text_is_divided_and_cleaned_as_its_writer_meant_it(text: str, rows: list[list[str]]) -> None:
    assert read_sheets(text.encode(), file_name="x.csv")[0].rows == rows


def test_a_quotation_mark_without_end_swallows_no_rows() -> None:
    with pytest.raises(QuoteWithoutEnd) as refused:
        read_sheets('姓名,时数,原因\n甲,2,"导医\n乙,3,义诊\n丙,4,义诊\n'.encode(), file_name="x.csv")
    assert refused.value.parameters == {"row": 2}


def web_rows(text: str) -> tuple[list[list[object]], list[tuple[int, int, int, int]]]:
    [sheet] = read_sheets(text.encode("gb18030"), file_name="导出.xls")
    return [[*row] for row in sheet.rows], [*sheet.merged]


def test_cells_of_a_web_page_that_go_over_several_rows_move_no_other_cell() -> None:
    rows, merged = web_rows(
        "<table><tr><td rowspan=2>姓名<td colspan=2>时数</tr><tr><td>信用<td>荣誉</tr><tr><td>甲<td>1<td>2</tr></table>"
    )
    assert rows == [["姓名", "时数", ""], ["", "信用", "荣誉"], ["甲", "1", "2"]]
    assert merged == [(0, 0, 1, 0), (0, 1, 0, 2)]


def test_xml_of_2003_with_merged_cells_empty_rows_and_remarks_is_read_as_it_is_seen() -> None:
    rows, merged = web_rows(
        "<?xml version='1.0'?><Workbook><Worksheet><Table>"
        "<Row><Cell ss:MergeAcross='1'><Data>姓名</Data></Cell><Cell><Data>时数</Data></Cell></Row>"
        "<Row ss:Index='3'><Cell ss:MergeDown='1'><Data>甲</Data></Cell><Cell ss:Index='3'><Data>2</Data>"
        "<Comment><ss:Data>5</ss:Data></Comment></Cell></Row><Row><Cell ss:Index='3'><Data>3</Data></Cell></Row>"
        "</Table></Worksheet></Workbook>"
    )
    assert rows == [["姓名", "", "时数"], [], ["甲", "", "2"], ["", "", "3"]]
    assert merged == [(0, 0, 0, 1), (2, 0, 3, 0)]


def test_keeps_dates_numbers_and_row_numbers_as_the_sheet_shows_them() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_datetime(2, 0, date(2026, 1, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(2, 1, 1.1)
        sheet.write_number(2, 2, 13_800_138_000)
        sheet.write_number(2, 3, 430_360_003_452_278_712)
        sheet.write_string(2, 4, "430360003452278712")
        sheet.write_boolean(2, 5, True)
        hidden = book.add_worksheet("字典")
        hidden.write_string(0, 0, "隐藏")
        hidden.hide()
    [sheet_read] = read_sheets(stream.getvalue(), file_name="x.xlsx")
    assert sheet_read.rows[:2] == [[""] * 6] * 2
    day, *others = sheet_read.rows[2]
    assert (day.date() if isinstance(day, datetime) else day) == date(2026, 1, 5)
    assert others == ["1.1", "13800138000", ROUNDED_NUMBER, "430360003452278712", "True"]


def test_a_long_number_that_csv_already_lost_is_marked_not_guessed() -> None:
    [sheet] = read_sheets("姓名,编号\n张三,4.3036E+17\n".encode(), file_name="x.csv")
    assert sheet.rows[1] == ["张三", ROUNDED_NUMBER]


def test_finds_the_header_by_its_names_wherever_it_stands() -> None:
    text = "某医院 信用时数明细,,\n导出时间：2026-10-31,,\n,,\n 志愿者 编号＊,信用时数（小时）,\ufeff姓名*\n1,2,张三\n"
    [sheet] = read_sheets(text.encode(), file_name="x.csv")
    header = find_header(sheet, WANTED, required=("name", "number"))
    assert header is not None
    assert (header.row_index, header.columns) == (3, {"number": 0, "hours": 1, "name": 2})
    assert find_header(sheet, WANTED | {"phone": ("手机",)}, required=("phone",)) is None


def test_text_that_was_neutralised_on_its_way_out_comes_back_whole() -> None:
    rows = [["=1+1", "430360003452278712"], ["-5", "'quoted"]]
    for data in (
        write_workbook(sheet_name="a", headers=["x", "y"], rows=rows),
        write_csv(headers=["x", "y"], rows=rows),
    ):
        [sheet] = read_sheets(data, file_name="x")
        assert sheet.rows[1:] == rows


def test_no_cell_that_leaves_the_house_can_start_a_formula() -> None:
    hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    text = write_csv(headers=hostile, rows=[hostile]).decode("utf-8-sig")
    assert text.count("'=") == 2
    data = write_workbook(sheet_name="a", headers=hostile, rows=[hostile], preamble=hostile)
    sheet = zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    assert b"<f>" not in sheet
    strings = zipfile.ZipFile(io.BytesIO(data)).read("xl/sharedStrings.xml").decode()
    assert not any(f">{start}" in strings for start in "=+-@\t\r")
