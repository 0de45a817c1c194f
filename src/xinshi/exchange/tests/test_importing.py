"""What becomes of a row: credited once, known, held back, of nobody, or to be corrected."""

from __future__ import annotations

from datetime import date

import pytest

from xinshi.attendance.actions import approve, record_many
from xinshi.attendance.domain import NewRecord
from xinshi.attendance.tests.conftest import at
from xinshi.bank.actions import reverse_deposit
from xinshi.bank.models import Deposit, Passbook
from xinshi.documents.sheets import HeaderNotFound, read_sheets
from xinshi.exchange.models import ImportFile, ImportLine, Partner
from xinshi.exchange.partners.domain import PartnerPaused
from xinshi.exchange.tests.conftest import (
    SYSTEM,
    Cast,
    Somebody,
    detail,
    held,
    honorary,
    outcome,
    summary,
    take,
    written,
)
from xinshi.exchange.zhiyuanhui.reading import MixedKinds
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.verification import verify
from xinshi.people.actions import give_consent, withdraw_consent
from xinshi.people.domain import ZHIYUANHUI


def segment(
    who: object, start: str, end: str, hours: str, *, day: str = "2026-10-08", title: str = "义诊"
) -> list[str]:
    name, number = who.name, who.number  # type: ignore[attr-defined]
    return [title, name, number, f"{day} {start}", f"{day} {end}" if end else "", hours]


def test_a_credited_row_leads_from_its_deposit_to_the_line(cast: Cast) -> None:
    take(detail(segment(cast.li, "09:00", "11:30", "2.5")))
    line = ImportLine.objects.get()
    deposit = Deposit.objects.get()
    assert deposit.source_ref == f"exchange-line:{line.pk}"
    assert (deposit.raw_minutes, deposit.kind, deposit.worked_on, deposit.title) == (
        150,
        "verified",
        date(2026, 10, 8),
        "义诊",
    )
    assert cast.li.certified == 150


def test_hours_without_a_date_count_for_the_day_on_which_they_came(cast: Cast) -> None:
    take(summary([cast.li.name, cast.li.number, "14.5"]))
    assert Deposit.objects.get().worked_on == date(2026, 11, 20)


def test_the_same_segment_in_another_file_is_known(cast: Cast) -> None:
    row = segment(cast.li, "09:00", "11:00", "2")
    take(detail(row))
    again = detail(row, segment(cast.wang, "09:00", "11:00", "2"))
    assert outcome(take(again)) == {"credited": 1, "minutes": 120, "already_known": 1}


def test_a_sum_is_not_credited_beside_the_services_that_it_sums_up(cast: Cast) -> None:
    def served(day: str, hours: int, who: Somebody = cast.li) -> list[str]:
        return ["门诊导医", who.name, who.number, f"{day} {11 - hours:02}:00", f"{day} 11:00", str(hours)]

    def summed(li: int, wang: int, coordinator: int) -> bytes:
        hours = ((cast.li, li), (cast.wang, wang), (cast.coordinator, coordinator))
        return summary(*([who.name, who.number, str(number)] for who, number in hours if number))

    services = [served("2026-10-08", 2), served("2026-10-09", 3), served("2026-09-30", 1)]
    assert outcome(take(detail(*services, served("2026-10-09", 2, cast.wang))))["credited"] == 4
    assert outcome(take(detail(served("2026-10-10", 4), served("2026-10-11", 1, cast.coordinator))))["credited"] == 2
    for li, wang, coordinator in ((6, 2, 0), (5, 2, 0), (10, 2, 1), (1, 2, 7), (9, 2, 1)):
        found = outcome(take(summed(li, wang, coordinator)))
        assert found["held_back"] == len([hours for hours in (li, wang, coordinator) if hours not in (0, 7)]), li
    assert "equals_sum" in set(ImportLine.objects.filter(state="held_back").values_list("code", flat=True))


def test_services_are_not_credited_beside_the_sum_that_came_before(cast: Cast) -> None:
    def served(who: Somebody, day: int, hours: int) -> list[str]:
        return [
            "门诊导医",
            who.name,
            who.number,
            f"2026-10-{day:02} 06:00",
            f"2026-10-{day:02} {6 + hours:02}:00",
            str(hours),
        ]

    take(summary([cast.li.name, cast.li.number, "5"], [cast.wang.name, cast.wang.number, "2"]))
    services = [served(cast.li, 8, 2), served(cast.li, 9, 3), served(cast.wang, 9, 2), served(cast.coordinator, 9, 4)]
    found = outcome(take(detail(*services)))
    assert (found["held_back"], found["credited"]) == (3, 1)
    assert set(ImportLine.objects.filter(state="held_back").values_list("code", flat=True)) == {"was_summed"}
    other = outcome(take(detail(served(cast.li, 12, 5), served(cast.wang, 12, 1), served(cast.coordinator, 12, 1))))
    assert other["credited"] == 3, "one alone may be chance"


def test_that_somebodys_hours_equal_their_sum_may_be_chance(cast: Cast) -> None:
    def served(who: Somebody) -> list[str]:
        return ["门诊导医", who.name, who.number, "2026-10-08 09:00", "2026-10-08 11:00", "2"]

    take(detail(served(cast.li), served(cast.wang), served(cast.coordinator)))
    assert outcome(take(summary([cast.li.name, cast.li.number, "2"])))["credited"] == 1
    rows = [[cast.li.name, cast.li.number, "3"], [cast.wang.name, cast.wang.number, "2"]]
    assert outcome(take(summary(*rows, [cast.coordinator.name, cast.coordinator.number, "4"])))["credited"] == 3


def test_the_same_segment_twice_in_one_file_is_credited_once(cast: Cast) -> None:
    row = segment(cast.li, "09:00", "11:00", "2")
    assert outcome(take(detail(row, row))) == {"credited": 1, "minutes": 120, "already_known": 1}


def test_the_same_times_with_another_figure_wait_for_a_person(cast: Cast) -> None:
    take(detail(segment(cast.li, "09:00", "11:00", "2")))
    assert outcome(take(detail(segment(cast.li, "09:00", "11:00", "1.5")))) == {"held_back": 1}


@pytest.mark.parametrize(
    ("start", "end", "hours", "is_held"),
    [
        ("10:00", "12:00", "2", True),
        ("08:00", "09:01", "1", True),
        ("09:30", "10:00", "0.5", True),
        ("08:00", "12:00", "4", True),
        ("11:00", "12:00", "1", False),
        ("08:00", "09:00", "1", False),
    ],
)
def test_a_segment_that_shares_time_with_a_known_one_waits(
    cast: Cast, start: str, end: str, hours: str, is_held: bool
) -> None:
    take(detail(segment(cast.li, "09:00", "11:00", "2")))
    report = take(detail(segment(cast.li, start, end, hours)))
    assert (report.held_back, report.credited) == ((1, 0) if is_held else (0, 1))


def test_the_same_time_of_two_people_is_no_overlap(cast: Cast) -> None:
    rows = detail(segment(cast.li, "09:00", "11:00", "2"), segment(cast.wang, "09:00", "11:00", "2"))
    assert outcome(take(rows)) == {"credited": 2, "minutes": 240}


def test_a_single_undated_row_that_equals_one_of_another_file_waits(cast: Cast) -> None:
    row = [cast.li.name, cast.li.number, "3.5", "敬老院陪伴"]
    take(honorary(row))
    other = honorary(row, [cast.wang.name, cast.wang.number, "3.5", "敬老院陪伴"])
    assert outcome(take(other)) == {"credited": 1, "minutes": 210, "held_back": 1}
    assert ImportLine.objects.get(pk=held()[0]).code == "equals_other_file"
    assert outcome(take(other)) == {"already_known": 2}


def test_an_undated_row_with_another_reason_or_figure_is_another_row(cast: Cast) -> None:
    take(honorary([cast.li.name, cast.li.number, "3.5", "敬老院陪伴"]))
    rows = [[cast.li.name, cast.li.number, "3.5", "导医"], [cast.li.name, cast.li.number, "3", "敬老院陪伴"]]
    assert outcome(take(honorary(*rows))) == {"credited": 2, "minutes": 390}


def test_the_same_undated_row_twice_in_one_file_waits(cast: Cast) -> None:
    row = [cast.li.name, cast.li.number, "2", "导医"]
    assert outcome(take(honorary(row, row))) == {"credited": 1, "minutes": 120, "held_back": 1}
    assert ImportLine.objects.get(pk=held()[0]).code == "repeats_in_file"


def test_a_corrected_name_leaves_the_file_the_same(cast: Cast) -> None:
    take(summary(["李 明", cast.li.number, "2"]))
    assert outcome(take(summary(["李明", cast.li.number, "2.0"]))) == {"already_known": 1}
    assert ImportFile.objects.count() == 1


def test_rows_of_nobody_are_credited_once_the_person_is_known(cast: Cast) -> None:
    from xinshi.bank.actions import open_passbooks
    from xinshi.people.actions import NewPerson, register_people

    rows = summary([cast.li.name, cast.li.number, "2"], ["赵新", "9" * 18, "4"])
    assert outcome(take(rows)) == {"credited": 1, "minutes": 120, "unmatched": 1}
    [person] = register_people(actor=SYSTEM, people=[NewPerson(name="赵新", volunteer_number="9" * 18)])
    assert outcome(take(rows)) == {"already_known": 1, "unmatched": 1}
    assert ImportLine.objects.get(name="赵新").code == "passbook_missing"
    open_passbooks(actor=SYSTEM, person_ids=[person], opened_through="station")
    assert outcome(take(rows)) == {"credited": 1, "minutes": 240, "already_known": 1}
    assert outcome(take(rows)) == {"already_known": 2}
    assert verify().ok


def test_no_hours_go_into_a_frozen_passbook(cast: Cast) -> None:
    Passbook.objects.filter(person_id=cast.li.person_id).update(state="frozen")
    assert outcome(take(summary([cast.li.name, cast.li.number, "2"]))) == {"unmatched": 1}
    assert ImportLine.objects.get().code == "passbook_not_active"


def test_a_withdrawn_consent_keeps_hours_out_until_it_is_given_again(cast: Cast) -> None:
    rows = summary([cast.li.name, cast.li.number, "2"])
    give_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=ZHIYUANHUI)
    withdraw_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=ZHIYUANHUI)
    assert outcome(take(rows)) == {"unmatched": 1}
    assert ImportLine.objects.get().code == "consent_withdrawn"
    give_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=ZHIYUANHUI)
    assert outcome(take(rows)) == {"credited": 1, "minutes": 120}


def test_faults_are_told_by_row_column_and_code(cast: Cast) -> None:
    li, wang = cast.li, cast.wang
    report = take(
        honorary(
            [li.name, li.number, "2", "导医"],
            [li.name, "", "2", "导医"],
            [li.name, "12345", "2", "导医"],
            ["", li.number, "2", "导医"],
            [li.name, li.number, "", "导医"],
            [li.name, li.number, "两个", "导医"],
            [li.name, li.number, "-2", "导医"],
            [li.name, li.number, "0", "导医"],
            [li.name, li.number, "2", ""],
            [wang.name, li.number, "2.5", "导医"],
            [li.name, "4.30399E+17", "2", "导医"],
            [li.name, li.number, "9000", "导医"],
        )
    )
    assert [(one.row, one.column, one.code) for one in report.rejected] == [
        (5, "志愿者编号*", "number_missing"),
        (6, "志愿者编号*", "number_malformed"),
        (7, "姓名*", "name_missing"),
        (8, "荣誉时数值*", "hours_missing"),
        (9, "荣誉时数值*", "hours_not_readable"),
        (10, "荣誉时数值*", "hours_negative"),
        (11, "荣誉时数值*", "hours_zero"),
        (12, "补录原因*", "reason_missing"),
        (13, "姓名*", "name_differs"),
        (14, "志愿者编号*", "number_rounded"),
        (15, "荣誉时数值*", "hours_too_many"),
    ]
    assert (report.credited, report.minutes) == (1, 120)


def test_faults_of_times_are_told(cast: Cast) -> None:
    li = cast.li
    report = take(
        detail(
            segment(li, "11:00", "09:00", "2"),
            segment(li, "09:00", "10:00", "2"),
            segment(li, "早上", "10:00", "1"),
            segment(li, "09:00", "", "1"),
            ["义诊", li.name, li.number, "", "2026-10-09 10:00", "1"],
            ["义诊", li.name, li.number, "2026-10-09 22:00", "2026-10-10 02:00", "4"],
            segment(li, "09:00", "10:00", "1", day="2027-01-01"),
            segment(li, "09:00", "10:00", "1", day="1926-10-08"),
        )
    )
    assert [one.code for one in report.rejected] == [
        "end_before_start",
        "hours_exceed_time",
        "time_not_readable",
        "end_missing",
        "start_missing",
        "not_one_day",
        "in_future",
        "time_implausible",
    ]
    assert Deposit.objects.count() == 0


def test_rejected_rows_come_back_as_a_file_that_can_be_corrected_and_imported(cast: Cast) -> None:
    report = take(
        honorary([cast.li.name, cast.li.number, "2", "导医"], [cast.wang.name, cast.wang.number, "二", "导医"])
    )
    assert report.to_correct is not None
    [sheet] = read_sheets(report.to_correct, file_name="to-correct.xlsx")
    assert sheet.rows[1][:5] == ["2", cast.wang.name, cast.wang.number, "二", "导医"]
    assert str(sheet.rows[1][5]).startswith("荣誉时数值*")
    corrected = honorary([cast.wang.name, cast.wang.number, "2", "导医"])
    assert outcome(take(corrected)) == {"credited": 1, "minutes": 120}


def test_presence_known_here_holds_a_segment_of_the_same_time_back(cast: Cast, service_here: None) -> None:
    rows = detail(
        segment(cast.li, "10:00", "12:00", "2", day="2026-03-03"),
        segment(cast.li, "12:00", "13:00", "1", day="2026-03-03"),
    )
    assert outcome(take(rows)) == {"credited": 1, "minutes": 60, "held_back": 1}


@pytest.fixture
def service_here(cast: Cast) -> None:
    """李 served here from nine to eleven on a Tuesday in March."""
    from xinshi.activities.actions import create_activities_many
    from xinshi.activities.domain import NewActivity, NewShift
    from xinshi.organizations.actions import ensure_departments

    departments = ensure_departments(actor=SYSTEM, names=["门诊部"])
    [made] = create_activities_many(
        actor=SYSTEM,
        activities=[
            NewActivity(
                title="门诊导医",
                category="0004",
                place="门诊大厅",
                organizer_id=departments["门诊部"],
                person_in_charge_id=cast.coordinator.person_id,
                risks="",
                state="finished",
                shifts=(NewShift(starts_at=at(9), ends_at=at(11), places=5),),
            )
        ],
    )
    [record] = record_many(
        actor=SYSTEM,
        records=[
            NewRecord(
                shift_id=made.shift_ids[0],
                person_id=cast.li.person_id,
                checked_in_at=at(9),
                checked_out_at=at(11),
                through="leader",
            )
        ],
    )
    approve(actor=cast.administrator.actor, record_ids=[record])


def test_time_is_free_again_once_its_deposit_was_taken_back(cast: Cast) -> None:
    rows = detail(segment(cast.li, "09:00", "11:00", "2"))
    take(rows)
    reverse_deposit(actor=cast.coordinator.actor, deposit_id=Deposit.objects.get().pk, reason="记错了人")
    assert cast.li.certified == 0
    assert outcome(take(rows)) == {"already_known": 1}
    assert outcome(take(detail(segment(cast.li, "09:30", "11:00", "1.5")))) == {"credited": 1, "minutes": 90}
    assert cast.li.certified == 90
    assert verify().ok


def test_a_coordinator_never_credits_their_own_row(cast: Cast) -> None:
    rows = summary([cast.coordinator.name, cast.coordinator.number, "2"], [cast.li.name, cast.li.number, "2"])
    report = take(rows, actor=cast.coordinator.actor)
    assert outcome(report) == {"credited": 1, "minutes": 120, "held_back": 1}
    assert ImportLine.objects.get(pk=held()[0]).code == "own_hours"


@pytest.mark.parametrize("role", ["li", "auditor"])
def test_only_keepers_take_files_in(cast: Cast, role: str) -> None:
    before = written()
    with pytest.raises(NotAllowed):
        take(summary([cast.li.name, cast.li.number, "2"]), actor=getattr(cast, role).actor)
    assert written() == before


def test_a_paused_partner_takes_nothing_in(cast: Cast) -> None:
    Partner.objects.update(state="paused", state_reason="他们的接口坏了")
    with pytest.raises(PartnerPaused):
        take(summary([cast.li.name, cast.li.number, "2"]))
    assert Deposit.objects.count() == 0


def test_a_file_without_such_a_table_is_refused(cast: Cast) -> None:
    with pytest.raises(HeaderNotFound):
        take("姓名,电话\n李明,1\n".encode(), file_name="phones.csv")


def test_sheets_of_two_kinds_in_one_file_are_refused(cast: Cast) -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    for headers in (("姓名", "志愿者编号", "信用时数"), ("姓名", "志愿者编号", "荣誉时数值", "补录原因")):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, headers)
        sheet.write_row(1, 0, [cast.li.name, cast.li.number, "2", "导医"][: len(headers)])
    book.close()
    with pytest.raises(MixedKinds):
        take(stream.getvalue())


def test_without_a_number_column_a_name_alone_credits_nothing_by_itself(cast: Cast) -> None:
    data = "姓名,信用时数\n李明,2\n无名氏,3\n".encode("utf-8-sig")
    assert outcome(take(data, file_name="names.csv")) == {"held_back": 1, "unmatched": 1}
    assert set(ImportLine.objects.values_list("code", flat=True)) == {"name_only", "name_unknown"}
