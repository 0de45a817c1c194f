"""Reads of lots: what of a passbook can be spent until when. How lots come about stands in `replay`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet

from xinshi.bank.models import Passbook
from xinshi.bank.queries import timeline
from xinshi.bank.replay import Expiring, Holding, Reserved, by_day, replay
from xinshi.bank.timeline import Timeline
from xinshi.kernel import clock
from xinshi.ledger.models import Entry
from xinshi.ledger.queries import histories, holds_of


def holdings(account_ids: Sequence[int]) -> dict[int, Holding]:
    """The lots of these accounts and what of them is reserved; accounts without any line are left out."""
    reserved = holds_of(account_ids)
    return {
        account_id: Holding(
            lots=replay(lines),
            reserved=[
                Reserved(hold.key, hold.kind, hold.minutes, hold.expires_at) for hold in reserved.get(account_id, ())
            ],
        )
        for account_id, lines in histories(account_ids).items()
    }


def expiring(passbook: Passbook, *, on: date | None = None, known: Timeline | None = None) -> list[Expiring]:
    """What of a passbook can be spent until when, by kind, the first day first; empty where nothing ever expires.

    One query where the versions are `known` and let something expire, none where they do not.
    """
    rule = (known or timeline()).expiry_rule(on or clock.today())
    if rule is None:
        return []
    lines = histories([passbook.account_id]).get(passbook.account_id)
    return by_day(replay(lines), rule) if lines else []


def with_service_until(passbooks: QuerySet[Passbook], day: date) -> QuerySet[Passbook]:
    """Those of `passbooks` that were ever credited for service up to and on `day`: only their minutes can run out.

    Asked once for all accounts: asked for each, SQLite reads every transfer of the book that many times.
    """
    lines = Entry.objects.filter(amount__gt=0, transfer__worked_on__lte=day, transfer__reverses=None)
    return passbooks.filter(account_id__in=lines.values("account_id"))
