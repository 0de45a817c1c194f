"""Pages, endpoints and commands of planning: for whom, what they say, that their numbers add up."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import gettext

from xinshi.activities.models import Shift
from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.scheduling.actions import plan_waiting, remove
from xinshi.scheduling.actions.editing import NO_PAIR
from xinshi.scheduling.models import Assignment, PlanningPeriod, PlanVersion
from xinshi.scheduling.queries import tables
from xinshi.scheduling.running import in_this_process
from xinshi.scheduling.tests.conftest import PlanIt
from xinshi.scheduling.tests.invented import Hospital, invent


def command(*words: object) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command(*map(str, words), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def text(body: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.decode()))


def test_a_period_is_made_planned_looked_at_and_changed_by_hand(
    cast: Cast, hospital: Hospital, plan_it: PlanIt
) -> None:
    client = cast.coordinator.client
    form = client.get("/scheduling/periods/new/")
    values = dict(form.context["form"].initial) | {"name": "下周", "teams": "on"}
    made = client.post("/scheduling/periods/new/", values)
    period = PlanningPeriod.objects.get()
    assert made.headers["Location"] == f"/scheduling/periods/{period.pk}/"
    assert (period.first_day, period.settings) == (hospital.monday, {})

    wanted = client.post(f"/scheduling/periods/{period.pk}/plan/", {"time_limit_seconds": "5", "note": "第一次"})
    version = PlanVersion.objects.get()
    assert wanted.headers["Location"] == f"/scheduling/plans/{version.pk}/"
    assert "hx-get" in client.get(wanted.headers["Location"]).content.decode()
    client.post(f"/scheduling/plans/{version.pk}/stop/")
    assert client.get(f"/scheduling/plans/{version.pk}/progress/").headers["HX-Refresh"] == "true"
    version = plan_it(period)

    page = text(client.get(f"/scheduling/plans/{version.pk}/").content)
    assert "28 / 28" in page
    row = version.assignments.select_related("person").order_by("pk").first()
    assert row is not None
    for part in ("shifts", "people", "empty"):
        found = client.get(f"/scheduling/plans/{version.pk}/{part}/")
        assert found.status_code == 200
        assert (row.person.name in found.content.decode()) == (part != "empty")
    line = version.lines.get(shift_id=row.shift_id)
    taken_out = client.post(f"/scheduling/assignments/{row.pk}/remove/", follow=True)
    assert not Assignment.objects.filter(pk=row.pk).exists()
    assert taken_out.status_code == 200
    detail = client.get(f"/scheduling/lines/{line.pk}/")
    assert row.person.name in [one.person.name for one in detail.context["found"].candidates]
    client.post(f"/scheduling/lines/{line.pk}/add/", {"person": row.person_id})
    back = version.assignments.get(shift_id=row.shift_id, person_id=row.person_id)
    client.post(f"/scheduling/assignments/{back.pk}/lock/")
    back.refresh_from_db()
    assert back.is_locked
    again = plan_it(period, parent_id=version.pk)
    both = client.get(f"/scheduling/periods/{period.pk}/compare/?one={version.pk}&other={again.pk}")
    assert both.context["both"].same == 28
    assert "One more change" not in text(both.content)
    assert cast.leader.client.get("/scheduling/").status_code == 403
    assert cast.auditor.client.get(f"/scheduling/plans/{version.pk}/shifts/").status_code == 200
    assert cast.auditor.client.post(f"/scheduling/assignments/{back.pk}/remove/").status_code == 403


def test_a_further_version_changes_little_of_what_people_were_told(
    cast: Cast, hospital: Hospital, plan_it: PlanIt
) -> None:
    client, period = cast.coordinator.client, hospital.period()
    first = plan_it(period)
    page = f"/scheduling/periods/{period.pk}/"
    assert client.get(page).context["form"]["changes_max"].initial is None
    PlanVersion.objects.update(state="published", published_at=first.finished_at, published_by_ref="x")
    form = client.get(page).context["form"]
    assert (form["parent"].initial, form["changes_max"].initial) == (first.pk, 1)
    refused = client.post(f"{page}plan/", {"parent": first.pk, "changes_max": "-1", "time_limit_seconds": "5"})
    assert "changes_max" in refused.context["form"].errors
    client.post(f"{page}plan/", {"parent": "", "changes_max": "1", "time_limit_seconds": "5"})
    afresh = period.versions.get(number=2)
    assert (afresh.parent_id, afresh.changes_max) == (None, None)
    client.post(f"/scheduling/plans/{afresh.pk}/stop/")
    client.post(f"{page}plan/", {"parent": first.pk, "changes_max": "1", "time_limit_seconds": "5"})
    assert plan_waiting(actor=SYSTEM, solve=in_this_process) == 1
    again = period.versions.get(number=3)
    assert (again.parent_id, again.changes_max, again.stood) == (first.pk, 1, 28)
    assert "28 / 28" in text(client.get(f"/scheduling/plans/{again.pk}/").content)
    assert "再多改动" not in text(client.get(f"/scheduling/plans/{again.pk}/").content)
    again.wish_costs.update(filled_more=2, changes_more=3)
    assert "已找到一份再多改动 3 项的方案，可多填 2 个名额。" in text(
        client.get(f"/scheduling/plans/{again.pk}/").content
    )
    wishes = client.get(f"/api/v1/scheduling/plans/{again.pk}/wishes").json()
    assert [(row["wish"], row["filled"], row["changes"]) for row in wishes] == [("changes", 2, 3)]
    both = client.get(f"{page}compare/?one={first.pk}&other={again.pk}")
    assert "0 / 28" in text(both.content)
    shown = client.get(f"/api/v1/scheduling/plans/{again.pk}").json()
    assert (shown["changes_max"], shown["stood"], shown["change_price"]) == (1, 28, again.change_price)


def test_the_board_says_beforehand_what_a_move_would_be_refused_for(
    cast: Cast, hospital: Hospital, plan_it: PlanIt
) -> None:
    client, version = cast.coordinator.client, plan_it(hospital.period())
    rows = list(version.assignments.select_related("shift").order_by("shift__starts_at", "pk"))
    row, address = rows[0], f"/scheduling/plans/{version.pk}/obstacles/"
    lines = dict(version.lines.values_list("shift_id", "pk"))
    same_day = {
        other.shift_id
        for other in rows
        if other.shift.starts_at == row.shift.starts_at and other.shift_id != row.shift_id
    }
    mine = {other.shift_id for other in rows if other.person_id == row.person_id}

    def asked(**more: object) -> dict[int, str]:
        answer = client.get(address, {"person": row.person_id, **more})
        assert answer.headers["Content-Type"] == "application/json"
        return {int(line): reason for line, reason in answer.json().items()}

    staying, moving = asked(), asked(instead_of=row.pk)
    assert set(staying) == set(moving) == set(lines.values())
    assert staying[lines[row.shift_id]] != ""
    assert moving[lines[row.shift_id]] == ""
    for shift in same_day:
        assert staying[lines[shift]] != ""  # One shift a day.
        assert moving[lines[shift]] == ""
    assert all(staying[lines[shift]] for shift in mine)
    assert set(asked(person=10**9).values()) == {gettext(NO_PAIR)}
    page = client.get(f"/scheduling/plans/{version.pk}/shifts/").content.decode()
    assert page.count("data-drag ") == 28
    assert cast.auditor.client.get(address).status_code == 403
    assert "data-drag " not in cast.auditor.client.get(f"/scheduling/plans/{version.pk}/shifts/").content.decode()

    # What is dropped is sent as the forms send it, and comes back to the board.
    board = f"/scheduling/plans/{version.pk}/shifts/"
    other = next(one for one in rows if one.shift_id in same_day)
    line = lines[other.shift_id]
    move = {"person": row.person_id, "instead_of": row.pk, "stay": "1"}
    refused = client.post(f"/scheduling/lines/{line}/add/", move, headers={"referer": f"http://testserver{board}"})
    assert refused.headers["Location"] == board
    assert version.assignments.filter(pk=row.pk).exists()
    client.post(f"/scheduling/assignments/{other.pk}/remove/")
    done = client.post(f"/scheduling/lines/{line}/add/", move, headers={"referer": f"http://testserver{board}"})
    assert done.headers["Location"] == board
    assert version.assignments.filter(shift_id=other.shift_id, person_id=row.person_id).exists()
    assert not version.assignments.filter(pk=row.pk).exists()


def test_the_funnel_of_an_empty_place_adds_up(cast: Cast, plan_it: PlanIt) -> None:
    hospital = invent(12, people=30, shifts=14)
    Shift.objects.filter(pk__in=[one.pk for one in hospital.shifts]).update(places=9)
    version = plan_it(hospital.period())
    _row, lines = tables.empty_lines(cast.coordinator.actor, version.pk)

    assert sum(one.empty for one in lines) == version.places - version.filled > 0
    for one in lines:
        assert one.stages[-1].left == one.people - sum(stage.lost for stage in one.stages)
        assert all(stage.lost >= 0 for stage in one.stages)
        detail = tables.line_detail(cast.coordinator.actor, one.line.pk)
        assert one.stages[-1].left == one.filled + len(detail.candidates) + detail.more
        assert one.bottleneck in ("qualified", "certified", "reachable", "available", "within_hours", "free", "idle")
    page = cast.coordinator.client.get(f"/scheduling/plans/{version.pk}/empty/")
    assert page.status_code == 200


def test_programs_plan_and_edit(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    client = cast.coordinator.client
    body = {
        "name": "下周",
        "first_day": str(hospital.monday),
        "last_day": str(hospital.monday),
        "settings": {"fairness": 50},
    }

    def send(method: str, path: str, payload: dict[str, object]) -> dict[str, object]:
        answer = client.generic(method, f"/api/v1/scheduling{path}", json.dumps(payload), "application/json")
        assert answer.status_code == 200, answer.content
        found: dict[str, object] = answer.json()
        return found

    made = send("POST", "/periods", body)
    period = PlanningPeriod.objects.get(pk=made["id"])
    assert period.settings == {"fairness": 50}
    version = plan_it(period)
    shown = client.get(f"/api/v1/scheduling/plans/{version.pk}").json()
    assert (shown["state"], shown["filled"], shown["places"]) == ("done", 4, 4)
    rows = client.get(f"/api/v1/scheduling/plans/{version.pk}/assignments?limit=3").json()
    assert len(rows["items"]) == 3
    one = rows["items"][0]
    lost = send("DELETE", f"/assignments/{one['id']}", {})
    won = send(
        "POST",
        f"/plans/{version.pk}/assignments",
        {"shift_id": one["shift_id"], "person_id": one["person_id"]},
    )
    assert (lost["filled"], won["filled"], won["worth"]) == (-1, 1, -int(str(lost["worth"])))
    assert client.get(f"/api/v1/scheduling/plans/{version.pk}/empty").json() == []
    assert cast.leader.client.get("/api/v1/scheduling/periods").status_code == 403


def test_commands_export_solve_explain_and_check(
    cast: Cast, hospital: Hospital, plan_it: PlanIt, tmp_path: Path
) -> None:
    period = hospital.period()
    version = plan_it(period)
    problem, plan, old = tmp_path / "week.problem", tmp_path / "week.plan", tmp_path / "old.plan"

    assert command("schedule_export", period.pk, problem, "--json") == (
        0,
        '{"people": 28, "shifts": 14, "places": 28, "pairs": 392}\n',
    )
    status, said = command("schedule_solve", problem, plan, "--json")
    solved = json.loads(said)
    assert (status, solved["filled"], solved["worth"]) == (0, 28, version.worth)
    assert command("schedule_check", plan) == (0, "Every rule holds for all 28 assignments.\n")
    assert command("schedule_export", period.pk, old, "--plan", 1)[0] == 0
    assert command("schedule_check", old, "--against", problem)[0] == 0
    row = version.assignments.order_by("shift__starts_at", "shift_id").first()
    assert row is not None
    status, said = command("schedule_explain", old, "--person", row.person_id, "--json")
    explained = {one["shift"]: one for one in json.loads(said)["shifts"]}
    assert (status, explained[row.shift_id]["match"]) == (0, row.value)
    status, said = command("schedule_explain", old, "--shift", row.shift_id, "--json")
    assert json.loads(said)["lines"][0]["funnel"]["within_hours"] == 28
    assert command("schedule_explain", old, "--shift", 10**9)[0] == 2
    assert command("schedule_solve", problem, plan, "--changes", 1)[0] == 2
    assert command("schedule_explain", problem)[0] == 2
    assert command("schedule_check", tmp_path / "nothing")[0] == 2

    Shift.objects.filter(pk=row.shift_id).update(places=1)
    smaller = tmp_path / "smaller.problem"
    command("schedule_export", period.pk, smaller)
    status, said = command("schedule_check", old, "--against", smaller)
    assert (status, said) == (1, "Broken: 1\nplaces: line 0 has 2 of 1\n")


def test_commands_keep_a_limit_on_changes_and_say_what_it_costs(
    cast: Cast, hospital: Hospital, plan_it: PlanIt, tmp_path: Path
) -> None:
    period = hospital.period()
    first = plan_it(period)
    second = plan_it(period, parent_id=first.pk, changes_max=0)
    old, plan = tmp_path / "old.plan", tmp_path / "week.plan"
    row = second.assignments.order_by("pk").first()
    assert row is not None
    remove(actor=cast.coordinator.actor, assignment_id=row.pk)
    command("schedule_export", period.pk, old, "--plan", 2)
    assert command("schedule_check", old)[0] == 0  # What was changed by hand beyond the limit is allowed in the file.
    status, said = command("schedule_explain", old, "--json")
    changes = json.loads(said)["changes"]
    assert (status, changes["stood"], changes["changed"], changes["allowed"]) == (0, 28, 1, 1)
    status, said = command("schedule_solve", old, plan, "--changes", 0, "--json")
    solved = json.loads(said)
    assert (status, solved["changes_max"], solved["changes"], solved["filled"]) == (0, 0, 0, 28)
    assert "0 of 28 that stood are changed, 0 may be" in command("schedule_solve", old, plan, "--changes", 0)[1]


@pytest.mark.parametrize("name", ["schedule_export", "schedule_solve", "schedule_explain", "schedule_check"])
def test_commands_say_what_they_do(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(name, "--help")
    said = capsys.readouterr().out
    assert f"xinshi schedule {name.removeprefix('schedule_')}" in said
