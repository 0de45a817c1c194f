"""Creating the demo hospital."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from xinshi.bank.models import Passbook
from xinshi.demo import exchanging, hospital, redeeming
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.ledger.sealing import seal
from xinshi.messages.actions import mark_read
from xinshi.outbox.actions import deliver_due

Stage = Callable[[str], AbstractContextManager[hospital.Progress]]


class NotEmpty(DomainError):
    code = "not_empty"
    message = gettext_noop(
        "There are passbooks in this database already. The demo hospital is only created in an empty one."
    )


def is_empty() -> bool:
    """True where nobody has a passbook yet."""
    return not Passbook.objects.exists()


def create_demo_hospital(*, stage: Stage) -> None:
    """Invent the demo hospital in an empty database, through the rooms' own actions; `stage` shows how far it is."""
    if not is_empty():
        raise NotEmpty
    system = Actor.system("demo")
    with stage("Volunteers") as progress:
        founded = hospital.found_hospital(system, today=clock.today(), progress=progress)
    with stage("Two years of service") as progress:
        hospital.enter_history(founded, progress=progress)
    for actor in founded.actors.values():
        mark_read(actor=actor)  # Two years of messages have been read long ago.
    with stage("The next weeks") as progress:
        hospital.plan_ahead(founded, progress=progress)
    with stage("Hours from 志愿汇") as progress:
        exchanging.exchange_hours(founded, progress=progress)
    deliver_due(rounds_max=100_000)  # The stars are needed before benefits that ask for them.
    with stage("Benefits") as progress:
        redeeming.offer_benefits(founded, system, progress=progress)
    deliver_due(rounds_max=100_000)
    seal()
