"""Opening passbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Max

from xinshi.audit.actions import record_many
from xinshi.bank.access import require_opener
from xinshi.bank.ages import is_too_young, needs_guardian
from xinshi.bank.domain import PASSBOOK_PREFIX
from xinshi.bank.events import PassbookOpened
from xinshi.bank.models import Passbook, PolicyVersion
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.ids import with_check_digit
from xinshi.ledger.actions import open_accounts
from xinshi.ledger.domain import AccountKind
from xinshi.outbox.actions import publish_many
from xinshi.people.models import Person
from xinshi.people.queries import with_guardians_consent


@transaction.atomic
def open_passbooks(
    *, actor: Actor, person_ids: Sequence[int], opened_through: str, is_checked: bool = True
) -> dict[int, int]:
    """A passbook for each person, with its account in the ledger: {person id: passbook id}; who has one keeps it.

    Active where the identity `is_checked` and the person may serve; pending for whom a guardian has not agreed yet, and
    for whom the policy finds too young.
    """
    require_opener(actor)
    wanted = list(dict.fromkeys(person_ids))
    known: dict[int, int] = {}
    born: dict[int, date | None] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        # The archive's rows are the lock: two imports of the same people wait for each other.
        people = Person.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("pk")
        born |= dict(people.values_list("pk", "birth_date"))
        known |= dict(Passbook.objects.filter(person_id__in=part).values_list("person_id", "id"))
    new = [person_id for person_id in wanted if person_id not in known]
    if not new:
        return known
    accounts = open_accounts(kind=AccountKind.PERSON, owner_refs=[f"person:{person_id}" for person_id in new])
    at = clock.now()
    next_serial = _last_serial() + 1
    states = _states({person_id: born.get(person_id) for person_id in new}, is_checked=is_checked)
    rows = Passbook.objects.bulk_create(
        [
            Passbook(
                person_id=person_id,
                number=with_check_digit(f"{PASSBOOK_PREFIX}{serial:09d}"),
                account_id=accounts[f"person:{person_id}"],
                state=states[person_id],
                opened_at=at,
                opened_through=opened_through,
            )
            for serial, person_id in enumerate(new, start=next_serial)
        ],
        batch_size=2_000,
    )
    record_many(
        actor=actor,
        action="bank.open_passbook",
        objects=[(f"passbook:{row.pk}", {"person": row.person_id, "through": opened_through}) for row in rows],
    )
    publish_many(PassbookOpened(passbook_id=row.pk, person_id=row.person_id) for row in rows)
    return known | {row.person_id: row.pk for row in rows}


def _states(born: Mapping[int, date | None], *, is_checked: bool) -> dict[int, Passbook.State]:
    """In which state each new passbook opens: {person id: state}."""
    rules, today = policy_in_force().rules, clock.today()
    minors = {person_id for person_id, day in born.items() if needs_guardian(day, rules, today=today)}
    waiting = minors - with_guardians_consent(minors, on=today)
    waiting |= {person_id for person_id, day in born.items() if is_too_young(day, rules, today=today)}
    return {
        person_id: Passbook.State.ACTIVE if is_checked and person_id not in waiting else Passbook.State.PENDING
        for person_id in born
    }


def _last_serial() -> int:
    """The serial inside the greatest passbook number. Openers take turns at the first policy's row until they commit."""
    PolicyVersion.objects.select_for_update(no_key=True).order_by("number").values_list("pk").first()
    greatest = Passbook.objects.aggregate(number=Max("number"))["number"]
    return int(greatest[len(PASSBOOK_PREFIX) : -1]) if greatest else 0
