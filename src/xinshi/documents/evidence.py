"""What a file of evidence may be: told by its content, never by its name, and never opened here.

A photo (JPEG, PNG, WebP) or a PDF. Files that are two things at once are refused: they look like a photo to us and like
something else to another program. Nothing is unpacked, so nothing can unpack to more than it is.
"""

from __future__ import annotations

from typing import Final

from xinshi.documents.content_types import ENDINGS, JPEG, PDF, PNG, WEBP, picture_or_paper
from xinshi.kernel.errors import DomainError, gettext_noop

__all__ = ["CONTENT_TYPES", "ENDINGS", "JPEG", "PDF", "PNG", "WEBP", "check_size", "content_type_of"]
FILE_BYTES_MAX: Final = 10 * 1024 * 1024
CONTENT_TYPES: Final = (JPEG, PNG, WEBP, PDF)


class EvidenceEmpty(DomainError):
    code = "evidence_empty"
    message = gettext_noop("This file is empty. Choose another one.")
    status = 422


class EvidenceTooLarge(DomainError):
    code = "evidence_too_large"
    message = gettext_noop(
        "A file of evidence has at most %(megabytes)s MB. Take the photo smaller, or send fewer pages."
    )
    status = 422


class EvidenceNotReadable(DomainError):
    code = "evidence_type"
    message = gettext_noop(
        "Only photos (JPEG, PNG, WebP) and PDF files can be evidence. Take a photo of it, for instance."
    )
    status = 422


def check_size(size_bytes: int) -> None:
    """Asked before anything is read."""
    if size_bytes < 1:
        raise EvidenceEmpty
    if size_bytes > FILE_BYTES_MAX:
        raise EvidenceTooLarge(megabytes=FILE_BYTES_MAX // (1024 * 1024))


def content_type_of(data: bytes) -> str:
    """The one type that `data` is; EvidenceNotReadable for everything else, and for what is two things at once."""
    check_size(len(data))
    found = picture_or_paper(data)
    if found is None:
        raise EvidenceNotReadable
    return found
