"""What of this room is about one person: a copy for them. That somebody joined or was called stays, without a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.bank.obstacles import Obstacle
from xinshi.campaigns.models import CalledPerson, Campaign, CampaignSite, Recruit
from xinshi.doors.copying import copied
from xinshi.kernel.errors import gettext_noop


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "campaigns": copied(Recruit.objects.filter(person__in=ids), "campaign__name", "joined_at", "through"),
        "calls": copied(CalledPerson.objects.filter(person__in=ids), "call__campaign__name", "day"),
    }


def still_needed(person_id: int) -> list[Obstacle]:
    """Campaigns that go on under them or with a site of theirs."""
    going_on = Campaign.objects.exclude(state=Campaign.State.CLOSED)
    number = going_on.filter(person_in_charge=person_id).count()
    number += CampaignSite.objects.filter(campaign__in=going_on, leader=person_id).count()
    text = gettext_noop("%(number)s campaigns or their sites are in their charge: name somebody else.")
    return [Obstacle(text, {"number": number})] if number else []
