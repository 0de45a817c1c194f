"""Partners for programs that watch the exchange: how it goes with each. Minutes throughout; writing is for people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Schema

from xinshi.doors.api import actor_of
from xinshi.exchange.partners import queries

router = Router(tags=["exchange"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]


class ExchangePartnerOut(Schema):
    """How it goes with a partner; `word` is the one that matters most (`well`, `silent`, `disputed`, …)."""

    id: int
    code: str
    name: str
    kind: str
    state: str
    state_reason: str
    word: str
    last_heard_at: datetime | None
    silent_since: datetime | None
    unreachable_since: datetime | None
    last_file_at: datetime | None
    contract_number: int | None
    trusted_keys: int
    waits_for_second: int
    they_owe_minutes: int
    we_owe_minutes: int
    leaving_minutes: int
    in_minutes_max: int | None
    out_minutes_max: int | None
    unfinished: int
    oldest_unfinished_at: datetime | None
    open_differences: int
    overdue_differences: int


@router.get("/partners", response=list[ExchangePartnerOut])
def list_exchange_partners(request: HttpRequest) -> list[ExchangePartnerOut]:
    """Every partner, those that need somebody first; for who keeps or audits the exchange."""
    return [_out(one) for one in queries.healths(actor_of(request))]


@router.get("/partners/{partner_id}", response=ExchangePartnerOut)
def show_exchange_partner(request: HttpRequest, partner_id: Identifier) -> ExchangePartnerOut:
    return _out(queries.health(queries.partner(actor_of(request), partner_id)))


def _out(found: queries.Health) -> ExchangePartnerOut:
    one = found.partner
    return ExchangePartnerOut(
        id=one.pk,
        code=one.code,
        name=one.name,
        kind=one.kind,
        state=one.state,
        state_reason=one.state_reason,
        word=found.word,
        last_heard_at=found.last_heard_at,
        silent_since=found.silent_since,
        unreachable_since=found.unreachable_since,
        last_file_at=found.last_file_at,
        contract_number=found.contract.number if found.contract else None,
        trusted_keys=found.trusted_keys,
        waits_for_second=found.waits_for_second,
        they_owe_minutes=found.standing.they_owe_minutes,
        we_owe_minutes=found.standing.we_owe_minutes,
        leaving_minutes=found.standing.leaving_minutes,
        in_minutes_max=found.limits.in_minutes_max,
        out_minutes_max=found.limits.out_minutes_max,
        unfinished=found.unfinished.count,
        oldest_unfinished_at=found.unfinished.oldest_at,
        open_differences=found.open_differences,
        overdue_differences=found.overdue_differences,
    )
