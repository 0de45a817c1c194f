"""Keeping the archive: registering, changing, revealing, consenting; by actions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xinshi.audit.models import AuditEntry
from xinshi.kernel.actor import ANONYMOUS, Role
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.people import queries
from xinshi.people.actions import (
    NewPerson,
    PersonKnown,
    ReasonMissing,
    ServiceConsentStays,
    change_own_contact,
    change_person,
    give_consent,
    register_people,
    reveal,
    withdraw_consent,
)
from xinshi.people.domain import PUBLICITY, SERVICE, ZHIYUANHUI
from xinshi.people.models import Consent, Person
from xinshi.people.tests.conftest import PEOPLE, SYSTEM, Cast, everything, id_number


def test_registering_records_the_consents_and_the_trail(cast: Cast) -> None:
    [new] = register_people(
        actor=cast.coordinator.actor, people=[NewPerson(name="赵小满", phone="19900000009", is_public=True)]
    )
    given = Consent.objects.filter(person_id=new).order_by("purpose").values_list("purpose", "given_through")
    assert list(given) == [(PUBLICITY, "station"), (SERVICE, "station")]
    assert AuditEntry.objects.filter(action="people.register", object_ref=f"person:{new}").count() == 1


@pytest.mark.parametrize(
    "twin",
    [
        NewPerson(name="别人", id_kind="01", id_number=id_number(1)),
        NewPerson(name="别人", volunteer_number="900000000000000001"),
    ],
)
def test_refuses_a_number_that_is_known_and_registers_nobody_of_the_batch(cast: Cast, twin: NewPerson) -> None:
    before = everything()
    with pytest.raises(PersonKnown):
        register_people(actor=cast.coordinator.actor, people=[NewPerson(name="新人"), twin])
    assert everything() == before


def test_an_identity_number_is_one_whatever_the_case_of_its_letter(cast: Cast) -> None:
    number = next(found for serial in range(99) if (found := id_number(serial)).endswith("X"))
    register_people(actor=SYSTEM, people=[NewPerson(name="甲", id_kind="01", id_number=number)])
    assert list(queries.find_by_id_numbers([number.lower()])) == [number.lower()]


def test_refuses_data_that_do_not_fit(cast: Cast) -> None:
    before = everything()
    with pytest.raises(Invalid):
        register_people(actor=cast.coordinator.actor, people=[NewPerson(name="甲", phone="1")])
    with pytest.raises(Invalid):
        change_person(actor=cast.coordinator.actor, person_id=cast.li.person_id, data=replace(PEOPLE["li"], sex="1"))
    assert everything() == before


def test_only_keepers_write_the_archive(cast: Cast) -> None:
    before = everything()
    for somebody in (cast.li, cast.chen, cast.clerk, cast.auditor):
        actor, person_id = somebody.actor, cast.wang.person_id
        with pytest.raises(NotAllowed):
            register_people(actor=actor, people=[NewPerson(name="甲")])
        with pytest.raises(NotAllowed):
            change_person(actor=actor, person_id=person_id, data=PEOPLE["wang"])
        with pytest.raises(NotAllowed):
            reveal(actor=actor, person_id=person_id, reason="好奇")
        with pytest.raises(NotAllowed):
            give_consent(actor=actor, person_id=person_id, purpose=PUBLICITY)
    assert everything() == before


def test_a_change_names_the_columns_and_keeps_the_index_true(cast: Cast) -> None:
    actor, person_id = cast.coordinator.actor, cast.li.person_id
    data = replace(PEOPLE["li"], phone="19912345678", area="南湖区")
    assert change_person(actor=actor, person_id=person_id, data=data) == ["area", "phone", "phone_index"]
    assert [found.pk for found in queries.search(actor, term="19912345678")] == [person_id]
    assert queries.search(actor, term="19900000001").count() == 0
    entry = AuditEntry.objects.get(action="people.change_person")
    assert entry.detail == {"columns": ["area", "phone", "phone_index"]}


def test_a_change_that_changes_nothing_leaves_no_trace(cast: Cast) -> None:
    before = everything()
    assert change_person(actor=cast.coordinator.actor, person_id=cast.li.person_id, data=PEOPLE["li"]) == []
    assert everything() == before


def test_refuses_to_give_somebody_the_number_of_another(cast: Cast) -> None:
    before = everything()
    data = replace(PEOPLE["wang"], id_number=id_number(1))
    with pytest.raises(PersonKnown):
        change_person(actor=cast.coordinator.actor, person_id=cast.wang.person_id, data=data)
    assert everything() == before


def test_people_keep_their_contact_up_to_date_and_nothing_else(cast: Cast) -> None:
    changed = change_own_contact(
        actor=cast.li.actor, phone="19912345678", area="", skills=("手语",), service_categories=()
    )
    assert changed == ["area", "phone", "phone_index", "service_categories", "skills"]
    person = Person.objects.get(pk=cast.li.person_id)
    assert (person.name, person.id_number) == ("李明兰", id_number(1))
    with pytest.raises(NotFound):
        change_own_contact(actor=cast.clerk.actor, phone="", area="", skills=(), service_categories=())


def test_revealing_needs_a_reason_and_is_on_record(cast: Cast) -> None:
    before = everything()
    for reason in ("", "  ", "x"):
        with pytest.raises(ReasonMissing):
            reveal(actor=cast.coordinator.actor, person_id=cast.li.person_id, reason=reason)
    with pytest.raises(NotFound):
        reveal(actor=cast.coordinator.actor, person_id=10**9, reason="核对证件")
    assert everything() == before
    shown = reveal(actor=cast.coordinator.actor, person_id=cast.li.person_id, reason="打电话 19900000001 核对")
    assert (shown.id_number, shown.phone) == (id_number(1), "19900000001")
    entry = AuditEntry.objects.get(action="people.reveal")
    assert (entry.actor_ref, entry.detail) == (cast.coordinator.actor.reference, {"reason": "打电话 1********** 核对"})


def test_publicity_follows_its_consent(cast: Cast) -> None:
    actor, person_id = cast.li.actor, cast.li.person_id
    assert queries.cards([person_id])[person_id].public_name == "李**"
    give_consent(actor=actor, person_id=person_id, purpose=PUBLICITY)
    give_consent(actor=actor, person_id=person_id, purpose=PUBLICITY)
    assert Consent.objects.filter(person_id=person_id, purpose=PUBLICITY).count() == 1
    assert queries.cards([person_id])[person_id].public_name == "李明兰"
    withdraw_consent(actor=actor, person_id=person_id, purpose=PUBLICITY)
    assert queries.cards([person_id])[person_id].public_name == "李**"
    assert Consent.objects.get(person_id=person_id, purpose=PUBLICITY).withdrawn_at is not None
    give_consent(actor=actor, person_id=person_id, purpose=PUBLICITY)
    assert Consent.objects.filter(person_id=person_id, purpose=PUBLICITY).count() == 2


def test_refuses_consents_that_nobody_asks_for_and_those_of_others(cast: Cast) -> None:
    before = everything()
    with pytest.raises(NotFound):
        give_consent(actor=cast.li.actor, person_id=cast.li.person_id, purpose="spam")
    with pytest.raises(NotAllowed):
        withdraw_consent(actor=cast.li.actor, person_id=cast.wang.person_id, purpose=PUBLICITY)
    with pytest.raises(NotAllowed):
        give_consent(actor=ANONYMOUS, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    with pytest.raises(ServiceConsentStays):
        withdraw_consent(actor=cast.li.actor, person_id=cast.li.person_id, purpose=SERVICE)
    assert everything() == before


def test_everybody_sees_whom_they_may_see(cast: Cast) -> None:
    def seen(actor: object) -> set[int]:
        return {found.pk for found in queries.search(actor)}

    everybody = {cast.li.person_id, cast.wang.person_id, cast.chen.person_id}
    for somebody in (cast.coordinator, cast.administrator, cast.auditor, cast.clerk):
        assert seen(somebody.actor) == everybody
    assert seen(cast.li.actor) == {cast.li.person_id}
    assert seen(cast.chen.actor) == {cast.chen.person_id}
    assert seen(ANONYMOUS) == set()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("李", ["李明兰"]),
        ("19900000002", ["王芳"]),
        (id_number(1).lower(), ["李明兰"]),
        ("900000000000000003", ["陈静"]),
        ("9000000", []),
        ("1990000", []),
        ("\0", ["李明兰", "王芳", "陈静"]),
        ("%", []),
    ],
)
def test_searches_by_part_of_the_name_or_a_whole_number(cast: Cast, term: str, found: list[str]) -> None:
    names = queries.search(cast.coordinator.actor, term=term).order_by("id").values_list("name", flat=True)
    assert list(names) == found


def test_roles_make_the_actor(cast: Cast) -> None:
    assert cast.chen.actor.roles == {Role.VOLUNTEER, Role.LEADER}
    assert (cast.clerk.actor.person_id, cast.li.actor.person_id) == (None, cast.li.person_id)
