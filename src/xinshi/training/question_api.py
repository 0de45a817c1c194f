"""A course's question bank for programs: its questions with how often they were answered rightly, new ones, sheets."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import Field

from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.training import access, actions, queries
from xinshi.training.domain import (
    OPTION_LENGTH_MAX,
    OPTIONS_MAX,
    QUESTION_LENGTH_MAX,
    QUESTIONS_MAX,
    NewQuestion,
    QuestionKind,
)
from xinshi.training.exporting import as_download, questions_workbook
from xinshi.training.importing import read_questions
from xinshi.training.models import Question
from xinshi.training.schemas import XLSX, Cursor, Identifier, Limit

router = Router(tags=["training"])


class BankOptionOut(Schema):
    text: str
    is_right: bool


class BankQuestionOut(Schema):
    """A question with what is right; `is_true` only of true or false. `asked` times it was answered, `right` rightly."""

    id: int
    kind: str
    text: str
    options: list[BankOptionOut]
    is_true: bool | None
    explanation: str
    asked: int
    right: int


class OptionIn(Schema):
    text: Annotated[str, Field(min_length=1, max_length=OPTION_LENGTH_MAX, pattern=NO_NUL)]
    is_right: bool = False


class QuestionIn(Schema):
    """2 to 8 options, or none and `is_true` where it is true or false."""

    kind: QuestionKind
    text: Annotated[str, Field(min_length=1, max_length=QUESTION_LENGTH_MAX, pattern=NO_NUL)]
    options: Annotated[list[OptionIn], Field(max_length=OPTIONS_MAX)] = []
    is_true: bool | None = None
    explanation: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""

    def as_new(self) -> NewQuestion:
        return NewQuestion(
            kind=self.kind,
            text=self.text,
            options=tuple((option.text, option.is_right) for option in self.options),
            is_true=self.is_true,
            explanation=self.explanation,
        )


class QuestionsIn(Schema):
    questions: Annotated[list[QuestionIn], Field(min_length=1, max_length=QUESTIONS_MAX)]


class QuestionsAddedOut(Schema):
    """Those that are new; what was there in the same words already is passed over."""

    question_ids: list[int]


def _question(row: queries.QuestionRow) -> BankQuestionOut:
    found = row.question
    is_choice = found.kind != Question.KindChoice.TRUE_FALSE
    return BankQuestionOut(
        id=found.pk,
        kind=found.kind,
        text=found.text,
        options=[BankOptionOut(text=text, is_right=place in found.right) for place, text in enumerate(found.options)],
        is_true=None if is_choice else found.right == [0],
        explanation=found.explanation,
        asked=row.asked,
        right=row.right,
    )


@router.get("/desk/courses/{course_id}/questions", response=CursorPage[BankQuestionOut])
def questions(request: HttpRequest, course_id: Identifier, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The bank with what is right, the newest first; for who manages or audits."""
    rows = queries.live_questions(queries.managed_course(actor_of(request), course_id))
    page = cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: row)
    return page | {"items": [_question(row) for row in queries.with_rates(page["items"])]}


@router.post("/desk/courses/{course_id}/questions", response={201: QuestionsAddedOut})
@idempotent
def add_questions(request: HttpRequest, course_id: Identifier, payload: QuestionsIn) -> Status[QuestionsAddedOut]:
    """Add questions to the bank, all or none."""
    new = [question.as_new() for question in payload.questions]
    made = actions.add_questions(actor=actor_of(request), course_id=course_id, questions=new)
    return Status(201, QuestionsAddedOut(question_ids=made))


@router.post("/desk/courses/{course_id}/questions/imports", response={201: QuestionsAddedOut})
@idempotent
def import_questions(
    request: HttpRequest, course_id: Identifier, file: File[UploadedFile]
) -> Status[QuestionsAddedOut]:
    """All questions of a spreadsheet, or none and the rows that do not fit."""
    actor = actor_of(request)
    access.require_manager(actor)
    if (file.size or 0) > FILE_BYTES_MAX:
        raise FileTooLarge
    rows = read_questions(file.read(), file_name=file.name or "")
    made = actions.add_questions(actor=actor, course_id=course_id, questions=rows)
    return Status(201, QuestionsAddedOut(question_ids=made))


@router.get("/desk/courses/{course_id}/questions.xlsx", openapi_extra=XLSX)
def questions_sheet(request: HttpRequest, course_id: Identifier) -> HttpResponse:
    """The bank as a spreadsheet that can be imported again."""
    found = queries.managed_course(actor_of(request), course_id)
    return as_download(questions_workbook(found, queries.question_rows(found)))


@router.delete("/desk/questions/{question_id}", response={204: None})
def retire_question(request: HttpRequest, question_id: Identifier) -> Status[None]:
    """Ask it no more; what was answered stays."""
    actions.retire_question(actor=actor_of(request), question_id=question_id)
    return Status(204, None)
