"""The whole reconciliation: every figure of the book against what it is made of, in sets, to the first difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from xinshi.ledger.domain import BOUNDED_KINDS, GENESIS_HASH, seal_hash
from xinshi.ledger.models import Account, Balance, Entry, Hold, Seal, Transfer
from xinshi.ledger.sealing import CANONICAL_FIELDS, canonical_rows

BOUNDED: Final = ", ".join(f"'{kind.value}'" for kind in sorted(BOUNDED_KINDS))
Check = Callable[[], str]
"""Returns the first difference as a sentence, or the empty string."""
_FURTHER: dict[str, Check] = {}

BALANCE_DIFFERS: Final = """
SELECT b.account_id, b.posted, coalesce(e.total, 0), b.seq, coalesce(e.lines, 0), coalesce(e.last, 0)
  FROM ledger_balance b
  LEFT JOIN (SELECT account_id, sum(amount) AS total, count(*) AS lines, max(seq) AS last
               FROM ledger_entry GROUP BY account_id) e ON e.account_id = b.account_id
 WHERE b.posted <> coalesce(e.total, 0) OR b.seq <> coalesce(e.lines, 0) OR b.seq <> coalesce(e.last, 0)
 ORDER BY b.account_id LIMIT 1
"""
RUNNING_BALANCE_DIFFERS: Final = """
SELECT account_id, seq, balance_after, running FROM (
  SELECT account_id, seq, balance_after,
         sum(amount) OVER (PARTITION BY account_id ORDER BY seq) AS running
    FROM ledger_entry) lines
 WHERE balance_after <> running ORDER BY account_id, seq LIMIT 1
"""
HELD_DIFFERS: Final = """
SELECT b.account_id, b.held, coalesce(h.total, 0)
  FROM ledger_balance b
  LEFT JOIN (SELECT account_id, sum(minutes) AS total FROM ledger_hold WHERE state = 'open' GROUP BY account_id) h
    ON h.account_id = b.account_id
 WHERE b.held <> coalesce(h.total, 0) ORDER BY b.account_id LIMIT 1
"""
LIMIT_BROKEN: Final = (
    "SELECT account_id, posted, held, floor FROM ledger_balance WHERE posted - held < floor ORDER BY account_id LIMIT 1"
)
ENTRY_DIFFERS: Final = """
SELECT e.account_id, e.seq, e.transfer_id FROM ledger_entry e
  LEFT JOIN ledger_transfer t ON t.id = e.transfer_id
 WHERE t.id IS NULL
    OR NOT ((e.account_id = t.debit_id AND e.amount = -t.minutes) OR (e.account_id = t.credit_id AND e.amount = t.minutes))
 ORDER BY e.account_id, e.seq LIMIT 1
"""
ENTRY_MISSING: Final = """
SELECT s.id, s.account_id, count(e.seq) FROM (
    SELECT id, debit_id AS account_id FROM ledger_transfer UNION ALL SELECT id, credit_id FROM ledger_transfer) s
  JOIN ledger_balance b ON b.account_id = s.account_id
  LEFT JOIN ledger_entry e ON e.transfer_id = s.id AND e.account_id = s.account_id
 GROUP BY s.id, s.account_id HAVING count(e.seq) <> 1 ORDER BY s.id LIMIT 1
"""
REVERSAL_DIFFERS: Final = """
SELECT r.id, o.id FROM ledger_transfer r LEFT JOIN ledger_transfer o ON o.id = r.reverses_id
 WHERE r.reverses_id IS NOT NULL
   AND (o.id IS NULL OR r.minutes <> o.minutes OR r.debit_id <> o.credit_id OR r.credit_id <> o.debit_id
        OR o.reverses_id IS NOT NULL)
 ORDER BY r.id LIMIT 1
"""
CAPTURE_DIFFERS: Final = """
SELECT h.id, h.state FROM ledger_hold h LEFT JOIN ledger_transfer t ON t.hold_id = h.id
 WHERE (h.state = 'captured') <> (t.id IS NOT NULL)
    OR (t.id IS NOT NULL AND (t.minutes <> h.minutes OR t.debit_id <> h.account_id OR t.credit_id <> h.to_id))
 ORDER BY h.id LIMIT 1
"""
BALANCE_MISSING: Final = f"""
SELECT a.id FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
 WHERE (a.kind IN ({BOUNDED})) <> (b.account_id IS NOT NULL) ORDER BY a.id LIMIT 1
"""  # noqa: S608  # nosec B608  # the kinds are constants of this program
SUMS_DIFFER: Final = f"""
SELECT bounded, system FROM (
  SELECT (SELECT coalesce(sum(posted), 0) FROM ledger_balance) AS bounded,
         (SELECT coalesce(sum(CASE WHEN c.kind IN ({BOUNDED}) THEN 0 ELSE t.minutes END)
                        - sum(CASE WHEN d.kind IN ({BOUNDED}) THEN 0 ELSE t.minutes END), 0)
            FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_id JOIN ledger_account c ON c.id = t.credit_id)
         AS system) sums
 WHERE bounded <> -system
"""  # noqa: S608  # nosec B608  # the kinds are constants of this program

CHECKS: Final[tuple[tuple[str, str, str], ...]] = (
    ("bounded accounts have balances", BALANCE_MISSING, "account {0}: its balance row is missing or should not exist"),
    (
        "balances equal their entries",
        BALANCE_DIFFERS,
        "account {0}: balance {1}, entries {2}; seq {3}, entries counted {4}, greatest seq {5}",
    ),
    (
        "running balances",
        RUNNING_BALANCE_DIFFERS,
        "account {0}, line {1}: balance after is {2}, the lines before it make {3}",
    ),
    ("held minutes equal open holds", HELD_DIFFERS, "account {0}: held {1}, open holds {2}"),
    ("limits", LIMIT_BROKEN, "account {0}: posted {1}, held {2}, below the floor {3}"),
    ("entries match transfers", ENTRY_DIFFERS, "account {0}, line {1}: does not match transfer {2}"),
    ("transfers have their entries", ENTRY_MISSING, "transfer {0}: account {1} has {2} lines of it instead of 1"),
    ("reversals mirror", REVERSAL_DIFFERS, "transfer {0}: is not the mirror of transfer {1}"),
    ("captures match holds", CAPTURE_DIFFERS, "hold {0}: its state {1} does not match the book"),
    ("bounded minutes equal system minutes", SUMS_DIFFER, "bounded accounts hold {0}, system accounts {1}"),
)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was counted and, where something differs, the first difference."""

    counts: dict[str, int] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)
    first_difference: str = ""
    seal_head: str = ""

    @property
    def ok(self) -> bool:
        return not self.first_difference


def register_check(name: str, check: Check) -> None:
    """Let a room above add what its own tables must agree on with the book."""
    _FURTHER[name] = check


def verify(progress: Callable[[int, int], None] | None = None) -> VerifyReport:
    """Reconcile everything; stops at the first difference and names it."""
    passed: list[str] = []
    difference = ""
    steps = list(_steps())
    for number, (name, check) in enumerate(steps):
        if progress:
            progress(number, len(steps))
        difference = check()
        if difference:
            difference = f"{name}: {difference}"
            break
        passed.append(name)
    if progress:
        progress(len(steps), len(steps))
    head = Seal.objects.order_by("-n").first()
    return VerifyReport(_counts(), passed, difference, head.hash if head else "")


def _steps() -> Iterator[tuple[str, Check]]:
    for name, sql, sentence in CHECKS:
        yield name, lambda sql=sql, sentence=sentence: _first_row(sql, sentence)  # type: ignore[misc]  # bound per step
    yield "seals", _first_broken_seal
    yield from _FURTHER.items()


def _first_row(sql: str, sentence: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return sentence.format(*row) if row else ""


def _first_broken_seal() -> str:
    """Recompute the chain; the transfers that seals cover must hash to what was published."""
    prev_hash, expected_n, covered_to = GENESIS_HASH, 1, 0
    for seal in Seal.objects.order_by("n").iterator(chunk_size=500):
        if seal.n != expected_n or seal.prev_hash != prev_hash or seal.from_id <= covered_to:
            return f"seal {seal.n}: the chain is broken before it"
        rows = Transfer.objects.filter(id__gt=covered_to, id__lte=seal.to_id).order_by("id")
        values = list(rows.values_list(*CANONICAL_FIELDS))
        if len(values) != seal.rows or seal_hash(prev_hash, canonical_rows(values)) != seal.hash:
            return f"seal {seal.n}: transfers {seal.from_id} to {seal.to_id} are not what was sealed"
        prev_hash, expected_n, covered_to = seal.hash, seal.n + 1, seal.to_id
    return ""


def _counts() -> dict[str, int]:
    return {
        "accounts": Account.objects.count(),
        "balances": Balance.objects.count(),
        "transfers": Transfer.objects.count(),
        "entries": Entry.objects.count(),
        "holds": Hold.objects.count(),
        "open_holds": Hold.objects.filter(state=Hold.State.OPEN).count(),
        "seals": Seal.objects.count(),
    }
