"""Reads of the archive: what decides who may take a place, profiles, qualifications, the hospital's lists."""

from __future__ import annotations

from xinshi.archive.queries.deciding import facts, inclusions
from xinshi.archive.queries.lists import (
    KindLine,
    included_codes,
    kind,
    kinds,
    name_of,
    pledge_text_on,
    pledge_texts,
    sites,
    skills,
    submittable_kinds,
)
from xinshi.archive.queries.profiles import (
    PAGE_SIZE,
    ArchiveLine,
    ProfileView,
    Wanted,
    lines,
    matching,
    profile_view,
)
from xinshi.archive.queries.qualifications import (
    DeskSummary,
    QualificationCard,
    QualificationDetail,
    card_of,
    desk_summary,
    detail,
    of_person,
    proof_of,
    running_out,
    search,
    to_check,
)

__all__ = [
    "PAGE_SIZE",
    "ArchiveLine",
    "DeskSummary",
    "KindLine",
    "ProfileView",
    "QualificationCard",
    "QualificationDetail",
    "Wanted",
    "card_of",
    "desk_summary",
    "detail",
    "facts",
    "included_codes",
    "inclusions",
    "kind",
    "kinds",
    "lines",
    "matching",
    "name_of",
    "of_person",
    "pledge_text_on",
    "pledge_texts",
    "profile_view",
    "proof_of",
    "running_out",
    "search",
    "sites",
    "skills",
    "submittable_kinds",
    "to_check",
]
