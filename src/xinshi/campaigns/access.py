"""Who may see and run campaigns: planners run them, a site's leader works on their site, partners see their quota."""

from __future__ import annotations

from typing import Final

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from xinshi.activities.access import PLANNERS
from xinshi.campaigns.models import Campaign, CampaignSite
from xinshi.doors.prepared import PreparedRead
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound

MANAGERS: Final = PLANNERS
BOARD: Final = MANAGERS | {Role.AUDITOR, Role.LEADER}
"""Who may open boards at all; a leader sees those of campaigns in which they lead a site."""
CAMPAIGN_COLUMNS: Final = tuple(field.attname for field in Campaign._meta.concrete_fields)
PUBLIC_CAMPAIGN: Final = PreparedRead(
    lambda code: Campaign.objects.filter(code=code).exclude(state=Campaign.State.DRAFT).values_list(*CAMPAIGN_COLUMNS),
    code=str,
)
"""Thousands open it within a minute."""


def is_manager(actor: Actor) -> bool:
    return actor.has(*MANAGERS)


def require_manager(actor: Actor) -> None:
    """Campaigns are planned, published and closed by coordinators and administrators."""
    if not is_manager(actor):
        raise NotAllowed


def visible_to(actor: Actor) -> QuerySet[Campaign]:
    """Campaigns whose board the actor sees: all for managers and auditors; for leaders those with a site of theirs."""
    if actor.has(*MANAGERS, Role.AUDITOR):
        return Campaign.objects.all()
    if actor.person_id is None or not actor.has(Role.LEADER):
        return Campaign.objects.none()
    return Campaign.objects.filter(sites__leader_id=actor.person_id).distinct()


def sites_led_by(actor: Actor) -> QuerySet[CampaignSite]:
    """The sites whose people, sheets and counters the actor works on."""
    if is_manager(actor):
        return CampaignSite.objects.all()
    if actor.person_id is None or not actor.has(Role.LEADER):
        return CampaignSite.objects.none()
    return CampaignSite.objects.filter(leader_id=actor.person_id)


def campaign_of(actor: Actor, campaign_id: int) -> Campaign:
    """NotFound for what the actor may not see."""
    found = visible_to(actor).filter(pk=campaign_id).first()
    if found is None:
        raise NotFound
    return found


def managed(actor: Actor, campaign_id: int) -> Campaign:
    """A campaign that the actor manages; NotFound for others, NotAllowed for who sees it only."""
    found = campaign_of(actor, campaign_id)
    require_manager(actor)
    return found


def led_site(actor: Actor, site_id: int) -> CampaignSite:
    """A site that the actor works on; NotFound for others."""
    found = sites_led_by(actor).select_related("campaign").filter(pk=site_id).first()
    if found is None:
        raise NotFound
    return found


def public_campaign(code: str) -> Campaign:
    """What anybody sees by the short address: everything but drafts."""
    found = PUBLIC_CAMPAIGN.rows(code=code)
    if not found:
        raise NotFound
    return Campaign.from_db(DEFAULT_DB_ALIAS, CAMPAIGN_COLUMNS, found[0])
