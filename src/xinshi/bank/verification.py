"""What the bank's own tables must agree on with the book; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.ledger.verification import register_check

DEPOSIT_DIFFERS: Final = """
SELECT d.id, d.transfer_id FROM deposit d
  LEFT JOIN passbook p ON p.id = d.passbook_id
  LEFT JOIN ledger_transfer t ON t.id = d.transfer_id
 WHERE t.id IS NULL OR t.credit_id <> p.account_id OR t.minutes <> d.credited_minutes
    OR t.kind <> 'deposit_' || d.kind OR t.key <> 'deposit:' || d.source_ref
 ORDER BY d.id LIMIT 1
"""
DEPOSIT_MISSING: Final = """
SELECT t.id, t.key FROM ledger_transfer t LEFT JOIN deposit d ON d.transfer_id = t.id
 WHERE t.kind IN ('deposit_verified', 'deposit_honorary') AND d.id IS NULL ORDER BY t.id LIMIT 1
"""
REVERSAL_DIFFERS: Final = """
SELECT r.id, d.id FROM deposit_reversal r JOIN deposit d ON d.id = r.deposit_id
  LEFT JOIN ledger_transfer t ON t.id = r.transfer_id
 WHERE t.id IS NULL OR t.reverses_id IS NULL OR t.reverses_id <> d.transfer_id ORDER BY r.id LIMIT 1
"""
CERTIFIED_DIFFERS: Final = """
SELECT p.id, p.certified_minutes, coalesce(s.minutes, 0) FROM passbook p
  LEFT JOIN (SELECT d.passbook_id, sum(d.raw_minutes) AS minutes FROM deposit d
               LEFT JOIN deposit_reversal r ON r.deposit_id = d.id WHERE r.id IS NULL GROUP BY d.passbook_id) s
    ON s.passbook_id = p.id
 WHERE p.certified_minutes <> coalesce(s.minutes, 0) ORDER BY p.id LIMIT 1
"""
ACCOUNT_MISSING: Final = """
SELECT p.id, p.account_id FROM passbook p LEFT JOIN ledger_balance b ON b.account_id = p.account_id
 WHERE b.account_id IS NULL ORDER BY p.id LIMIT 1
"""
CLOSED_DIFFERS: Final = """
SELECT p.id, p.state FROM passbook p JOIN ledger_account a ON a.id = p.account_id
 WHERE (p.state = 'closed') <> (a.closed_at IS NOT NULL) ORDER BY p.id LIMIT 1
"""


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def register_checks() -> None:
    """Called once when the house starts."""
    register_check("passbooks have accounts", lambda: _first(ACCOUNT_MISSING, "passbook {0}: no account {1}"))
    register_check(
        "closed passbooks", lambda: _first(CLOSED_DIFFERS, "passbook {0}: is {1}, its account says otherwise")
    )
    register_check("deposits match", lambda: _first(DEPOSIT_DIFFERS, "deposit {0}: does not match transfer {1}"))
    register_check("transfers have deposits", lambda: _first(DEPOSIT_MISSING, "transfer {0} ({1}): no deposit"))
    register_check(
        "deposit reversals", lambda: _first(REVERSAL_DIFFERS, "reversal {0} of deposit {1}: not in the book")
    )
    register_check(
        "lifetime hours",
        lambda: _first(CERTIFIED_DIFFERS, "passbook {0}: certified {1} minutes, its deposits make {2}"),
    )
