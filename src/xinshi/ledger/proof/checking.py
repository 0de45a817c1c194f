"""Whether a receipt holds: step by step, in itself and against what was kept outside the bank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from xinshi.ledger.proof.merkle import root_from_path
from xinshi.ledger.proof.receipts import NotAReceipt, Receipt, ReceiptBroken, read_receipt
from xinshi.ledger.proof.seal_list import SealList
from xinshi.ledger.proof.seals import MERKLE, ROWS_ONLY, Header, row_leaf


class Outcome(StrEnum):
    """`open`: what was given does not reach far enough to say; `noted`: not checked, so that nobody thinks that it was."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at; `code` is stable, its sentences are in `wording`."""

    code: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; `receipt` is None where the bytes are none."""

    steps: tuple[Step, ...]
    receipt: Receipt | None

    @property
    def outcome(self) -> Outcome:
        """Fails where any step fails; else open where any is open; else it holds."""
        found = {step.outcome for step in self.steps}
        return next((worst for worst in (Outcome.FAILS, Outcome.OPEN) if worst in found), Outcome.HOLDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What somebody kept outside the bank: a seal's number and fingerprint, a list of seals, the bank's public key."""

    head: tuple[int, str] | None = None
    seals: SealList | None = None
    public_key: str = ""


def check_receipt(data: bytes, anchors: Anchors | None = None) -> Report:
    """Every step that can be taken; a receipt that cannot be read has one step only."""
    try:
        receipt = read_receipt(data)
    except NotAReceipt:
        return Report((Step("readable", Outcome.OPEN),), None)
    except ReceiptBroken:
        return Report((Step("complete", Outcome.FAILS),), None)
    steps = [*_in_itself(receipt), *_against(receipt, anchors or Anchors())]
    return Report(tuple(steps), receipt)


def _step(code: str, holds: bool) -> Step:  # noqa: FBT001  # The one thing that a step is about.
    return Step(code, Outcome.HOLDS if holds else Outcome.FAILS)


def _in_itself(receipt: Receipt) -> Iterator[Step]:
    yield _step("complete", holds=True)
    yield _step("signature", receipt.is_signed)
    yield _step("line_in_seal", line_is_in_seal(receipt))
    yield _step("seal_in_head", seal_is_in_head(receipt))
    if receipt.seal.format == ROWS_ONLY:
        yield Step("older_seal", Outcome.NOTED)


def line_is_in_seal(receipt: Receipt) -> bool:
    """The row, with its path, makes the root of a seal that has the fingerprint of its header."""
    seal = receipt.seal
    if not seal.from_id <= receipt.row[0] <= seal.to_id or seal.computed_hash != seal.hash:
        return False
    path = [bytes.fromhex(part) for part in receipt.path]
    root = root_from_path(row_leaf(receipt.row), index=receipt.index, size=seal.rows, path=path)
    return root is not None and root.hex() == seal.root


def seal_is_in_head(receipt: Receipt) -> bool:
    """The seal is the head itself, or stands where it must in the head's history."""
    seal, head = receipt.seal, receipt.head
    if head.format != MERKLE or head.computed_hash != head.hash:
        return False
    if seal.n == head.n:
        return seal == head and not receipt.head_path
    path = [bytes.fromhex(part) for part in receipt.head_path]
    root = root_from_path(seal.leaf, index=seal.n - 1, size=head.n - 1, path=path)
    return root is not None and root.hex() == head.history


def _against(receipt: Receipt, anchors: Anchors) -> Iterator[Step]:
    if anchors.public_key:
        yield _step("public_key", receipt.bank.public_key == anchors.public_key)
    else:
        yield Step("public_key_not_given", Outcome.NOTED)
    if anchors.head is None and anchors.seals is None:
        yield Step("head_not_given", Outcome.NOTED)
    if anchors.head is not None:
        yield Step("published_head", _against_head(receipt, *anchors.head))
    if anchors.seals is not None:
        yield _step("seal_list_whole", anchors.seals.is_whole)
        yield Step("seal_list", _against_seals(receipt, anchors.seals))


def _against_head(receipt: Receipt, n: int, fingerprint: str) -> Outcome:
    """Open where the published number is neither the receipt's head nor the seal of its line."""
    for known in (receipt.head, receipt.seal):
        if known.n == n:
            return Outcome.HOLDS if known.hash == fingerprint else Outcome.FAILS
    return Outcome.OPEN


def _against_seals(receipt: Receipt, seals: SealList) -> Outcome:
    """The line's seal must stand in the list as in the receipt, the head too where the list reaches that far."""
    compared = [(known, seals.at(known.n)) for known in (receipt.seal, receipt.head)]
    if any(listed is not None and not same_seal(known, listed) for known, listed in compared):
        return Outcome.FAILS
    return Outcome.HOLDS if any(listed is not None for _, listed in compared) else Outcome.OPEN


def same_seal(receipts: Header, listed: Header) -> bool:
    """Equal in all that was published; a list may leave out the root that was made later for a seal of format 1."""
    if receipts.format == listed.format == ROWS_ONLY and not listed.root:
        return receipts.hash == listed.hash and receipts.n == listed.n
    return receipts == listed
