"""What lines and exported files must agree on with deposits; `xinshi verify` runs it after the ledger's checks."""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.ledger.verification import register_check

LINE_DIFFERS: Final = """
SELECT l.id, l.minutes, coalesce(d.raw_minutes, 0) FROM exchange_import_line l
  LEFT JOIN deposit d ON d.source_ref = 'exchange-line:' || l.id
  LEFT JOIN passbook p ON p.id = d.passbook_id
 WHERE l.state = 'credited'
   AND (d.id IS NULL OR d.raw_minutes <> l.minutes OR d.kind <> l.hours_kind OR p.person_id <> l.person_id)
 ORDER BY l.id LIMIT 1
"""
DEPOSIT_WITHOUT_LINE: Final = """
SELECT d.id, d.source_ref FROM deposit d
  LEFT JOIN exchange_import_line l ON d.source_ref = 'exchange-line:' || l.id AND l.state = 'credited'
 WHERE d.source_ref LIKE 'exchange-line:%' AND l.id IS NULL ORDER BY d.id LIMIT 1
"""
NOT_THROUGH_CLEARING: Final = """
SELECT d.id, t.id FROM deposit d
  JOIN ledger_transfer t ON t.id = d.transfer_id JOIN ledger_account a ON a.id = t.debit_id
 WHERE (d.partner <> '') <> (a.kind = 'clearing') ORDER BY d.id LIMIT 1
"""
SENT_BACK: Final = """
SELECT e.deposit_id, d.source_ref FROM exchange_exported_deposit e JOIN deposit d ON d.id = e.deposit_id
 WHERE d.source_ref LIKE 'exchange-line:%' OR d.raw_minutes <> e.minutes ORDER BY e.id LIMIT 1
"""
EXPORT_DIFFERS: Final = """
SELECT l.id, l.minutes, coalesce(f.minutes, 0) - coalesce(b.minutes, 0) FROM exchange_honorary_export_line l
  LEFT JOIN (SELECT export_id, person_id, sum(minutes) AS minutes FROM exchange_exported_deposit
              GROUP BY export_id, person_id) f ON f.export_id = l.export_id AND f.person_id = l.person_id
  LEFT JOIN (SELECT taken_back_in_id, person_id, sum(minutes) AS minutes FROM exchange_exported_deposit
              WHERE taken_back_in_id IS NOT NULL GROUP BY taken_back_in_id, person_id) b
    ON b.taken_back_in_id = l.export_id AND b.person_id = l.person_id
 WHERE l.minutes <> coalesce(f.minutes, 0) - coalesce(b.minutes, 0) ORDER BY l.id LIMIT 1
"""
CARRY_DIFFERS: Final = """
SELECT c.person_id, c.minutes, coalesce(s.rest, 0) FROM exchange_export_carry c
  LEFT JOIN (SELECT e.partner_id, l.person_id, sum(l.minutes - l.tenths * 6) AS rest
               FROM exchange_honorary_export_line l JOIN exchange_honorary_export e ON e.id = l.export_id
              GROUP BY e.partner_id, l.person_id) s ON s.partner_id = c.partner_id AND s.person_id = c.person_id
 WHERE c.minutes <> coalesce(s.rest, 0) ORDER BY c.person_id LIMIT 1
"""
CHECKS: Final = (
    ("partner lines have deposits", LINE_DIFFERS, "exchange line {0}: {1} minutes credited, its deposit has {2}"),
    ("partner deposits have lines", DEPOSIT_WITHOUT_LINE, "deposit {0} ({1}): no credited line"),
    ("partner hours pass through clearing", NOT_THROUGH_CLEARING, "deposit {0}: transfer {1} is on the wrong account"),
    ("partner hours are not sent back", SENT_BACK, "exported deposit {0} ({1}): came from the partner or differs"),
    ("exported files", EXPORT_DIFFERS, "export line {0}: {1} minutes, its deposits make {2}"),
    ("rounding rests", CARRY_DIFFERS, "person {0}: {1} minutes carried, the files make {2}"),
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
    for name, sql, sentence in CHECKS:
        _register(name, sql, sentence)
