"""Rows as the copy of somebody's personal data holds them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


def copied(rows: QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    """These columns of the rows in the order in which they were written; sealed ones opened."""
    return [dict(row) for row in rows.order_by("pk").values(*columns)]
