"""The cast and the bank across the river."""

from __future__ import annotations

from xinshi.interbank.reconciling.tests.conftest import cast, frozen, river

__all__ = ["cast", "frozen", "river"]
