"""What the bank owes, as a page with pictures and the tables behind them; lists of the accounts; exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.pages import PageRequest, page
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.liabilities import drawing, exporting, queries
from xinshi.liabilities.access import READERS
from xinshi.liabilities.counting import Count
from xinshi.liabilities.domain import Age, Holder, MinutesKind, percent
from xinshi.liabilities.wording import AGES, HOLDERS, KINDS, NO_ORGANIZATION, PARTS, group_label

PAGE_SIZE: Final = 50
PAST_MONTHS_DRAWN: Final = 24


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A part of the whole with the way to the accounts that it is made of."""

    label: str
    minutes: int
    percent: int | None
    whole: int
    query: str

    @property
    def share(self) -> str:
        """Whole per cent; what is there and rounds to nothing is said so."""
        if self.percent is None:
            return ""
        return "<1%" if self.minutes and not self.percent else f"{self.percent}%"


@page(READERS)
def overview(request: PageRequest) -> HttpResponse:
    """What is owed, how old it is, how it moves, and what benefits can take."""
    found = queries.overview(request.actor)
    count = found.count
    past = queries.standing(found.flows)[-PAST_MONTHS_DRAWN:]
    old = sum(minutes for age, minutes in count.by("age").items() if age in (Age.TO_24, Age.OLDER))
    context = {
        "found": found,
        "today": count.today,
        "outstanding": count.minutes,
        "old_percent": percent(old, count.minutes),
        "parts": _parts(count),
        "ages": _shares(count, "age", [(age.value, str(AGES[age])) for age in Age]),
        "kinds": _shares(count, "kind", [(kind.value, str(KINDS[kind])) for kind in MinutesKind]),
        "groups": _shares(count, "group", [(g, group_label(g)) for g in ("staff", "student", "citizen", "")]),
        "organizations": _organizations(count),
        "past": list(reversed(past)),
        "line": _line(past, found),
        "first_month": past[0][0] if past else None,
        "snapshots": queries.snapshots(request.actor),
    }
    return render(request, "liabilities/overview.html", context)


def _parts(count: Count) -> list[ShareLine]:
    """By holder, and what of the passbooks is kept back."""
    whole = count.minutes
    lines = [
        _share(str(label), count.of(holder), whole, holder=holder.value)
        for holder, label in HOLDERS.items()
        if holder is Holder.PASSBOOK or count.of(holder)
    ]
    kept = (("held", count.held_minutes), ("notice", count.notice_minutes))
    return lines + [_share(str(PARTS[part]), minutes, whole, part=part) for part, minutes in kept if minutes]


def _shares(count: Count, name: str, labels: Sequence[tuple[str, str]]) -> list[ShareLine]:
    sums, whole = count.by(name), count.minutes
    return [
        _share(label, sums[value], whole, **{name: value or "none"})
        for value, label in labels
        if sums[value] or name == "age"
    ]


def _organizations(count: Count) -> list[ShareLine]:
    sums, whole = count.by("organization_id"), count.minutes
    named = [(int(str(pk)), minutes) for pk, minutes in sums.most_common()]
    return [
        _share(count.organizations.get(pk, str(NO_ORGANIZATION)), minutes, whole, organization=str(pk))
        for pk, minutes in named
    ]


def _share(label: str, minutes: int, whole: int, **query: str) -> ShareLine:
    return ShareLine(label, minutes, percent(minutes, whole), whole, urlencode(query))


def _line(past: Sequence[tuple[object, int]], found: queries.Overview) -> str:
    coming = [drawing.Point(row.outstanding, row.low, row.high) for row in found.forecast]
    return drawing.line(
        [minutes for _, minutes in past], coming, label=gettext("Outstanding hours month by month, and the forecast.")
    )


@page(READERS)
def accounts(request: PageRequest) -> HttpResponse:
    """The accounts behind one figure, most hours first."""
    wanted = _wanted(request)
    lines = queries.accounts(request.actor, wanted)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "minutes": sum(line.minutes for line in lines),
        "chosen": _chosen(wanted, queries.organization_name(wanted.organization)),
        "query": query.urlencode(),
    }
    return render(request, "liabilities/accounts.html", context)


def _wanted(request: PageRequest) -> queries.Wanted:
    """What of the address is known; the rest narrows nothing."""

    def known(name: str, values: Sequence[str]) -> str:
        typed = request.GET.get(name, "")
        return typed if typed in values else ""

    typed = request.GET.get("organization", "")
    return queries.Wanted(
        holder=known("holder", [holder.value for holder in Holder]),
        age=known("age", [age.value for age in Age]),
        kind=known("kind", [kind.value for kind in MinutesKind]),
        group=known("group", ["staff", "student", "citizen", "none"]),
        organization=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None,
        part=known("part", list(PARTS)),
    )


def _chosen(wanted: queries.Wanted, organization: str) -> list[str]:
    """What the list is narrowed to, in words."""
    words = [
        str(HOLDERS[Holder(wanted.holder)]) if wanted.holder else "",
        str(AGES[Age(wanted.age)]) if wanted.age else "",
        str(KINDS[MinutesKind(wanted.kind)]) if wanted.kind else "",
        group_label(wanted.group.replace("none", "")) if wanted.group else "",
        (organization or str(NO_ORGANIZATION)) if wanted.organization is not None else "",
        str(PARTS[wanted.part]) if wanted.part else "",
    ]
    return [word for word in words if word]


@page(READERS)
def outstanding_xlsx(request: PageRequest) -> HttpResponse:
    return _xlsx(request.actor, exporting.outstanding, "outstanding")


@page(READERS)
def outstanding_csv(request: PageRequest) -> HttpResponse:
    return _csv(request.actor, exporting.outstanding, "outstanding")


@page(READERS)
def months_xlsx(request: PageRequest) -> HttpResponse:
    return _xlsx(request.actor, exporting.months, "months")


@page(READERS)
def months_csv(request: PageRequest) -> HttpResponse:
    return _csv(request.actor, exporting.months, "months")


Export = Callable[[Actor], exporting.Table]


def _xlsx(actor: Actor, export: Export, name: str) -> HttpResponse:
    return _download(export(actor).xlsx(), XLSX_CONTENT_TYPE, f"{name}-{clock.today():%Y%m%d}.xlsx")


def _csv(actor: Actor, export: Export, name: str) -> HttpResponse:
    return _download(export(actor).csv(), "text/csv; charset=utf-8", f"{name}-{clock.today():%Y%m%d}.csv")


def _download(data: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        data, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
