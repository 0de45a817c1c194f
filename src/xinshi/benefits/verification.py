"""What vouchers must agree on with the book and with what is promised; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.ledger.verification import register_check

HOLD_DIFFERS: Final = """
SELECT v.id, v.hold_id FROM voucher v
  LEFT JOIN ledger_hold h ON h.id = v.hold_id
  LEFT JOIN passbook p ON p.person_id = v.person_id
 WHERE h.id IS NULL OR p.id IS NULL OR h.account_id <> p.account_id OR h.minutes <> v.minutes
    OR h.expires_at <> v.expires_at OR h.key <> 'voucher:' || v.id
 ORDER BY v.id LIMIT 1
"""
STATE_DIFFERS: Final = """
SELECT v.id, v.state, h.state FROM voucher v JOIN ledger_hold h ON h.id = v.hold_id
 WHERE NOT (   (v.state = 'reserved' AND h.state IN ('open', 'expired'))
            OR (v.state = 'fulfilled' AND h.state = 'captured')
            OR (v.state IN ('cancelled', 'expired') AND h.state IN ('released', 'expired')))
 ORDER BY v.id LIMIT 1
"""
VOUCHER_MISSING: Final = """
SELECT h.id, h.key FROM ledger_hold h LEFT JOIN voucher v ON v.hold_id = h.id
 WHERE h.key LIKE 'voucher:%' AND v.id IS NULL ORDER BY h.id LIMIT 1
"""
SLOT_DIFFERS: Final = """
SELECT s.id, s.taken, coalesce(c.n, 0) FROM benefit_slot s
  LEFT JOIN (SELECT slot_id, count(*) AS n FROM voucher WHERE state IN ('reserved', 'fulfilled') GROUP BY slot_id) c
    ON c.slot_id = s.id
 WHERE s.taken <> coalesce(c.n, 0) ORDER BY s.id LIMIT 1
"""
STOCK_DIFFERS: Final = """
SELECT b.id, b.taken, coalesce(c.n, 0) FROM benefit b
  LEFT JOIN (SELECT benefit_id, count(*) AS n FROM voucher
              WHERE slot_id IS NULL AND state IN ('reserved', 'fulfilled') GROUP BY benefit_id) c ON c.benefit_id = b.id
 WHERE b.taken <> coalesce(c.n, 0) ORDER BY b.id LIMIT 1
"""
CHECKS: Final = (
    ("vouchers have holds", HOLD_DIFFERS, "voucher {0}: does not match hold {1}"),
    ("vouchers and holds agree", STATE_DIFFERS, "voucher {0}: is {1}, its hold is {2}"),
    ("holds have vouchers", VOUCHER_MISSING, "hold {0} ({1}): no voucher"),
    ("places of days", SLOT_DIFFERS, "slot {0}: {1} places taken, vouchers make {2}"),
    ("stock", STOCK_DIFFERS, "benefit {0}: {1} taken, vouchers make {2}"),
)
"""A reserved voucher whose hold has expired is right: the ledger gives overdue minutes back before the worker comes by."""


def _first(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def register_checks() -> None:
    """Called once when the house starts."""
    for name, sql, sentence in CHECKS:
        register_check(name, lambda sql=sql, sentence=sentence: _first(sql, sentence))  # type: ignore[misc]  # bound per check
