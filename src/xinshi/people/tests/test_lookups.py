"""Thousands of values looked up by one parameter."""

from __future__ import annotations

import pytest

from xinshi.doors.lookups import Many
from xinshi.kernel.actor import Actor
from xinshi.people.actions import NewPerson, register_people
from xinshi.people.models import Consent, Person

pytestmark = pytest.mark.django_db


def test_numbers_texts_and_nothing_are_looked_for_by_one_parameter() -> None:
    names = ["甲", 'a"b', "c\\d", "e,f", "{g}"]
    ids = register_people(actor=Actor.system("tests"), people=[NewPerson(name=name) for name in names])
    for wanted in (names[:1], names[1:], names, []):
        found = Person.objects.filter(name__among=Many(wanted)).order_by("pk").values_list("name", flat=True)
        assert list(found) == wanted
    for chosen in (ids[:2], []):
        assert list(Consent.objects.filter(person_id__among=Many(chosen)).values_list("person_id", flat=True)) == chosen
        assert Person.objects.filter(pk__among=Many(chosen)).count() == len(chosen)
