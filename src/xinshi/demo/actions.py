"""Creating the demo hospital."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from xinshi.bank.models import Passbook
from xinshi.demo import (
    affairs,
    archive,
    campaigns,
    exchange_partners,
    exchanging,
    hospital,
    interbank,
    inviting,
    outcomes,
    partners,
    planning,
    presence,
    redeeming,
    scheduling,
    settling,
    signing_up,
    training,
)
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
    with stage("What they can do") as progress:
        archive.fill_archive(founded, system, progress=progress)
    with stage("Two years of service") as progress:
        hospital.enter_history(founded, progress=progress)
    for actor in founded.actors.values():
        mark_read(actor=actor)  # Two years of messages have been read long ago.
    outcomes.report_what_came_of_it()
    with stage("The next weeks") as progress:
        hospital.plan_ahead(founded, progress=progress)
        planning.plan_service(founded)
        signing_up.let_people_sign_up(founded)
    with stage("Hours from 志愿汇") as progress:
        exchanging.exchange_hours(founded, progress=progress)
        exchange_partners.keep_exchange_partners(founded)
        interbank.move_hours(founded)
        settling.settle_with_banks(founded)
    deliver_due(rounds_max=100_000)  # The stars are needed before benefits that ask for them.
    with stage("Training") as progress:
        training.teach(founded, system, progress=progress)
    with stage("Benefits") as progress:
        redeeming.offer_benefits(founded, system, progress=progress)
    with stage("Partners and agreements") as progress:
        partners.let_partners_take_part(founded, system, progress=progress)
    with stage("Campaigns"):
        campaigns.hold_campaigns(founded)
    with stage("A plan for next week"):
        scheduling.plan_next_week(founded, system)
    with stage("Invitations of a plan"):
        inviting.publish_a_plan(founded, system)
    with stage("Gifts, requests, proposals") as progress:
        affairs.let_things_happen(founded, system, progress=progress)
        presence.open_the_station(founded, system)
    deliver_due(rounds_max=100_000)
    seal()
    affairs.look_at_the_book(founded)
