"""A model field whose column holds only ciphertext."""

from __future__ import annotations

from typing import Any

from django.db import models

from xinshi.vault.cipher import decrypt, encrypt


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not generic when it runs
    """Text that is sealed on its way into the database and opened on its way out; the empty string stays empty.

    It cannot be searched: keep a blind index in a column of its own.
    """

    def _context(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text, context=self._context()) if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value, context=self._context()) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ("exact", "isnull"):
            raise TypeError(f"{self.name} is encrypted and cannot be searched by {lookup_name}")
        return super().get_lookup(lookup_name)
