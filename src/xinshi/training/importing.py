"""A question bank that comes as a spreadsheet: every row a question, or nothing is imported and each fault is said."""

from __future__ import annotations

from typing import Final

from xinshi.documents.sheets import HeaderNotFound, Sheet, find_header, read_sheets
from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop
from xinshi.training.domain import QUESTIONS_MAX, NewQuestion, QuestionKind, check_question
from xinshi.training.exporting import OPTION_LETTERS

SYNONYMS: Final = {
    "kind": ("题型", "类型", "kind", "type"),
    "text": ("题目", "题干", "问题", "question"),
    "answer": ("答案", "正确答案", "answer"),
    "explanation": ("解析", "说明", "explanation"),
    **{f"option_{letter}": (f"选项{letter}", letter, f"option {letter}") for letter in OPTION_LETTERS},
}
REQUIRED: Final = ("text", "answer")
KINDS: Final = {
    "单选": QuestionKind.SINGLE,
    "单选题": QuestionKind.SINGLE,
    "single": QuestionKind.SINGLE,
    "多选": QuestionKind.MULTIPLE,
    "多选题": QuestionKind.MULTIPLE,
    "multiple": QuestionKind.MULTIPLE,
    "判断": QuestionKind.TRUE_FALSE,
    "判断题": QuestionKind.TRUE_FALSE,
    "true or false": QuestionKind.TRUE_FALSE,
}
TRUE_WORDS: Final = frozenset({"对", "正确", "是", "√", "true", "t"})
FALSE_WORDS: Final = frozenset({"错", "错误", "否", "×", "false", "f"})
FAULTS_SHOWN_MAX: Final = 8


class RowsNotReadable(DomainError):
    code = "question_rows_not_readable"
    message = gettext_noop("Nothing was imported. Correct these rows and try again: %(faults)s")
    status = 422


class AnswerNotReadable(DomainError):
    code = "question_answer_not_readable"
    message = gettext_noop("the answer “%(answer)s” names none of its options")
    status = 422


def read_questions(data: bytes, *, file_name: str) -> list[NewQuestion]:
    """The questions of the first sheet that has such columns; RowsNotReadable says which rows do not fit and why."""
    for sheet in read_sheets(data, file_name=file_name):
        header = find_header(sheet, SYNONYMS, required=REQUIRED)
        if header is not None:
            return _questions(sheet, header.row_index, dict(header.columns))
    raise HeaderNotFound(columns="题目, 答案")


def _questions(sheet: Sheet, header_row: int, columns: dict[str, int]) -> list[NewQuestion]:
    found: list[NewQuestion] = []
    faults: list[str] = []
    for index, row in enumerate(sheet.rows[header_row + 1 :], start=header_row + 2):
        cells = {name: str(row[place]).strip() if place < len(row) else "" for name, place in columns.items()}
        if not any(cells.values()):
            continue
        if len(found) > QUESTIONS_MAX:
            raise Invalid(field="file", reason=gettext_noop("A course has at most 500 questions. Retire some first."))
        try:
            question = _question(cells)
            check_question(question)
        except DomainError as refusal:
            faults.append(f"{index}: {refusal_text(refusal)}")
        else:
            found.append(question)
    if faults:
        raise RowsNotReadable(faults="; ".join(faults[:FAULTS_SHOWN_MAX]))
    return found


def _question(cells: dict[str, str]) -> NewQuestion:
    answer = cells.get("answer", "")
    texts = [cells.get(f"option_{letter}", "") for letter in OPTION_LETTERS]
    while texts and not texts[-1]:
        texts.pop()
    kind = KINDS.get(cells.get("kind", "").lower()) or _kind_by(answer, texts)
    text, explanation = cells.get("text", ""), cells.get("explanation", "")
    if kind is QuestionKind.TRUE_FALSE:
        is_true = answer.lower() in TRUE_WORDS
        if not is_true and answer.lower() not in FALSE_WORDS:
            raise AnswerNotReadable(answer=answer[:20])
        return NewQuestion(kind=kind, text=text, is_true=is_true, explanation=explanation)
    letters = [sign for sign in answer.upper() if sign not in " ,，、;；"]
    if not letters or any(sign not in OPTION_LETTERS[: len(texts)] for sign in letters):
        raise AnswerNotReadable(answer=answer[:20])
    options = tuple((text, OPTION_LETTERS[place] in letters) for place, text in enumerate(texts))
    return NewQuestion(kind=kind, text=text, options=options, explanation=explanation)


def _kind_by(answer: str, texts: list[str]) -> QuestionKind:
    """Where the file does not say: no options is true or false, several letters several answers."""
    if not texts:
        return QuestionKind.TRUE_FALSE
    return QuestionKind.MULTIPLE if sum(sign.isalpha() for sign in answer) > 1 else QuestionKind.SINGLE
