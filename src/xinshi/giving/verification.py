"""What this room's tables must agree on with the book; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.giving.models import Donation, Gift, TakenBack
from xinshi.ledger.verification import register_check

GIFT_DIFFERS: Final = """
SELECT g.id FROM gift g
  LEFT JOIN passbook p ON p.person_id = g.giver_id
  LEFT JOIN passbook q ON q.person_id = g.receiver_id
  LEFT JOIN ledger_transfer t ON t.key = 'gift:' || g.id
 WHERE p.id IS NULL OR q.id IS NULL OR t.id IS NULL OR t.kind <> 'gift' OR t.minutes <> g.minutes
    OR t.debit_id <> p.account_id OR t.credit_id <> q.account_id
 ORDER BY g.id LIMIT 1
"""
DONATION_DIFFERS: Final = """
SELECT d.id FROM donation d
  LEFT JOIN passbook p ON p.person_id = d.person_id
  LEFT JOIN ledger_transfer t ON t.key = 'donation:' || d.id
  LEFT JOIN ledger_account f ON f.id = t.debit_id
  LEFT JOIN ledger_account c ON c.id = t.credit_id
 WHERE t.id IS NULL OR t.kind <> 'donation' OR t.minutes <> d.minutes OR c.kind <> 'pool'
    OR NOT (   (d.source = 'spendable' AND f.id = p.account_id)
            OR (d.source = 'beyond_cap' AND f.kind = 'donation' AND f.owner_ref = 'person:' || d.person_id)
            OR (d.source = 'group' AND f.kind = 'group' AND f.owner_ref = 'organization:' || d.organization_id))
 ORDER BY d.id LIMIT 1
"""
GRANT_DIFFERS: Final = """
SELECT g.id, g.state FROM pool_grant g
  LEFT JOIN passbook p ON p.person_id = g.person_id
  LEFT JOIN ledger_transfer t ON t.key = 'grant:' || g.id
  LEFT JOIN ledger_account f ON f.id = t.debit_id
 WHERE (g.state IN ('approved', 'reversed')) <> (t.id IS NOT NULL)
    OR (t.id IS NOT NULL AND (p.id IS NULL OR t.kind <> 'grant' OR t.minutes <> g.minutes OR f.kind <> 'pool'
                              OR t.credit_id <> p.account_id))
 ORDER BY g.id LIMIT 1
"""
GROUP_HOURS_DIFFER: Final = """
SELECT h.id, h.state FROM group_hours h
  LEFT JOIN ledger_transfer t ON t.key = 'group-hours:' || h.id
  LEFT JOIN ledger_account f ON f.id = t.debit_id
  LEFT JOIN ledger_account c ON c.id = t.credit_id
 WHERE (h.state IN ('approved', 'reversed')) <> (t.id IS NOT NULL)
    OR (t.id IS NOT NULL AND (t.kind <> 'group_hours' OR t.minutes <> h.minutes OR t.worked_on <> h.worked_on
                              OR f.kind <> 'issuance' OR c.kind <> 'group'
                              OR c.owner_ref <> 'organization:' || h.organization_id))
 ORDER BY h.id LIMIT 1
"""
ROW_MISSING: Final = """
SELECT t.id, t.key FROM ledger_transfer t
  LEFT JOIN gift g ON t.kind = 'gift' AND t.key = 'gift:' || g.id
  LEFT JOIN donation d ON t.kind = 'donation' AND t.key = 'donation:' || d.id
  LEFT JOIN pool_grant p ON t.kind = 'grant' AND t.key = 'grant:' || p.id
  LEFT JOIN group_hours h ON t.kind = 'group_hours' AND t.key = 'group-hours:' || h.id
 WHERE t.kind IN ('gift', 'donation', 'grant', 'group_hours')
   AND g.id IS NULL AND d.id IS NULL AND p.id IS NULL AND h.id IS NULL
 ORDER BY t.id LIMIT 1
"""
WAY_OUT_DIFFERS: Final = """
SELECT t.id, f.kind, c.kind FROM ledger_transfer t
  JOIN ledger_account f ON f.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE t.reverses_id IS NULL
   AND ((f.kind IN ('donation', 'group') AND c.kind NOT IN ('pool', 'expiry') AND NOT (c.kind = f.kind AND t.kind = 'merge'))
     OR (c.kind = 'pool' AND t.kind NOT IN ('donation', 'closing_donation')) OR (f.kind = 'pool' AND t.kind <> 'grant'))
 ORDER BY t.id LIMIT 1
"""
"""A reversal mirrors what it takes back, which the ledger's own check proves; a merge joins two accounts of one person."""
TAKEN_BACK_DIFFERS: Final = """
SELECT b.id FROM giving_taken_back b
  LEFT JOIN ledger_transfer o
    ON o.key = CASE WHEN b.gift_id IS NOT NULL THEN 'gift:' || b.gift_id
                    WHEN b.donation_id IS NOT NULL THEN 'donation:' || b.donation_id
                    WHEN b.grant_id IS NOT NULL THEN 'grant:' || b.grant_id
                    ELSE 'group-hours:' || b.group_hours_id END
  LEFT JOIN ledger_transfer r ON r.reverses_id = o.id
 WHERE o.id IS NULL OR r.id IS NULL ORDER BY b.id LIMIT 1
"""
REVERSAL_MISSING: Final = """
SELECT r.id, o.key FROM ledger_transfer r JOIN ledger_transfer o ON o.id = r.reverses_id
  LEFT JOIN giving_taken_back b
    ON o.key = CASE WHEN b.gift_id IS NOT NULL THEN 'gift:' || b.gift_id
                    WHEN b.donation_id IS NOT NULL THEN 'donation:' || b.donation_id
                    WHEN b.grant_id IS NOT NULL THEN 'grant:' || b.grant_id
                    ELSE 'group-hours:' || b.group_hours_id END
 WHERE o.kind IN ('gift', 'donation', 'grant', 'group_hours') AND b.id IS NULL ORDER BY r.id LIMIT 1
"""
STATE_DIFFERS: Final = """
SELECT g.id, g.state FROM pool_grant g LEFT JOIN giving_taken_back b ON b.grant_id = g.id
 WHERE (g.state = 'reversed') <> (b.id IS NOT NULL) ORDER BY g.id LIMIT 1
"""
GROUP_STATE_DIFFERS: Final = """
SELECT h.id, h.state FROM group_hours h LEFT JOIN giving_taken_back b ON b.group_hours_id = h.id
 WHERE (h.state = 'reversed') <> (b.id IS NOT NULL) ORDER BY h.id LIMIT 1
"""
CHECKS: Final = (
    ("gifts match", GIFT_DIFFERS, "gift {0}: does not match its booking"),
    ("donations match", DONATION_DIFFERS, "donation {0}: does not match its booking"),
    ("grants match", GRANT_DIFFERS, "grant {0}: is {1}, the book says otherwise"),
    ("hours of groups match", GROUP_HOURS_DIFFER, "hours of group {0}: are {1}, the book says otherwise"),
    ("bookings of giving have rows", ROW_MISSING, "transfer {0} ({1}): nobody gave, donated or granted it"),
    (
        "ways in and out of the pool",
        WAY_OUT_DIFFERS,
        "transfer {0}: from {1} to {2}, which is no way that hours may go",
    ),
    ("what was taken back is reversed", TAKEN_BACK_DIFFERS, "taken back {0}: not in the book"),
    ("reversals of giving say why", REVERSAL_MISSING, "transfer {0}: reverses {1}, and nobody said why"),
    ("reversed grants", STATE_DIFFERS, "grant {0}: is {1}, what was taken back says otherwise"),
    (
        "reversed hours of groups",
        GROUP_STATE_DIFFERS,
        "hours of group {0}: are {1}, what was taken back says otherwise",
    ),
)
"""Minutes that can only be donated go to the pool or are taken back; nothing else moves them."""


SEALED: Final = (
    Chain(
        "gifts",
        Gift,
        (
            "id",
            "giver_id",
            "receiver_id",
            "relative_id",
            "minutes",
            "key",
            "policy_version_id",
            "given_on",
            "given_at",
            "given_by_ref",
        ),
    ),
    Chain(
        "donations",
        Donation,
        (
            "id",
            "person_id",
            "organization_id",
            "source",
            "minutes",
            "is_anonymous",
            "reason",
            "key",
            "policy_version_id",
            "given_on",
            "given_at",
            "given_by_ref",
        ),
    ),
    Chain(
        "taken back",
        TakenBack,
        ("id", "gift_id", "donation_id", "grant_id", "group_hours_id", "taken_back_by_ref", "taken_back_at"),
    ),
)
"""What is written once; the words in it are sealed by the vault already, and their keys may be renewed."""


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def register_checks() -> None:
    """Called once when the house starts."""
    for chain in SEALED:
        seal_rows_of(chain)
    for name, sql, sentence in CHECKS:
        register_check(name, lambda sql=sql, sentence=sentence: _first(sql, sentence))  # type: ignore[misc]  # bound per check
