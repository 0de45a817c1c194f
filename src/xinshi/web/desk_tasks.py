"""What needs somebody today: one line per kind of work, each for who may open its page, in the order of urgency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from xinshi.activities.access import is_planner
from xinshi.activities.queries import EmptyPlaces
from xinshi.appeals.access import ANSWERERS
from xinshi.kernel.actor import Actor
from xinshi.web import queries
from xinshi.web.navigation import address_of, may_open
from xinshi.web.queries import Task


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, the page on which the work is done, and the empty places of the next days, which the desk lists too."""

    actor: Actor
    address: str
    places: Sequence[EmptyPlaces]


TASKS: Final[tuple[tuple[str, Callable[[Asked], list[Task]]], ...]] = (
    ("attendance:approvals", lambda of: [queries.approvals_task(of.actor, of.address)]),
    ("attendance:outcomes", lambda of: [queries.outcomes_task(of.actor, of.address)]),
    ("appeals:desk", lambda of: [queries.appeals_task(of.actor, of.address)] if of.actor.has(*ANSWERERS) else []),
    ("activities:desk", lambda of: [queries.places_task(of.places)] if is_planner(of.actor) else []),
    ("scheduling:invitations", lambda of: queries.invitation_tasks(of.address) if is_planner(of.actor) else []),
    ("activities:requests_desk", lambda of: [queries.requests_task(of.address)] if is_planner(of.actor) else []),
    ("bank:accounts_to_check", lambda of: [queries.accounts_task(of.actor, of.address)]),
    ("bank:erasures", lambda of: queries.erasures_tasks(of.actor, of.address)),
    ("archive:qualifications", lambda of: queries.qualification_tasks(of.actor, of.address)),
    ("exchange:held_back", lambda of: [queries.held_back_task(of.actor, of.address)]),
    ("interbank:differences", lambda of: [queries.differences_task(of.actor, of.address)]),
    ("interbank:overlaps", lambda of: queries.overlaps_tasks(of.actor, of.address)),
    ("interbank:clashes", lambda of: queries.clashes_tasks(of.actor, of.address)),
    ("exchange:partners", lambda of: queries.partner_tasks(of.actor, of.address)),
    ("interbank:own_keys", lambda of: queries.own_keys_tasks(of.actor, of.address)),
    ("interbank:transfers", lambda of: queries.unknown_transfers_tasks(of.actor, f"{of.address}?state=unknown")),
    ("exchange:inbox", lambda of: [queries.inbox_task(of.actor, of.address)]),
    ("benefits:desk", lambda of: [queries.vouchers_task(of.address)]),
    ("organizations:agreements", lambda of: [queries.agreements_task(of.actor, f"{of.address}?state=ending")]),
    ("organizations:designations", lambda of: [queries.reviews_task(of.actor, f"{of.address}?due=on")]),
    (
        "messages:inbox",
        lambda of: [queries.messages_task(of.actor, of.address)] if of.actor.person_id is not None else [],
    ),
)


def tasks_for(actor: Actor, places: Sequence[EmptyPlaces]) -> list[Task]:
    """The desk's lines for this person."""
    found: list[Task] = []
    for url_name, tasks_of in TASKS:
        address = address_of(url_name)
        if address and may_open(address, actor):
            found += tasks_of(Asked(actor, address, places))
    return found
