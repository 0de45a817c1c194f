"""Who comes to a shift without what its role, or the danger, asks for on the day."""

from __future__ import annotations

from collections.abc import Collection

from xinshi.activities.models import Shift
from xinshi.activities.requirements import Requirements
from xinshi.archive.domain import INSURANCE, Facts
from xinshi.archive.models import QualificationKind
from xinshi.archive.queries import facts
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock


def needed_for(shift: Shift) -> list[str]:
    """Codes of the archive. `shift` comes with role and activity."""
    needed = list(Requirements.from_stored(shift.role.requirements).qualifications)
    if shift.activity.is_dangerous and INSURANCE not in needed:
        needed.append(INSURANCE)
    return needed


def missing_certificates(shift: Shift, person_ids: Collection[int]) -> dict[int, str]:
    """By person the code of the first thing that they lack on the day; no query where nothing is asked."""
    needed = needed_for(shift)
    if not needed or not person_ids:
        return {}
    held, day = facts(person_ids), clock.local_day(shift.starts_at)
    found = {}
    for person_id in person_ids:
        own = held.get(person_id, Facts(person_id=person_id))
        lacks = next((code for code in needed if not own.has(code, day)), "")
        if lacks:
            found[person_id] = lacks
    return found


def names_of(codes: Collection[str]) -> dict[str, str]:
    """What these kinds are called, in the reader's language; no query for none."""
    if not codes:
        return {}
    rows = QualificationKind.objects.filter(code__in=codes).values_list("code", "name", "name_en")
    return {code: name if is_chinese() else english or name for code, name, english in rows}
