"""Waves and partners' quotas of a campaign. Lock: the campaign."""

from __future__ import annotations

import secrets
from typing import Final

from django.db import transaction
from django.urls import reverse

from xinshi.audit.actions import record
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.actions.locking import lock_campaign
from xinshi.campaigns.domain import NewWave, QuotaBelowUsed
from xinshi.campaigns.models import Campaign, CampaignWave
from xinshi.documents.qr import site_address
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.organizations.models import Membership, Organization

WAVES_MAX: Final = 100
QUOTA_MAX: Final = 100_000
KEEPERS_MAX: Final = 50


@transaction.atomic
def set_wave(*, actor: Actor, campaign_id: int, wave: NewWave) -> int:
    """From when, and for how many places, a campaign is open to an organisation or to everybody; the wave's id.

    An organisation's wave that is there already is changed, its link stays. QuotaBelowUsed.
    """
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    if wave.places is not None and not 1 <= wave.places <= QUOTA_MAX:
        raise Invalid(
            field="places", reason=gettext_noop("Between 1 and 100000 places, or empty for as many as there are.")
        )
    partner = wave.organization_id
    if partner is not None and not Organization.objects.filter(pk=partner, is_active=True).exists():
        raise Invalid(field="organization", reason=gettext_noop("Choose one of the list."))
    waves = CampaignWave.objects.filter(campaign=campaign, is_active=True)
    locked = waves.select_for_update()
    row = (locked.filter(organization=None) if partner is None else locked.filter(organization_id=partner)).first()
    if row is None:
        if waves.count() >= WAVES_MAX:
            raise Invalid(field="organization", reason=gettext_noop("A campaign has at most 100 waves."))
        row = CampaignWave.objects.create(
            campaign=campaign,
            organization_id=partner,
            word=secrets.token_urlsafe(9),
            opens_at=wave.opens_at,
            places=wave.places,
        )
    else:
        if wave.places is not None and wave.places < row.used:
            raise QuotaBelowUsed(used=row.used)
        row.opens_at, row.places = wave.opens_at, wave.places
        row.save(update_fields=["opens_at", "places"])
    record(
        actor=actor,
        action="campaigns.set_wave",
        object_ref=f"campaign:{campaign.pk}",
        organization=partner,
        opens_at=wave.opens_at.isoformat(),
        places=wave.places,
    )
    if partner is not None:
        _tell_keepers(campaign, row, partner)
    return row.pk


def _tell_keepers(campaign: Campaign, row: CampaignWave, partner: int) -> None:
    """Whoever keeps the organisation reads once of each change of its quota, and where its link is."""
    keepers = Membership.objects.filter(organization_id=partner, until=None, is_leader=True)
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=gettext_noop("“%(campaign)s” opens to your organisation. Its quota and the link to send: %(address)s"),
            parameters={"campaign": campaign.name, "address": site_address(reverse("campaigns:partners"))},
            object_ref=f"campaign-path:{campaign.code}",
            key=f"campaign-wave:{row.pk}:{row.opens_at.isoformat()}:{row.places}:{person_id}",
        )
        for person_id in keepers.order_by("person_id").values_list("person_id", flat=True)[:KEEPERS_MAX]
    )


@transaction.atomic
def end_wave(*, actor: Actor, wave_id: int) -> int:
    """A wave lets nobody in any more; who has a place keeps it. Returns the campaign's id."""
    require_manager(actor)
    found = CampaignWave.objects.filter(pk=wave_id, is_active=True).values_list("campaign_id", flat=True).first()
    if found is None:
        raise NotFound
    lock_campaign(found)
    if CampaignWave.objects.filter(pk=wave_id, is_active=True).update(is_active=False):
        record(actor=actor, action="campaigns.end_wave", object_ref=f"campaign:{found}", wave=wave_id)
    return found
