"""Whom of the people in a roster the archive knows already, and who of them has a passbook."""

from __future__ import annotations

from collections.abc import Sequence

from xinshi.bank.queries import passbooks_by_person
from xinshi.bank.roster.domain import KnownPerson
from xinshi.people.actions import NewPerson
from xinshi.people.queries import find_known


def known_people(people: Sequence[NewPerson]) -> tuple[dict[str, KnownPerson], dict[str, KnownPerson]]:
    """Who is known by identity number, and who by volunteer number: ({number: person}, {number: person})."""
    by_id, by_number = find_known(
        id_numbers=[person.id_number for person in people],
        volunteer_numbers=[person.volunteer_number for person in people],
    )
    found = {one.id: one for one in (*by_id.values(), *by_number.values())}
    with_passbook = passbooks_by_person(list(found)) if found else {}
    known = {
        identifier: KnownPerson(
            id=identifier,
            name=one.name,
            volunteer_number=one.volunteer_number,
            has_id_number=one.has_id_number,
            has_passbook=identifier in with_passbook,
        )
        for identifier, one in found.items()
    }
    return (
        {number: known[one.id] for number, one in by_id.items()},
        {number: known[one.id] for number, one in by_number.items()},
    )
