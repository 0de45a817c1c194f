"""Figures are reported, corrected by newer rows, and summed once."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from xinshi.activities.tests.conftest import SYSTEM
from xinshi.attendance.outcomes.actions import (
    add_measure,
    ask_for_reports,
    report_first_figures,
    report_outcome,
    report_outcomes,
    set_measure_active,
)
from xinshi.attendance.outcomes.domain import (
    AlreadyReported,
    AmountUnchanged,
    CorrectionNeedsReason,
    CountedTwice,
    MeasureKnown,
    NewFigure,
    NotBegun,
    UnknownMeasure,
)
from xinshi.attendance.outcomes.models import OutcomeMeasure, OutcomeReport
from xinshi.attendance.outcomes.queries import activity_outcomes, missing_reports, outcome_totals
from xinshi.attendance.tests.conftest import Service, at
from xinshi.audit.models import AuditEntry
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message

pytestmark = pytest.mark.django_db


def amounts(**filters: object) -> dict[str, int]:
    return {total.code: total.amount for total in outcome_totals(**filters)}  # type: ignore[arg-type]


def test_a_leader_reports_and_corrects_and_the_newer_figure_counts(service: Service) -> None:
    shift = service.shift([service.cast.volunteer.person_id])
    leader = service.cast.leader.actor
    first = report_outcome(actor=leader, activity_id=shift.activity_id, measure="person_times", amount=120)
    second = report_outcome(
        actor=leader, activity_id=shift.activity_id, measure="person_times", amount=112, reason="重复登记 8 人次"
    )
    assert amounts() == {"person_times": 112}
    older, newer = OutcomeReport.objects.order_by("pk")
    assert (older.pk, older.amount, newer.pk, newer.corrects_id) == (first, 120, second, first)
    assert newer.reported_by_ref == leader.reference
    entries = AuditEntry.objects.filter(action="attendance.report_outcome").order_by("pk")
    assert [entry.object_ref for entry in entries] == [f"outcome:{first}", f"outcome:{second}"]
    found = activity_outcomes(leader, shift.activity_id)
    assert [(measure.code, amount) for measure, amount in found.amounts] == [("person_times", 112)]
    assert [row.pk for row in found.history] == [second, first]


def test_a_correction_says_why_and_the_same_figure_twice_is_said(service: Service) -> None:
    shift, leader = service.shift([]), service.cast.leader.actor
    report_outcome(actor=leader, activity_id=shift.activity_id, measure="doses", amount=300)
    with pytest.raises(CorrectionNeedsReason):
        report_outcome(actor=leader, activity_id=shift.activity_id, measure="doses", amount=310, reason="  ")
    with pytest.raises(AmountUnchanged):
        report_outcome(actor=leader, activity_id=shift.activity_id, measure="doses", amount=300)
    assert OutcomeReport.objects.count() == 1


def test_all_figures_or_none(service: Service) -> None:
    shift, leader = service.shift([]), service.cast.leader.actor
    with pytest.raises(UnknownMeasure):
        report_outcomes(
            actor=leader,
            activity_id=shift.activity_id,
            figures=[NewFigure("clinics", 1), NewFigure("no_such_thing", 2)],
        )
    with pytest.raises(Invalid):
        report_outcome(actor=leader, activity_id=shift.activity_id, measure="clinics", amount=-1)
    with pytest.raises(Invalid):
        report_outcome(actor=leader, activity_id=shift.activity_id, measure="clinics", amount=1_000_000_001)
    assert not OutcomeReport.objects.exists()
    made = report_outcomes(
        actor=leader, activity_id=shift.activity_id, figures=[NewFigure("clinics", 1), NewFigure("blood_ml", 12_400)]
    )
    assert len(made) == 2
    assert amounts() == {"clinics": 1, "blood_ml": 12_400}


def test_nothing_counts_both_for_the_whole_and_for_a_shift(service: Service) -> None:
    shift, leader = service.shift([]), service.cast.leader.actor
    report_outcome(actor=leader, activity_id=shift.activity_id, measure="tests", amount=800, shift_id=shift.shift_id)
    with pytest.raises(CountedTwice):
        report_outcome(actor=leader, activity_id=shift.activity_id, measure="tests", amount=800)
    report_outcome(
        actor=leader,
        activity_id=shift.activity_id,
        measure="tests",
        amount=0,
        shift_id=shift.shift_id,
        reason="合并填报",
    )
    report_outcome(actor=leader, activity_id=shift.activity_id, measure="tests", amount=810)
    assert amounts() == {"tests": 810}
    other = service.shift([])
    with pytest.raises(NotFound):
        report_outcome(actor=leader, activity_id=other.activity_id, measure="tests", amount=1, shift_id=shift.shift_id)


def test_only_who_leads_reports_and_only_once_it_has_begun(service: Service) -> None:
    shift = service.shift([], starts_at=at(14))
    with pytest.raises(NotFound):
        report_outcome(actor=service.cast.volunteer.actor, activity_id=shift.activity_id, measure="tests", amount=1)
    with pytest.raises(NotBegun):
        report_outcome(actor=service.cast.leader.actor, activity_id=shift.activity_id, measure="tests", amount=1)
    with pytest.raises(NotFound):
        activity_outcomes(service.cast.volunteer.actor, shift.activity_id)
    assert not OutcomeReport.objects.exists()


def test_the_database_refuses_to_change_or_to_count_twice(service: Service) -> None:
    shift, leader = service.shift([]), service.cast.leader.actor
    report_outcome(actor=leader, activity_id=shift.activity_id, measure="doses", amount=5)
    row = OutcomeReport.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        OutcomeReport.objects.update(amount=6)
    with pytest.raises(DatabaseError), transaction.atomic():
        OutcomeReport.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    row.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)
    assert amounts() == {"doses": 5}


def test_totals_roll_up_by_category_and_year(service: Service) -> None:
    first, second = service.shift([], category="0017"), service.shift([], category="0004")
    coordinator = service.cast.coordinator.actor
    report_outcome(actor=coordinator, activity_id=first.activity_id, measure="doses", amount=380_000)
    report_outcome(actor=coordinator, activity_id=second.activity_id, measure="lectures", amount=2)
    report_outcome(actor=coordinator, activity_id=second.activity_id, measure="doses", amount=10)
    by = {(total.group, total.code): (total.amount, total.activities) for total in outcome_totals(by="category")}
    assert by == {("0004", "lectures"): (2, 1), ("0004", "doses"): (10, 1), ("0017", "doses"): (380_000, 1)}
    assert [total.group for total in outcome_totals(by="year")] == ["2026", "2026"]
    assert amounts(year=2025) == {}
    assert amounts(category="0004") == {"lectures": 2, "doses": 10}
    assert amounts(activity_ids=[first.activity_id]) == {"doses": 380_000}


def test_the_hospital_adds_measures_and_takes_them_out_of_use(service: Service) -> None:
    shift, coordinator = service.shift([]), service.cast.coordinator.actor
    measure = add_measure(actor=coordinator, code="wigs", name_zh="捐发束数", unit_zh="束")
    with pytest.raises(MeasureKnown):
        add_measure(actor=coordinator, code="wigs", name_zh="又一个", unit_zh="束")
    with pytest.raises(Invalid):
        add_measure(actor=coordinator, code="Wigs!", name_zh="捐发", unit_zh="束")
    with pytest.raises(NotAllowed):
        add_measure(actor=service.cast.leader.actor, code="other", name_zh="别的", unit_zh="个")
    report_outcome(actor=coordinator, activity_id=shift.activity_id, measure="wigs", amount=7)
    set_measure_active(actor=coordinator, measure_id=measure, is_active=False)
    with pytest.raises(UnknownMeasure):
        report_outcome(actor=coordinator, activity_id=shift.activity_id, measure="wigs", amount=8, reason="更正")
    assert amounts() == {"wigs": 7}
    assert OutcomeMeasure.objects.filter(code="wigs").count() == 1


def test_the_leader_is_asked_once_and_reminded_once_until_something_is_reported(service: Service) -> None:
    shift = service.shift([])
    asked = Message.objects.filter(object_ref=f"outcomes-of:{shift.activity_id}")
    assert ask_for_reports(actor=SYSTEM) == 0
    service.move_to(at(12))
    for _ in range(2):
        assert ask_for_reports(actor=SYSTEM) == 1
    assert asked.count() == 1
    assert [row.pk for row in missing_reports(service.cast.leader.actor).activities] == [shift.activity_id]
    service.move_to(at(12, days=4))
    ask_for_reports(actor=SYSTEM)
    ask_for_reports(actor=SYSTEM)
    assert asked.count() == 2
    report_outcome(actor=service.cast.leader.actor, activity_id=shift.activity_id, measure="person_times", amount=0)
    assert ask_for_reports(actor=SYSTEM) == 0
    assert missing_reports(service.cast.coordinator.actor).activities == []
    assert missing_reports(service.cast.coordinator.actor).total == 0


def test_figures_of_many_activities_are_put_on_record_once(service: Service) -> None:
    first, second = service.shift([]), service.shift([])
    coordinator = service.cast.coordinator.actor
    figures = [(first.activity_id, NewFigure("tests", 3)), (second.activity_id, NewFigure("tests", 4))]
    with pytest.raises(NotBegun):
        report_first_figures(actor=coordinator, figures=figures)
    service.move_to(at(12))
    with pytest.raises(NotAllowed):
        report_first_figures(actor=service.cast.leader.actor, figures=figures)
    assert len(report_first_figures(actor=coordinator, figures=figures)) == 2
    with pytest.raises(AlreadyReported):
        report_first_figures(actor=coordinator, figures=figures[:1])
    assert amounts() == {"tests": 7}
