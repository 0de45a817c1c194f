"""The signature, the cursor, the pauses, and what a row of the interface says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from xinshi.exchange.pulling.domain import (
    BACK_OFF_SECONDS_MAX,
    DURATION,
    HISDURATION,
    CursorStuck,
    CursorWentBack,
    NotUnderstood,
    Place,
    PulledPage,
    PullRefused,
    back_off_seconds,
    page_of,
    place_after,
    row_of,
    signed,
    string_to_sign,
)
from xinshi.kernel.clock import HOSPITAL_ZONE

pytestmark = pytest.mark.any_database
TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)


def test_signs_like_the_published_example_of_this_signature_version() -> None:
    parameters = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    assert signed(parameters, secret="testsecret", method="GET")["Signature"] == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_what_is_signed_is_sorted_and_encoded_without_ambiguity() -> None:
    text = string_to_sign({"b": "x y*~+", "a": "1&b=2"}, method="POST")
    assert text == "POST&%2F&a%3D1%2526b%253D2%26b%3Dx%2520y%252A~%252B"


def test_an_answer_is_read_as_text() -> None:
    body = '﻿{"errCode": "000", "maxid": "12", "data": [{"name": " 李明 ", "value": 2.50, "admin": [1], "x": null}]}'
    page = page_of(body.encode())
    assert page == PulledPage(12, [{"name": "李明", "value": "2.50", "admin": "", "x": ""}])
    assert page_of(b'{"errCode": "000", "data": null}') == PulledPage(0, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"<html>",
        b'{"errCode": "000", "maxid": -1, "data": []}',
        b'{"errCode": "000", "maxid": 1.5, "data": []}',
        b'{"errCode": "000", "maxid": "9999999999999999999", "data": []}',
        b'{"errCode": "000", "maxid": "", "data": [{}]}',
        b'{"errCode": "000", "maxid": 1, "data": {}}',
        b'{"errCode": "000", "maxid": 1, "data": [1]}',
        b'{"errCode": "000", "maxid": NaN, "data": []}',
        b'{"errCode": "000", "maxid": 1, "data": [' + b"{}," * 1_000 + b"{}]}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_page_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        page_of(body)


def test_another_code_than_all_right_is_a_refusal() -> None:
    with pytest.raises(PullRefused) as refused:
        page_of(b'{"errCode": "105", "errMsg": "x"}')
    assert refused.value.parameters == {"said": "errCode 105"}


def test_the_cursor_goes_on_page_by_page_and_day_by_day() -> None:
    row: dict[str, str] = {"name": "x"}
    assert place_after(Place(YESTERDAY, 5), PulledPage(9, [row]), today=TODAY) == Place(YESTERDAY, 9)
    assert place_after(Place(YESTERDAY, 9), PulledPage(9, []), today=TODAY) == Place(TODAY, 0)
    assert place_after(Place(YESTERDAY, 9), PulledPage(0, []), today=TODAY) == Place(TODAY, 0)
    assert place_after(Place(TODAY, 9), PulledPage(9, []), today=TODAY) is None
    assert place_after(Place(TODAY, 9), PulledPage(9, [row]), today=TODAY) is None
    with pytest.raises(CursorWentBack):
        place_after(Place(TODAY, 9), PulledPage(8, [row]), today=TODAY)
    with pytest.raises(CursorStuck):
        place_after(Place(TODAY, 9), PulledPage(9, [row] * 80), today=TODAY)


def test_pauses_grow_are_bounded_and_never_the_same() -> None:
    assert [back_off_seconds(attempt, 0.0) for attempt in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert back_off_seconds(0, 0.5) == 0.75
    assert back_off_seconds(1_000, 0.999) <= BACK_OFF_SECONDS_MAX


GOOD = {
    "name": "李明",
    "activity": "门诊导医",
    "value": "2.5",
    "signInTime": "2026-11-18 08:00:00",
    "signOutTime": "2026-11-18 10:30:00",
}


def test_a_row_of_verified_hours_is_a_segment() -> None:
    row = row_of(GOOD, resource=DURATION, row_number=3, who="id:abc")
    start, end = (datetime(2026, 11, 18, hour, minute, tzinfo=HOSPITAL_ZONE) for hour, minute in ((8, 0), (10, 30)))
    assert (row.fault, row.minutes, row.is_timed, row.day) == (None, 150, True, date(2026, 11, 18))
    assert (row.starts_at, row.ends_at, row.title, row.number) == (start, end, "门诊导医", "id:abc")


def test_a_row_of_honorary_hours_has_a_day_and_no_end() -> None:
    row = row_of(GOOD, resource=HISDURATION, row_number=3, who="id:abc")
    assert (row.fault, row.minutes, row.is_timed, row.day) == (None, 150, False, date(2026, 11, 18))
    assert row.ends_at is None


@pytest.mark.parametrize(
    ("resource", "values", "code"),
    [
        (DURATION, {"name": ""}, "name_missing"),
        (DURATION, {"signInTime": "gestern"}, "time_not_readable"),
        (DURATION, {"signInTime": "", "signOutTime": ""}, "start_missing"),
        (DURATION, {"signInTime": "1999-01-01 08:00", "signOutTime": "1999-01-01 09:00"}, "time_implausible"),
        (DURATION, {"value": "viel"}, "hours_not_readable"),
        (DURATION, {"value": "-1"}, "hours_negative"),
        (DURATION, {"value": ""}, "hours_missing"),
        (DURATION, {"value": "30"}, "hours_exceed_day"),
        (DURATION, {"signOutTime": ""}, "end_missing"),
        (HISDURATION, {"value": "0"}, "hours_zero"),
        (HISDURATION, {"value": "9000"}, "hours_too_many"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(resource: str, values: dict[str, Any], code: str) -> None:
    row = row_of({**GOOD, **values}, resource=resource, row_number=1, who="id:abc")
    assert row.fault is not None
    assert row.fault.code == code


def test_no_sign_out_and_no_figure_is_no_fault() -> None:
    row = row_of({**GOOD, "value": "", "signOutTime": ""}, resource=DURATION, row_number=1, who="id:abc")
    assert (row.fault, row.minutes) == (None, 0)
