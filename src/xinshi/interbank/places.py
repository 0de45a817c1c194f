"""Where more about a partner stands in this room, for the partner's page, which stands below and cannot ask."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from xinshi.exchange.access import READERS
from xinshi.exchange.partners.registry import Place
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import gettext_noop

SEE_KEYS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def places_of(partner_id: int) -> list[Place]:
    """The pages of this room about one time bank."""
    transfers = f"{reverse('interbank:transfers')}?bank={partner_id}"
    differences = f"{reverse('interbank:differences')}?partner={partner_id}"
    return [
        Place(gettext_noop("Transfers between banks"), transfers, "arrow-left-right", READERS),
        Place("", f"{transfers}&state=open", "arrow-left-right", READERS, explains="unfinished"),
        Place(gettext_noop("Differences"), differences, "scale", READERS, explains="differences"),
        Place(gettext_noop("Comparisons"), reverse("interbank:comparisons", args=[partner_id]), "columns-2", READERS),
        Place(gettext_noop("Statements"), reverse("interbank:statements", args=[partner_id]), "file-text", READERS),
        Place(gettext_noop("Shared keys"), reverse("interbank:keys", args=[partner_id]), "key-round", SEE_KEYS),
    ]
