"""Reads of the bank's own keys for the exchange: which signs, which comes, and which partner has which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from xinshi.exchange.access import is_partner_keeper
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.domain import fingerprint
from xinshi.interbank.identity.actions import OVERLAP
from xinshi.interbank.moving.access import require_reader
from xinshi.interbank.moving.models import OwnKey, OwnKeyNotice
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.queries import names_by_reference

KEYS_MAX: Final = 50
PARTNERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class PartnerTold:
    """A partner, and when it was told of a key; None where it was not."""

    partner: Partner
    told_at: datetime | None
    told_by: str


@dataclass(frozen=True, slots=True)
class OwnKeyCard:
    """One key as its keepers see it; `state` is `waits`, `comes`, `signs` or `old`."""

    key: OwnKey
    state: str
    fingerprint: str
    made_by: str
    confirmed_by: str
    trusted_until: datetime | None
    """Until when partners should go on trusting an older key; None for the others."""
    partners: list[PartnerTold]
    may_confirm: bool
    must_be_another: bool

    @property
    def untold_count(self) -> int:
        return sum(one.told_at is None for one in self.partners)


def own_keys(actor: Actor) -> list[OwnKeyCard]:
    """The bank's keys, the newest first; whom one must tell is said of keys that sign or will."""
    require_reader(actor)
    now = clock.now()
    rows = list(OwnKey.objects.order_by("-signs_from", "-pk")[:KEYS_MAX])
    notices = {(one.own_key_id, one.partner_id): one for one in OwnKeyNotice.objects.filter(own_key__in=rows)}
    names = names_by_reference(
        {row.made_by_ref for row in rows}
        | {row.confirmed_by_ref for row in rows if row.confirmed_by_ref}
        | {one.told_by_ref for one in notices.values()}
    )
    banks = list(Partner.objects.filter(kind=Partner.Kind.BANK).order_by("name", "pk")[:PARTNERS_MAX])
    begun = [row for row in rows if row.confirmed_at is not None and row.signs_from <= now]
    newer = {old.pk: new.signs_from + OVERLAP for new, old in pairwise(begun)}
    cards = []
    for row in rows:
        told = [
            PartnerTold(bank, found.told_at if found else None, names.get(found.told_by_ref, "") if found else "")
            for bank in banks
            for found in [notices.get((row.pk, bank.pk))]
        ]
        state = _state(row, begun)
        waits = state == "waits" and is_partner_keeper(actor)
        is_own = row.made_by_ref == actor.reference
        cards.append(
            OwnKeyCard(
                key=row,
                state=state,
                fingerprint=fingerprint(row.public_key),
                made_by=names.get(row.made_by_ref, ""),
                confirmed_by=names.get(row.confirmed_by_ref, ""),
                trusted_until=newer.get(row.pk),
                partners=told if state in ("comes", "signs") else [],
                may_confirm=waits and not is_own,
                must_be_another=waits and is_own,
            )
        )
    return cards


def _state(row: OwnKey, begun: list[OwnKey]) -> str:
    if row.confirmed_at is None:
        return "waits"
    if row not in begun:
        return "comes"
    return "signs" if row == begun[0] else "old"


def keys_that_need(actor: Actor) -> int:
    """For the desk: keys that this administrator can confirm, and pairs of a key to come and a bank that lacks it."""
    if not is_partner_keeper(actor):
        return 0
    waiting = OwnKey.objects.filter(confirmed_at=None).exclude(made_by_ref=actor.reference).count()
    newest = OwnKey.objects.filter(confirmed_at__isnull=False).order_by("-signs_from", "-pk").first()
    if newest is None or not OwnKeyNotice.objects.exists():
        return waiting
    told = OwnKeyNotice.objects.filter(own_key=newest).values("partner_id")
    banks = Partner.objects.filter(kind=Partner.Kind.BANK, state=Partner.State.ACTIVE)
    return waiting + banks.exclude(pk__in=told).count()
