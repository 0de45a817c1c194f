"""The shared cast of people, some kinds of qualification, files of proof, and all that this room stores."""

from __future__ import annotations

import pytest

from xinshi.archive.actions import ensure_kinds
from xinshi.archive.domain import Category, NewKind
from xinshi.archive.models import (
    Inclusion,
    PledgeText,
    Profile,
    Qualification,
    QualificationKind,
    QualificationProof,
    Site,
    Skill,
)
from xinshi.audit.models import AuditEntry
from xinshi.messages.models import Message
from xinshi.people.models import Person
from xinshi.people.tests.conftest import SYSTEM, cast, nobody_is_locked_out, time_machine_clock

__all__ = ["cast", "nobody_is_locked_out", "time_machine_clock"]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200) + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
KINDS = (
    NewKind(code="first-aid", name="急救员证", name_en="First aider", category=Category.CERTIFICATE, valid_months=36),
    NewKind(code="nurse", name="护士执业证", category=Category.LICENCE, includes=("first-aid",)),
    NewKind(code="insurance", name="意外伤害保险", category=Category.INSURANCE, valid_months=12),
    NewKind(code="induction", name="岗前培训", category=Category.COURSE),
    NewKind(code="pledge", name="志愿服务承诺", category=Category.PLEDGE),
)


@pytest.fixture
def kinds(db: None) -> dict[str, int]:
    return ensure_kinds(actor=SYSTEM, kinds=KINDS)


def everything() -> list[object]:
    """All that this room stores, the people, the messages and the trail: equal before and after where nothing changed."""
    tables = (
        QualificationKind,
        Inclusion,
        Qualification,
        QualificationProof,
        PledgeText,
        Profile,
        Skill,
        Site,
        Person,
        Message,
        AuditEntry,
    )
    return [list(table.objects.order_by("pk").values()) for table in tables]
