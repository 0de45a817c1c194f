"""Measures in the reader's language."""

from __future__ import annotations

from xinshi.attendance.outcomes.models import OutcomeMeasure
from xinshi.attendance.outcomes.queries import reads_chinese


def measure_name(measure: OutcomeMeasure) -> str:
    return measure.name_zh if reads_chinese() else measure.name_en


def measure_unit(measure: OutcomeMeasure) -> str:
    return measure.unit_zh if reads_chinese() else measure.unit_en
