"""The code of conduct (志愿服务承诺): its words, by day, and signing it."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from xinshi.archive.access import locked_person, require_keeper
from xinshi.archive.domain import (
    PLEDGE,
    Category,
    NewKind,
    PledgeTextChanged,
    PledgeTextMissing,
    PledgeTextTaken,
    expiry_of,
)
from xinshi.archive.models import PledgeText, Qualification, QualificationKind
from xinshi.archive.queries import pledge_text_on
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

TEXT_LENGTH_MAX = 6_000
RENEWABLE_DAYS = 30
"""A pledge that ends within so many days may be signed again."""
KIND = NewKind(code=PLEDGE, name="志愿服务承诺", name_en="Volunteer's pledge", category=Category.PLEDGE)


@transaction.atomic
def publish_pledge_text(*, actor: Actor, effective_from: date, text: str, text_en: str = "") -> int:
    """New words of the pledge, from today or a later day on; whoever signed earlier words stays bound by them.

    PledgeTextTaken for a day that is past or has its words already: what people signed is never changed.
    """
    require_keeper(actor)
    if not 20 <= len(text.strip()) <= TEXT_LENGTH_MAX or len(text_en) > TEXT_LENGTH_MAX:
        raise Invalid(field="text", reason=gettext_noop("A pledge has 20 to 6,000 signs."))
    if effective_from < clock.today():
        raise PledgeTextTaken
    try:
        with transaction.atomic():
            row = PledgeText.objects.create(
                effective_from=effective_from,
                text=text.strip(),
                text_en=text_en.strip(),
                made_at=clock.now(),
                made_by_ref=actor.reference,
            )
    except IntegrityError:
        raise PledgeTextTaken from None
    QualificationKind.objects.get_or_create(
        code=PLEDGE, defaults={"name": KIND.name, "name_en": KIND.name_en, "category": KIND.category.value}
    )
    record(actor=actor, action="archive.publish_pledge", object_ref=f"pledge-text:{row.pk}")
    return row.pk


@transaction.atomic
def sign_pledge(*, actor: Actor, text_id: int) -> int:
    """The actor signs the words that they have read; returns the qualification. A second tap signs nothing anew.

    PledgeTextChanged where other words are in force by now.
    """
    if actor.person_id is None:
        raise NotFound
    locked_person(actor.person_id)
    current = pledge_text_on(clock.today())
    if current is None:
        raise PledgeTextMissing
    if current.pk != text_id:
        raise PledgeTextChanged
    kind = QualificationKind.objects.get(code=PLEDGE)
    today, at = clock.today(), clock.now()
    signed = Qualification.objects.filter(
        person_id=actor.person_id, kind=kind, state=Qualification.State.VERIFIED, source_ref__startswith=_mark(current)
    )
    lasts = Q(expires_on=None) | Q(expires_on__gt=today + timedelta(days=RENEWABLE_DAYS)) | Q(issued_on=today)
    known = signed.filter(lasts).first()
    if known is not None:
        return known.pk
    row = Qualification.objects.create(
        person_id=actor.person_id,
        kind=kind,
        state=Qualification.State.VERIFIED,
        issued_on=today,
        expires_on=expiry_of(issued_on=today, stated=None, valid_months=kind.valid_months),
        source_ref=f"{_mark(current)}{actor.person_id}:{today.isoformat()}",
        submitted_at=at,
        submitted_by_ref=actor.reference,
        decided_at=at,
        decided_by_ref=actor.reference,
    )
    record(actor=actor, action="archive.sign_pledge", object_ref=f"qualification:{row.pk}", text=current.pk)
    return row.pk


def _mark(text: PledgeText) -> str:
    """How the sources of signatures under these words begin."""
    return f"pledge:{text.pk}:"
