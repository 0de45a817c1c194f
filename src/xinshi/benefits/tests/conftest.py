"""A small cast of people, and helpers that give them hours and benefits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import count

import pytest
from django.test import Client

from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks
from xinshi.bank.queries import account_of
from xinshi.benefits.actions import ReservedVoucher, change_benefit, create_benefit, reserve
from xinshi.benefits.domain import NewBenefit, NewSlot, Period, Supply
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.models import Hold
from xinshi.ledger.queries import BalanceView, balance
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")
SERIAL = count(1)


@dataclass
class Somebody:
    """A person with a sign-in: acts through `actor`, browses through `client`."""

    user: User

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def client(self) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(self.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
        return client

    @property
    def balance(self) -> BalanceView:
        return balance(account_of(self.person_id))


@dataclass
class Cast:
    """李 and 王 volunteer; 孙 is a clerk; 周 coordinates; 吴 audits; 郑 administers. All have passbooks."""

    volunteer: Somebody
    second: Somebody
    clerk: Somebody
    coordinator: Somebody
    auditor: Somebody
    administrator: Somebody
    made: list[Actor] = field(default_factory=list)

    def give(self, who: Somebody | int, *, hours: int) -> None:
        person_id = who if isinstance(who, int) else who.person_id
        give_hours([person_id], hours=hours)

    def volunteers(self, number: int, *, hours: int = 0) -> list[Actor]:
        """Actors of `number` more volunteers with passbooks and `hours` each."""
        ids = _register([f"志愿者{next(SERIAL)}" for _ in range(number)])
        if hours:
            give_hours(ids, hours=hours)
        return [
            Actor(reference=f"user:{9_000_000 + pk}", user_id=pk, person_id=pk, roles=frozenset({Role.VOLUNTEER}))
            for pk in ids
        ]


def give_hours(person_ids: list[int], *, hours: int) -> None:
    deposit_many(
        actor=SYSTEM,
        deposits=[
            NewDeposit(
                person_id=person_id,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=hours * 60,
                worked_on=date(2026, 3, 5),
                source_ref=f"service-record:{next(SERIAL)}",
            )
            for person_id in person_ids
        ],
    )


def _register(names: list[str]) -> list[int]:
    ids = register_people(
        actor=SYSTEM, people=[NewPerson(name=name, volunteer_number=f"7{next(SERIAL):017d}") for name in names]
    )
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    return ids


def make_cast() -> Cast:
    roles = {
        "volunteer": ("李明", {Role.VOLUNTEER}),
        "second": ("王芳", {Role.VOLUNTEER}),
        "clerk": ("孙丽", {Role.VOLUNTEER, Role.CLERK}),
        "coordinator": ("周敏", {Role.COORDINATOR}),
        "auditor": ("吴刚", {Role.AUDITOR}),
        "administrator": ("郑和", {Role.ADMINISTRATOR}),
    }
    ids = _register([name for name, _ in roles.values()])
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=key, password=None, person_id=person_id, roles=frozenset(held))
            for (key, (_, held)), person_id in zip(roles.items(), ids, strict=True)
        ],
    )
    return Cast(**{key: Somebody(user=User.objects.get(username=key)) for key in roles})


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """People whom other threads can see."""
    return make_cast()


@dataclass(frozen=True)
class Made:
    """A benefit that a test made, with its days."""

    id: int
    slots: tuple[int, ...] = ()


def make(
    *,
    name: str = "健康体检",
    kind: str = "health_check",
    hours: int = 10,
    stars: int = 0,
    stock: int | None = None,
    places: tuple[int, ...] = (),
    in_days: int = 3,
    starts: time | None = None,
    is_active: bool = True,
    **more: object,
) -> Made:
    """With `places` one day each from `in_days` on, with `stock` counted, otherwise unlimited; `more` of its rules."""
    supply = Supply.DATED if places else Supply.UNLIMITED if stock is None else Supply.STOCK
    made = create_benefit(
        actor=SYSTEM,
        benefit=NewBenefit(
            name=name,
            kind=kind,
            supply=supply,
            price_minutes=hours * 60,
            stars_min=stars,
            stock=stock,
            place="体检中心三楼",
            is_active=is_active,
            **more,
        ),
        slots=[
            NewSlot(day=clock.today() + timedelta(days=in_days + number), places=n, starts=starts)
            for number, n in enumerate(places)
        ],
    )
    slots = Slot.objects.filter(benefit_id=made).order_by("pk").values_list("pk", flat=True)
    return Made(made, tuple(slots))


def take(
    who: Somebody | Actor, made: Made, *, slot: int | None = None, key: str = "", **more: object
) -> ReservedVoucher:
    """Reserve, the first day where there are days."""
    actor = who if isinstance(who, Actor) else who.actor
    chosen = slot if slot is not None else (made.slots[0] if made.slots else None)
    return reserve(actor=actor, benefit_id=made.id, slot_id=chosen, key=key or f"key-{next(SERIAL)}", **more)


def overdue(voucher_id: int) -> None:
    """Let time pass for one voucher and, where the ledger gives its minutes back, for its hold."""
    past = clock.now() - timedelta(minutes=1)
    Voucher.objects.filter(pk=voucher_id).update(expires_at=past)
    if not Voucher.objects.get(pk=voucher_id).keeps_minutes:
        Hold.objects.filter(key=f"voucher:{voucher_id}").update(expires_at=past)


def change(made: Made, **how: object) -> list[str]:
    """Change some settings of a benefit and leave the others."""
    row = Benefit.objects.get(pk=made.id)
    values = {name: getattr(row, name) for name in NewBenefit.__dataclass_fields__}
    values |= {
        "supply": Supply(row.supply),
        "groups": tuple(row.groups.split()),
        "limit_period": Period(row.limit_period) if row.limit_period else None,
        "budget_period": Period(row.budget_period) if row.budget_period else None,
    }
    return change_benefit(actor=SYSTEM, benefit_id=made.id, benefit=NewBenefit(**values | how))


Take = Callable[..., ReservedVoucher]
