"""What answered requests must agree on with the book; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.appeals.models import RequestEvent
from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.ledger.verification import register_check

APPLIED_DIFFERS: Final = """
SELECT c.id, c.kind FROM correction_request c
  LEFT JOIN deposit_reversal r ON r.deposit_id = c.reversed_deposit_id
  LEFT JOIN service_record s ON s.id = c.new_record_id
  LEFT JOIN deposit d ON d.id = c.new_deposit_id
 WHERE c.state IN ('granted', 'partly')
   AND ((c.kind IN ('record', 'missing')
         AND (s.id IS NULL OR d.id IS NULL OR s.person_id <> c.person_id OR d.source_ref <> 'service-record:' || s.id))
     OR (c.kind IN ('deposit', 'notice') AND c.reversed_deposit_id IS NULL)
     OR (c.reversed_deposit_id IS NOT NULL AND r.id IS NULL))
 ORDER BY c.id LIMIT 1
"""
RECORD_UNASKED: Final = """
SELECT s.id, s.replaces_id FROM service_record s LEFT JOIN correction_request c ON c.new_record_id = s.id
 WHERE s.replaces_id IS NOT NULL AND c.id IS NULL ORDER BY s.id LIMIT 1
"""
REPLACED_DIFFERS: Final = """
SELECT o.id, o.state FROM service_record o LEFT JOIN service_record s ON s.replaces_id = o.id
  LEFT JOIN deposit_reversal r ON r.deposit_id = o.deposit_id
 WHERE (o.state = 'replaced') <> (s.id IS NOT NULL)
    OR (o.state = 'replaced' AND o.deposit_id IS NOT NULL AND r.id IS NULL)
 ORDER BY o.id LIMIT 1
"""
HOLD_DIFFERS: Final = """
SELECT c.id, c.state, coalesce(h.state, 'missing') FROM correction_request c
  LEFT JOIN ledger_hold h ON h.id = c.hold_id
  LEFT JOIN passbook p ON p.person_id = c.person_id
 WHERE c.hold_id IS NOT NULL
   AND (h.id IS NULL OR h.kind <> 'dispute' OR h.account_id <> p.account_id OR h.key <> 'dispute:' || c.id
        OR (c.state IN ('open', 'more_asked')) <> (h.state = 'open'))
 ORDER BY c.id LIMIT 1
"""
NOTICE_ENDED: Final = """
SELECT c.id, d.id FROM correction_request c JOIN deposit d ON c.subject_ref = 'deposit:' || d.id
  LEFT JOIN deposit_reversal r ON r.deposit_id = d.id
  LEFT JOIN ledger_hold h ON h.key = 'notice:' || d.source_ref AND h.state = 'open'
 WHERE c.notice_until IS NOT NULL AND c.state IN ('open', 'more_asked') AND r.id IS NULL AND h.id IS NULL
 ORDER BY c.id LIMIT 1
"""
HOLD_UNASKED: Final = """
SELECT h.id, h.key FROM ledger_hold h LEFT JOIN correction_request c ON c.hold_id = h.id
 WHERE h.kind = 'dispute' AND c.id IS NULL ORDER BY h.id LIMIT 1
"""
JUDGED_WITH_PART: Final = """
SELECT c.id, c.decided_by_ref FROM correction_request c JOIN correction_part p ON p.request_id = c.id
 WHERE c.decided_by_ref <> ''
   AND (p.actor_ref = c.decided_by_ref OR p.actor_ref = 'person:' || c.decided_by_person_id)
 ORDER BY c.id LIMIT 1
"""
TRAIL: Final = Chain(
    "requests for correction", RequestEvent, ("id", "request_id", "at", "what", "actor_ref", "actor_role")
)
"""Who did what and when is sealed; the words are not, for personal data must be able to go once nothing keeps it."""
CHECKS: Final = (
    ("granted corrections stand in the book", APPLIED_DIFFERS, "correction request {0} ({1}): is not in the book"),
    ("corrected records were asked for", RECORD_UNASKED, "service record {0}: replaces {1}, nobody asked for it"),
    ("replaced records are taken back", REPLACED_DIFFERS, "service record {0}: is {1}, its successor says otherwise"),
    ("disputed hours are set aside", HOLD_DIFFERS, "correction request {0}: is {1}, its hold is {2}"),
    ("disputed notices run on", NOTICE_ENDED, "correction request {0}: the notice of deposit {1} has ended"),
    ("hours set aside are disputed", HOLD_UNASKED, "hold {0} ({1}): no correction request"),
    ("answers are independent", JUDGED_WITH_PART, "correction request {0}: answered by {1}, who had a part in it"),
)


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def _register(name: str, sql: str, sentence: str) -> None:
    register_check(name, lambda: _first(sql, sentence))


def register_checks() -> None:
    """Called once when the house starts."""
    seal_rows_of(TRAIL)
    for name, sql, sentence in CHECKS:
        _register(name, sql, sentence)
