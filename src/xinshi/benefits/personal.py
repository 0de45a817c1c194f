"""What of this room is about one person: a copy for them, what goes when they are erased, and until when it must stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from xinshi.bank.obstacles import Obstacle
from xinshi.benefits.models import Settlement, SettlementItem, Voucher, Waiting
from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.people.domain import EMPTIED

State = Voucher.State


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "vouchers": copied(
            Voucher.objects.filter(person__in=ids),
            "benefit__name",
            "minutes",
            "pieces",
            "state",
            "reserved_at",
            "ended_at",
            "reason",
            "relation",
            "beneficiary_name",
            "beneficiary_digits",
            "undone_at",
            "undone_reason",
        ),
        "waiting_for_benefits": copied(Waiting.objects.filter(person__in=ids), "benefit__name", "state"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """For whom a voucher was and what was written about it go; what was redeemed when stays, without a name."""
    del actor
    rows = Voucher.objects.filter(person__in=list(person_ids))
    rows.exclude(beneficiary_name="").update(beneficiary_name=EMPTIED, beneficiary_digits="")
    rows.exclude(reason="").update(reason=EMPTIED)
    rows.exclude(undone_reason="").update(undone_reason=EMPTIED)


def still_needed(person_id: int) -> list[Obstacle]:
    """Vouchers that a department has still to settle with the bank: until then it must be able to say whose they were."""
    settled = SettlementItem.objects.filter(voucher=OuterRef("pk"), settlement__state=Settlement.State.SETTLED)
    ended = Voucher.objects.filter(person=person_id, provider__isnull=False, state__in=[State.FULFILLED, State.NO_SHOW])
    number = ended.filter(~Exists(settled)).count()
    text = gettext_noop("%(number)s redeemed vouchers are not settled with their department: settle the month first.")
    return [Obstacle(text, {"number": number})] if number else []
