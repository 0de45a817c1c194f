"""Waves of a campaign: what lets whom in, and what a partner's administrator sees of their quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from xinshi.campaigns import access
from xinshi.campaigns.domain import WaveState, wave_for
from xinshi.campaigns.models import Campaign, CampaignWave
from xinshi.campaigns.queries.path import Joined
from xinshi.documents.qr import site_address
from xinshi.doors.prepared import PreparedRead
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
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


WAVES: Final = PreparedRead(
    lambda campaign: CampaignWave.objects.filter(campaign_id=campaign, is_active=True).values_list(
        "organization_id", "pk", "opens_at", "places", "used"
    )[:WAVES_MAX],
    campaign=int,
)


def waves_of(campaign_id: int, person_id: int, organization_id: int | None) -> tuple[bool, list[WaveState]]:
    """Whether the campaign has waves, and those that admit this person: everybody's, their partner's, their teams'."""
    waves = WAVES.rows(campaign=campaign_id)
    if not waves:
        return False, []
    asked = [organization for organization, *_wave in waves if organization is not None]
    belongs = set(
        Membership.objects.filter(person_id=person_id, until=None, organization_id__in=asked).values_list(
            "organization_id", flat=True
        )
    )
    admitted = {None, organization_id, *belongs}
    return True, [WaveState(*wave) for organization, *wave in waves if organization in admitted]


def wave_for_person(campaign: Campaign, joined: Joined) -> WaveState | None:
    """On which wave somebody may take a first place now (see `domain.wave_for`, with its refusals)."""
    if not joined.has_waves:
        return None
    has_waves, admitting = waves_of(campaign.pk, joined.person_id, joined.organization_id)
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
