"""Who could fill an empty post now: free at the time, able to do it, not written to today; who had least comes first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q

from xinshi.activities.eligibility import refusals
from xinshi.activities.models import SignUp
from xinshi.activities.queries.deciding import candidates as able_people
from xinshi.activities.queries.deciding import surroundings
from xinshi.activities.queries.listing import listed_offer
from xinshi.activities.requirements import Requirements
from xinshi.archive.domain import INSURANCE, PLEDGE
from xinshi.bank.models import Passbook
from xinshi.campaigns.models import CalledPerson, Campaign, CampaignPost, Recruit
from xinshi.kernel import clock

LOOKED_AT_MAX: Final = 4_000
HELD: Final = (SignUp.State.REQUESTED, SignUp.State.WAITING, SignUp.State.OFFERED, SignUp.State.CONFIRMED)


def candidates(post: CampaignPost, *, limit: int, without: Collection[int] = ()) -> list[int]:
    """At most `limit` people for one post of a campaign, whom a message may reach today; a fixed number of queries.

    Recruits of the campaign whose passbook is active, who have no shift at the time, were not called today, and could take
    the place by every rule of sign-up and what the campaign asks for; those with the fewest places in the campaign first.
    """
    shift = post.shift
    if shift is None or limit < 1:
        return []
    campaign = post.site.campaign
    busy = SignUp.objects.filter(
        person_id=OuterRef("person_id"),
        state__in=HELD,
        shift__starts_at__lt=shift.ends_at,
        shift__ends_at__gt=shift.starts_at,
    )
    called = CalledPerson.objects.filter(person_id=OuterRef("person_id"), day=clock.today())
    active = Passbook.objects.filter(person_id=OuterRef("person_id"), state=Passbook.State.ACTIVE)
    places = Count(
        "person__signups",
        filter=Q(
            person__signups__state=SignUp.State.CONFIRMED,
            person__signups__shift__campaign_post__site__campaign=campaign,
        ),
    )
    rows = (
        Recruit.objects.filter(
            ~Exists(busy), ~Exists(called), Exists(active), campaign=campaign, person__erased_at=None
        )
        .exclude(person_id__in=list(without))
        .annotate(had=places)
        .order_by("had", "joined_at", "pk")
    )
    ids = list(rows.values_list("person_id", flat=True)[:LOOKED_AT_MAX])
    found = listed_offer(shift.pk)
    if found is None:
        return []
    asked = asked_of(campaign, Requirements.from_stored(post.role.requirements))
    offer = replace(found[0], requirements=asked)
    around, known = surroundings([offer]), able_people(ids, [offer])
    able = [pk for pk in ids if pk in known and not refusals(known[pk], offer, around)]
    return able[:limit]


def asked_of(campaign: Campaign, role: Requirements) -> Requirements:
    """What the role asks, with what the campaign asks of everybody."""
    codes = [*role.qualifications, PLEDGE]
    if campaign.lesson_code:
        codes.append(campaign.lesson_code)
    if campaign.is_dangerous:
        codes.append(INSURANCE)
    return Requirements(
        qualifications=tuple(dict.fromkeys(codes)),
        groups=role.groups,
        age_min=max(campaign.age_min, role.age_min or 0),
        age_max=role.age_max,
        is_heavy=role.is_heavy,
    )


def first_empty(posts: Sequence[CampaignPost]) -> list[CampaignPost]:
    """Of these posts those that still want somebody and have not begun, the most urgent first."""
    at = clock.now()
    empty = [
        post
        for post in posts
        if post.shift is not None
        and post.shift.is_open
        and post.shift.starts_at > at
        and post.shift.taken < post.shift.places
    ]
    return sorted(empty, key=lambda post: (post.shift.starts_at if post.shift else at, post.pk))
