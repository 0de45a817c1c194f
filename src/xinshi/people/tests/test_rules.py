"""Pure rules on basic data: numbers, check signs, masks, what is wrong and what would be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import faults, intake_faults, resident_id_fault
from xinshi.people.domain import (
    id_birth_date,
    id_check_sign,
    id_sex,
    is_resident_id,
    masked_id,
    masked_name,
    masked_phone,
    plain_name,
)
from xinshi.people.tests.conftest import PEOPLE, id_number

TODAY = date(2026, 11, 24)


def test_knows_the_check_sign_of_the_norm() -> None:
    """The example of GB 11643's appendix."""
    assert id_check_sign("11010519491231002") == "X"
    assert is_resident_id("11010519491231002X")
    assert not is_resident_id("110105194912310021")
    assert not is_resident_id("11010519491331002X")


@given(st.from_regex(r"[1-9][0-9]{16}", fullmatch=True), st.integers(0, 16), st.integers(1, 9))
def test_every_single_mistyped_digit_is_noticed(first: str, place: int, shift: int) -> None:
    wrong = first[:place] + str((int(first[place]) + shift) % 10) + first[place + 1 :]
    assert id_check_sign(wrong) != id_check_sign(first)


def test_reads_birth_date_and_sex_from_the_number() -> None:
    assert id_birth_date(id_number(born="20000229")) == date(2000, 2, 29)
    assert id_birth_date(id_number(born="19990229")) is None
    assert (id_sex(id_number(sex=3)), id_sex(id_number(sex=4))) == ("1", "2")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (id_number(), None),
        ("1234567890", "id_format"),
        ("12345678901234567?", "id_format"),
        (id_number(born="20261125"), "id_birth_date"),
        (id_number(born="19051231"), "id_birth_date"),
        (id_number(born="19060101"), None),
        (id_number()[:17] + ("X" if id_number()[17] != "X" else "1"), "id_checksum"),
    ],
)
def test_tells_what_is_wrong_with_an_identity_number(number: str, code: str | None) -> None:
    fault = resident_id_fault(number, today=TODAY)
    assert (fault.code if fault else None) == code


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 张　三 ", "张三"),
        ("李 明 兰", "李明兰"),
        ("Ann  Lee", "Ann Lee"),
        ("赵·买买提", "赵·买买提"),
        ("王 Ann", "王 Ann"),
    ],
)
def test_a_chinese_name_has_no_spaces_inside(typed: str, name: str) -> None:
    assert plain_name(typed) == name


def test_masks_show_enough_to_recognise_and_no_more() -> None:
    assert masked_phone("13812341234") == "138****1234"
    assert masked_phone("12345") == "*****"
    assert masked_id("11010519491231002X") == "110105********002X"
    assert masked_id("E12345678") == "*********"
    assert (masked_id(""), masked_phone("")) == ("", "")
    assert (masked_name("欧阳修"), masked_name("李"), masked_name("")) == ("欧**", "李", "")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "name_missing"),
        ({"name": "长" * 65}, "name", "name_format"),
        ({"sex": "3"}, "sex", "sex_unknown"),
        ({"sex": "1"}, "sex", "sex_mismatch"),
        ({"birth_date": date(2027, 1, 1)}, "birth_date", "birth_date_impossible"),
        ({"birth_date": date(1990, 5, 22)}, "birth_date", "birth_date_mismatch"),
        ({"id_kind": "42"}, "id_kind", "id_kind_unknown"),
        ({"id_kind": ""}, "id_kind", "id_kind_missing"),
        ({"id_kind": "05", "id_number": "a;b"}, "id_number", "id_format"),
        ({"volunteer_number": "12"}, "volunteer_number", "volunteer_number_format"),
        ({"phone": "02112345678"}, "phone", "phone_format"),
        ({"phone": "+8613812341234"}, "phone", "phone_format"),
        ({"area": "区" * 65}, "area", "area_length"),
        ({"group": "x"}, "group", "group_unknown"),
        ({"skills": ("x",) * 21}, "skills", "skills_format"),
        ({"service_categories": ("1234",)}, "service_categories", "category_unknown"),
    ],
)
def test_finds_the_one_fault_of_a_field(changes: dict[str, object], field: str, code: str) -> None:
    found = faults(replace(PEOPLE["li"], **changes), today=TODAY)
    assert [(fault.field, fault.code) for fault in found] == [(field, code)]


def test_accepts_foreign_documents_and_phones() -> None:
    assert (
        faults(NewPerson(name="Ann O'Neil", id_kind="05", id_number="E12345678", phone="+447911123456"), today=TODAY)
        == []
    )


def test_intake_asks_for_letters_and_a_number_to_be_known_by() -> None:
    codes = [fault.code for fault in intake_faults(NewPerson(name="李4"), today=TODAY)]
    assert codes == ["name_format", "identity_missing"]
    assert intake_faults(PEOPLE["li"], today=TODAY) == []
