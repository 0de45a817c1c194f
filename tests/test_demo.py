"""The demo hospital has the figures of the mission, comes to be through the rooms' own actions, and reconciles."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Sum

from tests.links import dead_links
from xinshi.activities.models import Activity, SignUp
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.outcomes.queries import outcome_totals
from xinshi.bank.models import Deposit, Passbook
from xinshi.benefits.models import Voucher
from xinshi.demo.actions import NotEmpty, create_demo_hospital
from xinshi.demo.service import FREE_CLINICS_AND_LECTURES
from xinshi.exchange.models import HonoraryExport, ImportLine
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.ledger.verification import verify
from xinshi.organizations.models import Organization
from xinshi.people.models import Person, User


@contextmanager
def silent(_: str) -> Iterator[object]:
    yield lambda done, total: None


def keep_for_the_browser(settings: Any) -> None:
    """The hospital with its keys and files where the browser's tests look for one, so that it is made once a run."""
    kept = os.environ.get("XINSHI_TEST_DEMO")
    if not kept or connection.vendor != "sqlite":
        return
    folder = Path(kept)
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "xinshi.sqlite3") as copy:
        connection.connection.backup(copy)
    copy.close()
    shutil.copytree(settings.DATA_DIR / "keys", folder / "keys")
    if Path(settings.MEDIA_ROOT).exists():
        shutil.copytree(settings.MEDIA_ROOT, folder / "uploads")
    (folder.parent / f"{folder.name}.ready").touch()


@pytest.mark.slow
@pytest.mark.any_database  # Its figures are the rooms' own, and each room's actions are tried on both databases.
def test_the_demo_hospital_has_the_figures_of_the_mission(transactional_db: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # People sign in to it later.
    create_demo_hospital(stage=silent)
    keep_for_the_browser(settings)

    assert Passbook.objects.filter(state="active").count() == 3_864
    assert Passbook.objects.filter(state="pending").count() == 2
    assert 40_000 * 60 <= Passbook.objects.aggregate(total=Sum("certified_minutes"))["total"] <= 50_000 * 60
    member = Passbook.objects.select_related("person").order_by("-certified_minutes")[0]
    assert (member.person.name, member.certified_minutes, member.star_level) == ("林若兰", 1_110 * 60, 5)
    assert Deposit.objects.filter(title="门诊导医").count() >= 10_000
    assert Activity.objects.filter(title__in=FREE_CLINICS_AND_LECTURES, state="finished").count() >= 300
    assert Organization.objects.filter(kind__in=["partner", "university"]).count() == 12
    redeemed = Voucher.objects.get(person=member.person)
    assert (redeemed.benefit.kind, redeemed.state) == ("health_check", "fulfilled")
    assert Voucher.objects.filter(state="reserved").count() == 9
    lines = dict(ImportLine.objects.values_list("state").annotate(Count("pk")))
    assert lines == {"credited": 40, "held_back": 1, "unmatched": 1, "no_sign_out": 1}
    assert HonoraryExport.objects.get().lines.exists()
    came_of_it = {total.code: total.amount for total in outcome_totals()}
    assert came_of_it["person_times"] >= 10_000
    assert came_of_it["clinics"] + came_of_it["lectures"] >= 300
    assert came_of_it["blood_ml"] >= 90_000
    assert came_of_it["doses"] >= 380_000
    assert came_of_it["tests"] >= 600_000
    waiting = ServiceRecord.objects.filter(state="submitted")
    assert waiting.exists()
    today = clock.day_bounds(clock.today())
    assert Activity.objects.filter(state="published", shifts__starts_at__gte=today[1]).exists()
    assert (
        SignUp.objects.filter(person=member.person, state="confirmed", shift__activity__state="published").count() == 3
    )
    assert User.objects.count() == 10
    assert all(number[:2] == "99" for number in Person.objects.values_list("id_number", flat=True)[:200])
    report = verify()
    assert report.ok, report.first_difference
    with pytest.raises(NotEmpty):
        create_demo_hospital(stage=silent)
    assert {role.value: dead_links(role.value) for role in Role} == {role.value: [] for role in Role}
