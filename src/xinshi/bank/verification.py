"""What the bank's own tables must agree on with the book; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.bank.models import Deposit, DepositReversal, Passbook, StatementIssue
from xinshi.ledger.verification import register_check

DEPOSIT_DIFFERS: Final = """
SELECT d.id, coalesce(d.transfer_id, 0) FROM deposit d
  LEFT JOIN passbook p ON p.id = d.passbook_id
  LEFT JOIN ledger_transfer t ON t.id = d.transfer_id
 WHERE (t.id IS NULL) <> (d.credited_minutes = d.donation_minutes)
    OR t.credit_id <> p.account_id OR t.minutes <> d.credited_minutes - d.donation_minutes
    OR t.kind <> 'deposit_' || d.kind OR t.key <> 'deposit:' || d.source_ref
 ORDER BY d.id LIMIT 1
"""
DONATION_PART_DIFFERS: Final = """
SELECT d.id, coalesce(d.donation_transfer_id, 0) FROM deposit d
  LEFT JOIN passbook p ON p.id = d.passbook_id
  LEFT JOIN ledger_transfer t ON t.id = d.donation_transfer_id
  LEFT JOIN ledger_account a ON a.id = t.credit_id
 WHERE (t.id IS NULL) <> (d.donation_minutes = 0)
    OR a.kind <> 'donation' OR a.owner_ref <> 'person:' || p.person_id OR t.minutes <> d.donation_minutes
    OR t.kind <> 'deposit_' || d.kind OR t.key <> 'deposit:' || d.source_ref || ':donation'
 ORDER BY d.id LIMIT 1
"""
DEPOSIT_MISSING: Final = """
SELECT t.id, t.key FROM ledger_transfer t
  LEFT JOIN deposit d ON d.transfer_id = t.id LEFT JOIN deposit e ON e.donation_transfer_id = t.id
 WHERE t.kind IN ('deposit_verified', 'deposit_honorary') AND d.id IS NULL AND e.id IS NULL ORDER BY t.id LIMIT 1
"""
REVERSAL_DIFFERS: Final = """
SELECT r.id, d.id FROM deposit_reversal r JOIN deposit d ON d.id = r.deposit_id
  LEFT JOIN ledger_transfer t ON t.id = r.transfer_id
  LEFT JOIN ledger_transfer g ON g.id = r.donation_transfer_id
 WHERE coalesce(t.reverses_id, 0) <> coalesce(d.transfer_id, 0)
    OR coalesce(g.reverses_id, 0) <> coalesce(d.donation_transfer_id, 0) ORDER BY r.id LIMIT 1
"""
NOTICE_DIFFERS: Final = """
SELECT h.id, h.key FROM ledger_hold h
  LEFT JOIN deposit d ON h.key = 'notice:' || d.source_ref
  LEFT JOIN passbook p ON p.id = d.passbook_id
  LEFT JOIN deposit_reversal r ON r.deposit_id = d.id
 WHERE h.kind = 'notice'
   AND (d.id IS NULL OR h.account_id <> p.account_id OR h.minutes <> d.credited_minutes - d.donation_minutes
        OR h.state = 'captured' OR (h.state = 'open' AND r.id IS NOT NULL)) ORDER BY h.id LIMIT 1
"""
CERTIFIED_DIFFERS: Final = """
SELECT p.id, p.certified_minutes, coalesce(s.minutes, 0) FROM passbook p
  LEFT JOIN (SELECT coalesce(b.merged_into_id, b.id) AS passbook_id, sum(d.raw_minutes) AS minutes FROM deposit d
               JOIN passbook b ON b.id = d.passbook_id
               LEFT JOIN deposit_reversal r ON r.deposit_id = d.id WHERE r.id IS NULL GROUP BY 1) s
    ON s.passbook_id = p.id
 WHERE p.certified_minutes <> coalesce(s.minutes, 0) ORDER BY p.id LIMIT 1
"""
VERIFIED_DIFFERS: Final = """
SELECT p.id, p.verified_minutes, coalesce(s.minutes, 0) FROM passbook p
  LEFT JOIN (SELECT coalesce(b.merged_into_id, b.id) AS passbook_id, sum(d.raw_minutes) AS minutes FROM deposit d
               JOIN passbook b ON b.id = d.passbook_id
               LEFT JOIN deposit_reversal r ON r.deposit_id = d.id WHERE r.id IS NULL AND d.kind = 'verified' GROUP BY 1) s
    ON s.passbook_id = p.id
 WHERE p.verified_minutes <> coalesce(s.minutes, 0) ORDER BY p.id LIMIT 1
"""
ACCOUNT_MISSING: Final = """
SELECT p.id, p.account_id FROM passbook p LEFT JOIN ledger_balance b ON b.account_id = p.account_id
 WHERE b.account_id IS NULL ORDER BY p.id LIMIT 1
"""
CLOSED_DIFFERS: Final = """
SELECT p.id, p.state FROM passbook p JOIN ledger_account a ON a.id = p.account_id
 WHERE (p.state = 'closed') <> (a.closed_at IS NOT NULL) AND p.merged_into_id IS NULL ORDER BY p.id LIMIT 1
"""
MERGED_DIFFERS: Final = """
SELECT p.id, b.posted FROM passbook p JOIN ledger_balance b ON b.account_id = p.account_id
 WHERE p.merged_into_id IS NOT NULL AND (b.posted <> 0 OR b.held <> 0) ORDER BY p.id LIMIT 1
"""
STATEMENT_SEAL_LOST: Final = """
SELECT s.id, s.seal_n FROM passbook_statement s LEFT JOIN ledger_seal l ON l.n = s.seal_n
 WHERE s.seal_n > 0 AND (l.n IS NULL OR l.hash <> s.seal_hash) ORDER BY s.id LIMIT 1
"""
SEALED: Final = (
    Chain("passbooks", Passbook, ("id", "person_id", "number", "account_id", "opened_at", "opened_through")),
    Chain(
        "deposits",
        Deposit,
        (
            "id",
            "passbook_id",
            "transfer_id",
            "kind",
            "category",
            "title",
            "organizer",
            "raw_minutes",
            "credited_minutes",
            "donation_transfer_id",
            "donation_minutes",
            "why",
            "worked_on",
            "source_ref",
            "activity_ref",
            "partner",
            "approved_by_ref",
            "policy_version_id",
            "memo",
            "deposited_at",
        ),
    ),
    Chain(
        "deposit reversals",
        DepositReversal,
        ("id", "deposit_id", "transfer_id", "donation_transfer_id", "reason", "reversed_by_ref", "reversed_at"),
    ),
    Chain(
        "statements",
        StatementIssue,
        (
            "id",
            "number",
            "digest",
            "passbook_id",
            "year",
            "kind",
            "category",
            "last_seq",
            "lines",
            "in_minutes",
            "out_minutes",
            "available_minutes",
            "held_minutes",
            "certified_minutes",
            "seal_n",
            "seal_hash",
            "nonce",
            "issued_at",
            "issued_by_ref",
        ),
    ),
)
"""What the book does not know of: every column of a deposit, and those of a passbook that never change."""


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def register_checks() -> None:
    """Called once when the house starts."""
    for chain in SEALED:
        seal_rows_of(chain)
    register_check("passbooks have accounts", lambda: _first(ACCOUNT_MISSING, "passbook {0}: no account {1}"))
    register_check(
        "closed passbooks", lambda: _first(CLOSED_DIFFERS, "passbook {0}: is {1}, its account says otherwise")
    )
    register_check(
        "merged passbooks", lambda: _first(MERGED_DIFFERS, "passbook {0}: merged, yet {1} minutes stand on it")
    )
    register_check("deposits match", lambda: _first(DEPOSIT_DIFFERS, "deposit {0}: does not match transfer {1}"))
    register_check(
        "deposits' parts for donation",
        lambda: _first(DONATION_PART_DIFFERS, "deposit {0}: does not match transfer {1}"),
    )
    register_check("public notices", lambda: _first(NOTICE_DIFFERS, "hold {0} ({1}): no deposit that it could keep"))
    register_check("transfers have deposits", lambda: _first(DEPOSIT_MISSING, "transfer {0} ({1}): no deposit"))
    register_check(
        "deposit reversals", lambda: _first(REVERSAL_DIFFERS, "reversal {0} of deposit {1}: not in the book")
    )
    register_check(
        "statements' seals",
        lambda: _first(STATEMENT_SEAL_LOST, "statement {0}: seal {1} is not the one that was printed on it"),
    )
    register_check(
        "lifetime hours",
        lambda: _first(CERTIFIED_DIFFERS, "passbook {0}: certified {1} minutes, its deposits make {2}"),
    )
    register_check(
        "lifetime verified hours",
        lambda: _first(VERIFIED_DIFFERS, "passbook {0}: verified {1} minutes, its deposits make {2}"),
    )
