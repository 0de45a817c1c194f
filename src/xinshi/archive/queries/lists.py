"""The hospital's own lists: kinds of qualification, skills, sites, the words of the pledge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from xinshi.archive.domain import Category
from xinshi.archive.models import Inclusion, PledgeText, Qualification, QualificationKind, Site, Skill
from xinshi.doors.wording import is_chinese


@dataclass(frozen=True, slots=True)
class KindLine:
    """A kind of qualification with what it includes directly, and how many people have it now."""

    id: int
    code: str
    name: str
    category: str
    valid_months: int | None
    is_active: bool
    includes: list[str]
    holders: int


def name_of(row: QualificationKind | Skill | Site) -> str:
    """The name in the reader's language."""
    return row.name if is_chinese() or not row.name_en else row.name_en


def kinds(*, on: date) -> list[KindLine]:
    """Every kind, those in use first; three queries. `holders` counts who has it verified and valid `on` that day."""
    valid = Q(held__state=Qualification.State.VERIFIED) & (Q(held__expires_on=None) | Q(held__expires_on__gte=on))
    rows = QualificationKind.objects.annotate(holders=Count("held__person", filter=valid, distinct=True))
    includes: dict[int, list[str]] = defaultdict(list)
    for row in Inclusion.objects.select_related("included").order_by("included__code"):
        includes[row.kind_id].append(name_of(row.included))
    return [
        KindLine(
            id=row.pk,
            code=row.code,
            name=name_of(row),
            category=row.category,
            valid_months=row.valid_months,
            is_active=row.is_active,
            includes=includes[row.pk],
            holders=row.holders,
        )
        for row in rows.order_by("-is_active", "category", "pk")
    ]


def kind(kind_id: int) -> QualificationKind | None:
    return QualificationKind.objects.filter(pk=kind_id).first()


def included_codes(kind_id: int) -> list[str]:
    return list(Inclusion.objects.filter(kind_id=kind_id).values_list("included__code", flat=True))


def submittable_kinds() -> list[QualificationKind]:
    """What people may hand in: not the pledge, which is signed, nor courses, which are passed here."""
    active = QualificationKind.objects.filter(is_active=True)
    return list(active.exclude(category__in=[Category.PLEDGE, Category.COURSE]).order_by("category", "pk"))


def skills(*, keep: Iterable[str] = ()) -> list[Skill]:
    """The catalogue in use, and what of it somebody has although it was taken off."""
    return list(Skill.objects.filter(Q(is_active=True) | Q(code__in=list(keep))).order_by("pk"))


def sites(*, keep: Iterable[str] = ()) -> list[Site]:
    return list(Site.objects.filter(Q(is_active=True) | Q(code__in=list(keep))).order_by("pk"))


def pledge_text_on(day: date) -> PledgeText | None:
    """The words in force on a day; None before the first."""
    return PledgeText.objects.filter(effective_from__lte=day).order_by("-effective_from").first()


def pledge_texts() -> list[PledgeText]:
    return list(PledgeText.objects.order_by("-effective_from")[:50])
