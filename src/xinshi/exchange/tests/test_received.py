"""Files as hospitals receive them: each is read as a clerk sees it, or refused in a clear sentence; nothing is lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter
import xlwt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import HeaderNotFound
from xinshi.exchange.domain import FileKind
from xinshi.exchange.models import ImportLine
from xinshi.exchange.tests.conftest import Cast, outcome, take
from xinshi.exchange.zhiyuanhui.reading import MixedKinds, ReadFile, ServicesAndSums, read_file
from xinshi.exchange.zhiyuanhui.tables import ColumnNamedTwice, OtherUnit, TablesSideBySide

ONE, TWO, THREE = "430360003452278712", "430360003452278729", "430360003452278737"
SUMS = "姓名,志愿者编号,信用时数\n"
SERVICES = "活动名称,姓名,志愿者编号,签到时间,签退时间,信用时数\n"
ENTERED = "序号,姓名*,志愿者编号*,荣誉时数值*,补录原因*\n"
DAY = "2026-10-08"


def csv_file(text: str, name: str = "导出.csv") -> ReadFile:
    return read_file(text.encode(), file_name=name)


def workbook(fill: Callable[[Any], None]) -> ReadFile:
    return read_file(workbook_bytes(fill), file_name="导出.xlsx")


def workbook_bytes(fill: Callable[[Any], None]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        fill(book)
    return stream.getvalue()


def told(found: ReadFile) -> list[tuple[str, str, int | None, str]]:
    return [(row.name, row.number, row.minutes, row.fault.code if row.fault else "") for row in found.rows]


def clocks(found: ReadFile) -> list[tuple[str, str]]:
    def clock(moment: datetime | None) -> str:
        return f"{moment:%d %H:%M}" if moment else ""

    return [(clock(row.starts_at), clock(row.ends_at)) for row in found.rows]


SOUND = [("尹磊", ONE, 120, "")]


@pytest.mark.parametrize(
    ("title", "figure", "minutes"),
    [
        ("信用时数（满30分钟计0.5）", "2.5", 150),
        ("服务时长（小时:分钟）", "2.5", 150),
        ("服务时长(单位：分钟)", "150", 150),
        ("时长(min)", "150", 150),
        ("信用时数", "1个小时30分钟", 90),
        ("信用时数", "2小时30分15秒", 150),
        ("信用时数", '="2.5"', 150),
        ("信用时数", "2.50E+00", 150),
        ("信用时数", "26:30:00", 1_590),
    ],
)
def test_the_unit_is_what_title_and_cell_say_together(title: str, figure: str, minutes: int) -> None:
    assert told(csv_file(f"姓名,志愿者编号,{title}\n尹磊,{ONE},{figure}\n")) == [("尹磊", ONE, minutes, "")]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("中午1:30", "下午3:30", ("08 13:30", "08 15:30")),
        ("凌晨12:30", "凌晨2:30", ("08 00:30", "08 02:30")),
        ("晚上10:00", "晚上12:00", ("08 22:00", "09 00:00")),
        ("傍晚6点", "夜里8点半", ("08 18:00", "08 20:30")),
        ("上午 8:30:00", "下午 1:30:00", ("08 08:30", "08 13:30")),
    ],
)
def test_words_say_which_part_of_the_day_is_meant(start: str, end: str, found: tuple[str, str]) -> None:
    read = csv_file(f"{SERVICES}导医,尹磊,{ONE},{DAY} {start},{DAY} {end},2\n")
    assert (told(read), clocks(read)) == (SOUND, [found])


@pytest.mark.parametrize("clock", ["晚上1:00", "晚上12:30", "夜里0:30"])
def test_an_hour_of_which_nobody_knows_the_day_is_not_guessed(clock: str) -> None:
    read = csv_file(f"{SERVICES}导医,尹磊,{ONE},{DAY} 晚上8:00,{DAY} {clock},2\n")
    assert told(read) == [("尹磊", ONE, 120, "time_not_readable")]


@pytest.mark.parametrize("nothing", ["1900-01-00 00:00", "1900/1/0", "0000-00-00 00:00:00", "1970-01-01 08:00:00", "0"])
def test_what_programs_make_of_no_sign_out_is_none(nothing: str) -> None:
    read = csv_file(f"{SERVICES}导医,尹磊,{ONE},{DAY} 8:00,{nothing},0\n导医,王芳,{TWO},{DAY} 8:00,{nothing},2\n")
    assert told(read) == [("尹磊", ONE, 0, ""), ("王芳", TWO, 120, "end_missing")]


@pytest.mark.parametrize(
    ("titles", "cells"),
    [
        ("日期,服务时间", "2026-10-08,8:30-10:30"),
        ("服务时间", "2026年10月8日 8:30～10:30"),
        ("起止时间", "2026-10-08 08:30至2026-10-08 10:30"),
        ("活动日期", "2026.10.8 上午8:30—10:30"),
        ("签到时间", "2026/10/8 8:30-10:30"),
    ],
)
def test_start_and_end_may_stand_in_one_cell(titles: str, cells: str) -> None:
    read = csv_file(f"姓名,志愿者编号,{titles},服务时长\n尹磊,{ONE},{cells},2\n")
    assert (read.kind, told(read), clocks(read)) == (FileKind.VERIFIED_DETAIL, SOUND, [("08 08:30", "08 10:30")])


@pytest.mark.parametrize(
    ("day", "span"),
    [("服务日期", "8:30-10:30"), ("服务日期", "上午8:30至10:30"), ("", f"{DAY} 8:30-10:30")],
)
def test_times_in_one_cell_are_seen_beside_the_same_row_that_came_without_them(cast: Cast, day: str, span: str) -> None:
    """As an earlier version of the program read them, or as another file leaves them out."""

    def file(time: str, hours: int) -> bytes:
        cells = {"姓名": cast.li.name, "志愿者编号": cast.li.number, day: DAY, "服务时间": time, "信用时数": str(hours)}
        found = {title: cell for title, cell in cells.items() if title and cell}
        return "\n".join([",".join(found), ",".join(found.values())]).encode()

    assert outcome(take(file("", 2), file_name="plain.csv"))["credited"] == 1
    assert outcome(take(file(span, 2), file_name="timed.csv")) == {"held_back": 1}
    assert ImportLine.objects.get(state="held_back").code == "equals_untimed"
    assert outcome(take(file(span, 2), file_name="timed.csv")) == {"already_known": 1}


def test_the_activitys_own_time_is_nobodys_sign_out() -> None:
    head = "姓名,志愿者编号,活动时间,签到时间,签退时间,信用时数\n"
    read = csv_file(f"{head}尹磊,{ONE},{DAY} 8:00-12:00,{DAY} 8:05,,2\n王芳,{TWO},{DAY} 8:00-12:00,{DAY} 8:05,,0\n")
    assert told(read) == [("尹磊", ONE, 120, "end_missing"), ("王芳", TWO, 0, "")]
    read = csv_file(f"姓名,志愿者编号,日期,签到时间,签退时间,信用时数\n尹磊,{ONE},{DAY} 8:00-12:00,8:05,,2\n")
    assert told(read) == [("尹磊", ONE, 120, "time_not_readable")]


def test_an_afternoon_is_one_to_its_end_and_a_word_is_no_time() -> None:
    head = "姓名,志愿者编号,日期,服务时间,服务时长\n"
    read = csv_file(
        f"{head}尹磊,{ONE},{DAY},下午2:00-5:00,2\n王芳,{TWO},{DAY},上午,2\n张三,{THREE},{DAY},8:30-x,2\n"
        f"尹磊,{ONE},{DAY},晚上10:00-24:00,2\n"
    )
    assert [fault for *_, fault in told(read)] == ["", "", "time_not_readable", ""]
    assert clocks(read) == [("08 14:00", "08 17:00"), ("", ""), ("", ""), ("08 22:00", "09 00:00")]


def test_a_service_without_day_and_time_is_told() -> None:
    assert told(csv_file(f"{SERVICES}导医,尹磊,{ONE},,,2\n")) == [("尹磊", ONE, 120, "time_missing")]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("编号,姓名,志愿者编号,信用时数", f"1,尹磊,{ONE},2"),
        ("姓名,志愿者编号,累计信用时数,信用时数", f"尹磊,{ONE},20,2"),
        ("姓名,志愿者编号,服务时长,认定时长", f"尹磊,{ONE},3,2"),
    ],
)
def test_of_several_columns_the_one_that_says_most_exactly_what_is_wanted_counts(head: str, row: str) -> None:
    assert told(csv_file(f"{head}\n{row}\n")) == SOUND


def test_the_sign_in_counts_and_not_the_planned_start() -> None:
    read = csv_file(
        "活动开始时间,活动结束时间,姓名,志愿者编号,签到时间,签退时间,信用时数\n"
        f"{DAY} 8:00,{DAY} 12:00,尹磊,{ONE},{DAY} 9:00,{DAY} 11:00,2\n"
    )
    assert clocks(read) == [("08 09:00", "08 11:00")]


def test_two_columns_of_hours_with_one_name_are_asked_about(cast: Cast) -> None:
    data = f"姓名,志愿者编号,信用时数,信用时数\n李明,{cast.li.number},2,20\n".encode()
    with pytest.raises(ColumnNamedTwice):
        take(data, file_name="x.csv")
    upload = {"file": SimpleUploadedFile("x.csv", data), "sender": "志愿汇"}
    page = cast.coordinator.client.post(reverse("exchange:import"), upload).content.decode()
    assert "Two columns are named “信用时数”" in page
    assert "Say which column is what" in page
    assert Deposit.objects.count() == 0


def test_two_tables_side_by_side_are_refused_and_no_half_is_lost() -> None:
    with pytest.raises(TablesSideBySide) as refused:
        csv_file(f"姓名,志愿者编号,信用时数,姓名,志愿者编号,信用时数\n尹磊,{ONE},2,王芳,{TWO},3\n")
    assert refused.value.parameters == {"who": "志愿者编号", "hours": "信用时数"}


@pytest.mark.parametrize("unit", ["（天）", "(秒)", "（单位：次）", "[课时]"])
def test_another_unit_is_not_taken_for_hours(unit: str) -> None:
    with pytest.raises(OtherUnit):
        csv_file(f"姓名,志愿者编号,服务时长{unit}\n尹磊,{ONE},2\n")


def test_a_comma_in_a_figure_does_not_make_it_a_smaller_one() -> None:
    read = csv_file(f'{SUMS}尹磊,{ONE},2,\n王芳,{TWO},1,110.5\n张三,{THREE},"1,110.5"\n合计,,1,232\n')
    assert told(read) == [*SOUND, ("王芳", TWO, 60, "cells_moved"), ("张三", THREE, 66_630, "")]
    assert read.skipped_rows == [5]


def test_hours_that_do_not_count_where_they_come_from_do_not_count_here() -> None:
    head = "姓名,志愿者编号,签到时间,签退时间,信用时数,时长状态\n"
    times = f"{DAY} 8:00,{DAY} 10:00"
    read = csv_file(f"{head}尹磊,{ONE},{times},2,已生效\n王芳,{TWO},{times},2,已拒绝\n张三,{THREE},{times},2,申请中\n")
    assert [fault for *_, fault in told(read)] == ["", "not_in_force", "not_in_force"]


@pytest.mark.parametrize(
    ("title", "word"), [("审核结果", "不通过"), ("是否有效", "否"), ("备注", "作废"), ("备注", "雨天")]
)
def test_a_word_beside_the_hours_may_take_them_back(title: str, word: str) -> None:
    read = csv_file(f"姓名,志愿者编号,信用时数,{title}\n尹磊,{ONE},2,{word}\n")
    assert told(read) == [("尹磊", ONE, 120, "" if word == "雨天" else "not_in_force")]


def test_a_unit_that_only_the_format_of_a_cell_shows_is_read() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, SUMS.strip().split(","))
        for place, (figure, code) in enumerate(((2, '0.0"小时"'), (120, '0"分钟"'), (2, '0"天"')), start=1):
            sheet.write_row(place, 0, ["尹磊", ONE])
            sheet.write_number(place, 2, figure, book.add_format({"num_format": code}))

    assert told(workbook(fill)) == [*SOUND, *SOUND, ("尹磊", ONE, None, "hours_not_readable")]


def test_a_column_may_say_the_kind_of_each_row() -> None:
    head = "姓名,志愿者编号,时长类型,服务时长\n"
    read = csv_file(f"{head}尹磊,{ONE},信用时长,2\n王芳,{TWO},荣誉时长,3\n")
    assert (read.kind, [fault for *_, fault in told(read)]) == (FileKind.VERIFIED_SUMMARY, ["", "other_kind"])
    read = csv_file(f"{head}尹磊,{ONE},荣誉时长,2\n王芳,{TWO},荣誉时长,3\n")
    assert (read.kind, [fault for *_, fault in told(read)]) == (FileKind.HONORARY, ["", ""])


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        (f"序号,{SUMS}1,尹磊,{ONE},2\n2,合计,,2\n", [3]),
        (f"{SUMS}尹磊,{ONE},2\n尹磊 汇总,,2\n,{ONE} 汇总,2\n总计,,2\n", [3, 4, 5]),
        (f"{SERVICES}导医,尹磊,{ONE},{DAY} 8:00,{DAY} 10:00,2\n小计,尹磊,{ONE},,,2\n", [3]),
        (f"{ENTERED}1,尹磊,{ONE},2,导医\n,尹磊,{ONE},2,小计\n", [3]),
        (f"某院时数表,,\n{SUMS}尹磊,{ONE},2\n某院时数表,,\n{SUMS}", [4, 5]),
        (f"{SUMS}尹磊,{ONE},2\n志愿服务队（盖章）,,\n2026年11月3日,,\n统计人：王五,,\n", [3, 4, 5]),
    ],
)
def test_sums_heads_of_pages_and_signatures_are_nobodys_hours(text: str, skipped: list[int]) -> None:
    read = csv_file(text)
    assert (told(read), read.skipped_rows) == (SOUND, skipped)


def test_sums_are_nobody_of_that_name_and_a_name_is_no_sum() -> None:
    read = csv_file("姓名,信用时数\n尹磊,2\n尹磊 小计,2\n共 1 人,2\n平均,2\nHassum,2\n共青,2\n")
    assert ([row.name for row in read.rows], read.skipped_rows) == (["尹磊", "Hassum", "共青"], [3, 4, 5])


def test_titles_in_two_rows_are_understood_without_merged_cells_and_again_on_each_page() -> None:
    head = "姓名,志愿者编号,时数,\n,,荣誉时数,信用时数\n"
    read = csv_file(f"{head}尹磊,{ONE},5,2\n{head}王芳,{TWO},6,3\n")
    assert (read.titles["verified"], told(read)) == ("信用时数", [*SOUND, ("王芳", TWO, 180, "")])


def test_a_second_table_below_is_read_by_its_own_titles() -> None:
    read = csv_file(f"{SUMS}尹磊,{ONE},2\n\n志愿者编号,备注,信用时数,姓名\n{TWO},x,3,王芳\n")
    assert told(read) == [*SOUND, ("王芳", TWO, 180, "")]
    for first, second in (("信用时数", "荣誉时数"), ("荣誉时数", "信用时数")):
        with pytest.raises(MixedKinds):
            csv_file(f"姓名,志愿者编号,{first}\n尹磊,{ONE},2\n\n姓名,志愿者编号,{second}\n王芳,{TWO},3\n")


@pytest.mark.parametrize("number", [f"’{ONE}", f'="{ONE}"', f"\u202d{ONE}\u202c", f"{ONE[:6]} {ONE[6:]}"])
def test_what_stands_around_a_number_is_no_part_of_it(number: str) -> None:
    assert told(csv_file(f"{SUMS}尹磊,{number},2\n")) == SOUND


def test_a_number_that_java_rounded_is_told() -> None:
    assert [fault for *_, fault in told(csv_file(f"{SUMS}尹磊,4.30360003452278E17,2\n"))] == ["number_rounded"]


def test_an_unknown_number_that_was_rounded_before_it_came_is_told(cast: Cast) -> None:
    assert outcome(take(f"{SUMS}李明,{ONE[:15]}000,2\n".encode(), file_name="x.csv")) == {"unmatched": 1}
    assert ImportLine.objects.get().code == "person_unknown_rounded"


def test_times_merged_over_those_who_served_together_hold_for_each() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, SERVICES.strip().split(","))
        for column, text in ((0, "导医"), (3, f"{DAY} 8:00"), (4, f"{DAY} 10:00")):
            sheet.merge_range(1, column, 2, column, text)
        for place, (name, number) in enumerate((("尹磊", ONE), ("王芳", TWO)), start=1):
            sheet.write_row(place, 1, [name, number])
            sheet.write(place, 5, "2")

    read = workbook(fill)
    assert told(read) == [*SOUND, ("王芳", TWO, 120, "")]
    assert clocks(read) == [("08 08:00", "08 10:00")] * 2


def test_a_name_merged_over_rows_and_columns_holds_for_each_row() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 1, "姓名")
        sheet.write_row(0, 2, ["志愿者编号", "荣誉时数", "补录原因"])
        sheet.merge_range(1, 0, 2, 1, "尹磊")
        sheet.merge_range(1, 2, 2, 2, ONE)
        sheet.write_row(1, 3, ["2", "导医"])
        sheet.write_row(2, 3, ["3", "义诊"])

    assert told(workbook(fill)) == [*SOUND, ("尹磊", ONE, 180, "")]


def test_a_cell_in_error_is_told_as_it_is_seen() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, SERVICES.strip().split(","))
        sheet.write_row(1, 0, ["导医", "尹磊", ONE, f"{DAY} 8:00"])
        sheet.write_formula(1, 4, "=NA()", None, "#N/A")
        sheet.write_formula(1, 5, "=NA()", None, "#N/A")

    [row] = workbook(fill).rows
    assert row.fault is not None
    assert (row.fault.code, dict(row.fault.parameters)) == ("time_not_readable", {"found": "#N/A"})


def test_an_xls_that_begins_in_another_column_fills_merged_cells_where_they_are() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("明细")
    for column, title in enumerate(SERVICES.strip().split(",")):
        sheet.write(3, column + 2, title)
    sheet.write_merge(4, 5, 2, 2, "导医")
    for place, (name, number) in enumerate((("尹磊", ONE), ("王芳", "")), start=4):
        for column, text in enumerate((name, number, f"{DAY} 8:00", f"{DAY} 10:00", "2"), start=3):
            sheet.write(place, column, text)
    stream = io.BytesIO()
    book.save(stream)
    read = read_file(stream.getvalue(), file_name="导出.xls")
    assert told(read) == [*SOUND, ("王芳", "", 120, "number_missing")]
    assert [row.title for row in read.rows] == ["导医"] * 2


def test_a_web_page_with_cells_over_several_rows_names_everybodys_own_hours() -> None:
    page = (
        "<html><table><tr><td rowspan=2>活动名称<td rowspan=2>姓名<td rowspan=2>志愿者编号<td colspan=2>时数</tr>"
        f"<tr><td>荣誉时数<td>信用时数</tr><tr><td rowspan=2>导医<td>尹磊<td>{ONE}<td>5<td>2</tr>"
        f"<tr><td>王芳<td>{TWO}<td>6<td>3</tr></table></html>"
    )
    read = csv_file(page, "导出.xls")
    assert told(read) == [*SOUND, ("王芳", TWO, 180, "")]
    assert [row.title for row in read.rows] == ["导医"] * 2


def in_sheets(*sheets: tuple[str, Sequence[Sequence[str]]], hidden: str = "", hidden_row: int = 0) -> bytes:
    def fill(book: Any) -> None:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
            if name == hidden:
                sheet.hide()
            if hidden_row:
                sheet.set_row(hidden_row, None, None, {"hidden": True})

    return workbook_bytes(fill)


def test_sums_beside_the_services_they_sum_up_are_refused_by_name() -> None:
    services = (SERVICES.strip().split(","), ["导医", "尹磊", ONE, f"{DAY} 8:00", f"{DAY} 10:00", "2"])
    data = in_sheets(("明细", services), ("汇总", (SUMS.strip().split(","), ["尹磊", ONE, "2"])))
    with pytest.raises(ServicesAndSums) as refused:
        read_file(data, file_name="x.xlsx")
    assert refused.value.parameters == {"services": "明细", "sums": "汇总"}


def test_the_preview_names_what_was_not_read_and_counts_what_nobody_sees(cast: Cast) -> None:
    titles = ("姓名", "志愿者编号", "累计信用时数")
    data = in_sheets(
        ("10月", (titles, ["李明", cast.li.number, "2"], ["王芳", cast.wang.number, "3"])),
        ("11月", (("谁", "号", "多少"), ["王芳", cast.wang.number, "3"])),
        ("字典", (titles, ["王芳", cast.wang.number, "4"])),
        ("空白", ()),
        hidden="字典",
        hidden_row=2,
    )
    client = cast.coordinator.client
    upload = {"file": SimpleUploadedFile("x.xlsx", data), "sender": "志愿汇"}
    page = client.get(client.post(reverse("exchange:import"), upload).headers["Location"]).content.decode()
    assert "so that nothing of them was read: 11月, 字典." in page
    assert "Rows that are hidden in the file and were read like all others: 1." in page
    assert "The column “累计信用时数” sums up all time" in page


def test_the_command_says_it_too(cast: Cast, tmp_path: Any) -> None:
    path = tmp_path / "x.xlsx"
    rows = (("姓名", "志愿者编号", "总信用时数"), ["李明", cast.li.number, "2"])
    path.write_bytes(in_sheets(("10月", rows), ("说明", (["请勿修改"],)), hidden_row=1))
    out = io.StringIO()
    call_command("import_zhiyuanhui", str(path), stdout=out)
    assert "nothing of them was read: 说明." in out.getvalue()
    assert "were read like all others: 1." in out.getvalue()
    assert "The column “总信用时数” sums up all time" in out.getvalue()


def test_a_sheet_whose_titles_nobody_understands_is_still_asked_about_where_it_is_the_only_one() -> None:
    with pytest.raises(HeaderNotFound):
        csv_file(f"谁,号,多少\n尹磊,{ONE},2\n")
