"""A certificate on paper, in the reader's language."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from xinshi.documents.qr import qr_drawing
from xinshi.documents.typesetting import typeset
from xinshi.doors.wording import is_chinese
from xinshi.kernel.ids import grouped_code
from xinshi.training.exporting import Document
from xinshi.training.queries.certificates import OwnCertificate
from xinshi.training.wording import course_title

TEMPLATE: Final = Path(__file__).parent / "typst" / "certificate.typ"


def certificate_pdf(found: OwnCertificate) -> Document:
    """One page, A4 across. What was revoked or has run out says so on the paper."""
    row = found.row
    names: dict[str, str] = settings.HOSPITAL_NAMES
    number = f"{row.number[:4]}-{grouped_code(row.number[4:])}"
    stamp = {"revoked": gettext("Revoked"), "expired": gettext("Run out")}.get(found.state, "")
    data = {
        "lang": "zh" if is_chinese() else "en",
        "hospital": names.get(get_language() or "", names["zh-hans"]),
        "title": gettext("Certificate of training"),
        "name": row.person.name,
        "before": gettext("This is to certify that"),
        "text": gettext("has completed the training and passed all of its tests"),
        "course": course_title(row.course),
        "summary": row.course.summary if is_chinese() else "",
        "facts": [
            [gettext("Certificate number"), number],
            [gettext("Issued on"), _day(row.issued_on)],
            [gettext("Valid until"), _day(row.expires_on) if row.expires_on else gettext("does not run out")],
        ],
        "provider": row.course.provider,
        "issued": _day(row.issued_on),
        "check_qr": qr_drawing(reverse("training:check_number", args=[row.number])),
        "check_text": gettext("Scan to check this certificate"),
        "stamp": stamp,
    }
    return Document(f"certificate-{row.number}.pdf", "application/pdf", typeset(TEMPLATE, data))


def _day(day: date) -> str:
    return str(date_format(day, "DATE_FORMAT"))
