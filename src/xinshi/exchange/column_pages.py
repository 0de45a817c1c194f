"""Which column is what: asked once where the titles are not understood, remembered, shown, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from xinshi.documents.keeping import KeptFile, kept
from xinshi.documents.sheets import HeaderNotFound, sheet_parts
from xinshi.doors.pages import PageRequest, page, refusal_text
from xinshi.exchange import queries
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.exchange.actions.importing import understood
from xinshi.exchange.actions.mapping import (
    FIELDS,
    change_columns,
    forget_columns,
    own_columns,
    proposals,
    remember_columns,
)
from xinshi.exchange.models import ColumnMapping
from xinshi.exchange.zhiyuanhui.cells import cell_text
from xinshi.exchange.zhiyuanhui.tables import fingerprint
from xinshi.kernel.errors import DomainError, Invalid

UPLOAD: Final = "zhiyuanhui"
ROWS_SHOWN: Final = 12
COLUMNS_SHOWN: Final = 40
HEADER_ROWS: Final = 30
MAPPINGS_PER_PAGE: Final = 50
LABELS: Final = {
    "name": _("Name"),
    "number": _("Volunteer number"),
    "verified": _("Verified hours"),
    "honorary": _("Honorary hours"),
    "reason": _("Reason for entering afterwards"),
    "title": _("Activity"),
    "day": _("Day"),
    "start": _("Sign-in time"),
    "end": _("Sign-out time"),
}


def rows_to_choose_from(data: bytes, name: str) -> list[list[str]]:
    """The first rows of the first sheet in which a row of titles can stand, as text; none where there is no such sheet."""
    for part in sheet_parts(data, file_name=name):
        rows = [[cell_text(cell) for cell in row[:COLUMNS_SHOWN]] for row in part.rows[:HEADER_ROWS]]
        if part.first_row == 0 and any(fingerprint(row) for row in rows):
            return rows
    return []


def is_not_understood(sent: KeptFile) -> bool:
    """True for a file that can be read and in which only the titles are not understood."""
    try:
        understood(sent.data, sent.name, sender=sent.about)
    except HeaderNotFound:
        return bool(rows_to_choose_from(sent.data, sent.name))
    except DomainError:
        return False
    return False


@never_cache
@page(KEEPERS, methods=("GET", "POST"))
def columns(request: PageRequest, key: str) -> HttpResponse:
    """GET: the first rows, and which column may be what, as it was said before. POST: remember it, go on to the preview."""
    try:
        upload = kept(actor=request.actor, purpose=UPLOAD, key=key)
        rows = rows_to_choose_from(upload.data, upload.name)
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("exchange:import")
    marks = [fingerprint(row) for row in rows]
    known = own_columns(upload.about, marks) or next(iter(proposals(upload.about, marks)), None)
    header = _header(request, rows, known)
    titles = rows[header] if rows else []
    fault = ""
    if request.method == "POST" and "remember" in request.POST:
        fault = _attempted(
            request,
            len(titles),
            lambda said, in_minutes: remember_columns(
                actor=request.actor, titles=titles, columns=said, in_minutes=in_minutes, sender=upload.about
            ),
        )
        if not fault:
            return redirect("exchange:preview", key)
    if known and known.fingerprint != marks[header]:
        known = None
    chosen, in_minutes = _chosen(request, len(titles), known)
    context = {
        "key": key,
        "file_name": upload.name,
        "sender": upload.about,
        "proposed_by": known.sender.name if known and known.sender.name != upload.about else "",
        "in_minutes": in_minutes,
        "header": header,
        "titled_rows": [
            (place, " · ".join(filter(None, row))[:80]) for place, row in enumerate(rows) if fingerprint(row)
        ],
        "columns": [
            (place, title, chosen[place], [row[place] if place < len(row) else "" for row in rows[header + 1 :][:3]])
            for place, title in enumerate(titles)
        ],
        "fields": LABELS.items(),
        "rows": rows[header + 1 :][:ROWS_SHOWN],
        "titles": titles,
        "fault": fault,
    }
    return render(request, "exchange/columns.html", context)


def _chosen(request: PageRequest, width: int, known: ColumnMapping | None) -> tuple[dict[int, str], bool]:
    """What each column is and whether hours are minutes: as it was just chosen, else as it was said before."""
    if known is not None and "remember" not in request.POST:
        meant = {place: field for field, place in known.columns.items()}
        return {place: meant.get(place, "") for place in range(width)}, known.in_minutes
    chosen = {place: request.POST.get(f"column-{place}", "") for place in range(width)}
    return chosen, request.POST.get("in_minutes") == "on"


def _header(request: PageRequest, rows: list[list[str]], known: ColumnMapping | None) -> int:
    """The row of titles that was chosen; else one that was explained; else that with the most texts that are no numbers."""
    typed = request.POST.get("header", request.GET.get("header", ""))
    if (
        typed.isascii()
        and typed.isdigit()
        and len(typed) < 4
        and int(typed) < len(rows)
        and fingerprint(rows[int(typed)])
    ):
        return int(typed)
    if known is not None:
        return next(place for place, row in enumerate(rows) if fingerprint(row) == known.fingerprint)
    return max(range(len(rows)), key=lambda place: (_words(rows[place]), -place), default=0)


def _words(row: list[str]) -> int:
    return sum(1 for cell in row if cell and not any(sign.isdigit() for sign in cell))


def _attempted(request: PageRequest, width: int, remember: Callable[[dict[str, int], bool], object]) -> str:
    """Remember what was chosen; returns what is wrong with it."""
    chosen: dict[str, int] = {}
    for place in range(width):
        field = request.POST.get(f"column-{place}", "")
        if field in FIELDS and field in chosen:
            return gettext("One column is one thing. Choose each thing once.")
        if field in FIELDS:
            chosen[field] = place
    try:
        remember(chosen, request.POST.get("in_minutes") == "on")
    except Invalid as refusal:
        return gettext(str(refusal.parameters["reason"]))
    except DomainError as refusal:
        return refusal_text(refusal)
    return ""


@page(READERS)
def remembered(request: PageRequest) -> HttpResponse:
    """What was said about titles so far."""
    shown = Paginator(queries.remembered_columns(request.actor), MAPPINGS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "mappings": [(row, _in_words(row.columns, row.titles)) for row in shown],
        "may_write": is_keeper(request.actor),
    }
    return render(request, "exchange/remembered_columns.html", context)


def _in_words(said: Mapping[str, int], titles: list[str]) -> list[tuple[str, str]]:
    """Pairs of the file's title and what it means, in the order of the columns."""
    in_order = sorted(said.items(), key=lambda pair: pair[1])
    return [(titles[place] if place < len(titles) else "", str(LABELS[field])) for field, place in in_order]


@page(KEEPERS, methods=("GET", "POST"))
def change_one(request: PageRequest, mapping_id: int) -> HttpResponse:
    """What was said about the columns of a sender's files, to be said anew."""
    known = queries.remembered_mapping(request.actor, mapping_id)
    fault = ""
    if request.method == "POST":
        fault = _attempted(
            request,
            len(known.titles),
            lambda said, in_minutes: change_columns(
                actor=request.actor, mapping_id=mapping_id, columns=said, in_minutes=in_minutes
            ),
        )
        if not fault:
            messages.success(request, gettext("Changed. It holds for the next file with these titles."))
            return redirect("exchange:remembered_columns")
    chosen, in_minutes = _chosen(request, len(known.titles), known)
    context = {
        "known": known,
        "columns": [(place, title, chosen[place], []) for place, title in enumerate(known.titles)],
        "fields": LABELS.items(),
        "in_minutes": in_minutes,
        "fault": fault,
    }
    return render(request, "exchange/change_columns.html", context)


@page(KEEPERS, methods=("POST",))
def forget_one(request: PageRequest, mapping_id: int) -> HttpResponse:
    forget_columns(actor=request.actor, mapping_id=mapping_id)
    messages.success(request, gettext("Forgotten. The next file with these titles is asked about again."))
    return redirect("exchange:remembered_columns")
