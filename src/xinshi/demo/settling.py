"""The two lists of the last days with the bank across the lake do not say quite the same; and last month's statement."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from xinshi.demo.hospital import Hospital
from xinshi.demo.interbank import CODE
from xinshi.exchange.models import Partner
from xinshi.interbank.reconciling import protocol_lists
from xinshi.interbank.reconciling.actions import add_note, compare_by_file, end_difference
from xinshi.interbank.reconciling.domain import Entry, State, Stream
from xinshi.interbank.reconciling.models import Difference
from xinshi.interbank.statements.actions import issue_statement
from xinshi.kernel import clock

ONLY_THERE: Final = ("t5e7a0c1d9b3f4826aa10c2d4", "t9d2b6f0e8c417a53bb21e6f8")


def settle_with_banks(hospital: Hospital) -> None:
    """One comparison from a file, three differences (one of them ended), and a statement."""
    partner = Partner.objects.get(code=CODE)
    today = clock.today()
    begin = today - timedelta(days=6)
    rows = [_listed(entry) for entry in protocol_lists.ours(partner, begin - timedelta(days=1), today)]
    first = next(row for row in rows if row["direction"] == "received" and row["state"] == "applied")
    first["state"] = "refused"
    rows += [_only_there(key, minutes) for key, minutes in zip(ONLY_THERE, (60, 150), strict=True)]
    compare_by_file(
        actor=hospital.coordinator,
        partner_id=partner.pk,
        data=json.dumps({"entries": rows}).encode(),
        file_name="东湖区时间银行往来清单.json",
        from_day=begin,
        to_day=today,
    )
    found = {row.key: row.pk for row in Difference.objects.filter(partner=partner)}
    add_note(
        actor=hospital.coordinator,
        difference_id=found[str(first["key"])],
        text="已电话联系东湖区时间银行，等待对方核对。",
    )
    end_difference(
        actor=hospital.coordinator,
        difference_id=found[ONLY_THERE[1]],
        ending="outside",
        reason="对方确认是录入测试数据，已在对方冲正。",
    )
    last_month = today.replace(day=1) - timedelta(days=1)
    issue_statement(actor=hospital.coordinator, partner_id=partner.pk, month=last_month)


def _listed(entry: Entry) -> dict[str, Any]:
    """Our entry as an honest partner lists it."""
    return {
        "direction": "sent" if entry.stream is Stream.IN else "received",
        "sequence": entry.sequence,
        "type": entry.type,
        "key": entry.key,
        "message": entry.message,
        "minutes": entry.minutes,
        "kind": entry.kind,
        "sent_at": entry.sent_at.isoformat(),
        "state": entry.state.value,
    }


def _only_there(key: str, minutes: int) -> dict[str, Any]:
    """Something that the partner says it sent, and that never arrived here."""
    sent_at = clock.now() - timedelta(days=2)
    made = Entry(
        stream=Stream.IN,
        type="transfer",
        key=key,
        message=key[1:9] * 8,
        minutes=minutes,
        kind="honorary",
        sent_at=sent_at,
        state=State.APPLIED,
        sequence=2,
    )
    return _listed(made)
