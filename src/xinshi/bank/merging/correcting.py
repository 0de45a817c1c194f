"""Taking a wrong deposit back that stands in a former passbook: its minutes come back from the one that stayed."""

from __future__ import annotations

from xinshi.bank.accounts import donation_accounts
from xinshi.bank.models import Deposit, Passbook
from xinshi.ledger.actions import post_batch
from xinshi.ledger.domain import NewTransfer


def locked_for_reversal(deposit: Deposit) -> tuple[Passbook, Passbook]:
    """The deposit's passbook and the one in which its hours count now (the same, but after a merge), locked in order."""
    known = deposit.passbook
    wanted = {known.pk, known.merged_into_id or known.pk}
    rows = Passbook.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("person_id")
    found = {row.pk: row for row in rows}
    return found[known.pk], found[known.merged_into_id or known.pk]


def bring_back(*, actor_ref: str, deposit: Deposit, former: Passbook, counting: Passbook) -> None:
    """Move a deposit's minutes back to the former passbook, so that its own booking can be reversed; linked by its key."""
    if former.pk == counting.pk:
        return
    donations = donation_accounts([counting.person_id, former.person_id]) if deposit.donation_minutes else {}
    routes = (
        (counting.account_id, former.account_id, deposit.spendable_minutes, ""),
        (donations.get(counting.person_id), donations.get(former.person_id), deposit.donation_minutes, ":donation"),
    )
    transfers = [
        NewTransfer(
            key=f"merge-back:deposit:{deposit.pk}{part}",
            debit_id=source,
            credit_id=target,
            minutes=minutes,
            kind="merge",
            worked_on=deposit.worked_on,
            memo=f"{counting.number} → {former.number}",
        )
        for source, target, minutes, part in routes
        if source is not None and target is not None and minutes
    ]
    if transfers:
        post_batch(transfers=transfers, actor_ref=actor_ref)
