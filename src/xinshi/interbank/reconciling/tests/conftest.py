"""A bank across the river, lists made to order, and what stands behind our entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import NOW, Cast, frozen, make_cast
from xinshi.interbank.identity.tests.conftest import make_bank
from xinshi.interbank.reconciling import lists
from xinshi.interbank.reconciling.domain import Entry, State, Stream
from xinshi.interbank.reconciling.lists import Behind, Lists

__all__ = ["frozen"]
FROM, UNTIL = date(2026, 11, 14), date(2026, 11, 20)


def entry(key: str = "a", **more: Any) -> Entry:
    """A transfer of two hours that came in three days ago and was applied."""
    plain = Entry(
        stream=Stream.IN,
        type="transfer",
        key="t" + key.ljust(31, "0"),
        message=key.encode().hex().ljust(64, "0"),
        minutes=120,
        kind="verified",
        sent_at=datetime(2026, 11, 17, 2, 0, tzinfo=UTC),
        state=State.APPLIED,
        sequence=1,
    )
    return replace(plain, **more)


def listed(entries: list[Entry]) -> list[dict[str, Any]]:
    """Entries as the partner lists them: what comes in here was sent by it."""
    return [
        {
            "direction": "sent" if one.stream is Stream.IN else "received",
            "sequence": one.sequence,
            "type": one.type,
            "key": one.key,
            "message": one.message,
            "minutes": one.minutes,
            "kind": one.kind,
            "sent_at": f"{one.sent_at:%Y-%m-%dT%H:%M:%SZ}",
            "state": one.state.value,
        }
        for one in entries
    ]


@dataclass
class Books:
    """What the two sides would list, and what stands behind our entries by (stream, key)."""

    ours: list[Entry] = field(default_factory=list)
    theirs: list[Entry] = field(default_factory=list)
    behind: Mapping[tuple[str, str], Behind] = field(default_factory=dict)


@pytest.fixture
def books() -> Iterator[Books]:
    """Put in the place of the protocol's tables and client while a test runs."""
    made = Books()
    before = list(lists._LISTS)
    lists._LISTS[:] = [
        Lists(
            ours=lambda partner, since, until: [one for one in made.ours if since <= one.sent_at.date() <= until],
            theirs=lambda partner, since, until: listed(made.theirs),
            behind=lambda partner, stream, key: made.behind.get((stream, key), Behind()),
        )
    ]
    yield made
    lists._LISTS[:] = before


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def river(db: None) -> Partner:
    return make_bank("river", "江北医院时间银行")


assert NOW.date() == UNTIL
