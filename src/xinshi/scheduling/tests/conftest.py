"""The cast of activities, and a small week to plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from xinshi.activities.tests.conftest import SYSTEM, Cast, cast
from xinshi.scheduling.actions import plan_waiting, want_plan
from xinshi.scheduling.models import PlanningPeriod, PlanVersion
from xinshi.scheduling.running import in_this_process
from xinshi.scheduling.tests.invented import Hospital, invent

__all__ = ["Cast", "cast"]


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[None]:
    """Files of these tests lie in a folder of their own."""
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def hospital(cast: Cast) -> Hospital:
    """Twenty people and fourteen shifts of two places, two a day; nobody asks for anything."""
    return invent(11, people=20, shifts=14, busy=0, plain=True)


PlanIt = Callable[..., PlanVersion]


@pytest.fixture
def plan_it(cast: Cast) -> PlanIt:
    """A version of a period, planned."""

    def make(period: PlanningPeriod, **more: object) -> PlanVersion:
        version_id = want_plan(actor=cast.coordinator.actor, period_id=period.pk, **more)  # type: ignore[arg-type]
        assert plan_waiting(actor=SYSTEM, solve=in_this_process) == 1
        return PlanVersion.objects.get(pk=version_id)

    return make
