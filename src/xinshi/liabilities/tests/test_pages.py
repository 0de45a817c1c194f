"""The page, its lists, its exports, the API and the monthly snapshot."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from xinshi.documents.sheets import read_sheets
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.queries import book
from xinshi.liabilities.actions import take_snapshot
from xinshi.liabilities.models import LiabilitySnapshot
from xinshi.liabilities.tests.conftest import SYSTEM, Bank

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="(/liabilities/accounts/\?[^"]+)"')


def text_of(response: Any) -> str:
    return response.content.decode()


def test_every_figure_of_the_page_opens_to_accounts_that_make_it(bank: Bank) -> None:
    client = bank.cast.auditor.client
    page = text_of(client.get("/liabilities/"))
    assert "<b>36</b><span>hours outstanding</span>" in page
    links = set(LINK.findall(page))
    assert len(links) > 15
    for link in links:
        shown = client.get(link.replace("&amp;", "&"))
        lines = shown.context["page"].object_list
        assert shown.context["minutes"] == sum(line.minutes for line in lines), link
    whole = client.get("/liabilities/accounts/")
    assert whole.context["minutes"] == book()[0].outstanding_minutes


@pytest.mark.parametrize(
    "query", ["age=x", "organization=x", "organization=99999999999999999999", "holder=%00", "page=99"]
)
def test_a_strange_address_narrows_nothing(bank: Bank, query: str) -> None:
    shown = bank.cast.auditor.client.get(f"/liabilities/accounts/?{query}")
    assert shown.context["minutes"] == book()[0].outstanding_minutes


def test_the_picture_has_words_and_no_style(bank: Bank) -> None:
    page = text_of(bank.cast.coordinator.client.get("/liabilities/"))
    drawn = re.search(r"<svg class=\"chart-lines\".*?</svg>", page, re.DOTALL)
    assert drawn is not None
    assert 'role="img" aria-label="Outstanding hours month by month' in drawn[0]
    assert "style=" not in page
    assert "polyline" in drawn[0]


def test_a_bank_without_hours_has_a_page(bank: Bank) -> None:
    from xinshi.liabilities import counting, pages

    empty = counting.Count(clock.today(), [], [], {}, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xinshi.liabilities.queries.count_outstanding", lambda: empty)
        page = text_of(bank.cast.auditor.client.get("/liabilities/"))
    assert "Nobody holds hours yet" in page
    assert pages.PAGE_SIZE == 50


def test_exports_add_up_and_name_nobody(bank: Bank) -> None:
    client = bank.cast.auditor.client
    whole = book()[0].outstanding_minutes
    rows = list(csv.reader(io.StringIO(client.get("/liabilities/outstanding.csv").content.decode("utf-8-sig"))))
    assert sum(int(row[5]) for row in rows[1:]) == whole
    assert "李明" not in str(rows)
    (sheet,) = read_sheets(client.get("/liabilities/outstanding.xlsx").content, file_name="x.xlsx")
    assert sum(int(float(row[5])) for row in sheet.rows[1:] if row[5]) == whole
    months = list(csv.reader(io.StringIO(client.get("/liabilities/months.csv").content.decode("utf-8-sig"))))
    booked = [row for row in months if row[1] == "booked"]
    assert (booked[-1][0], int(booked[-1][6])) == ("2026-11", whole)
    assert client.get("/liabilities/months.xlsx").status_code == 200


def test_the_page_is_for_coordinators_administrators_and_auditors(bank: Bank) -> None:
    for address in (
        "/liabilities/",
        "/liabilities/accounts/",
        "/liabilities/outstanding.csv",
        "/liabilities/months.xlsx",
    ):
        for who in (bank.cast.volunteer, bank.cast.clerk):
            assert who.client.get(address).status_code == 403


def test_the_api_says_the_same(bank: Bank) -> None:
    client = bank.cast.auditor.client
    said = client.get("/api/v1/liabilities/overview").json()
    whole = book()[0].outstanding_minutes
    assert said["outstanding_minutes"] == whole == said["months"][-1]["outstanding"]
    for name in ("by_holder", "by_age", "by_kind", "by_group", "by_organization"):
        assert sum(said[name].values()) == whole, name
    listed = client.get("/api/v1/liabilities/accounts", {"age": "24+"}).json()
    assert sum(row["minutes"] for row in listed) == said["by_age"]["24+"]
    assert bank.cast.volunteer.client.get("/api/v1/liabilities/overview").status_code == 403
    assert client.get("/api/v1/liabilities/snapshots").json() == []
    take_snapshot(actor=SYSTEM)
    assert client.get("/api/v1/liabilities/snapshots").json()[0]["outstanding_minutes"] == whole


def test_a_snapshot_is_taken_once_a_month_and_never_changed(bank: Bank, at_noon: Any) -> None:
    assert [take_snapshot(actor=SYSTEM), take_snapshot(actor=SYSTEM)] == [True, False]
    row = LiabilitySnapshot.objects.get()
    assert (row.month.isoformat(), row.outstanding_minutes, row.held_minutes) == ("2026-11-01", 2_160, 120)
    assert sum(row.by_age.values()) == sum(row.by_kind.values()) == sum(row.by_group.values()) == 2_160
    at_noon.move_to(clock.now() + timedelta(days=7))
    assert take_snapshot(actor=SYSTEM)
    assert "2026-12" in text_of(bank.cast.auditor.client.get("/liabilities/"))
    for statement in ("UPDATE liability_snapshot SET pool_minutes = 1", "DELETE FROM liability_snapshot"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(NotAllowed):
        take_snapshot(actor=bank.cast.auditor.actor)


def test_the_database_refuses_a_snapshot_that_does_not_add_up(bank: Bank) -> None:
    take_snapshot(actor=SYSTEM)
    row = LiabilitySnapshot.objects.get()
    for fields in ({"outstanding_minutes": 1}, {"month": row.month.replace(day=2)}):
        values = {field.attname: getattr(row, field.attname) for field in LiabilitySnapshot._meta.fields}
        values |= {"id": None, "month": row.month.replace(year=2020)} | fields
        with pytest.raises(IntegrityError), transaction.atomic():
            LiabilitySnapshot.objects.create(**values)


def test_every_page_speaks_chinese(bank: Bank) -> None:
    chinese = {"accept-language": "zh-hans"}
    assert "存量与兑付" in text_of(bank.cast.auditor.client.get("/liabilities/", headers=chinese))
    shown = text_of(bank.cast.auditor.client.get("/liabilities/accounts/?kind=received", headers=chinese))
    assert "收到的：转赠、帮扶、捐赠" in shown
