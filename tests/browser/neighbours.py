"""`python -m tests.browser.neighbours CODE OTHER ADDRESS NAME`: an empty database becomes one of two banks.

It knows the other as a partner, and the volunteers whom both hospitals have, with what each of them earned here.
Hours are redeemed for a book or a meal.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Final, NamedTuple

from tests.trust.two_banks import become_partners


class Neighbour(NamedTuple):
    """Somebody whom both hospitals have: a sign-in, a passport, and the bank where hours were earned."""

    login: str
    name: str
    number: str
    bank: str
    minutes: int


PEOPLE: Final = {
    who.login: who
    for who in (
        Neighbour("earned-there-phone", "何远行", "E99000001", "there", 480),
        Neighbour("earned-there-desk", "唐知秋", "E99000002", "there", 480),
        Neighbour("earned-here-phone", "江小满", "E99000003", "here", 240),
        Neighbour("earned-here-desk", "罗一鸣", "E99000004", "here", 240),
    )
}
BENEFITS: Final = {"急救手册": 6, "职工餐券": 3}
"""What hours are redeemed for, with the price in hours."""


def settle(code: str, other: str, address: str, name: str) -> None:
    """In the bank `code`: `name` is what it calls the other."""
    from django.core.management import call_command

    from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks
    from xinshi.benefits.actions import create_benefit
    from xinshi.benefits.domain import NewBenefit, Supply
    from xinshi.demo.hospital import PASSWORD
    from xinshi.exchange.models import Partner
    from xinshi.kernel import clock
    from xinshi.kernel.actor import Actor, Role
    from xinshi.kernel.codes import HoursKind
    from xinshi.people.actions import NewPerson, NewUser, create_users, register_people

    call_command("migrate", verbosity=0)
    system = Actor.system("tests")
    partner = become_partners(code, other, address)
    Partner.objects.filter(pk=partner.pk).update(name=name)
    people = [NewPerson(name=who.name, id_kind="05", id_number=who.number) for who in PEOPLE.values()]
    ids = register_people(actor=system, people=people)
    open_passbooks(actor=system, person_ids=ids, opened_through="station")
    deposit_many(
        actor=system,
        deposits=[
            NewDeposit(
                person_id=person_id,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=who.minutes,
                worked_on=clock.today() - timedelta(days=40),
                source_ref=f"tests:{person_id}",
            )
            for person_id, who in zip(ids, PEOPLE.values(), strict=True)
            if who.bank == code
        ],
    )
    for benefit, hours in BENEFITS.items():
        offered = NewBenefit(
            name=benefit, kind="meal", supply=Supply.UNLIMITED, price_minutes=60 * hours, place="服务站"
        )
        create_benefit(actor=system, benefit=offered)
    create_users(
        actor=system,
        users=[
            NewUser(username=login, password=PASSWORD, person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
            for login, person_id in zip(PEOPLE, ids, strict=True)
        ],
    )


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "xinshi.config.settings"
    django.setup()
    settle(*sys.argv[1:])
