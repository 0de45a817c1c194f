"""From lines of a partner's file to deposits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from xinshi.bank.actions import NewDeposit
from xinshi.exchange.models import ImportLine
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind

CATEGORY: Final = "0099"
"""The partner's files name no service category."""
ORGANIZER: Final = "志愿汇"
TITLES: Final = {"verified": "志愿汇信用时数", "honorary": "志愿汇荣誉时数"}
"""For rows that name no activity."""


def source_ref(line_id: int) -> str:
    return f"exchange-line:{line_id}"


def new_deposit(
    *, line_id: int, person_id: int, hours_kind: HoursKind, title: str, minutes: int, worked_on: date
) -> NewDeposit:
    """The deposit of one line."""
    return NewDeposit(
        person_id=person_id,
        kind=hours_kind,
        category=CATEGORY,
        title=title or TITLES[hours_kind.value],
        organizer=ORGANIZER,
        raw_minutes=minutes,
        worked_on=worked_on,
        source_ref=source_ref(line_id),
    )


def new_deposits(lines: Iterable[ImportLine]) -> list[NewDeposit]:
    """Each line's deposit; hours without a day count for the day on which they came."""
    today = clock.today()
    found = []
    for line in lines:
        assert line.person_id is not None, "a credited line has a person"
        found.append(
            new_deposit(
                line_id=line.pk,
                person_id=line.person_id,
                hours_kind=HoursKind(line.hours_kind),
                title=line.title,
                minutes=line.minutes,
                worked_on=line.day or today,
            )
        )
    return found
