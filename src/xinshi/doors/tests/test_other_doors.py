"""Lists by the API, files and exit statuses of commands."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.test import Client

from xinshi.doors import files
from xinshi.doors.api import actor_of, cursor_page, problem_response
from xinshi.doors.commands import FOUND_WRONG, XinshiCommand
from xinshi.doors.files import InputMissing, OutputRefused, read_input, write_output
from xinshi.doors.models import IdempotencyKey
from xinshi.kernel import clock
from xinshi.kernel.actor import ANONYMOUS
from xinshi.kernel.errors import DomainError, Invalid, NotFound, NotSignedIn


@pytest.fixture
def five_keys(db: None) -> list[int]:
    at = clock.now()
    return [
        IdempotencyKey.objects.create(scope="x", key=str(number), payload_hash="", created_at=at).pk
        for number in range(5)
    ]


def test_a_list_is_read_to_its_end_page_by_page(five_keys: list[int]) -> None:
    found: list[int] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = cursor_page(IdempotencyKey.objects.all(), cursor=cursor, limit=2, render=lambda row: row.pk)
        found, cursor, pages = found + page["items"], page["next_cursor"], pages + 1
    assert (found, pages) == (five_keys[::-1], 3)


@pytest.mark.parametrize(("limit", "items"), [(0, 1), (-5, 1), (10**6, 5)])
def test_a_page_has_a_bounded_size(five_keys: list[int], limit: int, items: int) -> None:
    page = cursor_page(IdempotencyKey.objects.all(), cursor=2**70, limit=limit, render=lambda row: row.pk)
    assert len(page["items"]) == items


def test_a_list_does_not_shift_when_something_is_added_meanwhile(five_keys: list[int]) -> None:
    first = cursor_page(IdempotencyKey.objects.all(), cursor=None, limit=2, render=lambda row: row.pk)
    IdempotencyKey.objects.create(scope="x", key="new", payload_hash="", created_at=clock.now())
    second = cursor_page(IdempotencyKey.objects.all(), cursor=first["next_cursor"], limit=2, render=lambda row: row.pk)
    assert second["items"] == five_keys[2:0:-1]


def test_a_refusal_is_a_problem_with_a_stable_code() -> None:
    answer = problem_response(Invalid(field="name", reason="Sign in first."))
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    body = json.loads(answer.content)
    assert (body["code"], body["status"], body["type"]) == ("invalid", 422, "urn:xinshi:problem:invalid")


def test_an_endpoint_knows_its_caller_or_refuses() -> None:
    class Request:
        actor = ANONYMOUS

    with pytest.raises(NotSignedIn):
        actor_of(Request())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/people/me", "/api/v1/messages"])
def test_without_a_session_or_token_the_api_answers_401(path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer "}):
        answer = Client().get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert Session.objects.count() == 0


def test_files_are_read_to_a_limit_and_written_where_one_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "INPUT_BYTES_MAX", 3)
    path = tmp_path / "a.txt"
    write_output(path, b"12345")
    assert read_input(path) == b"1234"
    with pytest.raises(InputMissing):
        read_input(tmp_path)
    with pytest.raises(OutputRefused):
        write_output(tmp_path / "no" / "folder.txt", b"")


class Command(XinshiCommand):
    outcome: int | DomainError = 0

    def run(self, options: dict[str, Any]) -> int:
        with self.progress("work") as advance:
            advance(1, 2)
        if isinstance(self.outcome, DomainError):
            raise self.outcome
        return self.outcome


def run(outcome: int | DomainError, **options: Any) -> str:
    command = Command(stdout=io.StringIO())
    command.outcome = outcome
    command.handle(**options)
    return str(command.stdout._out.getvalue())


def test_a_command_tells_by_its_exit_status_how_it_went() -> None:
    assert run(0) == ""
    with pytest.raises(SystemExit) as wrong:
        run(FOUND_WRONG)
    assert wrong.value.code == 1
    with pytest.raises(CommandError) as refused:
        run(NotFound())
    assert refused.value.returncode == 2


def test_a_refused_command_prints_json_too() -> None:
    command = Command(stdout=io.StringIO())
    command.outcome = NotFound()
    with pytest.raises(CommandError):
        command.handle(json=True)
    assert json.loads(command.stdout._out.getvalue())["error"]["code"] == "not_found"


def test_a_command_of_two_words_calls_itself_so() -> None:
    assert Command().create_parser("manage.py", "import_volunteers").prog == "xinshi import volunteers"
