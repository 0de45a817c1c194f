"""What may be written down about a partner, and what is within its limits."""

from __future__ import annotations

import base64
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.exchange.partners.domain import (
    SMALL_ORDER,
    Direction,
    DirectionClosed,
    Limits,
    OverLimit,
    OverMonthLimit,
    OverTransferLimit,
    Standing,
    Terms,
    check_code,
    check_limits,
    fingerprint,
    public_key_bytes,
)
from xinshi.kernel.errors import DomainError, Invalid

pytestmark = pytest.mark.any_database
TODAY = date(2026, 11, 20)
limit = st.none() | st.integers(0, 1_000)


@settings(max_examples=150)
@given(limit, limit, st.lists(st.tuples(st.sampled_from(list(Direction)), st.integers(1, 400)), max_size=30))
def test_what_is_let_through_never_makes_more_owed_than_the_limits(
    in_max: int | None, out_max: int | None, moves: list[tuple[Direction, int]]
) -> None:
    limits, balance = Limits(in_max, out_max), 0
    for direction, minutes in moves:
        try:
            check_limits(
                direction=direction,
                minutes=minutes,
                terms=Terms(starts_on=TODAY),
                limits=limits,
                standing=Standing(balance),
                person_month_minutes=0,
            )
        except OverLimit:
            most = in_max if direction is Direction.IN else out_max
            owed = minutes + (-balance if direction is Direction.IN else balance)
            assert most is not None
            assert owed > most
            continue
        balance += minutes if direction is Direction.OUT else -minutes
        assert in_max is None or -balance <= in_max or direction is Direction.OUT
        assert out_max is None or balance <= out_max or direction is Direction.IN


def test_what_is_on_its_way_out_counts_as_gone_out() -> None:
    standing = Standing(balance_minutes=100, leaving_minutes=150)
    assert standing.left_minutes(Direction.OUT, Limits(0, 300)) == 50
    assert standing.left_minutes(Direction.IN, Limits(0, 300)) == 100
    assert standing.left_minutes(Direction.OUT, Limits()) is None
    assert (standing.we_owe_minutes, standing.they_owe_minutes) == (100, 0)


@pytest.mark.parametrize(
    ("terms", "minutes", "month", "refusal", "said"),
    [
        ({"may_go_out": False}, 60, 0, DirectionClosed, {}),
        ({"transfer_minutes_max": 60}, 61, 0, OverTransferLimit, {"max": "1"}),
        ({"person_month_minutes_max": 120}, 61, 60, OverMonthLimit, {"left": "1"}),
        ({}, 301, 0, OverLimit, {"hours": "5.02", "left": "5"}),
    ],
)
def test_a_refusal_says_what_would_be_within_the_limit(
    terms: dict[str, object], minutes: int, month: int, refusal: type[DomainError], said: dict[str, str]
) -> None:
    def ask(count: int) -> None:
        check_limits(
            direction=Direction.OUT,
            minutes=count,
            terms=Terms(starts_on=TODAY, **terms),
            limits=Limits(None, 300),
            standing=Standing(),
            person_month_minutes=month,
        )

    with pytest.raises(refusal) as refused:
        ask(minutes)
    assert refused.value.parameters == said
    if refusal is not DirectionClosed:
        ask(minutes - 1)


@pytest.mark.parametrize(
    ("old", "new", "is_wider"),
    [
        ((100, 100), (100, 100), False),
        ((100, 100), (99, 100), False),
        ((100, 100), (101, 0), True),
        ((100, 100), (0, 101), True),
        ((100, 100), (None, 0), True),
        ((None, None), (0, 5), False),
        ((None, 5), (None, None), True),
    ],
)
def test_limits_are_wider_where_either_lets_more_through(
    old: tuple[int | None, int | None], new: tuple[int | None, int | None], is_wider: bool
) -> None:
    assert Limits(*new).is_wider_than(Limits(*old)) is is_wider


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("starts_on", {"starts_on": TODAY + timedelta(days=2_000)}),
        ("ends_on", {"ends_on": TODAY - timedelta(days=1)}),
        ("coefficient_percent", {"coefficient_percent": 0}),
        ("coefficient_percent", {"coefficient_percent": 1_001}),
        ("hours_kinds_in", {"hours_kinds_in": ("golden",)}),
        ("hours_kinds_in", {"hours_kinds_in": ("verified", "verified")}),
        ("hours_kinds_out", {"hours_kinds_out": ()}),
        ("transfer_minutes_max", {"transfer_minutes_max": 0}),
        ("person_month_minutes_max", {"person_month_minutes_max": -1}),
        ("may_come_in", {"may_come_in": False, "may_go_out": False}),
        ("terms", {"terms": "x" * 1_001}),
        ("terms", {"terms": "a\0b"}),
    ],
)
def test_a_contract_that_says_what_none_can_say_is_refused_at_its_field(field: str, terms: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        Terms(**{"starts_on": TODAY, **terms}).check(today=TODAY)
    assert refused.value.parameters["field"] == field


def test_a_way_that_is_closed_needs_no_kinds() -> None:
    Terms(starts_on=TODAY, may_go_out=False, hours_kinds_out=()).check(today=TODAY)


@pytest.mark.parametrize("code", ["", "East", "east_bank", "-east", "east-", "东", "a" * 33, "east bank", "east\n"])
def test_a_code_is_plain(code: str) -> None:
    with pytest.raises(Invalid):
        check_code(code)


@pytest.mark.parametrize("code", ["a", "9", "city-central", "a" * 32])
def test_a_plain_code_is_taken(code: str) -> None:
    check_code(code)


@pytest.mark.parametrize("text", ["", "x", "A" * 44, base64.b64encode(bytes(31)).decode(), "é" * 44, "\n" * 44])
def test_a_public_key_is_32_bytes_in_base64(text: str) -> None:
    if text == "A" * 44:  # 33 bytes.
        assert len(base64.b64decode(text)) == 33
    with pytest.raises(Invalid):
        public_key_bytes(text)


def test_a_fingerprint_can_be_read_out() -> None:
    text = fingerprint(base64.b64encode(bytes(range(32))).decode())
    assert text == "630d cd29 66c4 3366 9112 5448 bbb2 5b4f"


PRIME = 2**255 - 19
CURVE = -121_665 * pow(121_666, -1, PRIME) % PRIME
Point = tuple[int, int]


def with_y(y: int) -> list[Point]:
    """The points of the curve with that y."""
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    root = pow(square, (PRIME + 3) // 8, PRIME)
    if root * root % PRIME != square:
        root = root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    return [(x, y) for x in {root, -root % PRIME}] if root * root % PRIME == square else []


def doubled(point: Point) -> Point:
    x, y = point
    product = CURVE * x * x * y * y % PRIME
    return 2 * x * y * pow(1 + product, -1, PRIME) % PRIME, (y * y + x * x) * pow(1 - product, -1, PRIME) % PRIME


@pytest.mark.parametrize("encoded", sorted(SMALL_ORDER))
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_point_of_small_order_is_no_key(encoded: bytes, sign: int) -> None:
    points = with_y(int.from_bytes(encoded, "little") % PRIME)
    assert points
    assert {doubled(doubled(doubled(point))) for point in points} == {(0, 1)}
    raw = encoded[:-1] + bytes([encoded[-1] | sign])
    with pytest.raises(Invalid):
        public_key_bytes(base64.b64encode(raw).decode())


def test_under_such_a_key_anybody_signs_anything() -> None:
    neutral = (1).to_bytes(32, "little")
    assert neutral in SMALL_ORDER
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"10,000 hours")
