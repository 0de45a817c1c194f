"""A lesson's file as an answer: whole, or in the parts that a player of films asks for."""

from __future__ import annotations

from typing import Final, cast

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from xinshi.documents.content_types import ENDINGS, PDF
from xinshi.kernel.errors import NotFound
from xinshi.training.models import LessonFile
from xinshi.training.storing import part_of

FILE_POLICY: Final = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
RANGE_BYTES_MAX: Final = 2 * 1024 * 1024
"""A film is handed out in parts of at most this size, so that no worker is held for long."""


def file_answer(request: HttpRequest, found: LessonFile) -> HttpResponse:
    """The file, or the part of it that `Range` asks for; the caller has decided that the reader may see it."""
    response = _part(request, found) if request.headers.get("Range") else _whole(found)
    way = "attachment" if found.content_type == PDF else "inline"
    response["Content-Disposition"] = f'{way}; filename="lesson-{found.pk}.{ENDINGS[found.content_type]}"'
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=3600"
    return cast("HttpResponse", response)  # A streaming answer is not a subclass of it, but is answered the same way.


def _whole(found: LessonFile) -> HttpResponseBase:
    try:
        stream = default_storage.open(found.path)
    except OSError:
        raise NotFound from None
    return FileResponse(stream, content_type=found.content_type)


def _part(request: HttpRequest, found: LessonFile) -> HttpResponse:
    wanted = byte_range(request.headers["Range"], found.size_bytes)
    if wanted is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{found.size_bytes}"
        return response
    start, end = wanted
    response = HttpResponse(part_of(found.path, start, end - start + 1), status=206, content_type=found.content_type)
    response["Content-Range"] = f"bytes {start}-{end}/{found.size_bytes}"
    return response


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte (counted) of a `Range: bytes=…` with one range, at most RANGE_BYTES_MAX; None for all else."""
    unit, _, ranges = header.partition("=")
    first, dash, last = ranges.strip().partition("-")
    if unit.strip() != "bytes" or not dash or not (first or last) or len(header) > 60:
        return None
    if not all(part == "" or (part.isascii() and part.isdigit()) for part in (first, last)):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = int(last) if first and last else size - 1
    if start >= size or end < start:
        return None
    return start, min(end, size - 1, start + RANGE_BYTES_MAX - 1)
