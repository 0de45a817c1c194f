"""Files of lessons in the storage, under names that nobody can guess, outside of what the web server serves by itself.

They are no personal data and films must be read in parts, so they are not sealed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.core.files.base import File
from django.core.files.storage import default_storage

from xinshi.documents.content_types import HEAD_BYTES, ZIP_TAIL_BYTES, film, picture_or_paper
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop

FOLDER: Final = "training"
PAPER_BYTES_MAX: Final = 10 * 1024 * 1024
FILM_BYTES_MAX: Final = 200 * 1024 * 1024
CHUNK_BYTES: Final = 1024 * 1024


class FileEmpty(DomainError):
    code = "lesson_file_empty"
    message = gettext_noop("This file is empty. Choose another one.")
    status = 422


class FileTooLarge(DomainError):
    code = "lesson_file_too_large"
    message = gettext_noop("A picture or a paper has at most %(paper)s MB, a film %(film)s MB. Make it smaller first.")
    status = 422


class FileNotKnown(DomainError):
    code = "lesson_file_type"
    message = gettext_noop(
        "Only pictures (JPEG, PNG, WebP), PDF and films (MP4, WebM) belong to a lesson. Save it as one of them."
    )
    status = 422


@dataclass(frozen=True, slots=True)
class StoredFile:
    path: str
    content_type: str
    size_bytes: int
    sha256: str


@contextmanager
def stored(upload: File[bytes]) -> Iterator[StoredFile]:
    """Keep the file; where the block fails, it does not stay."""
    size = upload.size
    content_type = _type_of(upload, size)
    digest = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks(CHUNK_BYTES):
        digest.update(chunk)
    upload.seek(0)
    path = default_storage.save(f"{FOLDER}/{secrets.token_urlsafe(24)}", upload)
    try:
        yield StoredFile(path, content_type, size, digest.hexdigest())
    except BaseException:
        default_storage.delete(path)
        raise


def _type_of(upload: File[bytes], size: int) -> str:
    """The type by content; sizes are asked before anything is read."""
    if size < 1:
        raise FileEmpty
    too_large = FileTooLarge(paper=PAPER_BYTES_MAX // 1024**2, film=FILM_BYTES_MAX // 1024**2)
    if size > FILM_BYTES_MAX:
        raise too_large
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(max(0, size - ZIP_TAIL_BYTES))
    found = film(head, upload.read(ZIP_TAIL_BYTES))
    if found is not None:
        return found
    if size > PAPER_BYTES_MAX:
        raise too_large
    upload.seek(0)
    found = picture_or_paper(upload.read(PAPER_BYTES_MAX + 1))
    if found is None:
        raise FileNotKnown
    return found


def part_of(path: str, start: int, length: int) -> bytes:
    """`length` bytes from `start` of what was kept under `path`; NotFound where the storage has it no more."""
    try:
        with default_storage.open(path) as stream:
            stream.seek(start)
            data: bytes = stream.read(length)
            return data
    except OSError:
        raise NotFound from None
