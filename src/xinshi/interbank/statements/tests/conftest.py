"""The cast, the bank across the river and its key."""

from __future__ import annotations

from xinshi.interbank.reconciling.tests.conftest import books, cast, frozen, river

__all__ = ["books", "cast", "frozen", "river"]
