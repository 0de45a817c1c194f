"""Writes of activities, a file per group of verbs."""

from __future__ import annotations

from xinshi.activities.actions.attending import mark_attended, unmark_attended
from xinshi.activities.actions.changing import change_activity
from xinshi.activities.actions.creating import create_activities_many, create_activity, ensure_programmes
from xinshi.activities.actions.publishing import cancel_activity, finish_past_activities, publish
from xinshi.activities.actions.signing_up import TakenPlace, cancel_sign_up, sign_up
from xinshi.activities.actions.signing_up_many import sign_up_many

__all__ = [
    "TakenPlace",
    "cancel_activity",
    "cancel_sign_up",
    "change_activity",
    "create_activities_many",
    "create_activity",
    "ensure_programmes",
    "finish_past_activities",
    "mark_attended",
    "publish",
    "sign_up",
    "sign_up_many",
    "unmark_attended",
]
