"""Reads of merging: who may be registered twice, and what would happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Case, QuerySet, When

from xinshi.bank.access import require_corrector
from xinshi.bank.merging.domain import Signs
from xinshi.bank.models import MergeProposal, NotDuplicates, Passbook
from xinshi.bank.obstacles import Obstacle, obstacles_of
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.ledger import queries as ledger
from xinshi.people.models import Person, RoleGrant, User

PAIRS_MAX: Final = 1_000
SHARED_PHONE_MAX: Final = 4
"""A phone that more people than this share is a school's or a department's, and tells nothing."""
CANDIDATES: Final = """
WITH alive AS (
  SELECT id, name, birth_date, phone_index, id_index, id_trace FROM person WHERE merged_into_id IS NULL AND erased_at IS NULL
), shared AS (
  SELECT phone_index FROM alive WHERE phone_index <> '' GROUP BY phone_index HAVING count(*) BETWEEN 2 AND %s
), pairs AS (
  SELECT a.id AS first_id, b.id AS second_id FROM alive a JOIN alive b ON b.id_trace = a.id_trace AND b.id > a.id
   WHERE a.id_trace <> ''
  UNION
  SELECT a.id, b.id FROM shared s JOIN alive a ON a.phone_index = s.phone_index
    JOIN alive b ON b.phone_index = s.phone_index AND b.id > a.id
  UNION
  SELECT a.id, b.id FROM alive a JOIN alive b ON b.name = a.name AND b.birth_date = a.birth_date AND b.id > a.id
)
SELECT a.id, b.id,
       CASE WHEN a.id_trace <> '' AND a.id_trace = b.id_trace THEN 1 ELSE 0 END,
       CASE WHEN a.phone_index <> '' AND a.phone_index = b.phone_index THEN 1 ELSE 0 END,
       CASE WHEN a.name = b.name THEN 1 ELSE 0 END,
       CASE WHEN a.birth_date = b.birth_date THEN 1 ELSE 0 END,
       CASE WHEN a.id_index IS NOT NULL AND b.id_index IS NOT NULL THEN 1 ELSE 0 END
  FROM pairs JOIN alive a ON a.id = pairs.first_id JOIN alive b ON b.id = pairs.second_id
 WHERE NOT EXISTS (SELECT 1 FROM not_duplicates n WHERE n.first_id = a.id AND n.second_id = b.id)
 ORDER BY 3 DESC, 4 + 5 + 6 DESC, a.id, b.id LIMIT %s
"""
FACTS: Final = {
    "same_document": gettext_noop("Same document number, written otherwise"),
    "same_phone": gettext_noop("Same phone"),
    "same_name": gettext_noop("Same name"),
    "same_birth_date": gettext_noop("Same date of birth"),
    "other_document": gettext_noop("Different document numbers"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person, with the signs for it; the older record first."""

    first: Person
    second: Person
    signs: Signs

    @property
    def reasons(self) -> list[str]:
        """Message ids of what speaks for it and against."""
        return [text for name, text in FACTS.items() if getattr(self.signs, name)]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records: its passbook and what must be settled before it can go.

    `posted_minutes` is what would move.
    """

    person: Person
    passbook: Passbook | None
    posted_minutes: int
    obstacles: list[Obstacle]
    username: str


def candidates(actor: Actor) -> list[Pair]:
    """Pairs that may be one person and were not looked at yet, the likeliest first; at most PAIRS_MAX."""
    require_corrector(actor)
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [SHARED_PHONE_MAX, PAIRS_MAX])
        rows = cursor.fetchall()
    people = Person.objects.in_bulk({identifier for row in rows for identifier in row[:2]})
    names = ("same_document", "same_phone", "same_name", "same_birth_date", "other_document")
    pairs = [
        Pair(people[row[0]], people[row[1]], Signs(**dict(zip(names, map(bool, row[2:]), strict=True))))
        for row in rows
        if row[0] in people and row[1] in people
    ]
    return sorted(pairs, key=lambda pair: -pair.signs.score)


def signs_of(first: Person, second: Person) -> Signs:
    """What speaks for and against these two being one person."""
    return Signs(
        same_document=bool(first.id_trace) and first.id_trace == second.id_trace,
        same_phone=bool(first.phone_index) and first.phone_index == second.phone_index,
        same_name=first.name == second.name,
        same_birth_date=first.birth_date is not None and first.birth_date == second.birth_date,
        other_document=first.id_index is not None and second.id_index is not None,
    )


def pair(actor: Actor, first_id: int, second_id: int) -> Pair:
    """Any two records, the older first; NotFound where one is not there or was merged."""
    require_corrector(actor)
    found = Person.objects.filter(pk__in=[first_id, second_id], merged_into=None, erased_at=None).in_bulk()
    if len(found) != 2:
        raise NotFound
    first, second = (found[identifier] for identifier in sorted(found))
    return Pair(first, second, signs_of(first, second))


def side(actor: Actor, person: Person) -> Side:
    """One of two records as whoever decides must see it; `merge_obstacles` says what stands in the way of its going."""
    require_corrector(actor)
    passbook = Passbook.objects.filter(person=person).first()
    return Side(
        person=person,
        passbook=passbook,
        posted_minutes=ledger.balance(passbook.account_id).posted if passbook else 0,
        obstacles=obstacles_of(person.pk),
        username=User.objects.filter(person=person).values_list("username", flat=True).first() or "",
    )


def merge_obstacles(stays_id: int, goes_id: int) -> list[Obstacle]:
    """What must be settled before `goes` can be merged into `stays`."""
    found = obstacles_of(goes_id)
    books = {row.person_id: row for row in Passbook.objects.filter(person_id__in=[stays_id, goes_id])}
    staying, going = books.get(stays_id), books.get(goes_id)
    if going is not None and (staying is None or staying.state == Passbook.State.CLOSED):
        found.append(Obstacle(gettext_noop("The record that stays has no open passbook. Let the other one stay.")))
    elif going is not None and going.state == Passbook.State.ACTIVE and staying and staying.state == "pending":
        found.append(
            Obstacle(gettext_noop("The account that stays is pending. Activate it first, or let the other one stay."))
        )
    if any(book.state == Passbook.State.FROZEN for book in books.values()):
        found.append(Obstacle(gettext_noop("One of the passbooks is frozen. Free it first.")))
    return found + _roles_to_settle(stays_id, goes_id)


def _roles_to_settle(stays_id: int, goes_id: int) -> list[Obstacle]:
    """Two sign-ins become one; rights do not move by a merge: an administrator gives or takes them."""
    users = {row.person_id: row.pk for row in User.objects.filter(person_id__in=[stays_id, goes_id])}
    if len(users) < 2:
        return []
    held = {
        person_id: set(RoleGrant.objects.filter(user_id=user_id).values_list("role", flat=True))
        for person_id, user_id in users.items()
    }
    if held[goes_id] - held[stays_id] - {Role.VOLUNTEER.value}:
        return [
            Obstacle(
                gettext_noop(
                    "The sign-in that ends has roles that the other has not. An administrator takes them away first."
                )
            )
        ]
    return []


def proposals(actor: Actor) -> QuerySet[MergeProposal]:
    """Proposals, those that wait first."""
    require_corrector(actor)
    decided_last = Case(When(state=MergeProposal.State.PROPOSED, then=0), default=1)
    return MergeProposal.objects.select_related("stays", "goes").order_by(decided_last, "-id")


def proposal(actor: Actor, merge_id: int) -> MergeProposal:
    require_corrector(actor)
    found = MergeProposal.objects.select_related("stays", "goes").filter(pk=merge_id).first()
    if found is None:
        raise NotFound
    return found


def is_dismissed(first_id: int, second_id: int) -> bool:
    return NotDuplicates.objects.filter(first_id=first_id, second_id=second_id).exists()
