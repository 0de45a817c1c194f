"""Stars for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema

from xinshi.bank.domain import STARS_MAX
from xinshi.doors.api import actor_of
from xinshi.recognition import queries

router = Router(tags=["recognition"])


class StarFigureOut(Schema):
    level: int
    people: int


class HonouredPersonOut(Schema):
    """Somebody who agreed to be named in public."""

    name: str
    level: int
    certified_minutes: int


class HonourRollOut(Schema):
    figures: list[StarFigureOut]
    people: list[HonouredPersonOut]
    page: int
    has_next: bool


class StarPromotionOut(Schema):
    level: int
    promoted_at: datetime
    certified_minutes: int
    policy_number: int


@router.get("/honour-roll", response=HonourRollOut)
def show_honour_roll(
    request: HttpRequest,
    level: Annotated[int | None, Query(ge=1, le=STARS_MAX)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HonourRollOut:
    """People by stars, and the names of those who agreed to be named."""
    actor_of(request)
    found = queries.honour_roll(level=level, page=page)
    return HonourRollOut(
        figures=[StarFigureOut(level=row.level, people=row.people) for row in queries.figures()],
        people=[
            HonouredPersonOut(name=row.name, level=row.level, certified_minutes=row.certified_minutes)
            for row in found.people
        ],
        page=found.number,
        has_next=found.has_next,
    )


@router.get("/promotions", response=list[StarPromotionOut])
def list_own_promotions(request: HttpRequest) -> list[StarPromotionOut]:
    """One's own stars, highest first; at most five."""
    return [
        StarPromotionOut(
            level=row.level,
            promoted_at=row.promoted_at,
            certified_minutes=row.certified_minutes,
            policy_number=row.policy_number,
        )
        for row in queries.own_promotions(actor_of(request))
    ]
