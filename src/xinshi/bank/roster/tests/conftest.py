"""Rosters to import, and who imports them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.test import Client

from xinshi.documents.workbook import write_workbook
from xinshi.kernel.actor import Actor, Role
from xinshi.people.access import actor_for
from xinshi.people.actions import NewUser, create_users
from xinshi.people.domain import id_check_sign
from xinshi.people.models import User

SYSTEM = Actor.system("tests")
HEADERS = ("姓名", "性别", "出生日期", "证件类型", "证件号码", "志愿者编号", "手机号码", "人员类别", "所属部门")
REAL_ROSTER = Path(__file__).with_name("data") / "roster.xlsx"
"""As 志愿汇 gives it out, with 120 invented people."""


def id_number(serial: int = 0, *, born: str = "19900521", sex: int = 1) -> str:
    """An invented number with the right check sign; no place in the country starts with 99."""
    first = f"990000{born}{serial:02d}{sex}"
    return first + id_check_sign(first)


def volunteer_number(serial: int) -> str:
    return f"9{serial:017d}"


def row(serial: int = 0, **changes: str) -> tuple[str, ...]:
    """A sound row of HEADERS; `changes` by column."""
    cells = dict(
        zip(
            HEADERS,
            (
                "李明",
                "男",
                "1990-05-21",
                "内地居民身份证",
                id_number(serial),
                volunteer_number(serial),
                f"199{serial:08d}",
                "本院职工",
                "门诊部",
            ),
            strict=True,
        )
    )
    assert changes.keys() <= cells.keys(), "a column of the roster"
    return tuple((cells | changes).values())


def workbook(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    return write_workbook(sheet_name="花名册", headers=headers, rows=rows, preamble=["某医院志愿者花名册"])


@pytest.fixture
def browser(db: None) -> Callable[..., Client]:
    """A browser in which somebody with `roles` is signed in; the interface in English."""

    def make(*roles: Role) -> Client:
        username = f"{'-'.join(roles) or 'nobody'}-{time.monotonic_ns()}"
        create_users(
            actor=SYSTEM,
            users=[NewUser(username=username, password=None, person_id=None, roles=frozenset(roles))],
        )
        client = Client(headers={"accept-language": "en"})
        client.force_login(User.objects.get(username=username))
        return client

    return make


@pytest.fixture
def coordinator(db: None) -> Actor:
    create_users(
        actor=SYSTEM,
        users=[NewUser(username="zhou", password=None, person_id=None, roles=frozenset({Role.COORDINATOR}))],
    )
    return actor_for(User.objects.get(username="zhou"))
