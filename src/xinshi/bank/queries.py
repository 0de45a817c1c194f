"""Reads of the bank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from xinshi.bank.access import CORRECTORS, visible_to
from xinshi.bank.domain import StarProgress, star_progress
from xinshi.bank.models import Deposit, Passbook, PolicyVersion
from xinshi.bank.picture import MonthKey
from xinshi.bank.replay import notice_key
from xinshi.bank.rules import Policy
from xinshi.bank.timeline import Timeline
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger
from xinshi.ledger.models import Hold, Seal, Transfer
from xinshi.people.queries import names_by_reference

LOOKUP_SIZE = 500
STATEMENT_LINES = 50
BEYOND = 2**62
"""Beyond every line of a statement, and still a number that every database holds."""
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
    by_month: dict[MonthKey, tuple[int, int]]
    """(verified, honorary) certified minutes by (year, month) of service."""
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
    """One deposit with all that proves it; `seal` is None while the next one is awaited.

    `transfers`: what went into the balance, then what can only be donated; none where the policy credited nothing.
    `notice_until` is the last day of a public notice that still runs.
    """

    deposit: Deposit
    transfers: list[Transfer]
    seal: Seal | None
    notice_until: date | None
    people: dict[str, str]
    line: int | None
    """Its line in the passbook, where its receipt is."""
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
    return policy_of(version)


def timeline() -> Timeline:
    """Every version that was put in force, coming ones included, by one query."""
    versions = PolicyVersion.objects.filter(enforced_at__isnull=False).order_by("effective_from", "number")
    return Timeline(tuple(policy_of(version) for version in versions))


def policy_of(version: PolicyVersion, *, effective_from: date | None = None) -> Policy:
    """A version as a value; one only proposed is tried out with a day of effect."""
    day = version.effective_from or effective_from
    assert day is not None, "a policy holds from some day on"
    return Policy(id=version.pk, number=version.number, effective_from=day, rules=version.says)


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


def passbook_states(person_ids: Collection[int]) -> dict[int, str]:
    """The states of these people's passbooks: {person id: state}; who has none is left out."""
    found: dict[int, str] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), LOOKUP_SIZE):
        part = wanted[start : start + LOOKUP_SIZE]
        found |= dict(Passbook.objects.filter(person_id__in=part).values_list("person_id", "state"))
    return found


def account_of(person_id: int) -> int:
    """The ledger account of a person's passbook; NotFound without one."""
    account_id = Passbook.objects.filter(person_id=person_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise NotFound
    return account_id


def _with_former(rows: QuerySet[Passbook]) -> QuerySet[Passbook]:
    """Passbooks with their people, and with `has_former` where others were merged into them."""
    former = Passbook.objects.filter(merged_into=OuterRef("pk"))
    return rows.select_related("person").annotate(has_former=Exists(former))


def passbook(actor: Actor, passbook_id: int) -> Passbook:
    """A passbook that `actor` may see, with its person; NotFound otherwise."""
    found = _with_former(visible_to(actor)).filter(pk=passbook_id).first()
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
    return _with_former(Passbook.objects.all()).filter(person_id=actor.person_id).first()


def overview(actor: Actor, person_id: int) -> PassbookOverview:
    """Balance, lifetime hours, stars and shares; NotFound for whom `actor` may not see."""
    return overview_of(passbook_of(actor, person_id))


def overview_of(found: Passbook, policy: Policy | None = None) -> PassbookOverview:
    """Three queries, one less where the policy is known."""
    certified = Deposit.objects.filter(Q(passbook=found) | Q(passbook__merged_into=found), reversal=None)
    cells = certified.values_list("kind", "category", ExtractYear("worked_on"), ExtractMonth("worked_on")).annotate(
        Sum("raw_minutes"), Count("id")
    )
    kinds, categories, years = Counter[str](), Counter[str](), Counter[str]()
    months: dict[MonthKey, tuple[int, int]] = {}
    deposits = 0
    for kind, category, year, month, minutes, number in cells:
        kinds[kind] += minutes
        categories[category] += minutes
        years[str(year)] += minutes
        verified, honorary = months.get((year, month), (0, 0))
        is_verified = kind == Deposit.Kind.VERIFIED
        months[year, month] = (verified + minutes, honorary) if is_verified else (verified, honorary + minutes)
        deposits += number
    return PassbookOverview(
        card=card_of(found),
        balance=ledger.balance(found.account_id),
        progress=progress_of(found, policy or policy_in_force()),
        by_kind=_shares(sorted(kinds.items(), reverse=True)),
        by_category=_shares(categories.most_common()),
        by_year=_shares(sorted(years.items(), reverse=True)),
        by_month=months,
        deposits=deposits,
    )


def progress_of(found: Passbook, policy: Policy) -> StarProgress:
    """Where a passbook stands between two stars of a policy."""
    return star_progress(
        found.certified_minutes,
        found.star_level,
        policy.star_thresholds_minutes,
        verified_minutes=found.verified_minutes,
        verified_percent=policy.rules.star_verified_percent,
    )


def _shares(minutes: Sequence[tuple[str, int]]) -> list[Share]:
    whole = sum(part for _, part in minutes)
    return [Share(name, part, round(part * 100 / whole)) for name, part in minutes]


def statement(
    found: Passbook, *, wanted: StatementFilter = WHOLE, before_seq: int | None = None, limit: int = STATEMENT_LINES
) -> Statement:
    """Lines of a passbook, newest first, each with what it came from."""
    lines = ledger.statement(
        found.account_id, before_seq=before_seq, limit=limit + 1, matching=condition(found, wanted)
    )
    shown = lines[:limit]
    deposits = _deposits_of(shown)
    return Statement(
        lines=[_line(line, deposits) for line in shown],
        older=shown[-1].seq if len(lines) > limit else None,
    )


def line(actor: Actor, passbook_id: int, seq: int) -> tuple[Passbook, PassbookLine]:
    """One line of a passbook that `actor` may see; NotFound otherwise."""
    found = passbook(actor, passbook_id)
    lines = statement(found, before_seq=min(seq, BEYOND) + 1, limit=1).lines
    if not lines or lines[0].seq != seq:
        raise NotFound
    return found, lines[0]


def condition(found: Passbook, wanted: StatementFilter) -> Q:
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
    rows = Deposit.objects.filter(transfer_id__in=wanted).select_related("reversal")
    return {row.transfer_id: row for row in rows if row.transfer_id is not None}


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
        transfers=[ledger.transfer(transfer_id) for transfer_id in found.transfer_ids],
        seal=ledger.seal_over(max(found.transfer_ids)) if found.transfer_ids else None,
        notice_until=notice_until(found),
        people=names_by_reference(references),
        line=ledger.line_number(found.passbook.account_id, found.transfer_id) if found.transfer_id else None,
        is_taken_back=is_taken_back,
        may_take_back=actor.has(*CORRECTORS) and not is_taken_back,
        is_own=found.passbook.person_id == actor.person_id,
    )


def notice_until(found: Deposit) -> date | None:
    """The last day of the public notice in which a deposit is now; None where it is in none."""
    hold = Hold.objects.filter(key=notice_key(found.source_ref), state=Hold.State.OPEN, expires_at__gt=clock.now())
    ends_at = hold.values_list("expires_at", flat=True).first()
    return clock.local_day(ends_at) - timedelta(days=1) if ends_at else None


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
    row = Passbook.objects.filter(state__in=[Passbook.State.ACTIVE, Passbook.State.FROZEN]).aggregate(
        n=Count("id"), minutes=Sum("certified_minutes"), five=Count("id", filter=Q(star_level=5))
    )
    return BankFigures(row["n"], row["minutes"] or 0, row["five"])
