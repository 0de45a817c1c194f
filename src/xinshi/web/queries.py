"""What the shell's pages show, put together from the rooms' reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext

from xinshi.activities import queries as activities
from xinshi.activities.domain import TakenTime, conflict
from xinshi.attendance import queries as attendance
from xinshi.bank import queries as bank
from xinshi.bank.domain import StarProgress, star_progress
from xinshi.bank.models import Passbook
from xinshi.benefits import queries as benefits
from xinshi.exchange import queries as exchange
from xinshi.kernel.actor import ANONYMOUS, Actor
from xinshi.ledger import queries as ledger
from xinshi.ledger.queries import BalanceView
from xinshi.messages import queries as messages
from xinshi.organizations import queries as organizations
from xinshi.organizations.models import Organization
from xinshi.web.wording import day_text

SHIFTS_ON_HOME: Final = 4
SHIFTS_LOOKED_AT: Final = 30
OWN_SHIFTS: Final = 100
HOURS_AHEAD: Final = 48
PLACES_LOOKED_AT: Final = 100
PLACES_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class HomeFigures:
    """What the bank is, in figures that anybody may see."""

    volunteers: int
    certified_minutes: int
    person_times: int
    partners: int
    five_star_members: int


@dataclass(frozen=True, slots=True)
class Start:
    """A volunteer's day: `passbook` is None for who has none yet; `takeable` are shifts that one may take now."""

    passbook: Passbook | None
    balance: BalanceView | None
    progress: StarProgress | None
    coming: list[activities.ComingShift]
    takeable: list[activities.OfferedShift]
    unread: int


def home_figures() -> HomeFigures:
    bank_figures, service = bank.figures(), attendance.figures()
    return HomeFigures(
        volunteers=bank_figures.passbooks,
        certified_minutes=bank_figures.certified_minutes,
        person_times=service.person_times,
        partners=_partners(),
        five_star_members=bank_figures.five_star_members,
    )


def _partners() -> int:
    kinds = [Organization.Kind.PARTNER, Organization.Kind.UNIVERSITY]
    return organizations.organizations(Actor.system("home")).filter(kind__in=kinds, is_active=True).count()


def next_shifts() -> list[activities.OfferedShift]:
    """The next open shifts as anybody sees them."""
    return activities.open_shifts(ANONYMOUS, per_page=SHIFTS_ON_HOME).shifts


def start_of(actor: Actor, *, shifts_shown: int) -> Start:
    """Six queries, whatever there is; of coming and of takeable shifts at most `shifts_shown` each."""
    coming = activities.coming_shifts(actor.person_id, limit=OWN_SHIFTS)
    passbook = bank.own_passbook(actor)
    is_open = passbook is not None and passbook.state == Passbook.State.ACTIVE
    return Start(
        passbook=passbook,
        balance=ledger.balance(passbook.account_id) if passbook else None,
        progress=_progress(passbook) if passbook else None,
        coming=coming[:shifts_shown],
        takeable=_takeable(coming)[:shifts_shown] if is_open else [],
        unread=messages.unread_count(actor),
    )


def _progress(passbook: Passbook) -> StarProgress:
    thresholds = bank.policy_in_force().star_thresholds_minutes
    return star_progress(passbook.certified_minutes, passbook.star_level, thresholds)


def _takeable(coming: list[activities.ComingShift]) -> list[activities.OfferedShift]:
    """The next shifts with a free place at times when one has none yet; `sign_up` decides again."""
    times = [TakenTime(shift.shift_id, shift.title, shift.starts_at, shift.ends_at) for shift in coming]
    offered = activities.open_shifts(ANONYMOUS, per_page=SHIFTS_LOOKED_AT).shifts
    return [
        shift
        for shift in offered
        if shift.places_left > 0 and conflict(times, starts_at=shift.starts_at, ends_at=shift.ends_at) is None
    ]


@dataclass(frozen=True, slots=True)
class Task:
    """Something at the desk that waits for the actor; `address` is where it is dealt with."""

    address: str
    icon: str
    count: int
    label: str
    note: str = ""
    tone: str = ""

    @property
    def figure(self) -> str:
        return f"{self.count:,}"


def approvals_task(actor: Actor, address: str) -> Task:
    """Service records that wait for the actor, with the clock of ten working days."""
    waiting = attendance.waiting_summary(actor)
    label = gettext("service records wait for your approval")
    if waiting.overdue:
        note = gettext("%(n)s past ten working days") % {"n": waiting.overdue}
        return Task(address, "clipboard-check", waiting.count, label, note, "bad")
    if waiting.oldest_due_on:
        note = gettext("first due by %(day)s") % {"day": day_text(waiting.oldest_due_on)}
        return Task(address, "clipboard-check", waiting.count, label, note, "warn")
    return Task(address, "clipboard-check", waiting.count, label)


def places_task(places: Sequence[activities.EmptyPlaces]) -> Task:
    """Places that nobody has taken in the shifts of the next two days."""
    free = sum(shift.places_left for shift in places)
    tone = "warn" if free else ""
    note = gettext("in %(n)s shifts") % {"n": len(places)} if places else ""
    return Task("#empty-places", "user-round-plus", free, gettext("empty places in the next 48 hours"), note, tone)


def held_back_task(actor: Actor, address: str) -> Task:
    """Rows of partners' files that were doubtful and wait for somebody to decide."""
    return Task(
        address,
        "arrow-left-right",
        exchange.held_back_count(actor),
        gettext("lines from partners held back for review"),
    )


def vouchers_task(address: str) -> Task:
    """Vouchers that may be redeemed today; `note` says how many belong to today's days."""
    due = benefits.due_today()
    note = gettext("%(n)s for today") % {"n": due} if due else ""
    return Task(address, "ticket-check", benefits.figures().open_vouchers, gettext("open vouchers"), note, "info")


def messages_task(actor: Actor, address: str) -> Task:
    return Task(address, "bell", messages.unread_count(actor), gettext("unread messages"))
