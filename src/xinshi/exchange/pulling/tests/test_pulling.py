"""Pulling takes every row in once, whatever the other side does, and goes on exactly where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from xinshi.bank.models import Deposit
from xinshi.exchange.actions import export_zhiyuanhui, import_zhiyuanhui
from xinshi.exchange.models import ImportLine, PullCursor, PulledDepartment, PulledVolunteer, PullRun
from xinshi.exchange.partners.actions import pause
from xinshi.exchange.partners.domain import PartnerPaused
from xinshi.exchange.pulling import actions
from xinshi.exchange.pulling.actions import pull_if_due, pull_zhiyuanhui
from xinshi.exchange.pulling.domain import PullNotConfigured
from xinshi.exchange.pulling.tests.conftest import LI, STRANGER, WANG, Cast, Puller, platform, segment
from xinshi.exchange.pulling.tests.stand_in import StandIn
from xinshi.exchange.tests.conftest import NOW, SYSTEM, Bank, detail, honorary
from xinshi.kernel.errors import NotAllowed
from xinshi.people.models import Person


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in ImportLine.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def minutes_of(cast: Cast) -> tuple[int, int]:
    return cast.li.certified, cast.wang.certified


def three_days(stand_in: StandIn, cast: Cast) -> None:
    """Three days, 15 segments of 李 on the first (two pages), some of 王."""
    stand_in.page_rows = 10
    for number in range(15):
        start, end = (f"{8 + minute // 60:02d}:{minute % 60:02d}" for minute in (number * 6, number * 6 + 6))
        stand_in.add("duration", "20261118", segment("李明", LI, "2026-11-17", start, end, "0.1"))
    stand_in.add("duration", "20261119", segment("王芳", WANG, "2026-11-19", "08:00", "10:30", 2.5))
    stand_in.add("duration", "20261120", segment("王芳", WANG, "2026-11-20", "08:00", "09:00", "1"))
    honorary_row = segment("王芳", WANG, "2026-11-01", "09:00", "", 2, activity="义诊")
    del honorary_row["signOutTime"]
    stand_in.add("hisduration", "20261119", honorary_row)


ALL = (90, 150 + 60 + 120)


def test_every_resource_is_read_to_its_end_and_nothing_twice(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    three_days(stand_in, cast)
    stand_in.add("department", "20261118", {"name": "医院志愿队", "code": "D1", "admin": [{"idcard": STRANGER}]})
    report = pull()
    assert report.refusal is None
    assert {name: value for name, value in report.as_json().items() if value} == {
        "run": report.run_id, "pages": report.pages, "rows": 18, "minutes": 420, "credited": 18, "noted": 1,
    }  # fmt: skip
    assert minutes_of(cast) == ALL
    kinds = Deposit.objects.filter(passbook__person_id=cast.wang.person_id).order_by("worked_on")
    assert list(kinds.values_list("kind", "worked_on", "raw_minutes", "title")) == [
        ("honorary", date(2026, 11, 1), 120, "义诊"),
        ("verified", date(2026, 11, 19), 150, "门诊导医"),
        ("verified", date(2026, 11, 20), 60, "门诊导医"),
    ]
    assert list(PulledDepartment.objects.values_list("code", "name")) == [("D1", "医院志愿队")]
    first_day = [asked for asked in stand_in.asked if asked[:2] == ("duration", "20261118")]
    assert first_day == [("duration", "20261118", 0), ("duration", "20261118", 110), ("duration", "20261118", 115)]
    stand_in.asked.clear()
    again = pull()
    assert (again.rows, again.refusal, minutes_of(cast)) == (0, None, ALL)
    assert sorted(stand_in.asked) == [
        ("department", "20261120", 0),
        ("duration", "20261120", 117),
        ("hisduration", "20261120", 0),
        ("volunteer", "20261120", 0),
    ]
    stand_in.add("duration", "20261120", segment("李明", LI, "2026-11-20", "08:00", "09:00", "1"))
    assert pull().as_json()["credited"] == 1
    run = PullRun.objects.latest("pk")
    assert (run.rows, run.credited, run.credited_minutes, run.code) == (1, 1, 60, "")


TRANSIENT = ("broken", "time_out", "cut_body", "garbage", "slow_drip")


@pytest.mark.any_database
@pytest.mark.parametrize("fault", TRANSIENT)
def test_what_asking_again_may_help_is_asked_again(pull: Puller, stand_in: StandIn, cast: Cast, fault: str) -> None:
    stand_in.add("duration", "20261120", segment("王芳", WANG, "2026-11-20", "08:00", "09:00", "1"))
    stand_in.faults.extend([""] * 8 + [fault])
    report = pull()
    assert (report.refusal, minutes_of(cast)) == (None, (0, 60))
    assert pull.paused == [0.5]


CODES = {"broken": "pull_unanswered", "garbage": "pull_not_understood"}


@pytest.mark.any_database
@pytest.mark.parametrize(("fault", "code"), CODES.items())
def test_asking_again_ends_after_five_times_and_the_next_pull_goes_on(
    pull: Puller, stand_in: StandIn, cast: Cast, fault: str, code: str
) -> None:
    three_days(stand_in, cast)
    stand_in.faults.extend([""] * 7 + [fault] * 5)
    report = pull()
    assert report.refusal is not None
    assert (report.refusal.code, report.resource, minutes_of(cast)) == (code, "duration", (60, 0))
    assert pull.paused == [0.5, 1.0, 2.0, 4.0]
    assert list(PullRun.objects.values_list("code", "resource")) == [(code, "duration")]
    stand_in.asked.clear()
    assert pull().refusal is None
    durations = [asked for asked in stand_in.asked if asked[0] == "duration"]
    assert durations[0] == ("duration", "20261118", 110)
    assert minutes_of(cast) == ALL


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("wrong_signature", "pull_refused"),
        ("wrong_err_code", "pull_refused"),
        ("forbidden", "pull_refused"),
        ("cursor_back", "cursor_went_back"),
    ],
)
def test_a_refusal_is_not_asked_again_and_leaves_what_came_before(
    pull: Puller, stand_in: StandIn, cast: Cast, fault: str, code: str
) -> None:
    three_days(stand_in, cast)
    stand_in.faults.extend([""] * 7 + [fault])
    report = pull()
    assert report.refusal is not None
    assert (report.refusal.code, minutes_of(cast), pull.paused) == (code, (60, 0), [])
    assert PullCursor.objects.get(resource="duration").max_id == 110
    assert pull().refusal is None
    assert minutes_of(cast) == ALL


def test_a_page_that_comes_again_credits_nothing_again(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    three_days(stand_in, cast)
    stand_in.faults.extend([""] * 7 + ["repeated_page"])  # The second page of the first day, its cursor not moved.
    assert pull().refusal is None
    assert minutes_of(cast) == ALL
    stand_in.faults.extend(["", "", "repeated_page"])
    assert pull().refusal is None
    assert minutes_of(cast) == ALL


@pytest.mark.any_database
def test_a_full_page_that_never_ends_stops_the_pull(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    open_sign_ins = [segment("李明", LI, "2026-11-18", f"{8 + n // 60:02d}:{n % 60:02d}", "", 0) for n in range(81)]
    stand_in.add("duration", "20261118", *open_sign_ins)
    stand_in.faults.extend([""] * 6 + ["repeated_page"])
    report = pull()
    assert report.refusal is not None
    assert (report.refusal.code, states()) == ("cursor_stuck", {})
    assert pull().refusal is None
    assert states() == {"no_sign_out": 81}


def test_rows_that_come_twice_are_known(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    three_days(stand_in, cast)
    stand_in.faults.extend(["duplicate_rows"] * 20)
    report = pull()
    assert (report.refusal, minutes_of(cast), states()["credited"]) == (None, ALL, 18)
    assert (report.figures["credited"], report.figures["already_known"]) == (18, 17)
    assert report.figures["held_back"] == 1  # The honorary row without a place in time, twice on one page.


def test_whoever_is_killed_between_two_writes_goes_on_where_it_stopped(
    pull: Puller, stand_in: StandIn, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_days(stand_in, cast)
    stand_in.page_rows = 5
    real, calls = actions._count, 0

    def killed(run: PullRun, taken: Any) -> None:
        nonlocal calls
        calls += 1
        if calls in (8, 11, 15):
            raise KeyboardInterrupt
        real(run, taken)

    monkeypatch.setattr(actions, "_count", killed)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            pull()
        lines = ImportLine.objects.filter(state="credited").count()
        assert Deposit.objects.count() == lines
        assert cast.li.certified == 6 * lines
    assert pull().refusal is None
    assert minutes_of(cast) == ALL
    asked = [max_id for resource, day, max_id in stand_in.asked if (resource, day) == ("duration", "20261118")]
    assert asked == [0, 105, 105, 105, 110, 110, 115]


def test_two_pulls_at_once_take_nothing_twice(
    pull: Puller, stand_in: StandIn, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other pull comes between this one's question and its writing."""
    three_days(stand_in, cast)
    real: Callable[..., Any] = actions._take_page
    depth = 0

    def late(*arguments: Any) -> Any:
        nonlocal depth
        depth += 1
        if depth == 7:
            assert pull().refusal is None
        return real(*arguments)

    monkeypatch.setattr(actions, "_take_page", late)
    assert pull().refusal is None
    assert (minutes_of(cast), states()["credited"]) == (ALL, 18)


def test_hours_that_a_file_brought_are_known(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    data = detail(("门诊导医", cast.li.name, cast.li.number, "2026-11-19 08:00", "2026-11-19 10:00", "2"))
    import_zhiyuanhui(actor=cast.coordinator.actor, data=data, file_name="x.xlsx")
    stand_in.add("duration", "20261119", segment("李明", LI, "2026-11-19", "08:00", "10:00", "2"))
    stand_in.add("duration", "20261119", segment("李明", LI, "2026-11-19", "09:00", "11:00", "2"))
    assert pull().figures["already_known"] == 1
    assert (minutes_of(cast), states()) == ((120, 0), {"credited": 1, "already_known": 1, "held_back": 1})
    assert ImportLine.objects.get(state="held_back").code == "overlaps"


@pytest.mark.any_database
def test_honorary_hours_that_may_have_come_by_file_or_gone_out_from_here_wait_for_a_person(
    pull: Puller, stand_in: StandIn, cast: Cast
) -> None:
    Bank().served(cast.wang, 180)
    Bank.agrees(cast.wang)
    export_zhiyuanhui(actor=cast.coordinator.actor, from_day=date(2026, 10, 1), to_day=date(2026, 10, 31))
    data = honorary((cast.li.name, cast.li.number, "2", "义诊"))
    import_zhiyuanhui(actor=cast.coordinator.actor, data=data, file_name="x.xlsx")
    for name, idcard, hours in (("李明", LI, 2), ("王芳", WANG, 3), ("王芳", WANG, 1)):
        stand_in.add(
            "hisduration", "20261120", segment(name, idcard, "2026-11-03", "08:00", "", hours, activity="补录")
        )
    pull()
    held = ImportLine.objects.filter(state="held_back").order_by("pk")
    assert list(held.values_list("person_id", "code")) == [
        (cast.li.person_id, "equals_other_way"),
        (cast.wang.person_id, "sent_by_us"),
    ]
    assert minutes_of(cast) == (120, 180 + 60)
    data = honorary((cast.wang.name, cast.wang.number, "1", "义诊"))
    assert import_zhiyuanhui(actor=cast.coordinator.actor, data=data, file_name="y.xlsx").held_back == 1


def everything_stored() -> str:
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def test_no_identity_number_phone_mail_or_address_is_stored(
    pull: Puller, stand_in: StandIn, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    Person.objects.filter(pk=cast.wang.person_id).update(id_kind="", id_number="", id_index=None)
    volunteers = [
        {"vcode": cast.wang.number, "name": "王芳", "idcard": WANG, "mphone": "13900001111", "email": "w@mail.example"},
        {"vcode": "7" * 18, "name": "陌生人", "idcard": STRANGER, "mphone": "13900002222"},
    ]
    stand_in.add("volunteer", "20261119", *volunteers)
    stand_in.add("duration", "20261119", segment("王芳", WANG, "2026-11-19", "08:00", "10:00", "2"))
    stand_in.add("duration", "20261119", segment("陌生人", STRANGER, "2026-11-19", "08:00", "10:00", "2"))
    stand_in.add(
        "duration", "20261119", segment("李明", LI[:6] + "********" + LI[-4:], "2026-11-19", "08:00", "10:00", 2)
    )
    stand_in.add("duration", "20261119", segment("", STRANGER, "2026-11-19", "12:00", "13:00", "x"))
    report = pull()
    assert states() == {"credited": 1, "unmatched": 1, "held_back": 1, "rejected": 1}
    assert (report.figures["noted"], PulledVolunteer.objects.get().person_id) == (1, cast.wang.person_id)
    assert ImportLine.objects.get(state="held_back").code == "name_only"
    stored = everything_stored() + caplog.text
    assert "门诊导医" in stored
    for secret in (WANG, STRANGER, "13900001111", "13900002222", "mail.example", "安定路", "7" * 18):
        assert secret not in stored


@pytest.mark.any_database
def test_a_number_and_a_document_of_two_people_say_nothing(pull: Puller, stand_in: StandIn, cast: Cast) -> None:
    stand_in.add("volunteer", "20261119", {"vcode": cast.wang.number, "name": "李明", "idcard": LI})
    assert pull().figures["noted"] == 0


@pytest.mark.any_database
def test_nothing_is_asked_while_the_exchange_is_paused_or_not_set_up(
    pull: Puller, stand_in: StandIn, cast: Cast, settings: Any
) -> None:
    with pytest.raises(NotAllowed):
        pull_zhiyuanhui(actor=cast.auditor.actor)
    pause(actor=cast.coordinator.actor, partner_id=platform().pk, reason="维护")
    with pytest.raises(PartnerPaused):
        pull()
    assert pull_if_due(actor=SYSTEM) is None
    settings.ZHIYUANHUI_URL = ""
    with pytest.raises(PullNotConfigured):
        pull()
    assert (stand_in.asked, PullRun.objects.count()) == ([], 0)


@pytest.mark.any_database
def test_the_worker_pulls_once_a_day_and_again_in_an_hour_after_a_failure(
    stand_in: StandIn, pull: Puller, cast: Cast
) -> None:
    def due(hours: float) -> bool:
        with time_machine.travel(NOW + timedelta(hours=hours)):
            report = pull_if_due(actor=SYSTEM)
        return report is not None

    assert [due(hours) for hours in (0, 19, 20.1)] == [True, False, True]
    stand_in.faults.append("forbidden")
    assert [due(hours) for hours in (41, 41.9, 42.1, 43.2)] == [True, False, True, False]


@pytest.mark.any_database
def test_the_command_tells_what_it_did(stand_in: StandIn, pull: Puller, cast: Cast, settings: Any) -> None:
    def run(*options: str) -> tuple[int, str]:
        out, status = StringIO(), 0
        try:
            call_command("pull_zhiyuanhui", *options, stdout=out, stderr=StringIO())
        except SystemExit as ended:
            status = int(ended.code or 0)
        except CommandError as refused:
            status = refused.returncode
        return status, out.getvalue()

    stand_in.add("duration", "20261120", segment("王芳", WANG, "2026-11-20", "08:00", "09:00", "1"))
    status, text = run("--json")
    assert (status, json.loads(text)["credited"], json.loads(text)["stopped_by"]) == (0, 1, "")
    stand_in.add("duration", "20261120", segment("陌生人", STRANGER, "2026-11-20", "08:00", "09:00", "1"))
    assert run()[0] == 1
    stand_in.faults.append("forbidden")
    status, text = run("--json")
    assert (status, json.loads(text)["stopped_by"], json.loads(text)["stopped_at"]) == (2, "pull_refused", "department")
    settings.ZHIYUANHUI_ACCESS_KEY_SECRET = ""
    assert run("--json") == (2, json.dumps({"error": json.loads(run("--json")[1])["error"]}, ensure_ascii=False) + "\n")
