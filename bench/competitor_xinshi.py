"""The product's own book as a competitor: `ledger.actions` is called as the rooms above call it."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

from bench.crew import ACCOUNTS, STARTING_MINUTES, serve

if TYPE_CHECKING:
    from xinshi.ledger.domain import NewTransfer

DAY = date(2026, 3, 5)


class Xinshi:
    def prepare(self) -> None:
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        from xinshi.ledger import actions
        from xinshi.ledger.domain import AccountKind

        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        self.issuance = actions.system_account(AccountKind.ISSUANCE)
        owners = [f"bench:{number}" for number in range(ACCOUNTS)]
        self.accounts = list(actions.open_accounts(kind=AccountKind.PERSON, owner_refs=owners).values())
        for start in range(0, ACCOUNTS, 2_000):
            part = self.accounts[start : start + 2_000]
            transfers = [self._transfer(f"first:{a}", self.issuance, a, STARTING_MINUTES) for a in part]
            actions.post_batch(transfers=transfers, actor_ref="bench")
        connections.close_all()

    @staticmethod
    def _transfer(key: str, debit_id: int, credit_id: int, minutes: int) -> NewTransfer:
        from xinshi.ledger.domain import NewTransfer

        return NewTransfer(
            key=key, debit_id=debit_id, credit_id=credit_id, minutes=minutes, kind="bench", worked_on=DAY
        )

    def connect(self) -> int | None:
        from django.db import connection

        connection.ensure_connection()
        return connection.connection.info.backend_pid if connection.vendor == "postgresql" else None

    def hot(self, serial: str, payer: int) -> None:
        from xinshi.ledger.actions import post

        transfer = self._transfer(f"hot:{serial}", self.accounts[payer], self.accounts[0], 1)
        post(transfer=transfer, actor_ref="bench")

    def batch(self, serial: str, payees: list[int]) -> None:
        from xinshi.ledger.actions import post_batch

        transfers = [
            self._transfer(f"b:{serial}:{n}", self.issuance, self.accounts[p], 1) for n, p in enumerate(payees)
        ]
        post_batch(transfers=transfers, actor_ref="bench")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.book_settings")
    serve(Xinshi())
