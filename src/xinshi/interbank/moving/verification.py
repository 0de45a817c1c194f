"""What transfers, messages, promises and the book must agree on; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.interbank.moving.models import IncomingMessage, Outcome, OutgoingMessage
from xinshi.ledger.verification import register_check

HOLD_DIFFERS: Final = """
SELECT t.id, t.state, coalesce(h.state, 'missing') FROM interbank_transfer t
  LEFT JOIN ledger_hold h ON h.id = t.hold_id
 WHERE t.direction = 'out'
   AND (h.id IS NULL OR h.key <> 'interbank:' || t.key OR h.minutes <> t.minutes
     OR NOT (   (t.state IN ('held', 'sent', 'unknown') AND h.state = 'open')
             OR (t.state = 'confirmed' AND h.state = 'captured')
             OR (t.state = 'rejected' AND h.state = 'released')))
 ORDER BY t.id LIMIT 1
"""
HOLD_ELSEWHERE: Final = """
SELECT t.id, h.id FROM interbank_transfer t
  JOIN ledger_hold h ON h.id = t.hold_id
  JOIN exchange_partner p ON p.id = t.partner_id
  JOIN ledger_account a ON a.id = h.to_id
 WHERE a.kind <> 'clearing' OR a.owner_ref <> 'partner:' || p.code ORDER BY t.id LIMIT 1
"""
HOLD_ALONE: Final = """
SELECT h.id, h.key FROM ledger_hold h LEFT JOIN interbank_transfer t ON t.hold_id = h.id
 WHERE h.key LIKE 'interbank:%' AND t.id IS NULL ORDER BY h.id LIMIT 1
"""
DEPOSIT_DIFFERS: Final = """
SELECT t.id, t.minutes, coalesce(d.raw_minutes, 0) FROM interbank_transfer t
  JOIN exchange_partner p ON p.id = t.partner_id
  LEFT JOIN deposit d ON d.id = t.deposit_id
 WHERE t.state = 'applied'
   AND (d.id IS NULL OR d.source_ref <> 'interbank:' || t.key OR d.raw_minutes <> t.minutes
     OR d.kind <> t.kind OR d.partner <> p.code)
 ORDER BY t.id LIMIT 1
"""
DEPOSIT_ALONE: Final = """
SELECT d.id, d.source_ref FROM deposit d LEFT JOIN interbank_transfer t ON t.deposit_id = d.id
 WHERE d.source_ref LIKE 'interbank:%' AND t.id IS NULL ORDER BY d.id LIMIT 1
"""
MESSAGE_MISSING: Final = """
SELECT t.id, t.direction FROM interbank_transfer t
  LEFT JOIN interbank_outgoing m ON m.partner_id = t.partner_id AND m.key = t.key
   AND m.type = CASE t.direction WHEN 'out' THEN 'transfer' ELSE 'request' END
 WHERE (t.direction = 'out' OR t.is_asked_here) AND (m.id IS NULL OR m.minutes <> t.minutes OR m.kind <> t.kind)
 ORDER BY t.id LIMIT 1
"""
MESSAGE_ALONE: Final = """
SELECT m.id, m.key FROM interbank_outgoing m
  LEFT JOIN interbank_transfer t ON t.partner_id = m.partner_id AND t.key = m.key
   AND t.direction = CASE m.type WHEN 'transfer' THEN 'out' ELSE 'in' END
 WHERE t.id IS NULL ORDER BY m.id LIMIT 1
"""
PROMISE_BROKEN: Final = """
SELECT o.id, o.type, o.key FROM interbank_outcome o
  LEFT JOIN interbank_transfer t ON t.partner_id = o.partner_id AND t.key = o.key
 WHERE o.state = 'applied'
   AND (t.id IS NULL OR (o.type = 'transfer' AND t.state <> 'applied') OR (o.type = 'request' AND t.direction <> 'out'))
 ORDER BY o.id LIMIT 1
"""
APPLIED_UNPROMISED: Final = """
SELECT t.id, t.key FROM interbank_transfer t
  LEFT JOIN interbank_outcome o ON o.partner_id = t.partner_id AND o.key = t.key AND o.type = 'transfer'
   AND o.state = 'applied'
 WHERE t.state = 'applied' AND o.id IS NULL ORDER BY t.id LIMIT 1
"""
TAKEN_UNDECIDED: Final = """
SELECT m.id, m.sequence FROM interbank_incoming m
  JOIN interbank_stream s ON s.partner_id = m.partner_id
  LEFT JOIN interbank_outcome o ON o.partner_id = m.partner_id AND o.type = m.type AND o.key = m.key
   AND o.message_hash = m.message_hash
 WHERE m.sequence < s.in_next AND o.id IS NULL ORDER BY m.id LIMIT 1
"""
OUT_CHAIN: Final = """
SELECT m.partner_id, m.sequence FROM interbank_outgoing m
  LEFT JOIN interbank_outgoing b ON b.partner_id = m.partner_id AND b.sequence = m.sequence - 1
 WHERE m.previous_hash <> coalesce(b.message_hash, {zeros}) ORDER BY m.id LIMIT 1
"""
IN_CHAIN: Final = """
SELECT m.partner_id, m.sequence FROM interbank_incoming m
  JOIN interbank_stream s ON s.partner_id = m.partner_id
  LEFT JOIN interbank_incoming b ON b.partner_id = m.partner_id AND b.sequence = m.sequence - 1
 WHERE m.sequence < s.in_next AND m.previous_hash <> coalesce(b.message_hash, {zeros}) ORDER BY m.id LIMIT 1
"""
HEADS: Final = """
SELECT s.partner_id, s.out_next, s.in_next FROM interbank_stream s
  LEFT JOIN interbank_outgoing o ON o.partner_id = s.partner_id AND o.sequence = s.out_next - 1
  LEFT JOIN interbank_incoming i ON i.partner_id = s.partner_id AND i.sequence = s.in_next - 1
 WHERE s.out_hash <> coalesce(o.message_hash, {zeros}) OR s.in_hash <> coalesce(i.message_hash, {zeros})
    OR s.out_next - 1 <> (SELECT count(*) FROM interbank_outgoing c WHERE c.partner_id = s.partner_id)
 ORDER BY s.partner_id LIMIT 1
"""
TAKEN_TWICE: Final = """
SELECT d.transfer_id, d.outcome, t.state FROM interbank_decision d JOIN interbank_transfer t ON t.id = d.transfer_id
 WHERE d.decided_at IS NOT NULL AND d.outcome <> t.state ORDER BY d.id LIMIT 1
"""
CHECKS: Final = (
    ("transfers to banks have holds", HOLD_DIFFERS, "bank transfer {0}: is {1}, its hold is {2}"),
    ("holds of transfers are for the partner", HOLD_ELSEWHERE, "bank transfer {0}: hold {1} is for another account"),
    ("holds have transfers to banks", HOLD_ALONE, "hold {0} ({1}): no transfer to a bank"),
    ("hours from banks have deposits", DEPOSIT_DIFFERS, "bank transfer {0}: {1} minutes, its deposit has {2}"),
    ("deposits have hours from banks", DEPOSIT_ALONE, "deposit {0} ({1}): no transfer from a bank"),
    ("transfers have messages", MESSAGE_MISSING, "bank transfer {0} ({1}): its message is missing or differs"),
    ("messages have transfers", MESSAGE_ALONE, "outgoing message {0} ({1}): no transfer"),
    ("promises to banks are kept", PROMISE_BROKEN, "outcome {0} ({1} {2}): the transfer does not say so"),
    ("hours from banks were promised", APPLIED_UNPROMISED, "bank transfer {0} ({1}): applied without an outcome"),
    ("messages that were taken are decided", TAKEN_UNDECIDED, "incoming message {0} (number {1}): not decided"),
    ("our streams are chained", OUT_CHAIN, "stream to partner {0}: broken before number {1}"),
    ("partners' streams are chained", IN_CHAIN, "stream of partner {0}: broken before number {1}"),
    ("streams end where they end", HEADS, "streams with partner {0}: {1} and {2} are not what comes next"),
    ("decisions are what became", TAKEN_TWICE, "bank transfer {0}: decided {1}, but is {2}"),
)
ZEROS: Final = "'" + "0" * 64 + "'"
MESSAGE_FIELDS: Final = (
    "id",
    "partner_id",
    "sequence",
    "type",
    "key",
    "message_hash",
    "previous_hash",
    "minutes",
    "kind",
    "sent_at",
    "expires_at",
)


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{zeros}", ZEROS))
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def register_checks() -> None:
    """Called once when the house starts. The message hash covers every word of a message; its sealed text is beside it."""
    seal_rows_of(Chain("interbank-sent", OutgoingMessage, MESSAGE_FIELDS))
    seal_rows_of(Chain("interbank-received", IncomingMessage, (*MESSAGE_FIELDS, "key_id", "signature", "received_at")))
    seal_rows_of(
        Chain(
            "interbank-outcomes",
            Outcome,
            ("id", "partner_id", "type", "key", "message_hash", "state", "code", "minutes", "decided_at"),
        )
    )
    for name, sql, sentence in CHECKS:
        register_check(name, lambda sql=sql, sentence=sentence: _first(sql, sentence))  # type: ignore[misc]  # bound per check
