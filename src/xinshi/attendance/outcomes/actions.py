"""Reporting what came of activities. Lock: the activity, so that one figure is never reported twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef

from xinshi.activities.models import Activity, Shift
from xinshi.attendance.outcomes import access
from xinshi.attendance.outcomes.domain import (
    ASK_DAYS_MAX,
    CODE,
    FIGURES_MAX,
    AlreadyReported,
    AmountUnchanged,
    CorrectionNeedsReason,
    CountedTwice,
    MeasureKnown,
    NewFigure,
    NotBegun,
    UnknownMeasure,
    check_amount,
)
from xinshi.attendance.outcomes.models import OutcomeMeasure, OutcomeReport
from xinshi.attendance.outcomes.queries import current_reports
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

ASKED_AT_ONCE_MAX = 500
BULK_MAX = 20_000
REMIND_AFTER_DAYS = 3


def report_outcome(
    *, actor: Actor, activity_id: int, measure: str, amount: int, shift_id: int | None = None, reason: str = ""
) -> int:
    """Put one figure on record, or correct it (then `reason` says why); the new row's id.

    `amount` is the whole of it so far, not what is added. AmountUnchanged where it is on record already.
    """
    figure = NewFigure(measure=measure, amount=amount, shift_id=shift_id)
    made = report_outcomes(actor=actor, activity_id=activity_id, figures=[figure], reason=reason)
    if not made:
        raise AmountUnchanged
    return made[0]


@transaction.atomic
def report_outcomes(*, actor: Actor, activity_id: int, figures: Sequence[NewFigure], reason: str = "") -> list[int]:
    """All figures or none; the ids of the new rows. What is on record already with the same amount is passed over.

    Who leads the activity, from its beginning. A figure that differs from the one on record corrects it, with `reason`.
    """
    activity = access.reportable(actor, activity_id, lock=True)
    assert len(figures) <= FIGURES_MAX, f"at most {FIGURES_MAX} figures at once"
    shifts = {shift.pk: shift for shift in Shift.objects.filter(activity=activity)}
    measures = {row.code: row for row in OutcomeMeasure.objects.filter(code__in={one.measure for one in figures})}
    at = clock.now()
    known = {(row.shift_id, row.measure.code): row for row in current_reports([activity.pk])}
    rows = []
    for figure in figures:
        row = _row(activity, figure, shifts=shifts, measures=measures, known=known, reason=reason.strip(), at=at)
        if row is not None:
            row.reported_by_ref = actor.reference
            rows.append(row)
            known[figure.shift_id, figure.measure] = row
    _require_counted_once(known)
    OutcomeReport.objects.bulk_create(rows)
    record_many(
        actor=actor,
        action="attendance.report_outcome",
        objects=[
            (
                f"outcome:{row.pk}",
                {"activity": activity.pk, "shift": row.shift_id, "measure": row.measure.code, "amount": row.amount}
                | ({"corrects": row.corrects_id} if row.corrects_id else {}),
            )
            for row in rows
        ],
    )
    return [row.pk for row in rows]


@transaction.atomic
def report_first_figures(*, actor: Actor, figures: Sequence[tuple[int, NewFigure]]) -> list[int]:
    """Figures of many activities at once, `(activity id, figure)`, all or none; for what is known from before.

    Planners only; activities that are over and of which nothing is on record yet. A fixed number of statements.
    """
    access.require_keeper(actor)
    assert len(figures) <= BULK_MAX, f"at most {BULK_MAX} figures at once"
    at = clock.now()
    wanted = {activity_id for activity_id, _ in figures}
    ended = Activity.objects.filter(pk__in=wanted).annotate(ended_at=Max("shifts__ends_at"))
    days = {row.pk: row.ended_at for row in ended}
    measures = {row.code: row for row in OutcomeMeasure.objects.filter(is_active=True)}
    if len(days) != len(wanted):
        raise NotFound
    if any(ended_at is None or ended_at > at for ended_at in days.values()):
        raise NotBegun
    if OutcomeReport.objects.filter(activity_id__in=wanted).exists():
        raise AlreadyReported
    rows = []
    for activity_id, figure in figures:
        check_amount(figure.amount)
        if figure.measure not in measures:
            raise UnknownMeasure(code=figure.measure)
        rows.append(
            OutcomeReport(
                activity_id=activity_id,
                measure=measures[figure.measure],
                amount=figure.amount,
                on_day=clock.local_day(days[activity_id]),
                reported_at=at,
                reported_by_ref=actor.reference,
            )
        )
    try:
        with transaction.atomic():
            OutcomeReport.objects.bulk_create(rows, batch_size=1_000)
    except IntegrityError:
        raise AlreadyReported from None
    record_many(
        actor=actor,
        action="attendance.report_outcome",
        objects=[
            (f"outcome:{row.pk}", {"activity": row.activity_id, "measure": row.measure.code, "amount": row.amount})
            for row in rows
        ],
    )
    return [row.pk for row in rows]


def _row(
    activity: Activity,
    figure: NewFigure,
    *,
    shifts: dict[int, Shift],
    measures: dict[str, OutcomeMeasure],
    known: dict[tuple[int | None, str], OutcomeReport],
    reason: str,
    at: datetime,
) -> OutcomeReport | None:
    """The new row; None where the same amount is on record, or nothing was and nothing is."""
    check_amount(figure.amount)
    measure = measures.get(figure.measure)
    if measure is None or not measure.is_active:
        raise UnknownMeasure(code=figure.measure)
    if figure.shift_id is not None and figure.shift_id not in shifts:
        raise NotFound
    counted = [shifts[figure.shift_id]] if figure.shift_id is not None else list(shifts.values())
    begun = [shift for shift in counted if shift.starts_at <= at]
    if not begun:
        raise NotBegun
    older = known.get((figure.shift_id, figure.measure))
    if older is not None and older.amount == figure.amount:
        return None
    if older is not None and not reason:
        raise CorrectionNeedsReason(measure=measure.name_zh)
    return OutcomeReport(
        activity=activity,
        shift_id=figure.shift_id,
        measure=measure,
        amount=figure.amount,
        on_day=older.on_day if older else clock.local_day(max(shift.starts_at for shift in begun)),
        corrects=older,
        reason=reason if older else "",
        reported_at=at,
    )


def _require_counted_once(known: dict[tuple[int | None, str], OutcomeReport]) -> None:
    """A measure is reported for the whole activity or for its shifts, never both with an amount."""
    whole = {code for (shift_id, code), row in known.items() if shift_id is None and row.amount}
    for (shift_id, code), row in known.items():
        if shift_id is not None and row.amount and code in whole:
            raise CountedTwice(measure=row.measure.name_zh)


@transaction.atomic
def add_measure(*, actor: Actor, code: str, name_zh: str, unit_zh: str, name_en: str = "", unit_en: str = "") -> int:
    """A measure of the hospital's own; where no English is given the Chinese stands for it."""
    access.require_keeper(actor)
    if not CODE.fullmatch(code):
        reason = gettext_noop("Use small Latin letters, digits and underscores, beginning with a letter.")
        raise Invalid(field="code", reason=reason)
    if not name_zh.strip() or not unit_zh.strip():
        raise Invalid(field="name_zh", reason=gettext_noop("Give the measure a name and a unit."))
    try:
        with transaction.atomic():
            row = OutcomeMeasure.objects.create(
                code=code,
                name_zh=name_zh.strip(),
                unit_zh=unit_zh.strip(),
                name_en=name_en.strip() or name_zh.strip(),
                unit_en=unit_en.strip() or unit_zh.strip(),
            )
    except IntegrityError:
        raise MeasureKnown from None
    record(actor=actor, action="attendance.add_measure", object_ref=f"outcome-measure:{row.pk}", code=code)
    return row.pk


@transaction.atomic
def set_measure_active(*, actor: Actor, measure_id: int, is_active: bool) -> None:
    """Offer a measure for reporting, or no longer; what was reported in it stays."""
    access.require_keeper(actor)
    if not OutcomeMeasure.objects.filter(pk=measure_id).update(is_active=is_active):
        raise NotFound
    record(
        actor=actor, action="attendance.set_measure", object_ref=f"outcome-measure:{measure_id}", is_active=is_active
    )


@transaction.atomic
def ask_for_reports(*, actor: Actor) -> int:
    """Ask who was in charge of an activity that is over what came of it: at once, and again after three days.

    Done by the worker; each message goes out once. Returns how many activities were asked about.
    """
    assert actor.is_system, "the worker asks by itself"
    at = clock.now()
    reported = OutcomeReport.objects.filter(activity=OuterRef("pk"))
    since = at - timedelta(days=ASK_DAYS_MAX)
    over = (
        Activity.objects.filter(state__in=[Activity.State.PUBLISHED, Activity.State.FINISHED])
        .filter(Exists(Shift.objects.filter(activity=OuterRef("pk"), ends_at__gte=since, ends_at__lt=at)))
        .exclude(Exists(Shift.objects.filter(activity=OuterRef("pk"), ends_at__gte=at)))
        .exclude(Exists(reported))
        .annotate(ended_at=Max("shifts__ends_at"))
        .order_by("-ended_at")[:ASKED_AT_ONCE_MAX]
    )
    found = list(over)
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_in_charge_id}",
            text=gettext_noop("“%(title)s” is over. What came of it? Report the figures in a minute."),
            parameters={"title": row.title},
            object_ref=f"outcomes-of:{row.pk}",
            key=f"outcomes:{row.pk}:{'again' if row.ended_at < at - timedelta(days=REMIND_AFTER_DAYS) else 'asked'}",
        )
        for row in found
    )
    return len(found)
