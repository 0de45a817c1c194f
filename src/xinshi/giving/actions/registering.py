"""Who is whose relative: asked by one and accepted by the other, or registered at the station; ended by either."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from xinshi.audit.actions import record
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.giving import access
from xinshi.giving.actions.locking import giving_passbook, locked_passbooks, locked_relative
from xinshi.giving.actions.telling import tell
from xinshi.giving.domain import (
    MemberUnknown,
    OwnRegistration,
    OwnRelative,
    Relation,
    RelativeKnown,
    RelativeNotOpen,
    RelativeState,
    SamePerson,
    check_may_ask,
    check_reason,
    require_gifts,
)
from xinshi.giving.models import OPEN_STATES, Relative
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.people.domain import plain_name


@transaction.atomic
def ask_relative(*, actor: Actor, passbook_number: str, name: str, relation: Relation) -> int:
    """Ask a member to be registered as one's relative; number and name must both be right. They have to accept.

    Refusals: MemberUnknown, OwnRelative, RelativeKnown, TooManyRelatives, DeclinedBefore.
    """
    asker = access.require_person(actor)
    require_gifts(policy_in_force().rules)
    other = _member(passbook_number, name)
    if other == asker:
        raise OwnRelative
    giving_passbook(locked_passbooks([asker, other]), asker)
    _refuse_known(asker, other)
    check_may_ask(
        relatives=_current_of(asker),
        declined_on=_declined_on(asker, other),
        today=clock.today(),
    )
    row = Relative.objects.create(
        asker_id=asker,
        other_id=other,
        relation=relation.value,
        asked_at=clock.now(),
        asked_by_ref=actor.reference,
    )
    record(actor=actor, action="giving.ask_relative", object_ref=f"relative:{row.pk}", asker=asker, other=other)
    tell(
        [other],
        gettext_noop("A member asks to be registered as your relative. Open this to see who, and answer."),
        object_ref=f"relative:{row.pk}",
        what="asked",
    )
    return row.pk


@transaction.atomic
def register_relatives(
    *,
    actor: Actor,
    passbook_number: str,
    name: str,
    other_passbook_number: str,
    other_name: str,
    relation: Relation,
    reason: str,
) -> int:
    """Register two members at the station, both present; `relation` is what the second is to the first. Both are told."""
    access.require_keeper(actor)
    why = check_reason(reason)
    require_gifts(policy_in_force().rules)
    first, second = _member(passbook_number, name), _member(other_passbook_number, other_name)
    if first == second:
        raise SamePerson
    if access.is_own(actor, first, second):
        raise OwnRegistration
    locked_passbooks([first, second])
    _refuse_known(first, second)
    for person_id in (first, second):
        check_may_ask(relatives=_current_of(person_id), declined_on=None, today=clock.today())
    at = clock.now()
    row = Relative.objects.create(
        asker_id=first,
        other_id=second,
        relation=relation.value,
        state=RelativeState.ACCEPTED,
        is_from_station=True,
        reason=why,
        asked_at=at,
        asked_by_ref=actor.reference,
        answered_at=at,
    )
    record(actor=actor, action="giving.register_relatives", object_ref=f"relative:{row.pk}", asker=first, other=second)
    tell(
        [first, second],
        gettext_noop("The volunteer station registered a relative of yours. If this is wrong, open it and end it."),
        object_ref=f"relative:{row.pk}",
        what="registered",
    )
    return row.pk


@transaction.atomic
def answer_relative(*, actor: Actor, relative_id: int, accept: bool) -> None:
    """Accept or decline, by the one who was asked. Declining needs no policy: it only says no."""
    seen = Relative.objects.filter(pk=relative_id).first()
    if seen is None or not access.is_own(actor, seen.other_id):
        raise NotFound
    if accept:
        require_gifts(policy_in_force().rules)
    locked_passbooks([seen.asker_id, seen.other_id])
    row = locked_relative(relative_id)
    if row.state != RelativeState.ASKED:
        raise RelativeNotOpen
    if accept:
        # Whoever asked counts it already; the one who is asked counts it only now.
        check_may_ask(relatives=_current_of(row.other_id), declined_on=None, today=clock.today())
    row.state = RelativeState.ACCEPTED if accept else RelativeState.DECLINED
    row.answered_at = clock.now()
    row.save(update_fields=["state", "answered_at"])
    record(actor=actor, action="giving.answer_relative", object_ref=f"relative:{row.pk}", accepted=accept)
    if accept:
        text = gettext_noop("Your relative accepted. You can now give each other hours.")
        tell([row.asker_id], text, object_ref=f"relative:{row.pk}", what="accepted")
    else:
        text = gettext_noop("The member whom you asked does not want to be registered as your relative.")
        tell([row.asker_id], text, object_ref=f"relative:{row.pk}", what="declined")


@transaction.atomic
def end_relative(*, actor: Actor, relative_id: int) -> None:
    """Either of the two takes it back, asked or accepted, at any time and whatever the policy; the other is told."""
    seen = Relative.objects.filter(pk=relative_id).first()
    if seen is None:
        raise NotFound
    access.require_party(actor, seen)
    locked_passbooks([seen.asker_id, seen.other_id])
    row = locked_relative(relative_id)
    if row.state not in OPEN_STATES:
        raise RelativeNotOpen
    row.state, row.ended_at, row.ended_by_ref = RelativeState.ENDED, clock.now(), actor.reference
    row.save(update_fields=["state", "ended_at", "ended_by_ref"])
    record(actor=actor, action="giving.end_relative", object_ref=f"relative:{row.pk}")
    other = row.other_id if actor.person_id == row.asker_id else row.asker_id
    text = gettext_noop("A relative ended the registration with you. What was given before stays where it is.")
    tell([other], text, object_ref=f"relative:{row.pk}", what="ended")


def _member(passbook_number: str, name: str) -> int:
    """The person whose passbook has this number and whose name this is; MemberUnknown says the same for either mistake."""
    number = "".join(passbook_number.split()).replace("\0", "")
    found = (
        Passbook.objects.filter(number=number, person__name=plain_name(name.replace("\0", "")), person__erased_at=None)
        .exclude(state=Passbook.State.CLOSED)
        .values_list("person_id", flat=True)
        .first()
    )
    if found is None:
        raise MemberUnknown
    return found


def _refuse_known(one: int, other: int) -> None:
    both = Q(asker_id=one, other_id=other) | Q(asker_id=other, other_id=one)
    if Relative.objects.filter(both, state__in=OPEN_STATES).exists():
        raise RelativeKnown


def _current_of(person_id: int) -> int:
    """Accepted relatives, and those whom this person asked; what others ask of them does not count against them."""
    either = Q(asker_id=person_id) | Q(other_id=person_id, state=RelativeState.ACCEPTED)
    return Relative.objects.filter(either, state__in=OPEN_STATES).count()


def _declined_on(asker: int, other: int) -> date | None:
    rows = Relative.objects.filter(asker_id=asker, other_id=other, state=RelativeState.DECLINED)
    answered = rows.order_by("-answered_at").values_list("answered_at", flat=True).first()
    return clock.local_day(answered) if answered is not None else None
