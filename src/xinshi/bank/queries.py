"""Reads of the bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear

from xinshi.bank.access import CORRECTORS, visible_to
from xinshi.bank.domain import Policy, StarProgress, star_progress
from xinshi.bank.models import Deposit, Passbook, PolicyVersion
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger
from xinshi.ledger.models import Hold, Seal, Transfer
from xinshi.people.queries import names_by_reference

LOOKUP_SIZE = 500
STATEMENT_LINES = 50
SPENT = "spent"
"""A statement's filter beside the kinds of hours: what went out, except what was taken back."""


@dataclass(frozen=True, slots=True)
class PassbookCard:
    """What other rooms need to know of a passbook."""

    id: int
    person_id: int
    number: str
    account_id: int
    state: str
    certified_minutes: int
    star_level: int


@dataclass(frozen=True, slots=True)
class Share:
    """Certified minutes of one kind, category or year; `percent` of all of them, whole per cent."""

    name: str
    minutes: int
    percent: int


@dataclass(frozen=True, slots=True)
class PassbookOverview:
    """A passbook at a glance: spendable minutes and lifetime certified minutes, apart."""

    card: PassbookCard
    balance: ledger.BalanceView
    progress: StarProgress
    by_kind: list[Share]
    by_category: list[Share]
    by_year: list[Share]
    deposits: int


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """What a statement is narrowed to; empty fields narrow nothing. `kind` is a kind of hours or SPENT."""

    year: int | None = None
    kind: str = ""
    category: str = ""

    @property
    def is_narrow(self) -> bool:
        """True where some lines may be left out."""
        return bool(self.year or self.kind or self.category)


WHOLE = StatementFilter()


@dataclass(frozen=True, slots=True)
class PassbookLine:
    """A line of the statement; `source_ref` leads to what it is made of."""

    seq: int
    transfer_id: int
    kind: str
    amount: int
    balance_after: int
    worked_on: date
    posted_at: datetime
    title: str
    category: str
    organizer: str
    source_ref: str
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """Lines newest first; `older` is the line below which the next page begins, None on the last."""

    lines: list[PassbookLine]
    older: int | None


@dataclass(frozen=True, slots=True)
class DepositDetail:
    """One deposit with all that proves it; `seal` is None while the next one is awaited."""

    deposit: Deposit
    transfer: Transfer
    seal: Seal | None
    people: dict[str, str]
    is_taken_back: bool
    may_take_back: bool
    is_own: bool


def policy_in_force(on: date | None = None) -> Policy:
    """The policy that holds on a day (default: today)."""
    day = on or clock.today()
    version = (
        PolicyVersion.objects.filter(effective_from__lte=day, enforced_at__isnull=False)
        .order_by("-effective_from", "-number")
        .first()
    )
    assert version is not None, "a migration puts the first policy in force"
    assert version.effective_from is not None
    return Policy(
        id=version.pk,
        number=version.number,
        effective_from=version.effective_from,
        star_thresholds_minutes=tuple(version.star_thresholds_minutes),
        approval_levels=version.approval_levels,
    )


def card_of(passbook: Passbook) -> PassbookCard:
    return PassbookCard(
        id=passbook.pk,
        person_id=passbook.person_id,
        number=passbook.number,
        account_id=passbook.account_id,
        state=passbook.state,
        certified_minutes=passbook.certified_minutes,
        star_level=passbook.star_level,
    )


def passbooks_by_person(person_ids: Iterable[int]) -> dict[int, PassbookCard]:
    """Passbooks of these people: {person id: card}; who has none is left out."""
    found: dict[int, PassbookCard] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), LOOKUP_SIZE):
        rows = Passbook.objects.filter(person_id__in=wanted[start : start + LOOKUP_SIZE])
        found |= {row.person_id: card_of(row) for row in rows}
    return found


def account_of(person_id: int) -> int:
    """The ledger account of a person's passbook; NotFound without one."""
    account_id = Passbook.objects.filter(person_id=person_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise NotFound
    return account_id


def passbook(actor: Actor, passbook_id: int) -> Passbook:
    """A passbook that `actor` may see, with its person; NotFound otherwise."""
    found = visible_to(actor).select_related("person").filter(pk=passbook_id).first()
    if found is None:
        raise NotFound
    return found


def passbook_of(actor: Actor, person_id: int) -> Passbook:
    """The passbook of a person whom `actor` may see; NotFound otherwise."""
    found = visible_to(actor).select_related("person").filter(person__id=person_id).first()
    if found is None:
        raise NotFound
    return found


def own_passbook(actor: Actor) -> Passbook | None:
    """The actor's own passbook, if they have one."""
    if actor.person_id is None:
        return None
    return Passbook.objects.select_related("person").filter(person_id=actor.person_id).first()


def overview(actor: Actor, person_id: int) -> PassbookOverview:
    """Balance, lifetime hours, stars and shares; NotFound for whom `actor` may not see."""
    return overview_of(passbook_of(actor, person_id))


def overview_of(found: Passbook) -> PassbookOverview:
    policy = policy_in_force()
    certified = Deposit.objects.filter(passbook=found, reversal=None)
    cells = certified.values_list("kind", "category", ExtractYear("worked_on")).annotate(
        Sum("raw_minutes"), Count("id")
    )
    kinds, categories, years = Counter[str](), Counter[str](), Counter[str]()
    deposits = 0
    for kind, category, year, minutes, number in cells:
        kinds[kind] += minutes
        categories[category] += minutes
        years[str(year)] += minutes
        deposits += number
    return PassbookOverview(
        card=card_of(found),
        balance=ledger.balance(found.account_id),
        progress=star_progress(found.certified_minutes, found.star_level, policy.star_thresholds_minutes),
        by_kind=_shares(sorted(kinds.items(), reverse=True)),
        by_category=_shares(categories.most_common()),
        by_year=_shares(sorted(years.items(), reverse=True)),
        deposits=deposits,
    )


def _shares(minutes: Sequence[tuple[str, int]]) -> list[Share]:
    whole = sum(part for _, part in minutes)
    return [Share(name, part, round(part * 100 / whole)) for name, part in minutes]


def statement(
    found: Passbook, *, wanted: StatementFilter = WHOLE, before_seq: int | None = None, limit: int = STATEMENT_LINES
) -> Statement:
    """Lines of a passbook, newest first, each with what it came from."""
    lines = ledger.statement(
        found.account_id, before_seq=before_seq, limit=limit + 1, matching=_condition(found, wanted)
    )
    shown = lines[:limit]
    deposits = _deposits_of(shown)
    return Statement(
        lines=[_line(line, deposits) for line in shown],
        older=shown[-1].seq if len(lines) > limit else None,
    )


def _condition(found: Passbook, wanted: StatementFilter) -> Q:
    """The filter on entries of the passbook's account; a reversal follows the deposit that it takes back."""
    condition = Q()
    if wanted.year:
        condition &= Q(transfer__worked_on__year=wanted.year)
    if wanted.kind == SPENT:
        return condition & Q(amount__lt=0, transfer__reverses=None)
    if wanted.kind or wanted.category:
        deposits = Deposit.objects.filter(passbook=found)
        if wanted.kind:
            deposits = deposits.filter(kind=wanted.kind)
        if wanted.category:
            deposits = deposits.filter(category=wanted.category)
        transfers = deposits.values("transfer_id")
        condition &= Q(transfer__in=transfers) | Q(transfer__reverses__in=transfers)
    return condition


def _line(line: ledger.StatementLine, deposits: dict[int, Deposit]) -> PassbookLine:
    deposit = deposits.get(line.transfer_id) or deposits.get(line.reverses_id or 0)
    return PassbookLine(
        seq=line.seq,
        transfer_id=line.transfer_id,
        kind=line.kind,
        amount=line.amount,
        balance_after=line.balance_after,
        worked_on=line.worked_on,
        posted_at=line.posted_at,
        title=deposit.title if deposit else line.memo,
        category=deposit.category if deposit else "",
        organizer=deposit.organizer if deposit else "",
        source_ref=f"deposit:{deposit.pk}" if deposit else ledger.source_in(line.key),
        is_taken_back=deposit is not None and line.amount > 0 and hasattr(deposit, "reversal"),
    )


def _deposits_of(lines: Sequence[ledger.StatementLine]) -> dict[int, Deposit]:
    wanted = [line.transfer_id for line in lines] + [line.reverses_id for line in lines if line.reverses_id]
    return {row.transfer_id: row for row in Deposit.objects.filter(transfer_id__in=wanted).select_related("reversal")}


def held(found: Passbook) -> list[Hold]:
    """What is set aside on a passbook, the first to expire first."""
    return ledger.open_holds(found.account_id)


def deposit(actor: Actor, deposit_id: int) -> Deposit:
    """A deposit into a passbook that `actor` may see; NotFound otherwise."""
    rows = Deposit.objects.select_related("passbook__person", "policy_version", "reversal")
    found = rows.filter(pk=deposit_id, passbook__in=visible_to(actor)).first()
    if found is None:
        raise NotFound
    return found


def deposit_detail(actor: Actor, deposit_id: int) -> DepositDetail:
    """A deposit with its booking, its seal, and who decided; NotFound for what `actor` may not see."""
    found = deposit(actor, deposit_id)
    is_taken_back = hasattr(found, "reversal")
    references = [found.approved_by_ref, found.reversal.reversed_by_ref if is_taken_back else ""]
    return DepositDetail(
        deposit=found,
        transfer=ledger.transfer(found.transfer_id),
        seal=ledger.seal_over(found.transfer_id),
        people=names_by_reference(references),
        is_taken_back=is_taken_back,
        may_take_back=actor.has(*CORRECTORS) and not is_taken_back,
        is_own=found.passbook.person_id == actor.person_id,
    )


def deposits(actor: Actor, *, passbook_id: int | None = None) -> QuerySet[Deposit]:
    """Deposits into passbooks that `actor` may see, for lists by the API."""
    rows = Deposit.objects.select_related("reversal", "policy_version").filter(passbook__in=visible_to(actor))
    return rows if passbook_id is None else rows.filter(passbook_id=passbook_id)


def passbooks(actor: Actor, *, term: str = "") -> QuerySet[Passbook]:
    """Passbooks that `actor` may see, by their whole number, a volunteer number, or part of the person's name."""
    rows = visible_to(actor).select_related("person").order_by("number")
    wanted = term.strip().replace("\0", "")
    if wanted:
        rows = rows.filter(Q(number=wanted) | Q(person__volunteer_number=wanted) | Q(person__name__contains=wanted))
    return rows


@dataclass(frozen=True, slots=True)
class BankFigures:
    """Figures for the public home and the desk."""

    passbooks: int
    certified_minutes: int
    five_star_members: int


def figures() -> BankFigures:
    row = Passbook.objects.exclude(state=Passbook.State.CLOSED).aggregate(
        n=Count("id"), minutes=Sum("certified_minutes"), five=Count("id", filter=Q(star_level=5))
    )
    return BankFigures(row["n"], row["minutes"] or 0, row["five"])
