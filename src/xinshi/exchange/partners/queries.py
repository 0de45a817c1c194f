"""Reads of partners: what is in force, what is trusted, what is within limits, how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from xinshi.exchange.access import is_partner_keeper, require_reader
from xinshi.exchange.models import ImportFile, Partner, PartnerContract, PartnerKey, PartnerStateChange, PullRun
from xinshi.exchange.partners import registry
from xinshi.exchange.partners.domain import (
    Direction,
    KindNotAgreed,
    Limits,
    NoContract,
    PartnerDisputed,
    PartnerPaused,
    Standing,
    Terms,
    check_limits,
    is_silent,
    silent_since,
)
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_bounds
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.queries import flow_of
from xinshi.people.queries import names_by_reference

PARTNERS_MAX = 1_000
DAY_HOURS = 24
URGENCY = (
    "disputed",
    "silent",
    "overdue",
    "paused",
    "no_contract",
    "contract_comes",
    "differs",
    "no_key",
    "unreachable",
)
"""Words of health that want somebody, the most urgent first."""


def partners(actor: Actor) -> list[Partner]:
    """Every partner, by name."""
    require_reader(actor)
    return list(Partner.objects.order_by("name", "pk")[:PARTNERS_MAX])


def partner(actor: Actor, partner_id: int) -> Partner:
    """NotFound for an unknown one."""
    require_reader(actor)
    found = Partner.objects.filter(pk=partner_id).first()
    if found is None:
        raise NotFound
    return found


def limits_of(partner: Partner) -> Limits:
    return Limits(partner.in_minutes_max, partner.out_minutes_max)


def terms_of(contract: PartnerContract) -> Terms:
    return Terms(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        hours_kinds_in=tuple(contract.hours_kinds_in),
        hours_kinds_out=tuple(contract.hours_kinds_out),
        coefficient_percent=contract.coefficient_percent,
        may_come_in=contract.may_come_in,
        may_go_out=contract.may_go_out,
        transfer_minutes_max=contract.transfer_minutes_max,
        person_month_minutes_max=contract.person_month_minutes_max,
        terms=contract.terms,
    )


def contract_in_force(partner: Partner, day: date) -> PartnerContract | None:
    """The newest version that holds on `day`: put in force by its end at the latest, begun, and not ended.

    A version never reaches back: before the day on which a second administrator put it in force it held nothing.
    """
    found = partner.contracts.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day, enforced_at__lt=day_bounds(day)[1]
    )
    return found.order_by("-number").first()


def trusted_key(partner: Partner, key_id: str, at: datetime) -> PartnerKey | None:
    """The partner's key of that name, where it may be trusted at `at`: confirmed by then, valid, and not revoked."""
    found = partner.keys.filter(
        Q(revoked_at=None) | Q(revoked_at__gt=at), key_id=key_id, valid_from__lte=at, confirmed_at__lte=at
    )
    return found.first()


def standing(partner: Partner) -> Standing:
    """Where the partner's clearing account stands."""
    flow = flow_of(AccountKind.CLEARING, f"partner:{partner.code}")
    return Standing(balance_minutes=flow.minutes, leaving_minutes=flow.coming_minutes)


def require_open(partner: Partner) -> None:
    """PartnerPaused or PartnerDisputed where nothing new may move."""
    if partner.state == Partner.State.DISPUTED:
        raise PartnerDisputed
    if partner.state != Partner.State.ACTIVE:
        raise PartnerPaused


def require_within_limits(
    partner: Partner, direction: Direction, minutes: int, *, hours_kind: str = "", person_month_minutes: int = 0
) -> PartnerContract:
    """The contract under which `minutes` more may move that way today; a refusal of `domain` where they may not.

    The caller holds the partner's row locked in the transaction in which it then moves or holds the minutes, so that two
    of them never share what is left. `person_month_minutes` is what this person moved that way in this calendar month
    already, unfinished ones included; `hours_kind` is asked where it is given.
    """
    require_open(partner)
    contract = contract_in_force(partner, clock.today())
    if contract is None:
        raise NoContract
    terms = terms_of(contract)
    if hours_kind and hours_kind not in terms.kinds(direction):
        raise KindNotAgreed
    limits = limits_of(partner)
    check_limits(
        direction=direction,
        minutes=minutes,
        terms=terms,
        limits=limits,
        standing=standing(partner) if limits.bounds(direction) else Standing(),
        person_month_minutes=person_month_minutes,
    )
    return contract


@dataclass(frozen=True, slots=True)
class Silence:
    """A partner of whom nothing was heard since `since`, for longer than the setting bears."""

    partner: Partner
    since: datetime


def silent_partners() -> list[Silence]:
    """Active partners from whom something is expected and nothing came for `XINSHI_PARTNER_SILENT_HOURS` hours."""
    found = []
    for one in Partner.objects.filter(state=Partner.State.ACTIVE).order_by("pk")[:PARTNERS_MAX]:
        since = _too_long_silent_since(one)
        if since is not None:
            found.append(Silence(one, since))
    return found


def _too_long_silent_since(partner: Partner) -> datetime | None:
    """Since when nothing was heard, where that is longer than the setting bears; a daily pull may be a day late."""
    begun, hours_max = _expected_from(partner), settings.PARTNER_SILENT_HOURS
    if partner.kind == Partner.Kind.PLATFORM:
        hours_max += DAY_HOURS
    if begun is not None and partner.state_since is not None:
        begun = max(begun, partner.state_since)
    since = silent_since(last_heard_at=partner.last_heard_at, expected_from=begun)
    return since if is_silent(since, now=clock.now(), hours_max=hours_max) else None


def _expected_from(partner: Partner) -> datetime | None:
    """From when on something is expected of a partner: a contract in force with an address, or pulls that were begun."""
    if partner.kind == Partner.Kind.PLATFORM:
        first = PullRun.objects.filter(partner=partner).order_by("started_at").first()
        return first.started_at if first is not None and settings.ZHIYUANHUI_URL else None
    contract = contract_in_force(partner, clock.today())
    if contract is None or not partner.address:
        return None
    assert contract.enforced_at is not None, "a contract in force was put in force"
    return max(contract.enforced_at, day_bounds(contract.starts_on)[0])


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many partners need somebody at once; `count` counts each once, whatever it needs somebody for."""

    disputed: int
    silent: int
    overdue: int
    count: int


def alarms() -> Alarms:
    """For the desk and the health check; no names. `overdue`: with differences whose deadline has passed."""
    disputed = set(Partner.objects.filter(state=Partner.State.DISPUTED).values_list("pk", flat=True)[:PARTNERS_MAX])
    silent = {one.partner.pk for one in silent_partners()}
    overdue = set(registry.overdue_differences())
    return Alarms(len(disputed), len(silent), len(overdue), len(disputed | silent | overdue))


def waits_for_second(actor: Actor) -> int:
    """How many contracts, keys and limits this administrator can put in force: what somebody else wrote."""
    if not is_partner_keeper(actor):
        return 0
    own = actor.reference
    contracts = PartnerContract.objects.filter(Q(ends_on=None) | Q(ends_on__gte=clock.today()), enforced_at=None)
    keys = PartnerKey.objects.filter(confirmed_at=None, revoked_at=None)
    limits = Partner.objects.filter(limits_proposed__isnull=False)
    return (
        contracts.exclude(written_by_ref=own).count()
        + keys.exclude(added_by_ref=own).count()
        + limits.exclude(limits_proposed_by_ref=own).count()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the exchange with one partner goes, at a glance; `tone` and `word` are for the list."""

    partner: Partner
    contract: PartnerContract | None
    is_contract_coming: bool
    """A version is written that may still come into force: it waits for a second administrator, or for its first day."""
    waits_for_second: int
    """Contracts, keys and limits that wait for another administrator."""
    standing: Standing
    limits: Limits
    unfinished: registry.Unfinished
    open_differences: int
    overdue_differences: int
    last_heard_at: datetime | None
    silent_since: datetime | None
    """None where the partner is not silent for too long."""
    unreachable_since: datetime | None
    last_file_at: datetime | None
    """When a file of it was last imported."""
    trusted_keys: int

    @property
    def word(self) -> str:
        """The one word that matters most."""
        if self.partner.state != Partner.State.ACTIVE:
            return self.partner.state
        is_platform = self.partner.kind == Partner.Kind.PLATFORM
        if self.contract is None and not is_platform:
            return "contract_comes" if self.is_contract_coming else "no_contract"
        if self.silent_since is not None:
            return "silent"
        if self.overdue_differences:
            return "overdue"
        return self._quiet_word

    @property
    def _quiet_word(self) -> str:
        """The word where nothing is overdue: only what was heard of, and can be reached, is said to work."""
        is_bank, has_interface = self.partner.kind == Partner.Kind.BANK, bool(self.partner.address)
        if self.open_differences:
            return "differs"
        if is_bank and not has_interface:
            return "no_interface"
        if is_bank and not self.trusted_keys:
            return "no_key"
        if self.unreachable_since is not None:
            return "unreachable"
        if self.last_heard_at is not None:
            return "well"
        return "ready" if is_bank else "files"


def _may_still_hold(partner: Partner) -> QuerySet[PartnerContract]:
    """Versions that do not hold today and may hold later."""
    today = clock.today()
    not_over = Q(ends_on=None) | Q(ends_on__gte=today)
    return partner.contracts.filter(not_over).filter(Q(enforced_at=None) | Q(starts_on__gt=today))


def health(partner: Partner) -> Health:
    """How the exchange with this partner goes now."""
    trusted = partner.keys.filter(revoked_at=None, confirmed_at__isnull=False, valid_from__lte=clock.now())
    waiting = partner.keys.filter(revoked_at=None, confirmed_at=None).count()
    waiting += partner.contracts.filter(enforced_at=None).count() + (partner.limits_proposed is not None)
    return Health(
        partner=partner,
        contract=contract_in_force(partner, clock.today()),
        is_contract_coming=_may_still_hold(partner).exists(),
        waits_for_second=waiting,
        standing=standing(partner),
        limits=limits_of(partner),
        unfinished=registry.unfinished(partner.pk),
        open_differences=registry.open_differences(partner.pk),
        overdue_differences=registry.overdue_differences().get(partner.pk, 0),
        last_heard_at=partner.last_heard_at,
        silent_since=_too_long_silent_since(partner) if partner.state == Partner.State.ACTIVE else None,
        unreachable_since=registry.unreachable_since(partner.pk),
        last_file_at=ImportFile.objects.filter(partner=partner).aggregate(at=Max("last_imported_at"))["at"],
        trusted_keys=trusted.count(),
    )


def healths(actor: Actor) -> list[Health]:
    """How it goes with every partner, those that need somebody first."""
    found = [health(one) for one in partners(actor)]
    return sorted(found, key=lambda one: URGENCY.index(one.word) if one.word in URGENCY else len(URGENCY))


@dataclass(frozen=True, slots=True)
class Detail:
    """A partner's page: everything that was written down about it, the newest first; `people` are names by reference."""

    health: Health
    contracts: list[PartnerContract]
    keys: list[PartnerKey]
    state_changes: list[PartnerStateChange]
    latest: list[registry.Happening]
    people: dict[str, str]


def detail(actor: Actor, partner_id: int) -> Detail:
    found = partner(actor, partner_id)
    contracts = list(found.contracts.order_by("-number")[:100])
    keys = list(found.keys.order_by("-valid_from", "-pk"))
    changes = list(found.state_changes.order_by("-at", "-pk")[:100])
    references = {found.state_by_ref, found.limits_proposed_by_ref, *(one.by_ref for one in changes)}
    references |= {ref for one in contracts for ref in (one.written_by_ref, one.enforced_by_ref)}
    references |= {ref for one in keys for ref in (one.added_by_ref, one.confirmed_by_ref, one.revoked_by_ref)}
    return Detail(
        health=health(found),
        contracts=contracts,
        keys=keys,
        state_changes=changes,
        latest=registry.latest(found.pk),
        people=names_by_reference(references - {""}),
    )
