"""Asking 志愿汇 for a page: signed, bounded in time and size, again with growing pauses where asking again may help.

Reading is repeatable: the same cursor gives the same page, so a time-out is asked again without a thought.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings

from xinshi.doors.outgoing import AddressRefused, NoAnswer, NotSent, send
from xinshi.exchange.pulling.domain import (
    ANSWER_BYTES_MAX,
    ATTEMPTS_MAX,
    PAGE_ROWS,
    Chance,
    NotUnderstood,
    PulledPage,
    PullNotConfigured,
    PullNotUnderstood,
    PullRefused,
    PullUnanswered,
    Sleep,
    back_off_seconds,
    page_of,
    signed,
)
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop

OK: Final = 200
TOO_MANY: Final = 429
OWN_FAULTS: Final = range(500, 600)
BROKEN: Final = gettext_noop("it says that it is broken")
HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Access:
    """Where the interface is and the contract's keys; the secret shows in no representation."""

    url: str
    key_id: str
    secret: str = field(repr=False)
    region_id: str
    timeout_seconds: float


def is_configured() -> bool:
    return bool(settings.ZHIYUANHUI_URL and settings.ZHIYUANHUI_ACCESS_KEY_ID and settings.ZHIYUANHUI_ACCESS_KEY_SECRET)


def access() -> Access:
    """What the settings say; PullNotConfigured where they say nothing."""
    if not is_configured():
        raise PullNotConfigured
    return Access(
        url=settings.ZHIYUANHUI_URL.rstrip("/"),
        key_id=settings.ZHIYUANHUI_ACCESS_KEY_ID,
        secret=settings.ZHIYUANHUI_ACCESS_KEY_SECRET,
        region_id=settings.ZHIYUANHUI_REGION_ID,
        timeout_seconds=settings.ZHIYUANHUI_TIMEOUT_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class Client:
    """`sleep` and `chance` are time and luck, given by tests."""

    access: Access
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def page(self, resource: str, *, day: date, max_id: int) -> PulledPage:
        """The page of `resource` after `max_id` on `day`, after at most five attempts.

        AddressRefused, PullRefused, PullUnanswered, PullNotUnderstood.
        """
        failure: PullUnanswered | PullNotUnderstood = PullNotUnderstood()
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                self.sleep(back_off_seconds(attempt - 1, self.chance()))
            try:
                return self._ask(resource, day, max_id)
            except AddressRefused:
                raise
            except (NotSent, NoAnswer) as refusal:
                failure = PullUnanswered(reason=refusal.parameters["reason"])
            except PullUnanswered as refusal:
                failure = refusal
            except NotUnderstood:
                failure = PullNotUnderstood()
        raise failure

    def _ask(self, resource: str, day: date, max_id: int) -> PulledPage:
        asked = {
            "RegionId": self.access.region_id,
            "AccessKeyId": self.access.key_id,
            "Format": "JSON",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid4().hex,
            "Timestamp": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "time": f"{day:%Y%m%d}",
            "maxid": str(max_id),
            "rows": str(PAGE_ROWS),
        }
        answer = send(
            f"{self.access.url}/api/syn/{resource}.do",
            body=urlencode(signed(asked, secret=self.access.secret)).encode(),
            headers=HEADERS,
            timeout_seconds=self.access.timeout_seconds,
            bytes_max=ANSWER_BYTES_MAX,
        )
        if answer.status == TOO_MANY or answer.status in OWN_FAULTS:
            raise PullUnanswered(reason=BROKEN)
        if answer.status != OK:
            raise PullRefused(said=f"HTTP {answer.status}")
        return page_of(answer.body)
