"""What the bank tells other rooms, as it was stored and as it is read."""

from __future__ import annotations

from xinshi.bank.events import Deposited


def test_an_event_stored_when_it_told_of_a_single_deposit_is_still_understood() -> None:
    stored = '{"deposit_id": 7, "passbook_id": 3, "person_id": 2, "minutes": 60, "kind": "verified"}'
    assert Deposited.from_json(stored) == Deposited(deposit_ids=(7,), passbook_ids=(3,))


def test_an_event_of_many_deposits_comes_back_as_it_was() -> None:
    event = Deposited(deposit_ids=(7, 8, 9), passbook_ids=(3, 4))
    assert Deposited.from_json(event.to_json()) == event
