"""Help out of the pool: one proposes it, another decides, the minutes go from the pool to the person."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.accounts import pool_account
from xinshi.bank.queries import policy_in_force
from xinshi.giving import access
from xinshi.giving.actions.locking import locked_grant, locked_passbooks, receiving_passbook
from xinshi.giving.actions.telling import tell
from xinshi.giving.domain import (
    DECIDED,
    KEY_LENGTH_MAX,
    Decision,
    FormUsed,
    Given,
    NotOwnProposal,
    PoolTooSmall,
    RequestState,
    check_grant,
    check_holding,
    check_minutes,
    check_reason,
    require_changeable,
    require_donations,
    require_open,
)
from xinshi.giving.events import Granted
from xinshi.giving.models import Grant
from xinshi.giving.queries import granted_in_year
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.minutes import hours_figure
from xinshi.ledger.actions import post
from xinshi.ledger.domain import InsufficientMinutes, NewTransfer
from xinshi.ledger.queries import balance
from xinshi.outbox.actions import publish


@transaction.atomic
def propose_grant(*, actor: Actor, person_id: int, minutes: int, reason: str, key: str) -> Given:
    """Propose help for somebody in need, with the least that must be known; somebody else decides.

    Refusals: OwnGrant, ReceiverNotActive, GrantYearLimit, DonationsOff.
    """
    assert 0 < len(key) <= KEY_LENGTH_MAX, f"a key has 1 to {KEY_LENGTH_MAX} signs"
    access.require_keeper(actor)
    access.require_not_own_grant(actor, person_id)
    check_minutes(minutes)
    why = check_reason(reason)
    passbooks = locked_passbooks([person_id])
    earlier = Grant.objects.filter(proposed_by_ref=actor.reference, key=key).first()
    if earlier is not None:
        if earlier.person_id != person_id:
            raise FormUsed
        return Given(earlier.pk, is_new=False)
    require_donations(policy_in_force().rules)
    receiving_passbook(passbooks, person_id)
    check_grant(minutes=minutes, granted_minutes=granted_in_year(person_id, clock.today().year))
    grant = Grant.objects.create(
        person_id=person_id,
        minutes=minutes,
        reason=why,
        key=key,
        proposed_by_ref=actor.reference,
        proposed_at=clock.now(),
    )
    record(
        actor=actor, action="giving.propose_grant", object_ref=f"grant:{grant.pk}", person=person_id, minutes=minutes
    )
    return Given(grant.pk, is_new=True)


@transaction.atomic
def change_grant(*, actor: Actor, grant_id: int, minutes: int, reason: str) -> None:
    """Change a proposal that waits or was sent back, by its proposer; it waits for a decision (again)."""
    access.require_keeper(actor)
    check_minutes(minutes)
    why = check_reason(reason)
    person_id = _receiver_of(grant_id)
    passbooks = locked_passbooks([person_id])
    grant = locked_grant(grant_id)
    _require_proposer(actor, grant)
    require_changeable(RequestState(grant.state))
    require_donations(policy_in_force().rules)
    receiving_passbook(passbooks, person_id)
    check_grant(minutes=minutes, granted_minutes=granted_in_year(person_id, clock.today().year))
    grant.minutes, grant.reason, grant.state = minutes, why, RequestState.PROPOSED
    grant.decided_by_ref, grant.decided_at, grant.decided_on = "", None, None
    grant.save(update_fields=["minutes", "reason", "state", "decided_by_ref", "decided_at", "decided_on"])
    record(actor=actor, action="giving.change_grant", object_ref=f"grant:{grant.pk}", minutes=minutes)


@transaction.atomic
def withdraw_grant(*, actor: Actor, grant_id: int) -> None:
    """Take one's own proposal back before it is decided, whatever the policy says meanwhile."""
    access.require_keeper(actor)
    grant = locked_grant(grant_id)
    _require_proposer(actor, grant)
    require_changeable(RequestState(grant.state))
    grant.state = RequestState.WITHDRAWN
    grant.save(update_fields=["state"])
    record(actor=actor, action="giving.withdraw_grant", object_ref=f"grant:{grant.pk}")


@transaction.atomic
def decide_grant(*, actor: Actor, grant_id: int, decision: Decision, reason: str = "") -> None:
    """Approve (the minutes are booked and the receiver is told), refuse, or send back; the latter two with a reason.

    Never by the proposer or the receiver. Refusals: OwnProposal, OwnGrant, RequestNotOpen, ReceiverNotActive,
    GrantYearLimit, ReceiverHoldsTooMuch, PoolTooSmall, DonationsOff.
    """
    access.require_keeper(actor)
    why = check_reason(reason) if decision is not Decision.APPROVE or reason.strip() else ""
    person_id = _receiver_of(grant_id)
    passbooks = locked_passbooks([person_id])
    grant = locked_grant(grant_id)
    access.require_not_own_grant(actor, person_id)
    access.require_another(actor, grant.proposed_by_ref)
    require_open(RequestState(grant.state))
    if decision is Decision.APPROVE:
        policy = policy_in_force()
        require_donations(policy.rules)
        passbook = receiving_passbook(passbooks, person_id)
        check_grant(minutes=grant.minutes, granted_minutes=granted_in_year(person_id, clock.today().year))
        check_holding(policy.rules, minutes=grant.minutes, receiver_minutes=balance(passbook.account_id).posted)
        _move(actor, grant, to_account=passbook.account_id)
    grant.state, grant.decided_by_ref, grant.decision_reason = DECIDED[decision], actor.reference, why
    grant.decided_at, grant.decided_on = clock.now(), clock.today()
    grant.save(update_fields=["state", "decided_by_ref", "decision_reason", "decided_at", "decided_on"])
    record(
        actor=actor,
        action="giving.decide_grant",
        object_ref=f"grant:{grant.pk}",
        decision=decision.value,
        minutes=grant.minutes,
    )
    if decision is Decision.APPROVE:
        publish(Granted(grant_id=grant.pk, person_id=person_id, minutes=grant.minutes))
        text = gettext_noop(
            "%(hours)s hours came to you out of the pool that volunteers give to. Spend them as your own."
        )
        tell([person_id], text, object_ref=f"grant:{grant.pk}", what="granted", minutes=grant.minutes)


def _move(actor: Actor, grant: Grant, *, to_account: int) -> None:
    """From the pool, which cannot go below zero: the ledger refuses it under its lock, whoever comes at once."""
    pool = pool_account()
    try:
        post(
            transfer=NewTransfer(
                key=f"grant:{grant.pk}",
                debit_id=pool,
                credit_id=to_account,
                minutes=grant.minutes,
                kind="grant",
                worked_on=clock.today(),
            ),
            actor_ref=actor.reference,
        )
    except InsufficientMinutes:
        raise PoolTooSmall(
            pool_hours=hours_figure(balance(pool).available), needed_hours=hours_figure(grant.minutes)
        ) from None


def _receiver_of(grant_id: int) -> int:
    """Whom a grant is for: it never changes, so it may be read before the locks."""
    person_id = Grant.objects.filter(pk=grant_id).values_list("person_id", flat=True).first()
    if person_id is None:
        raise NotFound
    return person_id


def _require_proposer(actor: Actor, grant: Grant) -> None:
    if grant.proposed_by_ref != actor.reference:
        raise NotOwnProposal
