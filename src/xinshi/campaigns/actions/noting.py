"""What one shift leaves to the next."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.campaigns.access import led_site
from xinshi.campaigns.domain import TEXT_LENGTH_MAX
from xinshi.campaigns.models import CampaignPost, HandOverNote
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop


@transaction.atomic
def write_note(
    *, actor: Actor, site_id: int, day: date, window_id: int, notes: str, open_points: str = "", materials: str = ""
) -> int:
    """Write to the next shift of the site; its id. By who leads the site; never changed afterwards."""
    site = led_site(actor, site_id)
    texts = [text.strip() for text in (notes, open_points, materials)]
    if not any(texts):
        raise Invalid(field="notes", reason=gettext_noop("Write something for the next shift first."))
    if any(len(text) > TEXT_LENGTH_MAX for text in texts):
        raise Invalid(field="notes", reason=gettext_noop("Write at most 1000 characters."))
    if not CampaignPost.objects.filter(site=site, day=day, window_id=window_id).exists():
        raise NotFound
    row = HandOverNote.objects.create(
        site=site,
        day=day,
        window_id=window_id,
        notes=texts[0],
        open_points=texts[1],
        materials=texts[2],
        written_at=clock.now(),
        written_by_ref=actor.reference,
    )
    record(actor=actor, action="campaigns.write_note", object_ref=f"campaign-site:{site.pk}", note=row.pk)
    return row.pk
