"""What one call knows is asked for once, however many messages are in it; what is not due costs next to nothing."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol.bodies import AnswerState, MessageType
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import Stranger
from xinshi.interbank.tests.test_sending import begin

ONCE = ("exchange_partner_key", "interbank_own_key_notice", "last_heard_at")
"""Words of the statements that look up the partner's key, look up the own key, and note that the partner was heard."""


def asked_for(statements: list[str]) -> dict[str, int]:
    found = {word: sum(word in one and not one.startswith("SELECT COUNT") for one in statements) for word in ONCE}
    # Reading a partner's row names the column too.
    found["last_heard_at"] = sum(one.startswith("UPDATE") and "last_heard_at" in one for one in statements)
    return found


def statements_of(captured: CaptureQueriesContext) -> list[str]:
    return [one["sql"] for one in captured.captured_queries]


def test_keys_are_looked_up_once_for_all_messages_that_come_in_one_call(cast: Cast, stranger: Stranger) -> None:
    messages = [stranger.message(stranger.token(cast.li.person_id), 1) for _ in range(12)]
    stranger.post("messages", messages[0])
    with CaptureQueriesContext(connection) as captured:
        stranger.post("messages", *messages[1:])
    assert asked_for(statements_of(captured)) == dict.fromkeys(ONCE, 1)
    assert standing(cast.li.person_id).posted == 12


def test_keys_are_looked_up_once_for_all_messages_that_go_in_one_call(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    stranger.always(AnswerState.APPLIED)
    for number in range(12):
        begin(cast.li, stranger, 1, form=f"form-{number}")
    with CaptureQueriesContext(connection) as captured:
        assert send_due() == 12
    statements = statements_of(captured)
    assert asked_for(statements) == dict.fromkeys(ONCE, 1)
    delivered = [one for one in statements if one.startswith("UPDATE") and '"delivered_next" = ' in one]
    assert len(delivered) == 1, "the furthest of the answers is noted, not each"
    assert standing(cast.li.person_id).posted == 88


def test_a_worker_for_whom_nothing_is_due_asks_once(cast: Cast, stranger: Stranger) -> None:
    earn(cast.li.person_id, 100, source="first:1")
    stranger.always(AnswerState.APPLIED)
    begin(cast.li, stranger)
    send_due()
    with CaptureQueriesContext(connection) as captured:
        assert send_due() == 0
    assert len(captured) == 1


def test_lots_are_read_once_for_a_request(cast: Cast, stranger: Stranger) -> None:
    """They are replayed from all lines of the account: the dearest part of it."""
    earn(cast.li.person_id, 100, source="first:1")
    asked = stranger.message(stranger.token(cast.li.person_id), 10, type=MessageType.REQUEST)
    with CaptureQueriesContext(connection) as captured:
        stranger.post("messages", asked)
    assert sum('FROM "ledger_entry"' in one or "FROM ledger_entry" in one for one in statements_of(captured)) == 1
    assert standing(cast.li.person_id).held == 10
