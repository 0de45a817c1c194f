"""The dry run: what rules would change on a day of effect, on the real book, before anything does. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar

from django.db.models import Max

from xinshi.bank.access import require_policy_reader
from xinshi.bank.crediting import Served, Tally, credit
from xinshi.bank.domain import STARS_MAX, star_level
from xinshi.bank.dry_run import copy_of, run_until
from xinshi.bank.lots import holdings
from xinshi.bank.models import Deposit, Passbook, PolicyVersion
from xinshi.bank.queries import timeline
from xinshi.bank.replay import Holding, Lot
from xinshi.bank.rules import Policy, Rules, check_rules
from xinshi.bank.timeline import ExpiryRule, Timeline, months_after
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.queries import skills_of

T = TypeVar("T")
PEOPLE_SHOWN_MAX: Final = 100
LOOK_BACK_MONTHS: Final = 12
TYPED_ID: Final = 0
"""In place of a version's id where the rules are only typed yet."""


class Member(NamedTuple):
    """A passbook that is not closed, as far as a dry run asks."""

    passbook_id: int
    person_id: int
    name: str
    number: str
    account_id: int
    state: str
    certified_minutes: int
    verified_minutes: int
    level: int


MEMBER_FIELDS: Final = (
    "pk",
    "person_id",
    "person__name",
    "number",
    "account_id",
    "state",
    "certified_minutes",
    "verified_minutes",
    "star_level",
)


@dataclass(frozen=True, slots=True)
class StarCount:
    """How many members have so many stars now, and would have."""

    level: int
    now: int
    then: int

    @property
    def difference(self) -> int:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Rising:
    """Somebody whom a version would promote at once."""

    passbook_id: int
    name: str
    number: str
    certified_minutes: int
    level_now: int
    level_then: int


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A passbook from which the day of effect takes something: what runs out, what can only be donated from then on.

    `otherwise_minutes` is the balance that day if the version did not take effect.
    """

    passbook_id: int
    name: str
    number: str
    now_minutes: int
    expired_minutes: int
    donation_minutes: int
    otherwise_minutes: int

    @property
    def then_minutes(self) -> int:
        return self.now_minutes - self.expired_minutes - self.donation_minutes


@dataclass(frozen=True, slots=True)
class ExpiryChange:
    """A passbook of which minutes could be spent until another day; None: for ever."""

    passbook_id: int
    name: str
    number: str
    minutes: int
    first_now: date | None
    first_then: date | None


@dataclass(frozen=True, slots=True)
class ExpiryMonth:
    """Minutes that run out in a month (its first day), by the version in force and by this one; None: that never do."""

    month: date | None
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class LookBackLine:
    passbook_id: int
    credited_minutes: int
    then_minutes: int

    @property
    def difference(self) -> int:
        return self.then_minutes - self.credited_minutes


@dataclass(frozen=True, slots=True)
class LookBack:
    """What the last twelve months' service would have been credited, had the rules held then; for information only."""

    since: date
    deposits: int
    credited_minutes: int
    then_minutes: int
    people: int
    most_changed: list[LookBackLine]


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What putting rules in force on a day would change; `keeping` have more stars than they would reach anew.

    The lists name at most PEOPLE_SHOWN_MAX people each, those first whom it changes most; the numbers count everybody.
    """

    effective_from: date
    counts: list[StarCount]
    rising_number: int
    rising: list[Rising]
    keeping_number: int
    balance_number: int
    expired_minutes: int
    donation_minutes: int
    balances: list[BalanceChange]
    expiry_number: int
    months: list[ExpiryMonth]
    expiries: list[ExpiryChange]
    look_back: LookBack
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and passbook number of the people in `look_back`, by passbook."""

    @property
    def looked_back(self) -> list[tuple[LookBackLine, str, str]]:
        """Whom the look-back changes most, with name and passbook number."""
        return [(line, *self.names[line.passbook_id]) for line in self.look_back.most_changed]

    @property
    def changes_expiry(self) -> bool:
        return any(row.now != row.then for row in self.months)


def effect(
    actor: Actor, rules: Rules, *, effective_from: date | None = None, version: PolicyVersion | None = None
) -> PolicyEffect:
    """Whom these rules would change if they took effect on a day (default: today), nothing else being booked until then.

    `version` where they are proposed already. Stars are never taken away.
    """
    require_policy_reader(actor)
    check_rules(rules)
    now = clock.now()
    day = max(effective_from or clock.today(), clock.today())
    present = timeline()
    policy = Policy(
        id=version.pk if version else TYPED_ID,
        number=version.number if version else _next_number(),
        effective_from=day,
        rules=rules,
    )
    worlds = _Worlds(present, present.with_policy(policy), day, now)
    rows = Passbook.objects.exclude(state=Passbook.State.CLOSED).order_by("number")
    members = [Member(*row) for row in rows.values_list(*MEMBER_FIELDS)]
    stars = _stars(members, rules)
    balances = _Balances()
    _settle_all(members, worlds, balances)
    look_back = _look_back(members, rules)
    shown = {line.passbook_id for line in look_back.most_changed}
    return PolicyEffect(
        effective_from=day,
        counts=stars.counts,
        rising_number=len(stars.rising),
        rising=stars.rising[:PEOPLE_SHOWN_MAX],
        keeping_number=stars.keeping,
        balance_number=sum(1 for row in balances.changes if row.then_minutes != row.otherwise_minutes),
        expired_minutes=sum(row.expired_minutes for row in balances.changes),
        donation_minutes=sum(row.donation_minutes for row in balances.changes),
        balances=_most(balances.changes, lambda row: row.expired_minutes + row.donation_minutes),
        expiry_number=len(balances.expiries),
        months=balances.months(),
        expiries=_most(balances.expiries, lambda row: row.minutes),
        look_back=look_back,
        names={member.passbook_id: (member.name, member.number) for member in members if member.passbook_id in shown},
    )


def _next_number() -> int:
    return (PolicyVersion.objects.aggregate(number=Max("number"))["number"] or 0) + 1


@dataclass(frozen=True, slots=True)
class _Stars:
    counts: list[StarCount]
    rising: list[Rising]
    keeping: int


def _stars(members: Sequence[Member], rules: Rules) -> _Stars:
    now, then = [0] * (STARS_MAX + 1), [0] * (STARS_MAX + 1)
    rising: list[Rising] = []
    keeping = 0
    for one in members:
        reached = star_level(
            one.certified_minutes,
            rules.star_thresholds_minutes,
            verified_minutes=one.verified_minutes,
            verified_percent=rules.star_verified_percent,
        )
        now[one.level] += 1
        then[max(one.level, reached)] += 1
        keeping += reached < one.level
        if reached > one.level:
            rising.append(Rising(one.passbook_id, one.name, one.number, one.certified_minutes, one.level, reached))
    rising.sort(key=lambda row: (-row.level_then, row.number))
    return _Stars([StarCount(level, now[level], then[level]) for level in range(STARS_MAX + 1)], rising, keeping)


@dataclass(frozen=True, slots=True)
class _Worlds:
    """The book with the versions there are, and the same with one more."""

    present: Timeline
    changed: Timeline
    day: date
    now: datetime

    @property
    def take_something(self) -> bool:
        """False where neither world lets anything run out or be capped, so that no account need be looked at."""
        rules = [policy.rules for policy in self.changed.policies]
        return any(one.expiry_months is not None or one.holding_cap_minutes is not None for one in rules)


@dataclass(slots=True)
class _Balances:
    changes: list[BalanceChange] = field(default_factory=list)
    expiries: list[ExpiryChange] = field(default_factory=list)
    now: Counter[date | None] = field(default_factory=Counter)
    then: Counter[date | None] = field(default_factory=Counter)

    def months(self) -> list[ExpiryMonth]:
        """Every month in which something runs out, ascending; what never does comes last."""
        found = sorted(self.now.keys() | self.then.keys(), key=lambda month: month or date.max)
        return [ExpiryMonth(month, self.now[month], self.then[month]) for month in found]


def _settle_all(members: Sequence[Member], worlds: _Worlds, into: _Balances) -> None:
    """Settle every active passbook in both worlds until the day of effect."""
    if not worlds.take_something:
        return
    active = {one.account_id: one for one in members if one.state == Passbook.State.ACTIVE}
    rules = worlds.present.expiry_rule(worlds.day), worlds.changed.expiry_rule(worlds.day)
    for account_id, holding in holdings(sorted(active)).items():
        if holding.minutes:
            _settle_one(active[account_id], holding, worlds, rules, into)


def _settle_one(
    one: Member,
    holding: Holding,
    worlds: _Worlds,
    rules: tuple[ExpiryRule | None, ExpiryRule | None],
    into: _Balances,
) -> None:
    before, otherwise = holding.minutes, copy_of(holding)
    run_until(otherwise, worlds.present, day=worlds.day, now=worlds.now)
    taken = run_until(holding, worlds.changed, day=worlds.day, now=worlds.now)
    _count_months(into.now, otherwise.lots, rules[0])
    _count_months(into.then, holding.lots, rules[1])
    if taken.expired_minutes or taken.donation_minutes or otherwise.minutes != before:
        into.changes.append(
            BalanceChange(
                one.passbook_id,
                one.name,
                one.number,
                before,
                taken.expired_minutes,
                taken.donation_minutes,
                otherwise.minutes,
            )
        )
    if rules[0] != rules[1]:
        moved = sum(lot.minutes for lot in holding.lots if _last_day(lot, rules[0]) != _last_day(lot, rules[1]))
        if moved:
            first = holding.lots[0]
            into.expiries.append(
                ExpiryChange(
                    one.passbook_id,
                    one.name,
                    one.number,
                    moved,
                    _last_day(first, rules[0]),
                    _last_day(first, rules[1]),
                )
            )


def _last_day(lot: Lot, rule: ExpiryRule | None) -> date | None:
    return rule.expires_on(lot.worked_on) if rule else None


def _count_months(into: Counter[date | None], lots: Iterable[Lot], rule: ExpiryRule | None) -> None:
    for lot in lots:
        last = _last_day(lot, rule)
        into[last.replace(day=1) if last else None] += lot.minutes


def _look_back(members: Sequence[Member], rules: Rules) -> LookBack:
    """Credit the last twelve months' service anew, in the order in which it was credited, by the rules tried out."""
    since = months_after(clock.today(), -LOOK_BACK_MONTHS)
    person_of = {one.passbook_id: one.person_id for one in members}
    skills = skills_of(person_of.values()) if any(row.skill for row in rules.coefficients) else {}
    rows = Deposit.objects.filter(worked_on__gte=since, reversal=None, partner="").order_by("id")
    tally = Tally()
    before, after = Counter[int](), Counter[int]()
    deposits = 0
    for passbook_id, category, raw, worked_on, activity_ref, credited in rows.values_list(
        "passbook_id", "category", "raw_minutes", "worked_on", "activity_ref", "credited_minutes"
    ).iterator(chunk_size=5_000):
        if passbook_id not in person_of:
            continue
        person_id = person_of[passbook_id]
        served = Served(
            person_id=person_id,
            category=category,
            raw_minutes=raw,
            worked_on=worked_on,
            activity_ref=activity_ref,
            skills=skills.get(person_id, ()),
        )
        deposits += 1
        before[passbook_id] += credited
        after[passbook_id] += credit(served, rules, holding_cap_minutes=None, tally=tally).minutes
    return _look_back_of(since, deposits, before, after)


def _look_back_of(since: date, deposits: int, before: Mapping[int, int], after: Mapping[int, int]) -> LookBack:
    lines = [LookBackLine(pk, minutes, after[pk]) for pk, minutes in before.items() if after[pk] != minutes]
    return LookBack(
        since=since,
        deposits=deposits,
        credited_minutes=sum(before.values()),
        then_minutes=sum(after.values()),
        people=len(lines),
        most_changed=_most(lines, lambda line: abs(line.difference)),
    )


def _most(rows: list[T], weight: Callable[[T], int]) -> list[T]:
    """Those whom it changes most, at most PEOPLE_SHOWN_MAX."""
    return sorted(rows, key=weight, reverse=True)[:PEOPLE_SHOWN_MAX]
