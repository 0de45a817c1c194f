"""Service records by the code lists of the national volunteer information system (民政部). Pure."""

from __future__ import annotations

from typing import Final

HOURS_TYPES: Final = {"verified": "1信用时长", "honorary": "2荣誉时长"}
STATES: Final = {
    "open": "1未签退",
    "submitted": "0申请中",
    "approved": "2已生效",
    "refused": "4已拒绝",
    "withdrawn": "3已删除",
    "replaced": "3已删除",
}
FORCED: Final = "0强制签退"
ENTERED: Final = "1团体录入"
ASKED_FOR: Final = "2个人申请"
ON_THE_SPOT: Final = "4快速打卡"
SYSTEM: Final = "system:"


def entry_way(*, checked_in_through: str, checked_out_by_ref: str, replaces: bool) -> str:
    """录入方式: by a request for correction, by the organisation afterwards, signed out by the system, or on the spot."""
    if replaces:
        return ASKED_FOR
    if checked_in_through == "entered":
        return ENTERED
    return FORCED if checked_out_by_ref.startswith(SYSTEM) else ON_THE_SPOT
