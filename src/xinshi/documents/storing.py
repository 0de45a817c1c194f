"""Evidence in the storage: sealed, under a name that nobody can guess, outside of what the web server serves by itself.

A room that keeps photos and papers of people has a `SealedStore` of its own, and a table that says whose each file is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse

from xinshi.documents.evidence import ENDINGS, PDF, content_type_of
from xinshi.kernel.errors import NotFound
from xinshi.vault.cipher import VaultError, decrypt_bytes, encrypt_bytes

EVIDENCE_POLICY = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class StoredFile:
    path: str
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedStore:
    """Files of one sort: below `folder`, sealed for `context` (`table.content`), so that no other sort opens them."""

    folder: str
    context: str

    @contextmanager
    def stored(self, files: Sequence[bytes]) -> Iterator[list[StoredFile]]:
        """Keep the files, sealed; where the block fails, none of them stays. The same file twice is kept once."""
        known = {hashlib.sha256(data).hexdigest(): data for data in files}
        types = {digest: content_type_of(data) for digest, data in known.items()}
        kept: list[StoredFile] = []
        try:
            for digest, data in known.items():
                path = default_storage.save(
                    f"{self.folder}/{secrets.token_urlsafe(24)}",
                    ContentFile(encrypt_bytes(data, context=self.context)),
                )
                kept.append(StoredFile(path, types[digest], len(data), digest))
            yield kept
        except BaseException:
            for file in kept:
                default_storage.delete(file.path)
            raise

    def content(self, path: str) -> bytes:
        """What was kept under `path`; NotFound where the storage has it no more, or it does not open."""
        try:
            with default_storage.open(path) as stream:
                return decrypt_bytes(stream.read(), context=self.context)
        except (OSError, VaultError):
            raise NotFound from None

    def delete(self, paths: Sequence[str]) -> None:
        """Take these files out of the storage; those that are gone already are passed over."""
        for path in paths:
            default_storage.delete(path)


def evidence_response(data: bytes, *, content_type: str, name: str) -> HttpResponse:
    """A file shown as what its content is, and able to run nothing; `name` without its ending."""
    response = HttpResponse(data, content_type=content_type)
    way = "attachment" if content_type == PDF else "inline"
    response["Content-Disposition"] = f'{way}; filename="{name}.{ENDINGS[content_type]}"'
    response["Content-Security-Policy"] = EVIDENCE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
