"""Two years of invented service in programmes like a real hospital's, and who took which place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from xinshi.demo.people import ACCOUNTS, FIVE_STAR_MEMBER

DAYS_OF_HISTORY: Final = 730
DAYS_WAITING: Final = 4
"""Service of the last days still waits for approval."""
MEMBER_GUIDING_TIMES: Final = 480
MEMBER_COMPANY_TIMES: Final = 50
"""480 × 2 h of guiding and 50 × 3 h of company for patients: 1,110 hours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of activity and how often it happens. Weekdays: Monday is 0."""

    title: str
    programme: str
    category: str
    place: str
    organizer: str
    shifts: tuple[tuple[time, time], ...]
    places: int
    weekdays: frozenset[int]
    every_weeks: int = 1
    months: frozenset[int] = frozenset(range(1, 13))
    hours_kind: str = "verified"


@dataclass(frozen=True, slots=True)
class InventedActivity:
    plan: Plan
    day: date


MORNING: Final = (time(8, 30), time(10, 30))
AFTERNOON: Final = (time(14, 30), time(16, 30))
WORKDAYS: Final = frozenset(range(5))

PLANS: Final = (
    Plan("门诊导医", "我志愿·我先行", "0004", "门诊楼一楼大厅", "门诊部", (MORNING, AFTERNOON), 12, WORKDAYS),
    Plan("病区陪伴", "医务社工+志愿者", "0017", "康复医学科病区", "社会工作部", ((time(14), time(17)),), 8, frozenset({1, 3, 5})),
    Plan("义诊宣教进社区", "我志愿·我先行", "0004", "东湖社区服务中心", "志愿服务站", ((time(9), time(11)),), 9, frozenset({5})),
    Plan("健康科普讲座", "健康大讲堂", "0007", "门诊楼五楼报告厅", "护理部", ((time(15), time(16, 30)),), 6, frozenset({2})),
    Plan("义诊进校园", "健康大讲堂", "0004", "示范大学", "团委", ((time(9), time(11)),), 6, frozenset({6})),
    Plan("疫苗接种点引导", "我志愿·我先行", "3201", "预防接种门诊", "急诊科", ((time(8, 30), time(12)),), 16, frozenset({5}), 2),
    Plan("应急救护培训", "生命守护", "0013", "技能培训中心", "急诊科", ((time(14), time(16)),), 14, frozenset({5}), 2),
    Plan("无偿献血宣传", "热血同行", "0001", "市民广场", "工会", ((time(9), time(12)),), 6, frozenset({6}), 4),
    Plan("敬老助残上门服务", "关爱特殊群体", "0017", "云溪县敬老院", "社会工作部", ((time(9), time(11, 30)),), 12, frozenset({6}), 3),
    Plan("“3·5学雷锋”主题志愿服务", "3·5学雷锋", "0010", "门诊广场", "工会", ((time(9), time(11)),), 30, WORKDAYS, 1, frozenset({3})),
    Plan("奉献成长·快乐暑假", "奉献成长·快乐暑假", "0003", "儿科活动室", "儿科", ((time(9), time(11, 30)),), 6, frozenset({1, 4}), 1, frozenset({7, 8})),
    Plan("院区环境整治", "绿色医院", "0006", "院区", "志愿服务站", ((time(16), time(17, 30)),), 10, frozenset({4}), 4, hours_kind="honorary"),
)  # fmt: skip
FREE_CLINICS_AND_LECTURES: Final = frozenset({"义诊宣教进社区", "健康科普讲座", "义诊进校园"})


def activities_between(first: date, last: date) -> Iterator[InventedActivity]:
    """Every activity from `first` to `last`, both included, in order of days."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        week = day.toordinal() // 7
        for index, plan in enumerate(PLANS):
            if day.weekday() in plan.weekdays and day.month in plan.months and (week + index) % plan.every_weeks == 0:
                yield InventedActivity(plan, day)


class Crowd:
    """Who comes: a few come often, many come sometimes, some never yet; nobody twice on one day."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._regulars = list(range(1, 260))
        self._others = list(range(260, int(ACCOUNTS * 0.9)))
        self._day: date | None = None
        self._busy: set[int] = set()
        self.member_times: dict[str, int] = {"门诊导医": MEMBER_GUIDING_TIMES, "病区陪伴": MEMBER_COMPANY_TIMES}

    def take(self, activity: InventedActivity, places: int) -> list[int]:
        """Indexes of up to `places` people for one shift of `activity`."""
        if activity.day != self._day:
            self._day, self._busy = activity.day, set()
        came: list[int] = []
        if self.member_times.get(activity.plan.title, 0) and FIVE_STAR_MEMBER not in self._busy:
            self.member_times[activity.plan.title] -= 1
            came.append(FIVE_STAR_MEMBER)
            self._busy.add(FIVE_STAR_MEMBER)
        for _ in range(places * 20):
            if len(came) >= places:
                break
            pool = self._regulars if self._dice.random() < 0.42 else self._others
            # This power of a uniform number prefers the front of the pool: some regulars are more regular.
            index = pool[int(len(pool) * self._dice.random() ** 1.7)]
            if index not in self._busy:
                self._busy.add(index)
                came.append(index)
        return came
