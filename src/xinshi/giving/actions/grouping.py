"""Hours that an organisation earned as a group: entered by one, approved by another, kept in the group's account."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.accounts import group_account
from xinshi.bank.queries import policy_in_force
from xinshi.giving import access
from xinshi.giving.actions.locking import locked_group_hours, locked_organization
from xinshi.giving.domain import (
    DECIDED,
    EVIDENCE_LENGTH_MAX,
    KEY_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Decision,
    FormUsed,
    Given,
    GroupHoursEntered,
    NotOwnProposal,
    RequestState,
    check_minutes,
    check_reason,
    check_worked_on,
    require_changeable,
    require_group_hours,
    require_open,
)
from xinshi.giving.events import GroupHoursBooked
from xinshi.giving.models import GroupHoursEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.outbox.actions import publish

STANDING = [RequestState.PROPOSED.value, RequestState.RETURNED.value, RequestState.APPROVED.value]


@transaction.atomic
def enter_group_hours(
    *, actor: Actor, organization_id: int, title: str, worked_on: date, minutes: int, evidence: str, key: str
) -> Given:
    """Enter what a group served as a group: the minutes of all its people together, and where that can be checked.

    Refusals: GroupHoursOff, GroupHoursEntered.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    access.require_keeper(actor)
    check_minutes(minutes)
    check_worked_on(worked_on, today=clock.today())
    what = _text(title, TITLE_LENGTH_MAX, field="title")
    proof = _text(evidence, EVIDENCE_LENGTH_MAX, field="evidence")
    organization = locked_organization(organization_id)
    earlier = GroupHoursEntry.objects.filter(proposed_by_ref=actor.reference, key=key).first()
    if earlier is not None:
        if (earlier.organization_id, earlier.title) != (organization_id, what):
            raise FormUsed
        return Given(earlier.pk, is_new=False)
    require_group_hours(policy_in_force().rules)
    same = GroupHoursEntry.objects.filter(organization=organization, worked_on=worked_on, title=what)
    if same.filter(state__in=STANDING).exists():
        raise GroupHoursEntered
    entry = GroupHoursEntry.objects.create(
        organization=organization,
        title=what,
        worked_on=worked_on,
        minutes=minutes,
        evidence=proof,
        key=key,
        proposed_by_ref=actor.reference,
        proposed_at=clock.now(),
    )
    record(
        actor=actor,
        action="giving.enter_group_hours",
        object_ref=f"group-hours:{entry.pk}",
        organization=organization_id,
        minutes=minutes,
    )
    return Given(entry.pk, is_new=True)


@transaction.atomic
def withdraw_group_hours(*, actor: Actor, group_hours_id: int) -> None:
    """Take one's own entry back before it is decided."""
    access.require_keeper(actor)
    entry = locked_group_hours(group_hours_id)
    if entry.proposed_by_ref != actor.reference:
        raise NotOwnProposal
    require_changeable(RequestState(entry.state))
    entry.state = RequestState.WITHDRAWN
    entry.save(update_fields=["state"])
    record(actor=actor, action="giving.withdraw_group_hours", object_ref=f"group-hours:{entry.pk}")


@transaction.atomic
def decide_group_hours(*, actor: Actor, group_hours_id: int, decision: Decision, reason: str = "") -> None:
    """Approve (the minutes are issued into the group's account) or refuse with a reason; never by who entered them."""
    assert decision is not Decision.RETURN, "an entry is refused and entered anew"
    access.require_keeper(actor)
    why = check_reason(reason) if decision is Decision.REFUSE or reason.strip() else ""
    entry = locked_group_hours(group_hours_id)
    access.require_another(actor, entry.proposed_by_ref)
    require_open(RequestState(entry.state))
    if decision is Decision.APPROVE:
        require_group_hours(policy_in_force().rules)
        _issue(actor, entry)
    entry.state, entry.decided_by_ref, entry.decision_reason = DECIDED[decision], actor.reference, why
    entry.decided_at = clock.now()
    entry.save(update_fields=["state", "decided_by_ref", "decision_reason", "decided_at"])
    record(
        actor=actor,
        action="giving.decide_group_hours",
        object_ref=f"group-hours:{entry.pk}",
        decision=decision.value,
        minutes=entry.minutes,
    )


def _issue(actor: Actor, entry: GroupHoursEntry) -> None:
    post(
        transfer=NewTransfer(
            key=f"group-hours:{entry.pk}",
            debit_id=system_account(AccountKind.ISSUANCE),
            credit_id=group_account(entry.organization_id),
            minutes=entry.minutes,
            kind="group_hours",
            worked_on=entry.worked_on,
            memo=entry.title,
        ),
        actor_ref=actor.reference,
    )
    publish(GroupHoursBooked(group_hours_id=entry.pk, organization_id=entry.organization_id, minutes=entry.minutes))


def _text(typed: str, length_max: int, *, field: str) -> str:
    text = typed.strip()
    if not text or len(text) > length_max:
        raise Invalid(field=field, reason=gettext_noop("This is missing or too long."))
    return text
