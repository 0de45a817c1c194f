"""Writes of campaigns, a file per group of verbs."""

from __future__ import annotations

from xinshi.campaigns.actions.calling import call, go_on_with_calls, stop_call
from xinshi.campaigns.actions.closing import close_campaign, close_site
from xinshi.campaigns.actions.counting import count_outcomes
from xinshi.campaigns.actions.joining import (
    ask_for_code,
    enter_at_station,
    join,
    join_by_phone,
    pledge,
    recruit_many,
    take_shift,
)
from xinshi.campaigns.actions.noting import write_note
from xinshi.campaigns.actions.planning import add_site, add_sites, change_campaign, change_site, create_campaign
from xinshi.campaigns.actions.posting import publish_posts, set_posts
from xinshi.campaigns.actions.waving import end_wave, set_wave

__all__ = [
    "add_site",
    "add_sites",
    "ask_for_code",
    "call",
    "change_campaign",
    "change_site",
    "close_campaign",
    "close_site",
    "count_outcomes",
    "create_campaign",
    "end_wave",
    "enter_at_station",
    "go_on_with_calls",
    "join",
    "join_by_phone",
    "pledge",
    "publish_posts",
    "recruit_many",
    "set_posts",
    "set_wave",
    "stop_call",
    "take_shift",
    "write_note",
]
