"""The two lists by the protocol: ours from what was sent and received, theirs by the query `entries`, and what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import note_heard
from xinshi.interbank.moving.keys import own_code, signed
from xinshi.interbank.moving.models import Transfer
from xinshi.interbank.moving.sending import posted
from xinshi.interbank.moving.telling import entries_of
from xinshi.interbank.moving.trusting import Trouble, trusted
from xinshi.interbank.protocol.bodies import ENTRIES_MAX, EntriesQuery, Entry, Listing, moment_text
from xinshi.interbank.protocol.canonical import digest
from xinshi.interbank.reconciling import domain
from xinshi.interbank.reconciling.listing import theirs_from_rows
from xinshi.interbank.reconciling.lists import Behind
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.ledger.models import Transfer as BookTransfer

PAGES_MAX: Final = 200


class NoListCame(DomainError):
    code = "no_list_came"
    message = gettext_noop("The partner did not answer with its list. Try later, or hand in the list as a file.")


def ours(partner: Partner, from_day: date, to_day: date) -> list[domain.Entry]:
    """Everything sent and received in the period."""
    rows: list[Entry] = []
    after = ""
    for _ in range(PAGES_MAX):
        page = entries_of(partner, from_day.isoformat(), to_day.isoformat(), after=after)
        rows += page[:ENTRIES_MAX]
        if len(page) <= ENTRIES_MAX:
            break
        after = f"{rows[-1].direction}:{rows[-1].sequence}"
    # Read as the partner would list them, then turned around: `sent` by us goes out.
    return [entry.seen_from_there for entry in theirs_from_rows([asdict(row) for row in rows])]


def theirs(partner: Partner, from_day: date, to_day: date) -> Sequence[Mapping[str, Any]]:
    """The partner's list, page by page; NoListCame where an answer is missing, not signed, or not about what was asked."""
    if not partner.address:
        raise NoListCame
    rows: list[Mapping[str, Any]] = []
    after = ""
    for _ in range(PAGES_MAX):
        listing = _page(partner, from_day, to_day, after)
        rows += [asdict(entry) for entry in listing.entries]
        if not listing.next:
            note_heard(partner_id=partner.pk)
            return rows
        if listing.next == after:
            break
        after = listing.next
    raise NoListCame


def _page(partner: Partner, from_day: date, to_day: date, after: str) -> Listing:
    query = EntriesQuery(
        sender=own_code(),
        receiver=partner.code,
        asked_at=moment_text(clock.now()),
        from_day=from_day.isoformat(),
        to_day=to_day.isoformat(),
        after=after,
    )
    found = posted(partner, "entries", [signed(query)])
    try:
        said = trusted(found[0] if found else None, Listing)
    except Trouble:
        raise NoListCame from None
    if said.partner.pk != partner.pk or said.body.about != digest(query.body()):
        raise NoListCame
    return said.body


def behind(partner: Partner, stream: str, key: str) -> Behind:
    """Whose hours a message was about, and what was booked for it."""
    found = Transfer.objects.filter(partner=partner, direction=stream, key=key).first()
    if found is None:
        return Behind()
    booked: int | None = None
    if found.hold_id is not None:
        booked = BookTransfer.objects.filter(hold_id=found.hold_id).values_list("pk", flat=True).first()
    return Behind(
        person_id=found.person_id,
        deposit_id=found.deposit_id,
        transfer_id=booked,
        category=found.category or "0099",
    )
