"""Files that nobody should send, and files that are broken: a clear sentence in both languages, nothing taken in, little
memory, little time (trust.md S6). The process that parses and this one are watched together."""

from __future__ import annotations

import io
import os
import re
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
import xlwt
from django.utils import translation

from xinshi.bank.models import Deposit
from xinshi.documents.workbook import write_workbook
from xinshi.doors.pages import refusal_text
from xinshi.exchange.models import ImportFile, ImportLine, ImportRun
from xinshi.exchange.tests.conftest import Cast, take
from xinshi.kernel.errors import DomainError

MEMORY_BYTES_MAX = 100 * 2**20
PROCESSOR_SECONDS_MAX = 2.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
HEAD = "姓名,志愿者编号,信用时数\n"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]>"
)


def workbook() -> bytes:
    return write_workbook(sheet_name="名单", headers=["姓名", "志愿者编号", "信用时数"], rows=[["甲", "1" * 18, "2"]])


def changed(member: str, change: Callable[[bytes], bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    source, target = zipfile.ZipFile(io.BytesIO(workbook())), io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as archive:
        for one in source.infolist():
            content = source.read(one)
            archive.writestr(one.filename, change(content) if one.filename == member else content)
    return target.getvalue()


def in_sheet(xml: bytes) -> bytes:
    return changed(SHEET, lambda content: content.replace(b"</sheetData>", xml + b"</sheetData>"))


def laughs(member: str) -> bytes:
    return changed(member, lambda content: LAUGHS.encode() + re.sub(rb"^<\?xml[^>]*\?>", b"", content) + b"<x>&m;</x>")


def outside(member: str) -> bytes:
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return changed(
        member, lambda content: content.replace(b"?>", b"?>" + entity, 1).replace(b"<v>", b"<v>&e;", 1) + b"<"
    )


def one_million_rows() -> bytes:
    return in_sheet(b"".join(b'<row r="%d"><c><v>1</v></c></row>' % row for row in range(3, 1_000_003)))


def one_million_rows_of_text() -> bytes:
    return (HEAD + "甲,1,2\n" * 1_000_000).encode()


def many_references() -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(3, 60_000))
    grown = in_sheet(rows)
    source, target = zipfile.ZipFile(io.BytesIO(grown)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in source.infolist():
            content = source.read(one)
            long = content.replace("姓名".encode(), b"A" * 100_000) if one.filename == STRINGS else content
            archive.writestr(one.filename, long)
    return target.getvalue()


def lies_about_its_size() -> bytes:
    data = bytearray(in_sheet(b" " * 20_000_000))
    real = struct.pack("<I", zipfile.ZipFile(io.BytesIO(data)).getinfo(SHEET).file_size)
    place = data.find(real)
    while place >= 0:
        data[place : place + 4] = struct.pack("<I", 5_000)
        place = data.find(real, place + 4)
    return bytes(data)


def many_members() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(2_100):
            archive.writestr(f"m{number}", b"")
    return target.getvalue()


def nested() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", workbook())
    return target.getvalue()


def with_password() -> bytes:
    data = bytearray(workbook())
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def old_workbook(sheets: int = 1) -> bytes:
    book = xlwt.Workbook()
    for number in range(sheets):
        book.add_sheet(f"s{number}").write(0, 0, "x")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def wide_workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_row(0, 0, ["x"] * 500)
    return stream.getvalue()


def scrambled(data: bytes, every: int) -> bytes:
    return bytes(byte ^ 0xFF if place > 60 and place % every == 0 else byte for place, byte in enumerate(data))


FILES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "blanks": lambda: b" \r\n\t",
    "mark only": lambda: b"\xef\xbb\xbf",
    "NULs": lambda: b"\0" * 5_000,
    "noise": lambda: bytes(range(256)) * 40,
    "noise that is GBK": lambda: b"\xb0\xa1\x07\x01" * 3_000,
    "noise after a mark": lambda: b"\xff\xfe" + bytes(range(1, 256)) * 33,
    "half a letter of UTF-16": lambda: b"\xff\xfe" + HEAD.encode("utf-16-le") + b"\0",
    "a photo": lambda: b"\x89PNG\r\n\x1a\n" + b"\1\2\3" * 99,
    "a PDF": lambda: b"%PDF-1.7 something",
    "JSON": lambda: b'{"a": 1}',
    "a program": lambda: b"\x7fELF" + b"\2\1\1\0" * 200,
    "rich text": lambda: b"{\\rtf1 hello}",
    "a web page without a table": lambda: b"<html><body>x</body></html>",
    "a web page of a million cells": lambda: b"<table><tr>" + b"<td>x" * 700_000 + b"</table>",
    "a page nested deeply": lambda: b"<table>" * 200_000,
    "laughs as a page": lambda: LAUGHS.encode() + b"<Workbook><Row><Cell>&m;</Cell></Row></Workbook>",
    "an entity of a file as a page": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b"<table><tr><td>&e;</td></tr></table>"
    ),
    "an archive's head": lambda: b"PK\x03\x04" + b"x" * 500,
    "an empty archive": lambda: b"PK\x05\x06" + b"\0" * 18,
    "half a workbook": lambda: workbook()[:2_000],
    "a workbook with flipped bits": lambda: scrambled(workbook(), 97),
    "a workbook in a workbook": nested,
    "many members": many_members,
    "a bomb of blanks": lambda: in_sheet(b" " * 130_000_000),
    "a bomb in its texts": lambda: changed(STRINGS, lambda content: content + b" " * 60_000_000),
    "a lie about the size": lies_about_its_size,
    "a million rows": one_million_rows,
    "a million rows of text": one_million_rows_of_text,
    "a cell far away": lambda: in_sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "a cell far below": lambda: in_sheet(b'<row r="900000"><c r="A900000"><v>1</v></c></row>'),
    "a cell far right": lambda: in_sheet(b'<row r="3"><c r="ZZZ3"><v>1</v></c></row>'),
    "one long text a thousand times": many_references,
    "laughs in the sheet": lambda: laughs(SHEET),
    "laughs in the texts": lambda: laughs(STRINGS),
    "laughs in the book": lambda: laughs("xl/workbook.xml"),
    "an entity of a file": lambda: outside(SHEET),
    "laughs behind a long remark": lambda: changed(
        SHEET, lambda content: content.replace(b"?>", b"?><!--" + b"x" * 5_000 + b"-->" + LAUGHS.encode()[21:], 1)
    ),
    "elements nested deeply": lambda: in_sheet(b"<row>" + b"<a>" * 1_000_000),
    "cells nested deeply": lambda: in_sheet(b"<row><c>" * 300_000),
    "a remark without an end": lambda: in_sheet(b"<!--" + b"x" * 4_000_000),
    "a tag without an end": lambda: in_sheet(b'<row r="' + b"1" * 4_000_000),
    "a text that nobody wrote": lambda: in_sheet(b'<row r="3"><c r="A3" t="s"><v>99</v></c></row>'),
    "rows out of their order": lambda: in_sheet(b'<row r="9"><c><v>1</v></c></row><row r="5"><c><v>1</v></c></row>'),
    "a cell far right and below": lambda: in_sheet(b'<row r="1048576"><c r="ZZZ1048576"><v>1</v></c></row>'),
    "rows as wide as may be": lambda: in_sheet(
        b"".join(b'<row r="%d"><c r="GR%d"><v>1</v></c></row>' % (row, row) for row in range(3, 100_000, 2))
    ),
    "no book inside": lambda: changed("xl/workbook.xml", lambda _: b"<x/>"),
    "no XML inside": lambda: changed(SHEET, lambda _: b"\0\1\2"),
    "a password on the archive": with_password,
    "a password on the workbook": lambda: OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600,
    "an old workbook's head": lambda: OLE + b"x" * 2_000,
    "half an old workbook": lambda: old_workbook()[:900],
    "an old workbook with flipped bits": lambda: scrambled(old_workbook(), 41),
    "an old workbook without such a table": lambda: old_workbook(3),
    "five hundred columns": wide_workbook,
    "three hundred columns of text": lambda: b"a," * 300 + b"\n",
    "a quotation without an end": lambda: (HEAD + '"' + "x" * 200_000).encode(),
    "too many bytes": lambda: b"x" * (20 * 1024 * 1024 + 1),
    "titles only of something else": lambda: "姓名,电话\n李明,1\n".encode(),
    "an archived web page": lambda: b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n" + HEAD.encode(),
    "a quotation without an end before rows": lambda: (HEAD + '"甲,1,2\n' + "乙,1,2\n" * 900).encode(),
    "two columns of one name": lambda: "姓名,志愿者编号,信用时数,信用时数\n李明,1,2,3\n".encode(),
    "two hundred and one sheets": lambda: old_workbook(201),
    "cells over a million rows": lambda: (
        b"<table>" + b"<tr><td rowspan=99999999 colspan=99999999>x</tr>" * 2_000 + b"</table>"
    ),
    "a row far below in XML of 2003": lambda: (
        b"<?xml version='1.0'?><Workbook><Table>" + b"<Row ss:Index='9999999'/>" * 3 + b"</Table></Workbook>"
    ),
    "formulas for titles": lambda: b"=1+1,@SUM(A1),+2\n-1,=cmd|' /C calc'!A0,1\n",
    "titles in row 900": lambda: ("x,y\n" * 900 + HEAD).encode(),
}


class Watch(threading.Thread):
    """The most memory that this process and its parser held beyond what this one held before."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.end = threading.Event()
        self.before = self.most = resident(os.getpid())

    def run(self) -> None:
        while not self.end.wait(0.004):
            self.most = max(self.most, resident(os.getpid()) + sum(map(resident, parsers())))


def resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


def parsers() -> Iterator[int]:
    for task in Path("/proc/self/task").iterdir():
        try:
            for child in (task / "children").read_text().split():
                if b"parsing" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
        except OSError:
            continue


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 50


@pytest.mark.any_database
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_with_a_sentence_and_costs_little(cast: Cast, name: str) -> None:
    data = FILES[name]()
    watch = Watch()
    watch.start()
    began = sum(os.times()[:4])
    try:
        with pytest.raises(DomainError) as refused:
            take(data, actor=cast.coordinator.actor, file_name="志愿者.xls")
    finally:
        spent = sum(os.times()[:4]) - began
        watch.end.set()
        watch.join()
    with translation.override("en"):
        english = refusal_text(refused.value)
    with translation.override("zh-hans"):
        chinese = refusal_text(refused.value)
    assert english.endswith(".")
    assert re.search("[\u4e00-\u9fff]{4}", chinese)
    assert chinese != english
    assert [model.objects.count() for model in (ImportFile, ImportLine, ImportRun, Deposit)] == [0] * 4
    assert watch.most - watch.before <= MEMORY_BYTES_MAX, f"{(watch.most - watch.before) / 2**20:.0f} MiB"
    assert spent <= PROCESSOR_SECONDS_MAX, f"{spent:.2f} s"


RECEIVED: dict[str, Callable[[str], bytes]] = {
    "GBK": lambda number: f"{HEAD}李明,{number},3小时\n".encode("gbk"),
    "GB 18030": lambda number: f"{HEAD}李明,{number},3\n𠮷田,{number},x\n".encode("gb18030"),
    "UTF-16": lambda number: f"{HEAD}李明,{number},180分钟\n".encode("utf-16"),
    "UTF-8 with a mark, full width": lambda number: f"{HEAD}李明,{number},３．０ｈ\n".encode("utf-8-sig"),
    "semicolons": lambda number: f"{HEAD}李明,{number},3h\n".replace(",", ";").encode(),
    "a page named .xls": lambda number: (
        "<html><head><meta charset=utf-8><style>td{x:y}</style></head><table><caption>导出</caption>"
        "<tr><th colspan=3>某队</th></tr><tr><th>姓名</th><th>志愿者编号</th><th>信用时数</th></tr>"
        f"<tr><td>李&#26126;<td>{number}<td>3<br></tr></table>"
    ).encode(),
    "XML of 2003": lambda number: (
        '<?xml version="1.0"?><Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
        "<Row><Cell><Data>姓名</Data></Cell><Cell ss:Index='3'><Data>志愿者编号</Data></Cell>"
        "<Cell><Data>信用时数</Data></Cell></Row><Row><Cell><Data>李明</Data></Cell>"
        f"<Cell ss:Index='3'><Data>{number}</Data></Cell><Cell><Data>3</Data></Cell></Row></Table></Worksheet></Workbook>"
    ).encode(),
}


@pytest.mark.any_database
@pytest.mark.parametrize("name", RECEIVED)
def test_what_a_hospital_receives_is_read(cast: Cast, name: str) -> None:
    report = take(RECEIVED[name](cast.li.number), file_name="导出.xls")
    assert (report.credited, report.minutes) == (1, 180)
