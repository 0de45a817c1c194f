"""The service history of one person: what they served, with what qualification, under which stars."""

from __future__ import annotations

from typing import Final

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render

from xinshi.archive import queries as archive
from xinshi.archive.access import READERS, require_own_or_reader
from xinshi.archive.wording import STANDINGS
from xinshi.attendance.access import visible_to
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.models import Passbook
from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person
from xinshi.people.queries import people_of

PAGE_SIZE: Final = 30
SHOWN: Final = (ServiceRecord.State.SUBMITTED, ServiceRecord.State.APPROVED)


@page(SIGNED_IN)
def own(request: PageRequest) -> HttpResponse:
    """My service history."""
    if request.actor.person_id is None:
        raise NotFound
    return _show(request, request.actor.person_id, is_self=True)


@page(READERS)
def of_person(request: PageRequest, person_id: int) -> HttpResponse:
    """Somebody's service history, for who keeps or audits the archive."""
    return _show(request, person_id, is_self=False)


def _show(request: PageRequest, person_id: int, *, is_self: bool) -> HttpResponse:
    require_own_or_reader(request.actor, person_id)
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound
    records = visible_to(request.actor).filter(person_id__in=people_of(person_id), state__in=SHOWN)
    rows = records.select_related("shift__activity__programme").order_by("-checked_in_at", "-pk")
    approved = records.filter(state=ServiceRecord.State.APPROVED)
    by_category = (
        approved.order_by()
        .values_list("shift__activity__category")
        .annotate(minutes=Sum("credited_minutes"))
        .order_by("-minutes")[:12]
    )
    categories = [(category, minutes or 0) for category, minutes in by_category]
    context = {
        "person": person,
        "is_self": is_self,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "passbook": Passbook.objects.filter(person_id=person_id).first(),
        "categories": categories,
        "most": max((minutes for _, minutes in categories), default=0),
        "qualifications": [(card, *STANDINGS[card.standing]) for card in archive.of_person(request.actor, person_id)],
    }
    return render(request, "web/history.html", context)
