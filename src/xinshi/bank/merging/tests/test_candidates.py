"""Who may be registered twice: found by sets, with reasons and a score, dismissed with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from xinshi.bank.merging.actions import dismiss_pair
from xinshi.bank.merging.domain import Signs
from xinshi.bank.merging.queries import candidates
from xinshi.bank.merging.tests.conftest import merge, person_with_passbook
from xinshi.bank.models import NotDuplicates
from xinshi.bank.tests.conftest import Cast
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed

BORN = date(1990, 5, 21)


def found(cast: Cast) -> list[tuple[int, int, int]]:
    return [(pair.first.pk, pair.second.pk, pair.signs.score) for pair in candidates(cast.coordinator.actor)]


def test_one_document_written_in_two_ways_is_the_surest_sign(cast: Cast) -> None:
    first = person_with_passbook("王芳", id_kind="05", id_number="E-1234567", opens=False)
    second = person_with_passbook("王 芳", id_kind="05", id_number="E1234567", opens=False)
    assert found(cast) == [(first, second, 95)]


def test_phone_name_and_birthday_add_up_and_other_documents_speak_against(cast: Cast) -> None:
    person_with_passbook("何一", phone="13900001111", birth_date=BORN, opens=False)
    person_with_passbook("何一", phone="13900001111", birth_date=BORN, opens=False)
    twins = {"phone": "13900003333", "birth_date": BORN, "opens": False, "id_kind": "05"}
    person_with_passbook("林大", id_number="E7654321", **twins)
    person_with_passbook("林小", id_number="E7654322", **twins)
    person_with_passbook("同名", birth_date=BORN, opens=False)
    person_with_passbook("同名", birth_date=BORN, opens=False)
    person_with_passbook("同名", birth_date=date(1991, 1, 1), opens=False)
    assert [score for _, _, score in found(cast)] == [80, 50, 15]


def test_a_phone_that_a_whole_school_shares_tells_nothing(cast: Cast) -> None:
    for serial in range(5):
        person_with_passbook(f"学生{'甲乙丙丁戊'[serial]}", phone="13900001111", opens=False)
    assert found(cast) == []


def test_pairs_that_were_looked_at_and_people_who_were_merged_are_not_offered(
    cast: Cast, second_coordinator: Actor
) -> None:
    ids = [person_with_passbook("何一", birth_date=BORN) for _ in range(3)]
    assert len(found(cast)) == 3
    dismiss_pair(actor=cast.coordinator.actor, person_id=ids[2], other_id=ids[0], reason="是父子")
    dismiss_pair(actor=cast.coordinator.actor, person_id=ids[0], other_id=ids[2], reason="又看")
    assert NotDuplicates.objects.get().reason == "是父子"
    assert {pair[:2] for pair in found(cast)} == {(ids[0], ids[1]), (ids[1], ids[2])}
    merge(cast, second_coordinator, stays=ids[0], goes=ids[1])
    assert found(cast) == []


@pytest.mark.parametrize("role", ["volunteer", "leader", "clerk", "auditor"])
def test_is_for_the_station_only(cast: Cast, role: str) -> None:
    who = cast.of_role(role)
    with pytest.raises(NotAllowed):
        candidates(who.actor)
    with pytest.raises(NotAllowed):
        dismiss_pair(actor=who.actor, person_id=1, other_id=2, reason="x")
    assert who.client.get(reverse("bank:duplicates")).status_code == 403


def test_the_list_the_pair_and_the_dismissal_as_pages(cast: Cast) -> None:
    first = person_with_passbook("何一", birth_date=BORN, phone="13900001111")
    second = person_with_passbook("何一", birth_date=BORN)
    client = cast.coordinator.client
    page = client.get(reverse("bank:duplicates")).content.decode()
    assert "50%" in page
    assert "Same date of birth" in page
    detail = client.get(reverse("bank:pair", args=[first, second])).content.decode()
    assert "139****1111" in detail
    assert "13900001111" not in detail
    assert client.post(reverse("bank:dismiss_pair", args=[first, second]), {"reason": ""}).status_code == 200
    client.post(reverse("bank:dismiss_pair", args=[first, second]), {"reason": "两个人"})
    assert "50%" not in client.get(reverse("bank:duplicates")).content.decode()


def test_any_two_passbooks_can_be_compared_by_their_numbers(cast: Cast) -> None:
    client, ids = cast.coordinator.client, sorted((cast.volunteer.person_id, cast.second.person_id))
    numbers = {"number": cast.volunteer.passbook.number, "other_number": cast.second.passbook.number}
    answer = client.get(reverse("bank:choose_pair"), numbers)
    assert answer.headers["Location"] == reverse("bank:pair", args=ids)
    assert client.get(reverse("bank:choose_pair"), {"number": "1"}).headers["Location"] == reverse("bank:duplicates")


def test_scores_stay_between_nothing_and_certainty() -> None:
    assert Signs(other_document=True).score == 0
    assert Signs(same_document=True, same_phone=True, same_name=True, same_birth_date=True).score == 100
    assert Signs(same_document=True, other_document=True).score == 95
