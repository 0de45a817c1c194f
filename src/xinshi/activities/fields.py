"""Kinds of values that this room's schemas take."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from xinshi.activities.domain import FIRST_DAY, LAST_DAY
from xinshi.doors.api import NO_NUL

ID_MAX = 2**63 - 1
Reference = Annotated[int, Field(ge=1, le=ID_MAX)]
Reason = Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]


def _within_calendar(moment: datetime) -> datetime:
    if not FIRST_DAY < moment.date() < LAST_DAY:
        raise ValueError("a day between 1990 and 2199")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_calendar)]
"""A moment with its offset from UTC."""
