"""Posters, hand-over sheets and the final report on paper and as a spreadsheet, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext

from xinshi.campaigns.models import Campaign
from xinshi.campaigns.queries.report import Report, ReportLine
from xinshi.campaigns.queries.sheets import NoteLine, Sheet, SheetRole
from xinshi.documents.qr import qr_drawing, site_address
from xinshi.documents.typesetting import typeset
from xinshi.documents.workbook import XLSX_CONTENT_TYPE, Cell, write_workbook
from xinshi.doors.wording import day_text, is_chinese
from xinshi.kernel import clock

PDF: Final = "application/pdf"
XLSX: Final = XLSX_CONTENT_TYPE
FOLDER: Final = Path(__file__).parent / "typst"


def _hospital() -> str:
    names: dict[str, str] = settings.HOSPITAL_NAMES
    return names.get(get_language() or "", names["zh-hans"])


def _shared() -> dict[str, Any]:
    return {"lang": "zh" if is_chinese() else "en", "hospital": _hospital()}


def poster_pdf(campaign: Campaign) -> bytes:
    """One page to hang up: what for, when, the QR code, the address to type, what one needs."""
    path = reverse("campaigns:path", args=[campaign.code])
    return typeset(
        FOLDER / "poster.typ",
        _shared()
        | {
            "title": campaign.name,
            "headline": gettext("Volunteers wanted"),
            "purpose": campaign.purpose,
            "days": f"{day_text(campaign.starts_on)} – {day_text(campaign.ends_on)}",
            "qr": qr_drawing(path),
            "scan": gettext("Scan, five minutes, and you have your shift"),
            "address": site_address(path).split("://", 1)[-1],
            "steps": [
                gettext("Your phone and your name"),
                gettext("The pledge"),
                *([gettext("A lesson of ten minutes")] if campaign.lesson_code else []),
                gettext("Your shift: place and time"),
            ],
            "facts": [
                gettext("From %(years)s years on") % {"years": campaign.age_min},
                gettext("Accident insurance is given by the hospital")
                if campaign.insurance_until
                else gettext("Every hour is recorded and certified free of charge"),
                gettext("Without a phone: come to the volunteer service station"),
            ],
        },
    )


def sheet_pdf(sheet: Sheet) -> bytes:
    """The hand-over sheet of a site and window."""
    window = f"{_time(sheet.window.starts)}–{_time(sheet.window.ends)}"
    return typeset(
        FOLDER / "sheet.typ",
        _shared()
        | {
            "title": gettext("Hand-over sheet"),
            "campaign": sheet.site.campaign.name,
            "site": sheet.site.name,
            "when": f"{day_text(sheet.day)} {window}",
            "facts": [
                [gettext("Place"), sheet.site.place],
                [gettext("Contact"), " ".join(filter(None, [sheet.site.contact, sheet.site.contact_phone]))],
                [gettext("Printed"), f"{clock.now().astimezone(clock.HOSPITAL_ZONE):%Y-%m-%d %H:%M}"],
            ],
            "columns": [gettext("Name"), gettext("Phone"), gettext("Came"), gettext("Remarks")],
            "roles": [_role(role) for role in sheet.roles],
            "notes_title": gettext("From the shifts before"),
            "notes": [_note(line) for line in sheet.notes],
            "none": gettext("Nobody has written anything yet."),
            "next_title": gettext("For the next shift"),
            "next": [gettext("What happened"), gettext("Open points"), gettext("Materials")],
            "minor": gettext("minor"),
        },
    )


def _time(value: Any) -> str:
    return f"{value:%H:%M}"


def _role(role: SheetRole) -> dict[str, Any]:
    missing = role.missing
    return {
        "name": role.post.role.name,
        "count": gettext("%(here)s of %(places)s") % {"here": len(role.people), "places": role.post.places},
        "missing": gettext("%(number)s missing") % {"number": missing} if missing else "",
        "people": [
            {
                "name": person.name,
                "phone": person.phone,
                "came": person.has_come,
                "minor": person.is_minor,
                "note": person.note,
            }
            for person in role.people
        ],
    }


def _note(line: NoteLine) -> dict[str, Any]:
    return {
        "when": f"{day_text(line.note.day)} {_time(line.note.window.starts)} · {line.by}",
        "texts": [
            [label, text]
            for label, text in (
                (gettext("Notes"), line.note.notes),
                (gettext("Open points"), line.note.open_points),
                (gettext("Materials"), line.note.materials),
            )
            if text
        ],
    }


def report_sheet(found: Report) -> bytes:
    """The final report as a workbook: a row per site, the sums last."""
    kinds = [label for label, _amount in found.kinds]
    headers = [
        gettext("Campaign site"),
        gettext("Posts"),
        gettext("Places"),
        gettext("Taken"),
        gettext("Came"),
        gettext("Hours present"),
        *kinds,
    ]
    campaign = found.campaign
    return write_workbook(
        sheet_name=gettext("Campaign"),
        headers=headers,
        rows=_report_rows(found, kinds),
        preamble=[
            campaign.name,
            f"{campaign.starts_on.isoformat()} – {campaign.ends_on.isoformat()}",
            gettext("Recruited: %(people)s; served: %(served)s") % {"people": found.recruits, "served": found.served},
        ],
    )


def _report_rows(found: Report, kinds: list[str]) -> Iterator[list[Cell]]:
    for line in found.lines:
        yield _report_row(line.name, line, kinds)
    yield _report_row(gettext("Sum"), found.total, kinds)


def _report_row(name: str, line: ReportLine, kinds: list[str]) -> list[Cell]:
    counted: list[Cell] = [line.outcomes.get(kind, 0) for kind in kinds]
    return [name, line.posts, line.places, line.taken, line.came, line.minutes // 60, *counted]
