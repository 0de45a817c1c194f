"""Who is next on a waiting list: what became free is kept for the first whose conditions hold, until they answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.benefits.actions.allotting import Share, allot, give_back, has_room, next_share
from xinshi.benefits.actions.telling import tell_waiting
from xinshi.benefits.domain import WAITING_MAX, Standing, WaitingState, obstacle, slot_is_over
from xinshi.benefits.events import PlaceOffered
from xinshi.benefits.models import Benefit, Slot, Waiting
from xinshi.benefits.queries.eligibility import histories, standing_with, terms_of
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.queries import balances
from xinshi.outbox.actions import publish


def line_of(benefit: Benefit, slot: Slot | None) -> QuerySet[Waiting]:
    """The waiting list of a day, or of a benefit without days, in its order."""
    return Waiting.objects.filter(benefit=benefit, slot=slot).order_by("pk")


def serve_line(benefit: Benefit, slot: Slot | None, *, at: datetime) -> int:
    """Let offers go that nobody accepted in time, then offer what is free; returns the number of offers made.

    The benefit (and the slot) are locked by the caller: places, budget and the order of the list stand still.
    """
    overdue = list(line_of(benefit, slot).filter(state=WaitingState.OFFERED, offer_until__lte=at))
    for entry in overdue:
        withdraw(entry, WaitingState.LAPSED, benefit=benefit, slot=slot, at=at)
        tell_waiting(
            entry, benefit, gettext_noop("“%(name)s” was kept for you and not accepted in time; it went on."), "lapsed"
        )
    return _offer(benefit, slot, at=at)


def withdraw(entry: Waiting, state: WaitingState, *, benefit: Benefit, slot: Slot | None, at: datetime) -> None:
    """End somebody's waiting; a place that was kept for them is free again."""
    if entry.state == WaitingState.OFFERED:
        give_back(Share.of_offer(entry, benefit=benefit, slot=slot))
    entry.state, entry.ended_at = state.value, at
    entry.save(update_fields=["state", "ended_at"])


def close_line(benefit: Benefit, slot: Slot | None, *, at: datetime) -> int:
    """Nothing will become free any more: everybody is told; returns how many."""
    entries = list(line_of(benefit, slot).filter(state__in=[WaitingState.WAITING, WaitingState.OFFERED]))
    for entry in entries:
        withdraw(entry, WaitingState.CLOSED, benefit=benefit, slot=slot, at=at)
        tell_waiting(
            entry,
            benefit,
            gettext_noop("The waiting list of “%(name)s” has ended, and no place became free. Look for another day."),
            "closed",
        )
    return len(entries)


def _offer(benefit: Benefit, slot: Slot | None, *, at: datetime) -> int:
    if slot is not None and slot_is_over(day=slot.day, starts_at=slot.starts_at, at=at):
        return 0
    share = next_share(benefit, slot)
    waiting = line_of(benefit, slot).filter(state=WaitingState.WAITING)
    if not waiting.exists() or not has_room(share, at=at):
        return 0
    entries = list(waiting[:WAITING_MAX])
    standings = _standings(entries)
    made = 0
    for entry in entries:
        standing = standings.get(entry.person_id)
        if standing is None or not _may_have(entry, benefit, share, standing):
            continue
        if made and not has_room(share, at=at):
            break
        allot(share)
        _make_offer(entry, share, at=at)
        made += 1
    return made


def _standings(entries: list[Waiting]) -> dict[int, Standing]:
    """What each of them brings at this moment; the lists' own order decides among those who may."""
    people = [entry.person_id for entry in entries]
    passbooks = list(Passbook.objects.filter(person_id__in=people).select_related("person"))
    spendable = balances([passbook.account_id for passbook in passbooks])
    thresholds = policy_in_force().star_thresholds_minutes
    return {
        passbook.person_id: standing_with(
            passbook, thresholds=thresholds, available_minutes=spendable[passbook.account_id].available
        )
        for passbook in passbooks
    }


def _may_have(entry: Waiting, benefit: Benefit, share: Share, standing: Standing) -> bool:
    history = histories(entry.person_id, {benefit.pk: share.counts_on}, [benefit])[benefit.pk]
    terms = terms_of(benefit, places_left=None)
    return obstacle(terms, standing, history=history, on=clock.today(), counts_on=share.counts_on) is None


def _make_offer(entry: Waiting, share: Share, *, at: datetime) -> None:
    until = at + timedelta(hours=share.benefit.offer_hours)
    if share.slot is not None:
        until = min(until, share.slot.starts_at or clock.day_bounds(share.slot.day)[1])
    entry.state, entry.minutes, entry.counts_on = WaitingState.OFFERED.value, share.minutes, share.counts_on
    entry.offered_at, entry.offer_until = at, until
    entry.save(update_fields=["state", "minutes", "counts_on", "offered_at", "offer_until"])
    publish(PlaceOffered(waiting_id=entry.pk, benefit_id=share.benefit.pk, person_id=entry.person_id))
    tell_waiting(
        entry,
        share.benefit,
        gettext_noop("A place is free: “%(name)s” is kept for you until %(until)s. Open it and accept."),
        "offered",
        until=f"{until.astimezone(clock.HOSPITAL_ZONE):%Y-%m-%d %H:%M}",
    )
