"""Issuing receipts, publishing seals, and checking a receipt against this bank's present book. All of it reads only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.conf import settings

from xinshi.kernel import clock
from xinshi.ledger.domain import NotProvenYet, TransferUnknown
from xinshi.ledger.models import Seal, SigningKey, Transfer
from xinshi.ledger.proof import merkle
from xinshi.ledger.proof.checking import Anchors, Outcome, Report, Step, check_receipt, same_seal
from xinshi.ledger.proof.receipts import Bank, Receipt
from xinshi.ledger.proof.seals import CANONICAL_FIELDS, Header, canonical_row, moment_text, row_leaf, rows_only_hash
from xinshi.ledger.sealing import header_of, nodes_at, proven_header_of, rows_under
from xinshi.ledger.signing import private_key_of, signing_key

FINGERPRINT_LENGTH: Final = 24
"""Of the line's hash, in the address on paper: 96 bits, more than anybody can hit by trying."""
FINGERPRINT: Final = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class PresentLine:
    """What anybody may see of a line by its fingerprint: no account, no name, no free text."""

    transfer_id: int
    minutes: int
    kind: str
    worked_on: date
    posted_at: datetime
    seal: Seal | None


def bank_identity(key: SigningKey | None) -> Bank:
    """This bank as receipts name it."""
    names: dict[str, str] = settings.HOSPITAL_NAMES
    return Bank(name_zh=names["zh-hans"], name_en=names["en"], public_key=key.public_key if key else "")


def receipt_for(transfer_id: int) -> Receipt:
    """The signed receipt of a line; NotProvenYet before its seal, or (a line of format 1) before the first newer seal."""
    row = Transfer.objects.filter(pk=transfer_id).values_list(*CANONICAL_FIELDS).first()
    if row is None:
        raise TransferUnknown
    key = signing_key()
    seal = Seal.objects.filter(to_id__gte=transfer_id, from_id__lte=transfer_id).order_by("to_id").first()
    head = Seal.objects.order_by("-n").first()
    if key is None or seal is None or head is None or not head.root:
        raise NotProvenYet
    rows = rows_under(seal)
    index = [found[0] for found in rows].index(transfer_id)
    path = merkle.path_of([row_leaf(found) for found in rows], index)
    unsigned = Receipt(
        bank=bank_identity(key),
        issued_at=moment_text(clock.now()),
        row=tuple(json.loads(canonical_row(row))),
        index=index,
        path=tuple(part.hex() for part in path),
        seal=proven_header_of(seal),
        head=header_of(head),
        head_path=_head_path(seal.n, head.n),
    )
    return unsigned.signed_by(private_key_of(key))


def _head_path(n: int, head_n: int) -> tuple[str, ...]:
    """From seal `n` to the history of the newest one, out of stored nodes only."""
    if n == head_n:
        return ()
    parts = merkle.path_parts(n - 1, head_n - 1)
    nodes = nodes_at([position for part in parts for position in part])
    return tuple(merkle.root_from_nodes([nodes[position] for position in part]).hex() for part in parts)


def receipt_file(receipt: Receipt) -> bytes:
    """The receipt as people keep it."""
    return json.dumps(receipt.as_json(), ensure_ascii=False, indent=1).encode()


def fingerprint_of(receipt: Receipt) -> str:
    """What the short address of a line ends with."""
    return row_leaf(receipt.row).hex()[:FINGERPRINT_LENGTH]


def present_line(transfer_id: int, fingerprint: str) -> PresentLine | None:
    """The line, where the book has it today with this fingerprint and its seal still fits; None otherwise."""
    if not FINGERPRINT.fullmatch(fingerprint):
        return None
    row = Transfer.objects.filter(pk=transfer_id).values_list(*CANONICAL_FIELDS).first()
    if row is None or row_leaf(row).hex()[:FINGERPRINT_LENGTH] != fingerprint:
        return None
    line = dict(zip(CANONICAL_FIELDS, row, strict=True))
    seal = Seal.objects.filter(to_id__gte=transfer_id, from_id__lte=transfer_id).order_by("to_id").first()
    if seal is not None and not rows_fit(seal):
        return None
    return PresentLine(transfer_id, line["minutes"], line["kind"], line["worked_on"], line["posted_at"], seal)


def rows_fit(seal: Seal) -> bool:
    """True where the lines that a seal covers make its fingerprint today."""
    rows = rows_under(seal)
    if len(rows) != seal.rows:
        return False
    if not seal.root:
        return rows_only_hash(seal.prev_hash, map(canonical_row, rows)) == seal.hash
    return (
        merkle.root_of([row_leaf(row) for row in rows]).hex() == seal.root
        and header_of(seal).computed_hash == seal.hash
    )


def check_here(data: bytes) -> Report:
    """A receipt in itself, and against this bank's own key, lines and seals as they are now."""
    report = check_receipt(data, Anchors())
    own = [step for step in report.steps if step.code not in ("public_key_not_given", "head_not_given")]
    if report.receipt is None:
        return replace(report, steps=tuple(own))
    return Report((*own, *_against_book(report.receipt)), report.receipt)


def _against_book(receipt: Receipt) -> Iterator[Step]:
    def step(code: str, holds: bool) -> Step:  # noqa: FBT001  # The one thing that a step is about.
        return Step(code, Outcome.HOLDS if holds else Outcome.FAILS)

    yield step("own_key", SigningKey.objects.filter(public_key=receipt.bank.public_key).exists())
    row = Transfer.objects.filter(pk=receipt.row[0]).values_list(*CANONICAL_FIELDS).first()
    yield step("own_line", row is not None and canonical_row(row) == canonical_row(receipt.row))
    stored = {seal.n: seal for seal in Seal.objects.filter(n__in=[receipt.seal.n, receipt.head.n])}
    yield step("own_seal", all(_is_stored(header, stored) for header in (receipt.seal, receipt.head)))
    own = stored.get(receipt.seal.n)
    yield step("own_rows", own is not None and rows_fit(own))


def _is_stored(header: Header, stored: dict[int, Seal]) -> bool:
    found = stored.get(header.n)
    return found is not None and same_seal(header, header_of(found))


def headers(*, newest: int | None = None) -> Iterator[Header]:
    """Published seals in rising order: all, of format 1 with the root that their rows make; or the newest as stored."""
    if newest is not None:
        for seal in reversed(Seal.objects.order_by("-n")[:newest]):
            yield header_of(seal)
        return
    for seal in Seal.objects.order_by("n").iterator(chunk_size=500):
        yield proven_header_of(seal)


def published(seal: Seal) -> str:
    """A seal as it is printed and passed on: `N:HASH`."""
    return f"{seal.n}:{seal.hash}"
