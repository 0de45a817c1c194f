"""What somebody may send to another bank: minutes that were earned here, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from django.db.models import Q, Sum

from xinshi.bank.lots import holdings
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.replay import main_key, spendable
from xinshi.interbank.moving.domain import OwnLot
from xinshi.interbank.moving.models import Transfer
from xinshi.kernel import clock
from xinshi.kernel.clock import at_local
from xinshi.ledger.queries import balances

State = Transfer.State
LOTS_MAX = 20_000


def own_lots(passbook: Passbook, kind: str) -> list[OwnLot]:
    """Lots of service at this hospital of that kind that can be spent now, those that are spent first before others."""
    found = holdings([passbook.account_id]).get(passbook.account_id)
    if found is None:
        return []
    lots = [lot for lot in spendable(found, at=clock.now()) if lot.minutes and lot.kind == f"deposit_{kind}"]
    rows = Deposit.objects.filter(passbook=passbook, kind=kind, partner="", reversal=None)
    known = {main_key(row.source_ref): row for row in rows[:LOTS_MAX]}
    return [
        OwnLot(lot.key, lot.minutes, lot.worked_on, known[lot.key].category, known[lot.key].title)
        for lot in lots
        if lot.key in known
    ]


def sendable_minutes(passbook: Passbook, kind: str, lots: Sequence[OwnLot]) -> int:
    """How many minutes of that kind may go to other banks; the caller has locked the balance where it then holds them.

    `lots`: of `own_lots`, read under the same lock.

    Three bounds: what can be spent, what is left of lots earned here, and all that was earned here less all that ever went.
    The last one is what keeps a partner's hours from being sent on: which lots a spend takes is a matter of age, not of
    where they come from, but no more can leave than was earned here.
    """
    available = balances([passbook.account_id])[passbook.account_id].available
    left = sum(lot.minutes for lot in lots)
    earned = Deposit.objects.filter(passbook=passbook, kind=kind, partner="", reversal=None).aggregate(
        credited=Sum("credited_minutes"), donation=Sum("donation_minutes")
    )
    gone = Transfer.objects.filter(
        ~Q(state=State.REJECTED), person_id=passbook.person_id, kind=kind, direction=Transfer.Direction.OUT
    ).aggregate(minutes=Sum("minutes"))["minutes"]
    return max(0, min(available, left, (earned["credited"] or 0) - (earned["donation"] or 0) - (gone or 0)))


def month_minutes(person_id: int, partner_id: int, direction: str) -> int:
    """What this person moved with this partner in this calendar month, unfinished ones included."""
    first = at_local(clock.today().replace(day=1), time.min)
    rows = Transfer.objects.filter(person_id=person_id, partner_id=partner_id, direction=direction, begun_at__gte=first)
    failed = [State.REJECTED, State.DECLINED, State.REFUSED]
    return rows.exclude(state__in=failed).aggregate(minutes=Sum("minutes"))["minutes"] or 0
