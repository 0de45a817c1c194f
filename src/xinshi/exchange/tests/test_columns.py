"""Titles that nobody understands: asked about once, remembered, shown, forgotten."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from xinshi.bank.models import Deposit
from xinshi.documents.sheets import HeaderNotFound
from xinshi.exchange.actions import change_columns, forget_columns, import_zhiyuanhui, remember_columns, start_run
from xinshi.exchange.actions.mapping import ColumnsKnownElsewhere
from xinshi.exchange.actions.runs import go_on_with_imports
from xinshi.exchange.actions.senders import TooManySenders
from xinshi.exchange.models import ColumnMapping, FileSender, ImportFile, ImportRun, Partner
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
    upload = {"file": SimpleUploadedFile("odd.csv", odd(cast, "1.5")), "sender": "志愿汇"}
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
    upload = {"file": SimpleUploadedFile("odd.csv", b"x\n1\n2\n"), "sender": "志愿汇"}
    answer = cast.coordinator.client.post(reverse("exchange:import"), upload)
    assert "No row with the column names" in answer.content.decode()
    assert "Say which column is what" not in answer.content.decode()


ASSOCIATION, LEAGUE = "市志愿者协会", "大学团委"


def test_what_was_said_of_one_sender_is_never_used_silently_for_another(cast: Cast) -> None:
    remember_columns(actor=cast.coordinator.actor, titles=TITLES, columns=WHAT, sender=ASSOCIATION)
    for dry_run in (True, False):
        with pytest.raises(ColumnsKnownElsewhere) as asked:
            import_zhiyuanhui(actor=SYSTEM, data=odd(cast, "2"), file_name="odd.csv", sender=LEAGUE, dry_run=dry_run)
        assert asked.value.parameters["sender"] == ASSOCIATION
    with pytest.raises(ColumnsKnownElsewhere):
        take(odd(cast, "2"), file_name="odd.csv")
    assert (Deposit.objects.count(), ImportFile.objects.count(), ImportRun.objects.count()) == (0, 0, 0)
    assert not FileSender.objects.filter(name=LEAGUE).exists()
    report = import_zhiyuanhui(actor=SYSTEM, data=odd(cast, "2"), file_name="odd.csv", sender=f" {ASSOCIATION} ")
    assert outcome(report) == {"credited": 1, "minutes": 120}
    assert ImportFile.objects.get().sender == FileSender.objects.get(name=ASSOCIATION)


def test_confirmed_once_it_is_remembered_for_the_other_sender_too(cast: Cast) -> None:
    remember_columns(actor=cast.coordinator.actor, titles=TITLES, columns=WHAT, in_minutes=True, sender=ASSOCIATION)
    run_id = start_run(
        actor=cast.coordinator.actor, data=odd(cast), file_name="odd.csv", sender=LEAGUE, columns_as=ASSOCIATION
    )
    assert (go_on_with_imports(), ImportRun.objects.get(pk=run_id).figures["minutes"]) == (1, 90)
    theirs = ColumnMapping.objects.get(sender__name=LEAGUE)
    assert (theirs.columns, theirs.in_minutes, theirs.uses) == (WHAT, True, 1)
    forget_columns(actor=cast.coordinator.actor, mapping_id=ColumnMapping.objects.get(sender__name=ASSOCIATION).pk)
    again = import_zhiyuanhui(actor=SYSTEM, data=odd(cast, "30"), file_name="odd.csv", sender=LEAGUE)
    assert outcome(again) == {"credited": 1, "minutes": 30}


def test_two_senders_mean_different_things_by_the_same_titles(cast: Cast) -> None:
    remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender=ASSOCIATION)
    remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, in_minutes=True, sender=LEAGUE)
    for sender, minutes in ((ASSOCIATION, 180), (LEAGUE, 3)):
        report = import_zhiyuanhui(actor=SYSTEM, data=odd(cast, "3"), file_name="odd.csv", sender=sender, dry_run=True)
        assert report.minutes == minutes
    mapping = ColumnMapping.objects.get(sender__name=ASSOCIATION)
    change_columns(actor=SYSTEM, mapping_id=mapping.pk, columns={"name": 1, "number": 0, "verified": 2})
    assert ColumnMapping.objects.get(sender__name=LEAGUE).columns == WHAT
    with pytest.raises(Invalid):
        change_columns(actor=SYSTEM, mapping_id=mapping.pk, columns={"name": 1})
    with pytest.raises(NotAllowed):
        change_columns(actor=cast.auditor.actor, mapping_id=mapping.pk, columns=WHAT)
    mapping.refresh_from_db()
    assert mapping.columns == {"name": 1, "number": 0, "verified": 2}


def test_a_sender_has_a_name_of_its_own_and_there_are_not_endlessly_many(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = Partner.objects.get(code="zhiyuanhui")
    for name in ("", "志愿汇"):
        with pytest.raises(IntegrityError), transaction.atomic():
            FileSender.objects.create(partner=partner, name=name)
    with pytest.raises(Invalid):
        remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender="长" * 65)
    monkeypatch.setattr("xinshi.exchange.actions.senders.SENDERS_MAX", 1)
    with pytest.raises(TooManySenders):
        remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender=LEAGUE)
    assert (FileSender.objects.count(), ColumnMapping.objects.count()) == (1, 0)


def test_the_page_proposes_what_was_said_of_another_sender_and_one_press_remembers_it(cast: Cast) -> None:
    remember_columns(actor=cast.coordinator.actor, titles=TITLES, columns=WHAT, in_minutes=True, sender=ASSOCIATION)
    client = cast.coordinator.client
    upload = {"file": SimpleUploadedFile("odd.csv", odd(cast, "45")), "sender": LEAGUE}
    address = client.post(reverse("exchange:import"), upload).headers["Location"]
    assert address.endswith("/columns/")
    page = client.get(address).content.decode()
    assert ASSOCIATION in page
    assert LEAGUE in page
    fields = {f"column-{place}": field for field, place in WHAT.items()}
    assert all(f'value="{field}" selected' in page for field in WHAT)
    assert 'name="in_minutes" checked' in page
    assert not ColumnMapping.objects.filter(sender__name=LEAGUE).exists()
    preview = client.post(address, {"remember": "1", "header": "1", "in_minutes": "on", **fields}).headers["Location"]
    assert f"from {LEAGUE}" in client.get(preview).content.decode()
    client.post(preview)
    assert (Deposit.objects.get().raw_minutes, ImportRun.objects.get().sender.name) == (45, LEAGUE)
    form = client.get(reverse("exchange:import")).content.decode()
    assert re.search(f'name="sender" value="{LEAGUE}"', form)
    assert re.findall(r'<option value="([^"]+)">', form) == [LEAGUE, "志愿汇", ASSOCIATION]


def test_the_preview_says_that_titles_which_are_understood_were_explained_for_another_sender(cast: Cast) -> None:
    titles = ["姓名", "志愿者编号", "信用时数", "时数"]
    remember_columns(actor=SYSTEM, titles=titles, columns={"name": 0, "number": 1, "verified": 3}, sender=ASSOCIATION)
    data = f"{','.join(titles)}\n{cast.li.name},{cast.li.number},9,2\n".encode()
    client = cast.coordinator.client
    upload = {"file": SimpleUploadedFile("x.csv", data), "sender": LEAGUE}
    preview = client.post(reverse("exchange:import"), upload).headers["Location"]
    page = client.get(preview).content.decode()
    assert f"For files of {ASSOCIATION} with the same titles somebody explained them" in page
    assert f"{preview}columns/" in page


def test_what_was_said_is_listed_changed_and_forgotten_for_each_sender(cast: Cast) -> None:
    for sender in (ASSOCIATION, LEAGUE):
        remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender=sender)
    first, second = ColumnMapping.objects.order_by("pk")
    client = cast.coordinator.client
    listed = client.get(reverse("exchange:remembered_columns")).content.decode()
    assert ASSOCIATION in listed
    assert LEAGUE in listed
    address = reverse("exchange:change_columns", args=[first.pk])
    assert 'value="verified" selected' in client.get(address).content.decode()
    wrong = client.post(address, {"remember": "1", "column-0": "name"}).content.decode()
    assert "hours are, verified or honorary" in wrong
    fields = {"column-0": "name", "column-1": "number", "column-3": "honorary"}
    client.post(address, {"remember": "1", **fields, "in_minutes": "on"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.columns, first.in_minutes) == ({"name": 0, "number": 1, "honorary": 3}, True)
    assert (second.columns, second.in_minutes) == (WHAT, False)
    client.post(reverse("exchange:forget_columns", args=[second.pk]))
    assert [row.sender.name for row in ColumnMapping.objects.all()] == [ASSOCIATION]
    assert cast.auditor.client.get(address).status_code in (403, 404)
    chinese = client.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert re.findall("(?<=标题如下的文件。).", chinese) == ["此"], "no blank stands between Chinese sentences"


def test_programs_name_the_sender_and_confirm_what_was_said_of_another(cast: Cast) -> None:
    client = cast.coordinator.client
    payload = {"titles": list(TITLES), "columns": WHAT, "sender": ASSOCIATION}
    said = client.post("/api/v1/exchange/columns", payload, content_type="application/json").json()
    fields = {"sender": LEAGUE}
    asked = client.post("/api/v1/exchange/imports", {"file": SimpleUploadedFile("a.csv", odd(cast, "1")), **fields})
    assert (asked.status_code, asked.json()["code"]) == (422, "columns_known_elsewhere")
    fields["columns_as"] = ASSOCIATION
    done = client.post("/api/v1/exchange/imports", {"file": SimpleUploadedFile("a.csv", odd(cast, "1")), **fields})
    assert (done.status_code, done.json()["minutes"]) == (200, 60)
    assert client.get("/api/v1/exchange/files").json()["items"][0]["sender"] == LEAGUE
    run = client.post("/api/v1/exchange/runs", {"file": SimpleUploadedFile("b.csv", odd(cast, "2")), "sender": LEAGUE})
    assert client.get(f"/api/v1/exchange/runs/{run.json()['run_id']}").json()["sender"] == LEAGUE
    listed = client.get("/api/v1/exchange/columns").json()["items"]
    assert {one["sender"] for one in listed} == {ASSOCIATION, LEAGUE}
    address = f"/api/v1/exchange/columns/{said['mapping_id']}"
    changed = client.put(address, {"columns": WHAT, "in_minutes": True}, content_type="application/json")
    assert (changed.status_code, changed.json()["in_minutes"], changed.json()["sender"]) == (200, True, ASSOCIATION)
    assert not ColumnMapping.objects.get(sender__name=LEAGUE).in_minutes


def test_the_command_names_the_sender(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(odd(cast, "2"))
    remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender=ASSOCIATION)
    with pytest.raises(CommandError, match=f"Files of {ASSOCIATION}"):
        call_command("import_zhiyuanhui", str(path), "--sender", LEAGUE)
    assert not ImportFile.objects.exists()
    call_command("import_zhiyuanhui", str(path), "--sender", LEAGUE, "--columns-as", ASSOCIATION, stdout=io.StringIO())
    assert ImportFile.objects.get().sender == FileSender.objects.get(name=LEAGUE)
