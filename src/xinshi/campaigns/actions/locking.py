"""The campaign's row is the lock of everything that is planned in it."""

from __future__ import annotations

from xinshi.campaigns.domain import CampaignClosed
from xinshi.campaigns.models import Campaign
from xinshi.kernel.errors import NotFound


def lock_campaign(campaign_id: int) -> Campaign:
    """The campaign, locked; NotFound where there is none, CampaignClosed where it is over."""
    found = Campaign.objects.select_for_update(no_key=True).filter(pk=campaign_id).first()
    if found is None:
        raise NotFound
    if found.state == Campaign.State.CLOSED:
        raise CampaignClosed
    return found
