"""What a file is: told by its content, never by its name, and never opened here.

Photos (JPEG, PNG, WebP), PDF and films (MP4, WebM). Files that are two things at once are none: they look like a photo to us
and like something else to another program. Nothing is unpacked, so nothing can unpack to more than it is.
"""

from __future__ import annotations

from typing import Final

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
MP4, WEBM = "video/mp4", "video/webm"
ENDINGS: Final = {JPEG: "jpg", PNG: "png", WEBP: "webp", PDF: "pdf", MP4: "mp4", WEBM: "webm"}
PNG_END: Final = b"IEND\xaeB`\x82"
JPEG_END: Final = b"\xff\xd9"
ZIP_END: Final = b"PK\x05\x06"
ZIP_TAIL_BYTES: Final = 66_000
"""An archive's directory ends within so many bytes of the end of a file."""
HEAD_BYTES: Final = 4_096
TAIL_BYTES: Final = 2_048
MARKUP: Final = (b"<script", b"<html", b"<!doctype", b"<svg", b"<?php")
EBML: Final = b"\x1aE\xdf\xa3"
MP4_BRANDS: Final = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash")


def picture_or_paper(data: bytes) -> str | None:
    """The one type that a whole file is, of photos and PDF; None for everything else."""
    found = _by_signs(data)
    if found is None or is_archive_too(data) or _has_markup(data, found):
        return None
    return found


def film(head: bytes, tail: bytes) -> str | None:
    """MP4 or WebM by a film's first HEAD_BYTES and last ZIP_TAIL_BYTES; None for everything else."""
    if is_archive_too(tail) or any(mark in head.lower() for mark in MARKUP):
        return None
    if head[4:8] == b"ftyp" and head[8:12] in MP4_BRANDS:
        return MP4
    return WEBM if head.startswith(EBML) and b"webm" in head[:64] else None


def is_archive_too(data: bytes) -> bool:
    return ZIP_END in data[-ZIP_TAIL_BYTES:]


def _by_signs(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff") and JPEG_END in data[3:]:
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and data.rstrip(b"\0").endswith(PNG_END):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        length = int.from_bytes(data[4:8], "little") + 8
        return WEBP if length in (len(data), len(data) + 1) else None
    if data.startswith((b"%PDF-1.", b"%PDF-2.")):
        return PDF if b"%%EOF" in data[-TAIL_BYTES:] else None
    return None


def _has_markup(data: bytes, content_type: str) -> bool:
    """A photo carries no page; the beginning and the end are where a browser or a reader would look for one."""
    looked_at = (data[:HEAD_BYTES] + data[-TAIL_BYTES:]).lower()
    if content_type == PDF:
        return any(mark in looked_at[:1_024] for mark in MARKUP)
    return b"%pdf-" in looked_at or any(mark in looked_at for mark in MARKUP)
