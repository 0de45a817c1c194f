"""Which column is what, as a person said it: remembered by sender and titles, used silently for this sender, proposed for
others, changed and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.senders import known_sender, plain_sender, sender_of
from xinshi.exchange.domain import ZHIYUANHUI
from xinshi.exchange.models import ColumnMapping, FileSender, Partner
from xinshi.exchange.zhiyuanhui.tables import SaidColumns, fingerprint
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop

FIELDS: Final = ("name", "number", "verified", "honorary", "reason", "title", "day", "start", "end")
"""What a column can be said to be."""
MAPPINGS_MAX: Final = 300
PROPOSALS_MAX: Final = 20
COLUMNS_MAX: Final = 200
TITLE_SIGNS_MAX: Final = 60


class TooManyMappings(DomainError):
    code = "too_many_mappings"
    message = gettext_noop("So many kinds of titles are remembered already. Forget some that are used no more.")


class ColumnsKnownElsewhere(DomainError):
    code = "columns_known_elsewhere"
    message = gettext_noop(
        "Files of %(sender)s with the same titles were explained before. Say whether it is so here, too, and import the "
        "file again."
    )
    status = 422


def said_columns(sender: str) -> dict[str, SaidColumns]:
    """What people said about columns of this sender's files, by the fingerprint of the titles; 志愿汇's own for empty."""
    known = known_sender(_partner(), sender)
    return {} if known is None else _said(known.column_mappings.order_by("pk")[:MAPPINGS_MAX])


def said_elsewhere(sender: str) -> dict[str, SaidColumns]:
    """What people said about columns of all other senders' files; the newest word where they differ."""
    return _said(_of_others(sender).order_by("said_at", "pk")[:MAPPINGS_MAX])


def proposals(sender: str, marks: Sequence[str]) -> list[ColumnMapping]:
    """What was said about these titles in files of other senders, the newest first."""
    found = _of_others(sender).filter(fingerprint__in=marks).select_related("sender")
    return list(found.order_by("-said_at", "-pk")[:PROPOSALS_MAX])


def own_columns(sender: str, marks: Sequence[str]) -> ColumnMapping | None:
    """What was said about one of these titles in this sender's files."""
    known = known_sender(_partner(), sender)
    return None if known is None else known.column_mappings.filter(fingerprint__in=marks).order_by("-said_at").first()


def _of_others(sender: str) -> QuerySet[ColumnMapping]:
    partner = _partner()
    others = ColumnMapping.objects.filter(sender__partner=partner)
    return others.exclude(sender__name=plain_sender(sender) or partner.name)


def _said(rows: Iterable[ColumnMapping]) -> dict[str, SaidColumns]:
    return {row.fingerprint: SaidColumns(row.columns, row.in_minutes) for row in rows}


def _partner() -> Partner:
    return Partner.objects.get(code=ZHIYUANHUI)


@transaction.atomic
def remember_columns(
    *,
    actor: Actor,
    titles: Sequence[str],
    columns: Mapping[str, int],
    in_minutes: bool = False,
    sender: str = "",
) -> int:
    """Remember what the columns under these titles are (field → place from 0); returns the mapping's id.

    It holds for files of `sender`, 志愿汇's own where it is empty. Invalid where the columns do not say whose hours and how
    many; TooManyMappings, TooManySenders.
    """
    require_keeper(actor)
    mark = fingerprint(titles)
    if not mark:
        raise Invalid(field="header", reason=gettext_noop("Choose the row in which the titles of the columns stand."))
    _require_sound(columns, len(titles))
    partner = Partner.objects.select_for_update().get(code=ZHIYUANHUI)
    whose = sender_of(partner, sender)
    known = whose.column_mappings.filter(fingerprint=mark).exists()
    if not known and ColumnMapping.objects.filter(sender__partner=partner).count() >= MAPPINGS_MAX:
        raise TooManyMappings
    row, _ = ColumnMapping.objects.update_or_create(
        sender=whose,
        fingerprint=mark,
        defaults={
            "titles": [title[:TITLE_SIGNS_MAX] for title in titles],
            "columns": dict(columns),
            "in_minutes": in_minutes,
            "said_by_ref": actor.reference,
            "said_at": clock.now(),
        },
    )
    _record_said(actor, row)
    return row.pk


@transaction.atomic
def change_columns(*, actor: Actor, mapping_id: int, columns: Mapping[str, int], in_minutes: bool = False) -> None:
    """Say anew what columns are that were explained before; Invalid as `remember_columns`, NotFound."""
    require_keeper(actor)
    row = ColumnMapping.objects.select_for_update().filter(pk=mapping_id).first()
    if row is None:
        raise NotFound
    _require_sound(columns, len(row.titles))
    row.columns, row.in_minutes = dict(columns), in_minutes
    row.said_by_ref, row.said_at = actor.reference, clock.now()
    row.save(update_fields=["columns", "in_minutes", "said_by_ref", "said_at"])
    _record_said(actor, row)


def adopt_columns(actor: Actor, sender: FileSender, *, other: str, marks: Sequence[str]) -> None:
    """Remember for `sender` what was said about these titles in files of `other`; the caller's transaction."""
    whose = known_sender(sender.partner, other)
    if whose is None or whose == sender:
        return
    known = set(sender.column_mappings.values_list("fingerprint", flat=True))
    for row in whose.column_mappings.filter(fingerprint__in=set(marks) - known):
        made = ColumnMapping.objects.create(
            sender=sender,
            fingerprint=row.fingerprint,
            titles=row.titles,
            columns=row.columns,
            in_minutes=row.in_minutes,
            said_by_ref=actor.reference,
            said_at=clock.now(),
        )
        _record_said(actor, made)


def _record_said(actor: Actor, row: ColumnMapping) -> None:
    record(
        actor=actor,
        action="exchange.remember_columns",
        object_ref=f"exchange-mapping:{row.pk}",
        fields=sorted(row.columns, key=lambda name: row.columns[name]),
        sender=f"file-sender:{row.sender_id}",
    )


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


def note_used(sender: FileSender, marks: Sequence[str]) -> None:
    """A file of this sender was taken in by what was said about its titles."""
    if marks:
        used = sender.column_mappings.filter(fingerprint__in=marks)
        used.update(used_at=clock.now(), uses=F("uses") + 1)
