"""Which column is what, as a person said it: remembered by the titles, used silently, changed and forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.domain import ZHIYUANHUI
from xinshi.exchange.models import ColumnMapping, Partner
from xinshi.exchange.zhiyuanhui.tables import SaidColumns, fingerprint
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop

FIELDS: Final = ("name", "number", "verified", "honorary", "reason", "title", "day", "start", "end")
"""What a column can be said to be."""
MAPPINGS_MAX: Final = 300
COLUMNS_MAX: Final = 200
TITLE_SIGNS_MAX: Final = 60


class TooManyMappings(DomainError):
    code = "too_many_mappings"
    message = gettext_noop("So many kinds of titles are remembered already. Forget some that are used no more.")


def said_columns() -> dict[str, SaidColumns]:
    """What people said about columns of 志愿汇's files, by the fingerprint of the titles."""
    rows = ColumnMapping.objects.filter(partner__code=ZHIYUANHUI).order_by("pk")[:MAPPINGS_MAX]
    return {row.fingerprint: SaidColumns(row.columns, row.in_minutes) for row in rows}


@transaction.atomic
def remember_columns(
    *, actor: Actor, titles: Sequence[str], columns: Mapping[str, int], in_minutes: bool = False
) -> int:
    """Remember what the columns under these titles are (field → place from 0); returns the mapping's id.

    Invalid where the columns do not say whose hours and how many; TooManyMappings.
    """
    require_keeper(actor)
    mark = fingerprint(titles)
    if not mark:
        raise Invalid(field="header", reason=gettext_noop("Choose the row in which the titles of the columns stand."))
    _require_sound(columns, len(titles))
    partner = Partner.objects.select_for_update().get(code=ZHIYUANHUI)
    known = partner.column_mappings.filter(fingerprint=mark).first()
    if known is None and partner.column_mappings.count() >= MAPPINGS_MAX:
        raise TooManyMappings
    row, _ = ColumnMapping.objects.update_or_create(
        partner=partner,
        fingerprint=mark,
        defaults={
            "titles": [title[:TITLE_SIGNS_MAX] for title in titles],
            "columns": dict(columns),
            "in_minutes": in_minutes,
            "said_by_ref": actor.reference,
            "said_at": clock.now(),
        },
    )
    fields = sorted(columns, key=lambda name: columns[name])
    record(actor=actor, action="exchange.remember_columns", object_ref=f"exchange-mapping:{row.pk}", fields=fields)
    return row.pk


def _require_sound(columns: Mapping[str, int], width: int) -> None:
    places = list(columns.values())
    assert set(columns) <= set(FIELDS), "a form offers no other field"
    if len(set(places)) < len(places) or any(not 0 <= place < min(width, COLUMNS_MAX) for place in places):
        raise Invalid(field="columns", reason=gettext_noop("One column is one thing. Choose each thing once."))
    if not {"number", "name"} & set(columns):
        raise Invalid(field="columns", reason=gettext_noop("Say in which column the volunteer number or the name is."))
    if len({"verified", "honorary"} & set(columns)) != 1:
        reason = gettext_noop("Say in which one column the hours are, verified or honorary.")
        raise Invalid(field="columns", reason=reason)


@transaction.atomic
def forget_columns(*, actor: Actor, mapping_id: int) -> None:
    """Forget what was said about some titles; NotFound for an unknown mapping."""
    require_keeper(actor)
    row = ColumnMapping.objects.select_for_update().filter(pk=mapping_id).first()
    if row is None:
        raise NotFound
    row.delete()
    record(actor=actor, action="exchange.forget_columns", object_ref=f"exchange-mapping:{mapping_id}")


def note_used(marks: Sequence[str]) -> None:
    """A file was taken in by what was said about its titles."""
    if marks:
        used = ColumnMapping.objects.filter(partner__code=ZHIYUANHUI, fingerprint__in=marks)
        used.update(used_at=clock.now(), uses=F("uses") + 1)
