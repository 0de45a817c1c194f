"""Writes of reconciliation: comparing, taking over, noting, and bringing a difference to its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.interbank.reconciling import domain
from xinshi.interbank.reconciling.booking import book_theirs
from xinshi.interbank.reconciling.domain import Entry, Pair, Place
from xinshi.interbank.reconciling.listing import theirs_from_file, theirs_from_rows
from xinshi.interbank.reconciling.lists import lists
from xinshi.interbank.reconciling.models import Comparison, Difference, DifferenceNote
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.kernel.workdays import working_days_after
from xinshi.people.models import RoleGrant

DAYS_MAX: Final = 31
FIRST_DAY: Final = date(2000, 1, 1)
DUE_WORKING_DAYS: Final = 5
DUE_DAYS_MAX: Final = 90
MATCHED_KEPT_MAX: Final = 5_000
REASON_LENGTH_MAX: Final = 300
NOTE_LENGTH_MAX: Final = 500
Ending = Difference.Ending
BY_PERSON: Final = (Ending.THEIRS, Ending.OURS, Ending.OUTSIDE)


class PeriodTooLong(DomainError):
    code = "period_too_long"
    message = gettext_noop("At most 31 days can be compared at once, and none in the future.")


class DifferenceEnded(DomainError):
    code = "difference_ended"
    message = gettext_noop("This difference was brought to its end already. Load the page again.")


def compare_by_interface(*, actor: Actor, partner_id: int, from_day: date, to_day: date) -> int:
    """Ask the partner for its list of the period and compare; returns the comparison's id.

    The partner is asked before anything is locked: an answer may take seconds.
    """
    require_keeper(actor)
    partner = _partner(partner_id)
    _require_period(from_day, to_day)
    before = list(lists().ours(partner, from_day, to_day))
    theirs = theirs_from_rows(lists().theirs(partner, from_day, to_day))
    return _compare(actor, partner, theirs, from_day, to_day, source=Comparison.Source.INTERFACE, before=before)


def compare_by_file(*, actor: Actor, partner_id: int, data: bytes, file_name: str, from_day: date, to_day: date) -> int:
    """Compare with the list that the partner handed over as a spreadsheet or JSON file; returns the comparison's id."""
    require_keeper(actor)
    partner = _partner(partner_id)
    _require_period(from_day, to_day)
    theirs = theirs_from_file(data, file_name=file_name)
    return _compare(actor, partner, theirs, from_day, to_day, source=Comparison.Source.FILE, file_name=file_name[:200])


def _partner(partner_id: int) -> Partner:
    found = Partner.objects.filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if found is None:
        raise NotFound
    return found


def _require_period(from_day: date, to_day: date) -> None:
    if not FIRST_DAY <= from_day <= to_day <= clock.today() or (to_day - from_day).days >= DAYS_MAX:
        raise PeriodTooLong


@transaction.atomic
def _compare(
    actor: Actor,
    partner: Partner,
    theirs: Sequence[Entry],
    from_day: date,
    to_day: date,
    *,
    source: Comparison.Source,
    file_name: str = "",
    before: Sequence[Entry] | None = None,
) -> int:
    """Write the comparison, its new differences, and the end of those that later lists agree on."""
    Partner.objects.select_for_update().get(pk=partner.pk)
    inside = [entry for entry in theirs if from_day <= entry.sent_at.date() <= to_day]
    found = domain.compare(lists().ours(partner, from_day, to_day), inside, now=clock.now(), before=before)
    row = Comparison.objects.create(
        partner=partner,
        from_day=from_day,
        to_day=to_day,
        source=source,
        file_name=file_name,
        list_hash=_list_hash(inside),
        made_at=clock.now(),
        made_by_ref=actor.reference,
        matched=[_matched_line(pair) for pair in found.matched[:MATCHED_KEPT_MAX]],
        matched_count=len(found.matched),
        matched_minutes=found.matched_minutes,
        only_here=len(found.only_here),
        only_there=len(found.only_there),
        differs=len(found.differs),
        still_open=len(found.still_open),
    )
    new = sum(_note_difference(row, place, pair) for place, pair in found.differences)
    agreed = _end_agreed(actor, row, found.matched)
    record(
        actor=actor,
        action="interbank.compare",
        object_ref=f"comparison:{row.pk}",
        partner=partner.code,
        matched=row.matched_count,
        differences=row.only_here + row.only_there + row.differs,
        new=new,
        agreed=agreed,
    )
    return row.pk


def _list_hash(entries: Sequence[Entry]) -> str:
    rows = sorted([*entry.identity, entry.message, entry.minutes, entry.state.value] for entry in entries)
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _matched_line(pair: Pair) -> list[object]:
    entry = pair.some
    return [entry.stream.value, entry.type, entry.key, entry.minutes, entry.sent_at.isoformat(), entry.state.value]


def _note_difference(row: Comparison, place: Place, pair: Pair) -> bool:
    """Whether the difference is new; one that is known was seen once more, also where it has ended."""
    entry = pair.some
    _, is_new = Difference.objects.get_or_create(
        partner=row.partner,
        fingerprint=pair.fingerprint,
        defaults={
            "place": place.value,
            "stream": entry.stream.value,
            "type": entry.type,
            "key": entry.key,
            "ours": _as_json(pair.ours),
            "theirs": _as_json(pair.theirs),
            "minutes": entry.minutes,
            "owed_minutes": pair.owed_minutes,
            "sent_on": clock.local_day(entry.sent_at),
            "found_in": row,
            "last_seen_in": row,
            "found_at": row.made_at,
            "owner_ref": _first_owner(row.partner),
            "due_on": working_days_after(clock.today(), DUE_WORKING_DAYS),
        },
    )
    if not is_new:
        Difference.objects.filter(partner=row.partner, fingerprint=pair.fingerprint).update(last_seen_in=row)
    return is_new


def _as_json(entry: Entry | None) -> dict[str, object]:
    if entry is None:
        return {}
    return {
        "sequence": entry.sequence,
        "message": entry.message,
        "minutes": entry.minutes,
        "kind": entry.kind,
        "sent_at": entry.sent_at.isoformat(),
        "state": entry.state.value,
    }


def _first_owner(partner: Partner) -> str:
    """Who wrote the newest contract, as far as they still keep the exchange; else the keeper of longest standing."""
    keepers = RoleGrant.objects.filter(
        role__in=[Role.COORDINATOR.value, Role.ADMINISTRATOR.value], user__is_active=True
    ).order_by("user_id")
    references = [f"user:{user_id}" for user_id in keepers.values_list("user_id", flat=True)[:200]]
    writer = (
        PartnerContract.objects.filter(partner=partner).order_by("-number").values_list("written_by_ref", flat=True)
    )
    return next((one for one in writer[:1] if one in references), references[0] if references else "system:worker")


def _end_agreed(actor: Actor, row: Comparison, matched: Sequence[Pair]) -> int:
    """End what was open about messages on which both lists agree now; returns how many."""
    agreeing = {pair.some.identity for pair in matched}
    open_ones = Difference.objects.select_for_update().filter(partner=row.partner, ending=Ending.NONE)
    ended = [one for one in open_ones if (one.stream, one.key, one.type) in agreeing]
    for one in ended:
        _end(actor, one, Ending.AGREED, f"comparison:{row.pk}")
    return len(ended)


def _end(actor: Actor, found: Difference, ending: Difference.Ending, reason: str, booking_ref: str = "") -> None:
    found.ending, found.ended_at, found.ended_by_ref = ending, clock.now(), actor.reference
    found.ending_reason, found.booking_ref = reason, booking_ref
    found.save(update_fields=["ending", "ended_at", "ended_by_ref", "ending_reason", "booking_ref"])
    record(
        actor=actor,
        action="interbank.end_difference",
        object_ref=f"difference:{found.pk}",
        ending=ending.value,
        booking=booking_ref,
    )


def _locked_open(actor: Actor, difference_id: int) -> Difference:
    """The difference, locked after its partner; NotFound, DifferenceEnded."""
    require_keeper(actor)
    known = Difference.objects.filter(pk=difference_id).values_list("partner_id", flat=True).first()
    if known is None:
        raise NotFound
    Partner.objects.select_for_update().get(pk=known)
    found = Difference.objects.select_for_update(of=("self",)).select_related("partner").get(pk=difference_id)
    if found.ending != Ending.NONE:
        raise DifferenceEnded
    return found


@transaction.atomic
def take_over(*, actor: Actor, difference_id: int) -> None:
    """Become the owner of a difference: who takes it over sees it to its end."""
    found = _locked_open(actor, difference_id)
    Difference.objects.filter(pk=found.pk).update(owner_ref=actor.reference)
    record(actor=actor, action="interbank.take_over_difference", object_ref=f"difference:{found.pk}")


@transaction.atomic
def set_due_day(*, actor: Actor, difference_id: int, due_on: date, reason: str) -> None:
    """Set another deadline, from today to 90 days from now, and say why."""
    found = _locked_open(actor, difference_id)
    if not clock.today() <= due_on <= clock.today() + timedelta(days=DUE_DAYS_MAX):
        raise Invalid(field="due_on", reason=gettext_noop("Choose a day from today to 90 days from now."))
    _require_text("reason", reason)
    Difference.objects.filter(pk=found.pk).update(due_on=due_on, is_overdue_told=False)
    DifferenceNote.objects.create(
        difference=found,
        text=f"{due_on.isoformat()}: {reason.strip()}"[:NOTE_LENGTH_MAX],
        at=clock.now(),
        by_ref=actor.reference,
    )
    record(actor=actor, action="interbank.set_due_day", object_ref=f"difference:{found.pk}", due_on=due_on.isoformat())


@transaction.atomic
def add_note(*, actor: Actor, difference_id: int, text: str) -> int:
    """Write down what was found out or agreed; returns the note's id."""
    found = _locked_open(actor, difference_id)
    _require_text("text", text)
    note = DifferenceNote.objects.create(
        difference=found, text=text.strip()[:NOTE_LENGTH_MAX], at=clock.now(), by_ref=actor.reference
    )
    record(actor=actor, action="interbank.note_difference", object_ref=f"difference:{found.pk}")
    return note.pk


@transaction.atomic
def end_difference(*, actor: Actor, difference_id: int, ending: str, reason: str, passbook_number: str = "") -> str:
    """Bring a difference to its end; returns what was booked (`deposit:ID`, `transfer:ID`) or the empty string.

    `theirs`: what they say is right, and the minutes that follow from it are booked now by a reversal or a correcting
    transfer. `ours`: they correct theirs. `outside`: settled otherwise, as the reason says. Nobody accepts theirs where the
    hours are their own (`booking.OwnHours`).
    """
    found = _locked_open(actor, difference_id)
    if ending not in BY_PERSON:
        raise Invalid(field="ending", reason=gettext_noop("Choose how the difference ends."))
    _require_text("reason", reason)
    booked = ""
    if ending == Ending.THEIRS:
        booked = book_theirs(actor=actor, found=found, reason=reason.strip(), passbook_number=passbook_number)
    _end(actor, found, Ending(ending), reason.strip()[:REASON_LENGTH_MAX], booked)
    return booked


def _require_text(field: str, text: str) -> None:
    if not text.strip():
        raise Invalid(field=field, reason=gettext_noop("Write a sentence that others will understand later."))
