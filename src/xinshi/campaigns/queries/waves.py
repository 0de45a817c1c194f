"""Waves of a campaign: what lets whom in, and what a partner's administrator sees of their quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from xinshi.campaigns import access
from xinshi.campaigns.domain import WaveState, wave_for
from xinshi.campaigns.models import Campaign, CampaignWave, Recruit
from xinshi.documents.qr import site_address
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import kept_by
from xinshi.organizations.models import Membership

WAVES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class WaveLine:
    """A wave with its link; `joined` by the link, `used` places of the quota."""

    wave: CampaignWave
    address: str
    joined: int

    @property
    def left(self) -> int | None:
        return None if self.wave.places is None else self.wave.places - self.wave.used


def waves_of(campaign_id: int, person_id: int, organization_id: int | None) -> tuple[bool, list[WaveState]]:
    """Whether the campaign has waves, and those that admit this person: everybody's, their partner's, their teams'."""
    waves = list(CampaignWave.objects.filter(campaign_id=campaign_id, is_active=True)[:WAVES_MAX])
    if not waves:
        return False, []
    asked = [wave.organization_id for wave in waves if wave.organization_id is not None]
    belongs = set(
        Membership.objects.filter(person_id=person_id, until=None, organization_id__in=asked).values_list(
            "organization_id", flat=True
        )
    )
    admitted = {None, organization_id, *belongs}
    return True, [
        WaveState(wave.pk, wave.opens_at, wave.places, wave.used) for wave in waves if wave.organization_id in admitted
    ]


def wave_for_person(actor: Actor, campaign: Campaign) -> WaveState | None:
    """On which wave the actor may take a first place now (see `domain.wave_for`, with its refusals)."""
    recruit = Recruit.objects.filter(campaign=campaign, person_id=actor.person_id or 0).first()
    if recruit is None:
        raise NotFound
    has_waves, admitting = waves_of(campaign.pk, recruit.person_id, recruit.organization_id)
    return wave_for(admitting, has_waves=has_waves, at=clock.now())


def wave_of_word(campaign: Campaign, word: str) -> CampaignWave | None:
    """The partner's wave that a link names; None for none of this campaign's."""
    if not word:
        return None
    rows = CampaignWave.objects.filter(campaign=campaign, is_active=True, organization__isnull=False)
    return rows.filter(word=word[:24]).select_related("organization").first()


def campaign_waves(actor: Actor, campaign_id: int) -> list[WaveLine]:
    """The waves of a campaign, for who manages it."""
    return _lines(CampaignWave.objects.filter(campaign=access.managed(actor, campaign_id)))


def partner_waves(actor: Actor) -> list[WaveLine]:
    """The quotas of the organisations that the actor keeps, of campaigns that are not over."""
    rows = CampaignWave.objects.filter(organization__in=kept_by(actor), campaign__state=Campaign.State.OPEN)
    return _lines(rows)


def _lines(rows: QuerySet[CampaignWave]) -> list[WaveLine]:
    found = rows.filter(is_active=True).select_related("organization", "campaign").order_by("opens_at", "pk")
    lines = []
    for wave in found.annotate(
        joined=Count("campaign__recruits", filter=Q(campaign__recruits__organization=F("organization")), distinct=True)
    )[:WAVES_MAX]:
        path = reverse("campaigns:path", args=[wave.campaign.code])
        address = site_address(path) + (f"?from={wave.word}" if wave.organization_id else "")
        lines.append(WaveLine(wave, address, wave.joined))
    return lines
