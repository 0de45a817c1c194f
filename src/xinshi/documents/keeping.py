"""Files kept between two pages, such as an upload between its preview and its confirmation.

Sealed at rest, bound to who brought them, few per person, gone after an hour. A key is worthless to anybody else.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.vault.cipher import VaultError, decrypt_bytes, encrypt_bytes

ROOT: Final = "kept"
KEPT_SECONDS_MAX: Final = 3_600
KEPT_PER_PERSON_MAX: Final = 6
PURPOSE: Final = re.compile(r"[a-z][a-z-]{2,30}")
KEY: Final = re.compile(r"(\d{10})-[A-Za-z0-9_-]{22}")
"""When the file came, in seconds, and what nobody can guess."""


class KeptFileGone(DomainError):
    code = "kept_file_gone"
    message = gettext_noop("This file is no longer here: it was used already, or an hour has passed. Upload it again.")
    status = 404


@dataclass(frozen=True, slots=True)
class KeptFile:
    name: str
    data: bytes
    about: str = ""
    """What whoever kept it said with it."""


def keep(*, actor: Actor, purpose: str, name: str, data: bytes, about: str = "") -> str:
    """Keep a file of `actor`'s for an hour; returns its key. The oldest of too many goes; FileTooLarge beyond 20 MB."""
    assert PURPOSE.fullmatch(purpose), "a purpose is a word"
    if len(data) > FILE_BYTES_MAX:
        raise FileTooLarge
    _sweep(purpose)
    folder = _folder(actor, purpose)
    for old in sorted(_names(folder), reverse=True)[KEPT_PER_PERSON_MAX - 1 :]:
        default_storage.delete(f"{folder}/{old}")
    key = f"{_seconds():010d}-{secrets.token_urlsafe(16)}"
    head = json.dumps({"name": name[-200:], "about": about[:200]}).encode()
    content = len(head).to_bytes(4, "big") + head + data
    default_storage.save(f"{folder}/{key}", ContentFile(encrypt_bytes(content, context=_context(actor, purpose))))
    return key


def kept(*, actor: Actor, purpose: str, key: str) -> KeptFile:
    """The file that `actor` kept under `key`; KeptFileGone where there is none, or it is another's, or too old."""
    path = _path(actor, purpose, key)
    try:
        with default_storage.open(path) as stream:
            content = decrypt_bytes(stream.read(), context=_context(actor, purpose))
    except (OSError, VaultError):
        raise KeptFileGone from None
    size = int.from_bytes(content[:4], "big")
    head = json.loads(content[4 : 4 + size])
    return KeptFile(name=head["name"], data=content[4 + size :], about=head.get("about", ""))


def forget(*, actor: Actor, purpose: str, key: str) -> None:
    """Delete what `actor` kept under `key`, if it is still there."""
    default_storage.delete(_path(actor, purpose, key))


def _path(actor: Actor, purpose: str, key: str) -> str:
    match = KEY.fullmatch(key)
    if match is None or _seconds() - int(match[1]) > KEPT_SECONDS_MAX:
        raise KeptFileGone
    return f"{_folder(actor, purpose)}/{key}"


def _folder(actor: Actor, purpose: str) -> str:
    return f"{ROOT}/{purpose}/{hashlib.sha256(actor.reference.encode()).hexdigest()[:20]}"


def _context(actor: Actor, purpose: str) -> str:
    return f"{purpose}:{actor.reference}"


def _sweep(purpose: str) -> None:
    """Delete everybody's files of this purpose that are too old."""
    for folder in _folders(f"{ROOT}/{purpose}"):
        path = f"{ROOT}/{purpose}/{folder}"
        for name in _names(path):
            match = KEY.fullmatch(name)
            if match is None or _seconds() - int(match[1]) > KEPT_SECONDS_MAX:
                default_storage.delete(f"{path}/{name}")


def _folders(path: str) -> list[str]:
    try:
        return default_storage.listdir(path)[0]
    except FileNotFoundError:
        return []


def _names(path: str) -> list[str]:
    try:
        return default_storage.listdir(path)[1]
    except FileNotFoundError:
        return []


def _seconds() -> int:
    return int(clock.now().timestamp())
