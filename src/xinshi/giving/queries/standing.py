"""What is switched on, and what accounts and years hold; the actions ask it too."""

from __future__ import annotations

from django.db.models import Sum

from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import GroupHours, Rules
from xinshi.giving.domain import GRANT_YEAR_MINUTES_MAX, RequestState, is_anything_on
from xinshi.giving.models import Donation, Gift, Grant, GroupHoursEntry, TakenBack
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Balance, Transfer
from xinshi.ledger.queries import BalanceView


def rules() -> Rules:
    return policy_in_force().rules


def is_switched_on() -> bool:
    """True where the hospital has switched on anything of this room; menus ask it."""
    return is_anything_on(rules())


def transfer_of(object_ref: str) -> int:
    """The booking of `gift:12`, `donation:12`, `grant:12`, `group-hours:12`; NotFound where there is none."""
    found = Transfer.objects.filter(key=object_ref).values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def minutes_of(transfer_id: int) -> int:
    """How many minutes a booking moved."""
    return int(Transfer.objects.values_list("minutes", flat=True).get(pk=transfer_id))


def given_in_year(person_id: int, year: int) -> int:
    """Minutes that a person gave to relatives in a calendar year and that were not taken back."""
    rows = Gift.objects.filter(giver_id=person_id, given_on__year=year, taken_back=None)
    return int(rows.aggregate(total=Sum("minutes"))["total"] or 0)


def granted_in_year(person_id: int, year: int) -> int:
    """Minutes that a person got out of the pool in a calendar year and keeps."""
    rows = Grant.objects.filter(person_id=person_id, decided_on__year=year, state=RequestState.APPROVED)
    return int(rows.aggregate(total=Sum("minutes"))["total"] or 0)


def grant_left(person_id: int) -> int:
    return max(0, GRANT_YEAR_MINUTES_MAX - granted_in_year(person_id, clock.today().year))


def donation_only_minutes(person_id: int) -> int:
    """What somebody holds beyond the cap and can only donate."""
    return available(AccountKind.DONATION, f"person:{person_id}")


def available(kind: AccountKind, owner_ref: str) -> int:
    """What such an account holds free; 0 where it was never opened, for reads never write."""
    row = Balance.objects.filter(account__kind=kind.value, account__owner_ref=owner_ref).first()
    return BalanceView(row.pk, row.posted, row.held, row.floor).available if row is not None else 0


def group_minutes(organization_id: int) -> int:
    """What this group can donate now."""
    return available(AccountKind.GROUP, f"organization:{organization_id}")


def group_hours_are_on() -> bool:
    return rules().group_hours is GroupHours.DONATE_ONLY


def why_taken_back(row: Gift | Donation | Grant | GroupHoursEntry) -> str:
    """Why it was taken back; empty while it stands."""
    found: TakenBack | None = getattr(row, "taken_back", None)
    return found.reason if found is not None else ""
