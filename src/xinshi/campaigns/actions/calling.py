"""Calling people to empty posts: in batches, within a quota, until the posts are full; nobody twice on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext, override

from xinshi.audit.actions import record, record_many
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.domain import (
    BATCH_MAX,
    BATCH_PER_PLACE_MAX,
    CALL_PEOPLE_MAX,
    CALL_WAIT_MINUTES_MAX,
    CallNotRunning,
    CallState,
    CampaignNotOpen,
    NothingEmpty,
)
from xinshi.campaigns.models import Call, CalledPerson, CallPost, Campaign, CampaignPost
from xinshi.campaigns.queries.candidates import candidates, first_empty
from xinshi.documents.qr import site_address
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.messages.gateways import is_ready
from xinshi.messages.texting import TEXT_LANGUAGE, send_text
from xinshi.people.domain import masked_phone
from xinshi.people.queries import phones_for_text

CALLS_AT_ONCE_MAX: Final = 50
POSTS_PER_CALL_MAX: Final = 200
ASKED = gettext_noop(
    "“%(campaign)s” needs people: %(site)s, %(day)s %(time)s, %(role)s. If you can come, take the place here: %(address)s"
)


@transaction.atomic
def call(
    *,
    actor: Actor,
    campaign_id: int,
    post_ids: Sequence[int],
    people_max: int,
    batch_per_place: int = 3,
    wait_minutes: int = 10,
) -> int:
    """Call for these posts and send the first batch at once; the call's id.

    `people_max`: no more than so many are written to altogether. NothingEmpty where all are full or have begun.
    """
    require_manager(actor)
    _check(people_max, batch_per_place, wait_minutes)
    campaign = Campaign.objects.select_for_update(no_key=True).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    if campaign.state != Campaign.State.OPEN:
        raise CampaignNotOpen
    wanted = sorted(set(post_ids))[:POSTS_PER_CALL_MAX]
    posts = list(_posts(campaign_id).filter(pk__in=wanted))
    if len(posts) != len(wanted):
        raise NotFound
    if not first_empty(posts):
        raise NothingEmpty
    at = clock.now()
    row = Call.objects.create(
        campaign=campaign,
        state=CallState.RUNNING,
        people_max=people_max,
        batch_per_place=batch_per_place,
        wait_minutes=wait_minutes,
        made_at=at,
        made_by_ref=actor.reference,
        next_at=at,
    )
    CallPost.objects.bulk_create([CallPost(call=row, post=post) for post in posts])
    record(
        actor=actor,
        action="campaigns.call",
        object_ref=f"campaign-call:{row.pk}",
        campaign=campaign_id,
        posts=len(posts),
        people_max=people_max,
    )
    _go_on(actor, row)
    return row.pk


def go_on_with_calls(*, actor: Actor) -> int:
    """Send the next batch of every call that is due, each in a transaction of its own; how many. For the worker."""
    if not actor.is_system:
        raise NotAllowed
    due = Call.objects.filter(state=CallState.RUNNING, next_at__lte=clock.now()).order_by("next_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:CALLS_AT_ONCE_MAX])
    for call_id in ids:
        _go_on_if_due(actor, call_id)
    return len(ids)


@transaction.atomic
def _go_on_if_due(actor: Actor, call_id: int) -> None:
    """The call's row is the lock: another worker finds it done already."""
    row = Call.objects.select_for_update(no_key=True).get(pk=call_id)
    if row.state == CallState.RUNNING and row.next_at <= clock.now():
        _go_on(actor, row)


@transaction.atomic
def stop_call(*, actor: Actor, call_id: int) -> None:
    """Write to nobody any more."""
    require_manager(actor)
    row = Call.objects.select_for_update(no_key=True).filter(pk=call_id).first()
    if row is None:
        raise NotFound
    if row.state != CallState.RUNNING:
        raise CallNotRunning
    _end(actor, row, CallState.STOPPED)


def _check(people_max: int, batch_per_place: int, wait_minutes: int) -> None:
    if not 1 <= people_max <= CALL_PEOPLE_MAX:
        raise Invalid(field="people_max", reason=gettext_noop("Between 1 and 2000 people."))
    if not 1 <= batch_per_place <= BATCH_PER_PLACE_MAX:
        raise Invalid(field="batch_per_place", reason=gettext_noop("Between 1 and 10 people for each empty place."))
    if not 1 <= wait_minutes <= CALL_WAIT_MINUTES_MAX:
        raise Invalid(field="wait_minutes", reason=gettext_noop("Between 1 minute and a day."))


def _go_on(actor: Actor, row: Call) -> None:
    """One batch: so many people for each empty place, the most urgent post first; or the end, and why."""
    posts = list(_posts(row.campaign_id).filter(calls__call=row))
    empty = first_empty(posts)
    if not empty:
        at = clock.now()
        is_over = all(post.shift is None or post.shift.taken < post.shift.places for post in posts)
        is_over = is_over and all(post.shift is None or post.shift.starts_at <= at for post in posts)
        return _end(actor, row, CallState.OVER if is_over else CallState.FILLED)
    left = min(row.people_max - row.called.count(), BATCH_MAX)
    if left <= 0:
        return _end(actor, row, CallState.QUOTA_USED)
    chosen: dict[int, CampaignPost] = {}
    asked = set(row.called.values_list("person_id", flat=True))  # Also yesterday: a call may go on beyond midnight.
    for post in empty:
        assert post.shift is not None, "only published posts are empty"
        wanted = min((post.shift.places - post.shift.taken) * row.batch_per_place, left - len(chosen))
        chosen |= dict.fromkeys(candidates(post, limit=wanted, without=asked | chosen.keys()), post)
        if len(chosen) >= left:
            break
    sent = _send(actor, row, chosen)
    if not sent:
        return _end(actor, row, CallState.NOBODY_LEFT)
    row.next_at = clock.now() + timedelta(minutes=row.wait_minutes)
    row.save(update_fields=["next_at"])
    return None


def _send(actor: Actor, row: Call, chosen: dict[int, CampaignPost]) -> int:
    """Write to these people; who was written to by another call at this very moment is left out. How many."""
    at, today = clock.now(), clock.today()
    CalledPerson.objects.bulk_create(
        [
            CalledPerson(call=row, person_id=person_id, post=post, day=today, sent_at=at)
            for person_id, post in chosen.items()
        ],
        ignore_conflicts=True,
    )
    made = set(row.called.filter(sent_at=at, person_id__in=chosen).values_list("person_id", flat=True))
    told = {person_id: post for person_id, post in chosen.items() if person_id in made}
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=ASKED,
            parameters=_words(post),
            object_ref=f"campaign-path:{post.site.campaign.code}",
            key=f"campaign-call:{row.pk}:{person_id}",
        )
        for person_id, post in told.items()
    )
    _text(told)
    record_many(
        actor=actor,
        action="campaigns.call_person",
        objects=[(f"person:{person_id}", {"call": row.pk, "post": post.pk}) for person_id, post in told.items()],
    )
    return len(told)


def _words(post: CampaignPost) -> dict[str, str]:
    campaign = post.site.campaign
    return {
        "campaign": campaign.name,
        "site": post.site.name,
        "day": post.day.isoformat(),
        "time": f"{post.window.starts:%H:%M}–{post.window.ends:%H:%M}",
        "role": post.role.name,
        "address": site_address(reverse("campaigns:path_shifts", args=[campaign.code])),
    }


def _text(told: dict[int, CampaignPost]) -> None:
    """The same by text to whoever left a phone and wants calls there, useful until the shift begins."""
    if not is_ready():
        return
    at = clock.now()
    with override(TEXT_LANGUAGE):
        words = gettext(ASKED)
    for person_id, phone in phones_for_text(told, purpose="call").items():
        post = told[person_id]
        assert post.shift is not None, "only published posts are called for"
        send_text(
            to=phone,
            shown_to=masked_phone(phone),
            text=words % _words(post),
            purpose="call",
            useful_for=post.shift.starts_at - at,
        )


def _end(actor: Actor, row: Call, state: CallState) -> None:
    row.state, row.ended_at = state, clock.now()
    row.save(update_fields=["state", "ended_at"])
    record(actor=actor, action="campaigns.end_call", object_ref=f"campaign-call:{row.pk}", state=state.value)


def _posts(campaign_id: int) -> QuerySet[CampaignPost]:
    rows = CampaignPost.objects.filter(site__campaign_id=campaign_id, site__closed_at=None)
    return rows.select_related("site__campaign", "window", "role", "shift")
