"""Counting what is outstanding: every lot of every account, with its age, kind and owner; once per request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from xinshi.bank.lots import holdings
from xinshi.bank.replay import NOTICE
from xinshi.kernel import clock
from xinshi.ledger.models import Account
from xinshi.liabilities.domain import Age, Holder, MinutesKind, age_of, kind_of
from xinshi.organizations.models import Membership, Organization
from xinshi.people.models import Person

HOLDERS: Final = [holder.value for holder in Holder]


@dataclass(frozen=True, slots=True)
class Cell:
    """What minutes have in common. `group` and `organization_id` are the owner's; empty and 0 where there is none."""

    holder: Holder
    age: Age
    kind: MinutesKind
    group: str
    organization_id: int


@dataclass(frozen=True, slots=True)
class Owned:
    """The minutes of one account in one cell."""

    account_id: int
    owner_id: int
    """Of the person or the organisation; of the pool 1."""
    cell: Cell
    minutes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What of one account is reserved or in public notice."""

    account_id: int
    owner_id: int
    held_minutes: int
    notice_minutes: int


@dataclass(frozen=True, slots=True)
class Count:
    """Everything that is outstanding at one moment."""

    today: date
    owned: Sequence[Owned]
    kept: Sequence[Kept]
    lots: Mapping[date, int]
    """Outstanding minutes by day of service."""
    organizations: Mapping[int, str]

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.owned)

    def of(self, holder: Holder) -> int:
        return sum(row.minutes for row in self.owned if row.cell.holder is holder)

    @property
    def held_minutes(self) -> int:
        return sum(row.held_minutes for row in self.kept)

    @property
    def notice_minutes(self) -> int:
        return sum(row.notice_minutes for row in self.kept)

    def by(self, name: str, holders: Iterable[Holder] = Holder) -> Counter[object]:
        """Minutes by one field of their cell, of these holders."""
        wanted = set(holders)
        found: Counter[object] = Counter()
        for row in self.owned:
            if row.cell.holder in wanted:
                found[getattr(row.cell, name)] += row.minutes
        return found


def count_outstanding() -> Count:
    """Replay every account that holds something. Linear in the lines of the book; a few statements whatever its size."""
    today = clock.today()
    rows = Account.objects.filter(kind__in=HOLDERS, balance__posted__gt=0).order_by("pk")
    accounts = {pk: (Holder(kind), _owner(ref)) for pk, kind, ref in rows.values_list("pk", "kind", "owner_ref")}
    groups, homes = _groups(), _homes()
    owned: list[Owned] = []
    kept: list[Kept] = []
    lots: Counter[date] = Counter()
    for account_id, holding in holdings(list(accounts)).items():
        holder, owner_id = accounts[account_id]
        is_person = holder in (Holder.PASSBOOK, Holder.DONATION_ONLY)
        group = groups.get(owner_id, "") if is_person else ""
        home = homes.get(owner_id, 0) if is_person else owner_id if holder is Holder.GROUP else 0
        cells: Counter[Cell] = Counter()
        for lot in holding.lots:
            cells[Cell(holder, age_of(lot.worked_on, today), kind_of(lot.kind), group, home)] += lot.minutes
            lots[lot.worked_on] += lot.minutes
        owned += [Owned(account_id, owner_id, cell, minutes) for cell, minutes in cells.items()]
        if holding.reserved:
            notice = sum(hold.minutes for hold in holding.reserved if hold.kind == NOTICE)
            held = sum(hold.minutes for hold in holding.reserved) - notice
            kept.append(Kept(account_id, owner_id, held, notice))
    names = dict(Organization.objects.values_list("pk", "name"))
    return Count(today, owned, kept, lots, names)


def _owner(owner_ref: str) -> int:
    return int(owner_ref.partition(":")[2])


def _groups() -> dict[int, str]:
    return dict(Person.objects.values_list("pk", "group"))


def _homes() -> dict[int, int]:
    """Each person's organisation: of several the one to which they belong longest, so that every minute counts once."""
    rows = Membership.objects.filter(until=None).order_by("-since", "-pk")
    return dict(rows.values_list("person_id", "organization_id"))
