"""The whole reconciliation: every figure of the book against what it is made of, in sets, to the first difference."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import connection

from xinshi.audit.sealing import HEAD_LENGTH_MIN, Chain, heads, seal_rows_of, stands
from xinshi.ledger.domain import BOUNDED_KINDS
from xinshi.ledger.models import Account, Balance, Entry, Hold, Seal, SealNode, Transfer
from xinshi.ledger.proof.merkle import Growing
from xinshi.ledger.proof.seals import CANONICAL_FIELDS, GENESIS_HASH, rows_only_hash, rows_root
from xinshi.ledger.sealing import canonical_rows, header_of

ROWS_AT_ONCE: Final = 5_000
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
SELECT id FROM (
  SELECT a.id FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
   WHERE (a.kind IN ({BOUNDED})) <> (b.account_id IS NOT NULL)
  UNION ALL
  SELECT b.account_id FROM ledger_balance b LEFT JOIN ledger_account a ON a.id = b.account_id WHERE a.id IS NULL) wrong
 ORDER BY id LIMIT 1
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
    (
        "numbers of transfers",
        "SELECT id FROM ledger_transfer WHERE id < 1 ORDER BY id LIMIT 1",
        "transfer {0}: stands before the first that can be",
    ),
    ("entries match transfers", ENTRY_DIFFERS, "account {0}, line {1}: does not match transfer {2}"),
    ("transfers have their entries", ENTRY_MISSING, "transfer {0}: account {1} has {2} lines of it instead of 1"),
    ("reversals mirror", REVERSAL_DIFFERS, "transfer {0}: is not the mirror of transfer {1}"),
    ("captures match holds", CAPTURE_DIFFERS, "hold {0}: its state {1} does not match the book"),
    ("bounded minutes equal system minutes", SUMS_DIFFER, "bounded accounts hold {0}, system accounts {1}"),
)
SEALED: Final = (
    Chain("accounts", Account, ("id", "kind", "owner_ref", "opened_at", "balance__floor")),
    Chain(
        "holds",
        Hold,
        (
            "id",
            "key",
            "payload_hash",
            "account_id",
            "to_id",
            "minutes",
            "kind",
            "expires_at",
            "made_at",
            "actor_ref",
            "memo",
        ),
    ),
)
"""Columns of the book that are written once, beside the transfers, which have seals of their own."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was counted and, where something differs, the first difference. `heads`: the newest seal of each chain."""

    counts: dict[str, int] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)
    first_difference: str = ""
    seal_head: str = ""
    heads: dict[str, str] = field(default_factory=dict)
    seal_n: int = 0

    @property
    def ok(self) -> bool:
        return not self.first_difference


def register_check(name: str, check: Check) -> None:
    """Let a room above add what its own tables must agree on with the book."""
    _FURTHER[name] = check


def seal_accounts_and_holds() -> None:
    """Called once when the house starts."""
    for chain in SEALED:
        seal_rows_of(chain)


def verify(progress: Callable[[int, int], None] | None = None, *, published: Sequence[str] = ()) -> VerifyReport:
    """Reconcile everything; stops at the first difference and names it.

    `published` are heads that were kept outside the database: each must still be the hash of a seal.
    """
    passed: list[str] = []
    difference = ""
    steps = [*_steps(), ("published heads", lambda: _first_lost_head(published))]
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
    return VerifyReport(_counts(), passed, difference, head.hash if head else "", heads(), head.n if head else 0)


def _first_lost_head(published: Sequence[str]) -> str:
    """The first head that no seal has: the past was written anew, or its end was cut off. `N:HASH` as printed will do."""
    for head in published:
        hash_part = head.rpartition(":")[2]
        in_the_book = len(hash_part) >= HEAD_LENGTH_MIN and Seal.objects.filter(hash__startswith=hash_part).exists()
        if not in_the_book and not stands(hash_part):
            return f"{head[:64]}: no seal has this hash any more"
    return ""


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
    """Recompute the chain and its history; the transfers that seals cover must hash to what was published.

    Seals, transfers and stored nodes are each read once, in parts of a bounded size, however many there are.
    """
    rows, nodes = _Rows(), _Nodes()
    history = Growing()
    prev_hash, covered_to = GENESIS_HASH, 0
    for seal in Seal.objects.order_by("n").iterator(chunk_size=500):
        if seal.n != history.size + 1 or seal.prev_hash != prev_hash or seal.from_id <= covered_to:
            return f"seal {seal.n}: the chain is broken before it"
        covered = rows.up_to(seal.to_id)
        if len(covered) != seal.rows or not _covers(seal, canonical_rows(covered)):
            return f"seal {seal.n}: transfers {seal.from_id} to {seal.to_id} are not what was sealed"
        if seal.root and seal.history != history.root().hex():
            return f"seal {seal.n}: the seals before it are not those of its history"
        header = header_of(seal)
        leaf = (header if header.root else replace(header, root=rows_root(canonical_rows(covered)))).leaf
        if not nodes.are(history.add(leaf), are_needed=bool(seal.root)):
            return f"seal {seal.n}: its place in the stored history is not what it must be"
        prev_hash, covered_to = seal.hash, seal.to_id
    return ""


def _covers(seal: Seal, rows: list[bytes]) -> bool:
    """True where the rows, by the seal's format, make its fingerprint."""
    if not seal.root:
        return rows_only_hash(seal.prev_hash, rows) == seal.hash
    return rows_root(rows) == seal.root and header_of(seal).computed_hash == seal.hash


class _Rows:
    """The transfers in the order of their ids, as CANONICAL_FIELDS, a part at a time."""

    def __init__(self) -> None:
        self._read: deque[tuple[Any, ...]] = deque()
        self._last = 0

    def up_to(self, greatest: int) -> list[tuple[Any, ...]]:
        """Those not given yet, up to this id."""
        given: list[tuple[Any, ...]] = []
        while True:
            while self._read and self._read[0][0] <= greatest:
                given.append(self._read.popleft())
            if self._read or self._last >= greatest:
                return given
            rows = Transfer.objects.filter(id__gt=self._last).order_by("id").values_list(*CANONICAL_FIELDS)
            self._read.extend(rows[:ROWS_AT_ONCE])
            if not self._read:
                return given
            self._last = self._read[-1][0]


class _Nodes:
    """The stored nodes of the history in the order of their making."""

    def __init__(self) -> None:
        self._stored = SealNode.objects.order_by("position").values_list("position", "hash").iterator(chunk_size=2_000)
        self._position = 0

    def are(self, made: list[bytes], *, are_needed: bool) -> bool:
        """True where the next stored nodes are these; none at all will do unless they `are_needed`."""
        for node in made:
            stored = next(self._stored, None)
            if stored is None and not are_needed:
                return True
            if stored != (self._position, node.hex()):
                return False
            self._position += 1
        return True


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
