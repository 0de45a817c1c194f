"""What organisations achieved: certified service of who belonged to them or to what stands below, each service once.

The room of organisations stands below the bank and shows this; `config/subscriptions.py` connects the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection

from xinshi.organizations.figures import Achieved

AT_ONCE: Final = 200
SERVED: Final = """
WITH RECURSIVE below(root, id) AS (
  SELECT o.id, o.id FROM organization o JOIN ({wanted}) w ON w.id = o.id
   UNION SELECT b.root, o.id FROM organization o JOIN below b ON o.parent_id = b.id
)
SELECT x.root, sum(x.raw_minutes), count(*), count(DISTINCT x.person_id)
  FROM (SELECT DISTINCT b.root, d.id, d.raw_minutes, p.person_id
          FROM below b JOIN membership m ON m.organization_id = b.id
          JOIN passbook p ON p.person_id = m.person_id JOIN deposit d ON d.passbook_id = p.id
          LEFT JOIN deposit_reversal r ON r.deposit_id = d.id
         WHERE r.id IS NULL AND d.worked_on BETWEEN %s AND %s AND d.worked_on >= m.since
           AND (m.until IS NULL OR d.worked_on <= m.until)) x
 GROUP BY x.root
"""


def achieved(organization_ids: Sequence[int], first: date, last: date) -> dict[int, Achieved]:
    """By organisation, for service done from `first` to `last`, both included; one query for 200 organisations."""
    found: dict[int, Achieved] = {}
    for start in range(0, len(organization_ids), AT_ONCE):
        part = list(organization_ids[start : start + AT_ONCE])
        wanted = " UNION ALL ".join(["SELECT CAST(%s AS bigint) AS id"] * len(part))
        with connection.cursor() as cursor:
            cursor.execute(SERVED.replace("{wanted}", wanted), [*part, first, last])
            found |= {root: Achieved(int(minutes), times, people) for root, minutes, times, people in cursor.fetchall()}
    return found
