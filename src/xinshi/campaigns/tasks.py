"""What the worker does for campaigns when it hears of something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xinshi.campaigns.models import Campaign, Recruit
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.kernel.events import Event
from xinshi.messages.actions import NewMessage, send_many
from xinshi.training.events import CoursePassed


def on_course_passed(events: Sequence[Event]) -> None:
    """Whoever passed the lesson of a campaign that they joined reads that they can choose their shift; once."""
    passed = {(event.person_id, event.qualification) for event in cast("Sequence[CoursePassed]", events)}
    rows = Recruit.objects.filter(
        person_id__in={person_id for person_id, _code in passed},
        placed_at=None,
        campaign__state=Campaign.State.OPEN,
        campaign__ends_on__gte=clock.today(),
    ).select_related("campaign")
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=gettext_noop("You passed the lesson of “%(campaign)s”. Now choose your shift."),
            parameters={"campaign": row.campaign.name},
            object_ref=f"campaign-path:{row.campaign.code}",
            key=f"campaign:{row.campaign_id}:learned:{row.person_id}",
        )
        for row in rows
        if row.campaign.lesson_code and (row.person_id, row.campaign.lesson_code) in passed
    )
