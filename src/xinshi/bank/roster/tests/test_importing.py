"""Importing a roster: everybody gets a passbook once; what is wrong is said row by row."""

from __future__ import annotations

import io

import pytest
import xlwt
from django.utils import translation

from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.bank.roster.importing import RosterReport, import_roster
from xinshi.bank.roster.tests.conftest import (
    HEADERS,
    REAL_ROSTER,
    SYSTEM,
    id_number,
    row,
    volunteer_number,
    workbook,
)
from xinshi.documents.sheets import FileNotReadable, HeaderNotFound, read_sheets
from xinshi.documents.workbook import write_csv
from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.organizations.models import Membership, Organization
from xinshi.people.actions import NewPerson, register_people
from xinshi.people.models import Consent, Person

pytestmark = pytest.mark.django_db


def imported(*rows: tuple[str, ...], headers: tuple[str, ...] = HEADERS, dry_run: bool = False) -> RosterReport:
    with translation.override("en"):
        return import_roster(actor=SYSTEM, data=workbook(rows, headers), file_name="花名册.xlsx", dry_run=dry_run)


def counts() -> tuple[int, int, int, int, int]:
    return tuple(table.objects.count() for table in (Person, Passbook, Organization, Membership, Consent))


def only_rejection(*rows: tuple[str, ...], headers: tuple[str, ...] = HEADERS) -> tuple[str, str, str]:
    """(column, code, message) of the one rejected row, which changed nothing."""
    report = imported(*rows, headers=headers)
    assert (report.rows, report.accounts + report.already_known) == (len(rows), len(rows) - 1)
    [one] = report.rejected
    return one.column, one.code, one.message


def test_opens_an_account_with_everything_the_row_says() -> None:
    report = imported(row(0))
    assert (report.rows, report.accounts, report.already_known, report.rejected) == (1, 1, 0, [])
    person = Person.objects.get()
    assert (person.name, person.sex, person.birth_date.isoformat(), person.id_kind) == ("李明", "1", "1990-05-21", "01")
    assert (person.id_number, person.volunteer_number) == (id_number(0), volunteer_number(0))
    assert (person.phone, person.group) == ("19900000000", "staff")
    passbook = Passbook.objects.get()
    assert (passbook.person_id, passbook.state, passbook.opened_through) == (person.pk, "active", "roster")
    assert Membership.objects.get().organization.name == "门诊部"
    assert Consent.objects.get().purpose == "service"


def test_the_same_file_again_changes_nothing() -> None:
    rows = [row(serial) for serial in range(5)]
    imported(*rows)
    before = counts()
    report = imported(*rows)
    assert (report.rows, report.accounts, report.already_known, report.rejected) == (5, 0, 5, [])
    assert counts() == before


def test_the_real_roster_opens_its_accounts_once() -> None:
    data = REAL_ROSTER.read_bytes()
    first = import_roster(actor=SYSTEM, data=data, file_name=REAL_ROSTER.name)
    assert first.as_json() == {"rows": 120, "accounts": 120, "already_known": 0, "rejected": []}
    before = counts()
    again = import_roster(actor=SYSTEM, data=data, file_name=REAL_ROSTER.name)
    assert again.as_json() == {"rows": 120, "accounts": 0, "already_known": 120, "rejected": []}
    assert counts() == before


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    before, trail = counts(), AuditEntry.objects.count()
    rows = [row(0), row(1, 姓名=""), row(0)]
    would = imported(*rows, dry_run=True)
    assert (counts(), AuditEntry.objects.count()) == (before, trail)
    assert would.as_json() == imported(*rows).as_json()


def test_good_rows_go_in_although_others_are_rejected() -> None:
    report = imported(row(0), row(1, 手机号码="123"), row(2))
    assert (report.accounts, [one.row for one in report.rejected]) == (2, [4])
    assert Passbook.objects.count() == 2


WRONG = [
    ({"姓名": ""}, "姓名", "name_missing", "The name is missing."),
    ({"姓名": "李4"}, "姓名", "name_format", "A name has 1 to 64 letters and no digits."),
    ({"性别": "不知道"}, "性别", "sex_unknown", "“不知道” is not understood. Write 男 or 女."),
    ({"性别": "女"}, "性别", "sex_mismatch", "By the identity number this would be male."),
    ({"出生日期": "1990-13-01"}, "出生日期", "day_not_readable", "“1990-13-01” is no day. Write it like 1990-05-21."),
    (
        {"出生日期": "1990-05-22"},
        "出生日期",
        "birth_date_mismatch",
        "By the identity number this would be 1990-05-21.",
    ),
    ({"证件号码": "12345"}, "证件号码", "id_format", "This one has 5."),
    ({"证件号码": id_number(0)[:17] + "?"}, "证件号码", "id_format", "17 digits, then a digit or X."),
    (
        {"证件号码": id_number(0)[:17] + str((int(id_number(0)[17]) + 1) % 10)},
        "证件号码",
        "id_checksum",
        f"ends with {id_number(0)[17]}.",
    ),
    ({"证件号码": id_number(0, born="19901321")}, "证件号码", "id_birth_date", "(19901321) are no real birth date."),
    ({"证件类型": "图书证"}, "证件类型", "id_kind_unknown", "Use the ministry's names"),
    ({"志愿者编号": "123"}, "志愿者编号", "volunteer_number_format", "This one has 3 signs."),
    ({"手机号码": "12345678901"}, "手机号码", "phone_format", "starts with 13 to 19"),
    ({"人员类别": "宇航员"}, "人员类别", "group_unknown", "“宇航员” is not understood."),
    ({"所属部门": "科" * 101}, "所属部门", "department_length", "at most 100 signs"),
    (
        {"证件号码": "", "证件类型": "", "志愿者编号": ""},
        "证件号码",
        "identity_missing",
        "so that nobody is registered",
    ),
    ({"证件号码": "4.3036E+17"}, "证件号码", "number_rounded", "Set the column to text"),
]


@pytest.mark.parametrize(("changes", "column", "code", "says"), WRONG, ids=[case[2] for case in WRONG])
def test_says_what_is_wrong_and_what_would_be_right(changes: dict[str, str], column: str, code: str, says: str) -> None:
    found = only_rejection(row(0, **changes), row(1))
    assert found[:2] == (column, code)
    assert says in found[2]
    assert Person.objects.count() == 1


def test_one_message_per_row_names_everything_else_that_is_wrong() -> None:
    report = imported(row(0, 姓名="", 手机号码="1", 人员类别="?"))
    [one] = report.rejected
    assert (one.column, one.code) == ("姓名", "name_missing")
    assert "手机号码: A mobile number" in one.message
    assert "人员类别: “?”" in one.message


def test_the_row_number_is_that_of_the_sheet_and_the_column_the_files_own_title() -> None:
    headers = ("志愿者姓名*", *HEADERS[1:4], "身份证号", *HEADERS[5:])
    report = imported(row(0), row(1, 证件号码="1"), headers=headers)
    [one] = report.rejected
    assert (one.row, one.column) == (4, "身份证号")


def test_finds_duplicates_inside_the_file() -> None:
    by_id = only_rejection(row(0), row(0, 志愿者编号=volunteer_number(7)))
    assert by_id[:2] == ("证件号码", "duplicate_in_file")
    assert "Row 3 has the same identity number." in by_id[2]
    by_number = only_rejection(row(1), row(2, 志愿者编号=volunteer_number(1)))
    assert by_number[:2] == ("志愿者编号", "duplicate_in_file")


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"姓名": "王芳"}, "姓名", "other_name_known"),
        ({"志愿者编号": volunteer_number(5)}, "志愿者编号", "other_volunteer_number_known"),
        ({"证件号码": id_number(5)}, "证件号码", "other_id_number_known"),
    ],
)
def test_where_the_archive_contradicts_the_row_a_person_decides(
    changes: dict[str, str], column: str, code: str
) -> None:
    imported(row(0))
    before = counts()
    report = imported(row(0, **changes))
    [one] = report.rejected
    assert (one.column, one.code) == (column, code)
    assert counts() == before


def test_a_row_that_names_two_people_is_rejected() -> None:
    imported(row(0), row(1))
    report = imported(row(0, 志愿者编号=volunteer_number(1)))
    assert [one.code for one in report.rejected] == ["two_people"]
    assert Person.objects.count() == 2


def test_who_is_known_by_either_number_is_known() -> None:
    imported(row(0))
    without_id = row(0, 证件号码="", 证件类型="", 手机号码="")
    without_number = row(0, 志愿者编号="")
    assert [imported(one).already_known for one in (without_id, without_number)] == [1, 1]
    assert Person.objects.count() == 1


def test_who_is_in_the_archive_without_a_passbook_gets_one() -> None:
    [person_id] = register_people(actor=SYSTEM, people=[NewPerson(name="李明", volunteer_number=volunteer_number(0))])
    report = imported(row(0))
    assert (report.accounts, report.already_known) == (1, 0)
    assert Passbook.objects.get().person_id == person_id
    assert Person.objects.count() == 1


def test_rejected_rows_come_back_as_a_spreadsheet_that_can_be_corrected_and_imported() -> None:
    report = imported(row(0), row(1, 手机号码="=1+1"), row(2, 姓名=""))
    [sheet] = read_sheets(report.rejected_workbook, file_name="x.xlsx")
    assert sheet.rows[0] == [*HEADERS, "Why this row was not imported"]
    assert [cells[0] for cells in sheet.rows[1:]] == ["李明", ""]
    assert "手机号码: A mobile number has 11 digits" in str(sheet.rows[1][-1])
    corrected = [list(map(str, cells)) for cells in sheet.rows[1:]]
    corrected[0][6], corrected[1][0] = "19912345678", "王芳"
    data = workbook(corrected, [str(title) for title in sheet.rows[0]])
    again = import_roster(actor=SYSTEM, data=data, file_name="x.xlsx")
    assert again.as_json() == {"rows": 2, "accounts": 2, "already_known": 0, "rejected": []}
    assert Passbook.objects.count() == 3


def test_nothing_wrong_makes_no_spreadsheet() -> None:
    assert imported(row(0)).rejected_workbook is None


def test_reads_csv_in_gbk_and_old_workbooks_alike() -> None:
    csv_data = write_csv(headers=HEADERS, rows=[row(0)]).decode("utf-8-sig").encode("gbk")
    assert import_roster(actor=SYSTEM, data=csv_data, file_name="a.csv").accounts == 1
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for line, cells in enumerate([("花名册",), HEADERS, row(1)]):
        for column, cell in enumerate(cells):
            sheet.write(line, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    assert import_roster(actor=SYSTEM, data=stream.getvalue(), file_name="a.xls").accounts == 1


def test_forgives_how_people_write() -> None:
    """Full-width digits, spaces, dotted days, country codes, synonyms, repeated headers, footers."""
    messy = row(
        0,
        姓名=" 李　明　",
        性别="M",
        出生日期="1990.5.21",
        证件类型="身份证",
        证件号码=f" {id_number(0)[:6]} {id_number(0)[6:14]} {id_number(0)[14:]} ",
        手机号码="＋86 199-0000-0000",
        人员类别="医务人员",
    )
    footer = ("合计", "1", *[""] * (len(HEADERS) - 2))
    report = import_roster(actor=SYSTEM, data=workbook([messy, HEADERS, footer]), file_name="x.xlsx")
    assert report.as_json() == {"rows": 1, "accounts": 1, "already_known": 0, "rejected": []}
    person = Person.objects.get()
    assert (person.name, person.phone, person.id_number) == ("李明", "19900000000", id_number(0))


def test_refuses_a_file_that_is_no_roster_and_changes_nothing() -> None:
    before = counts()
    with pytest.raises(HeaderNotFound):
        import_roster(actor=SYSTEM, data=workbook([("a",)], ("信用时数",)), file_name="x.xlsx")
    with pytest.raises(FileNotReadable):
        import_roster(actor=SYSTEM, data=b"%PDF-1.7", file_name="x.xlsx")
    assert counts() == before


@pytest.mark.parametrize("role", [None, Role.VOLUNTEER, Role.LEADER, Role.CLERK, Role.AUDITOR])
def test_only_keepers_of_the_archive_import(role: Role | None) -> None:
    actor = Actor(reference="user:1", user_id=1, roles=frozenset({role})) if role else ANONYMOUS
    with pytest.raises(NotAllowed):
        import_roster(actor=actor, data=workbook([row(0)]), file_name="x.xlsx")
    assert Person.objects.count() == 0


def test_the_trail_tells_of_the_import_without_personal_data() -> None:
    imported(row(0), row(1, 姓名=""))
    lines = list(AuditEntry.objects.values_list("action", "object_ref", "detail"))
    [(_, reference, detail)] = [line for line in lines if line[0] == "bank.import_roster"]
    assert detail == {"rows": 2, "accounts": 1, "rejected": 1}
    assert reference.startswith("file:")
    for secret in ("李明", id_number(0), volunteer_number(0), "19900000000"):
        assert secret not in str(lines)


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_max_num_queries: object) -> None:
    import_roster(actor=SYSTEM, data=workbook([row(99)]), file_name="x.xlsx")
    data = workbook([row(serial) for serial in range(90)])
    with django_assert_max_num_queries(45):
        assert import_roster(actor=SYSTEM, data=data, file_name="x.xlsx").accounts == 90
