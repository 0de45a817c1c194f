"""What came of a campaign: by site and day, as a page and a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Sum

from xinshi.activities.models import SignUp
from xinshi.attendance.models import ServiceRecord
from xinshi.campaigns import access
from xinshi.campaigns.models import Campaign, CampaignPost
from xinshi.campaigns.queries.outcomes import outcomes_by_site
from xinshi.kernel.actor import Actor


@dataclass(slots=True)
class ReportLine:
    """A site's sums, in places, people and minutes; `outcomes` by the outcome's label."""

    site_id: int
    name: str
    posts: int = 0
    places: int = 0
    taken: int = 0
    came: int = 0
    minutes: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        return self.taken * 100 // self.places if self.places else 0


@dataclass(frozen=True, slots=True)
class Report:
    campaign: Campaign
    recruits: int
    by_way: list[tuple[str, int]]
    served: int
    lines: list[ReportLine]
    total: ReportLine
    kinds: list[tuple[str, int]]
    days: list[tuple[date, int, int]]


def report(actor: Actor, campaign_id: int) -> Report:
    """The sums of a campaign; a fixed number of queries."""
    campaign = access.campaign_of(actor, campaign_id)
    lines = {pk: ReportLine(pk, name) for pk, name in campaign.sites.order_by("name").values_list("pk", "name")}
    posts = CampaignPost.objects.filter(site__campaign=campaign, shift__isnull=False)
    for pk, number, places, taken in (
        posts.values_list("site_id").annotate(Count("pk"), Sum("shift__places"), Sum("shift__taken")).order_by()
    ):
        line = lines[pk]
        line.posts, line.places, line.taken = number, places or 0, taken or 0
    records = ServiceRecord.objects.filter(shift__campaign_post__site__campaign=campaign).exclude(
        state__in=[ServiceRecord.State.WITHDRAWN, ServiceRecord.State.REPLACED]
    )
    minutes = records.values_list("shift__campaign_post__site_id").annotate(Sum("present_minutes")).order_by()
    for pk, present in minutes:
        lines[pk].minutes = present or 0
    attended = SignUp.objects.filter(shift__campaign_post__site__campaign=campaign, attended_at__isnull=False)
    for pk, came in attended.values_list("shift__campaign_post__site_id").annotate(Count("pk")).order_by():
        lines[pk].came = came
    labels, sums = outcomes_by_site(campaign)
    for pk, amounts in sums.items():
        lines[pk].outcomes = amounts
    total = ReportLine(0, "")
    for line in lines.values():
        total.posts += line.posts
        total.places += line.places
        total.taken += line.taken
        total.came += line.came
        total.minutes += line.minutes
        for label, amount in line.outcomes.items():
            total.outcomes[label] = total.outcomes.get(label, 0) + amount
    by_way = list(campaign.recruits.values_list("through").annotate(n=Count("pk")).order_by("-n"))
    served = attended.aggregate(n=Count("person_id", distinct=True))["n"]
    days = [
        (day, places or 0, taken or 0)
        for day, places, taken in posts.values_list("day")
        .annotate(Sum("shift__places"), Sum("shift__taken"))
        .order_by("day")
    ]
    return Report(
        campaign=campaign,
        recruits=sum(number for _, number in by_way),
        by_way=by_way,
        served=served,
        lines=list(lines.values()),
        total=total,
        kinds=[(label, sum(line.outcomes.get(label, 0) for line in lines.values())) for label in labels],
        days=days,
    )
