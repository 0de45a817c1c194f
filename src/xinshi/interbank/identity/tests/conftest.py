"""A small cast with identity numbers, and a time bank across the river."""

from __future__ import annotations

import pytest

from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import Cast, frozen, make_cast
from xinshi.kernel import clock
from xinshi.people.models import Person, id_index, id_trace

__all__ = ["frozen"]
LI, WANG = "11010519491231002X", "440524188001010014"


@pytest.fixture
def cast(db: None) -> Cast:
    made = make_cast()
    give_number(made.li.person_id, LI)
    give_number(made.wang.person_id, WANG)
    return made


def give_number(person_id: int, number: str, kind: str = "01") -> None:
    Person.objects.filter(pk=person_id).update(
        id_kind=kind, id_number=number, id_index=id_index(number), id_trace=id_trace(number)
    )


@pytest.fixture
def river(db: None) -> Partner:
    return make_bank("river", "江北医院时间银行")


def make_bank(code: str, name: str) -> Partner:
    return Partner.objects.create(code=code, name=name, kind=Partner.Kind.BANK, created_at=clock.now())
