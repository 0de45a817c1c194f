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
    OR h.key <> 'voucher:' || v.id
    OR (h.expires_at <> v.expires_at AND NOT (v.keeps_minutes AND h.expires_at > v.expires_at))
 ORDER BY v.id LIMIT 1
"""
STATE_DIFFERS: Final = """
SELECT v.id, v.state, h.state FROM voucher v JOIN ledger_hold h ON h.id = v.hold_id
 WHERE NOT (   (v.state = 'reserved' AND h.state IN ('open', 'expired'))
            OR (v.state IN ('fulfilled', 'refunded') AND h.state = 'captured')
            OR (v.state IN ('no_show', 'excused') AND v.keeps_minutes AND h.state = 'captured')
            OR (v.state IN ('no_show', 'excused') AND NOT v.keeps_minutes AND h.state IN ('released', 'expired'))
            OR (v.state IN ('cancelled', 'expired') AND h.state IN ('released', 'expired')))
 ORDER BY v.id LIMIT 1
"""
VOUCHER_MISSING: Final = """
SELECT h.id, h.key FROM ledger_hold h LEFT JOIN voucher v ON v.hold_id = h.id
 WHERE h.key LIKE 'voucher:%' AND v.id IS NULL ORDER BY h.id LIMIT 1
"""
REVERSAL_MISSING: Final = """
SELECT v.id, v.state FROM voucher v
  LEFT JOIN ledger_transfer t ON t.hold_id = v.hold_id
  LEFT JOIN ledger_transfer r ON r.reverses_id = t.id
 WHERE (r.id IS NOT NULL) <> (v.state = 'refunded' OR (v.state = 'excused' AND v.keeps_minutes))
 ORDER BY v.id LIMIT 1
"""
SLOT_DIFFERS: Final = """
SELECT s.id, s.taken, coalesce(c.n, 0) + coalesce(w.n, 0) FROM benefit_slot s
  LEFT JOIN (SELECT slot_id, sum(pieces) AS n FROM voucher
              WHERE state IN ('reserved', 'fulfilled', 'no_show', 'excused') GROUP BY slot_id) c ON c.slot_id = s.id
  LEFT JOIN (SELECT slot_id, count(*) AS n FROM benefit_waiting WHERE state = 'offered' GROUP BY slot_id) w
    ON w.slot_id = s.id
 WHERE s.taken <> coalesce(c.n, 0) + coalesce(w.n, 0) ORDER BY s.id LIMIT 1
"""
STOCK_DIFFERS: Final = """
SELECT b.id, b.taken, coalesce(c.n, 0) + coalesce(w.n, 0) FROM benefit b
  LEFT JOIN (SELECT benefit_id, sum(pieces) AS n FROM voucher
              WHERE slot_id IS NULL AND state IN ('reserved', 'fulfilled') GROUP BY benefit_id) c ON c.benefit_id = b.id
  LEFT JOIN (SELECT benefit_id, count(*) AS n FROM benefit_waiting
              WHERE slot_id IS NULL AND state = 'offered' GROUP BY benefit_id) w ON w.benefit_id = b.id
 WHERE b.taken <> coalesce(c.n, 0) + coalesce(w.n, 0) ORDER BY b.id LIMIT 1
"""
BUDGET_DIFFERS: Final = """
SELECT g.id, g.benefit_id, g.pieces_used, used.pieces, g.minutes_used, used.minutes FROM benefit_budget g
  JOIN (SELECT b.id, coalesce(sum(x.pieces), 0) AS pieces, coalesce(sum(x.minutes), 0) AS minutes FROM benefit_budget b
          LEFT JOIN (SELECT benefit_id, counts_on, pieces, minutes FROM voucher
                      WHERE state IN ('reserved', 'fulfilled', 'no_show', 'excused')
                     UNION ALL
                     SELECT benefit_id, counts_on, 1, minutes FROM benefit_waiting WHERE state = 'offered') x
            ON x.benefit_id = b.benefit_id AND x.counts_on >= b.starts_on AND x.counts_on < b.ends_before
         GROUP BY b.id) used ON used.id = g.id
 WHERE g.pieces_used <> used.pieces OR g.minutes_used <> used.minutes ORDER BY g.id LIMIT 1
"""
ACCEPTED_DIFFERS: Final = """
SELECT w.id, w.voucher_id FROM benefit_waiting w LEFT JOIN voucher v ON v.id = w.voucher_id
 WHERE w.state = 'accepted'
   AND (v.id IS NULL OR v.person_id <> w.person_id OR v.benefit_id <> w.benefit_id OR v.key <> 'waiting:' || w.id)
 ORDER BY w.id LIMIT 1
"""
SETTLEMENT_DIFFERS: Final = """
SELECT i.settlement_id, i.voucher_id, i.what FROM benefit_settlement_item i
  JOIN benefit_settlement s ON s.id = i.settlement_id
  LEFT JOIN voucher v ON v.id = i.voucher_id
 WHERE v.id IS NULL OR s.state = 'draft' OR v.provider_id <> s.provider_id OR v.benefit_id <> i.benefit_id
    OR abs(i.pieces) <> v.pieces OR abs(i.minutes) <> v.minutes
    OR (i.what = 'fulfilled' AND v.state NOT IN ('fulfilled', 'refunded'))
    OR (i.what = 'no_show' AND v.state NOT IN ('no_show', 'excused'))
    OR (i.what IN ('refunded', 'excused') AND v.state <> i.what)
 ORDER BY i.id LIMIT 1
"""
CHECKS: Final = (
    ("vouchers have holds", HOLD_DIFFERS, "voucher {0}: does not match hold {1}"),
    ("vouchers and holds agree", STATE_DIFFERS, "voucher {0}: is {1}, its hold is {2}"),
    ("holds have vouchers", VOUCHER_MISSING, "hold {0} ({1}): no voucher"),
    ("what was taken back is reversed", REVERSAL_MISSING, "voucher {0}: is {1}, which its reversal does not match"),
    ("places of days", SLOT_DIFFERS, "slot {0}: {1} places taken, vouchers and offers make {2}"),
    ("stock", STOCK_DIFFERS, "benefit {0}: {1} taken, vouchers and offers make {2}"),
    (
        "budgets",
        BUDGET_DIFFERS,
        "budget {0} of benefit {1}: {2} pieces used where {3} are, {4} minutes used where {5} are",
    ),
    ("accepted offers have vouchers", ACCEPTED_DIFFERS, "waiting {0}: its voucher is {1}"),
    ("settled lines are vouchers", SETTLEMENT_DIFFERS, "statement {0}: voucher {1} is not {2} as counted"),
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
