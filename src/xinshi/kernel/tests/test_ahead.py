"""Pieces that are made ahead come in their order, no more of them than were asked for and one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from xinshi.kernel.ahead import ahead


def test_every_piece_comes_once_and_in_order_also_those_that_are_false() -> None:
    assert list(ahead(iter([3, 0, None, "", 1]))) == [3, 0, None, "", 1]
    assert list(ahead(iter([]))) == []


def test_one_piece_is_made_while_another_is_worked_on_and_no_more() -> None:
    made: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    found = ahead(pieces())
    assert next(found) == 0
    found.close()
    assert made == [0, 1]


def test_what_goes_wrong_with_a_piece_is_told_in_its_place() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    found = ahead(pieces())
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)
