"""What the worker does for reconciliation: the daily comparison, and word to owners whose deadline has passed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.models import Partner
from xinshi.interbank.reconciling.actions import compare_by_interface
from xinshi.interbank.reconciling.models import Comparison, Difference
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.models import User
from xinshi.people.queries import people_with_role

PARTNERS_MAX: Final = 200
OVERDUE_AT_ONCE_MAX: Final = 500
DAILY_DAYS: Final = 7
"""The daily comparison looks back this far: what was open yesterday is looked at again."""
OVERDUE: Final = gettext_noop("A difference with %(name)s should have been brought to its end by %(day)s.")
Ending = Difference.Ending
log = logging.getLogger(__name__)


def compare_daily(*, actor: Actor) -> int:
    """Compare the last days with every active time bank that has an interface; returns how many answered.

    A bank that does not answer is left for the next day; the partner's health says since when it was not heard of.
    """
    banks = Partner.objects.filter(kind=Partner.Kind.BANK, state=Partner.State.ACTIVE).exclude(address="")
    today = clock.today()
    done = 0
    for partner_id in list(banks.order_by("pk").values_list("pk", flat=True)[:PARTNERS_MAX]):
        if Comparison.objects.filter(
            partner_id=partner_id, source=Comparison.Source.INTERFACE, to_day=today, made_by_ref=actor.reference
        ).exists():
            continue
        try:
            compare_by_interface(
                actor=actor, partner_id=partner_id, from_day=today - timedelta(days=DAILY_DAYS - 1), to_day=today
            )
        except DomainError as refusal:
            log.warning("daily comparison not done", extra={"partner": partner_id, "code": refusal.code})
            continue
        done += 1
    return done


@transaction.atomic
def warn_of_overdue(*, actor: Actor) -> int:
    """Tell owner and administrators of each difference whose deadline has passed, once per deadline; returns how many."""
    overdue = Difference.objects.select_for_update(of=("self",)).filter(
        ending=Ending.NONE, due_on__lt=clock.today(), is_overdue_told=False
    )
    rows = list(overdue.select_related("partner").order_by("pk")[:OVERDUE_AT_ONCE_MAX])
    owners = dict(User.objects.filter(pk__in=[_user_id(row.owner_ref) for row in rows]).values_list("pk", "person_id"))
    alarmed = set(people_with_role(Role.ADMINISTRATOR))
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=OVERDUE,
            key=f"difference-overdue:{row.pk}:{row.due_on.isoformat()}:{person_id}",
            object_ref=f"difference:{row.pk}",
            parameters={"name": row.partner.name, "day": row.due_on.isoformat()},
        )
        for row in rows
        for person_id in sorted({owners.get(_user_id(row.owner_ref)), *alarmed} - {None}, key=str)
    )
    Difference.objects.filter(pk__in=[row.pk for row in rows]).update(is_overdue_told=True)
    for row in rows:
        record(actor=actor, action="interbank.difference_overdue", object_ref=f"difference:{row.pk}")
    return len(rows)


def _user_id(reference: str) -> int:
    number = reference.removeprefix("user:")
    return int(number) if number.isdigit() else 0
