"""What of this room is about one person: a copy for them. Which star was reached when stays, without a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.recognition.models import StarPromotion


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    rows = StarPromotion.objects.filter(person__in=list(person_ids)).order_by("pk")
    return {"stars": copied(rows, "level", "promoted_at", "certified_minutes")}
