"""What the room's endpoints have in common: bounds of what is asked; courses, files and sessions as programs see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Query, Schema
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.api import NO_NUL
from xinshi.training.models import Course, LessonFile, Session

ID_MAX = 2**63 - 1
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]
Cursor = Annotated[int | None, Query(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
Reference = Annotated[int, Field(ge=1, le=ID_MAX)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=NO_NUL)]
XLSX: dict[str, Any] = {"responses": {200: {"content": {XLSX_CONTENT_TYPE: {}}}}}
PDF: dict[str, Any] = {"responses": {200: {"content": {"application/pdf": {}}}}}


def _of_this_century(moment: datetime) -> datetime:
    if not 2000 < moment.year < 2100:
        raise ValueError("a day between 2001 and 2099")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_this_century)]
"""A moment with its offset from UTC."""


class CourseOut(Schema):
    """A course; `kind` 1 general, 2 for a post, 3 professional, `way` 1 remote, 2 face to face: the norm's codes."""

    id: int
    code: str
    title: str
    title_en: str
    summary: str
    kind: str
    way: str
    provider: str
    state: str
    study_minutes: int
    valid_months: int | None
    renews_id: int | None


class LessonFileOut(Schema):
    """A picture, a film or a paper of a lesson; its content is at `/training/files/{id}`."""

    id: int
    caption: str
    content_type: str
    size_bytes: int
    sha256: str


class SessionOut(Schema):
    id: int
    course_id: int | None
    title: str
    topic: str
    place: str
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    state: str


class CertificateIdOut(Schema):
    """`certificate_id` where this was the last thing to do."""

    certificate_id: int | None


def course_out(row: Course) -> CourseOut:
    names = CourseOut.model_fields
    return CourseOut(**{name: getattr(row, name) for name in names})


def file_out(row: LessonFile) -> LessonFileOut:
    names = LessonFileOut.model_fields
    return LessonFileOut(**{name: getattr(row, name) for name in names})


def session_out(row: Session) -> SessionOut:
    names = SessionOut.model_fields
    return SessionOut(**{name: getattr(row, name) for name in names})
