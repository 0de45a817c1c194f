"""Reads of reconciliation, for keepers and auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from xinshi.exchange.access import is_keeper, require_reader
from xinshi.exchange.models import Partner
from xinshi.interbank.reconciling.models import Comparison, Difference, DifferenceNote
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import names_by_reference

Ending = Difference.Ending


@dataclass(frozen=True, slots=True)
class PartnerCard:
    """A time bank at a glance: its newest comparison, open differences, the first deadline among them."""

    partner: Partner
    newest: Comparison | None
    open_count: int
    overdue_count: int
    first_due: date | None


def partner_cards(actor: Actor) -> list[PartnerCard]:
    """Every time bank, by name."""
    require_reader(actor)
    banks = list(Partner.objects.filter(kind=Partner.Kind.BANK).order_by("name")[:200])
    newest = dict(Comparison.objects.values_list("partner_id").annotate(newest=Max("pk")))
    rows = Comparison.objects.defer("matched").in_bulk(newest.values())
    counts = {
        row["partner_id"]: (row["number"], row["overdue"], row["first"])
        for row in Difference.objects.filter(ending=Ending.NONE)
        .values("partner_id")
        .annotate(number=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=clock.today())), first=Min("due_on"))
    }
    none = (0, 0, None)
    return [PartnerCard(bank, rows.get(newest.get(bank.pk, 0)), *counts.get(bank.pk, none)) for bank in banks]


def bank(actor: Actor, partner_id: int) -> Partner:
    require_reader(actor)
    found = Partner.objects.filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if found is None:
        raise NotFound
    return found


def comparisons(actor: Actor, partner_id: int) -> QuerySet[Comparison]:
    """Of one partner, newest first, without the matched lines."""
    require_reader(actor)
    return Comparison.objects.filter(partner_id=partner_id).defer("matched").order_by("-pk")


def comparison(actor: Actor, comparison_id: int) -> Comparison:
    require_reader(actor)
    found = Comparison.objects.select_related("partner").filter(pk=comparison_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class MatchedLine:
    stream: str
    type: str
    key: str
    minutes: int
    sent_at: datetime
    state: str


def matched_lines(found: Comparison) -> list[MatchedLine]:
    return [
        MatchedLine(row[0], row[1], row[2], row[3], datetime.fromisoformat(row[4]), row[5]) for row in found.matched
    ]


def differences(
    actor: Actor, *, partner_id: int | None = None, is_open: bool | None = None, comparison_id: int | None = None
) -> QuerySet[Difference]:
    """Open ones first, those due first before them. `comparison_id`: what that comparison saw, new or known."""
    require_reader(actor)
    rows = Difference.objects.select_related("partner")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id)
    if is_open is not None:
        rows = rows.filter(ending=Ending.NONE) if is_open else rows.exclude(ending=Ending.NONE)
    if comparison_id is not None:
        rows = rows.filter(found_in_id__lte=comparison_id, last_seen_in_id__gte=comparison_id)
    return rows.order_by("ending", "due_on", "pk")


def difference(actor: Actor, difference_id: int) -> Difference:
    require_reader(actor)
    found = Difference.objects.select_related("partner", "found_in").filter(pk=difference_id).first()
    if found is None:
        raise NotFound
    return found


def notes(found: Difference) -> list[DifferenceNote]:
    return list(found.notes.order_by("pk")[:200])


def names(references: Sequence[str]) -> dict[str, str]:
    """Names behind references of users; of nobody else."""
    return names_by_reference(reference for reference in references if reference)


def said_otherwise(found: Difference) -> list[Difference]:
    """What other comparisons said of the same message, the newest first."""
    others = Difference.objects.filter(
        partner_id=found.partner_id, stream=found.stream, key=found.key, type=found.type
    ).exclude(last_seen_in_id=found.last_seen_in_id)
    return list(others.order_by("-last_seen_in_id", "-pk")[:100])


def may_work(actor: Actor, found: Difference) -> bool:
    return is_keeper(actor) and found.ending == Ending.NONE


def overdue_count(actor: Actor) -> int:
    """Open differences whose deadline has passed: for the desk."""
    require_reader(actor)
    return Difference.objects.filter(ending=Ending.NONE, due_on__lt=clock.today()).count()


def overdue_by_partner() -> dict[int, int]:
    """{partner id: open differences whose deadline has passed}: for the partner's alarm."""
    rows = Difference.objects.filter(ending=Ending.NONE, due_on__lt=clock.today()).order_by()
    return dict(rows.values_list("partner_id").annotate(Count("pk")))


def open_count(actor: Actor) -> int:
    require_reader(actor)
    return Difference.objects.filter(ending=Ending.NONE).count()


def open_differences(partner_id: int) -> int:
    """For the partner's page: differences that nobody has brought to an end."""
    return Difference.objects.filter(partner_id=partner_id, ending=Ending.NONE).count()
