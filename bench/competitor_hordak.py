"""django-hordak 2 as its users run it, on PostgreSQL; runs in the bench's own environment."""

from __future__ import annotations

import os
from datetime import date
from typing import Any
from urllib.parse import urlparse

from bench.crew import ACCOUNTS, STARTING_MINUTES, serve

DAY = date(2026, 3, 5)


def configure() -> None:
    import django
    from django.conf import settings

    parts = urlparse(os.environ["BENCH_DATABASE"])
    settings.configure(
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username or "",
                "PASSWORD": parts.password or "",
                "HOST": parts.hostname or "",
                "PORT": parts.port or "",
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="EUR",
        CURRENCIES=["EUR"],
        HORDAK_CURRENCIES=["EUR"],
    )
    django.setup()


class Hordak:
    accounts: list[Any]
    """The people's accounts, already read, as in a program that holds them; the bank's own is the last."""

    def prepare(self) -> None:
        configure()
        from django.core.management import call_command
        from django.db import connections
        from hordak.models import Account

        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        Account.objects.bulk_create(
            [
                Account(
                    name=f"bench:{n}",
                    code=None,
                    type="LI" if n < ACCOUNTS else "EX",
                    currencies=["EUR"],
                    lft=1,
                    rght=2,
                    tree_id=n + 1,
                    level=0,
                )
                for n in range(ACCOUNTS + 1)
            ],
            batch_size=1_000,
        )
        self.accounts = list(Account.objects.order_by("tree_id"))
        self.bulk("first", list(range(ACCOUNTS)), minutes=STARTING_MINUTES)
        connections.close_all()

    def connect(self) -> int | None:
        from django.db import connection

        connection.ensure_connection()
        return int(connection.connection.info.backend_pid)

    def hot(self, serial: str, payer: int) -> None:
        """What a program that is given two account ids does: read both accounts, then move the minute."""
        from django.db import transaction
        from djmoney.money import Money
        from hordak.models import Account

        with transaction.atomic():
            taker, giver = (Account.objects.get(pk=self.accounts[number].pk) for number in (0, payer))
            # A person's balance is the bank's liability: the first account is credited, the second debited.
            taker.transfer_to(giver, Money(1, "EUR"), date=DAY, description=serial)

    def loop(self, serial: str, payees: list[int]) -> None:
        from django.db import transaction
        from djmoney.money import Money

        with transaction.atomic():
            for payee in payees:
                self.accounts[payee].transfer_to(self.accounts[-1], Money(1, "EUR"), date=DAY, description=serial)

    def bulk(self, serial: str, payees: list[int], minutes: int = 1) -> None:
        from django.db import transaction
        from djmoney.money import Money
        from hordak.models import Leg, Transaction

        with transaction.atomic():
            made = Transaction.objects.bulk_create([Transaction(date=DAY, description=serial) for _ in payees])
            legs = []
            for row, payee in zip(made, payees, strict=True):
                legs.append(Leg(transaction=row, account=self.accounts[payee], credit=Money(minutes, "EUR")))
                legs.append(Leg(transaction=row, account=self.accounts[-1], debit=Money(minutes, "EUR")))
            Leg.objects.bulk_create(legs)


if __name__ == "__main__":
    serve(Hordak())
