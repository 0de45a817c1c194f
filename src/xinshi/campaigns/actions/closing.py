"""Closing a site, and the end of a campaign: people are told once, with what else they could do."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from xinshi.activities.actions import close_shifts
from xinshi.activities.domain import ReasonMissing
from xinshi.audit.actions import record
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.actions.locking import lock_campaign
from xinshi.campaigns.domain import REASON_LENGTH_MAX, CallState, SiteClosed
from xinshi.campaigns.models import Call, Campaign, CampaignPost, CampaignSite
from xinshi.documents.qr import site_address
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

SITE_CLOSED = gettext_noop(
    "“%(site)s” of “%(campaign)s” is closed: %(reason)s Your places there from now on are cancelled. Other sites need you: "
    "%(address)s"
)


@transaction.atomic
def close_site(*, actor: Actor, site_id: int, reason: str) -> int:
    """Close a site for all that is still to come, and offer the other sites to its people; returns how many are told.

    Shifts that go on now run to their end: who is there stays there.
    """
    require_manager(actor)
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    found = CampaignSite.objects.filter(pk=site_id).values_list("campaign_id", flat=True).first()
    if found is None:
        raise NotFound
    campaign = lock_campaign(found)
    site = CampaignSite.objects.select_for_update(no_key=True).get(pk=site_id)
    if site.closed_at is not None:
        raise SiteClosed
    at = clock.now()
    site.closed_at, site.closing_reason = at, reason
    site.save(update_fields=["closed_at", "closing_reason"])
    coming = CampaignPost.objects.filter(site=site, shift__starts_at__gt=at).values_list("shift_id", flat=True)
    lost = close_shifts(actor=actor, shift_ids=[pk for pk in coming if pk is not None], reason=reason)
    people = sorted({place.person_id for place in lost})
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=SITE_CLOSED,
            parameters={
                "site": site.name,
                "campaign": campaign.name,
                "reason": reason,
                "address": site_address(reverse("campaigns:path_shifts", args=[campaign.code])),
            },
            object_ref=f"campaign-path:{campaign.code}",
            key=f"campaign-site:{site.pk}:closed:{person_id}",
        )
        for person_id in people
    )
    record(actor=actor, action="campaigns.close_site", object_ref=f"campaign-site:{site.pk}", people=len(people))
    return len(people)


@transaction.atomic
def close_campaign(*, actor: Actor, campaign_id: int) -> None:
    """The end: nobody joins any more and no call goes on. Shifts that are still to come are closed site by site."""
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    at = clock.now()
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.CLOSED, closed_at=at)
    Call.objects.filter(campaign=campaign, state=CallState.RUNNING).update(state=CallState.STOPPED, ended_at=at)
    record(actor=actor, action="campaigns.close", object_ref=f"campaign:{campaign.pk}")
