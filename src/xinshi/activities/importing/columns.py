"""The columns of a plan: the first name is the one that is written."""

from __future__ import annotations

from typing import Final

TITLES: Final[dict[str, tuple[str, ...]]] = {
    "title": ("活动名称", "活动", "名称", "title", "activity"),
    "role": ("岗位", "岗位名称", "role"),
    "day": ("日期", "活动日期", "服务日期", "day", "date"),
    "starts": ("开始时间", "开始", "起始时间", "starts", "begins"),
    "ends": ("结束时间", "结束", "终止时间", "ends"),
    "places": ("名额", "人数", "招募人数", "places"),
    "minimum": ("最少人数", "最少", "minimum"),
    "reserve": ("候补名额", "候补", "waiting list"),
    "place": ("地点", "活动地点", "服务地点", "place"),
    "category": ("服务类别", "类别", "category"),
    "organizer": ("组织单位", "主办科室", "科室", "部门", "organiser", "organizer"),
    "person_in_charge": ("负责人志愿者编号", "负责人编号", "志愿者编号", "person in charge"),
    "programme": ("项目", "所属项目", "programme"),
    "description": ("服务内容", "内容", "description"),
    "risks": ("风险提示", "风险", "risks"),
}
REQUIRED: Final = ("title", "day", "starts", "ends", "places", "place", "category", "organizer", "person_in_charge")
EXAMPLE: Final = (
    "门诊导医",
    "咨询台",
    "2026-12-01",
    "08:30",
    "10:30",
    "6",
    "2",
    "3",
    "门诊楼一楼大厅",
    "卫生健康",
    "门诊部",
    "",
    "我志愿·我先行",
    "引导就诊、答疑",
    "可能接触病人，请佩戴口罩",
)
HEADERS: Final = tuple(names[0] for names in TITLES.values())
EXPORT_ONLY: Final = ("已报名", "状态")
