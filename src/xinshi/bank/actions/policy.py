"""The bank's policy: written by one administrator, put in force by another."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from xinshi.audit.actions import record
from xinshi.bank.access import require_policy_maker
from xinshi.bank.domain import (
    POLICY_AHEAD_DAYS_MAX,
    OwnPolicy,
    PolicyInForce,
    PolicyInThePast,
    PolicyTooFarAhead,
)
from xinshi.bank.events import PolicyEnforced
from xinshi.bank.models import PolicyVersion
from xinshi.bank.rules import Rules, check_rules
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.outbox.actions import publish


@transaction.atomic
def propose_policy(*, actor: Actor, rules: Rules, note: str = "") -> int:
    """Write a new version; it changes nothing until somebody else puts it in force. Returns its number."""
    require_policy_maker(actor)
    check_rules(rules)
    number = (PolicyVersion.objects.aggregate(number=Max("number"))["number"] or 0) + 1
    PolicyVersion.objects.create(
        number=number,
        rules=rules.to_json(),
        note=note[:400],
        proposed_by_ref=actor.reference,
        proposed_at=clock.now(),
    )
    record(actor=actor, action="bank.propose_policy", object_ref=f"policy:{number}")
    return number


@transaction.atomic
def put_policy_in_force(*, actor: Actor, number: int, effective_from: date) -> None:
    """Let version `number` hold from `effective_from` on; by another administrator than its author."""
    require_policy_maker(actor)
    version = PolicyVersion.objects.select_for_update().filter(number=number).first()
    if version is None:
        raise NotFound
    if version.enforced_at is not None:
        raise PolicyInForce
    if version.proposed_by_ref == actor.reference and not actor.is_system:
        raise OwnPolicy
    latest = PolicyVersion.objects.aggregate(day=Max("effective_from"))["day"]
    if not actor.is_system and (effective_from < clock.today() or (latest and effective_from < latest)):
        raise PolicyInThePast
    if effective_from > clock.today() + timedelta(days=POLICY_AHEAD_DAYS_MAX):
        raise PolicyTooFarAhead
    version.effective_from = effective_from
    version.enforced_by_ref = actor.reference
    version.enforced_at = clock.now()
    version.save(update_fields=["effective_from", "enforced_by_ref", "enforced_at"])
    record(
        actor=actor,
        action="bank.put_policy_in_force",
        object_ref=f"policy:{number}",
        effective_from=effective_from.isoformat(),
    )
    publish(PolicyEnforced(number=number))
