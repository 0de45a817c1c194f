"""The inbox, explained columns and long imports by the REST API: the same rights and the same outcome as the pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from xinshi.bank.actions import open_passbooks
from xinshi.bank.models import Deposit
from xinshi.exchange.actions import go_on_with_imports
from xinshi.exchange.models import ColumnMapping, ImportLine, ImportRun
from xinshi.exchange.tests.conftest import SYSTEM, Cast, Somebody, summary, take
from xinshi.exchange.tests.test_api import BASE, get, post
from xinshi.exchange.tests.test_inbox import OTHER, of_nobody
from xinshi.people.actions import NewPerson, issue_token, register_people
from xinshi.people.models import Person

__all__ = ["of_nobody"]
TITLES = ["志愿者", "注册码", "时长合计"]
MEANT = {"name": 0, "number": 1, "verified": 2}


def delete(who: Somebody, path: str) -> HttpResponse:
    token = issue_token(actor=who.actor, name="test")
    return who.client.delete(BASE + path, headers={"Authorization": f"Bearer {token}"})


def begin(who: Somebody, data: bytes) -> HttpResponse:
    token = issue_token(actor=who.actor, name="test")
    form = {"file": SimpleUploadedFile("十月.xlsx", data)}
    return who.client.post(f"{BASE}/runs", form, headers={"Authorization": f"Bearer {token}"})


def test_rows_of_nobody_are_found_matched_and_laid_aside(cast: Cast, of_nobody: list[int]) -> None:
    items = get(cast.auditor, "/inbox").json()["items"]
    assert [one["id"] for one in items] == sorted(of_nobody, reverse=True)
    assert {(one["name"], one["state"]) for one in items} == {("王方", "unmatched")}
    assert all(one["why"] for one in items)
    assert get(cast.auditor, "/inbox?term=李").json()["items"] == []
    assert len(get(cast.auditor, f"/inbox?limit=2&cursor={of_nobody[-1]}").json()["items"]) == 2
    Person.objects.filter(pk=cast.wang.person_id).update(phone="13900001234")
    for who in (cast.wang.number, f"{cast.wang.name} 1234"):
        [found] = get(cast.coordinator, f"/inbox/people?who={who}").json()
        assert (found["person_id"], found["name"]) == (cast.wang.person_id, cast.wang.name)
        assert "0000" not in found["phone"]
    assert get(cast.coordinator, "/inbox/people?who=没有此人").json() == []
    payload = {"line_ids": of_nobody[:2], "person_id": cast.wang.person_id}
    done = post(cast.coordinator, "/inbox/match", payload, key="one").json()
    assert (done["credited"], done["held_back"], done["minutes"], done["unmatched"]) == (1, 1, 120, 0)
    assert post(cast.coordinator, "/inbox/match", payload, key="one").json() == done
    assert post(cast.coordinator, "/inbox/match", payload).json()["code"] == "line_not_waiting"
    assert post(cast.coordinator, "/inbox/look-again", {}).json()["unmatched"] == 1
    aside = {"line_ids": of_nobody[2:], "reason": "外院志愿者"}
    assert post(cast.coordinator, "/inbox/not-ours", aside).json() == {"lines": 1, "minutes": 0}
    line = ImportLine.objects.get(pk=of_nobody[2])
    assert (line.state, line.decision_reason, Deposit.objects.count()) == ("not_ours", "外院志愿者", 1)


def test_a_remembered_number_lets_what_waits_flow_on(cast: Cast, of_nobody: list[int]) -> None:
    [newcomer] = register_people(actor=SYSTEM, people=[NewPerson(name="王方")])
    open_passbooks(actor=SYSTEM, person_ids=[newcomer], opened_through="station")
    payload = {"line_ids": of_nobody[:1], "person_id": newcomer, "remember_number": True}
    assert post(cast.coordinator, "/inbox/match", payload).json()["credited"] == 1
    assert Person.objects.get(pk=newcomer).volunteer_number == OTHER
    judged = post(cast.coordinator, "/inbox/look-again", {}).json()
    assert (judged["credited"], judged["held_back"], judged["minutes"]) == (1, 1, 180)
    assert get(cast.auditor, "/inbox").json()["items"] == []


def test_explained_columns_are_remembered_used_and_forgotten(cast: Cast) -> None:
    made = post(cast.coordinator, "/columns", {"titles": TITLES, "columns": MEANT}).json()["mapping_id"]
    again = post(cast.administrator, "/columns", {"titles": TITLES, "columns": MEANT, "in_minutes": True}).json()
    assert again == {"mapping_id": made}
    [row] = get(cast.auditor, "/columns").json()["items"]
    assert (row["titles"], row["in_minutes"], row["uses"]) == (TITLES, True, 0)
    assert {name: place for name, place in row["columns"].items() if place is not None} == MEANT
    assert delete(cast.auditor, f"/columns/{made}").status_code == 403
    assert delete(cast.coordinator, f"/columns/{made}").json() == {"is_forgotten": True}
    assert delete(cast.coordinator, f"/columns/{made}").status_code == 404
    assert not ColumnMapping.objects.exists()


def test_a_long_import_is_begun_watched_stopped_and_gone_on_with(cast: Cast) -> None:
    run = begin(cast.coordinator, summary([cast.wang.name, cast.wang.number, "2"])).json()["run_id"]
    shown = get(cast.auditor, f"/runs/{run}").json()
    assert (shown["state"], shown["rows"], shown["done_rows"], shown["file_name"]) == ("running", 1, 0, "十月.xlsx")
    assert post(cast.coordinator, f"/runs/{run}/stop", {}).json()["state"] == "stopped"
    assert (go_on_with_imports(), Deposit.objects.count()) == (0, 0)
    assert post(cast.coordinator, f"/runs/{run}/continue", {}).json()["state"] == "running"
    assert go_on_with_imports() == 1
    [shown] = get(cast.auditor, "/runs").json()["items"]
    assert (shown["id"], shown["state"], shown["done_rows"], shown["figures"]["credited"]) == (run, "done", 1, 1)
    assert post(cast.coordinator, f"/runs/{run}/stop", {}).json()["code"] == "run_ended"
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize("path", ["/inbox", "/inbox/people?who=x", "/columns", "/runs", "/runs/1"])
def test_volunteers_see_none_of_it(cast: Cast, path: str) -> None:
    assert get(cast.li, path).status_code == 403


def test_who_only_looks_changes_nothing(cast: Cast, of_nobody: list[int]) -> None:
    take(summary([cast.wang.name, cast.wang.number, "2"]))
    run = ImportRun.objects.latest("pk").pk
    for who in (cast.li, cast.auditor):
        for path, payload in (
            ("/inbox/match", {"line_ids": of_nobody, "person_id": cast.wang.person_id}),
            ("/inbox/not-ours", {"line_ids": of_nobody, "reason": "x"}),
            ("/inbox/look-again", {}),
            ("/columns", {"titles": TITLES, "columns": MEANT}),
            (f"/runs/{run}/stop", {}),
            (f"/runs/{run}/continue", {}),
        ):
            assert post(who, path, payload).status_code == 403, path
        assert begin(who, summary([cast.wang.name, cast.wang.number, "4"])).status_code == 403
    assert get(cast.auditor, "/inbox/people?who=x").status_code == 403
    assert (ImportLine.objects.filter(state="unmatched").count(), ColumnMapping.objects.count()) == (3, 0)


def test_what_does_not_fit_is_refused(cast: Cast, of_nobody: list[int]) -> None:
    for answer in (
        post(cast.coordinator, "/inbox/match", {"line_ids": [], "person_id": 1}),
        post(cast.coordinator, "/inbox/match", {"line_ids": of_nobody, "person_id": 2**63}),
        post(cast.coordinator, "/inbox/not-ours", {"line_ids": of_nobody, "reason": " "}),
        post(cast.coordinator, "/columns", {"titles": TITLES, "columns": {"name": 0}}),
        post(cast.coordinator, "/columns", {"titles": TITLES, "columns": MEANT | {"honorary": 2}}),
        post(cast.coordinator, "/columns", {"titles": TITLES, "columns": MEANT | {"reason": 9}}),
        post(cast.coordinator, "/columns", {"titles": ["a\0b"], "columns": MEANT}),
        begin(cast.coordinator, b"\0\1\2"),
        get(cast.coordinator, "/inbox/people?who=a%00b"),
    ):
        assert answer.status_code == 422, answer.content
    assert post(cast.coordinator, "/inbox/match", {"line_ids": of_nobody, "person_id": 10**9}).status_code == 404
    assert post(cast.coordinator, "/inbox/match", {"line_ids": [10**9], "person_id": 1}).status_code == 404
    assert not ColumnMapping.objects.exists()
