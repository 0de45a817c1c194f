"""Reads of statements: their figures as the book has them, and whether a paper still fits the book."""

from __future__ import annotations

from dataclasses import dataclass

from xinshi.bank import queries
from xinshi.bank.models import Passbook, StatementIssue
from xinshi.bank.queries import StatementFilter
from xinshi.bank.statements import Figures, Line, number_of, typed_number
from xinshi.ledger import queries as ledger
from xinshi.ledger.proof.seals import moment_text
from xinshi.people.domain import masked_name


@dataclass(frozen=True, slots=True)
class StatementCheck:
    """What anybody may see of a statement by its number: no more than stands on the paper, the name masked."""

    issue: StatementIssue
    masked_name: str
    passbook_tail: str
    is_number: bool
    is_book: bool
    is_sealed: bool

    @property
    def fits(self) -> bool:
        """The number, the book's lines and the seals all say what the paper says."""
        return self.is_number and self.is_book and self.is_sealed


def lines_of(found: Passbook, wanted: StatementFilter, *, up_to: int | None = None) -> tuple[Line, ...]:
    """The lines that a statement is over, oldest first, as the book has them now."""
    return tuple(ledger.figures(found.account_id, up_to=up_to, matching=queries.condition(found, wanted)))


def wanted_by(issue: StatementIssue) -> StatementFilter:
    return StatementFilter(issue.year, issue.kind, issue.category)


def figures_of(issue: StatementIssue, lines: tuple[Line, ...]) -> Figures:
    """A stored statement's figures with these lines."""
    return Figures(
        passbook_number=issue.passbook.number,
        year=issue.year,
        kind=issue.kind,
        category=issue.category,
        available_minutes=issue.available_minutes,
        held_minutes=issue.held_minutes,
        certified_minutes=issue.certified_minutes,
        lines=lines,
        seal_n=issue.seal_n,
        seal_hash=issue.seal_hash,
        issued_at=moment_text(issue.issued_at),
        nonce=issue.nonce,
    )


def check(number: str) -> StatementCheck | None:
    """The statement with this number against the book as it is today; None where this bank issued none such."""
    typed = typed_number(number)
    issue = StatementIssue.objects.select_related("passbook__person").filter(number=typed).first() if typed else None
    if issue is None:
        return None
    lines = lines_of(issue.passbook, wanted_by(issue), up_to=issue.last_seq)
    figures = figures_of(issue, lines)
    told = (issue.lines, issue.in_minutes, issue.out_minutes)
    return StatementCheck(
        issue=issue,
        masked_name=masked_name(issue.passbook.person.name),
        passbook_tail=issue.passbook.number[-4:],
        is_number=number_of(issue.digest) == issue.number,
        is_book=figures.digest == issue.digest and told == (len(lines), figures.in_minutes, figures.out_minutes),
        is_sealed=not issue.seal_n or ledger.seal_hash_at(issue.seal_n) == issue.seal_hash,
    )
