"""Planning a campaign: what it is for, its roles, windows and sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from xinshi.activities.actions import hand_over
from xinshi.audit.actions import record, record_many
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.actions.locking import lock_campaign
from xinshi.campaigns.domain import (
    SITES_MAX,
    CodeTaken,
    NewCampaign,
    NewSite,
    SiteNameTaken,
    check_campaign,
    check_site,
)
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignRole, CampaignSite, CampaignWindow
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.organizations.models import Organization
from xinshi.people.domain import MOBILE_PHONE
from xinshi.people.models import Person


@transaction.atomic
def create_campaign(*, actor: Actor, campaign: NewCampaign) -> int:
    """A campaign in preparation; its id. Invalid for what does not fit, CodeTaken."""
    require_manager(actor)
    check_campaign(campaign)
    _require_known(campaign)
    try:
        with transaction.atomic():
            row = Campaign.objects.create(
                created_at=clock.now(), created_by_ref=actor.reference, code=campaign.code, **_columns(campaign)
            )
    except IntegrityError:
        raise CodeTaken from None
    _make_roles(row, campaign)
    _make_windows(row, campaign)
    record(
        actor=actor,
        action="campaigns.create",
        object_ref=f"campaign:{row.pk}",
        activation_places=row.activation_places,
        activation_reason=row.activation_reason,
    )
    return row.pk


@transaction.atomic
def change_campaign(*, actor: Actor, campaign_id: int, campaign: NewCampaign) -> list[str]:
    """Bring a campaign to what `campaign` says, its address apart; the names of what changed.

    Roles and windows are added; those with posts stay, those without that are wanted no more go.
    """
    require_manager(actor)
    check_campaign(campaign)
    _require_known(campaign)
    row = lock_campaign(campaign_id)
    posts = CampaignPost.objects.filter(site__campaign=row)
    if posts.filter(day__lt=campaign.starts_on).exists() or posts.filter(day__gt=campaign.ends_on).exists():
        raise Invalid(
            field="ends_on", reason=gettext_noop("There are posts on days outside. Set them to nobody first.")
        )
    values = _columns(campaign)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    changed += _change_roles(row, campaign)
    changed += _change_windows(row, campaign)
    if changed:
        told = {"activation_places": row.activation_places, "activation_reason": row.activation_reason}
        record(
            actor=actor,
            action="campaigns.change",
            object_ref=f"campaign:{row.pk}",
            fields=changed,
            **(told if "activation_places" in changed or "activation_reason" in changed else {}),
        )
    return changed


@transaction.atomic
def add_site(*, actor: Actor, campaign_id: int, site: NewSite) -> int:
    """A further site; its id. SiteNameTaken where the campaign has one of that name."""
    return add_sites(actor=actor, campaign_id=campaign_id, sites=[site])[0]


@transaction.atomic
def add_sites(*, actor: Actor, campaign_id: int, sites: Sequence[NewSite]) -> list[int]:
    """Several sites at once, all or none; their ids in order."""
    require_manager(actor)
    for site in sites:
        _check_site(site)
    row = lock_campaign(campaign_id)
    if row.sites.count() + len(sites) > SITES_MAX:
        raise Invalid(field="name", reason=gettext_noop("A campaign has at most 200 sites."))
    _require_leaders({site.leader_id for site in sites})
    try:
        with transaction.atomic():
            made = CampaignSite.objects.bulk_create(
                [CampaignSite(campaign=row, **_site_columns(site)) for site in sites]
            )
    except IntegrityError:
        raise SiteNameTaken from None
    record_many(
        actor=actor,
        action="campaigns.add_site",
        objects=[(f"campaign-site:{one.pk}", {"campaign": row.pk, "leader": one.leader_id}) for one in made],
    )
    return [one.pk for one in made]


@transaction.atomic
def change_site(*, actor: Actor, site_id: int, site: NewSite) -> list[str]:
    """Change a site; a new leader also leads what is published there already, its place stays as people were told."""
    require_manager(actor)
    _check_site(site)
    row = CampaignSite.objects.filter(pk=site_id).first()
    if row is None:
        raise NotFound
    lock_campaign(row.campaign_id)
    _require_leaders({site.leader_id})
    values = _site_columns(site)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    try:
        with transaction.atomic():
            row.save(update_fields=changed or None)
    except IntegrityError:
        raise SiteNameTaken from None
    if "leader_id" in changed:
        posts = CampaignPost.objects.filter(site=row, shift__isnull=False)
        activity_ids = list(posts.values_list("shift__activity_id", flat=True).distinct())
        hand_over(actor=actor, activity_ids=activity_ids, person_in_charge_id=site.leader_id)
    if changed:
        record(actor=actor, action="campaigns.change_site", object_ref=f"campaign-site:{site_id}", fields=changed)
    return changed


def _columns(new: NewCampaign) -> dict[str, Any]:
    return {
        "name": new.name.strip(),
        "purpose": new.purpose.strip(),
        "category": new.category,
        "starts_on": new.starts_on,
        "ends_on": new.ends_on,
        "target_people": new.target_people,
        "organizer_id": new.organizer_id,
        "person_in_charge_id": new.person_in_charge_id,
        "bring": new.bring.strip(),
        "risks": new.risks.strip(),
        "lesson_code": new.lesson_code,
        "age_min": new.age_min,
        "asks_identity": new.asks_identity,
        "is_dangerous": new.is_dangerous,
        "insurer": new.insurer.strip(),
        "insurance_until": new.insurance_until,
        "activation_places": new.activation_places,
        "activation_reason": new.activation_reason.strip(),
    }


def _site_columns(new: NewSite) -> dict[str, Any]:
    return {
        "name": new.name.strip(),
        "place": new.place.strip(),
        "contact": new.contact.strip(),
        "contact_phone": new.contact_phone.strip(),
        "leader_id": new.leader_id,
        "latitude": new.latitude,
        "longitude": new.longitude,
    }


def _check_site(site: NewSite) -> None:
    check_site(site)
    phone = site.contact_phone.strip()
    if phone and not MOBILE_PHONE.fullmatch(phone) and not (phone.replace("-", "").isdigit() and len(phone) <= 20):
        raise Invalid(field="contact_phone", reason=gettext_noop("Write digits only, such as 027-12345678."))


def _require_known(campaign: NewCampaign) -> None:
    unknown = gettext_noop("Choose one of the list.")
    if not Organization.objects.filter(pk=campaign.organizer_id, is_active=True).exists():
        raise Invalid(field="organizer", reason=unknown)
    if not Person.objects.filter(pk=campaign.person_in_charge_id, erased_at=None).exists():
        raise Invalid(field="person_in_charge", reason=unknown)


def _require_leaders(ids: set[int]) -> None:
    if Person.objects.filter(pk__in=ids, erased_at=None).count() != len(ids):
        raise Invalid(field="leader", reason=gettext_noop("Choose one of the list."))


def _make_roles(row: Campaign, campaign: NewCampaign) -> None:
    known = set(row.roles.values_list("name", flat=True))
    CampaignRole.objects.bulk_create(
        [
            CampaignRole(
                campaign=row,
                name=role.name.strip(),
                description=role.description.strip(),
                requirements=role.requirements.as_stored(),
            )
            for role in campaign.roles
            if role.name.strip() not in known
        ]
    )


def _make_windows(row: Campaign, campaign: NewCampaign) -> None:
    known = set(row.windows.values_list("starts", "ends"))
    CampaignWindow.objects.bulk_create(
        [
            CampaignWindow(campaign=row, starts=starts, ends=ends)
            for starts, ends in campaign.windows
            if (starts, ends) not in known
        ]
    )


def _change_roles(row: Campaign, campaign: NewCampaign) -> list[str]:
    wanted = {role.name.strip(): role for role in campaign.roles}
    before = {role.name: role for role in row.roles.all()}
    unused = row.roles.exclude(name__in=wanted).filter(posts=None)
    kept = {name for name in before if name not in wanted} - set(unused.values_list("name", flat=True))
    if kept:
        raise Invalid(field="roles", reason=gettext_noop("A role that has posts stays in the list."))
    is_changed = bool(unused.delete()[0]) or bool(wanted.keys() - before.keys())
    for name, role in before.items():
        if name in wanted:
            values = (wanted[name].description.strip(), wanted[name].requirements.as_stored())
            if (role.description, role.requirements) != values:
                role.description, role.requirements = values
                role.save(update_fields=["description", "requirements"])
                is_changed = True
    _make_roles(row, campaign)
    return ["roles"] if is_changed else []


def _change_windows(row: Campaign, campaign: NewCampaign) -> list[str]:
    before = {(window.starts, window.ends): window for window in row.windows.all()}
    gone = [window.pk for times, window in before.items() if times not in campaign.windows]
    if CampaignPost.objects.filter(window_id__in=gone).exists():
        raise Invalid(field="windows", reason=gettext_noop("A window that has posts stays in the list."))
    CampaignWindow.objects.filter(pk__in=gone).delete()
    is_changed = bool(gone) or any(times not in before for times in campaign.windows)
    _make_windows(row, campaign)
    return ["windows"] if is_changed else []
