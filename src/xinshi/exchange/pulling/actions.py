"""Pulling everything that is new, page by page: asked outside of any transaction, taken in inside one with the cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.portions import locked_partner
from xinshi.exchange.domain import ZHIYUANHUI, RowState
from xinshi.exchange.models import Partner, PullCursor, PullRun
from xinshi.exchange.partners.actions import note_heard
from xinshi.exchange.partners.queries import require_open
from xinshi.exchange.pulling.client import Client, access, is_configured
from xinshi.exchange.pulling.domain import RESOURCES, Place, PulledPage, place_after
from xinshi.exchange.pulling.taking import take_rows
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError

PAGES_MAX: Final = 20_000
"""Of one resource in one run: more than a million rows."""
FIRST_PULL_DAYS: Final = 30
DUE_AFTER: Final = timedelta(hours=20)
AGAIN_AFTER: Final = timedelta(hours=1)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PullReport:
    """Figures of one run; `refusal` says why it stopped early, at which resource. What came before it stays."""

    run_id: int
    pages: int
    figures: Counter[str] = field(default_factory=Counter)
    refusal: DomainError | None = None
    resource: str = ""

    @property
    def rows(self) -> int:
        return sum(self.figures[state.value] for state in RowState)

    def as_json(self) -> dict[str, Any]:
        """The figures by state; departments and volunteers are counted as `noted`."""
        states = {state.value: self.figures[state.value] for state in RowState}
        return {
            "run": self.run_id,
            "pages": self.pages,
            "rows": self.rows,
            "minutes": self.figures["minutes"],
            **states,
            "noted": self.figures["noted"],
            "stopped_by": self.refusal.code if self.refusal else "",
            "stopped_at": self.resource,
        }


def pull_zhiyuanhui(*, actor: Actor, progress: Progress | None = None, client: Client | None = None) -> PullReport:
    """Take in everything that 志愿汇 has and this house has not; where it stops, the next pull goes on.

    PullNotConfigured, PartnerPaused, PartnerDisputed; whatever goes wrong later is in the report.
    """
    require_keeper(actor)
    asking = client or Client(access())
    partner = Partner.objects.get(code=ZHIYUANHUI)
    require_open(partner)
    run = PullRun.objects.create(partner=partner, started_at=clock.now(), started_by_ref=actor.reference)
    figures: Counter[str] = Counter()
    refusal: DomainError | None = None
    resource = ""
    for resource in RESOURCES:
        try:
            _pull_resource(actor, asking, run, resource, figures, progress)
        except DomainError as stopped:
            refusal = stopped
            break
    report = PullReport(run.pk, run.pages, figures, refusal, resource if refusal else "")
    _end(actor, run, report)
    return report


def pull_if_due(*, actor: Actor) -> PullReport | None:
    """Pull once a day where the interface is set up; after a failure again in an hour. None where nothing was due."""
    if not is_configured() or Partner.objects.get(code=ZHIYUANHUI).state != Partner.State.ACTIVE:
        return None
    latest = PullRun.objects.filter(partner__code=ZHIYUANHUI).order_by("-started_at").first()
    if latest is not None:
        went_well = latest.ended_at is not None and not latest.code
        if clock.now() - latest.started_at < (DUE_AFTER if went_well else AGAIN_AFTER):
            return None
    return pull_zhiyuanhui(actor=actor)


def _pull_resource(
    actor: Actor, client: Client, run: PullRun, resource: str, figures: Counter[str], progress: Progress | None
) -> None:
    place: Place | None = _place(run.partner_id, resource)
    for _ in range(PAGES_MAX):
        assert place is not None
        page = client.page(resource, day=place.day, max_id=place.max_id)
        place = _take_page(actor, run, resource, place, page, figures)
        if progress:
            progress(run.pages, 0)
        if place is None:
            return


def _place(partner_id: int, resource: str) -> Place:
    """Where the last pull stopped; at the first pull, the first day that the settings name."""
    cursor = PullCursor.objects.filter(partner_id=partner_id, resource=resource).first()
    if cursor is not None:
        return Place(cursor.day, cursor.max_id)
    return Place(settings.ZHIYUANHUI_SINCE or clock.today() - timedelta(days=FIRST_PULL_DAYS))


@transaction.atomic
def _take_page(
    actor: Actor, run: PullRun, resource: str, place: Place, page: PulledPage, figures: Counter[str]
) -> Place | None:
    """Take the page in and move the cursor, both or neither; where to go on, None at the end.

    Where another pull moved the cursor meanwhile, this page is dropped and asking goes on from there.
    """
    partner = locked_partner()
    cursor, _ = PullCursor.objects.select_for_update().get_or_create(
        partner=partner, resource=resource, defaults={"day": place.day, "max_id": place.max_id}
    )
    if (cursor.day, cursor.max_id) != (place.day, place.max_id):
        return Place(cursor.day, cursor.max_id)
    following = place_after(place, page, today=clock.today())
    taken = take_rows(actor=actor, partner=partner, resource=resource, day=place.day, rows=page.rows)
    if following is not None:
        cursor.day, cursor.max_id = following.day, following.max_id
    cursor.pulled_at = clock.now()
    cursor.save(update_fields=["day", "max_id", "pulled_at"])
    note_heard(partner_id=partner.pk)
    _count(run, taken)
    figures.update(taken)
    return following


def _count(run: PullRun, taken: Counter[str]) -> None:
    run.pages += 1
    run.rows += sum(taken[state.value] for state in RowState)
    run.credited += taken[RowState.CREDITED.value]
    run.credited_minutes += taken["minutes"]
    run.waiting += taken[RowState.HELD_BACK.value] + taken[RowState.UNMATCHED.value]
    run.save(update_fields=["pages", "rows", "credited", "credited_minutes", "waiting"])


@transaction.atomic
def _end(actor: Actor, run: PullRun, report: PullReport) -> None:
    run.ended_at = clock.now()
    run.code, run.resource = (report.refusal.code if report.refusal else ""), report.resource
    run.save(update_fields=["ended_at", "code", "resource"])
    record(actor=actor, action="exchange.pull", object_ref=f"exchange-partner:{run.partner_id}", **report.as_json())
