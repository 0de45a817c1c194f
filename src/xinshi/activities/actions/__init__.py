"""Writes of activities, a file per group of verbs."""

from __future__ import annotations

from xinshi.activities.actions.attending import mark_attended, unmark_attended
from xinshi.activities.actions.changing import change_activity
from xinshi.activities.actions.creating import create_activities_many, create_activity, ensure_programmes
from xinshi.activities.actions.deciding import decide_request, mark_no_shows, undo_no_show
from xinshi.activities.actions.offering import OfferedPlaces, PassedOver, offer_places
from xinshi.activities.actions.publishing import cancel_activity, finish_past_activities, publish, unpublish
from xinshi.activities.actions.reminding import remind, say_coming
from xinshi.activities.actions.resizing import LostPlace, close_shifts, hand_over, resize_shifts
from xinshi.activities.actions.signing_up import cancel_sign_up, sign_up
from xinshi.activities.actions.signing_up_many import sign_up_many
from xinshi.activities.actions.waiting import answer_offer, join_waiting_list, tend_waiting_lists
from xinshi.activities.queries.listing import TakenPlace

__all__ = [
    "LostPlace",
    "OfferedPlaces",
    "PassedOver",
    "TakenPlace",
    "answer_offer",
    "cancel_activity",
    "cancel_sign_up",
    "change_activity",
    "close_shifts",
    "create_activities_many",
    "create_activity",
    "decide_request",
    "ensure_programmes",
    "finish_past_activities",
    "hand_over",
    "join_waiting_list",
    "mark_attended",
    "mark_no_shows",
    "offer_places",
    "publish",
    "remind",
    "resize_shifts",
    "say_coming",
    "sign_up",
    "sign_up_many",
    "tend_waiting_lists",
    "undo_no_show",
    "unmark_attended",
    "unpublish",
]
