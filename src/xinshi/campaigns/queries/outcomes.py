"""Sums of what a campaign brought about, from attendance's outcomes: what was corrected does not count."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Sum

from xinshi.attendance.outcomes.queries import counting, order_of, reads_chinese
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignSite

Amount = tuple[str, str, int]
"""A measure's name in Chinese and in English, and its sum."""


def in_words(amounts: list[Amount]) -> list[tuple[str, int]]:
    """The sums by the measure's name in the reader's language."""
    return [(chinese if reads_chinese() else english, amount) for chinese, english, amount in amounts]


def campaign_outcomes(campaign: Campaign) -> list[Amount]:
    """One query."""
    activities = CampaignPost.objects.filter(site__campaign=campaign, shift__isnull=False).values("shift__activity_id")
    rows = counting().filter(activity_id__in=activities).order_by()
    found = rows.values_list("measure__code", "measure__name_zh", "measure__name_en").annotate(amount=Sum("amount"))
    return [row[1:] for row in sorted(found, key=lambda row: order_of(row[0]))]


def outcomes_by_site(campaign: Campaign) -> tuple[list[str], dict[int, dict[str, int]]]:
    """The measures that were reported, and the sums by site: two queries."""
    posts = CampaignPost.objects.filter(site__campaign=campaign, shift__isnull=False)
    site_of = dict(posts.values_list("shift__activity_id", "site_id").distinct())
    rows = counting().filter(activity_id__in=posts.values("shift__activity_id")).order_by()
    name = "measure__name_zh" if reads_chinese() else "measure__name_en"
    sums: dict[int, dict[str, int]] = defaultdict(dict)
    names: dict[str, str] = {}
    for activity_id, code, label, amount in rows.values_list("activity_id", "measure__code", name).annotate(
        Sum("amount")
    ):
        names[code] = label
        of_site = sums[site_of[activity_id]]
        of_site[label] = of_site.get(label, 0) + amount
    return [names[code] for code in sorted(names, key=order_of)], dict(sums)


def day_outcomes(site: CampaignSite, day: date) -> dict[str, int]:
    """What is on record of a site on a day, by the measure's code."""
    posts = CampaignPost.objects.filter(site=site, day=day, shift__isnull=False)
    rows = counting().filter(activity_id__in=posts.values("shift__activity_id")).order_by()
    return dict(rows.values_list("measure__code").annotate(Sum("amount")))
