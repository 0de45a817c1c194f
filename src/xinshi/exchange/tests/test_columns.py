"""Titles that nobody understands: asked about once, remembered, shown, forgotten."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import HeaderNotFound
from xinshi.exchange.actions import forget_columns, remember_columns
from xinshi.exchange.models import ColumnMapping, ImportFile
from xinshi.exchange.tests.conftest import SYSTEM, Cast, outcome, take
from xinshi.kernel.errors import Invalid, NotAllowed

TITLES = ("谁", "号", "多少", "备用")
WHAT = {"name": 0, "number": 1, "verified": 2}


def odd(cast: Cast, figure: str = "90") -> bytes:
    return f"某院导出\n{','.join(TITLES)}\n{cast.li.name},{cast.li.number},{figure},x\n".encode()


def test_what_was_said_is_used_silently_from_then_on(cast: Cast) -> None:
    with pytest.raises(HeaderNotFound):
        take(odd(cast), file_name="odd.csv")
    mapping = remember_columns(actor=cast.coordinator.actor, titles=TITLES, columns=WHAT, in_minutes=True)
    assert outcome(take(odd(cast), file_name="odd.csv")) == {"credited": 1, "minutes": 90}
    row = ColumnMapping.objects.get(pk=mapping)
    assert (row.uses, row.said_by_ref) == (1, cast.coordinator.actor.reference)
    forget_columns(actor=cast.coordinator.actor, mapping_id=mapping)
    with pytest.raises(HeaderNotFound):
        take(odd(cast, "60"), file_name="odd.csv")
    assert Deposit.objects.count() == 1


def test_what_was_said_goes_before_what_the_titles_seem_to_say(cast: Cast) -> None:
    data = f"姓名,志愿者编号,信用时数,时数\n{cast.li.name},{cast.li.number},9,2\n".encode()
    titles = ["姓名", "志愿者编号", "信用时数", "时数"]
    remember_columns(actor=SYSTEM, titles=titles, columns={"name": 0, "number": 1, "verified": 3})
    assert outcome(take(data, file_name="x.csv")) == {"credited": 1, "minutes": 120}
    remember_columns(actor=SYSTEM, titles=titles, columns={"name": 0, "number": 1, "verified": 2})
    assert ColumnMapping.objects.count() == 1


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"name": 0},
        {"verified": 2},
        {"name": 0, "verified": 2, "honorary": 3},
        {"name": 0, "verified": 0},
        {"name": 0, "verified": 4},
    ],
)
def test_columns_say_whose_hours_and_how_many_or_are_refused(cast: Cast, columns: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        remember_columns(actor=SYSTEM, titles=TITLES, columns=columns)
    assert ColumnMapping.objects.count() == 0


def test_only_keepers_say_what_columns_are(cast: Cast) -> None:
    for role in ("li", "auditor"):
        with pytest.raises(NotAllowed):
            remember_columns(actor=getattr(cast, role).actor, titles=TITLES, columns=WHAT)
    assert ColumnMapping.objects.count() == 0


def test_an_odd_file_leads_to_the_question_and_on_to_the_preview(cast: Cast) -> None:
    client = cast.coordinator.client
    upload = {"file": SimpleUploadedFile("odd.csv", odd(cast, "1.5"))}
    told = client.post(reverse("exchange:import"), upload).content.decode()
    assert "No row with the column names" in told
    [address] = re.findall(r'href="(/exchange/import/[^"]+/columns/)"', told)
    page = client.get(address).content.decode()
    assert cast.li.number in page
    wrong = client.post(address, {"remember": "1", "header": "1", "column-0": "name"})
    assert "hours are, verified or honorary" in wrong.content.decode()
    answer = client.post(
        address, {"remember": "1", "header": "1", "column-0": "name", "column-1": "number", "column-2": "verified"}
    )
    preview = answer.headers["Location"]
    assert "Nothing is written yet" in client.get(preview).content.decode()
    client.post(preview)
    assert (Deposit.objects.get().raw_minutes, ImportFile.objects.count()) == (90, 1)
    remembered = client.get(reverse("exchange:remembered_columns")).content.decode()
    assert "谁 = Name" in remembered
    client.post(reverse("exchange:forget_columns", args=[ColumnMapping.objects.get().pk]))
    assert ColumnMapping.objects.count() == 0


def test_a_file_in_which_nothing_can_be_titles_is_told_at_the_form(cast: Cast) -> None:
    upload = {"file": SimpleUploadedFile("odd.csv", b"x\n1\n2\n")}
    answer = cast.coordinator.client.post(reverse("exchange:import"), upload)
    assert "No row with the column names" in answer.content.decode()
    assert "Say which column is what" not in answer.content.decode()
