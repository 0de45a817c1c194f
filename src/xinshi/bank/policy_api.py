"""The policy for programs: every rule, its dry run, proposing, putting in force; the public notice. Minutes throughout."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from xinshi.bank import actions, notices, policy_queries
from xinshi.bank.domain import THRESHOLD_MINUTES_MAX
from xinshi.bank.policy_effects import PolicyEffect, effect
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import (
    AGE_YEARS_MAX,
    ANSWER_DAYS_MAX,
    CAP_MINUTES_MAX,
    COEFFICIENTS_MAX,
    EXPIRY_MONTHS_MAX,
    NOTICE_DAYS_MAX,
    PERCENT_MAX,
    SKILL_LENGTH_MAX,
    Coefficient,
    GroupHours,
    Rounding,
    Rules,
)
from xinshi.doors.api import NO_NUL, actor_of, idempotent
from xinshi.kernel.codes import HoursKind

router = Router(tags=["bank"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Note = Annotated[str, StringConstraints(max_length=400, pattern=NO_NUL)]
Threshold = Annotated[int, Field(ge=1, le=THRESHOLD_MINUTES_MAX)]
Thresholds = Annotated[list[Threshold], Field(min_length=5, max_length=5)]
Percent = Annotated[int, Field(ge=0, le=100)]
Cap = Annotated[int, Field(ge=1, le=CAP_MINUTES_MAX)]
Years = Annotated[int, Field(ge=0, le=AGE_YEARS_MAX)]
DEFAULT = Rules()


class CoefficientBody(Schema):
    """What an hour of a category, or of whoever has a skill, is worth; empty matches every one."""

    percent: Annotated[int, Field(ge=1, le=PERCENT_MAX)]
    category: Annotated[str, StringConstraints(pattern=r"^([0-9]{4})?$")] = ""
    skill: Annotated[str, StringConstraints(max_length=SKILL_LENGTH_MAX, pattern=NO_NUL)] = ""


class RulesBody(Schema):
    """Every rule by its name; null as a cap or a span means that there is none."""

    star_thresholds_minutes: Thresholds = list(DEFAULT.star_thresholds_minutes)
    star_verified_percent: Annotated[list[Percent], Field(min_length=5, max_length=5)] = [0] * 5
    approval_levels: Annotated[int, Field(ge=1, le=2)] = 1
    coefficients: Annotated[list[CoefficientBody], Field(max_length=COEFFICIENTS_MAX)] = []
    rounding: Rounding = Rounding.DOWN
    rounding_minutes: Annotated[int, Field(ge=1, le=60)] = 1
    presence_min_percent: Percent = 0
    day_cap_minutes: Cap | None = None
    activity_cap_minutes: Cap | None = None
    holding_cap_minutes: Cap | None = None
    expiry_months: Annotated[int, Field(ge=1, le=EXPIRY_MONTHS_MAX)] | None = None
    expiry_grace_days: Annotated[int, Field(ge=90, le=3_650)] = DEFAULT.expiry_grace_days
    notice_days: Annotated[int, Field(ge=0, le=NOTICE_DAYS_MAX)] = 0
    age_min_years: Years = 0
    guardian_below_years: Years = DEFAULT.guardian_below_years
    gifts: bool = False
    gift_year_cap_minutes: Cap | None = None
    donations: bool = False
    group_hours: GroupHours = GroupHours.OFF
    appeal_answer_days: Annotated[int, Field(ge=1, le=ANSWER_DAYS_MAX)] = DEFAULT.appeal_answer_days


class PolicyIn(RulesBody):
    """A rule that is left out stays as it is in force."""

    note: Note = ""


class PolicyDryRunIn(RulesBody):
    """A rule that is left out stays as it is in force; `effective_from` is today where it is left out."""

    effective_from: date | None = None


class PolicyVersionOut(Schema):
    """`state` is proposed, coming, in_force or past."""

    number: int
    state: str
    effective_from: date | None
    star_thresholds_minutes: list[int]
    approval_levels: int
    rules: RulesBody
    note: str
    proposed_at: datetime
    proposed_by: str
    enforced_at: datetime | None
    enforced_by: str


class StarCountOut(Schema):
    level: int
    now: int
    then: int


class RisingOut(Schema):
    passbook_id: int
    number: str
    certified_minutes: int
    level_now: int
    level_then: int


class BalanceChangeOut(Schema):
    """`otherwise_minutes` is the balance on that day without this version."""

    passbook_id: int
    number: str
    now_minutes: int
    expired_minutes: int
    donation_minutes: int
    then_minutes: int
    otherwise_minutes: int


class ExpiryMonthOut(Schema):
    """`month` is its first day; null: minutes that never run out."""

    month: date | None
    now: int
    then: int


class ExpiryChangeOut(Schema):
    passbook_id: int
    number: str
    minutes: int
    first_now: date | None
    first_then: date | None


class LookBackOut(Schema):
    since: date
    deposits: int
    credited_minutes: int
    then_minutes: int
    people: int


class PolicyEffectOut(Schema):
    """What a version would change on its day of effect; the lists name at most 100 of those whom the numbers count."""

    effective_from: date
    counts: list[StarCountOut]
    rising_number: int
    rising: list[RisingOut]
    keeping_number: int
    balance_number: int
    expired_minutes: int
    donation_minutes: int
    balances: list[BalanceChangeOut]
    expiry_number: int
    months: list[ExpiryMonthOut]
    expiries: list[ExpiryChangeOut]
    look_back: LookBackOut


class EnforceIn(Schema):
    effective_from: date


class NoticeLineOut(Schema):
    """A deposit in public notice, with a masked name; `until` is the last day of the notice."""

    deposit_id: int
    masked_name: str
    title: str
    organizer: str
    kind: HoursKind
    raw_minutes: int
    worked_on: date
    until: date


class NoticePageOut(Schema):
    items: list[NoticeLineOut]
    page: int
    has_next: bool


@router.get("/policy", response=list[PolicyVersionOut])
def list_policy_versions(request: HttpRequest) -> list[PolicyVersionOut]:
    """Every version, newest first."""
    return [_version(view) for view in policy_queries.versions(actor_of(request))]


@router.post("/policy", response={201: PolicyVersionOut})
@idempotent
def propose_policy(request: HttpRequest, payload: PolicyIn) -> Status[PolicyVersionOut]:
    """Write a new version; it changes nothing until another administrator puts it in force."""
    actor = actor_of(request)
    number = actions.propose_policy(actor=actor, rules=_rules(payload), note=payload.note)
    return Status(201, _version(policy_queries.version(actor, number)))


@router.post("/policy/dry-run", response=PolicyEffectOut)
def try_policy(request: HttpRequest, payload: PolicyDryRunIn) -> PolicyEffectOut:
    """What these rules would change if they took effect on a day; writes nothing."""
    return _effect(effect(actor_of(request), _rules(payload), effective_from=payload.effective_from))


@router.get("/policy/{number}/dry-run", response=PolicyEffectOut)
def try_policy_version(
    request: HttpRequest, number: Number, effective_from: Annotated[date | None, Query()] = None
) -> PolicyEffectOut:
    """What a version would change if it took effect on a day (default: today); writes nothing."""
    actor = actor_of(request)
    found = policy_queries.version(actor, number).version
    return _effect(effect(actor, found.says, effective_from=effective_from, version=found))


@router.post("/policy/{number}/enforcement", response=PolicyVersionOut)
@idempotent
def put_policy_in_force(request: HttpRequest, number: Number, payload: EnforceIn) -> PolicyVersionOut:
    """Let a version hold from a day on; refused for the administrator who wrote it."""
    actor = actor_of(request)
    actions.put_policy_in_force(actor=actor, number=number, effective_from=payload.effective_from)
    return _version(policy_queries.version(actor, number))


@router.get("/public-notice", response=NoticePageOut)
def list_public_notice(request: HttpRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> NoticePageOut:
    """Deposits in public notice now, the first to become final first."""
    lines, found = notices.notice_page(actor_of(request), number=page)
    items = [
        NoticeLineOut(
            deposit_id=line.deposit_id,
            masked_name=line.masked_name,
            title=line.title,
            organizer=line.organizer,
            kind=HoursKind(line.kind),
            raw_minutes=line.raw_minutes,
            worked_on=line.worked_on,
            until=line.until,
        )
        for line in lines
    ]
    return NoticePageOut(items=items, page=found.number, has_next=found.has_next())


def _rules(payload: RulesBody) -> Rules:
    """The rules in force with what was sent in their place."""
    given: dict[str, Any] = payload.model_dump(exclude_unset=True, exclude={"note", "effective_from"})
    for name in ("star_thresholds_minutes", "star_verified_percent"):
        if name in given:
            given[name] = tuple(given[name])
    if "coefficients" in given:
        given["coefficients"] = tuple(Coefficient(**row) for row in given["coefficients"])
    return replace(policy_in_force().rules, **given)


def _version(view: policy_queries.VersionView) -> PolicyVersionOut:
    version, rules = view.version, view.version.says
    return PolicyVersionOut(
        number=version.number,
        state=view.state,
        effective_from=version.effective_from,
        star_thresholds_minutes=list(rules.star_thresholds_minutes),
        approval_levels=rules.approval_levels,
        rules=RulesBody.model_validate(rules.to_json()),
        note=version.note,
        proposed_at=version.proposed_at,
        proposed_by=view.proposed_by,
        enforced_at=version.enforced_at,
        enforced_by=view.enforced_by,
    )


def _effect(found: PolicyEffect) -> PolicyEffectOut:
    """Without names: who may see them asks for the passbooks."""
    return PolicyEffectOut.model_validate(found, from_attributes=True)
