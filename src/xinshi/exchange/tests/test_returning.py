"""What comes back from 志愿汇 beside what was sent: four lists, and each difference ends with a reason."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import read_sheets
from xinshi.exchange.actions import export_zhiyuanhui
from xinshi.exchange.actions.exporting import written_again
from xinshi.exchange.models import HonoraryExport, HonoraryExportPart, ReturnedDifference, ReturnedFile
from xinshi.exchange.returning.actions import (
    DifferenceDecided,
    NothingWasSent,
    OwnDifference,
    VerifiedHoursCameBack,
    compare_returned,
    decide_differences,
)
from xinshi.exchange.returning.comparing import Side, compared
from xinshi.exchange.tests.conftest import SYSTEM, Bank, Cast, honorary
from xinshi.kernel.errors import Invalid, NotAllowed

OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=8))
def test_both_sides_are_accounted_for_person_by_person(people: list[tuple[int, int]]) -> None:
    """A figure of -1 stands for somebody whom that side does not know."""
    here, there = (
        {str(place): Side("x", both[side]) for place, both in enumerate(people) if both[side] >= 0} for side in (0, 1)
    )
    found = compared(here, there)
    for side, of_difference in ((here, "here_minutes"), (there, "there_minutes")):
        total = found.matched_minutes + sum(getattr(one, of_difference) for one in found.differences)
        assert total == sum(one.minutes for one in side.values())
    for one in found.differences:
        wanted = {"only_here": (True, False), "only_there": (False, True), "differs": (True, True)}[one.kind]
        assert (one.here_minutes > 0, one.there_minutes > 0) == wanted
        assert one.here_minutes != one.there_minutes


@pytest.fixture
def sent(cast: Cast, bank: Bank) -> HonoraryExport:
    """李 2 hours, 王 1.5 and the coordinator 1 hour, in two files of two rows at most."""
    for who, minutes in ((cast.li, 120), (cast.wang, 93), (cast.coordinator, 60)):
        bank.agrees(who)
        bank.served(who, minutes)
    export_zhiyuanhui(actor=SYSTEM, from_day=OCTOBER[0], to_day=OCTOBER[1])
    return HonoraryExport.objects.get()


def came_back(cast: Cast, *, wang: str = "1.4", stranger: str = "2") -> bytes:
    """李 as sent, 王 with another figure, nothing of the coordinator, somebody whom nobody sent."""
    return honorary(
        [cast.li.name, cast.li.number, "2", "导医"],
        [cast.wang.name, cast.wang.number, wang, "导医"],
        ["赵新", "9" * 18, stranger, "导医"],
    )


def kinds() -> dict[str, tuple[int, int]]:
    rows = ReturnedDifference.objects.filter(decision="")
    return {row.kind: (row.here_minutes, row.there_minutes) for row in rows}


def test_verified_hours_are_not_compared_with_honorary_ones(cast: Cast, sent: HonoraryExport) -> None:
    members = f"姓名,志愿者编号,信用时数,荣誉时数\n{cast.li.name},{cast.li.number},9,2\n".encode()
    with pytest.raises(VerifiedHoursCameBack):
        compare_returned(actor=cast.coordinator.actor, data=members, file_name="back.csv")
    assert (ReturnedFile.objects.count(), ReturnedDifference.objects.count()) == (0, 0)


def test_four_lists_come_out_of_a_comparison_and_nothing_is_credited(cast: Cast, sent: HonoraryExport) -> None:
    deposits = Deposit.objects.count()
    compare_returned(actor=cast.coordinator.actor, data=came_back(cast), file_name="back.xlsx")
    file = ReturnedFile.objects.get()
    assert (file.matched_people, file.matched_minutes, file.rows) == (1, 120, 3)
    assert kinds() == {"only_here": (60, 0), "only_there": (0, 120), "differs": (90, 84)}
    assert Deposit.objects.count() == deposits


def test_each_difference_ends_once_with_a_reason_and_never_by_whom_it_concerns(
    cast: Cast, sent: HonoraryExport
) -> None:
    compare_returned(actor=SYSTEM, data=came_back(cast), file_name="back.xlsx", export_id=sent.pk)
    by_kind = {row.kind: row.pk for row in ReturnedDifference.objects.all()}
    keeper = cast.coordinator.actor
    with pytest.raises(Invalid):
        decide_differences(actor=keeper, difference_ids=[by_kind["differs"]], decision="they_correct", reason=" ")
    with pytest.raises(Invalid):
        decide_differences(actor=keeper, difference_ids=[by_kind["differs"]], decision="replaced", reason="x")
    with pytest.raises(OwnDifference):
        decide_differences(actor=keeper, difference_ids=list(by_kind.values()), decision="both_right", reason="x")
    with pytest.raises(NotAllowed):
        decide_differences(actor=cast.auditor.actor, difference_ids=[1], decision="both_right", reason="x")
    assert len(kinds()) == 3
    wanted = [by_kind["differs"], by_kind["only_there"]]
    assert decide_differences(actor=keeper, difference_ids=wanted, decision="they_correct", reason="已电话核实") == 2
    with pytest.raises(DifferenceDecided):
        decide_differences(actor=keeper, difference_ids=wanted, decision="we_correct", reason="x")
    assert kinds() == {"only_here": (60, 0)}


def test_a_later_comparison_replaces_what_is_open_and_keeps_what_was_decided(cast: Cast, sent: HonoraryExport) -> None:
    compare_returned(actor=SYSTEM, data=came_back(cast), file_name="back.xlsx")
    stranger = ReturnedDifference.objects.get(kind="only_there").pk
    decide_differences(actor=SYSTEM, difference_ids=[stranger], decision="both_right", reason="外院志愿者")
    compare_returned(actor=SYSTEM, data=came_back(cast, wang="1.5"), file_name="back2.xlsx")
    assert kinds() == {"only_here": (60, 0)}
    again = ReturnedDifference.objects.filter(file__file_name="back2.xlsx", kind="only_there").get()
    assert (again.decision, again.reason) == ("both_right", "外院志愿者")
    assert ReturnedDifference.objects.filter(decision="replaced").count() == 2
    compare_returned(actor=SYSTEM, data=came_back(cast, wang="1.5", stranger="3"), file_name="back3.xlsx")
    assert kinds() == {"only_here": (60, 0), "only_there": (0, 180)}


def test_before_anything_was_sent_there_is_nothing_to_compare(cast: Cast) -> None:
    with pytest.raises(NothingWasSent):
        compare_returned(actor=SYSTEM, data=came_back(cast), file_name="back.xlsx")
    assert ReturnedFile.objects.count() == 0


def test_a_comparison_is_made_looked_at_and_decided_by_its_pages(cast: Cast, sent: HonoraryExport) -> None:
    client, address = cast.coordinator.client, reverse("exchange:returned")
    upload = {"file": SimpleUploadedFile("back.xlsx", came_back(cast)), "export": str(sent.pk)}
    page = client.post(address, upload).headers["Location"]
    assert "Amounts differ (1)" in client.get(page).content.decode()
    assert cast.li.client.get(page).status_code == 403
    only = client.get(page, {"kind": "only_there"}).content.decode()
    assert ("赵新" in only, cast.wang.name in only) == (True, False)
    row = ReturnedDifference.objects.get(kind="only_there")
    decide = reverse("exchange:decide_differences", args=[row.file_id])
    assert cast.auditor.client.post(decide, {"difference": row.pk}).status_code == 403
    client.post(decide, {})
    client.post(decide, {"difference": row.pk, "decision": "both_right", "reason": "外院"})
    row.refresh_from_db()
    assert (row.decision, row.reason) == ("both_right", "外院")
    assert "back.xlsx" in cast.auditor.client.get(address).content.decode()


def test_an_export_is_cut_into_files_that_are_recorded_by_their_hash(cast: Cast, bank: Bank, settings: object) -> None:
    settings.ZHIYUANHUI_FILE_ROWS_MAX = 2  # type: ignore[attr-defined]
    people = (cast.li, cast.wang, cast.coordinator)
    for who in people:
        bank.agrees(who)
        bank.served(who, 64)
    report = export_zhiyuanhui(actor=SYSTEM, from_day=OCTOBER[0], to_day=OCTOBER[1])
    export = HonoraryExport.objects.get()
    assert [len(read_sheets(one, file_name="x.xlsx")[0].rows) - 3 for one in report.workbooks] == [2, 1]
    parts = list(HonoraryExportPart.objects.order_by("number").values_list("number", "rows", "tenths", "sha256"))
    hashes = [hashlib.sha256(written_again(export, part=number)).hexdigest() for number in (1, 2)]
    assert parts == [(1, 2, 20, hashes[0]), (2, 1, 10, hashes[1])]
    numbers = {row[2] for one in report.workbooks for row in read_sheets(one, file_name="x.xlsx")[0].rows[3:]}
    assert numbers == {who.number for who in people}
    record = cast.auditor.client.get(reverse("exchange:export_record", args=[export.pk])).content.decode()
    assert hashes[1] in record
    second = cast.auditor.client.get(reverse("exchange:export_file", args=[export.pk]), {"part": "2"})
    assert hashlib.sha256(second.content).hexdigest() == hashes[1]
    assert cast.auditor.client.get(reverse("exchange:export_file", args=[export.pk]), {"part": "3"}).status_code == 404
    assert "2 files to hand in" in cast.auditor.client.get(reverse("exchange:export")).content.decode()
