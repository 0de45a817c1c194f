"""Where one can go: the volunteer's five places, and the desk's menu. Shown is what the page itself would open to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.giving.queries import is_switched_on
from xinshi.kernel.actor import Actor, Role
from xinshi.organizations.belonging.queries import keeps_something

DESK_ROLES: Final = frozenset({Role.COORDINATOR, Role.CLERK, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who works at a desk; everybody else has the volunteer's bar."""
SIGN_IN: Final = "account_login"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a menu offers; `url_name` takes no arguments."""

    url_name: str
    label: str | Promise
    icon: str
    covers: str = ""
    """A beginning of addresses that belong here too, though this page's own address is longer."""
    is_on: Callable[[], bool] | None = None
    """Asked only for who may open the page: what the hospital has not switched on is not offered."""
    is_for: Callable[[Actor], bool] | None = None
    """Asked last, of who may open the page: it is offered to those whom it concerns."""


@dataclass(frozen=True, slots=True)
class Group:
    label: str | Promise
    entries: tuple[Entry, ...]
    is_own: bool = False
    """About oneself as a volunteer: only for who has a person in the archive."""


PLACES: Final = (
    Entry("web:start", _("Home"), "house"),
    Entry("activities:offers", _("Shifts"), "calendar-check"),
    Entry("benefits:catalogue", _("Benefits"), "gift"),
    Entry("bank:own", _("Passbook"), "book-open-text"),
    Entry("people:me", _("Me"), "user-round"),
)
PUBLIC_PLACES: Final = (
    Entry("activities:offers", _("Shifts"), "calendar-check"),
    Entry("activities:programmes", _("Programmes"), "repeat"),
    Entry("benefits:catalogue", _("Benefits"), "gift"),
    Entry("recognition:honour_roll", _("Honour roll"), "award"),
    Entry("ledger:seals", _("Check the bank"), "shield-check"),
)
LEADING: Final = (
    Entry("activities:leading", _("Activities I lead"), "flag"),
    Entry("activities:to_decide", _("Requests for places"), "inbox"),
    Entry("attendance:approvals", _("Approvals"), "clipboard-check"),
    Entry("attendance:anomalies", _("To look at"), "eye"),
    Entry("activities:requests_desk", _("Requests of departments"), "inbox"),
    Entry("activities:feeds", _("Calendar on your phone"), "calendar-sync"),
    Entry("campaigns:list", _("Campaigns"), "siren"),
)
KEEPING: Final = Entry(
    "organizations:kept_list", _("My organisation"), "building", covers="/organizations/kept/", is_for=keeps_something
)
GROUPS: Final = (
    Group(
        _("Today"),
        (
            Entry("web:desk", _("Desk"), "layout-dashboard"),
            Entry("attendance:approvals", _("Approvals"), "clipboard-check"),
            Entry("attendance:anomalies", _("To look at"), "eye"),
            Entry("appeals:desk", _("Corrections and appeals"), "scale", covers="/appeals/requests/"),
            Entry("benefits:desk", _("Vouchers"), "ticket-check"),
            Entry("bank:accounts_to_check", _("Accounts to check"), "user-check"),
            Entry("archive:qualifications", _("Qualifications"), "badge-check", covers="/archive/qualifications/"),
            Entry("messages:inbox", _("Messages"), "bell"),
        ),
    ),
    Group(
        _("Service"),
        (
            Entry("activities:desk", _("Activities"), "calendar-days", covers="/activities/"),
            Entry("scheduling:periods", _("Planning"), "calendar-cog", covers="/scheduling/"),
            Entry("activities:to_decide", _("Requests for places"), "inbox"),
            Entry("activities:requests_desk", _("Requests of departments"), "inbox", covers="/activities/requests/"),
            Entry("activities:programmes", _("Programmes"), "repeat", covers="/activities/programmes/"),
            Entry("activities:patterns", _("Templates"), "layout-template", covers="/activities/templates/"),
            Entry("activities:calendar", _("Calendar"), "calendar-heart"),
            Entry("scheduling:invitations", _("Invitations"), "send", covers="/scheduling/invitations/"),
            Entry("scheduling:fairness", _("Fairness"), "scale"),
            Entry("training:desk", _("Training"), "graduation-cap", covers="/training/"),
            Entry("attendance:records", _("Service records"), "file-check"),
            Entry("campaigns:list", _("Campaigns"), "siren", covers="/campaigns/"),
            Entry("attendance:outcomes", _("Outcomes"), "chart-column"),
            Entry("people:list", _("Volunteers"), "users-round"),
            Entry("archive:list", _("What volunteers can do"), "id-card", covers="/archive/"),
            Entry("organizations:list", _("Organisations"), "building"),
            Entry("organizations:agreements", _("Agreements"), "file-check"),
            Entry("attendance:kiosks", _("Kiosks"), "tablet-smartphone", covers="/attendance/kiosks/"),
            Entry("recognition:honour_roll", _("Honour roll"), "award"),
        ),
    ),
    Group(
        _("Bank"),
        (
            Entry("bank:passbooks", _("All passbooks"), "book-open-text"),
            Entry("bank:duplicates", _("Registered twice"), "users"),
            Entry("bank:import_volunteers", _("Open accounts from a spreadsheet"), "file-up"),
            Entry("exchange:overview", _("Exchange"), "arrow-left-right"),
            Entry("interbank:settling", _("Settling"), "scale"),
            Entry("exchange:partners", _("Partners of the exchange"), "handshake", covers="/exchange/partners/"),
            Entry(
                "interbank:transfers", _("Transfers between banks"), "arrow-left-right", covers="/interbank/transfers/"
            ),
            Entry("benefits:manage", _("Benefits on offer"), "package-open"),
            Entry("benefits:statements", _("Statements of departments"), "file-check"),
            Entry("bank:public_notice", _("Public notice"), "megaphone"),
            Entry("giving:desk", _("Pool and gifts"), "hand-heart", covers="/giving/", is_on=is_switched_on),
            Entry("liabilities:overview", _("What the bank owes"), "landmark"),
            Entry("bank:policy", _("Policy"), "scale"),
        ),
    ),
    Group(
        _("Oversight"),
        (
            Entry("ledger:overview", _("Ledger"), "scroll-text"),
            Entry("audit:log", _("Audit trail"), "shield-check"),
            Entry("messages:outgoing", _("Texts to phones"), "message-square-text"),
            Entry("people:users", _("Sign-ins and roles"), "key-round"),
        ),
    ),
    Group(
        _("As a volunteer"),
        (
            *PLACES[1:],
            Entry("scheduling:mine", _("Invitations and suggestions"), "sparkles", covers="/scheduling/mine/"),
            Entry("archive:own", _("My archive"), "id-card", covers="/archive/mine/"),
            Entry("training:courses", _("My training"), "book-open"),
            Entry("giving:own", _("Gifts and donations"), "gift", is_on=is_switched_on),
            Entry("interbank:own", _("Other time banks"), "arrow-left-right", covers="/interbank/banks/"),
            LEADING[0],
            Entry("activities:feeds", _("Calendar on your phone"), "calendar-sync"),
            KEEPING,
            Entry("organizations:mine", _("My organisations"), "users", covers="/organizations/mine/"),
            Entry("exchange:my_hours", _("Where my hours may go"), "route"),
            Entry("appeals:mine", _("My requests"), "message-circle-question-mark"),
        ),
        is_own=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry for one reader; `current` is the value of aria-current, empty where one is elsewhere.

    The address stands for its words and icon where links are compared: words are translated anew whenever they are read.
    """

    address: str
    label: str | Promise = field(compare=False)
    icon: str = field(compare=False)
    current: str = ""


@dataclass(frozen=True, slots=True)
class LinkGroup:
    label: str | Promise
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """`places` is the bar of a volunteer, `groups` the menu of who works at a desk, `public` what a visitor may see.

    Equal menus are drawn once (`{% same %}`): it holds nothing of one reader's.
    """

    places: tuple[Link, ...] = ()
    groups: tuple[LinkGroup, ...] = ()
    public: tuple[Link, ...] = ()
    may_sign_in: bool = True
    may_sign_out: bool = False
    """With a button of its own; a desk's menu has one."""

    @property
    def is_desk(self) -> bool:
        return bool(self.groups)


@cache
def address_of(url_name: str) -> str | None:
    """The address of a page without arguments; None where this release has no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


@cache
def roles_of(address: str) -> frozenset[Role]:
    """The roles to which the page at `address` opens; empty means everybody."""
    roles: frozenset[Role] = resolve(address).func.page_roles  # type: ignore[attr-defined]  # set by doors.pages.page
    return roles


def may_open(address: str, actor: Actor) -> bool:
    roles = roles_of(address)
    return not roles or actor.has(*roles)


def menu_for(actor: Actor, path: str) -> Menu:
    """What `actor` may open, with the place where `path` is marked."""
    if actor.user_id is None:
        return Menu(public=tuple(_links(PUBLIC_PLACES, actor, path)), may_sign_in=path != address_of(SIGN_IN))
    if not actor.has(*DESK_ROLES):
        return Menu(places=tuple(_links(PLACES, actor, path)), may_sign_in=False, may_sign_out=True)
    shown = [group for group in GROUPS if actor.person_id is not None or not group.is_own]
    everywhere = [entry for group in shown for entry in group.entries]
    here = _here(everywhere, path)
    asked: dict[Callable[[], bool], bool] = {}
    links = [(group.label, _links(group.entries, actor, path, here=here, switches=asked)) for group in shown]
    found = tuple(LinkGroup(label, tuple(some)) for label, some in links if some)
    return Menu(groups=found, may_sign_in=False, may_sign_out=not found)


def leading_links(actor: Actor) -> list[Link]:
    """What a volunteer who leads activities or keeps an organisation has besides the five places."""
    leading = _links(LEADING, actor, "") if actor.has(Role.LEADER) else []
    return leading + _links((KEEPING,), actor, "")


def _links(
    entries: tuple[Entry, ...],
    actor: Actor,
    path: str,
    *,
    here: str | None = None,
    switches: dict[Callable[[], bool], bool] | None = None,
) -> list[Link]:
    """`switches` remembers, for one menu, what was asked before."""
    asked = {} if switches is None else switches
    nearest = _here(list(entries), path) if here is None else here
    return [
        Link(address, entry.label, entry.icon, current=_current(address, path, nearest))
        for entry in entries
        if (address := address_of(entry.url_name))
        and may_open(address, actor)
        and (entry.is_on is None or _is_on(entry.is_on, asked))
        and (entry.is_for is None or entry.is_for(actor))
    ]


def _is_on(switch: Callable[[], bool], asked: dict[Callable[[], bool], bool]) -> bool:
    if switch not in asked:
        asked[switch] = switch()
    return asked[switch]


def _here(entries: list[Entry], path: str) -> str:
    """The address of the entry under which `path` lies: itself, else the longest beginning; the first of equals."""
    known = [(entry, address) for entry in entries if (address := address_of(entry.url_name))]
    if any(address == path for _, address in known):
        return path
    beginnings = [(address, address) for _, address in known] + [
        (entry.covers, address) for entry, address in known if entry.covers
    ]
    under = [(beginning, address) for beginning, address in beginnings if path.startswith(beginning)]
    under.sort(key=lambda pair: (-len(pair[0]), pair[0] == pair[1]))
    return under[0][1] if under else ""


def _current(address: str, path: str, nearest: str) -> str:
    if address == path:
        return "page"
    return "true" if address == nearest else ""


def menu_of(request: HttpRequest) -> Menu:
    """The menu for whoever asks; empty before the actor is known (an error page)."""
    actor = getattr(request, "actor", None)
    return menu_for(actor, request.path) if actor is not None else Menu()
