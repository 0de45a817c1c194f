"""What of this room is about one person: a copy for them, and which words go when they are erased.

Passbooks, deposits and every line of the ledger stay as they are: they bear numbers, and the pseudonym of their holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from xinshi.bank.models import ClosingWish, Deposit, MergeProposal, NotDuplicates, Passbook
from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.ledger.models import Transfer
from xinshi.people.domain import EMPTIED


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """Passbooks, what was put in with its source, and every line of the book; minutes throughout."""
    books = Passbook.objects.filter(person__in=list(person_ids)).order_by("pk")
    accounts = list(books.values_list("account_id", flat=True))
    lines = Transfer.objects.filter(Q(debit__in=accounts) | Q(credit__in=accounts)).order_by("pk")
    return {
        "passbooks": copied(books, "number", "state", "opened_at", "opened_through", "certified_minutes", "star_level"),
        "deposits": copied(
            Deposit.objects.filter(passbook__in=books),
            "worked_on",
            "kind",
            "category",
            "title",
            "organizer",
            "raw_minutes",
            "credited_minutes",
            "source_ref",
        ),
        "book_lines": _with_direction(
            copied(lines, "posted_at", "worked_on", "kind", "minutes", "memo", "credit_id"), accounts
        ),
    }


def _with_direction(lines: list[dict[str, Any]], accounts: list[int]) -> list[dict[str, Any]]:
    """Instead of an account's number, whether the minutes came in."""
    return [{**line, "is_in": line.pop("credit_id") in accounts} for line in lines]


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Words that people wrote about them go: why an account was frozen or closed, why two records were one."""
    del actor
    ids = list(person_ids)
    Passbook.objects.filter(person__in=ids).update(state_reason="")
    ClosingWish.objects.filter(passbook__person__in=ids).update(note="")
    merges = MergeProposal.objects.filter(Q(stays__in=ids) | Q(goes__in=ids))
    merges.update(reason=EMPTIED)
    merges.exclude(decision_note="").update(decision_note=EMPTIED)
    NotDuplicates.objects.filter(Q(first__in=ids) | Q(second__in=ids)).update(reason=EMPTIED)
