"""Writes of designations: named, reviewed, ended by a review; what was found stays with the figures of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.organizations.domain import DesignationOver, check_review_date, review_window
from xinshi.organizations.figures import achieved
from xinshi.organizations.models import Designation, DesignationReview, Organization
from xinshi.people.access import require_archive_keeper

TARGET_MAX = 2_000_000_000


class DesignationKnown(DomainError):
    code = "designation_known"
    message = gettext_noop("This organisation carries this title already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDesignation:
    """`target_per_year` is in whole minutes or in person-times, by `measure`."""

    kind: Designation.Kind
    title: str
    measure: Designation.Measure
    target_per_year: int
    started_on: date
    review_on: date
    place: str = ""


@transaction.atomic
def designate(*, actor: Actor, organization_id: int, new: NewDesignation) -> int:
    """Name an organisation a base, a demonstration point or a demonstration team. DesignationKnown, ReviewDateWrong."""
    require_archive_keeper(actor)
    title = " ".join(new.title.split())
    if not 0 < len(title) <= 100 or not title.isprintable():
        raise Invalid(field="title", reason=gettext_noop("A title has 1 to 100 signs."))
    if not 1 <= new.target_per_year <= TARGET_MAX:
        raise Invalid(field="target", reason=gettext_noop("A target is at least one."))
    check_review_date(new.review_on, started_on=new.started_on, today=clock.today())
    if not Organization.objects.filter(pk=organization_id).exists():
        raise NotFound
    try:
        with transaction.atomic():
            row = Designation.objects.create(
                organization_id=organization_id,
                kind=new.kind,
                title=title,
                place=new.place[:100],
                measure=new.measure,
                target_per_year=new.target_per_year,
                started_on=new.started_on,
                review_on=new.review_on,
                created_at=clock.now(),
                created_by_ref=actor.reference,
            )
    except IntegrityError:
        raise DesignationKnown from None
    record(
        actor=actor,
        action="organizations.designate",
        object_ref=f"designation:{row.pk}",
        organization=organization_id,
        kind=new.kind.value,
    )
    return row.pk


@transaction.atomic
def review(
    *,
    actor: Actor,
    designation_id: int,
    result: DesignationReview.Result,
    remark: str,
    next_review_on: date | None = None,
    target_per_year: int | None = None,
) -> int:
    """Look at it: kept, to improve, or ended today; the figures of the last twelve months stand with the review.

    A new target counts from now on. DesignationOver, ReviewDateWrong, Invalid.
    """
    require_archive_keeper(actor)
    text = remark.strip()
    if not 0 < len(text) <= 500 or "\0" in text:
        raise Invalid(field="remark", reason=gettext_noop("Say what was found, in at most 500 signs."))
    row = Designation.objects.select_for_update().filter(pk=designation_id).first()
    if row is None:
        raise NotFound
    if row.ended_on is not None:
        raise DesignationOver
    today = clock.today()
    if target_per_year is not None and not 1 <= target_per_year <= TARGET_MAX:
        raise Invalid(field="target", reason=gettext_noop("A target is at least one."))
    first, last = review_window(row.started_on, today=today)
    figures = achieved([row.organization_id], first, last)[row.organization_id]
    made = DesignationReview.objects.create(
        designation=row,
        result=result,
        counted_from=min(first, last),
        counted_until=last,
        measure=row.measure,
        target_per_year=row.target_per_year,
        achieved_minutes=figures.minutes,
        achieved_person_times=figures.person_times,
        remark=text,
        reviewed_at=clock.now(),
        reviewed_by_ref=actor.reference,
    )
    if result == DesignationReview.Result.ENDED:
        row.ended_on, row.review_on = max(today, row.started_on), None
    else:
        if next_review_on is None:
            raise Invalid(field="next_review_on", reason=gettext_noop("Say when it is looked at next."))
        check_review_date(next_review_on, started_on=row.started_on, today=today)
        row.review_on = next_review_on
        row.target_per_year = target_per_year or row.target_per_year
    row.save(update_fields=["ended_on", "review_on", "target_per_year"])
    record(
        actor=actor,
        action="organizations.review",
        object_ref=f"designation:{row.pk}",
        result=result.value,
        review=made.pk,
    )
    return made.pk
