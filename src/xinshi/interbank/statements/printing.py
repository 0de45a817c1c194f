"""A statement on paper, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext

from xinshi.documents.qr import qr_drawing
from xinshi.documents.typesetting import typeset
from xinshi.doors.wording import day_text, hours_count, is_chinese
from xinshi.interbank.statements.models import BankStatement
from xinshi.interbank.templatetags.settling import month_name, settling_word, signed_hours
from xinshi.kernel import clock
from xinshi.kernel.minutes import hours_figure

TEMPLATE: Final = Path(__file__).parent / "typst" / "statement.typ"


def statement_pdf(row: BankStatement) -> bytes:
    body = row.document["statement"]
    signature = row.document["signature"]
    return typeset(
        TEMPLATE,
        {
            "lang": "zh" if is_chinese() else "en",
            "hospital": hospital_name(),
            "title": gettext("Statement between time banks"),
            "between": [
                [gettext("Issuing bank"), f"{hospital_name()} ({body['from']})"],
                [gettext("The other bank"), f"{row.partner.name} ({body['to']})"],
                [gettext("Month"), month_name(row.month)],
                [gettext("Issued"), day_text(clock.local_day(row.issued_at))],
            ],
            "units": [gettext("Hours"), gettext("Transfers")],
            "figures": _figures(row),
            "headers": [
                gettext("Kind of hours"),
                gettext("Came in"),
                gettext("Transfers"),
                gettext("Went out"),
                gettext("Transfers"),
            ],
            "kinds": [_kind(line) for line in body["kinds"]],
            "empty": gettext("Nothing moved in this month."),
            "owed": _owed(row.closing_minutes, row.partner.name),
            "creed": gettext("The time bank stores service, never money."),
            "number_label": gettext("Statement number"),
            "number": grouped(row.number),
            "check_qr": qr_drawing(reverse("interbank:check_statement", args=[row.number])),
            "check_text": gettext("Scan to check this paper"),
            "seal_label": gettext("Newest seal of the book"),
            "seal": f"{body['seal_n']}:{body['seal_hash']}" if body["seal_n"] else "–",
            "signature_label": gettext("Signature (Ed25519), key %(key)s") % {"key": signature["key_id"]},
            "signature": signature["value"],
            "signers": [gettext("For the issuing bank"), gettext("For the other bank")],
        },
    )


def _figures(row: BankStatement) -> list[list[str]]:
    return [
        [gettext("Opening balance"), signed_hours(row.opening_minutes), ""],
        [gettext("Came in"), signed_hours(row.in_minutes), str(row.in_count)],
        [gettext("Went out"), signed_hours(-row.out_minutes), str(row.out_count)],
        [gettext("Corrections"), signed_hours(row.correction_minutes), str(row.correction_count)],
        [gettext("Closing balance"), signed_hours(row.closing_minutes), ""],
    ]


def _kind(line: dict[str, Any]) -> list[str]:
    return [
        settling_word(line["kind"]),
        hours_figure(line["in_minutes"]),
        str(line["in_count"]),
        hours_figure(line["out_minutes"]),
        str(line["out_count"]),
    ]


def _owed(minutes: int, name: str) -> str:
    """What the closing balance means, as a sentence."""
    if not minutes:
        return gettext("Neither bank owes the other any hours.")
    text = (
        ngettext(
            "%(name)s owes this bank %(hours)s hour of service.",
            "%(name)s owes this bank %(hours)s hours of service.",
            hours_count(minutes),
        )
        if minutes > 0
        else ngettext(
            "This bank owes %(name)s %(hours)s hour of service.",
            "This bank owes %(name)s %(hours)s hours of service.",
            hours_count(minutes),
        )
    )
    return text % {"name": name, "hours": hours_figure(abs(minutes))}


def owed_text(row: BankStatement) -> str:
    return _owed(row.closing_minutes, row.partner.name)


def grouped(number: str) -> str:
    return "-".join(number[start : start + 4] for start in range(0, len(number), 4))


def hospital_name() -> str:
    names: dict[str, str] = settings.HOSPITAL_NAMES
    return names.get(get_language() or "", names["en"])
