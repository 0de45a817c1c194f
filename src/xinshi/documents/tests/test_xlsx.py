"""Workbooks read as a stream: the same rows as another reader finds, however they were written, and nothing hostile."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.documents import shared_texts, xlsx_rows
from xinshi.documents.other_workbooks import say_other_workbook
from xinshi.documents.sheets import (
    COLUMNS_MAX,
    ROWS_MAX,
    FileNotReadable,
    FileTooLarge,
    FileTooWide,
    find_header,
    read_sheets,
    sheet_parts,
)
from xinshi.documents.xlsx import SHEETS_MAX, Archive, say_workbook
from xinshi.documents.xlsx_rows import Limits
from xinshi.kernel.errors import DomainError

SHEET: Final = "xl/worksheets/sheet1.xml"
STRINGS: Final = "xl/sharedStrings.xml"
STYLES: Final = "xl/styles.xml"
FORMATS: Final = (
    "General",
    "0.00",
    "yyyy-mm-dd",
    "yyyy/m/d h:mm",
    'yyyy"年"m"月"d"日"',
    "[$-804]yyyy-mm-dd;@",
    '"d"0',
    "[Red]0.0;[Blue]-0.0",
    "[h]:mm",
    "h:mm:ss",
    "@",
)
BUILT_IN: Final = (0, 1, 2, 4, 9, 10, 11, 14, 15, 20, 22, 27, 31, 36, 45, 46, 47, 49, 50, 58)
LIMITS: Final = Limits(ROWS_MAX, COLUMNS_MAX)


def changed(data: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in source.infolist():
            content = source.read(member)
            archive.writestr(member.filename, changes.get(member.filename, bytes)(content))
    return target.getvalue()


def rows_of(
    say_all: Callable[[Callable[[Any], None]], None],
) -> list[tuple[str, list[list[Any]], list[tuple[int, ...]]]]:
    """Name, rows without what is empty at their ends, merged areas of each sheet."""
    found: list[tuple[str, list[list[Any]], list[tuple[int, ...]]]] = []

    def take(part: Any) -> None:
        if isinstance(part, dict):
            found.append((part["sheet"], [], sorted(tuple(area) for area in part["merged"])))
        else:
            found[-1][1].extend(part)

    say_all(take)
    for _, rows, _ in found:
        for row in rows:
            while row and not row[-1]:
                row.pop()
        while rows and not rows[-1]:
            rows.pop()
    return found


def streamed(data: bytes) -> Any:
    return rows_of(lambda say: say_workbook(Archive(io.BytesIO(data)), LIMITS, say))


def otherwise(data: bytes) -> Any:
    return rows_of(lambda say: say_other_workbook(data, LIMITS, say))


def remarked(data: bytes) -> bytes:
    """The same workbook so that no row is plain: the parser has to read them all."""
    return changed(data, {SHEET: lambda xml: xml.replace(b"<sheetData>", b"<sheetData><!-- by hand -->")})


texts = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFFF), max_size=12) | st.sampled_from(
    [
        "姓名",
        " 李 明 ",
        "a&b<c>\"'",
        "１２",
        "430360003452278712",
        "=1+1",
        "_x0041_",
        "_x000D_",
        "第一行\n第二行",
        "</row>",
        "<!--",
    ]
)
numbers = st.sampled_from([0.5, 1, 59, 60, 61, 2.5, 45000, 45000.25, 46303.298611, 2958465]) | st.floats(
    0, 60_000, exclude_min=True
)
"""Without what the other reader says otherwise: nought as a date, and cells in error."""
long_numbers = st.sampled_from([1e15, 430360003452278712, -0.1, 1e300]) | st.integers(-(10**17), 10**17)
cells = st.one_of(
    st.none(),
    texts.map(lambda text: ("text", text)),
    st.tuples(st.just("number"), numbers, st.sampled_from((*FORMATS, *BUILT_IN))),
    st.tuples(st.just("number"), long_numbers, st.sampled_from(("General", "0.00", "@", 0, 1, 49))),
    st.booleans().map(lambda value: ("truth", value)),
    st.tuples(st.just("formula"), st.sampled_from([3, "words & more", True])),
    st.just(("blank",)),
    texts.filter(str.strip).map(lambda text: ("rich", text)),
)


def written(rows: list[list[Any]], *, inline: bool, from_1904: bool, merged: list[tuple[int, int]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": inline, "date_1904": from_1904}) as book:
        formats = {code: book.add_format({"num_format": code}) for code in (*FORMATS, *BUILT_IN)}
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("表")
        sheet.write_string(0, 0, "The other reader leaves empty columns at the left out.")
        for place, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                match cell:
                    case ("text", text):
                        sheet.write_string(place, column, text)
                    case ("number", figure, code):
                        sheet.write_number(place, column, figure, formats[code])
                    case ("truth", value):
                        sheet.write_boolean(place, column, value)
                    case ("formula", value):
                        sheet.write_formula(place, column, "=A1&B1", None, value)
                    case ("blank",):
                        sheet.write_blank(place, column, None, bold)
                    case ("rich", text):
                        sheet.write_rich_string(place, column, bold, "粗", text)
        for top, column in merged:
            sheet.merge_range(top + 50, column, top + 52, column, "")
    return stream.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.lists(cells, max_size=7), max_size=9),
    inline=st.booleans(),
    from_1904=st.booleans(),
    merged=st.lists(st.tuples(st.sampled_from([0, 5, 10]), st.integers(0, 5)), max_size=2, unique=True),
)
def test_the_stream_finds_what_another_reader_finds(
    rows: list[list[Any]], *, inline: bool, from_1904: bool, merged: list[tuple[int, int]]
) -> None:
    data = written(rows, inline=inline, from_1904=from_1904, merged=merged)
    assert streamed(data) == otherwise(data)
    assert streamed(remarked(data)) == otherwise(data)


def plain_book() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet("表").write_string(0, 0, "题")
    return stream.getvalue()


def sheet_of(rows: str, *, after: str = "", strings: str = "") -> bytes:
    """A workbook with these rows as they stand in XML."""
    found = changed(
        plain_book(),
        {
            SHEET: lambda xml: re.sub(
                rb"<sheetData>.*</sheetData>", lambda _: f"<sheetData>{rows}</sheetData>{after}".encode(), xml
            ),
            STRINGS: lambda xml: (
                re.sub(rb"(<sst[^>]*>).*", lambda head: head[1] + f"{strings}</sst>".encode(), xml) if strings else xml
            ),
        },
    )
    assert not strings or strings.encode() in zipfile.ZipFile(io.BytesIO(found)).read(STRINGS)
    return found


def row(*cells: str, number: int = 1) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def only_rows(data: bytes) -> list[list[Any]]:
    [sheet] = read_sheets(data, file_name="x.xlsx")
    return sheet.rows


@pytest.mark.parametrize(
    ("xml", "rows"),
    [
        (row('<c r="A1" t="b"><v>1</v></c>', '<c r="B1" t="b"><v>0</v></c>'), [["True", "False"]]),
        (row('<c r="A1" t="e"><v>#DIV/0!</v></c>', '<c r="B1"><v>1</v></c>'), [["#DIV/0!", "1"]]),
        (
            row('<c r="A1"><f>1+1</f><v>2</v></c>', '<c r="B1"><f>1+1</f></c>', '<c r="C1"><v>3</v></c>'),
            [["2", "", "3"]],
        ),
        (row('<c r="A1" t="str"><f t="shared" si="0"/><v>甲 &amp; 乙</v></c>'), [["甲 & 乙"]]),
        (row('<c r="A1" t="inlineStr"><is><t>甲&#x4e59;&#20001;</t></is></c>'), [["甲乙両"]]),
        (
            row(
                '<c r="A1" t="inlineStr"><is><r><t>李</t></r><r><rPr><b/></rPr><t>明</t></r>'
                '<rPh sb="0" eb="1"><t>リ</t></rPh></is></c>'
            ),
            [["李明"]],
        ),
        (row('<c r="A1" t="s"><v>0</v></c>', '<c r="B1" t="s"><v>1</v></c>'), [["王芳", "李明"]]),
        (row('<c r="A1" t="inlineStr"><is><t><![CDATA[</row><5]]></t></is></c>'), [["</row><5"]]),
        (row('<c r="A1" t="inlineStr"><is><t>a</t></is></c><!-- </row> -->', '<c r="B1"><v>7</v></c>'), [["a", "7"]]),
        (row('<c r="C1"><v>3</v></c>', '<c r="A1"><v>1</v></c>'), [["1", "", "3"]]),
        (
            "<row><c><v>1</v></c><c r='D1'><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c></row>",
            [["1", "", "", "2", "3"], ["4", "", "", "", ""]],
        ),
        (
            '<row r="2"/>\n<row r="3" spans="1:2" ht="15">\n<c r="B3" s="0"><v>1</v></c>\n</row>',
            [["", ""], ["", ""], ["", "1"]],
        ),
        (row('<c r="A1"><v>1</v></c>') + row(number=9) + row('<c r="A900" s="1"/>', number=900), [["1"]]),
        (
            row('<c r="A1"><v>1</v></c>', '<c r="XFD1" s="1"/>') + row('<c r="A1048576" s="1"/>', number=1048576),
            [["1"]],
        ),
        (row('<c r="A1" t="d"><v>2026-01-05</v></c>'), [["2026-01-05"]]),
        (
            row('<c r="A1"><v>0012</v></c>', '<c r="B1"><v>x</v></c>', '<c r="C1"><v/></c>', '<c r="D1"><v>9</v></c>'),
            [["12", "x", "", "9"]],
        ),
    ],
)
def test_cells_of_every_kind_are_read_however_they_are_written(xml: str, rows: list[list[str]]) -> None:
    strings = (
        '<si><t>王芳</t><phoneticPr fontId="1"/></si>'
        '<si><r><t>李</t></r><r><rPr><b/></rPr><t xml:space="preserve">明</t></r><rPh sb="0" eb="1"><t>リ</t></rPh></si>'
    )
    data = sheet_of(xml, strings=strings)
    assert only_rows(data) == rows
    assert only_rows(remarked(data)) == rows


def test_a_prefix_before_every_name_and_other_slashes_change_nothing() -> None:
    data = sheet_of(row('<c r="A1" t="inlineStr"><is><t>甲</t></is></c>'))
    prefixed = changed(
        data,
        {
            SHEET: lambda xml: re.sub(rb"(</?)(?=\w)", rb"\1x:", xml).replace(b"xmlns=", b"xmlns:x="),
            "xl/_rels/workbook.xml.rels": lambda xml: xml.replace(b'"worksheets/', b'"/xl/Worksheets\\'),
        },
    )
    assert only_rows(prefixed) == only_rows(data) == [["甲"]]


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_a_sheet_in_another_encoding_is_read_or_refused_and_never_guessed(encoding: str) -> None:
    data = sheet_of(row('<c r="A1" t="inlineStr"><is><t>甲乙</t></is></c>'))
    other = changed(data, {SHEET: lambda xml: xml.decode().replace("UTF-8", encoding).encode(encoding)})
    if encoding == "utf-16":
        assert only_rows(other) == [["甲乙"]]
    else:
        with pytest.raises(FileNotReadable):
            read_sheets(other, file_name="x.xlsx")


@pytest.mark.parametrize("from_1904", [False, True])
def test_days_moments_and_times_are_known_by_the_formats_of_their_cells(*, from_1904: bool) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"date_1904": from_1904}) as book:
        sheet = book.add_worksheet()
        day, moment, chinese = (
            book.add_format({"num_format": code}) for code in ("yyyy/m/d", 'yyyy"年"m"月"d"日" h:mm', 31)
        )
        sheet.write_datetime(0, 0, date(2026, 10, 8), day)
        sheet.write_datetime(0, 1, datetime(2026, 10, 8, 7, 10), moment)  # noqa: DTZ001  # A cell knows no zone.
        sheet.write_datetime(0, 2, time(7, 10), book.add_format({"num_format": "h:mm"}))
        sheet.write_number(0, 3, 1.25, book.add_format({"num_format": "[h]:mm"}))
        sheet.write_datetime(0, 4, date(2026, 10, 9), chinese)
        sheet.write_number(0, 5, 45_000, book.add_format({"num_format": '0"days"'}))
    moment_read = datetime(2026, 10, 8, 7, 10)  # noqa: DTZ001  # As above.
    [found] = only_rows(stream.getvalue())
    assert found == [date(2026, 10, 8), moment_read, "07:10:00", "30:00:00", date(2026, 10, 9), "45000"]


def test_nought_shown_as_a_day_is_an_empty_cell_and_shown_as_a_time_is_midnight() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for column, code in enumerate(("yyyy/m/d h:mm", "yyyy-mm-dd", "h:mm", 20, 22)):
            sheet.write_number(0, column, 0, book.add_format({"num_format": code}))
        sheet.write_string(0, 5, "x")
    assert only_rows(stream.getvalue()) == [["", "", "00:00:00", "00:00:00", "", "x"]]


def test_more_sheets_than_are_read_are_refused_and_none_is_dropped() -> None:
    def book_of(sheets: int) -> bytes:
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream) as book:
            for number in range(sheets):
                book.add_worksheet(f"科室{number}").write_string(0, 0, str(number))
        return stream.getvalue()

    assert len(read_sheets(book_of(SHEETS_MAX), file_name="x.xlsx")) == SHEETS_MAX
    with pytest.raises(FileTooLarge):
        read_sheets(book_of(SHEETS_MAX + 1), file_name="x.xlsx")


def test_merged_areas_and_titles_are_found_without_a_dimension() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 2, "某院志愿者名单")
        sheet.write_row(1, 0, ["姓名", "志愿者编号", "时数"])
        sheet.merge_range(2, 0, 4, 0, "李明")
        for place in (2, 3, 4):
            sheet.write_row(place, 1, [str(place), "2"])
    data = changed(stream.getvalue(), {SHEET: lambda xml: re.sub(rb"<dimension[^>]*/>", b"", xml)})
    [found] = read_sheets(data, file_name="x.xlsx")
    assert sorted(found.merged) == [(0, 0, 0, 2), (2, 0, 4, 0)]
    header = find_header(found, {"name": ("姓名",)}, required=("name",))
    assert header is not None
    found.fill_merged([0])
    assert [line[0] for line in found.rows[header.row_index + 1 :]] == ["李明"] * 3


def test_rows_come_in_parts_and_with_their_places() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place in range(2_600):
            sheet.write_row(place, 0, [f"甲{place}", place])
    parts = list(sheet_parts(stream.getvalue(), file_name="x.xlsx"))
    assert [part.first_row for part in parts] == [500 * number for number in range(6)]
    assert [row for part in parts for row in part.rows] == [[f"甲{place}", str(place)] for place in range(2_600)]


LAUGHS: Final = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]>"
)
TWO: Final = '<c r="A2"><v>2</v></c>'
REFUSED: Final[dict[str, tuple[Callable[[], bytes], type[DomainError]]]] = {
    "a number that no text has": (lambda: sheet_of(row('<c r="A1" t="s"><v>9</v></c>')), FileNotReadable),
    "a number of a text before the first": (lambda: sheet_of(row('<c r="A1" t="s"><v>-1</v></c>')), FileNotReadable),
    "a text's number that is none": (lambda: sheet_of(row('<c r="A1" t="s"><v>x</v></c>')), FileNotReadable),
    "rows out of their order": (lambda: sheet_of(row(TWO, number=2) + row(TWO)), FileNotReadable),
    "a row twice": (lambda: sheet_of(row(TWO, number=2) * 2), FileNotReadable),
    "a row without a number": (lambda: sheet_of('<row r="x"><c><v>1</v></c></row>'), FileNotReadable),
    "a cell far right and below": (
        lambda: sheet_of(row(TWO) + row('<c r="ZZZ1048576"><v>1</v></c>', number=1_048_576)),
        FileTooWide,
    ),
    "a cell far right": (lambda: sheet_of(row('<c r="ZZZ1"><v>1</v></c>')), FileTooWide),
    "a cell without a place": (lambda: sheet_of(row('<c r="$A$1"><v>1</v></c>')), FileNotReadable),
    "a row in a row": (lambda: sheet_of("<row><row><c><v>1</v></c></row></row>"), FileNotReadable),
    "a cell in a cell": (lambda: sheet_of(row("<c><c><v>1</v></c></c>")), FileNotReadable),
    "a cell without a row": (lambda: sheet_of("<c><v>1</v></c>"), FileNotReadable),
    "an entity of nobody": (lambda: sheet_of(row('<c r="A1" t="str"><v>&m;</v></c>')), FileNotReadable),
    "an entity of nobody before a remark": (lambda: remarked(sheet_of(row("<c><v>&m;</v></c>"))), FileNotReadable),
    "laughs behind a long remark": (
        lambda: changed(
            sheet_of(row("<c><v>&m;</v></c>")),
            {SHEET: lambda xml: xml.replace(b"?>", b"?><!--" + b"x" * 5_000 + b"-->" + LAUGHS.encode(), 1)},
        ),
        FileNotReadable,
    ),
    "laughs in the texts behind a long remark": (
        lambda: changed(
            sheet_of(row("<c><v>1</v></c>")),
            {STRINGS: lambda xml: xml.replace(b"?>", b"?><!--" + b"x" * 5_000 + b"-->" + LAUGHS.encode(), 1)},
        ),
        FileNotReadable,
    ),
    "elements nested deeply": (lambda: sheet_of(row("<a>" * 400_000)), FileNotReadable),
    "cells nested deeply": (lambda: sheet_of("<row><c>" * 200_000), FileNotReadable),
    "a remark without an end": (lambda: sheet_of("<!--" + "x" * 3_000_000), FileNotReadable),
    "a tag without an end": (lambda: sheet_of('<row r="' + "1" * 3_000_000), FileNotReadable),
    "rows that end nowhere": (lambda: sheet_of(row(TWO, number=2) + '<row r="3">'), FileNotReadable),
    "blank rows as wide as may be": (
        lambda: sheet_of("".join(row(f'<c r="GR{n}"><v>1</v></c>', number=n) for n in range(1, ROWS_MAX, 2))),
        FileTooLarge,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_spreadsheet_program_writes_is_refused(name: str) -> None:
    make, refusal = REFUSED[name]
    with pytest.raises(refusal):
        read_sheets(make(), file_name="x.xlsx")


def test_an_endless_text_is_cut_and_costs_no_memory() -> None:
    long = "长" * 1_200_000
    [first] = only_rows(remarked(sheet_of(row(f'<c r="A1" t="inlineStr"><is><t>{long}</t></is></c>'))))
    assert first == ["长" * 2_000]


def test_texts_beyond_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_texts, "BYTES_MAX", 1_000)
    with pytest.raises(MemoryError):
        streamed(sheet_of(row(TWO), strings="<si><t>甲</t></si>" * 100))


def test_more_signs_than_a_file_may_say_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_rows, "SIGNS_MAX", 1_000)
    with pytest.raises(MemoryError):
        streamed(
            sheet_of(
                "".join(row(f'<c r="A{n}" t="s"><v>0</v></c>', number=n) for n in range(1, 30)),
                strings=f"<si><t>{'长' * 60}</t></si>",
            )
        )
