"""One-time codes: guessed by nobody, counted by the database, sent by the worker."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from xinshi.kernel import clock
from xinshi.messages.codes import CodeGone, CodeWrong, TooManyCodes, check_code, forget_old_codes, send_code
from xinshi.messages.gateways import NoGateway
from xinshi.messages.limits import allow, forget_old_counts
from xinshi.messages.models import AskedTimes, OneTimeCode, OutgoingText
from xinshi.messages.texting import ATTEMPTS_MAX, NewText, deliver_texts, send_texts

PHONE = "13900001111"
NOW = "2026-11-25 04:00:00+00:00"


def send(phone: str = PHONE, *, address: str = "192.0.2.1", purpose: str = "register") -> int:
    return send_code(phone=phone, shown_to="139****1111", purpose=purpose, address=address)


def last_code() -> str:
    found = re.search(r"\d{6}", OutgoingText.objects.latest("id").text)
    assert found is not None
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.django_db
def test_the_right_code_proves_the_phone_once() -> None:
    code_id = send()
    spaced = f" {last_code()[:3]} {last_code()[3:]} "
    assert check_code(code_id=code_id, purpose="register", typed=spaced) == PHONE
    with pytest.raises(CodeGone):
        check_code(code_id=code_id, purpose="register", typed=last_code())


@pytest.mark.django_db
def test_five_tries_and_the_right_one_comes_too_late() -> None:
    code_id, right = send(), last_code()
    for _ in range(5):
        with pytest.raises(CodeWrong):
            check_code(code_id=code_id, purpose="register", typed=other_than(right))
    with pytest.raises(CodeGone):
        check_code(code_id=code_id, purpose="register", typed=right)
    assert OneTimeCode.objects.get().proved_at is None


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_a_code_is_good_for_ten_minutes_and_for_its_purpose() -> None:
    code_id, right = send(), last_code()
    with pytest.raises(CodeGone):
        check_code(code_id=code_id, purpose="guardian", typed=right)
    with time_machine.travel(clock.now() + timedelta(minutes=10)), pytest.raises(CodeGone):
        check_code(code_id=code_id, purpose="register", typed=right)
    with time_machine.travel(clock.now() + timedelta(minutes=9, seconds=59)):
        assert check_code(code_id=code_id, purpose="register", typed=right) == PHONE


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_three_an_hour_to_one_phone_in_any_hour() -> None:
    for minutes in (0, 20, 40):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            send()
    with time_machine.travel(clock.now() + timedelta(minutes=59), tick=False), pytest.raises(TooManyCodes):
        send(purpose="guardian")
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        send()
        with pytest.raises(TooManyCodes):
            send()
    assert OneTimeCode.objects.count() == OutgoingText.objects.count() == 4


@pytest.mark.django_db
def test_one_address_asks_for_so_many_an_hour(settings: Any) -> None:
    assert (settings.CODES_FROM_ADDRESS_MAX, settings.CODES_MAX) == (60, 2_000)
    settings.CODES_FROM_ADDRESS_MAX = 4
    for serial in range(4):
        send(f"1390000200{serial}")
    with pytest.raises(TooManyCodes):
        send("13900002009")
    assert send("13900002009", address="192.0.2.2") > 0


@pytest.mark.django_db(transaction=True)
def test_parallel_asking_and_guessing_gain_nothing() -> None:
    code_id, right = send(), last_code()

    def ask(_: int) -> bool:
        try:
            return allow("code:somebody", times_max=3, span=timedelta(hours=1))
        finally:
            connection.close()

    def guess(_: int) -> str:
        try:
            check_code(code_id=code_id, purpose="register", typed=other_than(right))
        except (CodeWrong, CodeGone) as refusal:
            return refusal.code
        finally:
            connection.close()
        return "right"

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(24))) == 3
        assert sorted(pool.map(guess, range(24))) == ["code_gone"] * 19 + ["code_wrong"] * 5
    assert OneTimeCode.objects.get().tries == 5


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_what_serves_for_nothing_is_forgotten() -> None:
    send()
    assert (forget_old_codes(), forget_old_counts()) == (0, 0)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert forget_old_codes() == 1
        assert forget_old_counts() == AskedTimes.objects.count() + 3
    assert OneTimeCode.objects.count() == 0


@pytest.mark.django_db
def test_the_console_shows_the_text_beside_the_log_with_a_masked_phone(capsys: pytest.CaptureFixture[str]) -> None:
    send()
    assert deliver_texts() == 1
    shown = capsys.readouterr().err
    assert last_code() in shown
    assert "139****1111" in shown
    assert PHONE not in shown
    assert deliver_texts() == 0


@pytest.mark.django_db
def test_without_a_gateway_nothing_is_put_in_line(settings: Any) -> None:
    settings.SMS_GATEWAY = "off"
    with pytest.raises(NoGateway):
        send()
    assert OutgoingText.objects.count() == OneTimeCode.objects.count() == 0


@pytest.fixture
def provider(settings: Any) -> Iterator[dict[str, Any]]:
    """An SMS provider on this machine that answers what it is told to."""
    told: dict[str, Any] = {"status": 200, "taken": []}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told["taken"].append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(told["status"])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at what was taken."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_GATEWAY, settings.SMS_HTTP_TOKEN = "http", "a-token"
    settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.server_port}/send"
    yield told
    server.shutdown()
    server.server_close()


@pytest.mark.django_db
def test_the_provider_gets_phone_and_text_and_both_are_forgotten(provider: dict[str, Any]) -> None:
    send()
    code = last_code()
    assert deliver_texts() == 1
    [(path, authorization, body)] = provider["taken"]
    assert (path, authorization, body["to"]) == ("/send", "Bearer a-token", PHONE)
    assert code in body["text"]
    row = OutgoingText.objects.get()
    assert (row.state, row.text, row.to, row.attempts) == ("sent", "", "", 1)


@pytest.mark.django_db
def test_a_code_does_not_wait_behind_reminders(provider: dict[str, Any]) -> None:
    reminder = NewText(
        to=PHONE, shown_to="139****1111", text="明天见", purpose="reminder", useful_for=timedelta(hours=24)
    )
    assert send_texts([reminder] * 3) == 3
    send()
    code = last_code()
    assert deliver_texts() == 4
    assert [code in body["text"] for _path, _authorization, body in provider["taken"]] == [True, False, False, False]


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_a_provider_that_fails_is_tried_again_with_back_off_until_the_code_is_useless(provider: dict[str, Any]) -> None:
    provider["status"] = 503
    send()
    moments = []
    for second in range(700):
        with time_machine.travel(clock.now() + timedelta(seconds=second), tick=False):
            before = len(provider["taken"])
            deliver_texts()
            if len(provider["taken"]) > before:
                moments.append(second)
    assert moments == [0, 2, 6, 14, 30, 62]
    row = OutgoingText.objects.get()
    assert (row.state, row.attempts, row.last_error, row.text) == ("failed", ATTEMPTS_MAX, "status 503", "")


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_a_code_that_has_run_out_is_not_sent_any_more(provider: dict[str, Any]) -> None:
    send()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert deliver_texts() == 0
    assert provider["taken"] == []
    assert OutgoingText.objects.get().last_error == "too late"
