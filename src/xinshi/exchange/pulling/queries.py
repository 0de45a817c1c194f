"""What pulls and files tell about the partner that they came from."""

from __future__ import annotations

from typing import Final

from xinshi.exchange.models import ImportFile, PullRun
from xinshi.exchange.partners.registry import LATEST_MAX, Happening, Unfinished
from xinshi.kernel.errors import gettext_noop

PULLED: Final = gettext_noop("Pulled from its interface")
STOPPED: Final = gettext_noop("A pull stopped before its end; the next one goes on there")
FILE: Final = gettext_noop("A file was imported")


def latest_of(partner_id: int) -> list[Happening]:
    """The newest pulls and imported files."""
    pulls = PullRun.objects.filter(partner_id=partner_id).order_by("-started_at")[:LATEST_MAX]
    files = ImportFile.objects.filter(partner_id=partner_id).order_by("-last_imported_at")[:LATEST_MAX]
    return [
        *(Happening(at=one.started_at, what=STOPPED if one.code else PULLED, is_incoming=True) for one in pulls),
        *(
            Happening(at=one.last_imported_at, what=FILE, is_incoming=True, object_ref=f"exchange-file:{one.pk}")
            for one in files
        ),
    ]


def unfinished_of(partner_id: int) -> Unfinished:
    """A pull that stopped is unfinished until one goes through."""
    newest = PullRun.objects.filter(partner_id=partner_id).order_by("-started_at").first()
    if newest is None or not newest.code:
        return Unfinished()
    runs = PullRun.objects.filter(partner_id=partner_id)
    went_well = runs.filter(code="", ended_at__isnull=False).order_by("-started_at").first()
    stopped = runs.exclude(code="")
    if went_well is not None:
        stopped = stopped.filter(started_at__gt=went_well.started_at)
    first = stopped.order_by("started_at").first()
    return Unfinished(count=1, oldest_at=first.started_at if first else newest.started_at)
