"""What a site brought about on a day: doses, tests, people, typed by its leader; the rows are attendance's outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db import transaction

from xinshi.attendance.outcomes.actions import report_outcomes
from xinshi.attendance.outcomes.domain import DOSES, PERSON_TIMES, TESTS, NewFigure
from xinshi.campaigns.access import led_site
from xinshi.campaigns.models import CampaignPost
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop

COUNTED: Final = (DOSES, TESTS, PERSON_TIMES)
RUNNING_COUNT: Final = gettext_noop("The count of the day went on.")


@transaction.atomic
def count_outcomes(*, actor: Actor, site_id: int, day: date, amounts: Mapping[str, int], reason: str = "") -> int:
    """Put on record what there was at the site on that day up to now, each amount the whole of it; how many changed.

    NotFound where the actor does not lead the site or nothing was published there that day.
    """
    site = led_site(actor, site_id)
    posts = CampaignPost.objects.filter(site=site, day=day, shift__isnull=False)
    activity_id = posts.order_by("shift__activity_id").values_list("shift__activity_id", flat=True).first()
    if activity_id is None:
        raise NotFound
    assert set(amounts) <= set(COUNTED), "a campaign counts doses, tests and people"
    made = report_outcomes(
        actor=actor,
        activity_id=activity_id,
        figures=[NewFigure(measure=code, amount=amount) for code, amount in amounts.items()],
        reason=reason.strip() or RUNNING_COUNT,
    )
    return len(made)
