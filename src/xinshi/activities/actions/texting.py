"""The same by text: what loses its worth if somebody does not look into the inbox in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, override

from xinshi.activities.queries.deciding import sign_up_rules
from xinshi.documents.qr import site_address
from xinshi.kernel import clock
from xinshi.messages.gateways import is_ready
from xinshi.messages.texting import TEXT_LANGUAGE, NewText, send_texts
from xinshi.people.domain import masked_phone
from xinshi.people.queries import phones_for_text


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a text reaches; `page` and `number` are where they answer, and from `useless_from` on it need not arrive."""

    person_id: int
    parameters: Mapping[str, str]
    page: str
    number: int
    useless_from: datetime


def also_by_text(asked: Sequence[Asked], text: str, *, purpose: str) -> None:
    """To whoever left a phone and wants such texts, where the hospital's setting and a gateway allow it."""
    if not (asked and sign_up_rules().by_text and is_ready()):
        return
    at = clock.now()
    phones = phones_for_text([one.person_id for one in asked], purpose=purpose)
    with override(TEXT_LANGUAGE):
        words = gettext(text)
    send_texts(
        NewText(
            to=phones[one.person_id],
            shown_to=masked_phone(phones[one.person_id]),
            text=f"{words % one.parameters} {site_address(reverse(one.page, args=[one.number]))}",
            purpose=purpose,
            useful_for=one.useless_from - at,
        )
        for one in asked
        if one.person_id in phones
    )
