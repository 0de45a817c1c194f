"""Spreadsheets out: the training record by the norm's fields, and a course's question bank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext

from xinshi.documents.workbook import Cell, write_workbook
from xinshi.kernel.minutes import hours_decimal
from xinshi.training.models import Course, Question
from xinshi.training.queries.managing import QuestionRow
from xinshi.training.queries.record import RecordLine

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTION_LETTERS: Final = "ABCDEFGH"
RECORD_HEADERS: Final = ("培训名称", "培训主要内容", "培训时长", "培训单位", "培训日期", "培训类型", "培训方式")
"""The norm's own terms: this file goes to the ministry's system, whatever the reader's language."""
QUESTION_HEADERS: Final = ("题型", "题目", *(f"选项{letter}" for letter in OPTION_LETTERS), "答案", "解析")
KINDS: Final = {"single": "单选", "multiple": "多选", "true_false": "判断"}


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    content_type: str
    content: bytes


def as_download(document: Document) -> HttpResponse:
    """The document as an answer that browsers save."""
    response = HttpResponse(document.content, content_type=document.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{document.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def record_workbook(lines: Sequence[RecordLine]) -> Document:
    """One person's training record; kind and way as codes of the norm, hours with two decimals."""
    content = write_workbook(
        sheet_name=gettext("Training record"), headers=RECORD_HEADERS, rows=[record_cells(line) for line in lines]
    )
    return Document("training-record.xlsx", XLSX, content)


def record_cells(line: RecordLine) -> list[Cell]:
    return [line.title, line.content, hours_decimal(line.minutes), line.provider, line.day, line.kind, line.way]


def records_workbook(rows: Iterable[tuple[str, str, RecordLine]]) -> Document:
    """Everybody's records of a year: name and volunteer number before the norm's fields."""
    content = write_workbook(
        sheet_name=gettext("Training record"),
        headers=("姓名", "志愿者编号", *RECORD_HEADERS),
        rows=[[name, number, *record_cells(line)] for name, number, line in rows],
    )
    return Document("training-records.xlsx", XLSX, content)


def questions_workbook(course: Course, rows: Sequence[QuestionRow]) -> Document:
    """A course's question bank in the form in which it is imported again."""
    content = write_workbook(
        sheet_name=gettext("Questions"), headers=QUESTION_HEADERS, rows=[_question(row.question) for row in rows]
    )
    return Document(f"questions-{course.code}.xlsx", XLSX, content)


def _question(row: Question) -> list[str]:
    if row.kind == Question.KindChoice.TRUE_FALSE:
        answer = "对" if row.right == [0] else "错"
    else:
        answer = "".join(OPTION_LETTERS[place] for place in row.right)
    options = [*row.options, *([""] * (len(OPTION_LETTERS) - len(row.options)))]
    return [KINDS[row.kind], row.text, *options, answer, row.explanation]
