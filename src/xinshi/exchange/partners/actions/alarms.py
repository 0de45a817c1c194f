"""What the worker tells administrators about partners that fell silent: once per silence."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from xinshi.exchange.partners.queries import silent_partners
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.clock import local_day
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.queries import people_with_role

SILENT: Final = gettext_noop(
    "Nothing has been heard from %(partner)s since %(day)s. Look whether the exchange still works."
)


@transaction.atomic
def tell_of_silence(*, actor: Actor) -> int:  # noqa: ARG001  # every verb says who acts
    """Tell each administrator of each partner that is silent for too long; returns how many partners are."""
    found = silent_partners()
    recipients = people_with_role(Role.ADMINISTRATOR)
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=SILENT,
            key=f"partner-silent:{one.partner.pk}:{one.since:%Y%m%d%H%M%S}:{person_id}",
            object_ref=f"exchange-partner:{one.partner.pk}",
            parameters={"partner": one.partner.name, "day": local_day(one.since).isoformat()},
        )
        for one in found
        for person_id in recipients
    )
    return len(found)
