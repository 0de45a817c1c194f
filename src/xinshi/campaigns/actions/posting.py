"""The matrix of posts, and making it into activities with shifts: in bulk, whatever the number of sites and days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from xinshi.activities.actions import close_shifts, create_activities_many, resize_shifts
from xinshi.activities.domain import SHIFTS_MAX, NewActivity, NewShift, PlacesTaken
from xinshi.activities.domain import NewRole as ActivityRole
from xinshi.activities.models import Activity, Shift
from xinshi.activities.requirements import Requirements
from xinshi.archive.domain import PLEDGE
from xinshi.audit.actions import record
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.actions.locking import lock_campaign
from xinshi.campaigns.domain import (
    POSTS_AT_ONCE_MAX,
    POSTS_MAX,
    Need,
    NothingToPublish,
    SiteClosed,
    check_needs,
)
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignRole, CampaignSite
from xinshi.doors.rows import update_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class PostsSet:
    """What `set_posts` did, in posts."""

    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class PostsPublished:
    activities: int
    posts: int
    places: int


@transaction.atomic
def set_posts(*, actor: Actor, campaign_id: int, needs: Sequence[Need]) -> PostsSet:
    """Bring these posts to their need, published ones at once; posts that are not named stay as they are.

    PlacesTaken where a published post has more people than are wanted: nobody is sent away by a number.
    """
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    check_needs(needs, first=campaign.starts_on, last=campaign.ends_on)
    _require_own(campaign, needs)
    known = _known_posts(campaign, needs)
    added, resized, removed = _sorted_out(needs, known)
    if CampaignPost.objects.filter(site__campaign=campaign).count() + len(added) > POSTS_MAX:
        raise Invalid(field="sites", reason=gettext_noop("A campaign has at most 20000 posts. Make a second one."))
    CampaignPost.objects.bulk_create(
        [
            CampaignPost(
                site_id=need.site_id,
                day=need.day,
                window_id=need.window_id,
                role_id=need.role_id,
                places=need.places,
                minimum=need.minimum,
            )
            for need in added
        ],
        batch_size=BATCH_ROWS,
    )
    _change_published(actor, resized)
    CampaignPost.objects.bulk_update(resized, ["places", "minimum"], batch_size=BATCH_ROWS)
    CampaignPost.objects.filter(pk__in=[post.pk for post in removed]).delete()
    found = PostsSet(added=len(added), changed=len(resized), removed=len(removed))
    if added or resized or removed:
        record(
            actor=actor,
            action="campaigns.set_posts",
            object_ref=f"campaign:{campaign.pk}",
            added=found.added,
            changed=found.changed,
            removed=found.removed,
        )
    return found


@transaction.atomic
def publish_posts(*, actor: Actor, campaign_id: int) -> PostsPublished:
    """Make every post that is not published yet a shift, an activity per site and day, and open them for sign-up.

    A fixed number of statements per thousand posts; the first time the campaign opens by this.
    """
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    rows = CampaignPost.objects.filter(site__campaign=campaign, site__closed_at=None, shift=None, places__gte=1)
    posts = list(
        rows.select_related("site", "window", "role").order_by("site_id", "day", "window__starts", "role_id")[
            :POSTS_AT_ONCE_MAX
        ]
    )
    if not posts:
        raise NothingToPublish
    groups = list(_by_activity(posts))
    roles = {role.pk: _role(campaign, role) for role in campaign.roles.all()}
    created = create_activities_many(actor=actor, activities=[_activity(campaign, group, roles) for group in groups])
    shift_ids = [shift_id for made in created for shift_id in made.shift_ids]
    in_order = [post for group in groups for post in group]
    update_many(CampaignPost, [post.pk for post in in_order], each={"shift_id": shift_ids})
    if campaign.state == Campaign.State.DRAFT:
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.OPEN, opened_at=clock.now())
    found = PostsPublished(activities=len(groups), posts=len(posts), places=sum(post.places for post in posts))
    record(
        actor=actor,
        action="campaigns.publish",
        object_ref=f"campaign:{campaign.pk}",
        activities=found.activities,
        posts=found.posts,
        places=found.places,
    )
    return found


def _require_own(campaign: Campaign, needs: Sequence[Need]) -> None:
    """NotFound for a site, window or role of another campaign; SiteClosed for a site that is closed."""
    sites = dict(campaign.sites.values_list("pk", "closed_at"))
    windows = set(campaign.windows.values_list("pk", flat=True))
    roles = set(campaign.roles.values_list("pk", flat=True))
    for need in needs:
        if need.site_id not in sites or need.window_id not in windows or need.role_id not in roles:
            raise NotFound
        if sites[need.site_id] is not None:
            raise SiteClosed


Key = tuple[int, date, int, int]


def _known_posts(campaign: Campaign, needs: Sequence[Need]) -> dict[Key, CampaignPost]:
    rows = CampaignPost.objects.filter(
        site__campaign=campaign,
        site_id__in={need.site_id for need in needs},
        day__in={need.day for need in needs},
    )
    return {(post.site_id, post.day, post.window_id, post.role_id): post for post in rows}


def _sorted_out(
    needs: Sequence[Need], known: Mapping[Key, CampaignPost]
) -> tuple[list[Need], list[CampaignPost], list[CampaignPost]]:
    """What is new, what is brought to other numbers (not saved yet), and what was never published and is not needed."""
    added: list[Need] = []
    resized: list[CampaignPost] = []
    removed: list[CampaignPost] = []
    for need in needs:
        post = known.get((need.site_id, need.day, need.window_id, need.role_id))
        numbers = (need.places, need.minimum if need.places else 0)
        if post is None:
            if need.places:
                added.append(need)
        elif not need.places and post.shift_id is None:
            removed.append(post)
        elif (post.places, post.minimum) != numbers:
            post.places, post.minimum = numbers
            resized.append(post)
    return added, resized, removed


def _change_published(actor: Actor, posts: Sequence[CampaignPost]) -> None:
    """The shifts of these posts follow; nobody loses a place by it."""
    of_shift = {post.shift_id: post for post in posts if post.shift_id is not None}
    resize_shifts(
        actor=actor,
        sizes={shift_id: (post.places, post.minimum) for shift_id, post in of_shift.items() if post.places},
    )
    ended = [shift_id for shift_id, post in of_shift.items() if not post.places]
    if ended:
        taken = Shift.objects.select_for_update().filter(pk__in=ended, taken__gt=0).order_by("pk").first()
        if taken is not None:
            raise PlacesTaken(taken=taken.taken)
        close_shifts(actor=actor, shift_ids=ended, reason="no more need")


def _by_activity(posts: Sequence[CampaignPost]) -> Iterator[list[CampaignPost]]:
    """Posts of one site and day together, as many as an activity may have shifts."""
    groups: dict[tuple[int, date], list[CampaignPost]] = defaultdict(list)
    for post in posts:
        groups[post.site_id, post.day].append(post)
    for group in groups.values():
        for start in range(0, len(group), SHIFTS_MAX):
            yield group[start : start + SHIFTS_MAX]


def _role(campaign: Campaign, role: CampaignRole) -> ActivityRole:
    """The role with what the campaign asks of everybody: the pledge, the lesson, the age."""
    asked = Requirements.from_stored(role.requirements)
    codes = dict.fromkeys((*asked.qualifications, PLEDGE, *filter(None, [campaign.lesson_code])))
    return ActivityRole(
        name=role.name,
        description=role.description,
        requirements=Requirements(
            qualifications=tuple(codes),
            groups=asked.groups,
            age_min=max(campaign.age_min, asked.age_min or 0) or None,
            age_max=asked.age_max,
            is_heavy=asked.is_heavy,
        ),
    )


def _activity(campaign: Campaign, posts: Sequence[CampaignPost], roles: Mapping[int, ActivityRole]) -> NewActivity:
    site: CampaignSite = posts[0].site
    return NewActivity(
        title=f"{campaign.name} · {site.name}",
        category=campaign.category,
        place=site.place,
        organizer_id=campaign.organizer_id,
        person_in_charge_id=site.leader_id,
        description=campaign.purpose,
        risks=campaign.risks,
        is_dangerous=campaign.is_dangerous,
        roles=tuple(roles[pk] for pk in dict.fromkeys(post.role_id for post in posts)),
        shifts=tuple(
            NewShift(
                starts_at=clock.at_local(post.day, post.window.starts),
                ends_at=clock.at_local(post.day, post.window.ends),
                places=post.places,
                minimum=post.minimum,
                reserve=min(post.places, 1_000),
                role=post.role.name,
            )
            for post in posts
        ),
        state=Activity.State.PUBLISHED,
    )
