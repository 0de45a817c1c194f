"""The collector of cycles waits for a piece of work, and is awake again however that ended."""

from __future__ import annotations

import gc
import weakref

import pytest

from xinshi.kernel.collecting import collected_afterwards


def test_waits_inside_and_is_awake_afterwards() -> None:
    assert gc.isenabled()
    with collected_afterwards():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_made_is_collected_at_the_end() -> None:
    class Ring:
        """Holds itself."""

    with collected_afterwards():
        ring: Ring | None = Ring()
        assert ring is not None
        ring.__dict__["self"] = ring
        seen = weakref.ref(ring)
        ring = None
        assert seen() is not None
    assert seen() is None


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
