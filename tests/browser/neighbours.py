"""`python -m tests.browser.neighbours CODE OTHER ADDRESS NAME MINUTES…`: an empty database becomes one of two banks.

It knows the other as a partner, and two volunteers whom both hospitals have; MINUTES are what each of them earned here.
Hours are redeemed for a book or a meal.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Final

from tests.trust.two_banks import become_partners

PEOPLE: Final = {"earned-there": ("何远行", "E99000001"), "earned-here": ("江小满", "E99000002")}
"""Sign-ins with name and number of a passport, in the order of MINUTES."""
BENEFITS: Final = {"急救手册": 6, "职工餐券": 3}
"""What hours are redeemed for, with the price in hours."""


def settle(code: str, other: str, address: str, name: str, *minutes: str) -> None:
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
    people = [NewPerson(name=of, id_kind="05", id_number=number) for of, number in PEOPLE.values()]
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
                raw_minutes=int(earned),
                worked_on=clock.today() - timedelta(days=40),
                source_ref=f"tests:{person_id}",
            )
            for person_id, earned in zip(ids, minutes, strict=True)
            if int(earned)
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
