"""The collector of cycles waits for a piece of work, and is awake again however that ended."""

from __future__ import annotations

import gc

import pytest

from xinshi.kernel.collecting import collected_afterwards


def test_waits_inside_and_is_awake_afterwards() -> None:
    assert gc.isenabled()
    with collected_afterwards():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_is_awake_after_a_failure() -> None:
    with pytest.raises(LookupError), collected_afterwards():
        raise LookupError
    assert gc.isenabled()


def test_stays_as_it_was_inside_another_piece_of_work() -> None:
    with collected_afterwards():
        with collected_afterwards():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
