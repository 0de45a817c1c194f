"""The figures as tables to take along: what is outstanding by everything that minutes have in common, and the months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from xinshi.documents.workbook import Cell as Value
from xinshi.documents.workbook import write_csv, write_workbook
from xinshi.kernel.actor import Actor
from xinshi.kernel.minutes import hours_decimal
from xinshi.liabilities import queries
from xinshi.liabilities.counting import Cell
from xinshi.liabilities.wording import AGES, HOLDERS, KINDS, NO_ORGANIZATION, group_label


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Value]]

    def xlsx(self) -> bytes:
        return write_workbook(sheet_name=self.name, headers=self.headers, rows=self.rows)

    def csv(self) -> bytes:
        return write_csv(headers=self.headers, rows=self.rows)


def outstanding(actor: Actor) -> Table:
    """One row per holder, age, kind, group and organisation; the minutes add up to what is outstanding."""
    count = queries.outstanding(actor)
    sums: Counter[Cell] = Counter()
    for row in count.owned:
        sums[row.cell] += row.minutes
    ordered = sorted(sums.items(), key=lambda pair: (pair[0].holder, pair[0].age, pair[0].kind, -pair[1]))
    return Table(
        name=gettext("Outstanding"),
        headers=[
            gettext("Where it is"),
            gettext("Age since the service"),
            gettext("Kind of hours"),
            gettext("Kind of person"),
            gettext("Organisation"),
            gettext("Minutes"),
            gettext("Hours"),
        ],
        rows=[
            (
                str(HOLDERS[cell.holder]),
                str(AGES[cell.age]),
                str(KINDS[cell.kind]),
                group_label(cell.group),
                count.organizations.get(cell.organization_id, str(NO_ORGANIZATION)),
                minutes,
                hours_decimal(minutes),
            )
            for cell, minutes in ordered
        ],
    )


def months(actor: Actor) -> Table:
    """Month by month what came and went, then the forecast, marked as such."""
    found = queries.overview(actor)
    standing = dict(queries.standing(found.flows))
    past = [
        (
            flow.month,
            gettext("booked"),
            flow.deposited,
            flow.redeemed,
            flow.expired,
            flow.corrected,
            standing[flow.month],
        )
        for flow in found.flows
    ]
    coming = [
        (row.month, gettext("forecast"), row.deposited, row.redeemed, row.expired, 0, row.outstanding)
        for row in found.forecast
    ]
    return Table(
        name=gettext("Months"),
        headers=[
            gettext("Month"),
            gettext("Counted or forecast"),
            gettext("Deposited (minutes)"),
            gettext("Redeemed (minutes)"),
            gettext("Expired (minutes)"),
            gettext("Otherwise (minutes)"),
            gettext("Outstanding at its end (minutes)"),
        ],
        rows=[(f"{row[0]:%Y-%m}", *row[1:]) for row in [*past, *coming]],
    )
