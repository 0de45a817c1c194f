"""The leader's list on paper, to sign where no phone works."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language, gettext

from xinshi.attendance.queries import LeaderList, ListLine
from xinshi.documents.typesetting import typeset
from xinshi.doors.wording import day_text, is_chinese
from xinshi.kernel import clock

FOLDER: Final = Path(__file__).parent / "typst"
BLANK_LINES: Final = 5
"""For whoever simply comes."""


def list_pdf(found: LeaderList) -> bytes:
    """A row for each person with a place: times so far, room to sign, what to look out for; then rows for walk-ups."""
    shift, activity = found.shift, found.shift.activity
    names: dict[str, str] = settings.HOSPITAL_NAMES
    number = len(found.lines)
    return typeset(
        FOLDER / "list.typ",
        {
            "lang": "zh" if is_chinese() else "en",
            "hospital": names.get(get_language() or "", names["zh-hans"]),
            "title": gettext("Attendance list"),
            "activity": activity.title,
            "when": f"{day_text(clock.local_day(shift.starts_at))} {_time(shift.starts_at)}–{_time(shift.ends_at)}",
            "printed": gettext("Printed %(moment)s")
            % {"moment": f"{clock.now().astimezone(clock.HOSPITAL_ZONE):%Y-%m-%d %H:%M}"},
            "facts": [
                [gettext("Place"), activity.place],
                *([[gettext("Volunteer role"), shift.role.name]] if shift.role.name else []),
                [gettext("Person in charge"), activity.person_in_charge.name],
                [gettext("Places"), gettext("%(here)s of %(places)s") % {"here": number, "places": shift.places}],
                *([[gettext("Risks"), activity.risks]] if activity.risks else []),
            ],
            "columns": [
                gettext("No."),
                gettext("Name"),
                gettext("Volunteer number"),
                gettext("Came at"),
                gettext("Left at"),
                gettext("Signature"),
                gettext("Remarks"),
            ],
            "people": [_person(at, line) for at, line in enumerate(found.lines, start=1)],
            "blank": list(range(number + 1, number + 1 + BLANK_LINES)),
            "signs": [gettext("Signature of the person in charge"), gettext("Date")],
        },
    )


def _person(number: int, line: ListLine) -> dict[str, Any]:
    record = line.record if line.state != "expected" else None
    missing = [gettext("Missing: %(name)s") % {"name": line.missing}] if line.missing else []
    return {
        "number": number,
        "name": line.name,
        "volunteer_number": line.volunteer_number,
        "came": _time(record.checked_in_at) if record else "",
        "left": _time(record.checked_out_at) if record and record.checked_out_at else "",
        "marks": [*([gettext("Minor")] if line.is_minor else []), *missing],
        "note": line.note,
    }


def _time(moment: Any) -> str:
    return f"{moment.astimezone(clock.HOSPITAL_ZONE):%H:%M}"
