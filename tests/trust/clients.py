"""Clients of the REST API: each in a thread with a connection of its own, each asking until it knows what came of it."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.trust.history import ACKNOWLEDGED, REFUSED, History, Operation

API = "/api/v1"
ANSWER_SECONDS_MAX = 15
SETTLED_WITHIN_SECONDS = 90
CONTESTED = 0.25
"""The share of operations whose subject another client may take at the same time."""


@dataclass(slots=True)
class World:
    """What the clients know of the hospital, and what they leave for each other."""

    hospital: dict[str, Any]
    records: deque[list[int]]
    vouchers: deque[list[int]] = field(default_factory=lambda: deque(maxlen=200))
    """[voucher, person, minutes]"""
    approved: deque[list[int]] = field(default_factory=lambda: deque(maxlen=200))
    """[record, person, minutes]"""
    cancelled: deque[list[int]] = field(default_factory=lambda: deque(maxlen=200))
    """[voucher, person, minutes] of vouchers that were given back: the desk must refuse them."""

    prices: dict[int, int] = field(default_factory=dict)
    """Minutes by voucher, of those that somebody gave back or tried to."""

    def token_of(self, person: int) -> str:
        return next(row["token"] for row in self.hospital["volunteers"] if row["person"] == person)


class Client(threading.Thread):
    """Chooses by its own dice; `wanted` says when all clients together have done enough."""

    def __init__(
        self, *, number: int, port: int, world: World, history: History, seed: int, stop: threading.Event
    ) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.number, self.port, self.world, self.history, self.stop = number, port, world, history, stop
        self.dice = random.Random(f"{seed}/{number}")
        self.serial = 0
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                if self.dice.random() < 0.12:
                    self.read()
                else:
                    self.write(self.choose())
        except Exception as error:  # noqa: BLE001  # A client that dies must not look like one that found nothing.
            self.history.wrong(f"{self.name} died: {error!r}")

    def choose(self) -> Operation:
        kinds = [self.reserve]
        if self.world.records:
            kinds += [self.approve] * 4
        if self.world.vouchers:
            kinds += [self.cancel, self.fulfil, self.fulfil]
        if self.world.cancelled:
            kinds += [self.fulfil_cancelled]
        if self.world.approved:
            kinds += [self.take_back]
        return self.dice.choice(kinds)() or self.reserve()

    def taken(self, queue: deque[list[int]]) -> list[int] | None:
        """The oldest of a queue; sometimes it stays there, so that another client takes it at the same time."""
        try:
            return queue[0] if self.dice.random() < CONTESTED else queue.popleft()
        except IndexError:
            return None

    def operation(
        self, kind: str, subject: int, person: int, minutes: int, token: str, path: str, **body: Any
    ) -> Operation:
        self.serial += 1
        key = f"{self.number}-{self.serial}"
        return Operation(kind, subject, person, minutes, key, token, f"{API}{path}", body)

    def approve(self) -> Operation | None:
        if (row := self.taken(self.world.records)) is None:
            return None
        token = self.dice.choice(self.world.hospital["coordinators"])
        return self.operation("approve", *row, token, "/attendance/approvals", record_ids=[row[0]])

    def reserve(self) -> Operation:
        person = self.dice.choice(self.world.hospital["volunteers"])
        benefit, _price = self.dice.choice(self.world.hospital["benefits"])
        return self.operation("reserve", benefit, person["person"], 0, person["token"], f"/benefits/{benefit}/reserve")

    def cancel(self) -> Operation | None:
        if (row := self.taken(self.world.vouchers)) is None:
            return None
        voucher, person, minutes = row
        path = f"/benefits/vouchers/{voucher}/cancel"
        operation = self.operation("cancel", voucher, person, 0, self.world.token_of(person), path)
        self.world.prices[voucher] = minutes
        return operation

    def fulfil(self) -> Operation | None:
        if (row := self.taken(self.world.vouchers)) is None:
            return None
        return self.shown_at_the_desk(row)

    def fulfil_cancelled(self) -> Operation | None:
        """Somebody shows a voucher that they gave back before."""
        row = self.taken(self.world.cancelled)
        return self.shown_at_the_desk(row) if row is not None else None

    def shown_at_the_desk(self, row: list[int]) -> Operation:
        voucher, person, minutes = row
        token = self.dice.choice(self.world.hospital["clerks"])
        return self.operation("fulfil", voucher, person, -minutes, token, f"/benefits/vouchers/{voucher}/fulfil")

    def take_back(self) -> Operation | None:
        if (row := self.taken(self.world.approved)) is None:
            return None
        record, person, minutes = row
        token = self.dice.choice(self.world.hospital["coordinators"])
        found = self.get(f"/attendance/records/{record}", token)
        if found is None or found["deposit_id"] is None:
            return None
        deposit = found["deposit_id"]
        path = f"/bank/deposits/{deposit}/reversal"
        return self.operation("take back", deposit, person, -minutes, token, path, reason="误记")

    def write(self, operation: Operation) -> None:
        """Send it until its outcome is known: an error, a timeout or a 5xx say nothing."""
        self.history.begins(operation)
        deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            operation.tries += 1
            status, answer = self.send("POST", operation.path, operation.token, operation.body, operation.key)
            if status and status < 500 and answer.get("code") != "idempotency_key_in_flight":
                operation.status, operation.answer = status, answer
                operation.outcome = ACKNOWLEDGED if status < 300 else REFUSED
                if status in (401, 404, 422):
                    self.history.wrong(f"{operation.kind} {operation.subject}: {status} {answer}")
                break
            time.sleep(0.1 + self.dice.random() * 0.4)
        self.history.ends(operation)
        if operation.took_effect:
            self.remember(operation)

    def remember(self, operation: Operation) -> None:
        if operation.kind == "approve" and self.dice.random() < 0.3:
            self.world.approved.append([operation.subject, operation.person, operation.minutes])
        elif operation.kind == "cancel":
            self.world.cancelled.append([operation.subject, operation.person, self.world.prices[operation.subject]])
        elif operation.kind == "reserve":
            prices = dict(self.world.hospital["benefits"])
            self.world.vouchers.append([operation.answer["voucher_id"], operation.person, prices[operation.subject]])

    def read(self) -> None:
        before = self.history.before_read()
        choice = self.dice.randrange(3)
        if choice == 0:
            book = self.get("/ledger/book", self.world.hospital["auditor"])
            if book is not None:
                self.history.check_book(before, book)
            return
        who = self.dice.choice(self.world.hospital["volunteers"])
        found = self.get(f"/bank/passbooks/{who['passbook']}{'' if choice == 1 else '/lines'}", who["token"])
        if found is not None and choice == 1:
            self.history.check_passbook(found)
        elif found is not None:
            self.history.check_lines(who["passbook"], before, found["items"])

    def get(self, path: str, token: str) -> dict[str, Any] | None:
        """None where nothing can be known just now."""
        status, answer = self.send("GET", f"{API}{path}", token, None, "")
        if status and status < 500 and status != 200:
            self.history.wrong(f"read of {path}: {status} {answer}")
        return answer if status == 200 else None

    def send(
        self, method: str, path: str, token: str, body: dict[str, Any] | None, key: str
    ) -> tuple[int, dict[str, Any]]:
        """(status, answer), status 0 where there was no answer, or none that was whole."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept-Language": "en"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
            content = json.dumps(body) if body is not None else None
            self.connection.request(method, path, content, headers)
            response = self.connection.getresponse()
            text = response.read()
            if not text:
                raise http.client.IncompleteRead(text)  # A server that was killed after its first line.
            return response.status, json.loads(text) if text.startswith(b"{") else {"text": text[:200].decode()}
        except (OSError, http.client.HTTPException, ValueError):
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            return 0, {}
