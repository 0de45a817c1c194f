"""Reads of registration: what waits for the station, and how far one's own account is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from xinshi.bank.access import require_corrector, visible_to
from xinshi.bank.ages import age_years, is_too_young, needs_guardian
from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.obstacles import Obstacle, obstacles_of
from xinshi.bank.queries import policy_in_force
from xinshi.bank.registration.closing import accounts_of
from xinshi.bank.rules import Rules
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger
from xinshi.people.access import wards_of
from xinshi.people.models import Guardianship, Person
from xinshi.people.queries import guardianship_of


@dataclass(frozen=True, slots=True)
class AccountToCheck:
    """A pending account, and what is missing.

    `may_be_double` where somebody else has the same phone, or the same name and birthday.
    """

    passbook: Passbook
    age_years: int | None
    is_minor: bool
    is_too_young: bool
    guardian: Guardianship | None
    may_be_double: bool

    @property
    def waits_for_guardian(self) -> bool:
        return self.is_minor and (self.guardian is None or self.guardian.consented_at is None)


@dataclass(frozen=True, slots=True)
class OwnSteps:
    """What somebody can do about their own account as it stands."""

    is_pending: bool
    waits_for_guardian: bool
    guardian: Guardianship | None
    wards: list[Guardianship]


@dataclass(frozen=True, slots=True)
class Closing:
    """All that the end of an account depends on; minutes are what is left to spend or to donate."""

    passbook: Passbook
    left_minutes: int
    obstacles: list[Obstacle]
    wish: ClosingWish | None
    may_donate: bool


def accounts_to_check(actor: Actor) -> QuerySet[Passbook]:
    """Pending passbooks with their people, the oldest first; for who may decide."""
    require_corrector(actor)
    others = Person.objects.exclude(pk=OuterRef("person_id")).filter(merged_into=None, erased_at=None)
    same = Q(phone_index=OuterRef("person__phone_index")) & ~Q(phone_index="")
    born = Q(name=OuterRef("person__name"), birth_date=OuterRef("person__birth_date"))
    pending = Passbook.objects.filter(state=Passbook.State.PENDING, person__merged_into=None)
    return (
        pending.select_related("person")
        .annotate(may_be_double=Exists(others.filter(same | born)))
        .order_by("opened_at", "id")
    )


def account_to_check(actor: Actor, passbook_id: int) -> AccountToCheck:
    """One pending account; NotFound for any other."""
    found = accounts_to_check(actor).filter(pk=passbook_id).first()
    if found is None:
        raise NotFound
    return cards_of([found])[0]


def cards_of(rows: list[Passbook]) -> list[AccountToCheck]:
    """Cards from rows of `accounts_to_check`."""
    rules, today = policy_in_force().rules, clock.today()
    named = Guardianship.objects.filter(ward__in=[row.person_id for row in rows], ended_at=None)
    guardians = {row.ward_id: row for row in named}
    return [_card(row, guardians.get(row.person_id), rules, today) for row in rows]


def _card(row: Passbook, guardian: Guardianship | None, rules: Rules, today: date) -> AccountToCheck:
    born = row.person.birth_date
    return AccountToCheck(
        passbook=row,
        age_years=age_years(born, today=today) if born else None,
        is_minor=needs_guardian(born, rules, today=today),
        is_too_young=is_too_young(born, rules, today=today),
        guardian=guardian,
        may_be_double=bool(getattr(row, "may_be_double", False)),
    )


def is_minor(person: Person) -> bool:
    """Whether somebody needs a guardian today: leaders and coordinators see it beside the name."""
    return needs_guardian(person.birth_date, policy_in_force().rules, today=clock.today())


def own_steps(actor: Actor, passbook: Passbook) -> OwnSteps:
    """The next steps of one's own account: a guardian, the check at the station; and whose guardian one is."""
    guardian = guardianship_of(passbook.person_id) if is_minor(passbook.person) else None
    missing = is_minor(passbook.person) and (guardian is None or guardian.consented_at is None)
    return OwnSteps(
        is_pending=passbook.state == Passbook.State.PENDING,
        waits_for_guardian=missing,
        guardian=guardian,
        wards=wards(actor),
    )


def wards(actor: Actor) -> list[Guardianship]:
    """The minors whose passbooks the actor may see as their guardian."""
    return list(wards_of(actor).select_related("ward__passbook").order_by("ward__name", "pk"))


def closing(actor: Actor, passbook_id: int) -> Closing:
    """What the end of an account depends on; for who may decide."""
    require_corrector(actor)
    found = visible_to(actor).select_related("person").filter(pk=passbook_id).first()
    if found is None:
        raise NotFound
    return Closing(
        passbook=found,
        left_minutes=sum(ledger.balance(account_id).posted for account_id in accounts_of(found)),
        obstacles=obstacles_of(found.person_id),
        wish=ClosingWish.objects.filter(passbook=found, outcome="").first(),
        may_donate=policy_in_force().rules.donations,
    )


def own_wish(actor: Actor) -> ClosingWish | None:
    """One's own wish to close, while nobody has decided on it."""
    rows = ClosingWish.objects.filter(passbook__person_id=actor.person_id or 0, outcome="")
    return rows.select_related("passbook").first()


def closing_wishes(actor: Actor) -> QuerySet[ClosingWish]:
    """Wishes that wait for the station, the oldest first."""
    require_corrector(actor)
    return ClosingWish.objects.filter(outcome="").select_related("passbook__person").order_by("asked_at", "id")


def waiting_count(actor: Actor) -> int:
    """How many accounts and wishes wait at the desk."""
    return accounts_to_check(actor).count() + closing_wishes(actor).count()
