"""A small cast of people with hours, the policy that lets them give, and what tests ask of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from xinshi.bank.accounts import donation_accounts, pool_account
from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks, propose_policy, put_policy_in_force
from xinshi.bank.models import Passbook
from xinshi.bank.rules import GroupHours, Rules
from xinshi.giving import actions
from xinshi.giving.domain import Decision, Relation
from xinshi.giving.models import Donation, Gift, Grant, GroupHoursEntry, Relative, TakenBack
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Transfer
from xinshi.ledger.queries import BalanceView, balance
from xinshi.organizations.actions import create_organization
from xinshi.organizations.models import Organization
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User

SYSTEM = Actor.system("tests")
SERIAL = count(1)
EVERYTHING = Rules(gifts=True, donations=True, group_hours=GroupHours.DONATE_ONLY)


@dataclass
class Somebody:
    """A person with a sign-in: acts through `actor`, browses through `client`."""

    user: User

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def passbook(self) -> Passbook:
        return Passbook.objects.select_related("person").get(person_id=self.person_id)

    @property
    def name(self) -> str:
        return self.passbook.person.name

    @property
    def number(self) -> str:
        return self.passbook.number

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
        return balance(self.passbook.account_id)


@dataclass
class Cast:
    """李 and 王 are to be relatives, 赵 is nobody's; 周 and 钱 coordinate; 吴 audits; 孙 is a clerk. All have passbooks."""

    volunteer: Somebody
    second: Somebody
    stranger: Somebody
    coordinator: Somebody
    colleague: Somebody
    auditor: Somebody
    clerk: Somebody

    def everybody(self) -> list[Somebody]:
        return list(vars(self).values())


def put_rules(rules: Rules = EVERYTHING) -> None:
    """Let these rules hold from today on."""
    number = propose_policy(actor=SYSTEM, rules=rules)
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=clock.today())


def give_hours(who: Somebody, *, minutes: int, worked_on: date = date(2026, 3, 5)) -> None:
    new = NewDeposit(
        person_id=who.person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="门诊导医",
        organizer="门诊部",
        raw_minutes=minutes,
        worked_on=worked_on,
        source_ref=f"service-record:{next(SERIAL)}",
    )
    deposit_many(actor=SYSTEM, deposits=[new])


def give_beyond_cap(who: Somebody, *, minutes: int) -> int:
    """Minutes that this person can only donate, as a cap on holding leaves them; returns the account."""
    account = donation_accounts([who.person_id])[who.person_id]
    post(
        transfer=NewTransfer(
            key=f"beyond:{next(SERIAL)}",
            debit_id=system_account(AccountKind.ISSUANCE),
            credit_id=account,
            minutes=minutes,
            kind="deposit_beyond_cap",
            worked_on=date(2026, 3, 5),
        ),
        actor_ref=SYSTEM.reference,
    )
    return account


def befriend(one: Somebody, other: Somebody, relation: Relation = Relation.SPOUSE) -> int:
    """Both are registered as relatives; the id of the registration."""
    asked = actions.ask_relative(
        actor=one.actor, passbook_number=other.number, name=other.passbook.person.name, relation=relation
    )
    actions.answer_relative(actor=other.actor, relative_id=asked, accept=True)
    return asked


def fill_pool(who: Somebody, *, minutes: int) -> int:
    """The donation that did it."""
    give_hours(who, minutes=minutes)
    return actions.donate(actor=who.actor, minutes=minutes, key=f"fill-{next(SERIAL)}").id


def group(name: str = "南城公交巾帼志愿队") -> int:
    return create_organization(actor=SYSTEM, name=name, kind=Organization.Kind.PARTNER)


def earn(cast: Cast, organization_id: int, *, minutes: int, title: str = "") -> int:
    """Hours of a group, entered by one coordinator and approved by the other; the entry's id."""
    entered = actions.enter_group_hours(
        actor=cast.coordinator.actor,
        organization_id=organization_id,
        title=title or f"敬老院义务劳动{next(SERIAL)}",
        worked_on=clock.today(),
        minutes=minutes,
        evidence="签到表两页，院方盖章",
        key=f"group-{next(SERIAL)}",
    )
    actions.decide_group_hours(actor=cast.colleague.actor, group_hours_id=entered.id, decision=Decision.APPROVE)
    return entered.id


def propose(cast: Cast, who: Somebody, *, minutes: int, key: str = "") -> int:
    made = actions.propose_grant(
        actor=cast.coordinator.actor,
        person_id=who.person_id,
        minutes=minutes,
        reason="术后行动不便，独居",
        key=key or f"grant-{next(SERIAL)}",
    )
    return made.id


def pool_minutes() -> int:
    return balance(pool_account()).posted


def written() -> dict[str, Any]:
    """Everything that this room and the book hold: what a refusal must leave as it was."""
    return {
        "transfers": Transfer.objects.count(),
        "rows": [model.objects.count() for model in (Relative, Gift, Donation, Grant, GroupHoursEntry, TakenBack)],
        "states": [sorted(model.objects.values_list("pk", "state")) for model in (Relative, Grant, GroupHoursEntry)],
    }


def refused(refusal: type[DomainError], call: Callable[[], object]) -> DomainError:
    """`call` is refused so, and nothing changed."""
    before = written()
    with pytest.raises(refusal) as caught, transaction.atomic():
        call()
    assert written() == before
    return caught.value


def make_cast() -> Cast:
    roles = {
        "volunteer": ("李明", {Role.VOLUNTEER}),
        "second": ("王芳", {Role.VOLUNTEER}),
        "stranger": ("赵强", {Role.VOLUNTEER}),
        "coordinator": ("周敏", {Role.COORDINATOR}),
        "colleague": ("钱进", {Role.COORDINATOR}),
        "auditor": ("吴刚", {Role.AUDITOR}),
        "clerk": ("孙丽", {Role.CLERK}),
    }
    ids = register_people(
        actor=SYSTEM,
        people=[NewPerson(name=name, volunteer_number=f"7{next(SERIAL):017d}") for name, _ in roles.values()],
    )
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
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
    """The policy lets them give."""
    put_rules()
    return make_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """People whom other threads can see."""
    put_rules()
    return make_cast()
