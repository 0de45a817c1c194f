"""`./run bench desk`: how long a clerk waits for the big yes, with twenty people in line, on `xinshi serve`.

One person is: the code typed and sent, the answer read; redeemed, the confirmation read. The same a second time while eight
browsers read the catalogue without a pause.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlencode

from bench.databases import postgres_is_reachable
from bench.report import Report, median, publish

LINE: Final = 20
BROWSERS: Final = 8
SECONDS_MAX: Final = 1.0
"""What nobody in line notices: the answer of the desk, from Enter to the last byte."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FULFIL = re.compile(r'action="([^"]*/fulfil/)"')


def main(arguments: list[str]) -> int:
    from tests.trust.scratch import Server, migrated

    if not postgres_is_reachable():
        print("PostgreSQL is not reachable (XINSHI_TEST_POSTGRES_URL).", file=sys.stderr)
        return 1
    report = Report(
        name="desk", title=f"The benefit desk with {LINE} people in line", notes=[str(__doc__).split("\n\n")[1]]
    )
    with migrated() as database:
        database.run("xinshi", "collectstatic", "--noinput", "-v0")
        found: dict[str, Any] = json.loads(database.run("bench.desk").stdout)
        server = Server(database)
        try:
            server.start()
            clerk = Desk(server.port, found["session"])
            for code in found["codes"][-2:]:
                clerk.serve(code)
            codes = iter(found["codes"])
            _tell(report, "nobody else", [clerk.serve(next(codes)) for _ in range(LINE)])
            with _browsing(server.port):
                _tell(report, f"{BROWSERS} browsers without a pause", [clerk.serve(next(codes)) for _ in range(LINE)])
        finally:
            server.kill()
    return publish(report, as_json="--json" in arguments, quick="--quick" in arguments)


def _tell(report: Report, what: str, served: list[tuple[float, float]]) -> None:
    for number, name in enumerate(("the verdict", "redeemed, ready for the next")):
        waits = [both[number] for both in served]
        report.row("PostgreSQL", f"{name}; {what}", median_ms=1e3 * median(waits), longest_ms=1e3 * max(waits))
    report.ratio(f"longest wait for an answer in seconds; {what}", max(map(max, served)), "<=", SECONDS_MAX)
    report.ratio(f"seconds of waiting for all {LINE}; {what}", sum(map(sum, served)))


class Desk:
    """A clerk's browser that was signed in before."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = {"xinshi_session": session}

    def ask(self, method: str, path: str, **form: str) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return response, text

    def serve(self, code: str) -> tuple[float, float]:
        """(seconds to the verdict, seconds from "redeem" to the page that is ready for the next)."""
        began = time.perf_counter()
        answer, text = self.ask("GET", f"/benefits/desk/?{urlencode({'code': code})}")
        seen = time.perf_counter()
        form, token = FULFIL.search(text), TOKEN.search(text)
        assert form is not None, (answer.status, code)
        assert token is not None, code
        answer, _ = self.ask("POST", form[1], csrfmiddlewaretoken=token[1])
        assert answer.status == 302, answer.status
        answer, text = self.ask("GET", str(answer.headers["Location"]))
        assert "verdict good" in text, answer.status
        return seen - began, time.perf_counter() - seen


@contextmanager
def _browsing(port: int) -> Iterator[None]:
    stop = threading.Event()

    def browse() -> None:
        visitor = Desk(port, "")
        while not stop.is_set():
            visitor.ask("GET", "/benefits/")

    threads = [threading.Thread(target=browse, daemon=True) for _ in range(BROWSERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def found_line() -> dict[str, Any]:
    """The harnesses' hospital with vouchers to show, and a clerk's session."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from tests.trust.hospital import found

    from xinshi.benefits.actions import reserve
    from xinshi.benefits.models import Voucher
    from xinshi.kernel.actor import Actor
    from xinshi.people.models import User

    hospital = found(1)
    people, (benefit, _price) = hospital["volunteers"], hospital["benefits"][0]
    for number in range(2 * LINE + 2):
        person = people[number % len(people)]["person"]
        reserve(actor=Actor.system("bench"), benefit_id=benefit, key=f"bench-{number}", person_id=person)
    clerk = User.objects.get(username="clerk-0")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(clerk.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = clerk.get_session_auth_hash()
    session.save()
    codes = list(Voucher.objects.order_by("pk").values_list("short_code", flat=True))
    return {"session": session.session_key, "codes": codes}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(found_line()))
