"""What the shell's pages show, put together from the rooms' reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext, ngettext

from xinshi.activities import queries as activities
from xinshi.activities.queries.suggested import Suggested
from xinshi.activities.requests import queries as requests
from xinshi.appeals import queries as appeals
from xinshi.archive import queries as archive
from xinshi.attendance import queries as attendance
from xinshi.attendance.outcomes.queries import missing_lately
from xinshi.bank import queries as bank
from xinshi.bank.domain import StarProgress, star_progress
from xinshi.bank.erasing import queries as erasing
from xinshi.bank.models import Passbook
from xinshi.bank.registration import queries as registration
from xinshi.bank.rules import Policy
from xinshi.benefits import queries as benefits
from xinshi.exchange import queries as exchange
from xinshi.exchange.partners import queries as partners
from xinshi.interbank.identity import queries as identity
from xinshi.interbank.moving import key_queries
from xinshi.interbank.moving import queries as interbank
from xinshi.interbank.overlaps import queries as overlaps
from xinshi.interbank.reconciling import queries as reconciling
from xinshi.kernel.actor import ANONYMOUS, Actor
from xinshi.kernel.minutes import MINUTES_PER_HOUR
from xinshi.ledger import queries as ledger
from xinshi.ledger.queries import BalanceView
from xinshi.messages import queries as messages
from xinshi.organizations import queries as organizations
from xinshi.organizations.agreements import queries as agreements
from xinshi.organizations.designations import queries as designations
from xinshi.organizations.models import Organization
from xinshi.scheduling.inviting import queries as invitations
from xinshi.web.wording import day_text

SHIFTS_ON_HOME: Final = 4
SHIFTS_LOOKED_AT: Final = 60
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

    @property
    def certified_hours(self) -> int:
        """Whole hours, rounded down."""
        return self.certified_minutes // MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True)
class Start:
    """A volunteer's day: `passbook` is None for who has none yet; `takeable` are shifts that one may take now."""

    passbook: Passbook | None
    balance: BalanceView | None
    progress: StarProgress | None
    coming: list[activities.ComingShift]
    takeable: list[Suggested]
    unread: int
    may_give: bool
    """The hospital lets members give hours to relatives or to the pool."""


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
    """As many queries whatever there is; of coming and of takeable shifts at most `shifts_shown` each."""
    coming = activities.coming_shifts(actor.person_id, limit=OWN_SHIFTS)
    passbook = bank.own_passbook(actor)
    is_open = passbook is not None and passbook.state == Passbook.State.ACTIVE
    policy = bank.policy_in_force()
    return Start(
        passbook=passbook,
        balance=ledger.balance(passbook.account_id) if passbook else None,
        progress=_progress(passbook, policy) if passbook else None,
        coming=coming[:shifts_shown],
        takeable=_takeable(actor, shifts_shown) if is_open else [],
        unread=messages.unread_count(actor),
        may_give=is_open and (policy.rules.gifts or policy.rules.donations),
    )


def _progress(passbook: Passbook, policy: Policy) -> StarProgress:
    return star_progress(passbook.certified_minutes, passbook.star_level, policy.star_thresholds_minutes)


def _takeable(actor: Actor, shown: int) -> list[Suggested]:
    """The next shifts that the actor may take, what suits them first; `sign_up` decides by the same function."""
    found = activities.open_shifts(actor, tab="may", looked_at=SHIFTS_LOOKED_AT)
    first = {one.shift.id for one in found.suggested}
    others = (Suggested(shift, ()) for shift in found.shifts if shift.id not in first)
    return [*found.suggested, *others][:shown]


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
    label = ngettext("service record waits for your approval", "service records wait for your approval", waiting.count)
    if waiting.overdue:
        note = gettext("%(n)s past ten working days") % {"n": waiting.overdue}
        return Task(address, "clipboard-check", waiting.count, label, note, "bad")
    if waiting.oldest_due_on:
        note = gettext("first due by %(day)s") % {"day": day_text(waiting.oldest_due_on)}
        return Task(address, "clipboard-check", waiting.count, label, note, "warn")
    return Task(address, "clipboard-check", waiting.count, label)


def outcomes_task(actor: Actor, address: str) -> Task:
    """Activities that are over and of which nobody has reported what came of them."""
    count = missing_lately(actor)
    label = ngettext("activity waits for what came of it", "activities wait for what came of them", count)
    return Task(address, "chart-column", count, label, tone="warn" if count else "")


def appeals_task(actor: Actor, address: str) -> Task:
    """Requests for correction that wait for the actor, who had no part in them; what is due first is said."""
    waiting = appeals.waiting_summary(actor)
    label = ngettext(
        "request for correction waits for your answer", "requests for correction wait for your answer", waiting.count
    )
    if waiting.overdue:
        return Task(address, "scale", waiting.count, label, gettext("%(n)s overdue") % {"n": waiting.overdue}, "bad")
    if waiting.oldest_due_on:
        note = gettext("first due by %(day)s") % {"day": day_text(waiting.oldest_due_on)}
        return Task(address, "scale", waiting.count, label, note, "warn")
    return Task(address, "scale", waiting.count, label)


def places_task(places: Sequence[activities.EmptyPlaces]) -> Task:
    """Places that nobody has taken in the shifts of the next two days."""
    free = sum(shift.places_left for shift in places)
    tone = "warn" if free else ""
    note = ngettext("in %(n)s shift", "in %(n)s shifts", len(places)) % {"n": len(places)} if places else ""
    return Task(
        "#empty-places",
        "user-round-plus",
        free,
        ngettext("empty place in the next 48 hours", "empty places in the next 48 hours", free),
        note,
        tone,
    )


def invitation_tasks(address: str) -> list[Task]:
    """Places given back, invitations nobody answered, places for which nobody is left; a line only where there is one."""
    found = invitations.counts()
    lines = (
        (
            found.dropped,
            "user-round-plus",
            ngettext("shift lost somebody lately", "shifts lost somebody lately", found.dropped),
            "bad",
        ),
        (
            found.left_empty,
            "users-round",
            ngettext(
                "shift for which nobody is left to invite",
                "shifts for which nobody is left to invite",
                found.left_empty,
            ),
            "warn",
        ),
        (
            found.due,
            "send",
            ngettext(
                "invitation runs out within a day without an answer",
                "invitations run out within a day without an answer",
                found.due,
            ),
            "warn",
        ),
    )
    return [Task(address, icon, count, label, tone=tone) for count, icon, label, tone in lines if count]


def accounts_task(actor: Actor, address: str) -> Task:
    """Accounts that people opened themselves, and wishes to close one, that wait for the station."""
    count = registration.waiting_count(actor)
    label = ngettext("account waits for your check", "accounts wait for your check", count)
    return Task(address, "user-check", count, label)


def erasures_tasks(actor: Actor, address: str) -> list[Task]:
    """People who want their data deleted; no line where nobody does."""
    waiting = erasing.waiting_count(actor)
    label = ngettext("person wants their data deleted", "people want their data deleted", waiting)
    return [Task(address, "eraser", waiting, label)] if waiting else []


def requests_task(address: str) -> Task:
    """Departments that wait for volunteers, by the day on which their answer is due."""
    waiting = requests.waiting_requests()
    label = ngettext("department asks for volunteers", "departments ask for volunteers", waiting.count)
    if waiting.overdue:
        return Task(address, "inbox", waiting.count, label, gettext("%(n)s overdue") % {"n": waiting.overdue}, "bad")
    if waiting.first_due_on:
        note = gettext("first due by %(day)s") % {"day": day_text(waiting.first_due_on)}
        return Task(address, "inbox", waiting.count, label, note, "warn")
    return Task(address, "inbox", waiting.count, label)


def qualification_tasks(actor: Actor, address: str) -> list[Task]:
    """Qualifications that wait for the station, and those that run out within 30 days and were not renewed."""
    found = archive.desk_summary(actor)
    return [
        Task(
            address,
            "badge-check",
            found.to_check,
            ngettext("qualification waits for the check", "qualifications wait for the check", found.to_check),
        ),
        Task(
            f"{address}?show=ending",
            "calendar-x",
            found.ending,
            ngettext("qualification runs out within 30 days", "qualifications run out within 30 days", found.ending),
            tone="warn" if found.ending else "",
        ),
    ]


def unknown_transfers_tasks(actor: Actor, address: str) -> list[Task]:
    """Hours to other banks without an answer although it is overdue; no line while there are none."""
    count = interbank.unknown_count(actor)
    text = ngettext("transfer to another bank without an answer", "transfers to other banks without an answer", count)
    return [Task(address, "arrow-left-right", count, text, tone="warn")] if count else []


def held_back_task(actor: Actor, address: str) -> Task:
    """Rows of partners' files that were doubtful and wait for somebody to decide."""
    count = exchange.held_back_count(actor)
    label = ngettext("line from a partner held back for review", "lines from partners held back for review", count)
    return Task(address, "arrow-left-right", count, label)


def differences_task(actor: Actor, address: str) -> Task:
    """Differences with other time banks, the overdue ones said."""
    count, overdue = reconciling.open_count(actor), reconciling.overdue_count(actor)
    label = ngettext("difference with a time bank", "differences with time banks", count)
    note = gettext("%(number)s overdue") % {"number": overdue} if overdue else ""
    return Task(address, "scale", count, label, note, "bad" if overdue else "")


def overlaps_tasks(actor: Actor, address: str) -> list[Task]:
    """Hours that may have been counted twice; no line while there are none."""
    count = overlaps.waiting_count(actor)
    label = ngettext("service that may have been counted twice", "services that may have been counted twice", count)
    return [Task(address, "eye", count, label, tone="warn")] if count else []


def clashes_tasks(actor: Actor, address: str) -> list[Task]:
    """Identity numbers that stand on two records, so that neither is used between banks; no line while there are none."""
    count = identity.clash_count(actor)
    label = ngettext("identity number on two records", "identity numbers on two records", count)
    return [Task(address, "user-round", count, label, tone="warn")] if count else []


def partner_tasks(actor: Actor, address: str) -> list[Task]:
    """Partners of the exchange that need somebody, and what waits for a second administrator."""
    found = partners.alarms()
    tasks = []
    if found.count:
        notes = [gettext("%(n)s in dispute") % {"n": found.disputed}] if found.disputed else []
        notes += [gettext("%(n)s with overdue differences") % {"n": found.overdue}] if found.overdue else []
        note = gettext(", ").join(notes)
        label = ngettext(
            "partner of the exchange that needs somebody now",
            "partners of the exchange that need somebody now",
            found.count,
        )
        tasks.append(Task(address, "siren", found.count, label, note, "bad"))
    waiting = partners.waits_for_second(actor)
    if waiting:
        label = ngettext(
            "contract, key or limit of a partner waits for a second administrator",
            "contracts, keys and limits of partners wait for a second administrator",
            waiting,
        )
        tasks.append(Task(address, "users-round", waiting, label, tone="warn"))
    return tasks


def own_keys_tasks(actor: Actor, address: str) -> list[Task]:
    """Our own keys for the exchange that wait for this administrator, and partners that lack the next one."""
    count = key_queries.keys_that_need(actor)
    label = ngettext(
        "key of ours to confirm, or to give to partners", "keys of ours to confirm, or to give to partners", count
    )
    return [Task(address, "key-round", count, label, tone="warn")] if count else []


def inbox_task(actor: Actor, address: str) -> Task:
    """Rows of partners' files whose person was not found."""
    count = exchange.unmatched_count(actor)
    label = ngettext("line from a partner waits for its person", "lines from partners wait for their person", count)
    return Task(address, "users", count, label)


def agreements_task(actor: Actor, address: str) -> Task:
    """Agreements with partners that end within 90 days, the first of these days said."""
    count, first = agreements.ending_count(actor)
    note = gettext("first on %(day)s") % {"day": day_text(first)} if first else ""
    return Task(
        address,
        "file-check",
        count,
        ngettext("agreement ends within 90 days", "agreements end within 90 days", count),
        note,
        "warn" if count else "",
    )


def reviews_task(actor: Actor, address: str) -> Task:
    """Bases and demonstrations whose review is due."""
    count = designations.due_count(actor)
    return Task(
        address,
        "award",
        count,
        ngettext("base or demonstration to review", "bases and demonstrations to review", count),
        tone="warn" if count else "",
    )


def vouchers_task(address: str) -> Task:
    """Vouchers that may be redeemed today; `note` says how many belong to today's days."""
    due = benefits.due_today()
    note = gettext("%(n)s for today") % {"n": due} if due else ""
    count = benefits.figures().open_vouchers
    return Task(address, "ticket-check", count, ngettext("open voucher", "open vouchers", count), note, "info")


def messages_task(actor: Actor, address: str) -> Task:
    count = messages.unread_count(actor)
    return Task(address, "bell", count, ngettext("unread message", "unread messages", count))
