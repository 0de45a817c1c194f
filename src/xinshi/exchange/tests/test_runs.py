"""Long imports: portion by portion, interrupted and gone on with, each row credited once."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from xinshi.bank.models import Deposit
from xinshi.exchange.actions import (
    continue_run,
    go_on_with_imports,
    import_zhiyuanhui,
    portions,
    runs,
    start_run,
    stop_run,
)
from xinshi.exchange.actions.importing import KeyedFile, begin_run, go_on
from xinshi.exchange.models import ImportFile, ImportLine, ImportRun, Partner
from xinshi.exchange.tests.conftest import NOW, SYSTEM, Cast, outcome, summary, take
from xinshi.exchange.zhiyuanhui import reading
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.verification import verify
from xinshi.outbox.models import StoredEvent

ROWS = 7


class Killed(BaseException):
    """The process dies: nobody catches this."""


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PORTION_ROWS", 3)
    monkeypatch.setattr(portions, "PORTION_ROWS", 3)


def long_file(cast: Cast) -> bytes:
    """Seven rows in three portions; the sixth is of nobody, the last repeats the first."""
    li, wang = cast.li, cast.wang
    rows = [[li.name, li.number, str(hours)] for hours in (1, 2, 3)] + [
        [wang.name, wang.number, str(h)] for h in (1, 2)
    ]
    return summary(*rows, ["赵新", "9" * 18, "4"], [li.name, li.number, "1"])


def die_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Die inside the transaction of the portion with this number, after its deposits were written."""
    taken = iter(range(1, 100))
    original = portions._move_on

    def move_on(*arguments: object) -> None:
        original(*arguments)  # type: ignore[arg-type]
        if next(taken) == number:
            raise Killed

    monkeypatch.setattr(portions, "_move_on", move_on)


WHOLE = {"credited": 5, "minutes": 540, "unmatched": 1, "held_back": 1}


def test_a_file_in_portions_comes_to_the_same_as_in_one(cast: Cast) -> None:
    tried = take(long_file(cast), dry_run=True)
    assert (outcome(tried), ImportFile.objects.count()) == (WHOLE, 0)
    assert outcome(take(long_file(cast))) == WHOLE
    assert (cast.li.certified, cast.wang.certified) == (360, 180)
    assert ImportRun.objects.values_list("state", "done_rows", "row_count").get() == ("done", ROWS, ROWS)
    assert StoredEvent.objects.filter(name="exchange.imported").count() == 1


@pytest.mark.parametrize("portion", [1, 2, 3])
@pytest.mark.parametrize("resume", [True, False])
def test_killed_in_any_portion_nothing_is_lost_and_nothing_credited_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, portion: int, resume: bool
) -> None:
    with monkeypatch.context() as patched:
        die_at(patched, portion)
        with pytest.raises(Killed):
            take(long_file(cast))
    run = ImportRun.objects.get()
    assert (run.state, run.done_rows) == ("running", 3 * (portion - 1))
    assert Deposit.objects.count() == min(5, 3 * (portion - 1))
    report = import_zhiyuanhui(actor=SYSTEM, data=long_file(cast), file_name="again.xlsx", resume=resume)
    if resume:
        assert outcome(report) == WHOLE
        assert ImportRun.objects.count() == 1
    else:
        assert (report.credited, report.already_known) == (5 - min(5, 3 * (portion - 1)), min(5, 3 * (portion - 1)))
    assert (cast.li.certified, cast.wang.certified, Deposit.objects.count()) == (360, 180, 5)
    assert outcome(take(long_file(cast))) == {"already_known": 6, "unmatched": 1}
    assert verify().ok


def test_a_run_goes_on_beside_another_of_the_same_file(cast: Cast) -> None:
    keyed = KeyedFile.of(long_file(cast), file_name="x.xlsx")
    run = begin_run(actor=SYSTEM, keyed=keyed, file_name="x.xlsx")
    assert outcome(take(long_file(cast))) == WHOLE
    assert outcome(go_on(actor=SYSTEM, run=run, keyed=keyed)) == {"already_known": 6, "unmatched": 1}
    assert (ImportLine.objects.count(), Deposit.objects.count()) == (ROWS, 5)


def test_the_worker_takes_a_long_file_in_and_leaves_nothing_behind(cast: Cast) -> None:
    run_id = start_run(actor=cast.coordinator.actor, data=long_file(cast), file_name="十月.xlsx")
    path = ImportRun.objects.get().path
    assert cast.li.name.encode() not in runs.default_storage.open(path).read()
    assert Deposit.objects.count() == 0
    assert go_on_with_imports() == 1
    run = ImportRun.objects.get(pk=run_id)
    assert (run.state, run.figures["credited"], run.figures["minutes"]) == ("done", 5, 540)
    assert not runs.default_storage.exists(path)
    assert (go_on_with_imports(), Deposit.objects.count()) == (0, 5)


def test_a_run_that_died_is_taken_up_once_it_was_silent_for_a_while(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(actor=cast.coordinator.actor, data=long_file(cast), file_name="十月.xlsx")
    with monkeypatch.context() as patched:
        die_at(patched, 2)
        with pytest.raises(Killed):
            go_on_with_imports()
    assert (go_on_with_imports(), Deposit.objects.count()) == (0, 3)
    with time_machine.travel(NOW + timedelta(minutes=2)):
        assert go_on_with_imports() == 1
    assert (ImportRun.objects.get().state, Deposit.objects.count()) == ("done", 5)
    assert verify().ok


def test_a_run_is_stopped_and_gone_on_with_by_its_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = start_run(actor=cast.coordinator.actor, data=long_file(cast), file_name="十月.xlsx")
    keeper, auditor = cast.coordinator.client, cast.auditor.client
    assert auditor.post(reverse("exchange:run_stop", args=[run_id])).status_code == 403
    original = portions._move_on

    def stop_after_one(*arguments: object) -> None:
        original(*arguments)  # type: ignore[arg-type]
        stop_run(actor=cast.coordinator.actor, run_id=run_id)

    with monkeypatch.context() as patched:
        patched.setattr(portions, "_move_on", stop_after_one)
        go_on_with_imports()
    run = ImportRun.objects.get()
    assert (run.state, run.done_rows, Deposit.objects.count()) == ("stopped", 3, 3)
    text = auditor.get(reverse("exchange:run", args=[run_id])).content.decode()
    assert "3 of 7 rows" in text
    assert reverse("exchange:run_continue", args=[run_id]) not in text
    assert "every 1s" not in text
    assert keeper.post(reverse("exchange:run_continue", args=[run_id])).status_code == 302
    assert "every 1s" in keeper.get(reverse("exchange:run_progress", args=[run_id])).content.decode()
    go_on_with_imports()
    assert (ImportRun.objects.get().state, Deposit.objects.count()) == ("done", 5)
    with pytest.raises(runs.RunEnded):
        continue_run(actor=SYSTEM, run_id=run_id)


def test_a_long_upload_goes_to_the_worker(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from xinshi.exchange import import_pages

    monkeypatch.setattr(import_pages, "PORTION_ROWS", 3)
    client = cast.coordinator.client
    upload = {"file": SimpleUploadedFile("long.xlsx", long_file(cast)), "sender": "志愿汇"}
    address = client.post(reverse("exchange:import"), upload).headers["Location"]
    run = client.post(address).headers["Location"]
    assert run == reverse("exchange:run", args=[ImportRun.objects.get().pk])
    assert Deposit.objects.count() == 0
    go_on_with_imports()
    assert "5" in client.get(run).content.decode()
    assert Deposit.objects.count() == 5


def test_a_run_of_a_partner_that_was_paused_rests_until_somebody_lets_it_go_on(cast: Cast) -> None:
    run_id = start_run(actor=cast.coordinator.actor, data=long_file(cast), file_name="十月.xlsx")
    Partner.objects.filter(code="zhiyuanhui").update(state="paused", state_reason="查账")
    go_on_with_imports()
    run = ImportRun.objects.get()
    assert (run.state, run.error_code, Deposit.objects.count()) == ("stopped", "partner_paused", 0)
    Partner.objects.filter(code="zhiyuanhui").update(state="active", state_reason="")
    continue_run(actor=cast.coordinator.actor, run_id=run_id)
    go_on_with_imports()
    assert Deposit.objects.count() == 5


def test_nobody_credits_their_own_hours_by_the_worker(cast: Cast) -> None:
    own = summary([cast.coordinator.name, cast.coordinator.number, "2"])
    start_run(actor=cast.coordinator.actor, data=own, file_name="own.xlsx")
    go_on_with_imports()
    assert (ImportLine.objects.get().code, Deposit.objects.count()) == ("own_hours", 0)


def test_only_keepers_start_and_stop_runs(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        start_run(actor=cast.li.actor, data=long_file(cast), file_name="x.xlsx")
    assert ImportRun.objects.count() == 0


def test_the_command_goes_on_where_it_was_interrupted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "long.xlsx"
    path.write_bytes(long_file(cast))
    said = io.StringIO()
    with monkeypatch.context() as patched:
        taken = iter(range(9))
        original = portions._move_on

        def interrupt(*arguments: object) -> None:
            if next(taken) == 1:
                raise KeyboardInterrupt
            original(*arguments)  # type: ignore[arg-type]

        patched.setattr(portions, "_move_on", interrupt)
        with pytest.raises(SystemExit) as ended:
            call_command("import_zhiyuanhui", str(path), stderr=said)
    assert (ended.value.code, Deposit.objects.count()) == (2, 3)
    assert "--resume" in said.getvalue()
    told = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_zhiyuanhui", str(path), "--resume", stdout=told)
    assert "5 credited (540 minutes)" in told.getvalue()
    assert Deposit.objects.count() == 5


def test_totals_are_passed_over_and_said(cast: Cast) -> None:
    data = f"姓名,志愿者编号,信用时数\n李明,{cast.li.number},2\n小计,,2\n合计,,2\n".encode()
    report = take(data, file_name="x.csv")
    assert (outcome(report), report.skipped, report.skipped_rows) == ({"credited": 1, "minutes": 120}, 2, [3, 4])


def test_rows_in_memory_are_packed(cast: Cast) -> None:
    rows = [[cast.li.name, cast.li.number, "2"]] * 400
    keyed = KeyedFile.of(summary(*rows), file_name="x.xlsx")
    assert keyed.row_count == 400
    assert [one.occurrence for part in keyed.portions(first=133) for one in part] == [399]
