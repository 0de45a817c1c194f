"""Reads of the bank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractYear

from xinshi.bank.access import visible_to
from xinshi.bank.domain import Policy, StarProgress, star_progress
from xinshi.bank.models import Deposit, Passbook, PolicyVersion
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger

LOOKUP_SIZE = 500


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
    """Certified minutes of one kind, category or year."""

    name: str
    minutes: int


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
class PassbookLine:
    """A line of the statement; `source_ref` leads to what it is made of."""

    seq: int
    transfer_id: int
    kind: str
    amount: int
    balance_after: int
    worked_on: date
    title: str
    category: str
    organizer: str
    source_ref: str


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


def own_passbook(actor: Actor) -> Passbook | None:
    """The actor's own passbook, if they have one."""
    if actor.person_id is None:
        return None
    return Passbook.objects.select_related("person").filter(person_id=actor.person_id).first()


def overview(actor: Actor, person_id: int) -> PassbookOverview:
    """Balance, lifetime hours, stars and shares; NotFound for whom `actor` may not see."""
    found = visible_to(actor).filter(person_id=person_id).first()
    if found is None:
        raise NotFound
    return overview_of(found)


def overview_of(found: Passbook) -> PassbookOverview:
    policy = policy_in_force()
    certified = Deposit.objects.filter(passbook=found, reversal=None)
    by_kind = certified.values_list("kind").annotate(minutes=Sum("raw_minutes"), n=Count("id")).order_by("-kind")
    by_category = certified.values_list("category").annotate(minutes=Sum("raw_minutes")).order_by("-minutes")
    by_year = certified.values_list(ExtractYear("worked_on")).annotate(minutes=Sum("raw_minutes"))
    kinds = list(by_kind)
    return PassbookOverview(
        card=card_of(found),
        balance=ledger.balance(found.account_id),
        progress=star_progress(found.certified_minutes, found.star_level, policy.star_thresholds_minutes),
        by_kind=[Share(kind, minutes) for kind, minutes, _ in kinds],
        by_category=[Share(category, minutes) for category, minutes in by_category],
        by_year=[Share(str(year), minutes) for year, minutes in sorted(by_year)],
        deposits=sum(number for _, _, number in kinds),
    )


def lines(found: Passbook, *, before_seq: int | None = None, limit: int = 50) -> list[PassbookLine]:
    """Lines of the statement, newest first, each with what it came from."""
    statement = ledger.statement(found.account_id, before_seq=before_seq, limit=limit)
    deposits = _deposits_of(statement)
    result = []
    for line in statement:
        deposit = deposits.get(line.transfer_id) or deposits.get(line.reverses_id or 0)
        result.append(
            PassbookLine(
                seq=line.seq,
                transfer_id=line.transfer_id,
                kind=line.kind,
                amount=line.amount,
                balance_after=line.balance_after,
                worked_on=line.worked_on,
                title=deposit.title if deposit else line.memo,
                category=deposit.category if deposit else "",
                organizer=deposit.organizer if deposit else "",
                source_ref=f"deposit:{deposit.pk}" if deposit else _reference_in(line.key),
            )
        )
    return result


def _deposits_of(statement: Sequence[ledger.StatementLine]) -> dict[int, Deposit]:
    wanted = [line.transfer_id for line in statement] + [line.reverses_id for line in statement if line.reverses_id]
    return {row.transfer_id: row for row in Deposit.objects.filter(transfer_id__in=wanted)}


def _reference_in(key: str) -> str:
    """The reference that a ledger key carries: `voucher:7` in `voucher:7:capture`."""
    parts = key.split(":")
    return ":".join(parts[:2]) if len(parts) >= 2 else ""


def deposit(actor: Actor, deposit_id: int) -> Deposit:
    """A deposit into a passbook that `actor` may see; NotFound otherwise."""
    rows = Deposit.objects.select_related("passbook__person", "policy_version", "reversal")
    found = rows.filter(pk=deposit_id, passbook__in=visible_to(actor)).first()
    if found is None:
        raise NotFound
    return found


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


def policy_versions() -> list[PolicyVersion]:
    """All versions, newest first."""
    return list(PolicyVersion.objects.order_by("-number"))
