"""The demo hospital has the figures of the mission, comes to be through the rooms' own actions, and reconciles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models import Count, Sum

from xinshi.activities.models import Activity, SignUp
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.models import Deposit, Passbook
from xinshi.benefits.models import Voucher
from xinshi.demo.actions import NotEmpty, create_demo_hospital
from xinshi.demo.service import FREE_CLINICS_AND_LECTURES
from xinshi.exchange.models import HonoraryExport, ImportLine
from xinshi.kernel import clock
from xinshi.ledger.verification import verify
from xinshi.organizations.models import Organization
from xinshi.people.models import Person, User


@contextmanager
def silent(_: str) -> Iterator[object]:
    yield lambda done, total: None


@pytest.mark.slow
def test_the_demo_hospital_has_the_figures_of_the_mission(transactional_db: None) -> None:
    create_demo_hospital(stage=silent)

    assert Passbook.objects.count() == 3_864
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
    waiting = ServiceRecord.objects.filter(state="submitted")
    assert waiting.exists()
    today = clock.day_bounds(clock.today())
    assert Activity.objects.filter(state="published", shifts__starts_at__gte=today[1]).exists()
    assert SignUp.objects.filter(person=member.person, shift__activity__state="published").count() == 3
    assert User.objects.count() == 6
    assert all(number[:2] == "99" for number in Person.objects.values_list("id_number", flat=True)[:200])
    report = verify()
    assert report.ok, report.first_difference
    with pytest.raises(NotEmpty):
        create_demo_hospital(stage=silent)
