"""Promotions: by the policy in force, by themselves, once per star."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record_many
from xinshi.bank.actions import raise_stars
from xinshi.bank.domain import star_level
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import Policy
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish_many
from xinshi.recognition.events import StarPromoted
from xinshi.recognition.models import StarPromotion

LOOKUP_SIZE = 500
CONGRATULATION = gettext_noop("You are a %(level)s-star volunteer now. Thank you for your time!")


@transaction.atomic
def promote(*, actor: Actor, passbook_ids: Iterable[int]) -> int:
    """Give these passbooks the stars that their certified hours have reached; returns how many people rose.

    System only. Called again it finds nothing to do: a star is given once.
    """
    _require_system(actor)
    policy = policy_in_force()
    wanted = sorted(set(passbook_ids))
    risen = 0
    for start in range(0, len(wanted), LOOKUP_SIZE):
        part = wanted[start : start + LOOKUP_SIZE]
        rows = Passbook.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("person_id")
        due = [row for row in rows if _reached(row, policy) > row.star_level]
        _give(actor, due, policy)
        risen += len(due)
    return risen


@transaction.atomic
def promote_all(*, actor: Actor) -> int:
    """Look at every passbook that stands below its stars, as after a new policy; returns how many people rose."""
    _require_system(actor)
    rules = policy_in_force().rules
    due: set[int] = set()
    worthy = Passbook.objects.exclude(state=Passbook.State.CLOSED).annotate(
        verified_hundredfold=F("verified_minutes") * 100
    )
    stars = zip(rules.star_thresholds_minutes, rules.star_verified_percent, strict=True)
    for level, (threshold, percent) in enumerate(stars, start=1):
        worthy = worthy.filter(
            certified_minutes__gte=threshold, verified_hundredfold__gte=F("certified_minutes") * percent
        )
        due.update(worthy.filter(star_level__lt=level).values_list("pk", flat=True))
    return promote(actor=actor, passbook_ids=due)


def _require_system(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowed


def _reached(passbook: Passbook, policy: Policy) -> int:
    return star_level(
        passbook.certified_minutes,
        policy.star_thresholds_minutes,
        verified_minutes=passbook.verified_minutes,
        verified_percent=policy.rules.star_verified_percent,
    )


def _give(actor: Actor, due: Sequence[Passbook], policy: Policy) -> None:
    """Write every star between the old level and the new one; tell only of the highest."""
    at = clock.now()
    promotions = StarPromotion.objects.bulk_create(
        [
            StarPromotion(
                person_id=row.person_id,
                passbook_id=row.pk,
                level=level,
                promoted_at=at,
                certified_minutes=row.certified_minutes,
                policy_number=policy.number,
            )
            for row in due
            for level in range(row.star_level + 1, _reached(row, policy) + 1)
        ]
    )
    highest = {row.person_id: row for row in promotions}
    raise_stars(actor=actor, levels={row.pk: _reached(row, policy) for row in due})
    record_many(
        actor=actor,
        action="recognition.promote",
        objects=[(f"star-promotion:{row.pk}", {"level": row.level}) for row in promotions],
    )
    publish_many(
        StarPromoted(promotion_id=row.pk, person_id=row.person_id, level=row.level) for row in highest.values()
    )
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=CONGRATULATION,
            parameters={"level": row.level},
            object_ref=f"passbook:{row.passbook_id}",
            key=f"star-promotion:{row.pk}",
        )
        for row in highest.values()
    )
